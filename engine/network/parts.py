"""The boxes of a network's map, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

#: The shape of what a call gives that fails.
NO_RESULT = (0,)


@dataclass(frozen=True)
class NetworkPart:
    """One box: the acts ``first`` to ``stop`` (exclusive) of a module or an operation.

    ``name`` is the path of the module, ``kind`` its class or torch's function, ``shape`` that of the result, ``parameters`` how many are
    its own that no part before it has counted. ``takes`` are the parts whose results it reads, −1 for what the network was given.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    first: int
    stop: int
    takes: tuple[int, ...] = ()
