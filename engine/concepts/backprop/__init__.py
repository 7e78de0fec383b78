"""Backpropagation through a graph that is written as text."""
