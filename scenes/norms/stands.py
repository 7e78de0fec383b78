"""What stands on a number line in a step of a normalisation: the numbers that share a mean, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.code.step import CodeStep
from scenes.parts.number_line import Dot, Flag, Stand

COMMON = 2.5  # so many times the range of one stage is that of all at the most, if they have one line
MARGIN = 0.04
FINE = 0.16  # a frame around a smaller cell would hide it


@dataclass(frozen=True)
class View:
    """How a stage looks on the line: dots at the numbers of ``source``, which go to those of ``made`` if it has a number for each.

    ``pin`` and ``band`` are tensors with one number for all dots; ``squares`` says that the squares of the dots are seen.
    """

    source: str
    made: str = ""
    pin: str = ""
    band: str = ""
    squares: bool = False

    @property
    def paths(self) -> list[str]:
        """All tensors that it shows."""
        return [path for path in (self.source, self.made, self.pin, self.band) if path]


def views_of(made: Sequence[str], given: Container[str]) -> dict[str, View]:
    """Of every stage that the line shows how it looks."""
    centred = "deviation" if "deviation" in made else "input"
    last = "normalized" if "normalized" in made else "output"
    pin = "mean" if "mean" in made else "running_mean" if "running_mean" in given else ""
    found = {
        "mean": View("input", pin="mean"),
        "deviation": View("input", "deviation", pin=pin),
        "std": View("deviation", band="std"),
        "rms": View("input", band="rms"),
        **{path: View(centred, squares=True) for path in ("var", "unbiased_var", "mean_square")},
        "output": View("normalized", "output"),
        last: View(centred, last, band="std" if "std" in made else "rms"),
    }
    return {stage: view for stage, view in found.items() if stage in made}


def owners(whole: tuple[int, ...], spread: tuple[int, ...]) -> np.ndarray:
    """Of all numbers of a shape, in memory order, which one of the ``spread`` they share; there is one per channel if it is short."""
    shape = spread if len(spread) == len(whole) else (1, *spread, *[1] * (len(whole) - 2))
    return np.broadcast_to(np.arange(np.prod(shape)).reshape(shape), whole).ravel()


def names_of(group: int, spread: Sequence[int], words: Sequence[str]) -> list[str]:
    """What a group is called, if there are several: "sample 3", "group 1"; axes without a word of their own go with the last one."""
    at = [*zip(map(int, np.unravel_index(group, spread)), spread, strict=True)]
    found = [[word, index] for word, (index, size) in zip(words, at, strict=False) if size > 1]
    more = [index for index, size in at[len(words) :] if size > 1]
    return [f"{word} {', '.join(map(str, [index, *(more if one is found[-1] else [])]))}" for one in found for word, index in [one]]


def taking_turns(pictures: Sequence[int], groups: Sequence[int]) -> list[int]:
    """Steps of one group after the other, where those of several take turns: of each the last one so far."""
    turns, found = sorted({*groups}), []
    for at, k in enumerate(pictures):
        turn = turns[at * len(turns) // len(pictures)]
        found.append(next((pictures[n] for n in range(at, -1, -1) if groups[n] == turn), k))
    return found


class Stands:
    """Makes them of ``tensors`` and their roles; ``text`` says how a number of a tensor is written in its cell.

    In the stages ``together`` all dots of a group move at once, in others each for itself. ``words`` are those for the axes along which
    there are groups, as "channel".
    """

    def __init__(
        self,
        tensors: Mapping[str, np.ndarray],
        role: Mapping[str, str],
        text: Callable[[str, float], str],
        together: Container[str],
        words: Sequence[str] = (),
    ) -> None:
        self.tensors, self.role, self.text, self.together, self.words = tensors, role, text, together, words
        self.views = views_of([path for path, of in role.items() if of == "output"], tensors)
        whole = next(tensors[view.made] for view in self.views.values() if view.made)
        self.spread = tensors["std" if "std" in tensors else "rms"].shape
        self.owner = owners(whole.shape, self.spread)
        self.most = int(np.bincount(self.owner).max())

    @property
    def finite(self) -> bool:
        """Whether all numbers have a place on a line."""
        return all(np.isfinite(self.tensors[path]).all() for view in self.views.values() for path in view.paths)

    def ranges(self) -> dict[str, tuple[float, float]]:
        """From where to where the line reaches in every stage."""
        return common({stage: self._range(view) for stage, view in self.views.items()})

    def _range(self, view: View) -> tuple[float, float]:
        tensors = [self.tensors[path] for path in view.paths if path != view.band]
        # A spread reaches as far to both sides, and where numbers are divided by it, to 1 then.
        widest = [self.tensors[view.band].max(), *([1.0] if view.made else [])] if view.band else []
        return reach([*tensors, np.array([*widest, *(-x for x in widest)])])

    def piles(self, step: CodeStep) -> list[list[float]]:
        """The numbers of its group that stand on the line during a step."""
        view, numbers = self.views[step.made], self.numbers(step)
        return [self.tensors[path].ravel()[numbers].tolist() for path in (view.source, view.made) if path]

    def at(self, step: CodeStep) -> int:
        """Which of the numbers of its tensor a step computes, in memory order."""
        ((made, (cell, *_)),) = step.writes.items()
        return int(np.ravel_multi_index(cell, self.tensors[made].shape))

    def group(self, step: CodeStep) -> int:
        """The group that a step belongs to."""
        at = self.at(step)
        return int(self.owner[at]) if self.views[step.made].made else at

    def names(self, group: int) -> list[str]:
        """What a group is called."""
        return names_of(group, self.spread, self.words)

    def numbers(self, step: CodeStep) -> np.ndarray:
        """Where the numbers of its group stand, in memory order."""
        return np.flatnonzero(self.owner == self.group(step))

    def begun(self, step: CodeStep) -> bool:
        """Whether an earlier step of the stage belongs to the same group."""
        return bool(self.views[step.made].made) and self.at(step) != self.numbers(step)[0]

    def stand(self, step: CodeStep, *, moved: bool, done: bool, now: int | None = None, added: Sequence[int] = ()) -> Stand:
        """What is on the line before the dots have ``moved``, or after it, the result not yet there or ``done``.

        Some numbers are ``added``, one of them just ``now``.
        """
        view, group = self.views[step.made], self.group(step)
        if view.made:
            lit = int(np.flatnonzero(self.numbers(step) == self.at(step))[0])
            dots = self._moved(step, view, done) if moved else self._waiting(step, view)
            shifted = moved or self.begun(step)
            return Stand(dots, lit, self._pin(view, group, shifted), self._band(view, group, shifted))
        dots = tuple(self._dots(view.source, self.numbers(step)))
        read = now if not done and view.source in step.reads else None
        squares = (tuple(range(len(dots))) if done else tuple(added)) if view.squares else ()
        pin, band = (self._pin(view, group, False), self._band(view, group, False)) if done else (None, None)
        return Stand(dots, read, pin, band, squares, self._flag(step.made, group) if view.squares and done else None)

    def _dots(self, path: str, numbers: np.ndarray) -> list[Dot]:
        return [Dot(value, self.role[path], self.text(path, value)) for value in self.tensors[path].ravel()[numbers].tolist()]

    def _waiting(self, step: CodeStep, view: View) -> tuple[Dot, ...]:
        """Before a step: the numbers that it will move are where they were."""
        source, made, numbers = self._both(step, view)
        if step.made not in self.together:
            return tuple(there if n < self.at(step) else here for n, here, there in zip(numbers, source, made, strict=True))
        return self._moved(step, view, False) if self.begun(step) else tuple(source)

    def _moved(self, step: CodeStep, view: View, done: bool) -> tuple[Dot, ...]:
        """After its dots have moved: hollow where the number is not computed yet."""
        source, made, numbers = self._both(step, view)
        last, all_move = self.at(step), step.made in self.together
        hollow = [replace(there, role=here.role, text="", solid=False) for here, there in zip(source, made, strict=True)]
        ahead = [hollow[i] if all_move or n == last else source[i] for i, n in enumerate(numbers)]
        return tuple(made[i] if n < last or (n == last and done) else ahead[i] for i, n in enumerate(numbers))

    def _both(self, step: CodeStep, view: View) -> tuple[list[Dot], list[Dot], list[int]]:
        numbers = self.numbers(step)
        return self._dots(view.source, numbers), self._dots(view.made, numbers), numbers.tolist()

    def _flag(self, path: str, group: int) -> Flag:
        value = float(self.tensors[path].ravel()[group])
        return Flag(value, self.role[path], f"{path} {self.text(path, value)}".strip())

    def _pin(self, view: View, group: int, shifted: bool) -> Flag | None:
        """The mean, at 0 when the line has shifted."""
        flag = self._flag(view.pin, group) if view.pin else None
        return replace(flag, value=0.0, text="") if flag and shifted else flag

    def _band(self, view: View, group: int, shrunk: bool) -> Flag | None:
        """The spread, 1 when the line has shrunk."""
        flag = self._flag(view.band, group) if view.band else None
        return replace(flag, value=1.0, text="1") if flag and shrunk else flag


def reach(tensors: Sequence[np.ndarray]) -> tuple[float, float]:
    """From where to where a line with all numbers and 0 goes."""
    values = np.concatenate([*(tensor.ravel() for tensor in tensors), [0.0]])
    low, high = float(values.min()), float(values.max())
    margin = (high - low or 1.0) * MARGIN
    return low - margin, high + margin


def common(ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """One range for all stages, if that leaves enough to each."""
    low, high = min(low for low, _ in ranges.values()), max(high for _, high in ranges.values())
    least = min(high - low for low, high in ranges.values())
    return dict.fromkeys(ranges, (low, high)) if high - low <= COMMON * least else dict(ranges)
