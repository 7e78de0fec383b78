"""Plays: traces in a row, in which one may take what any earlier one made. A network is a play, and so is an iteration of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.blocks import Blocks
from engine.errors import CheckError
from engine.lessons import Lessons
from engine.paths import by_path
from engine.play_record import PlayRecord, act_of, starts
from engine.reader import largest
from engine.sentences import times
from engine.shown import shown
from engine.stage import Stage
from engine.step import Reference, Step
from engine.trace import Trace
from engine.verdict import TOLERANCE


@dataclass(frozen=True, eq=False)
class Act:
    """A trace with its name in a play. ``takes`` says of an input, by its path, which earlier act it comes from, and from which path there.

    That is one of its outputs, or an input that is handed on, as on the way around a block. The shape may be another: a view of the same
    numbers in the same order is the same tensor. Where they stand in another order, or not all of them are taken, ``moved`` has what moves
    them. ``line`` is the line of a user's code that it shows, where its trace is that of a concept.
    """

    name: str
    trace: Trace
    takes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    moved: Mapping[str, Callable[[Tensor], Tensor]] = field(default_factory=dict)
    line: str = ""

    @property
    def inputs(self) -> dict[str, Any]:
        """What is given from outside."""
        return _without(self.trace.inputs, self.takes)

    def order(self, path: str, theirs: Tensor) -> Tensor | None:
        """Of all cells of what is taken the number that each has in ``theirs``; none where it is the same."""
        if path not in self.moved:
            return None
        return self.moved[path](torch.arange(theirs.numel(), dtype=torch.float64).reshape(theirs.shape)).long().flatten()

    @property
    def taken(self) -> list[str]:
        """What it takes, in words: ``input is output of conv``."""
        return [f"{path} is {theirs} of {maker}" for path, (maker, theirs) in self.takes.items()]

    def stage(self, name: str) -> str:
        """What one of its stages is called in the whole."""
        return f"{self.name}/{name}"

    def chapter(self, phase: str) -> str:
        """What a chapter of its trace is called in the play."""
        return self.name if len(self.trace.phases) == 1 else f"{self.name}: {phase}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Play(Trace):
    """The steps of all acts, one act after the other; they name tensors as their own act does.

    ``inputs`` are those that no act takes from another one; these and ``outputs`` are nested by the names of the acts.
    """

    acts: Sequence[Act] = ()
    is_judged: ClassVar[bool] = True

    @property
    def starts(self) -> list[int]:
        """The first step of every act."""
        return starts([len(act.trace) for act in self.acts])

    def act_of(self, k: int) -> Act:
        """The act that has step k."""
        return self.acts[act_of(self.starts, k)]

    @property
    def results(self) -> Mapping[str, Any]:
        """What there is at the end: that of the last act."""
        return {self.acts[-1].name: self.acts[-1].trace.outputs}

    def given(self, k: int) -> set[str]:
        return set(self.act_of(k).inputs)

    def formula_of(self, act: int | None) -> str:
        return self.formula if act is None else self.acts[act].trace.formula

    def record(self) -> PlayRecord:
        return PlayRecord(self)


def play(
    acts: Sequence[Act],
    *,
    params: Mapping[str, Any],
    reference: Reference,
    opening: str,
    closing: str,
    formula: str = "",
) -> Play:
    """Acts as one trace. ``reference`` is what the whole was compared with; every act has its own.

    Raises :class:`CheckError` for two acts of one name, and for an act that does not take what an earlier one made.
    """
    _check(acts)
    blocks, first = Blocks(), starts([len(act.trace) for act in acts])
    for act in acts:
        blocks.extend(act.trace.blocks, act.stage, act.chapter)
    return Play(
        params=params,
        inputs={act.name: act.inputs for act in acts if act.inputs},
        outputs={act.name: act.trace.outputs for act in acts},
        reference=reference,
        stages=_stages(acts),
        blocks=blocks,
        opening=opening,
        closing=closing,
        formula=formula,
        lessons=Lessons(lambda: (start + k for start, act in zip(first, acts, strict=True) for k in act.trace.lessons)),
        acts=tuple(acts),
    )


def by_acts(play: Play, steps: Iterable[int]) -> Iterator[tuple[Act, Iterator[Step]]]:
    """All acts, each with those of the steps that are its own, in the order in which they are named."""
    wanted = list(steps)
    for act, start in zip(play.acts, play.starts, strict=True):
        own = range(start, start + len(act.trace))
        yield act, (play[k] for k in wanted if k in own)


def _stages(acts: Sequence[Act]) -> dict[str, Stage]:
    return {act.stage(name): stage for act in acts for name, stage in act.trace.stages.items()}


def _without(tensors: Mapping[str, Any], left_out: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Tensors but for those paths."""
    found: dict[str, Any] = {}
    for name, value in tensors.items():
        kept = _without(value, left_out, f"{before}{name}.") if isinstance(value, Mapping) else value
        if f"{before}{name}" not in left_out and not (isinstance(kept, dict) and not kept):
            found[name] = kept
    return found


# --- checks ------------------------------------------------------------------------------------------------------------------------------


def _check(acts: Sequence[Act]) -> None:
    if not acts:
        raise CheckError("a play has no acts; give at least one")
    made: dict[str, dict[str, Tensor]] = {}
    errors: dict[str, float] = {}
    for act in acts:
        if act.name in made:
            raise CheckError(f"two acts are called {shown(act.name)}; give each a name of its own")
        if not len(act.trace):
            raise CheckError(f"the act {shown(act.name)} has no steps; leave it out")
        given = dict(by_path(act.trace.inputs))
        for path, source in act.takes.items():
            _check_edge(act, path, given, source, made, errors.get(source[0], 0.0))
        made[act.name] = {**given, **dict(by_path(act.trace.outputs))}
        errors[act.name] = act.trace.reference.max_abs_error


def _check_edge(
    act: Act, path: str, given: Mapping[str, Tensor], source: tuple[str, str], made: Mapping[str, Mapping[str, Tensor]], error: float
) -> None:
    """What is taken is there, and is what the act was given, as far as the ``error`` of what made it."""
    name, (maker, theirs) = act.name, source
    edge = f"{name}.{path} takes {maker}.{theirs}"
    if path not in given:
        raise CheckError(f"{edge}, but {name} has no input {shown(path)}; it has {', '.join(given)}")
    if maker not in made:
        raise CheckError(f"{edge}, but {shown(maker)} is no earlier act; those are {', '.join(made) or 'none'}")
    if theirs not in made[maker]:
        raise CheckError(f"{edge}, but {maker} has no tensor {shown(theirs)}; it has {', '.join(made[maker])}")
    mine, other = given[path], act.moved.get(path, _unmoved)(made[maker][theirs])
    if mine.numel() != other.numel():
        raise CheckError(f"{edge}, but the one is {times(mine.shape) or 'a number'} and the other {times(other.shape) or 'a number'}")
    if not _same(mine, other, error):
        raise CheckError(f"{edge}, but their numbers are not the same; open the act {name} with what {maker} made")


def _unmoved(tensor: Tensor) -> Tensor:
    return tensor


def _same(one: Tensor, other: Tensor, error: float) -> bool:
    """Whether all numbers are the same, in the same order, as far as steps differ from torch; NaN is the same as itself."""
    if one.device != other.device or one.dtype != other.dtype:
        return False
    a, b = one.reshape(-1), other.reshape(-1)
    allowed = TOLERANCE.get(one.dtype, 0.0) * max(1.0, largest(b[b.isfinite()])) + 2 * error
    return bool(torch.isclose(a, b, rtol=0.0, atol=allowed, equal_nan=True).all())
