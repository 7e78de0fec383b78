"""Losses: what a prediction costs."""
