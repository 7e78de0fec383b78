"""Torch code as a list of operations: what was called, with which tensors, where in the source and in the modules."""
