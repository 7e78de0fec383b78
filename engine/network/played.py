"""A network as a play: its acts, and what comes behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from engine.network.behind import Behind
from engine.network.groups import OpenChoice
from engine.network.parts import NetworkPart
from engine.network.playing import Playing, playing
from engine.network.recorded import Recorded
from engine.play import Play, play
from engine.sentences import count
from engine.step import worst


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModelPlay(Play):
    """Adds the ``network`` as boxes of a map, and the ``shapes`` of what it was given; ``outputs`` are the model's own.

    ``covered`` says of every act which of the recorded operations it shows. Behind the acts of the network come those of the way back:
    ``back`` has for each the number of the part that it goes back through, and ``norms`` the norms of gradients, by the names of
    parameters, and of parts for what these make.
    """

    is_titled: ClassVar[bool] = True
    network: Sequence[NetworkPart] = ()
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    covered: Mapping[str, Sequence[int]] = field(default_factory=dict)
    back: Sequence[int] = ()
    norms: Mapping[str, float] = field(default_factory=dict)

    @property
    def results(self) -> Mapping[str, Any]:
        return self.outputs


def played(recorded: Recorded, choice: OpenChoice, params: Mapping[str, Any]) -> ModelPlay:
    """The network as a play. Raises :class:`CheckError` where an act does not give what the model gave."""
    return trace_of(playing(recorded, choice), params)


def trace_of(played: Playing, params: Mapping[str, Any], behind: Behind | None = None) -> ModelPlay:
    """Acts as a play, with those that come ``behind`` them."""
    recorded, behind = played.recorded, behind or Behind()
    outputs = {} if recorded.failed else {path: read.tensor for path, read in recorded.recording.outputs.items()}
    acts = [*played.acts, *behind.acts]
    whole_ = play(
        acts,
        params={**params, **behind.params},
        reference=worst(f"{recorded.name}.forward" if played.groups else "", [*(act.trace.reference for act in acts), *behind.references]),
        opening=" ".join(filter(None, [_opening(recorded, played), behind.opening])),
        closing=" ".join(filter(None, [_closing(recorded, played), behind.closing])),
        formula="",
    )
    own = {one.name: getattr(whole_, one.name) for one in fields(whole_)}
    return ModelPlay(
        **{**own, "outputs": {**outputs, **behind.outputs}, "title": recorded.name},
        network=(*played.parts, *behind.parts),
        shapes={name: tuple(tensor.shape) for name, tensor in recorded.given.items()},
        covered=played.covered,
        back=tuple(behind.back),
        norms=behind.norms,
    )


def _opening(recorded: Recorded, played: Playing) -> str:
    if recorded.failed is not None:
        done, noun = len(recorded.recording.operations), "operation"
        return f"{recorded.name} fails {f'after {count(done, noun)}' if done else f'at its first {noun}'}."
    total = sum(part.parameters for part in played.parts)
    return f"{recorded.name}: {count(len(played.parts), 'part')}, {count(total, 'parameter')}; every number is computed."


def _closing(recorded: Recorded, played: Playing) -> str:
    operations = len(recorded.recording.operations)
    if recorded.failed is not None:
        before = f"; {count(operations, 'operation')} ran before and {'was' if operations == 1 else 'were'} shown" if operations else ""
        return f"{recorded.failed.told.short}; {recorded.failed.told.instead}{before}."
    return f"All {count(operations, 'operation')} of {recorded.name} were shown, each in one act."


__all__ = ["ModelPlay", "Recorded", "played"]
