"""The acts of a network that was recorded: one, or a few, for every group of its operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from engine.code.graph import Result
from engine.errors import CheckError
from engine.network.agreed import agreed
from engine.network.failed import Failed
from engine.network.flow import Provenance, computes
from engine.network.groups import Group, OpenChoice, chosen, finest
from engine.network.known import by_concept, is_known
from engine.network.lines import lines
from engine.network.naming import called, is_module, named
from engine.network.opened import Opened
from engine.network.parts import NO_RESULT, NetworkPart
from engine.network.recorded import Recorded
from engine.network.whole import whole
from engine.paths import holder
from engine.play import Act
from engine.reader import largest
from engine.recorder.operation import Read
from engine.step import Reference, worst
from engine.verdict import TOLERANCE


class Playing:
    """Opens act after act, and knows where every result stands."""

    def __init__(self, recorded: Recorded, groups: Sequence[Group]) -> None:
        self.recorded, self.flow = recorded, recorded.flow
        self.groups = groups
        self.names = named(groups, recorded.modules)
        self.home = {operation.index: number for number, group in enumerate(groups) for operation in group.operations}
        self.wanted = self._wanted()
        self.acts: list[Act] = []
        self.opened: list[Opened] = []
        self.covered: dict[str, Sequence[int]] = {}
        self.places: dict[Result, tuple[str, str]] = {}
        self.parts: list[NetworkPart] = []
        self.part_of: dict[str, int] = {}
        self.counted: set[int] = set()
        for number in range(len(groups)):
            self._play(number)
        if recorded.failed is not None:
            self._stop(recorded.failed)

    def _wanted(self) -> dict[int, list[Result]]:
        """Of every group the results that others read, or that the network gives back."""
        found: defaultdict[int, dict[Result, None]] = defaultdict(dict)
        for operation in filter(computes, self.recorded.recording.operations):
            for result in self._results(operation.reads):
                if self.home[result[0]] != self.home[operation.index]:
                    found[self.home[result[0]]][result] = None
        for result in self._results(self.recorded.recording.outputs.values()):
            found[self.home[result[0]]][result] = None
        return {number: list(results) for number, results in found.items()}

    def _results(self, reads: Any) -> Iterator[Result]:
        origins = (self.flow.origin(read) for read in reads if read.tensor.is_floating_point())
        yield from (one.result for one in origins if one.result is not None and computes(self.flow.operations[one.result[0]]))

    # --- acts -----------------------------------------------------------------------------------------------------------------------------

    def _play(self, number: int) -> None:
        group, name = self.groups[number], self.names[number]
        first = len(self.acts)
        parameters = self._parameters(group)
        for opened in self._opened(group, number, name, parameters):
            self._add(opened, f"{name}: {opened.name}" if opened.name else name)
        self.covered[self.acts[-1].name] = [operation.index for operation in group.operations]
        shape = self._shape(number)
        self.parts.append(NetworkPart(name, self.kind(group), shape, parameters, first, len(self.acts), self._taken(first)))
        self.part_of |= {act.name: number for act in self.acts[first:]}

    def _stop(self, failed: Failed) -> None:
        """The call that failed, which is the last part."""
        self._add(failed.act, failed.name)
        origins = [self.flow.origin(read) for read in failed.act.reads.values()]
        given = [-1] if any(one.result is None and self._flows(one) for one in origins) else []
        taken = dict.fromkeys([*given, *(self.part_of[maker] for maker, _ in self.acts[-1].takes.values())])
        count = len(self.acts)
        self.parts.append(NetworkPart(failed.name, failed.name, NO_RESULT, 0, count - 1, count, tuple(taken)))

    def _opened(self, group: Group, number: int, name: str, parameters: int) -> Sequence[Opened]:
        wanted, working = self.wanted.get(number, []), group.working
        if group.is_opened and wanted:
            found = by_concept(working[0], wanted, self.recorded.labels) if len(working) == 1 else []
            if found and set(wanted) <= {result for one in found for result in one.makes} and self._agree(found):
                return found
            as_lines = lines(group.operations, wanted, self.recorded.names, self.recorded.labels)
            if as_lines is not None and set(wanted) <= {*as_lines.makes}:
                return [as_lines]
        return [self._whole(group, wanted, name, parameters)]

    def _agree(self, found: Sequence[Opened]) -> bool:
        """Whether the results of a concept are what the model made. Raises :class:`CheckError` if not."""
        for one in found:
            for (index, output), path in one.makes.items():
                mine, theirs = at(one.trace.outputs, path), self.flow.operations[index].outputs[output]
                if mine.dtype != theirs.dtype:
                    return False
                name = f"{self.flow.operations[index].name} of the model"
                agreed(name, mine.reshape(theirs.shape), theirs, _scale(one.trace.reference, theirs))
        return True

    def _whole(self, group: Group, wanted: Sequence[Result], name: str, parameters: int) -> Opened:
        inside = {operation.index for operation in group.operations}
        reads: dict[str, Read] = {}
        for operation in group.operations:
            for read in operation.reads:
                origin = self.flow.origin(read)
                if (origin.result is None or origin.result[0] not in inside) and self._flows(origin):
                    _put(reads, self.recorded.names.get(id(origin.read.tensor), "input"), origin.read)
        made = [(result, self.flow.operations[result[0]].made[result[1]]) for result in wanted or self._last(group)]
        outputs: dict[str, Any] = {}
        for result, held in made:
            _put(outputs, self.recorded.names.get(id(held.tensor), "output"), (result, held.tensor))
        texts = [one.text or one.name for one in group.working or group.operations]
        reference = self._replayed(group, [result for result, _ in outputs.values()])
        inputs = {path: read.tensor.detach() for path, read in reads.items()}
        kind = self.kind(group)
        trace = whole(name, kind, texts, parameters, inputs, {path: one for path, (_, one) in outputs.items()}, reference)
        return Opened(trace, reads, {result: path for path, (result, _) in outputs.items()})

    def _last(self, group: Group) -> list[Result]:
        """Of a group that nothing reads the last result."""
        return [((group.working or group.operations)[-1].index, 0)]

    def _flows(self, origin: Provenance) -> bool:
        """Whether numbers come from an act before, or from outside as what the network was given."""
        if origin.result is not None:
            return origin.result in self.places
        return id(origin.read.tensor) in {id(one) for one in self.recorded.given.values()}

    def _replayed(self, group: Group, results: Sequence[Result]) -> Reference:
        """Every operation once more, with what it read: it makes what it made."""
        name = self.kind(group)
        made = [one for operation in group.working for one in zip(operation.again(), operation.outputs, strict=True)] or [
            (self.flow.operations[index].outputs[output],) * 2 for index, output in results
        ]
        numbers = [pair for pair in made if pair[0].is_floating_point()]
        return worst(name, [agreed(name, mine, theirs, max(1.0, largest(theirs))) for mine, theirs in numbers])

    def _add(self, opened: Opened, name: str) -> None:
        """An act, with what it takes of those before."""
        takes = {path: (f"{name.removesuffix(opened.name)}{maker}", theirs) for path, (maker, theirs) in opened.within.items()}
        moved = dict(opened.moved)
        for path, read in opened.reads.items():
            origin = self.flow.origin(read)
            if origin.result not in self.places:
                continue
            assert origin.result is not None
            takes[path] = self.places[origin.result]
            way = way_of(origin, moved.get(path))
            if way is None:
                moved.pop(path, None)
            else:
                moved[path] = way
        self.places |= {result: (name, path) for result, path in opened.makes.items()}
        self.acts.append(Act(name, opened.trace, takes, moved, opened.line))
        self.opened.append(opened)

    # --- the map --------------------------------------------------------------------------------------------------------------------------

    def kind(self, group: Group) -> str:
        """The class of a module that a group is all of, or what it calls."""
        kinds = self.recorded.modules.kinds
        return kinds[".".join(group.path)].__name__ if is_module(group, self.groups, self.recorded.modules) else called(group)

    def _parameters(self, group: Group) -> int:
        """How many numbers of parameters are read here first."""
        own = {id(read.held.tensor): read.held.tensor for operation in group.operations for read in operation.reads}
        new = {key: one for key, one in own.items() if key in self.recorded.parameters - self.counted}
        self.counted |= {*new}
        return sum(one.numel() for one in new.values())

    def _shape(self, number: int) -> tuple[int, ...]:
        index, output = (self.wanted.get(number) or self._last(self.groups[number]))[0]
        return tuple(self.flow.operations[index].outputs[output].shape)

    def _taken(self, first: int) -> tuple[int, ...]:
        """The parts that acts from ``first`` on take from; −1 for what was given."""
        here = {act.name for act in self.acts[first:]}
        makers = [maker for act in self.acts[first:] for maker, _ in act.takes.values() if maker not in here]
        given = any(
            self.flow.origin(read).result is None and self._flows(self.flow.origin(read))
            for operation in self.groups[len(self.parts)].operations
            for read in operation.reads
        )
        return tuple(dict.fromkeys([*([-1] if given else []), *(self.part_of[maker] for maker in makers)]))


def _scale(reference: Reference, made: Tensor) -> float:
    """How large the numbers are: as those that were made, or as those between which a concept found its own error."""
    return max(1.0, largest(made), 2 * reference.max_abs_error / TOLERANCE[made.dtype])


def way_of(origin: Provenance, after: Callable[[Tensor], Tensor] | None) -> Callable[[Tensor], Tensor] | None:
    """How what was made is moved to where it is read; none where it stands in the same order."""
    if not origin.is_moved:
        return after
    shape = origin.read.tensor.shape

    def way(tensor: Tensor) -> Tensor:
        found = origin.through(tensor.reshape(shape))
        return found if after is None else after(found)

    return way


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """Under a name of its own; the same tensor once."""
    if any(getattr(one, "tensor", None) is getattr(value, "tensor", value) for one in found.values()):
        return
    name = name if name.isidentifier() else "input"
    found[next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(found) + 3))) if one not in found)] = value


def at(tensors: Mapping[str, Any], path: str) -> Tensor:
    """What stands under a path."""
    inner, name = holder(tensors, path)
    return inner[name]  # type: ignore[no-any-return]


def playing(recorded: Recorded, choice: OpenChoice) -> Playing:
    """All acts of a network. Raises :class:`CheckError` where one does not give what the model gave."""
    groups = finest(recorded.recording.operations, recorded.modules, is_known)
    kinds = [tuple(one.name for one in group.working) for group in groups]
    new = [kind not in kinds[:number] for number, kind in enumerate(kinds)]
    found = Playing(recorded, chosen(groups, named(groups, recorded.modules), choice, new) if groups else [])
    indices = sorted(index for covered in found.covered.values() for index in covered)
    if not recorded.recording.covered(indices):
        raise CheckError(f"of {len(recorded.recording.operations)} operations {len(indices)} are shown")
    return found
