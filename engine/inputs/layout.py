"""How the lines of a table are parted into cells: found from what stands in them, where it can be nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import InputError
from engine.shown import shown

COMMENT = "#"
#: Lines of two whole numbers each.
_PAIRS = re.compile(r"(?:[ ]*+[-+]?\d++,\d++[ ]*+[\r\n]*+)+")


@dataclass(frozen=True)
class Layout:
    """The lines that hold cells with their ``numbers`` in the file, what stands between the cells, and whether commas are decimal."""

    lines: list[str]
    numbers: list[int]
    separator: str
    decimal_comma: bool


def layout_of(text: str, given: str, *, tabs: bool) -> Layout:
    """The layout of a text; ``tabs`` if its file's ending says that tabs part its cells.

    Numbers have no semicolons and no tabs in them: where these are, they part the cells, and commas are decimal. Otherwise commas part
    them, as in a CSV: ``1,5`` are two columns. A first line ``sep=;`` says it, as spreadsheets write it.

    Raises :class:`InputError` for commas that may be either.
    """
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line and not line.lstrip().startswith(COMMENT)]
    stated = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", numbered[0][1], re.IGNORECASE) if numbered else None
    if stated:
        numbered = numbered[1:]
    body = "".join(line for _, line in numbered)
    separator = stated[1] if stated else "\t" if tabs else next((sign for sign in ";\t" if sign in body), ",")
    if separator == "\t" and not tabs and not stated and "," in body and not _is_decimal(body):
        separator = ","  # blanks behind commas
    if separator == "," and not stated:
        _check_columns(body, given)
    decimal = separator != "," and "," in body and (stated is not None or separator in body)
    return Layout([line for _, line in numbered], [number for number, _ in numbered], separator, decimal)


def _check_columns(body: str, given: str) -> None:
    """Refuses two columns that look like one of decimal commas: nobody writes 1,05 for 1 and 5."""
    if _PAIRS.fullmatch(body) and (zero := re.search(r"[-+]?\d+,0\d+", body)):
        what = f"{shown(zero[0])} in {given} may be two columns or a number with a decimal comma"
        raise InputError(f"{what}; write 1.05 for that, or a semicolon between columns")


def _is_decimal(body: str) -> bool:
    """Whether every comma stands between two digits."""
    return not re.search(r"(?<!\d),|,(?!\d)", body)
