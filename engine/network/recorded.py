"""What is known of a network that ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from engine.network.failed import Failed
from engine.network.flow import Wiring
from engine.network.groups import Modules
from engine.network.words import NO_LABELS, Labels
from engine.recorder.operation import Recording


@dataclass(eq=False)
class Recorded:
    """What is known of a network that ran: the ``used`` modules, and what it was ``given``, by names; where it ``failed``, if it did.

    ``labels`` are the words that it reads.
    """

    name: str
    recording: Recording
    used: Mapping[str, nn.Module]
    given: Mapping[str, Tensor]
    failed: Failed | None = None
    labels: Labels = NO_LABELS

    @cached_property
    def flow(self) -> Wiring:
        """Where its numbers come from."""
        return Wiring(self.recording)

    @cached_property
    def modules(self) -> Modules:
        """Its modules."""
        return Modules.of(self.used)

    @cached_property
    def parameters(self) -> set[int]:
        """The ids of its parameters."""
        return {id(parameter) for module in self.used.values() for parameter in module.parameters()}

    @cached_property
    def names(self) -> dict[int, str]:
        """What tensors are called in the code, by their ids."""
        made = {
            id(held.tensor): name
            for operation in self.recording.operations
            for name, held in zip(operation.variables, operation.made, strict=False)
            if name
        }
        return made | {id(tensor): name for name, tensor in self.given.items()}
