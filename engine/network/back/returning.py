"""From act to act the way back: gradients arrive, are added up where several acts have read a tensor, and go on to what an act has read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor

from engine.code.graph import Result
from engine.errors import CheckError
from engine.network.back.graded import Graded
from engine.network.back.sums import BACK, Sent, checked, plain, sum_trace, total
from engine.network.back.ways import ActBack, at_once, by_code, by_concept, origins
from engine.network.flow import Provenance
from engine.network.opened import Opened
from engine.network.playing import Playing, at, way_of
from engine.network.whole import WholeTrace
from engine.paths import by_path
from engine.play import Act
from engine.reader import largest
from engine.step import Reference
from engine.verdict import TOLERANCE

#: An act and a path in it.
ActPlace = tuple[str, str]
_Key = TypeVar("_Key")


@dataclass(frozen=True, eq=False)
class Arrival:
    """The gradient of a tensor, where it is taken from, if it is not from outside, and how it is moved on the way; ``scale`` is how large
    the numbers are against which errors count from here on.
    """

    tensor: Tensor
    scale: float
    source: ActPlace | None = None
    way: Callable[[Tensor], Tensor] | None = None


class WaysBack:
    """The acts of the way back through a network, each with the number of its part in ``back``; what was ``sent`` to places and leaves.

    ``ways`` says of every act in which other one its way back is, but for those that are ``silent``: nothing comes back to them.
    """

    def __init__(self, played: Playing, graded: Graded) -> None:
        self.played, self.graded, self.flow = played, graded, played.flow
        self.acts: list[Act] = []
        self.back: list[int] = []
        self.sent: defaultdict[ActPlace, list[Sent]] = defaultdict(list)
        self.to_leaves: defaultdict[str | int, list[Sent]] = defaultdict(list)
        self.results = {place: result for result, place in played.places.items()}
        self.silent: list[str] = []
        self.ways: dict[str, str] = {}
        self.references: list[Reference] = []

    def all(self) -> None:
        """Back through all parts of the network."""
        for number in reversed(range(len(self.played.groups))):
            self._group(number)
        if {*self.ways}.symmetric_difference(self.silent) != {act.name for act in self.played.acts}:
            raise CheckError("not every act has one way back, or none")

    @cached_property
    def inner(self) -> set[Result]:
        """Results that their own part reads as well: of what autograd has of them only some comes from elsewhere."""
        home, found = self.played.home, set()
        for number, group in enumerate(self.played.groups):
            read = (self.flow.origin(read).result for operation in group.working for read in operation.reads)
            found |= {result for result in read if result is not None and home[result[0]] == number}
        return found

    # --- what arrives ----------------------------------------------------------------------------------------------------------------

    def arrive(self, place: ActPlace, like: Tensor, part: int) -> Arrival | None:
        """The gradient of what an act has made; an act adds it up, unless it comes from one alone. None where nothing comes back."""
        sent, result = self.sent.get(place, []), self.results.get(place)
        theirs = self.graded.gradients.get(result) if result and result not in self.inner else None
        if not sent:
            if theirs is not None and bool(theirs.any()):
                raise CheckError(f"what comes back to {place[1]} of {place[0]} is lost on the way")
            return None
        return self.gathered(place[0], self._label(place, result), sent, like, theirs, part)

    def _label(self, place: ActPlace, result: Result | None) -> str:
        """What a tensor is called in the code, or the act that makes it."""
        made = None if result is None else self.flow.operations[result[0]].outputs[result[1]]
        return self.played.recorded.names.get(id(made), place[0])

    def gathered(self, name: str, label: str, sent: Sequence[Sent], like: Tensor, theirs: Tensor | None, part: int) -> Arrival:
        """The gradient of a tensor with a label, of all that was sent to it; compared with ``theirs``, autograd's."""
        found = total(sent, like)
        reference = checked(label, found, found if theirs is None else theirs, sent)
        self.references.append(reference)
        # What was rounded goes on, and may be added up, where the numbers themselves cancel out.
        rounded = max(one.scale for one in sent) if theirs is None else found.numel() * reference.max_abs_error / TOLERANCE[found.dtype]
        scale = max(largest(found), rounded)
        if len(sent) == 1 and sent[0].is_whole(like.numel()):
            return Arrival(found, scale, (sent[0].maker, sent[0].path) if sent[0].maker else None, sent[0].way(like))
        trace = sum_trace(label, sent, like, reference)
        takes = {path: (one.maker, one.path) for path, one in zip(trace.inputs, sent, strict=True) if one.maker}
        act = Act(self._free(f"{label}, sum of gradients", f"{name}, sum of gradients"), trace, takes)
        self._add(act, part)
        return Arrival(found, scale, (act.name, next(iter(trace.outputs))))

    def _free(self, *names: str) -> str:
        """The first of the names that no act has, or the last with a number."""
        taken = {act.name for act in (*self.played.acts, *self.acts)}
        return next(one for one in (*names, *(f"{names[-1]} ({n})" for n in range(2, len(taken) + 3))) if one not in taken)

    def _add(self, act: Act, part: int) -> None:
        self.acts.append(act)
        self.back.append(part)

    # --- one part after the other ----------------------------------------------------------------------------------------------------

    def _group(self, number: int) -> None:
        part, group = self.played.parts[number], self.played.groups[number]
        several = [*zip(self.played.acts, self.played.opened, strict=True)][part.first : part.stop]
        needed = origins(self.flow, group, self.graded.depends)
        read = {id(self.flow.origin(one).read.tensor) for _, opened in several for one in opened.reads.values()}
        is_opened = group.is_opened and not any(isinstance(opened.trace, WholeTrace) for _, opened in several)
        before, sent, to_leaves = len(self.acts), _copy(self.sent), _copy(self.to_leaves)
        if not (is_opened and {*needed} <= read and self._one_by_one(several, number)):
            del self.acts[before:], self.back[before:]
            self.sent, self.to_leaves = sent, to_leaves
            self._at_once(number, several, needed)

    def _one_by_one(self, several: Sequence[tuple[Act, Opened]], number: int) -> bool:
        """Back through every act of a part; false where there is no way through one of them."""
        group = self.played.groups[number] if len(several) == 1 else None
        silent = []
        for act, opened in reversed(several):
            arrived = self._arrived(act, number)
            way = by_concept(opened, _tensors(arrived)) if arrived and opened.function is None else None
            if arrived and way is None:
                way = by_code(group, self.played.recorded.names, opened, self.graded.depends, _tensors(arrived))
            if arrived and (way is None or not self._reaches(way, act, opened)):
                return False
            if way is None:
                silent.append(act.name)
            else:
                self.through(act, opened, way, arrived, number)
        self.silent += silent
        return True

    def _arrived(self, act: Act, number: int) -> dict[str, Arrival]:
        found = {path: self.arrive((act.name, path), tensor, number) for path, tensor in by_path(act.trace.outputs)}
        return {path: one for path, one in found.items() if one is not None}

    def _reaches(self, way: ActBack, act: Act, opened: Opened) -> bool:
        """Whether all that has a derivative gets something back."""
        return all(path in way.found for path, read in opened.reads.items() if self.graded.depends(read) and path in act.trace.inputs)

    def through(self, act: Act, opened: Opened, way: ActBack, arrived: Mapping[str, Arrival], number: int) -> None:
        """The way back through an act is one itself, and sends on what it makes."""
        back = self._act(f"{act.name}{BACK}", way, arrived, act, number)
        self.ways[act.name] = back.name
        made, scale = dict(by_path(back.trace.outputs)), self._scale(arrived, [at(act.trace.inputs, path) for path in way.found])
        for path, theirs in way.found.items():
            sent = Sent(back.name, theirs, made[theirs], None, scale)
            read = opened.reads.get(path)
            if read is not None and not self.graded.depends(read):
                continue
            if path in act.takes:
                place = act.takes[path]
                self.sent[place].append(sent._replace(order=act.order(path, self._tensor(place))))
            elif read is not None:
                self._to_leaf(sent, self.flow.origin(read), opened.moved.get(path))

    def _tensor(self, place: ActPlace) -> Tensor:
        act = next(one for one in self.played.acts if one.name == place[0])
        return at(act.trace.outputs, place[1])

    def _to_leaf(self, sent: Sent, origin: Provenance, after: Callable[[Tensor], Tensor] | None) -> None:
        if origin.result is None:
            way, tensor = way_of(origin, after), origin.read.tensor
            order = None if way is None else way(torch.arange(tensor.numel(), dtype=torch.float64).reshape(tensor.shape)).long().flatten()
            self.to_leaves[self.graded.leaf(origin.read)].append(sent._replace(order=order))

    def _scale(self, arrived: Mapping[str, Arrival], read: Sequence[Tensor]) -> float:
        """How large the numbers are that products of the way back are made of."""
        return max(one.scale for one in arrived.values()) * max([1.0, *(largest(one) for one in read)])

    def _act(self, name: str, way: ActBack, arrived: Mapping[str, Arrival], forward: Act | None, number: int) -> Act:
        """A way back as an act: it takes what arrives, and what its forward act was given or made."""
        takes = {way.given[path]: one.source for path, one in arrived.items() if one.source is not None}
        moved = {way.given[path]: one.way for path, one in arrived.items() if one.way is not None}
        known = {} if forward is None else dict(by_path({**forward.trace.inputs, **forward.trace.outputs}))
        for path, tensor in by_path(way.trace.inputs):
            if forward is not None and path not in way.given.values() and path in known and _same(known[path], tensor):
                takes[path] = (forward.name, path)
        act = Act(self._free(name), way.trace, takes, moved, "" if forward is None else forward.line)
        self._add(act, number)
        return act

    # --- at once ---------------------------------------------------------------------------------------------------------------------

    def _at_once(self, number: int, several: Sequence[tuple[Act, Opened]], needed: Mapping[int, Provenance]) -> None:
        """A part that is not opened goes back whole."""
        group, name = self.played.groups[number], self.played.names[number]
        arrived: dict[str, tuple[Result, Arrival]] = {}
        for act, opened in several:
            for result, path in opened.makes.items():
                found = self.arrive((act.name, path), at(act.trace.outputs, path), number)
                if found is not None:
                    arrived[next(_numbered(path, arrived))] = (result, found)
        reads = self._names(several, needed)
        given = {result: (path, one.tensor) for path, (result, one) in arrived.items()}
        way = at_once(self.flow, group, name, self.played.kind(group), reads, given) if arrived else None
        if way is None:
            self.silent += [one.name for one, _ in several]
            self.ways = {name: way for name, way in self.ways.items() if name not in self.silent}
            return
        arrivals = {path: one for path, (_, one) in arrived.items()}
        act = self._act(f"{name}{BACK}", way, arrivals, None, number)
        self.ways |= {one.name: act.name for one, _ in several}
        scale = self._scale(arrivals, [reads[path].read.tensor for path in way.found])
        for path, theirs in way.found.items():
            sent, origin = Sent(act.name, theirs, way.trace.outputs[theirs], None, scale), reads[path]
            if origin.result in self.played.places:
                self.sent[self.played.places[origin.result]].append(sent)
            else:
                self._to_leaf(sent, origin._replace(moves=()), None)

    def _names(self, several: Sequence[tuple[Act, Opened]], needed: Mapping[int, Provenance]) -> dict[str, Provenance]:
        """What a part reads, by the names that it has there, in the code or in the network."""
        own = {id(self.flow.origin(read).read.tensor): path for _, opened in several for path, read in opened.reads.items()}
        found: dict[str, Provenance] = {}
        for key, origin in needed.items():
            name = own.get(key) or self.played.recorded.names.get(key) or origin.read.name or "input"
            found[next(_numbered(plain(name), found))] = origin
        return found


def _tensors(arrived: Mapping[str, Arrival]) -> dict[str, Tensor]:
    return {path: one.tensor for path, one in arrived.items()}


def _copy(sent: Mapping[_Key, list[Sent]]) -> defaultdict[_Key, list[Sent]]:
    return defaultdict(list, {key: list(several) for key, several in sent.items()})


def _same(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.numel() == other.numel() and torch.equal(one.flatten(), other.flatten())


def _numbered(name: str, taken: Mapping[str, Any]) -> Iterator[str]:
    return (one for one in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))) if one not in taken)
