"""Concepts that are torch code: what was recorded becomes stages, and the way back follows from them."""
