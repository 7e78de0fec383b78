"""The two ways in which a trace can be refused."""

from __future__ import annotations


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one sentence for the user: what is wrong, the value that was given, what would work.
    """


class CheckError(RuntimeError):
    """Computed values differ from the torch reference by more than the tolerance, so that no trace may exist."""
