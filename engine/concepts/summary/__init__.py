"""Sizes and counts of a network."""
