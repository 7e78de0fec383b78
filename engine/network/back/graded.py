"""What autograd says of a network: it runs a second time, with gradients, and does the same; every tensor in it gets its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from engine.code.graph import Result
from engine.errors import InputError
from engine.network.network import Network
from engine.recorder.nested import mapped
from engine.recorder.operation import Read, Recording
from engine.recorder.record import record_with_gradients

#: Of an output the number that is sent back from it.
LossFunction = Callable[[Tensor], Tensor]
#: What a network is called with, by places and by names.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Graded:
    """The gradients of ``loss``, computed from the ``output`` of that name, of all that a network makes and is given.

    It runs now, as it was recorded, so that a context must have brought it to the same weights, modes and random numbers; of tensors that
    it is ``given`` those are ``kept``, by their ids, that were there before the first run.
    """

    def __init__(
        self,
        network: Network,
        used: Mapping[str, nn.Module],
        given: Arguments,
        kept: Mapping[int, Tensor],
        first: Recording,
        output: str,
        loss: LossFunction,
    ) -> None:
        self.name, self.first = network.name, first
        fresh: dict[int, Tensor] = {}

        def leaf(tensor: Tensor) -> Tensor:
            if not tensor.is_floating_point():
                return kept[id(tensor)].clone()
            found = fresh.setdefault(id(tensor), kept[id(tensor)].clone().requires_grad_())
            return found.clone()  # which the network may write into

        with torch.enable_grad():
            args, kwargs = mapped(given, Tensor, leaf)
            self.second = self._recorded(network, args, kwargs)
            self.given = fresh
            self.parameters = dict(_parameters(used))
            self._go_back(loss(self.second.outputs[output].tensor))

    def _recorded(self, network: Network, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recording:
        try:
            found = record_with_gradients(network.call, *args, **kwargs)
        except RuntimeError as error:
            raise InputError(f"{self.name} runs without gradients, but not with them: {error}; change what it writes in place") from error
        if [one.name for one in found.operations] != [one.name for one in self.first.operations]:
            raise InputError(f"{self.name} does something else when it runs once more; give one that does the same each time")
        return found

    def _go_back(self, loss: Tensor) -> None:
        """Asks autograd for everything at once."""
        if not loss.requires_grad:
            raise InputError(f"what {self.name} gives depends on nothing by a derivative; give a network with parameters that are trained")
        made = {(one.index, n): held.traced for one in self.second.operations for n, held in enumerate(one.made)}
        traced = {key: one for key, one in made.items() if one is not None}
        trained = {name: one for name, one in self.parameters.items() if one.requires_grad}
        leaves: dict[Any, Tensor] = {**self.given, **trained}
        wanted = [*traced.values(), *leaves.values()]
        found = torch.autograd.grad(loss, wanted, allow_unused=True)
        self.loss = loss.detach()
        self.gradients: dict[Result, Tensor] = _there(dict(zip(traced, found, strict=False)))
        #: By the names of parameters, and by the ids of what was given.
        self.of_leaves: dict[Any, Tensor] = _there(dict(zip(leaves, found[len(traced) :], strict=True)))

    # --- what was recorded first -----------------------------------------------------------------------------------------------------

    @cached_property
    def twins(self) -> dict[int, Read]:
        """Of what was read the first time what was read the second time, by its id."""
        pairs = zip(self.first.operations, self.second.operations, strict=True)
        reads = [*(pair for mine, theirs in pairs for pair in zip(mine.reads, theirs.reads, strict=True))]
        results = zip(self.first.outputs.values(), self.second.outputs.values(), strict=True)
        return {id(one): other for one, other in (*reads, *results)}

    def depends(self, read: Read) -> bool:
        """Whether something comes back to what was read."""
        return self.twins[id(read)].held.traced is not None

    def leaf(self, read: Read) -> str | int:
        """What is read from outside: a parameter by its name, anything else by its id."""
        twin = self.twins[id(read)].tensor
        return next((name for name, one in self.parameters.items() if one is twin), id(read.tensor))


def _parameters(used: Mapping[str, nn.Module]) -> Iterator[tuple[str, nn.Parameter]]:
    """Each once, by the first of its names."""
    seen: set[int] = set()
    for name, module in used.items():
        for path, one in module.named_parameters(prefix=name):
            if id(one) not in seen:
                seen.add(id(one))
                yield path, one


def _there(found: Mapping[Any, Tensor | None]) -> dict[Any, Tensor]:
    return {key: one.detach() for key, one in found.items() if one is not None}
