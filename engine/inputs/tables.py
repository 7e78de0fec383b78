"""Tables to tensors: the lines of a CSV or TSV file become the rows of a matrix."""

from __future__ import annotations

import contextlib
import csv
import math
import re
from array import array
from collections.abc import Iterable

import torch

from engine.checks import as_float, counted, shown, small
from engine.errors import InputError
from engine.inputs.files import Source, read_text
from engine.inputs.layout import Layout, layout_of
from engine.shown import listed


def read_table(source: Source) -> torch.Tensor:
    """A CSV or TSV file of numbers as a matrix [rows, columns].

    Between columns stand commas, semicolons or tabs; with the latter two, commas may be decimal. Comments (``#``), empty lines, a line
    ``sep=;`` and one row of names above the numbers are passed over.
    """
    layout = layout_of(read_text(source), source.given, tabs=source.path.suffix.lower() == ".tsv")
    reader = csv.reader(layout.lines, delimiter=layout.separator)
    try:
        numbered = ((layout.numbers[reader.line_num - 1], cells) for cells in reader)
        values, width = _Table(layout, source.given).read(numbered)
    except csv.Error as error:
        line = layout.numbers[reader.line_num - 1]
        raise InputError(f"line {line} of {source.given} is not a line of a table; write numbers only") from error
    return torch.frombuffer(values, dtype=torch.float64).reshape(-1, width).clone()


class _Table:
    """Reads rows; ``blank`` is the last empty line since a row."""

    def __init__(self, layout: Layout, given: str) -> None:
        self.layout, self.given = layout, given
        self.values: array[float] = array("d")
        self.width = 0
        self.blank: int | None = None

    def read(self, lines: Iterable[tuple[int, list[str]]]) -> tuple[array[float], int]:
        """All values row by row, and the length of a row."""
        names: tuple[int, list[str]] | None = None
        for line, cells in lines:
            if not "".join(cells).strip() and (len(cells) <= 1 or self.values):
                # In a single column a number may be missing where a line is empty.
                is_gap = len(cells) > 1 or (self.width == 1 and bool(self.values))
                self.blank = self.blank or (line if is_gap else None)
                continue
            if names is None and not self.values and _are_names(cells):
                names = line, cells
                continue
            self._add(line, cells)
        if names is not None:
            self._check_names(*names)
        if not self.values:
            raise InputError(f"no values in {self.given}; give at least one number")
        return self.values, self.width

    def _add(self, line: int, cells: list[str]) -> None:
        row = len(self.values) // self.width if self.width else 0
        if self.blank is not None:
            self._cell("", self.blank, [row, 0])
        self.width = self.width or len(cells)
        numbers = self._numbers(cells, line, row)
        if len(numbers) != self.width:
            message = f"line {line} has {counted(len(numbers))} but the lines above have {self.width} in {self.given}"
            comma = (
                " (1,5 are two columns; if the comma is decimal write 1.5, or ; between columns)" if self.layout.separator == "," else ""
            )
            raise InputError(f"{message}; give every line the same length{comma}")
        self.values.extend(numbers)

    def _check_names(self, line: int, names: list[str]) -> None:
        if len(names) != self.width:
            below = f"the rows below it have {counted(self.width)}" if self.width else "there is no row of numbers below it"
            raise InputError(f"line {line} of {self.given} is a header row: {listed(names)}, but {below}; leave it out, or give numbers")

    def _numbers(self, cells: list[str], line: int, row: int) -> list[float]:
        if not self.layout.decimal_comma and "_" not in "".join(cells):
            with contextlib.suppress(ValueError):
                numbers = [float(cell) for cell in cells]
                if small(numbers):
                    return numbers
        return [self._cell(cell, line, [row, column]) for column, cell in enumerate(cells)]

    def _cell(self, cell: str, line: int, index: list[int]) -> float:
        text = cell
        if self.layout.decimal_comma and text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            value = float(text.replace("_", "?"))  # float() would read 1_000 as a thousand
        except ValueError:
            what = f"the word {shown(cell)}" if cell.strip() else "an empty cell"
            raise InputError(f"{what} at line {line}, column {index[1] + 1} of {self.given} is not a number; give numbers only") from None
        # At 2**53 the text may already be one more, which float() has rounded down.
        if 2**53 <= abs(value) < math.inf and re.fullmatch(r"[-+]?[0-9]+", text.strip()):
            return as_float(int(text), index, self.given)
        return value


def _are_names(cells: list[str]) -> bool:
    """Whether every cell is a word that begins with a letter and is no number."""
    return all(re.match(r"\s*[^\W\d]", cell) and not re.fullmatch(r"\s*(nan|inf|infinity)\s*", cell, re.IGNORECASE) for cell in cells)
