"""A play as plain data: a record for every act, whose steps bear the numbers of the whole outside and those of the act within."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.paths import by_path, holder
from engine.record import Record, as_arrays
from engine.step import Step

if TYPE_CHECKING:
    from engine.play import Act, Play


def starts(lengths: Sequence[int]) -> list[int]:
    """Where each begins if they follow one another."""
    return [sum(lengths[:number]) for number in range(len(lengths))]


def act_of(first: Sequence[int], k: int) -> int:
    """The number of the act that has step k, where acts begin with the steps ``first``."""
    return bisect_right(first, k) - 1


@dataclass(frozen=True, eq=False)
class ActRecord:
    """An act without torch. ``orders`` are those of what it takes where its cells stand in another order than where they were made: of
    every cell the number that it had there. ``line`` is the user's own.
    """

    name: str
    record: Record
    takes: Mapping[str, tuple[str, str]]
    orders: Mapping[str, np.ndarray] = field(default_factory=dict)
    line: str = ""


class PlayRecord(Record):
    """What an act takes is in its record the very array that another one made, so that no number goes to other processes twice."""

    def __init__(self, play: Play) -> None:
        made = {act.name: dict(by_path({**act.trace.inputs, **act.trace.outputs})) for act in play.acts}
        self.parts = [ActRecord(act.name, act.trace.record(), dict(act.takes), _orders(act, made), act.line) for act in play.acts]
        self._share()
        own = {field.name for field in fields(play)} - {"stages", "acts", "inputs", "outputs"}
        self.values = {name: as_arrays(getattr(play, name)) for name in own}
        self.values |= {"inputs": self._nested(play.inputs, "inputs"), "outputs": self._nested(play.outputs, "outputs")}
        self.starts = starts([len(part.record) for part in self.parts])
        self.sampled = [start + k for start, part in zip(self.starts, self.parts, strict=True) for k in part.record.sampled]

    def _share(self) -> None:
        """Puts what was made in place of what is taken, in the shape that it has there."""
        made: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            for path, (maker, theirs) in part.takes.items():
                inputs, name = holder(part.record.values["inputs"], path)
                if path not in part.orders and inputs[name].shape == made[maker][theirs].shape:
                    inputs[name] = made[maker][theirs]
            made[part.name] = {path: array for group in ("inputs", "outputs") for path, array in by_path(part.record.values[group])}

    def _nested(self, names: Mapping[str, Any], field: str) -> dict[str, Any]:
        """By acts, the arrays that stand in their records; what a play gives by other names as it is."""
        records = {part.name: part.record.values[field] for part in self.parts}
        is_act = {name: isinstance(one, Mapping) and name in records for name, one in names.items()}
        return {name: _like(one, records[name]) if is_act[name] else as_arrays(one) for name, one in names.items()}

    def _found(self, k: int) -> tuple[Record, int]:
        """The record of the act that has a step, and the number that it has there."""
        number = act_of(self.starts, k)
        return self.parts[number].record, k - self.starts[number]

    def step(self, k: int) -> Step:
        record, there = self._found(k)
        return replace(record.step(there), index=k, phase=self.values["blocks"].find(k)[0].phase)

    def learn(self, steps: Mapping[int, Step]) -> None:
        for k, step in steps.items():
            record, there = self._found(k)
            record.learn({there: replace(step, index=there, phase=record.values["blocks"].find(there)[0].phase)})

    def forget(self) -> None:
        for part in self.parts:
            part.record.forget()

    @property
    def sample(self) -> list[Step]:
        return [self.step(k) for k in self.sampled]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__


def _orders(act: Act, made: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Of what an act takes in another order."""
    orders = {path: act.order(path, made[maker][theirs]) for path, (maker, theirs) in act.takes.items()}
    return {path: order.numpy() for path, order in orders.items() if order is not None}


def _like(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arrays that are wanted."""
    return {name: _like(value, there[name]) if isinstance(value, Mapping) else there[name] for name, value in wanted.items()}
