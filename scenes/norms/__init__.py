"""Normalisations on the stage: numbers that move along a line."""
