"""What is on the slides that show a film: which frames, under which title, with which notes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from studio.script import BeatMark, Part, Script, phases

Per = Literal["phase", "beat"]
PER: tuple[Per, ...] = ("phase", "beat")


@dataclass(frozen=True)
class Slide:
    """A slide with the frames ``frames`` of a film as a film that plays, or, if ``stands``, with the last of them as a picture.

    ``notes`` are sentences for the speaker, none of them twice, ``part`` is the number of the part of a lecture.
    """

    title: str
    notes: tuple[str, ...]
    frames: range
    stands: bool
    part: int

    @property
    def shown(self) -> int:
        """The frame that stands on the slide while nothing plays.

        Of a film it is the first, for it is seen in the moment before the film starts: the last would give away the result, and flicker.
        """
        return self.frames[-1] if self.stands else self.frames[0]


def slides_of(script: Script, per: Per = "phase") -> list[Slide]:
    """A slide for each phase, or for each beat, of a script. Cards are pictures: nothing moves on them."""
    return [slide for number, part in enumerate(script.parts) for slide in _of_part(number, part, per)]


def _of_part(number: int, part: Part, per: Per) -> Iterator[Slide]:
    for phase, marks in phases(part.marks):
        title = part.title if phase == part.title else f"{part.title}: {phase}"
        if per == "phase":
            yield _slide(title, marks, number)
        else:
            for mark in marks:
                yield _slide(title if mark.name == phase else f"{title}, {mark.name}", [mark], number)


def _slide(title: str, marks: Sequence[BeatMark], part: int) -> Slide:
    notes = tuple(dict.fromkeys(filter(None, (line(mark.shown) for mark in marks))))
    frames = range(marks[0].first, marks[-1].after)
    return Slide(line(title), notes, frames, all(mark.kind == "card" for mark in marks), part)


def line(text: str) -> str:
    """A text as one line, without the characters that XML cannot hold."""
    return " ".join("".join(character for character in text if character.isspace() or not _barred(character)).split())


def _barred(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"
