"""A ledger of layers: its lines, what each of them does to sizes, the bricks that its parameters are counted from."""
