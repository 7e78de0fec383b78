"""Attention on the stage: patterns of weights, heads side by side."""
