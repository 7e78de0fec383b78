"""What acts are called: by the modules that they are, and by what is called there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.network.groups import Group, Modules

#: So many operations are named where no module has a name.
MOST_NAMED = 2


def named(groups: Sequence[Group], modules: Modules) -> list[str]:
    """Names of acts: the path of the module, with what is called there where that is not all; with a number from the second on."""
    found: list[str] = []
    seen: Counter[str] = Counter()
    for group in groups:
        name = ".".join(filter(None, [*group.path, "" if is_module(group, groups, modules) else called(group)]))
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def is_module(group: Group, groups: Sequence[Group], modules: Modules) -> bool:
    """Whether a group is all that its module does, each time that it is called."""
    path = ".".join(group.path)
    within = [one for one in groups if one.path[: len(group.path)] == group.path]
    alike = modules.is_leaf(path) and {called(one) for one in within} == {called(group)}
    return bool(path) and path in modules.kinds and (len(within) == 1 or alike)


def called(group: Group) -> str:
    """The functions of torch that a group calls."""
    names = [*dict.fromkeys(one.name for one in group.working or group.operations)]
    return ", ".join(names[:MOST_NAMED]) + "…" * (len(names) > MOST_NAMED)
