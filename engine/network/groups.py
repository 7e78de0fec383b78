"""Which operations are one act: those that belong together, or where nothing of a module is opened all that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby

from torch import nn

from engine.network.flow import computes
from engine.recorder.operation import Operation

#: Lists of modules are never called: their name belongs to what stands in them.
_LISTS = (nn.ModuleList, nn.ModuleDict)
#: More operations than these are too many for one act, even where no concept knows them.
MOST_TOGETHER = 40
#: More acts than these are too many to be worked out unless one asks for them, and more boxes than these too many for a map.
MOST_OPENED, MOST_BOXES = 16, 24


@dataclass(frozen=True, eq=False)
class Group:
    """Operations that are one act: in the module ``path``, whose parts are those of modules that were called.

    ``is_opened`` says that it is worked out step by step.
    """

    operations: Sequence[Operation]
    path: tuple[str, ...]
    is_opened: bool = True

    @property
    def working(self) -> list[Operation]:
        """Those that compute; the others only bring to them what they read."""
        return [operation for operation in self.operations if computes(operation)]


@dataclass(frozen=True)
class Modules:
    """The modules of a network by their paths."""

    kinds: Mapping[str, type[nn.Module]] = field(default_factory=dict)

    @classmethod
    def of(cls, modules: Mapping[str, nn.Module]) -> Modules:
        """All those within the modules that a network is, or uses."""
        found = [pair for name, one in modules.items() for pair in one.named_modules(prefix=name)]
        return cls({path: type(one) for path, one in found})

    def parts(self, path: str) -> tuple[str, ...]:
        """``h.3.attn`` as ``h.3``, ``attn``, if ``h`` is a list of modules."""
        found: list[str] = []
        begun, names = "", path.split(".") if path else []
        for number, name in enumerate(names):
            begun = f"{begun}.{name}" if begun else name
            if number == len(names) - 1 or not issubclass(self.kinds.get(".".join(names[: number + 1]), nn.Module), _LISTS):
                found.append(begun)
                begun = ""
        return tuple(found)

    def is_leaf(self, path: str) -> bool:
        """Whether no module stands within it."""
        return not any(one != path and (not path or one.startswith(f"{path}.")) for one in self.kinds) or not self.kinds


def finest(operations: Sequence[Operation], modules: Modules, known: Callable[[Operation], bool]) -> list[Group]:
    """Every operation in one group. What a concept ``known`` to us computes is one of its own; so are neighbours in one line that none
    knows, or in a module of which no other is a part. What only moves numbers goes with what reads them.
    """
    found: list[list[Operation]] = []
    waiting: list[Operation] = []
    for operation in operations:
        if not computes(operation):
            waiting.append(operation)
        elif found and not waiting and _together(found[-1], operation, modules, known):
            found[-1].append(operation)
        elif found and _together(found[-1], operation, modules, known):
            found[-1] += [*waiting, operation]
            waiting = []
        else:
            found.append([*waiting, operation])
            waiting = []
    if waiting:
        found = [*found[:-1], [*(found[-1] if found else []), *waiting]]
    return [Group(group, modules.parts(_place(group))) for group in found]


def _together(group: Sequence[Operation], operation: Operation, modules: Modules, known: Callable[[Operation], bool]) -> bool:
    """Whether an operation goes on with what a group does."""
    last = next(one for one in reversed(group) if computes(one))
    if known(operation) or known(last) or last.module != operation.module or len(group) >= MOST_TOGETHER:
        return False
    return modules.is_leaf(operation.module) or (last.file, last.line) == (operation.file, operation.line)


def _place(group: Sequence[Operation]) -> str:
    """The path of the module in which a group computes."""
    return next((one.module for one in reversed(group) if computes(one)), group[-1].module)


@dataclass(frozen=True)
class OpenChoice:
    """What is worked out: the parts whose paths one of the patterns ``opened`` fits; with none that is left to us.

    ``depth`` is how deep the map goes, in modules within modules; none is as deep as there is room.
    """

    opened: Sequence[str] | None = None
    depth: int | None = None

    def opens(self, path: Sequence[str], name: str) -> bool:
        """Whether an act is worked out: it is meant itself, or a module that it is part of."""
        whole = [".".join(path[:number]) for number in range(1, len(path) + 1)]
        return any(fnmatchcase(one, pattern) for pattern in self.opened or () for one in (*whole, name))


def chosen(groups: Sequence[Group], names: Sequence[str], choice: OpenChoice, is_new: Sequence[bool]) -> list[Group]:
    """The groups that are opened as they are; what stands between them in one module, and is not opened, as one group."""
    if choice.opened is None:
        few = len(groups) <= MOST_OPENED
        opened = [few or (new and sum(is_new[:number]) < MOST_OPENED) for number, new in enumerate(is_new)]
        depth = choice.depth if choice.depth is not None else None if few else _deepest(groups)
    else:
        opened = [choice.opens(group.path, name) for group, name in zip(groups, names, strict=True)]
        depth = choice.depth if choice.depth is not None else _deepest(groups)
    pairs = list(zip(groups, opened, strict=True))
    return list(_closed(pairs, 1, len(max((group.path for group in groups), key=len, default=())) if depth is None else depth))


def _closed(pairs: Sequence[tuple[Group, bool]], level: int, depth: int) -> Iterator[Group]:
    """Groups of one module that are not opened are one, unless the map goes deeper."""
    for _, some in groupby(pairs, lambda pair: pair[0].path[:level] if len(pair[0].path) >= level else id(pair[0])):
        found = list(some)
        is_inner = len(found) > 1 or len(found[0][0].path) > level
        if not any(opened for _, opened in found) and level >= depth:
            operations = [operation for group, _ in found for operation in group.operations]
            yield Group(operations, found[0][0].path[:level], is_opened=False)
        elif is_inner and any(len(group.path) > level for group, _ in found):
            yield from _closed(found, level + 1, depth)
        else:
            yield from (Group(group.operations, group.path, opened) for group, opened in found)


def _deepest(groups: Sequence[Group]) -> int:
    """How deep a map may go without too many boxes."""
    most = max(len(group.path) for group in groups)
    return next((depth for depth in range(most, 1, -1) if len([*_closed([(one, False) for one in groups], 1, depth)]) <= MOST_BOXES), 1)
