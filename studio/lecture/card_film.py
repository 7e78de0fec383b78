"""The film of a card: what is seen of it, and the script that it bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scenes.parts.reading import reading
from studio.captions import cues
from studio.lecture.card import Card, draw_card, said_of
from studio.picture import Picture
from studio.script import BeatMark, Part, Script

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class CardFilm:
    """A card, which is part ``number`` of its lecture, counted from 0; with ``burn`` its captions are in the picture."""

    card: Card
    number: int
    picture: Picture
    burn: bool

    @property
    def seconds(self) -> float:
        """Those that were asked for, or else so many that its words can be read."""
        own = self.card.seconds
        return own if "seconds" in self.card.model_fields_set else max(own, reading(said_of(self.card)))

    @cached_property
    def script(self) -> Script:
        """One mark."""
        frames = max(1, round(self.seconds * self.picture.fps))
        formula = self.card.formula if self.card.kind == "text" else ""
        mark = BeatMark("card", self.card.title, said_of(self.card), 0, frames, 0, 0, formula)
        part = Part(self.card.title, f"card-{self.number + 1}", "", 0, (mark,))
        return Script(self.card.title, "", self.picture.fps, self.picture.width, self.picture.height, self.picture.theme, (part,))

    def pictures(self) -> Iterator[tuple[np.ndarray, int]]:
        """What is seen, each for so many frames. The words of the card itself need no caption.

        Raises :class:`InputError`, naming the part, for a card that cannot be drawn.
        """
        place = f"parts[{self.number + 1}]"
        if not (self.burn and self.card.say):
            yield draw_card(self.card, self.picture, place), self.script.frames
            return
        for cue in cues(self.script):
            yield draw_card(self.card, self.picture, place, cue.lines), cue.after - cue.first

    def check(self) -> None:
        """Raises what :meth:`pictures` raises."""
        for _ in self.pictures():
            pass

    def write(self, path: Path) -> None:
        """Writes it as an mp4, encoded as clips are."""
        from studio.encoder import Encoder
        from studio.join import FilmTags, join

        encoder = Encoder(self.picture.width, self.picture.height, self.picture.fps)
        whole = [(0, 0, self.picture.width, self.picture.height)]
        packets = encoder.run((pixels, whole, frames) for pixels, frames in self.pictures())
        clip = FilmTags(Fraction(self.picture.fps), self.script.title, "", self.script.chapters, self.script.to_json())
        join(path, clip, encoder.header, [packets])
