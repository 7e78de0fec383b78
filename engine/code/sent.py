"""What the cells of a step send back to one of the numbers that they are computed from: the other factors, and the slope of a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.functions import FUNCTIONS
from engine.ops.value import Call, Value
from engine.stage import Operand, Work, number, spelled
from engine.step import Cell

#: The calls by which a number goes from one tensor to another, each with the argument and the cell in which it reads it.
Route = tuple[tuple[Call, str, Cell], ...]


def on_route(reader: Value, at: Cell, routes: Sequence[Route]) -> Work:
    """How a cell is computed; of a long sum only what is reached on the one route that there is."""
    if len(routes) > 1:
        return reader.made(at)
    (route,) = routes
    for call, argument, cell in route:
        call.only = (argument, cell)
    try:
        work = reader.made(at)
    finally:
        for call, _, _ in route:
            call.only = None
    return reader.made(at) if work.apply or work.reduce == "max" else work  # both depend on all terms


def slope_of(work: Work, reader: Value, at: Cell) -> list[Operand]:
    """The slope of the function of a step, if it has one: made of its argument, if that stands somewhere, or of its value."""
    if not work.apply:
        return []
    (own, *others), (place, *_) = work.ways[0], work.places[0]
    is_place, is_value = len(work.places) == 1 and not others and place is not None, work.divisor == 1
    y = float(reader.tensor[at])
    slope = work.slope_at(y) if is_value else work.slope
    function = FUNCTIONS[work.apply]
    way = function.slope_of(["{x}"] * is_place + ["{y}"] * is_value)
    if "{x}" in way and place:
        made = way.replace("{x}", "{}")
        return [number(slope, *place, spelled(made, own) if own else made)]
    if "{y}" in way:
        return [number(slope, reader.name, at, way.replace("{y}", "{}") if way != "{y}" else "")]
    return [number(slope, made=f"slope of {function.text}")]


def share_of(work: Work, reader: Value, at: Cell) -> Any:
    """What part of an adjoint goes to a place: all of it, but of a largest number only to where it stands, shared among equal ones."""
    if work.reduce == "sum":
        return lambda place: 1.0
    winners: list[Any] = [places[0] for (x,), places in zip(work.terms, work.places, strict=True) if x == work.before]
    assert reader.call is not None
    chosen = reader.call.rule.winner(reader.call, at)
    if chosen is not None:
        winners = [place for place in winners if place and place[1] == chosen][:1] or winners[:1]
    return lambda place: 1 / len(winners) if place in winners else 0.0


def without_divisor(work: Work) -> Work:
    """What is divided by a cell is multiplied by 1 over it."""
    if work.divisor == 1:
        return work
    place = work.divisor.places[0] if isinstance(work.divisor, Operand) else None
    by = number(1 / work.by, *place, "1/{}") if place else number(1 / work.by)
    return replace(work, sums=[(*work.sums[0], by)], divisor=1)
