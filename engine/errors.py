"""The two ways in which a trace can be refused."""

from __future__ import annotations


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one sentence for the user: what is wrong, the value that was given, what would work.
    """


class CheckError(RuntimeError):
    """Computed values differ from the torch reference by more than the tolerance, so that no trace may exist."""


def shown(text: str) -> str:
    """The text as a message may hold it: one line, control characters escaped, about 60 characters."""
    quoted = repr(text)
    return quoted if len(quoted) <= 60 else f"{quoted[:28]}...{quoted[-29:]}"
