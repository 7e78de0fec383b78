"""Attention, forward and back."""
