"""The way back through a normalisation: over the normalised numbers stand their gradients, which lose their mean and their slope."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from engine.code.step import CodeStep
from scenes.norms.stands import FINE, common, names_of, owners, reach, taking_turns
from scenes.parts.desk import Framed, WrittenStep, framed
from scenes.parts.ink import Box, Line
from scenes.parts.mechanism import Moving
from scenes.parts.scatter import Cloud, Scatter
from scenes.parts.travel import Flight

MOST_DOTS = 1024
X = "normalized"
#: Results that have one number for each weight.
OF_WEIGHTS = ("grad_weight", "grad_bias")


class NormalizationBackward(Moving):
    """The plot stands at the left of tensors and lens; dots move to what is computed of them."""

    wide, leaves = 4.3, True
    #: What the numbers of a group have in common, axis by axis, and those of a weight.
    whose: ClassVar[tuple[str, ...]] = ("sample",)
    weighted: ClassVar[str] = "feature"
    of_channels: ClassVar[bool] = False  # whether there is a weight for each channel

    def possible(self) -> bool:
        tensors, made = self.shown.tensors, self.shown.computed
        heights = [path for path in ("grad_output", "grad_normalized", "grad_deviation", "grad_input") if path in tensors]
        if X not in tensors or "grad_input" not in made or not all(np.isfinite(tensors[path]).all() for path in (X, *heights)):
            return False
        self.heights_of = {path: (before, path) for before, path in itertools.pairwise(heights)}
        spread = next(tensors[path].shape for path in ("std", "rms") if path in tensors)
        whole = tensors[X].shape
        self.spreads = dict.fromkeys(made, spread) | {path: made[path].shape for path in OF_WEIGHTS if path in made}
        self.owner = {path: owners(whole, shape) for path, shape in self.spreads.items() if path not in OF_WEIGHTS}
        self.owner |= {path: self._of_weights(path) for path in OF_WEIGHTS if path in made}
        return max(int(np.bincount(owner).max()) for owner in self.owner.values()) <= MOST_DOTS

    def _of_weights(self, path: str) -> np.ndarray:
        """Of all numbers which weight they have."""
        whole, shape = self.shown.tensors["grad_output"].shape, self.spreads[path]
        channels = (1, *shape, *[1] * (len(whole) - 2)) if self.of_channels else shape
        return np.broadcast_to(np.arange(np.prod(shape)).reshape(channels), whole).ravel()

    def pictured(self, step: CodeStep) -> bool:
        return True

    def flights(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        return [] if self.drawn else super().flights(work)

    def sources(self, work: WrittenStep[CodeStep], term: int) -> Sequence[Line | Box]:
        """There is no lens: numbers go from their cells to the strip."""
        return self.cells_of(work, term) if self.drawn else super().sources(work, term)

    def make(self, room: Box) -> Scatter:
        tensors = self.shown.tensors
        ranges = {stage: reach([tensors[path] for path in self._both(stage)]) for stage in self.shown.stages}
        self.ranges = common(ranges)
        return Scatter(room, reach([tensors[X]]), X, self.role[X], self.theme)

    def _both(self, stage: str) -> tuple[str, str]:
        """How high the dots stand before a stage, and after it."""
        if stage in self.heights_of:
            return self.heights_of[stage]
        if stage in OF_WEIGHTS:
            return "grad_output", "grad_output"
        stages = self.shown.stages
        done = [path for path in self.heights_of if path in stages and stages.index(path) < stages.index(stage)]
        return (done or ["grad_output"])[-1], (done or ["grad_output"])[-1]

    # --- frames ----------------------------------------------------------------------------------------------------------------------

    def reads(self, step: CodeStep) -> Mapping[str, Framed]:
        """What is too small for a frame of its own is framed with its group."""
        found = dict(super().reads(step))
        groups = {path: self._group(step, path) for path in found if self.drawn and step.made in self.heights_of}
        return found | {path: framed(box, shaded=False) for path, box in groups.items() if box}

    def target(self, step: CodeStep) -> Box | None:
        return (self._group(step, step.made) if self.drawn and step.made in self.heights_of else None) or super().target(step)

    def _group(self, step: CodeStep, path: str) -> Box | None:
        """All numbers of the group of a step, if they stand in one block of small cells."""
        sheet, values = self.here.get(path), self.shown.tensors[path]
        if sheet is None or min(sheet.cell) >= FINE or values.size != self.owner[step.made].size:
            return None
        members = np.flatnonzero(self.owner[step.made] == self.group(step))
        cells = [*zip(*(axis.tolist() for axis in np.unravel_index(members, values.shape)), strict=True)]
        return sheet.span(cells) if sheet.solid(cells) else None

    # --- a step ----------------------------------------------------------------------------------------------------------------------

    def group(self, step: CodeStep) -> int:
        """Which of the groups of its stage a step belongs to."""
        at = int(np.ravel_multi_index(step.target, self.shown.tensors[step.made].shape))
        return int(self.owner[step.made][at]) if step.made in self.heights_of else at

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        """In a stage of many numbers each dot goes its way; those of a group together where they lose what they have in common."""
        group, (before, after) = self.group(step), self._both(step.made)
        words = (self.weighted,) if step.made in OF_WEIGHTS else self.whose
        self.picture.scale(self.ranges[step.made], after if share else before, names_of(group, self.spreads[step.made], words))
        members = np.flatnonzero(self.owner[step.made] == group)
        xs, low, high = (self.shown.tensors[path].ravel()[members] for path in (X, before, after))
        if before == after:
            self.picture.show(Cloud(_dots(xs, high), (True,) * len(xs), None, *self._fit(step, group, share)))
            return
        at = int(np.ravel_multi_index(step.target, self.shown.tensors[step.made].shape))
        together = step.made != "grad_normalized"
        begun = at != members[0]
        come = np.where(members < at, 1.0, share if not together or not begun else 1.0)
        come = come if together else np.where(members > at, 0.0, come)
        solid = tuple(bool(one) for one in (members < at) | ((members == at) & (share >= 1)))
        line = self._fit(step, group, 1.0 if begun else share) if together else (None, 1.0)
        self.picture.show(Cloud(_dots(xs, low + (high - low) * come), solid, int(np.flatnonzero(members == at)[0]), *line))

    def _fit(self, step: CodeStep, group: int, share: float) -> tuple[tuple[float, float] | None, float]:
        """The line of the mean and the slope of a group, and how much of it is drawn."""
        if "m1" not in self.shown.computed or step.made not in ("m1", "m2", "grad_input"):
            return None, 1.0
        level, slope = (float(self.shown.tensors[path].ravel()[group]) for path in ("m1", "m2"))
        if step.made == "m1":
            return (level, 0.0), share
        return ((level, slope * share) if step.made == "m2" else (level * (1 - share), slope * (1 - share))), 1.0

    def swept(self, pictures: Sequence[int]) -> Sequence[int]:
        """Numbers of one group after the other."""
        steps = [self.trace[k] for k in pictures]
        if not self.drawn or len({step.made for step in steps}) > 1:
            return pictures
        return taking_turns(pictures, [self.group(step) for step in steps])


def _dots(xs: np.ndarray, ys: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple(zip(xs.tolist(), ys.tolist(), strict=True))
