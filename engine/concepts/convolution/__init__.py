"""Convolutions, forward and back."""
