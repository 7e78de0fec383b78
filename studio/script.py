"""The script of a clip: what is shown and said from which frame to which. Player, slides, captions and handouts are all made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import InputError
from engine.shown import shown

if TYPE_CHECKING:
    from engine.trace import Trace
    from scenes.parts.beat import Beat
    from studio.picture import Picture

#: The numbers of a sweep over at most so many steps are written out.
MOST_LINES = 12
#: Terms of a sum that are written out.
MOST_TERMS = 64
VERSION = 1
#: A word with what Python makes of bytes that are no UTF-8.
_NO_TEXT = re.compile("[^\\s“”]*[\ud800-\udfff][^\\s“”]*")
#: Pixels along a side, and frames a second.
MOST = 2**15


@dataclass(frozen=True)
class BeatMark:
    """A beat within a clip: frames ``first`` to ``after`` (exclusive), steps ``start`` to ``stop`` (exclusive, counted from 0).

    ``phase`` is the chapter, ``say`` the sentence, ``formula`` Typst math; ``lines`` are the numbers, one line of arithmetic for each step.
    ``caption`` is the sentence without what the picture has still to find; the same if it is not given. A ``card`` is a page of text in
    a lecture.
    """

    kind: Literal["opening", "full", "quick", "sweep", "closing", "card"]
    phase: str
    say: str
    first: int
    after: int
    start: int
    stop: int
    formula: str = ""
    lines: tuple[str, ...] = ()
    caption: str = ""

    @property
    def shown(self) -> str:
        """What may be read while the beat goes on."""
        return self.caption or self.say

    @property
    def frames(self) -> int:
        """How many."""
        return self.after - self.first

    @property
    def name(self) -> str:
        """What a list of steps shows: ``step 3``, ``steps 4 to 9``, or the phase."""
        if self.kind not in ("full", "quick", "sweep"):
            return self.phase
        return f"step {self.stop:,}" if self.stop - self.start == 1 else f"steps {self.start + 1:,} to {self.stop:,}"


@dataclass(frozen=True)
class Part:
    """A clip, or a card, of a lecture; a clip that is rendered alone is one part. ``name`` is that of its file."""

    title: str
    name: str
    concept: str
    steps: int
    marks: tuple[BeatMark, ...]


@dataclass(frozen=True)
class Script:
    """All parts in their order. ``made_from`` names what they were made from: of the same name, a clip need not be rendered again."""

    title: str
    summary: str
    fps: int
    width: int
    height: int
    theme: str
    parts: tuple[Part, ...]
    made_from: str = ""

    @property
    def marks(self) -> list[BeatMark]:
        """The marks of all parts."""
        return [mark for part in self.parts for mark in part.marks]

    @property
    def frames(self) -> int:
        """Of the whole clip."""
        return self.marks[-1].after

    def seconds(self, frame: int) -> Fraction:
        """When a frame begins."""
        return Fraction(frame, self.fps)

    @property
    def chapters(self) -> list[tuple[str, int, int]]:
        """Neighbouring marks of one phase: name, first frame, frame after the last. In a lecture the part's title comes first."""
        return [
            (chapter_name(self, part, phase), marks[0].first, marks[-1].after) for part in self.parts for phase, marks in phases(part.marks)
        ]

    def to_json(self) -> str:
        """As JSON, in which there is no markup whatever the texts are: it may stand in a script element of a page."""
        return escaped_json({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Script | None:
        """None if that is no script, or one of another version, or one that no film can have."""
        from pydantic import TypeAdapter

        try:
            values = json.loads(text)
            if values.pop("version") != VERSION or not set(values) <= set(cls.__dataclass_fields__):
                return None
            found = TypeAdapter(cls).validate_python(values, strict=False)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return found if _is_sound(found) else None


def _is_sound(script: Script) -> bool:
    """Whether the marks follow one another from the first frame on, and sizes and rates are such as a film has."""
    ends = [0, *(mark.after for mark in script.marks)]
    follow = all(first == mark.first < mark.after for first, mark in zip(ends, script.marks, strict=False))
    steps = all(0 <= mark.start <= mark.stop for mark in script.marks)
    sizes = all(0 < number <= MOST for number in (script.fps, script.width, script.height))
    return bool(script.parts) and all(part.marks for part in script.parts) and follow and steps and sizes


def escaped_json(values: Any) -> str:
    """As JSON that may stand in a script element."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def phases(marks: Sequence[BeatMark]) -> Iterator[tuple[str, list[BeatMark]]]:
    """Neighbouring marks of one phase."""
    for phase, found in groupby(marks, key=lambda mark: mark.phase):
        yield phase, list(found)


def chapter_name(script: Script, part: Part, phase: str) -> str:
    """A chapter's name, for a reader who does not see which part it belongs to."""
    return phase if len(script.parts) == 1 or phase == part.title else f"{part.title}: {phase}"


def script(trace: Trace, beats: Sequence[Beat], picture: Picture, *, name: str = "", made_from: str = "") -> Script:
    """The script of a clip that shows a trace in these beats; ``name`` is that of the concept if none is given.

    Raises :class:`InputError` for words that are no text, which nothing could be written with.
    """
    marks, frame = [], 0
    for beat in beats:
        marks.append(_mark(trace, beat, frame))
        if no_text := _NO_TEXT.search(beat.say):
            raise InputError(f"{shown(no_text[0])} is not text in UTF-8, and a clip cannot say it; give tokens and names that are")
        frame += beat.frames
    part = Part(trace.title, name or trace.concept, trace.concept, len(trace), tuple(marks))
    return Script(trace.title, trace.closing, picture.fps, picture.width, picture.height, picture.theme, (part,), made_from)


def _mark(trace: Trace, beat: Beat, frame: int) -> BeatMark:
    from engine.paper.lines import result_line

    steps = range(beat.start, beat.stop)
    return BeatMark(
        kind=beat.kind,
        phase=beat.phase,
        say=beat.say,
        first=frame,
        after=frame + beat.frames,
        start=beat.start,
        stop=beat.stop,
        formula=trace[beat.start].formula if len(steps) == 1 else trace.formula_of(beat.act),
        lines=tuple(result_line(trace[k], MOST_TERMS) for k in steps) if len(steps) <= MOST_LINES else (),
        caption=beat.caption,
    )


def joined(title: str, summary: str, scripts: Sequence[Script], made_from: str = "") -> Script:
    """One after the other; all must have the same picture. ``title`` and ``summary`` are those of the whole."""
    first, frame, parts = scripts[0], 0, []
    for one in scripts:
        for part in one.parts:
            moved = tuple(replace(mark, first=mark.first + frame, after=mark.after + frame) for mark in part.marks)
            parts.append(replace(part, marks=moved))
        frame += one.frames
    return replace(first, title=title, summary=summary, parts=tuple(parts), made_from=made_from)
