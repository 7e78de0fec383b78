"""A worksheet in Markdown: what is given, the steps, the results; worked out, or with blanks in place of the numbers to be found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from torch import Tensor

from engine.paper.blanks import BLANK, blank_line, blank_sentence
from engine.paper.kept import kept
from engine.paper.lines import planes, result_line
from engine.paper.markdown import as_code, escaped, table
from engine.paper.worksheet import MOST_VALUES
from engine.paths import by_path
from engine.play import Play, by_acts
from engine.sentences import agrees, times
from engine.trace import Step, Trace

#: In an empty cell, so that there is room to write.
_EMPTY = "&emsp;&emsp;"
#: A chapter and a line of it, as Markdown.
ChapterLine = tuple[str, str]


def markdown_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """The worksheet of a trace with these steps, in which words of a user are no markup."""
    yield f"# {escaped(trace.title)}\n"
    if not isinstance(trace, Play):
        yield from sheet(trace, _entries(trace, map(trace.__getitem__, steps)), outputs=outputs)
        return
    yield f"\n{escaped(trace.opening)}\n"
    for act, found in by_acts(trace, steps):
        yield f"\n## {escaped(act.name)}\n"
        yield from sheet(replace(act.trace, inputs=act.inputs), _entries(trace, found), "###", outputs=outputs, taken=act.taken)
    yield f"\n## Together\n\n{end(trace)}"


def _entries(trace: Trace, steps: Iterable[Step]) -> Iterator[ChapterLine]:
    return ((step.phase, entry(trace, step.index, step.say)) for step in steps)


def sheet(
    trace: Trace, lines: Iterable[ChapterLine], level: str = "##", *, blank: bool = False, outputs: bool = True, taken: Sequence[str] = ()
) -> Iterator[str]:
    """What stands below the title: opening, inputs, chapter by chapter the lines, outputs, and what they were compared with.

    ``taken`` says in words which inputs are not written out, since they stand above.
    """
    yield f"\n{escaped(trace.opening)}\n"
    if blank:
        yield f"\nEach {as_code(BLANK)} stands for one number.\n"
    yield f"\n{level} Given\n"
    yield from (f"\n{escaped(one)}\n" for one in taken)
    yield from _tensors(trace.inputs, f"{level}#", blank=False)
    for phase, found in groupby(lines, lambda line: line[0]):
        yield f"\n{level} Steps: {escaped(phase)}\n\n"
        yield from (line for _, line in found)
    if outputs:
        yield f"\n{level} Results\n"
        yield from _tensors(trace.outputs, f"{level}#", blank=blank)
    if blank:
        yield f"\nTo check the results: {as_code(trace.reference.name)}\n" if trace.reference.name else ""
    else:
        yield f"\n{end(trace)}"


def end(trace: Trace) -> str:
    """What is said when all is computed, and what it was compared with."""
    checked = f"\nChecked against {as_code(trace.reference.name)}, which {agrees(trace.reference)}.\n" if trace.reference.name else ""
    return f"{escaped(trace.closing)}\n{checked}"


def entry(trace: Trace, k: int, say: str, *, blank: bool = False, worked: bool = False, most_terms: int | None = None) -> str:
    """Step k with what is said of it and its arithmetic; of a ``blank`` one that is ``worked`` out the terms stand there."""
    step = trace[k]
    blank = blank and bool(step.writes)
    said = blank_sentence(say, places=not step.accumulate) if blank else say
    line = blank_line(trace, step, worked=worked) if blank else result_line(step, most_terms)
    return kept(f"- **Step {k + 1:,}.** {blank_words(said)}  \n  {as_code(line)}\n")


def blank_words(text: str) -> str:
    """Blanks as code, in which underscores are no markup."""
    return as_code(BLANK).join(escaped(piece) and _spaced(piece) for piece in text.split(BLANK))


def _spaced(piece: str) -> str:
    """Escaped, with the spaces at its ends."""
    return " " * piece.startswith(" ") + escaped(piece) + " " * piece.endswith(" ")


# --- tensors -----------------------------------------------------------------------------------------------------------------------------


def _tensors(tensors: Mapping[str, Any], level: str, *, blank: bool) -> Iterator[str]:
    """Each as a table that names rows and columns from 0; single numbers share one."""
    found = list(by_path(tensors))
    single = [(name, tensor) for name, tensor in found if not tensor.dim()]
    if single:
        rows = [[escaped(name), _EMPTY if blank else next(planes(name, tensor))[1][0][0]] for name, tensor in single]
        yield "\n" + table(["name", "value"], rows)
    for name, tensor in found:
        if tensor.dim():
            yield f"\n{level} {escaped(name)} {times(tensor.shape)}\n"
            yield from _planes(name, tensor, blank=blank)


def _planes(name: str, tensor: Tensor, *, blank: bool) -> Iterator[str]:
    if tensor.numel() > MOST_VALUES:
        yield f"\n({tensor.numel():,} values)\n"
        return
    for title, rows in planes(name, tensor):
        cells = [[_EMPTY if blank else text for text in row] for row in rows]
        columns = [str(i) for i in range(len(rows[0]))]
        yield f"\n{escaped(title)}\n" if title else ""
        if tensor.dim() == 1:
            yield "\n" + table(columns, cells)
        else:
            yield "\n" + table(["", *columns], [[f"**{i}**", *row] for i, row in enumerate(cells)])
