"""A network with its loss, and from there back to every parameter: what comes behind the acts of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.errors import CheckError
from engine.network.back.graded import Graded
from engine.network.back.loss import Loss
from engine.network.back.returning import Arrival, WaysBack
from engine.network.back.sums import Sent, checked, total
from engine.network.back.ways import by_code, by_concept
from engine.network.behind import Behind
from engine.network.parts import NetworkPart
from engine.network.playing import Playing, way_of
from engine.play import Act
from engine.sentences import count, listed

#: So many names are said one by one.
MOST_NAMES = 3


@dataclass(frozen=True, eq=False)
class Measured:
    """A network that was ``played``, and the ``loss`` of what it gives; its act, if it has one, is called ``name``."""

    played: Playing
    loss: Loss

    @property
    def name(self) -> str:
        """Of the act: that of the loss, unless a part of the network is called so."""
        return self.loss.name if all(act.name != self.loss.name for act in self.played.acts) else f"{self.loss.name} of the output"

    @property
    def act(self) -> Act | None:
        """The loss as an act."""
        if self.loss.act is None:
            return None
        origin = self.played.flow.origin(self.loss.act.reads["input"])
        place = None if origin.result is None else self.played.places.get(origin.result)
        way = way_of(origin, None)
        return Act(self.name, self.loss.act.trace, {"input": place} if place else {}, {} if way is None or not place else {"input": way})

    def behind(self, graded: Graded | None) -> Behind:
        """The loss, and with what autograd says of the network the way back."""
        act, kind = self.act, self.loss.name
        if act is None and graded is None:
            return Behind()
        first = len(self.played.acts)
        takes = tuple(self.played.part_of[maker] for maker, _ in act.takes.values()) if act else ()
        parts = [NetworkPart(act.name, kind, (), 0, first, first + 1, takes)] if act else []
        outputs: dict[str, Any] = {"loss": act.trace.outputs[self.loss.path]} if act else {}
        params = {"loss": kind} if act else {}
        if graded is None:
            return Behind([act] if act else [], parts, (), params, outputs)
        back = WaysBack(self.played, graded)
        self._begin(back, act)
        back.all()
        gradients, unreached = _parameters(back)
        return Behind(
            [*([act] if act else []), *back.acts],
            parts,
            back.back,
            {**params, "backward": True},
            {**outputs, "gradients": gradients},
            back.references,
            {**_of_parts(back), **{name: _norm(one) for name, one in gradients.items()}},
            self._opening(act),
            _closing(len(gradients), unreached, back.silent),
        )

    def _begin(self, back: WaysBack, act: Act | None) -> None:
        """The loss sends 1 back to itself."""
        if act is None or self.loss.act is None:
            read = self.played.recorded.recording.outputs[self.loss.output]
            origin = self.played.flow.origin(read)
            if origin.result is None:
                raise CheckError(f"the output of {self.played.recorded.name} is computed in no act")
            back.sent[self.played.places[origin.result]].append(Sent("", "", torch.ones_like(read.tensor).detach(), None, 1.0))
            return
        arrived = {self.loss.path: Arrival(torch.ones_like(act.trace.outputs[self.loss.path]), 1.0)}
        ones = {path: one.tensor for path, one in arrived.items()}
        way = (
            by_concept(self.loss.act, ones)
            if self.loss.act.function is None
            else by_code(None, {}, self.loss.act, back.graded.depends, ones)
        )
        if way is None:
            raise CheckError(f"there is no way back through {self.loss.name}")
        back.through(act, self.loss.act, way, arrived, len(self.played.parts))
        del back.ways[act.name]  # it is none of the network's

    def _opening(self, act: Act | None) -> str:
        if act is None:
            return "Then from its output, which is one number, back to every parameter."
        return f"Then back from {'the sum of its output' if self.loss.name == 'sum' else self.loss.name} to every parameter."


def _parameters(back: WaysBack) -> tuple[dict[str, Tensor], list[str]]:
    """The gradients of parameters, those that are read in several places added up in an act; and the names of those without."""
    gradients, unreached = {}, []
    for name, parameter in back.graded.parameters.items():
        sent, theirs = back.to_leaves.get(name, []), back.graded.of_leaves.get(name)
        if sent:
            part = next(number for act, number in zip(back.acts, back.back, strict=True) if act.name == sent[-1].maker)
            gradients[name] = back.gathered(name, name, sent, parameter.detach(), theirs, part).tensor
        elif theirs is not None and bool(theirs.any()):
            raise CheckError(f"the gradient of {name} is lost on the way")
        else:
            unreached.append(name)
    for key, sent in back.to_leaves.items():
        if key in back.graded.of_leaves and key not in gradients:
            theirs = back.graded.of_leaves[key]
            checked("an input", total(sent, theirs), theirs, sent)
    return gradients, unreached


def _of_parts(back: WaysBack) -> Mapping[str, float]:
    """The norm of the gradient of what every part makes first."""
    gradients, wanted = back.graded.gradients, back.played.wanted
    first = {number: [result for result in wanted.get(number, []) if result in gradients][:1] for number in range(len(back.played.parts))}
    return {back.played.parts[number].name: _norm(gradients[result]) for number, results in first.items() for result in results}


def _norm(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor))


def _closing(reached: int, unreached: Sequence[str], silent: Sequence[str]) -> str:
    """How many parameters have gradients, and which do not; which acts nothing comes back through."""
    having = f"{'has its' if reached == 1 else 'have their'} gradient{'s' * (reached > 1)}"
    known = f"{count(reached, 'parameter tensor')} {having}" if reached else "No parameter has a gradient"
    without = f"; nothing reaches {_some(unreached)}" if unreached else ""
    closed = f"; none comes back to {_some(silent)}" if silent else ""
    return f"{known}{without}{closed}."


def _some(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMES
    return listed(names) if left <= 1 else listed([*names[:MOST_NAMES], f"{left} more"])
