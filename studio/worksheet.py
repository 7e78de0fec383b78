"""What a clip shows, on paper: with the steps worked out, or with blanks in place of the numbers that a student is to find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.paper.blanks import BLANK, blank_line, blank_sentence
from engine.paper.markdown import code, escaped, table
from engine.paper.worksheet import MOST_VALUES, planes, result_line
from engine.sentences import agrees, times
from engine.trace import Trace, by_path
from studio.script import MOST_TERMS, Mark, Part, Script, phases

if TYPE_CHECKING:
    from torch import Tensor

#: In an empty cell, so that there is room to write.
_EMPTY = "&emsp;&emsp;"
_STEPS = ("full", "quick", "sweep")


def worksheet(script: Script, traces: Mapping[str, Trace], *, blank: bool) -> Iterator[str]:
    """The worksheet of a script in Markdown, piece by piece; of parts without a trace the sentences."""
    yield f"# {escaped(script.title)}\n"
    alone = len(script.parts) == 1
    for part in script.parts:
        if not alone:
            yield f"\n## {escaped(part.title)}\n"
        level = "##" if alone else "###"
        trace = traces.get(part.name)
        yield from _sheet(part, trace, level, blank=blank) if trace is not None else _told(part, blank=blank)


def _sheet(part: Part, trace: Trace, level: str, *, blank: bool) -> Iterator[str]:
    yield f"\n{escaped(trace.opening)}\n"
    if blank:
        yield f"\nEach {code(BLANK)} stands for one number.\n"
    yield f"\n{level} Given\n"
    yield from _tensors(trace.inputs, f"{level}#", blank=False)
    for phase, marks in phases([mark for mark in part.marks if mark.kind in _STEPS]):
        yield f"\n{level} Steps: {escaped(phase)}\n\n"
        yield from (_entry(trace, mark, blank=blank) for mark in marks)
    yield f"\n{level} Results\n"
    yield from _tensors(trace.outputs, f"{level}#", blank=blank)
    reference = trace.reference
    if blank:
        yield f"\nTo check the results: {code(reference.name)}\n"
    else:
        yield f"\n{escaped(trace.closing)}\n\nChecked against {code(reference.name)}, which {agrees(reference)}.\n"


def _entry(trace: Trace, mark: Mark, *, blank: bool) -> str:
    """One step, or a sentence for many."""
    if mark.stop - mark.start > 1:
        return f"- {_sentence(mark.say)}\n"
    step = trace[mark.start]
    said = blank_sentence(mark.say, places=not step.accumulate) if blank else mark.say
    line = blank_line(trace, step, worked=mark.kind == "full") if blank else result_line(step, MOST_TERMS)
    return f"- **Step {mark.stop:,}.** {_sentence(said)}  \n  {code(line)}\n"


def _told(part: Part, *, blank: bool) -> Iterator[str]:
    """The sentences of a part; what is said at the end is a result, as a rule."""
    for mark in part.marks:
        hidden = blank and mark.kind != "card"
        if mark.say.strip() and not (hidden and mark.kind == "closing"):
            single = hidden and mark.kind in _STEPS and mark.stop - mark.start == 1
            yield f"\n{_sentence(blank_sentence(mark.say) if single else mark.say)}\n"


def _sentence(text: str) -> str:
    """Blanks as code, in which underscores are no markup."""
    return code(BLANK).join(escaped(piece) and _spaced(piece) for piece in text.split(BLANK))


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
