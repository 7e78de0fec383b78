"""Command line of tensorreel."""
