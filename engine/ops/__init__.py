"""The operations of torch: how one cell of a result is computed from cells of what was read, and which cells read a cell."""
