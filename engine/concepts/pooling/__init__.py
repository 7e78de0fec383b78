"""Poolings, forward and back."""
