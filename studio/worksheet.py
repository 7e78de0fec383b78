"""What a clip shows, on paper: with the steps worked out, or with blanks in place of the numbers that a student is to find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.paper.blanks import blank_sentence
from engine.paper.markdown import escaped
from engine.paper.sheet import ChapterLine, blank_words, end, entry, sheet
from engine.play import Play
from engine.trace import Trace
from studio.script import MOST_TERMS, BeatMark, Part, Script, phases

_STEPS = ("full", "quick", "sweep")
#: Acts in which nothing is worked out.
UNWORKED = ("whole", "failed")


def worksheet(script: Script, traces: Mapping[str, Trace], *, blank: bool) -> Iterator[str]:
    """The worksheet of a script in Markdown, piece by piece; of parts without a trace the sentences."""
    yield f"# {escaped(script.title)}\n"
    alone = len(script.parts) == 1
    for part in script.parts:
        if not alone:
            yield f"\n## {escaped(part.title)}\n"
        trace = traces.get(part.name)
        if trace is None:
            yield from _told(part, blank=blank)
        elif isinstance(trace, Play):
            yield from _acts(part, trace, "##" if alone else "###", blank=blank)
        else:
            yield from sheet(trace, _lines(part.marks, trace, blank=blank), "##" if alone else "###", blank=blank)


def _acts(part: Part, play: Play, level: str, *, blank: bool) -> Iterator[str]:
    """Act by act: what is taken from those before is not written out again, and nobody computes what torch computed whole."""
    yield f"\n{escaped(play.opening)}\n"
    for act, start in zip(play.acts, play.starts, strict=True):
        own, empty = range(start, start + len(act.trace)), blank and act.trace.concept not in UNWORKED
        marks = [mark for mark in part.marks if mark.start in own]
        yield f"\n{level} {escaped(act.name)}\n"
        given = replace(act.trace, inputs=act.inputs)
        yield from sheet(given, _lines(marks, play, blank=empty), f"{level}#", blank=empty, taken=act.taken)
    yield f"\n{level} Together\n\n{end(play)}"


def _lines(marks: Sequence[BeatMark], trace: Trace, *, blank: bool) -> Iterator[ChapterLine]:
    """A step, or a sentence for many."""
    for phase, found in phases([mark for mark in marks if mark.kind in _STEPS]):
        for mark in found:
            if mark.stop - mark.start > 1:
                yield phase, f"- {blank_words(mark.say)}\n"
            else:
                yield phase, entry(trace, mark.start, mark.say, blank=blank, worked=mark.kind == "full", most_terms=MOST_TERMS)


def _told(part: Part, *, blank: bool) -> Iterator[str]:
    """The sentences of a part; what is said at the end is a result, as a rule."""
    for mark in part.marks:
        hidden = blank and mark.kind != "card"
        if mark.say.strip() and not (hidden and mark.kind == "closing"):
            single = hidden and mark.kind in _STEPS and mark.stop - mark.start == 1
            yield f"\n{blank_words(blank_sentence(mark.say) if single else mark.say)}\n"
