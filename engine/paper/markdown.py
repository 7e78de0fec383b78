"""Text as Markdown (CommonMark, with tables) in which nothing but what is meant is markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Signs that are markup wherever they stand; an underscore within a word, or a bracket that no link follows, is none.
_MARKUP = re.compile(r"[\\`*<&|~$]|(?<![^\W_])_|_(?![^\W_])|(?<=\])[(\[:]|!(?=\[)|://|(?<=\bwww)\.|(?<=\w)@(?=\w)")
#: What makes a heading, a list, a quotation, a rule or a definition at the beginning of a line.
_BEGINNING = re.compile(r"^(?:[#>+=\[-]|(?<=^)\d+(?=[.)]))")


def escaped(text: str) -> str:
    """``text`` on one line, to be read as it is wherever it stands."""
    safe = _MARKUP.sub(lambda found: found[0].replace(found[0][0], f"\\{found[0][0]}", 1), " ".join(text.split()))
    return _BEGINNING.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", safe)


def as_code(text: str) -> str:
    """``text`` on one line in the letters of code."""
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"`{line or ' '}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already, numbers to the right."""
    lines = [head, ["---:"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
