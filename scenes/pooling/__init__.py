"""Poolings on the stage, forwards and backwards."""
