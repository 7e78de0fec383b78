"""Where the tensors of a clip stand: all at once, or of every stage those that it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from scenes.parts.arrange import LABEL_ROOM, LEAST_ROW, Arrangement, Item, shelved
from scenes.parts.ink import Box, letter_size, text_width
from scenes.parts.sheet import CHARACTERS, across, plane_shape, planes
from scenes.parts.shown import Shown
from scenes.parts.tiles import tiled_shape

MOST_ABREAST = 6  # planes, and tensors on one shelf if more can be read on several
MOST_AT_ONCE = 8  # tensors
MOST_SHELVES = 3
START, WHOLE, END, LENS = "  ", "", " ", "   "  # names of arrangements, and of what is below them, that are no stages
UNBOUND = (math.inf, math.inf)
#: So many times as large as where it is smallest a tensor is in another stage at the most, and as many times that at the start and the end.
GROWN, WIDER = 1.5, 1.5
FEW, FEW_WIDE, FEW_HIGH = 3, 0.9, 0.5  # rows or columns, and how large their cells may be in any case
MOST_ROWS = 8  # of what is given, for which there is room before the code


class Places:
    """``shown`` are the tensors; of those that are ``abreast`` all planes are shown side by side.

    Those of a stage stand in the ``room`` of that, at the end on all of the ``stage`` or in the room of the ``ending``, at the start
    where ``listed``, the height of the code, leaves room.
    They may be ``stacked``, each on a shelf of its own, where that leaves more room for numbers.
    """

    def __init__(
        self,
        shown: Shown,
        role: Mapping[str, str],
        room: Callable[[str], Box],
        stage: Box,
        listed: float,
        *,
        ending: Box | None = None,
        stacked: bool = False,
    ) -> None:
        self.stacked, self.room_of, self.room, self.ending = stacked, room, room(WHOLE), ending or stage
        self.shown, self.tensors, self.role, self.stage, self.listed = shown, shown.tensors, role, stage, listed
        #: Of a tensor that stands in several arrangements how large a cell is at the most.
        self.most: dict[str, tuple[float, float]] = {}
        self.grown = 1.0
        self.abreast = {path for path, values in self.tensors.items() if 1 < planes(values.shape) <= MOST_ABREAST}

    @property
    def fits(self) -> bool:
        """Whether there is room for all."""
        return all(found.fits for found in self.of_stages.values())

    def colours(self, stages: Container[str] | None = None) -> set[str]:
        """Tensors whose numbers cannot be read somewhere, or in one of these stages."""
        return coloured(found for name, found in self.of_stages.items() if stages is None or name in stages)

    def lowest(self, stages: Container[str]) -> float:
        """The height of the lowest row of digits in these stages."""
        seen = (found for name, found in self.of_stages.items() if name in stages)
        return min((found.spots[path].cell[1] for found in seen for path in found.digits), default=math.inf)

    def thinnest(self, stages: Container[str]) -> float:
        """The height of the lowest tensor of several rows in colours in these stages."""
        seen = [one for name, one in self.of_stages.items() if name in stages]
        spots = [(plane_shape(self.tensors[path].shape)[0], spot) for one in seen for path, spot in one.spots.items() if not spot.digits]
        return min((rows * spot.cell[1] for rows, spot in spots if rows > FEW), default=math.inf)

    @cached_property
    def of_stages(self) -> dict[str, Arrangement]:
        """Arrangements by stages, with one of what is given for the start, and one of what was computed for the end; or a single one.

        Planes are abreast if all their numbers can be read. A tensor has one form throughout: digits, or colours.
        """
        found = self._arrangements()
        if not all(path in one.digits for one in found.values() for path in self.abreast & {*one.spots}):
            self.abreast = set()
            found = self._arrangements()
        found = self._one_form(found)
        self.most = largest(one for name, one in found.items() if name not in (START, END))
        return self._one_form({name: self._again(name, found, coloured(found.values())) for name in found})

    def _one_form(self, found: dict[str, Arrangement]) -> dict[str, Arrangement]:
        while wrong := {name for name, one in found.items() if one.digits & coloured(found.values())}:
            colours = coloured(found.values())
            found = found | {name: self._again(name, found, colours) for name in wrong}
        return found

    def _again(self, name: str, found: Mapping[str, Arrangement], colours: Container[str]) -> Arrangement:
        """One of the arrangements with more tensors in colours."""
        self.grown = WIDER if name in (START, END) else 1.0
        if name == START:
            return self._of_the_start(colours)
        if name == END:
            return self._of_the_end(WHOLE in found, colours)
        return self._arranged(self.shown.whole if name == WHOLE else self.shown.needed[name], self.room_of(name), colours)

    def _arrangements(self) -> dict[str, Arrangement]:
        found = self._of_steps()
        if WHOLE not in found or not self._code_fits(found[WHOLE]):
            found[START] = self._of_the_start(coloured(found.values()))
        if WHOLE not in found or self.shown.at_end or any(map(self.is_tiled, self.shown.results)):
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
        return apart

    def _of_the_start(self, colours: Container[str]) -> Arrangement:
        """What is given, above the code if there is room for that."""
        tried = [self._arranged(self.shown.at_start, room, colours) for room in (self._above_code(colours), self.room, self.stage)]
        return next((one for one in tried if one.fits), tried[-1])

    def _of_the_end(self, at_once: bool, colours: Container[str] = ()) -> Arrangement:
        results = self._shelved(self.shown.results, colours)
        # Of all planes only what is given back has the room.
        wider = [] if any(map(self.is_tiled, self.shown.results)) else [[*self.tensors]] * at_once + [self.shown.made]
        tried = [self._shelved(paths, colours) for paths in wider if len(paths) <= MOST_AT_ONCE or paths == self.shown.results]
        return next((one for one in tried if one.fits and all(path in one.digits or path in colours for path in one.spots)), results)

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
        if self.stacked or len(listed) > MOST_ABREAST or not any(one.fits and one.named for one in found):
            found += [shelved(items, room, count) for count in range(2, 1 + min(MOST_SHELVES, len(listed))) for items in tried]
        if self.stacked:
            found += [shelved(items, room, len(listed)) for items in tried]
        return max(found, key=lambda one: (one.fits, len(one.digits), one.named, self.stacked and one.smallest))

    def _shelved(self, paths: Sequence[str], colours: Container[str] = ()) -> Arrangement:
        """At the end on as many shelves as make the cells largest."""
        tried = list(dict.fromkeys(tuple(self._at_end(path, 0 if path in colours else most) for path in paths) for most in CHARACTERS))
        found = [shelved(items, self.ending, count) for count in range(1, 1 + min(MOST_SHELVES, len(paths))) for items in tried]
        return max(found, key=lambda one: (one.fits, len(one.digits), one.smallest))

    def _item(self, path: str, characters: int) -> Item:
        values = self.tensors[path]
        rows, columns = plane_shape(values.shape)
        return Item(
            path,
            rows,
            across(values.shape, path in self.abreast),
            self.shown.need(path, characters),
            text_width(self._name(path), letter_size()),
            movable=columns > 1 and (rows == 1 or self.role[path] == "weight"),
            computed=path in self.shown.computed,
            most=self._most(path),
        )

    def is_tiled(self, path: str) -> bool:
        """Whether a tensor shows one plane at a time, and at the end all of them."""
        return planes(self.tensors[path].shape) > 1 and path not in self.abreast

    def _at_end(self, path: str, characters: int) -> Item:
        item = self._item(path, characters)
        if not self.is_tiled(path):
            return item
        rows, columns = tiled_shape(self.tensors[path].shape)
        return replace(item, rows=rows, columns=columns, movable=False)

    def _most(self, path: str) -> tuple[float, float]:
        width, height = self.most.get(path, UNBOUND)
        rows, columns = plane_shape(self.tensors[path].shape)
        # What is a line or a number anywhere needs not be as thin everywhere.
        return max(self.grown * width, FEW_WIDE * (columns <= FEW)), max(self.grown * height, FEW_HIGH * (rows <= FEW))

    def _name(self, path: str) -> str:
        """The longest name that it may bear: of several planes the present one is named."""
        shape, name = self.tensors[path].shape, self.shown.called(path)
        return name if planes(shape) == 1 or path in self.abreast else f"{name}[{', '.join(str(size - 1) for size in shape[:-2])}]"


def coloured(found: Iterable[Arrangement]) -> set[str]:
    """Tensors whose numbers cannot be read somewhere."""
    return {path for one in found for path in one.spots if path not in one.digits}


def largest(found: Iterable[Arrangement]) -> dict[str, tuple[float, float]]:
    """How large the cells of tensors may be that stand in several arrangements: little larger than where they are smallest."""
    cells: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        for path, spot in one.spots.items():
            cells.setdefault(path, []).append(spot.cell)
    return {path: (GROWN * min(w for w, _ in several), GROWN * min(h for _, h in several)) for path, several in cells.items()}
