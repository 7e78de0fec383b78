"""Graphs of operations on the stage."""
