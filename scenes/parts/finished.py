"""Windows whose result has several planes: those that are done stay as thumbnails, and the closing shows all of them, large."""

from __future__ import annotations

import numpy as np
from manim import Mobject

from scenes.parts.beat import Beat
from scenes.parts.desk import S
from scenes.parts.exhibit import Exhibit
from scenes.parts.gallery import Gallery, Grown
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, during
from scenes.parts.raster import cell_colours, heat_limit, toned
from scenes.parts.sliding import SlidingReel

#: Room for the thumbnails of the planes of a result.
GALLERY = 0.85
#: When results have come to where the closing shows them.
GATHERED = 0.3


class FinishedReel(SlidingReel[S]):
    """One plane of the result fills up at a time; below it are thumbnails of all if there are several."""

    gallery: Gallery | None = None

    def made_by(self, step: S) -> tuple[np.ndarray, int]:
        """The planes of a result, and which of them the step belongs to."""
        raise TypeError(f"{type(self).__name__} does not say what it makes")

    def results(self, step: S) -> list[Exhibit]:
        """All that the closing shows large, in place of lens and output; nothing where the output that stands there is all."""
        return []

    def beside_results(self) -> list[Mobject]:
        """What stays there beside them."""
        return []

    # --- thumbnails --------------------------------------------------------------------------------------------------------------------

    def below(self, step: S) -> float:
        """The room for them."""
        return GALLERY if len(self.made_by(step)[0]) > 1 else 0.0

    def hang(self, step: S, room: Box) -> None:
        """Makes places for them below the room of the output, if there are several."""
        (results, _), (left, bottom, right, _) = self.made_by(step), room
        several, place = len(results) > 1, (left, bottom - GALLERY, right, bottom)
        self.gallery = Gallery(place, len(results), results.shape[1:], self.theme) if several else None
        self.grown = Grown()

    def finished(self, step: S, count: int) -> dict[int, np.ndarray]:
        """The colours of the first planes of the result."""
        results, _ = self.made_by(step)
        if self.output.tone is not None:
            return {n: toned(results[n], n) for n in range(count)}
        limit, is_picture = heat_limit(results), self.output.is_picture
        return {n: cell_colours(results[n], self.theme, self.result_role, picture=is_picture, limit=limit) for n in range(count)}

    def fill(self, step: S, done: bool) -> None:
        super().fill(step, done)
        if self.gallery is not None:
            _, at = self.made_by(step)
            self.gallery.show(self.finished(step, at), at)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.gallery is not None:
            step = self.trace[0 if opened else len(self.trace) - 1]
            self.gallery.show(self.finished(step, 0 if opened else len(self.made_by(step)[0])))

    def carry(self, step: S, before: int | None, stop: float) -> list[Cue]:
        return [*super().carry(step, before, stop), *self.shrink(step, before, stop)]

    def shrink(self, step: S, before: int | None, stop: float) -> list[Cue]:
        """An output that is done goes to the others."""
        old = self.trace[before] if before is not None else None
        if self.gallery is None or old is None or self.scenery(old) == self.scenery(step):
            return []
        planes, at = self.made_by(old)
        if planes.shape != self.made_by(step)[0].shape or at >= len(self.gallery.boxes):
            return []
        begins, ends, pixels = self.output.whole, self.gallery.boxes[at], self.finished(old, at + 1)[at]
        return [during(0, stop, lambda share: self.grown.show(pixels, begins, ends, share))]

    def stood_at(self, first: int = 0) -> dict[int, Box]:
        """Where the planes of a result stand at the end, by their numbers, of which the first one that is seen has that one."""
        _, at = self.made_by(self.trace[len(self.trace) - 1])
        small = enumerate(self.gallery.boxes if self.gallery is not None else [])
        return {first + n: box for n, box in small} | {first + at: self.output.whole}

    # --- the closing -------------------------------------------------------------------------------------------------------------------

    def closing(self, beat: Beat) -> list[Cue]:
        """All results come to where they can be seen large."""
        shown: list[Exhibit] = []

        def draw(share: float) -> None:
            if not shown:
                shown.extend(self.results(self.trace[len(self.trace) - 1]))
            for exhibit in shown:
                exhibit.show(share)
            if shown:
                # What stands there now is put on the stage anew by the next beat.
                self.standing = ""
                self.place([], [*self.beside_results(), *shown])

        return [*super().closing(beat), during(0, GATHERED, draw)]
