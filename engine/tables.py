"""Tables to tensors: the lines of a CSV or TSV file become the rows of a matrix."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
from array import array
from collections.abc import Iterable

import torch

from engine.checks import as_float, counted, shown, small
from engine.errors import InputError
from engine.files import Source, read_text


def read_table(source: Source) -> torch.Tensor:
    """A CSV or TSV file of numbers as a matrix [rows, columns]."""
    text = read_text(source)
    comma = ";" if ";" in text and "," not in text else ","
    separator = "\t" if source.path.suffix.lower() == ".tsv" else comma
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        values, width = _rows(((reader.line_num, cells) for cells in reader), source.given)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} of {source.given} is not a line of a table; write numbers only") from error
    return torch.frombuffer(values, dtype=torch.float64).reshape(-1, width).clone()


def _rows(lines: Iterable[tuple[int, list[str]]], given: str) -> tuple[array[float], int]:
    """All values row by row, and the length of a row."""
    values: array[float] = array("d")
    width = 0
    blank: int | None = None
    for line, cells in lines:
        joined = "".join(cells)
        row = len(values) // width if width else 0
        if not joined.strip() and len(cells) <= 1:
            blank = blank or line  # harmless at the end, a gap if a row follows
            continue
        if blank is not None:
            _cell("", blank, [row, 0], given)
        width = width or len(cells)
        numbers = _numbers(cells, joined, line, row, given)
        if len(numbers) != width:
            message = f"line {line} has {counted(len(numbers))} but the lines above have {width} in {given}"
            raise InputError(f"{message}; give every line the same length")
        values.extend(numbers)
    if not values:
        raise InputError(f"no values in {given}; give at least one number")
    return values, width


def _numbers(cells: list[str], joined: str, line: int, row: int, given: str) -> list[float]:
    if "_" not in joined:
        with contextlib.suppress(ValueError):
            numbers = [float(cell) for cell in cells]
            if small(numbers):
                return numbers
    return [_cell(cell, line, [row, column], given) for column, cell in enumerate(cells)]


def _cell(cell: str, line: int, index: list[int], given: str) -> float:
    try:
        value = float(cell.replace("_", "?"))  # float() would read 1_000 as a thousand
    except ValueError:
        what = f"the word {shown(cell)}" if cell.strip() else "an empty cell"
        place = f"line {line}, column {index[1] + 1}"
        raise InputError(f"{what} at {place} of {given} is not a number; give numbers only, without a header") from None
    # At 2**53 the text may already be one more, which float() has rounded down.
    if 2**53 <= abs(value) < math.inf and re.fullmatch(r"[-+]?[0-9]+", cell.strip()):
        return as_float(int(cell), index, given)
    return value
