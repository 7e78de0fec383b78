"""Dropout on the stage: coins, and what is left of a network."""
