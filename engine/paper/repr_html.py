"""A trace and a step as a notebook shows them: plain HTML that takes its colours and letters from the page around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch import Tensor

from engine.paper.lines import planes, result_line
from engine.paths import by_path
from engine.sentences import agrees, times

if TYPE_CHECKING:
    from engine.step import Reference, Step
    from engine.trace import Trace

#: Steps that are shown, and terms of their sums.
STEPS, TERMS = 4, 12
#: Values and columns of a tensor that is written out, tensors that are named, characters of a text.
VALUES, COLUMNS, TENSORS, CHARACTERS = 64, 16, 12, 600

# What stands here must be readable in a light and in a dark notebook, so no colour is named.
_SIDE_BY_SIDE = "display: flex; flex-wrap: wrap; gap: 0.5em 2em; align-items: flex-start"
_CELL = "text-align: right; padding: 0.15em 0.55em; font-variant-numeric: tabular-nums"
_SOFT = "opacity: 0.8"


def trace_html(trace: Trace) -> str:
    """Title, opening, inputs, the first steps, outputs and what they were compared with; of a bounded length, whatever the trace."""
    return (
        f'<section style="max-width: 60em">\n<h3 style="margin: 0.3em 0">{_text(trace.title or trace.concept)}</h3>\n'
        f"<p>{_text(trace.opening)}</p>\n"
        f"{_tensors('Inputs', trace.inputs)}{_steps(trace)}{_tensors('Outputs', trace.outputs)}"
        f"{_compared(trace.reference)}</section>"
    )


def _compared(reference: Reference) -> str:
    return f"<p>Compared with <code>{_text(reference.name)}</code>, which {agrees(reference)}.</p>\n" if reference.name else ""


def step_html(step: Step) -> str:
    """Its number and phase, its sentence, its arithmetic."""
    return f"<section>\n<p><strong>Step {step.index + 1:,}</strong> ({_text(step.phase)})<br>{_said(step)}</p>\n</section>"


def summary(trace: Trace) -> str:
    """One line, as ``<ConvTrace conv2d: 9 steps, input 1×4×4, weight 1×1×2×2 -> output 1×3×3>``."""
    inputs, outputs = (", ".join(_named(name, tensor) for name, tensor in _first(group)) for group in (trace.inputs, trace.outputs))
    return f"<{type(trace).__name__} {trace.concept}: {len(trace):,} step{'' if len(trace) == 1 else 's'}, {inputs} -> {outputs}>"


def _first(tensors: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    return islice(by_path(tensors), TENSORS)


def _named(name: str, tensor: Tensor) -> str:
    return f"{name} {times(tensor.shape)}".rstrip()


def _text(text: str) -> str:
    return escape(text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…")


def _steps(trace: Trace) -> str:
    shown = min(STEPS, len(trace))
    head = f"Steps 1 to {shown} of {len(trace):,}" if shown < len(trace) else "Step 1" if shown == 1 else f"Steps 1 to {shown}"
    items = "".join(f"<li>{_said(trace[k])}</li>\n" for k in range(shown))
    return f'<h4 style="margin: 0.6em 0 0.2em">{head}</h4>\n<ol>\n{items}</ol>\n'


def _said(step: Step) -> str:
    return f"{_text(step.say)}<br><code>{_text(result_line(step, TERMS))}</code>"


def _tensors(heading: str, tensors: Mapping[str, Any]) -> str:
    figures = "".join(_figure(name, tensor) for name, tensor in _first(tensors))
    others = sum(1 for _ in by_path(tensors)) - TENSORS
    more = f"<p>and {others:,} more</p>\n" if others > 0 else ""
    return f'<h4 style="margin: 0.6em 0 0.2em">{heading}</h4>\n<div style="{_SIDE_BY_SIDE}">\n{figures}{more}</div>\n'


def _figure(name: str, tensor: Tensor) -> str:
    caption = f"<figcaption><code>{_text(_named(name, tensor))}</code></figcaption>"
    if not 0 < tensor.numel() <= VALUES or (tensor.dim() and tensor.shape[-1] > COLUMNS):
        tables = f'<span style="{_SOFT}">{tensor.numel():,} values</span>'
    else:
        tables = "".join(_table(title, rows) for title, rows in planes(name, tensor))
    return f'<figure style="margin: 0">{caption}<div style="{_SIDE_BY_SIDE}">{tables}</div></figure>\n'


def _table(title: str, rows: list[list[str]]) -> str:
    caption = f'<caption style="{_SOFT}"><code>{_text(title)}</code></caption>' if title else ""
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    return f"<table>{caption}<tbody>{body}</tbody></table>"
