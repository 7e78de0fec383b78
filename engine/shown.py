"""How a message shows what a user gave: on one line, quoted, with control characters escaped, and shortened. Cheap to import."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import islice

LONGEST = 60
MOST_NAMES = 8


def shown(value: object) -> str:
    """A text, or another value, as a message may hold it: one line, control characters escaped, about 60 characters."""
    if isinstance(value, str) and len(value) > 4 * LONGEST:
        value = value[: 2 * LONGEST] + value[-2 * LONGEST :]  # both ends of a text of any length; the middle goes anyway
    try:
        quoted = repr(value)
    except Exception:  # an integer of more digits than Python writes out, or a value of somebody else's, whose repr may fail in any way
        return f"a value of type {type(value).__name__} that cannot be shown"
    if not quoted.isprintable():
        quoted = one_line(quoted, len(quoted))
    return quoted if len(quoted) <= LONGEST else f"{quoted[:28]}...{quoted[-29:]}"


def bare(name: str) -> str:
    """A name that cannot be mistaken for anything else as it is, any other as :func:`shown` has it."""
    return name if re.fullmatch(r"[\w.\-]{1,60}", name, re.ASCII) else shown(name)


def listed(names: Collection[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(map(shown, first_few(names))) + more


def first_few(names: Iterable[str]) -> list[str]:
    """As many names as a message lists."""
    return list(islice(names, MOST_NAMES))


def one_line(text: str, longest: int = 200) -> str:
    """The words of a library, or of a file, without ends of lines, control characters and what else does not print."""
    words = " ".join(text[: 10 * longest].split())
    clean = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in words)
    return clean if len(clean) <= longest else f"{clean[: longest - 3]}..."
