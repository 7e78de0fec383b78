"""A trace as plain data: what a picture needs of it, without torch.

Pictures are drawn in processes that never import torch. They get the tensors as numpy arrays, and those steps that they are to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from engine.step import Step, Steps

if TYPE_CHECKING:
    from engine.blocks import Blocks
    from engine.trace import Trace

#: Steps that every record has, from first to last: enough to find out how much room numbers take.
SAMPLED = 16
#: Of so many stages every record has the first step and the last one.
MOST_STAGES = 64


class Record(Steps):
    """The fields of a trace by their names, tensors as float64 numpy arrays; ``record[k]`` is step k.

    A pickled record has the steps of its ``sample`` and those that it was told to :meth:`learn`, no others.
    """

    def __init__(self, trace: Trace) -> None:
        self.values: dict[str, Any] = {
            field.name: as_arrays(getattr(trace, field.name)) for field in fields(trace) if field.name != "stages"
        }
        self.cut: Callable[[int], Step] | None = trace.cut
        self.steps: dict[int, Step] = {}
        last, count = len(trace) - 1, min(SAMPLED, len(trace))
        self.sampled = sorted({round(last * i / max(1, count - 1)) for i in range(count)})
        self.ends = sorted(_ends(trace.blocks))
        self.learn({k: trace[k] for k in {*self.sampled, *self.ends}})

    def learn(self, steps: Mapping[int, Step]) -> None:
        """Adds steps."""
        self.steps |= steps

    def forget(self) -> None:
        """Keeps no steps but the sample, and those at the ends of stages."""
        self.steps = {k: self.steps[k] for k in {*self.sampled, *self.ends}}

    def pick(self, indices: Iterable[int]) -> dict[int, Step]:
        """Steps by their numbers."""
        return {k: self[k] for k in indices}

    @property
    def sample(self) -> list[Step]:
        """Steps from all over the trace, :data:`SAMPLED` at the most."""
        return [self.steps[k] for k in self.sampled]

    @property
    def at_ends(self) -> list[Step]:
        """The first and the last step of every stage, which tell what it reads."""
        return [self.steps[k] for k in self.ends]

    def __len__(self) -> int:
        return int(self.values["blocks"].length)

    @property
    def phases(self) -> list[tuple[str, int]]:
        """Chapters with their numbers of steps."""
        found: list[tuple[str, int]] = self.values["blocks"].phases
        return found

    def step(self, k: int) -> Step:
        """Step k, which must be there."""
        if k not in self.steps and self.cut is None:
            raise LookupError(f"step {k} is not in this record; a scene may look at the steps of its beat and at the sample, nothing else")
        return self.steps[k] if k in self.steps or self.cut is None else self.cut(k)

    def __getattr__(self, name: str) -> Any:
        if name == "values" or name not in self.values:
            raise AttributeError(f"a record of this trace has no {name!r}")
        return self.values[name]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "cut": None}


def _ends(blocks: Blocks) -> set[int]:
    """The first and the last step of each of the first stages."""
    stages = list(dict.fromkeys(block.stage for block in blocks))[:MOST_STAGES]
    last = {block.stage: block.start + block.steps - 1 for block in blocks}
    return {k for stage in stages for k in (blocks.start(stage), last[stage])}


def as_arrays(value: Any) -> Any:
    """``value`` with numpy arrays in place of tensors, wherever they stand."""
    if isinstance(value, Mapping):
        return {key: as_arrays(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(as_arrays, value)) if type(value) in (list, tuple) else value
    return value.detach().cpu().double().numpy() if hasattr(value, "detach") else value
