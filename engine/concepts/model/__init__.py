"""Networks of any kind, layer after layer."""
