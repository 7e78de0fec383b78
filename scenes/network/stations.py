"""The boxes of a network with what was computed in them: what it was given, and then its parts in the order of the flow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.network.parts import NO_RESULT
from engine.numbers import significant
from engine.paths import by_path
from engine.play_record import ActRecord, PlayRecord
from engine.sentences import count, times

#: What a result is called where several have its size.
OUTPUT = "output"


@dataclass(frozen=True, eq=False)
class Station:
    """A box: its words, its shape, its numbers if they are known, and the boxes before it that it reads.

    ``role`` is that of its numbers, ``norm`` that of the gradient which comes back to them, if one does.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    values: np.ndarray | None
    takes: tuple[int, ...]
    role: str = "output"
    norm: float | None = None

    @property
    def short(self) -> str:
        """The last part of its name, with the list that it is in if it is a number; without the number that tells it from others."""
        names = re.sub(r" \(\d+\)$", "", self.name).split(".")
        return ".".join(names[-2:] if names[-1].isdigit() else names[-1:])

    @property
    def group(self) -> str:
        """The block that it is in: its name up to the first number, or that of its module; its own if it is in none."""
        names = self.name.split(".")
        number = next((at for at, name in enumerate(names[:-1]) if name.isdigit()), len(names) - 2)
        return ".".join(names[: number + 1]) or self.short

    @property
    def size(self) -> str:
        """Its shape in words, without axes of one cell before all others."""
        return "no result" if self.shape == NO_RESULT else times(core(self.shape)) or "1"

    @property
    def counted(self) -> str:
        """How many parameters it has; nothing where it has none."""
        return f"{self.parameters:,}" if self.parameters else ""

    @property
    def spread(self) -> tuple[str, str]:
        """The smallest of its numbers and the largest, as they are written."""
        low, high = self.ends
        return significant(low, 2), significant(high, 2)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest of its numbers and the largest; zeros where none are known."""
        finite = self.values[np.isfinite(self.values)] if self.values is not None else np.zeros(1)
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)

    @property
    def told(self) -> list[tuple[str, str]]:
        """All that there is to tell of it, with roles."""
        kind = [] if self.kind == self.name else [(self.kind, "muted")]
        parameters = [(count(self.parameters, "parameter"), "weight")] if self.parameters else []
        return [(self.name, "ink"), *kind, (self.size, self.role), *parameters]

    @property
    def ranging(self) -> list[tuple[str, str]]:
        """From where to where its numbers go, and how large their gradient is, with roles."""
        low, high = self.spread
        norm = [] if self.norm is None else [("gradient", "muted"), (significant(self.norm, 2), "gradient")]
        return [(self.name, "ink"), ("from", "muted"), (low, self.role), ("to", "muted"), (high, self.role), *norm]


def core(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without axes of one cell before all others."""
    found = list(shape)
    while len(found) > 1 and found[0] == 1:
        del found[0]
    return tuple(found)


def stations(story: PlayRecord) -> list[Station]:
    """Those of a network; ``takes`` of its parts count from the first that was given."""
    given = [_given(story, name, shape) for name, shape in story.values["shapes"].items()]
    return [*given, *(_part(story, part, given) for part in story.values["network"])]


def _part(story: PlayRecord, part: Any, given: Sequence[Station]) -> Station:
    acts, away = story.parts[part.first : part.stop], len(given)
    made = [taken + away for taken in part.takes if taken >= 0]
    sources = _sources(acts, given) if len(made) < len(part.takes) else []
    norm = story.values["norms"].get(part.name)
    return Station(part.name, part.kind, part.shape, part.parameters, result(acts, part.shape), (*sources, *made), norm=norm)


def _sources(acts: Sequence[ActRecord], given: Sequence[Station]) -> list[int]:
    """Which of all that was given acts read: the only one there is, or those whose numbers they have."""
    if len(given) == 1:
        return [0]
    read = [values for act in acts for path, values in by_path(act.record.values["inputs"]) if path not in act.takes]
    return [at for at, one in enumerate(given) if one.values is not None and any(_same(one.values, values) for values in read)]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.size == other.size and np.array_equal(one.ravel(), other.ravel(), equal_nan=True)


def _given(story: PlayRecord, name: str, shape: tuple[int, ...]) -> Station:
    """What a network was given, as the first act has it that reads it; without its numbers where these may be another one's."""
    alike = [other for other in story.values["shapes"].values() if core(other) == core(shape)]
    found = [
        (path, values)
        for part in story.values["network"]
        for act in story.parts[part.first : part.stop]
        for path, values in by_path(act.record.values["inputs"])
        if -1 in part.takes and path not in act.takes and core(values.shape) == core(shape)
    ]
    named = [values for path, values in found if path == name]
    values = named[0] if named else found[0][1] if found and len(alike) == 1 else None
    return Station(name, name, shape, 0, values, (), "input")


def result(acts: Sequence[ActRecord], shape: tuple[int, ...]) -> np.ndarray | None:
    """The result of a part in the shape that it has there: of the last act that made something of that size."""
    for act in reversed(acts):
        same = dict(_sized(act.record.values["outputs"], math.prod(shape)))
        if same:
            values: np.ndarray = same.get(OUTPUT, [*same.values()][-1]).reshape(shape)
            return values
    return None


def _sized(tensors: Mapping[str, Any], size: int) -> Iterator[tuple[str, np.ndarray]]:
    return ((path, values) for path, values in by_path(tensors) if values.size == size)
