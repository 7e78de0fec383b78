"""An act that was opened: its trace, where its inputs come from, and where the results of its operations stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from engine.code.graph import Result
from engine.recorder.operation import Read
from engine.trace import Trace

#: Another act of the same operations, and what stands there.
Within = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Opened:
    """``reads`` says of inputs, by their paths, what they are of what the operations read, ``within`` what they take of an act opened
    before this one from the same operations, and ``moved`` how that was moved; ``makes`` where the results stand. ``name`` tells it from
    other acts of the same operations, and ``line`` is the user's own one that calls them, where the trace does not have it. Of code of
    ours ``function`` computes what it makes, of its inputs by their names.
    """

    trace: Trace
    reads: Mapping[str, Read]
    makes: Mapping[Result, str]
    name: str = ""
    within: Mapping[str, Within] = field(default_factory=dict)
    moved: Mapping[str, Callable[[Tensor], Tensor]] = field(default_factory=dict)
    line: str = ""
    function: Callable[..., Tensor] | None = None
