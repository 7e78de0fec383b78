"""Where the tensors of a clip stand: all at once, or of every stage those that it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property

from scenes.parts.arrange import LABEL_ROOM, LEAST_ROW, Arrangement, Item, shelved
from scenes.parts.ink import Box, letter_size, text_width
from scenes.parts.sheet import CHARACTERS, across, need, plane_shape, planes
from scenes.parts.shown import Shown

MOST_ABREAST = 6  # planes, and tensors on one shelf if more can be read on several
MOST_AT_ONCE = 8  # tensors
MOST_SHELVES = 3
START, WHOLE, END, LENS = "  ", "", " ", "   "  # names of arrangements, and of what is below them, that are no stages
MOST_ROWS = 8  # of what is given, for which there is room before the code


class Places:
    """``shown`` are the tensors; of those that are ``abreast`` all planes are shown side by side.

    Those of a stage stand in the ``room`` of that, at the end on all of the ``stage``, at the start where ``listed``, the height of the
    code, leaves room.
    They may be ``stacked``, each on a shelf of its own, where that leaves more room for numbers.
    """

    def __init__(
        self, shown: Shown, role: Mapping[str, str], room: Callable[[str], Box], stage: Box, listed: float, *, stacked: bool = False
    ) -> None:
        self.stacked, self.room_of, self.room = stacked, room, room(WHOLE)
        self.shown, self.tensors, self.role, self.stage, self.listed = shown, shown.tensors, role, stage, listed
        self.abreast = {path for path, values in self.tensors.items() if 1 < planes(values.shape) <= MOST_ABREAST}

    @property
    def fits(self) -> bool:
        """Whether there is room for all."""
        return all(found.fits for found in self.of_stages.values())

    def colours(self, stages: Container[str] | None = None) -> set[str]:
        """Tensors whose numbers cannot be read somewhere, or in one of these stages."""
        seen = (found for name, found in self.of_stages.items() if stages is None or name in stages)
        return {path for found in seen for path in found.spots if path not in found.digits}

    def lowest(self, stages: Container[str]) -> float:
        """The height of the lowest row of digits in these stages."""
        seen = (found for name, found in self.of_stages.items() if name in stages)
        return min((found.spots[path].cell[1] for found in seen for path in found.digits), default=math.inf)

    @cached_property
    def of_stages(self) -> dict[str, Arrangement]:
        """Arrangements by stages, with one of what is given for the start, and one of what was computed for the end; or a single one.

        Planes are abreast if all their numbers can be read.
        """
        found = self._arrangements()
        if all(path in one.digits for one in found.values() for path in self.abreast & {*one.spots}):
            return found
        self.abreast = set()
        return self._arrangements()

    def _arrangements(self) -> dict[str, Arrangement]:
        found = self._of_steps()
        if WHOLE not in found or not self._code_fits(found[WHOLE]):
            read = {path for one in found.values() for path in one.digits}
            colours = {path for one in found.values() for path in one.spots if path not in read}
            tried = [self._arranged(self.shown.at_start, room, colours) for room in (self._above_code(colours), self.room, self.stage)]
            found[START] = next((one for one in tried if one.fits), tried[-1])
        if WHOLE not in found or self.shown.at_end:
            found[END] = self._of_the_end(WHOLE in found)
        return found

    def _of_steps(self) -> dict[str, Arrangement]:
        """All tensors at once; or where more numbers can be read then, for every stage what it reads and makes."""
        needed = self.shown.needed
        if len(needed) == 1:
            return {WHOLE: self._arranged(self.shown.whole, self.room)}
        apart = {stage: self._arranged(paths, self.room_of(stage)) for stage, paths in needed.items()}
        if self.shown.at_once and len(self.shown.whole) <= MOST_AT_ONCE:
            whole = self._arranged(self.shown.whole, self.room)
            if all(found.digits <= whole.digits for found in apart.values()):
                return {WHOLE: whole}
        # A tensor has one form through all steps.
        colours = {path for found in apart.values() for path in found.spots if path not in found.digits}
        wrong = [stage for stage, found in apart.items() if found.digits & colours]
        return apart | {stage: self._arranged(needed[stage], self.room_of(stage), colours) for stage in wrong}

    def _of_the_end(self, at_once: bool) -> Arrangement:

        results = self._shelved(self.shown.results)
        wider = [*([[*self.tensors]] if at_once else []), self.shown.made]
        tried = [self._shelved(paths) for paths in wider if len(paths) <= MOST_AT_ONCE or paths == self.shown.results]
        return next((one for one in tried if one.fits and one.digits == {*one.spots}), results)

    def _code_fits(self, whole: Arrangement) -> bool:
        """Whether all of the code can stand below the tensors."""
        if not whole.fits:
            return False
        lowest = min(spot.top - spot.cell[1] * plane_shape(self.tensors[path].shape)[0] for path, spot in whole.spots.items())
        return lowest - self.stage[1] > self.listed

    def _above_code(self, colours: Container[str]) -> Box:
        left, bottom, right, top = self.stage
        rows = min(
            MOST_ROWS, max((plane_shape(self.tensors[path].shape)[0] for path in self.shown.at_start if path not in colours), default=1)
        )
        return left, min(bottom + self.listed + LABEL_ROOM / 2, top - LABEL_ROOM - LEAST_ROW * (rows + 0.1)), right, top

    def _arranged(self, paths: Iterable[str], room: Box, colours: Container[str] = ()) -> Arrangement:
        """The best way to place tensors, those of ``colours`` without digits; shorter numbers where more can be read then."""
        listed = [*paths]
        tried = list(dict.fromkeys(tuple(self._item(path, 0 if path in colours else most) for path in listed) for most in CHARACTERS))
        found = [shelved(items, room, 1) for items in tried]
        if len(listed) > MOST_ABREAST or not any(one.fits for one in found):
            found += [shelved(items, room, count) for count in range(2, 1 + min(MOST_SHELVES, len(listed))) for items in tried]
        if self.stacked:
            found += [shelved(items, room, len(listed)) for items in tried]
        return max(found, key=lambda one: (one.fits, len(one.digits), self.stacked and one.smallest))

    def _shelved(self, paths: Sequence[str]) -> Arrangement:
        """On as many shelves on all of the stage as make the cells largest."""
        tried = list(dict.fromkeys(tuple(self._item(path, most) for path in paths) for most in CHARACTERS))
        found = [shelved(items, self.stage, count) for count in range(1, 1 + min(MOST_SHELVES, len(paths))) for items in tried]
        return max(found, key=lambda one: (one.fits, len(one.digits), one.smallest))

    def _item(self, path: str, characters: int) -> Item:
        values = self.tensors[path]
        rows, columns = plane_shape(values.shape)
        return Item(
            path,
            rows,
            across(values.shape, path in self.abreast),
            need(values, characters),
            text_width(self._name(path), letter_size()),
            movable=columns > 1 and (rows == 1 or self.role[path] == "weight"),
            computed=path in self.shown.computed,
        )

    def _name(self, path: str) -> str:
        """The longest name that it may bear: of several planes the present one is named."""
        shape, name = self.tensors[path].shape, self.shown.called(path)
        return name if planes(shape) == 1 or path in self.abreast else f"{name}[{', '.join(str(size - 1) for size in shape[:-2])}]"
