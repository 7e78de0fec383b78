"""The lines of a ledger: every layer of a network in the order in which they run, with the line whose result it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from engine.network.placed import Placed
from engine.network.text import BODY
from engine.shapes import Shape


@dataclass(frozen=True)
class Ran:
    """A layer as it ran without numbers; ``weights`` are its parameters that no layer before it has.

    It reads what the line with number ``source`` made, the input if that is −1; one that puts two results side by side reads the line
    before it as well, which has ``looked`` further.
    """

    name: str
    kind: str
    module: nn.Module
    given: Shape
    made: Shape
    products: int
    weights: tuple[tuple[str, Shape], ...]
    source: int
    looked: int


def ran(network: Sequence[Placed]) -> list[Ran]:
    """One for each layer; those that hold others have lines for what they hold."""
    found = [*_lines(network, -1, 0)]
    names, counted = named([one.layer.kind for one, _ in found]), set[int]()
    return [
        Ran(
            name,
            one.layer.kind,
            one.module,
            one.given,
            one.made,
            0 if one.bodies else one.products,
            _weights(one, counted),
            source,
            number - 1 if one.bodies else source,
        )
        for number, (name, (one, source)) in enumerate(zip(names, found, strict=True))
    ]


def _lines(network: Iterable[Placed], source: int, number: int) -> Iterator[tuple[Placed, int]]:
    """Layers with what they read, from line ``number`` on."""
    for one in network:
        if not one.bodies:
            own = [(one, source)]
        else:
            # What is beside a body is computed before it, of the same.
            own = []
            for part in sorted(one.bodies, key=lambda part: part == BODY):
                own += _lines(one.bodies[part], source, number + len(own))
            own += [(one, source)] if one.layer.kind == "dense" else []
        yield from own
        number += len(own)
        source = number - 1


def _weights(one: Placed, counted: set[int]) -> tuple[tuple[str, Shape], ...]:
    """Names and shapes of parameters, each of them once."""
    own = [] if one.bodies else [(name, weight) for name, weight in one.module.named_parameters() if id(weight) not in counted]
    counted |= {id(weight) for _, weight in own}
    return tuple((name, tuple(weight.shape)) for name, weight in own)


def named(kinds: Sequence[str]) -> list[str]:
    """The same with numbers where there are several of a kind."""
    many, so_far = Counter(kinds), Counter[str]()
    found = []
    for one in kinds:
        so_far[one] += 1
        found.append(f"{one}_{so_far[one]}" if many[one] > 1 else one)
    return found
