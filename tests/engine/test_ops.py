"""Rules of operations: numbers, what they depend on, and the way back, of every operation that has a rule or simpler code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.code.back import Back, opened_back
from engine.code.forward import Code, Run, opened, results_of, run
from engine.code.simpler import OWN
from engine.ground import ground
from engine.ops.rules import ALIASES, RULES, TURNED, WHOLE
from engine.ops.value import Value
from engine.recorder.record import record
from engine.signature import Signature
from engine.stage import Operand, Place
from engine.step import Cell
from tests.engine.codes import check_steps
from tests.engine.operations import CASES, Case

EACH = [pytest.param(name, one, id=f"{name}-{number}") for name, several in CASES.items() for number, one in enumerate(several)]
#: So many points at the most tell which numbers can matter, among them several of the same numbers in other places.
POINTS, SHIFTS = 60, 12

#: Operations of which equal numbers, 0 or a bound are something else than the rest.
TIED = (
    "amax", "amin", "max", "min", "maximum", "minimum", "clamp", "clip", "clamp_min",
    "clamp_max", "hardtanh", "relu6", "relu", "abs", "absolute", "leaky_relu", "elu", "selu",
    "sign", "floor", "where", "topk", "sort", "logsumexp", "log_softmax", "softsign", "prod",
    "cumprod", "silu", "gelu", "softplus", "mul", "linear", "matmul", "embedding", "cumsum",
    "glu", "mse_loss", "prelu", "max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices",
    "adaptive_max_pool2d", "avg_pool2d", "conv2d", "conv_transpose2d",
)  # fmt: skip


def code(function: Callable[..., Any]) -> Code:
    return Code(function, Signature(function), None, "", "", "A case")


def ran(function: Callable[..., Any], arguments: list[Tensor], gradients: bool = False) -> Run:
    own = code(function)
    with torch.enable_grad() if gradients else torch.no_grad():
        return run(own, own.signature.named(arguments, {}), gradients=gradients)


def cells_of(tensor: Tensor) -> Iterator[Cell]:
    return (tuple(at) for at in torch.ones_like(tensor).nonzero().tolist())


def numbers_of(result: Any) -> list[Tensor]:
    """The results that are no places."""
    return [one for one in results_of(result) if one.is_floating_point()]


def results(found: Run) -> list[Value]:
    return [value for value in found.graph.results.values() if value.counts]


# --- numbers -----------------------------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == {*RULES, *ALIASES, *TURNED, *OWN}


@pytest.mark.parametrize(("name", "one"), EACH)
def test_a_case_calls_its_operation(name: str, one: Case) -> None:
    arguments = one.arguments(0)
    names = {operation.name for operation in record(one.function, *arguments).operations}
    assert names & {name, f"special_{name}", f"linalg_{name}"}


@pytest.mark.parametrize(("name", "one"), EACH)
def test_work_gives_the_number_that_torch_gives(name: str, one: Case) -> None:
    arguments = one.arguments(1)
    found = results(ran(one.function, arguments))
    theirs = numbers_of(one.function(*(one.clone() for one in arguments)))
    assert len(found) == len(theirs)
    for value, expected in zip(found, theirs, strict=True):
        assert value.call is not None
        assert (value.call.rule is WHOLE) == one.whole
        for cell in cells_of(expected):
            assert value.made(cell).result == pytest.approx(expected[cell].item(), rel=1e-9, abs=1e-12)


# --- what they depend on -----------------------------------------------------------------------------------------------------------------


def places_of(value: Value, cell: Cell) -> set[Place]:
    return {(path, at) for path, cells in value.made(cell).reads.items() for at in cells}


def taken(value: Value, cell: Cell) -> set[Place]:
    """Those that it is computed from, without what is only looked at, as a condition."""
    work = value.made(cell)
    over = [work.divisor] if isinstance(work.divisor, Operand) else []
    return {place for product in (*work.sums, over) for one in product for place in one.places if place}


def origins(found: Run, value: Value, cell: Cell) -> set[Place]:
    """The places of floating inputs that a cell is computed from, stage by stage."""
    places: set[Place] = set()
    for path, at in places_of(value, cell):
        step = found.graph.steps.get(path)
        if step is not None:
            places |= origins(found, step, at)
        elif path in found.arguments:
            places.add((path, at))
    return places


def mattering(function: Callable[..., Any], names: list[str], arguments: list[Tensor], number: int) -> dict[Cell, set[Place]]:
    """By the cells of a result the places in which its derivative is not 0."""
    jacobians = torch.autograd.functional.jacobian(lambda *given: numbers_of(function(*given))[number], tuple(arguments))
    found: dict[Cell, set[Place]] = {}
    for name, jacobian, given in zip(names, jacobians, arguments, strict=False):
        for at in jacobian.nonzero().tolist():
            split = len(at) - given.dim()
            found.setdefault(tuple(at[:split]), set()).add((name, tuple(at[split:])))
    return found


@pytest.mark.parametrize(("name", "one"), [each for each in EACH if not each.values[1].whole])
def test_a_cell_reads_what_its_derivative_depends_on(name: str, one: Case) -> None:
    possible: dict[tuple[int, Cell], set[Place]] = {}
    read: dict[tuple[int, Cell], set[Place]] = {}
    for point in range(POINTS if not one.flat else 1):
        seed = point // SHIFTS if point < POINTS / 2 else point
        arguments = [given.flatten().roll(point).reshape(given.shape) for given in one.arguments(seed)]
        found = ran(one.function, arguments)
        for number, value in enumerate(results(found)):
            matters = mattering(one.function, list(found.arguments), arguments, number)  # options come last
            for cell in cells_of(value.tensor):
                own = origins(found, value, cell)
                assert matters.get(cell, set()) <= own
                possible.setdefault((number, cell), set()).update(matters.get(cell, set()))
                read.setdefault((number, cell), set()).update(own)
        if read == possible:
            break
    assert one.flat or read == possible


@pytest.mark.parametrize(("name", "one"), [each for each in EACH if not each.values[1].whole])
def test_readers_are_those_that_read(name: str, one: Case) -> None:
    found = ran(one.function, one.arguments(3), gradients=True)
    (last, *_) = results(found)
    back = Back(found.graph, last, torch.ones_like(last.tensor))
    assert back.adjoints
    steps = found.graph.steps.values()
    reads = {(one.name, at): (taken(one, at), places_of(one, at)) for one in steps if not one.stops for at in cells_of(one.tensor)}
    for value in (*found.graph.given.values(), *steps):
        if value.counts and not back.is_whole(value):
            for cell in cells_of(value.tensor):
                at_least, at_most = ({place for place, own in reads.items() if (value.name, cell) in own[which]} for which in (0, 1))
                assert at_least <= {(reader.name, at) for reader, at in back.readers(value, cell)} <= at_most


# --- the way back ------------------------------------------------------------------------------------------------------------------------


def check_ways(function: Callable[..., Any], arguments: list[Tensor]) -> None:
    """There and back: every step adds up, and what comes back is what autograd gives."""
    own = code(function)
    with ground():
        forward = opened(own, *arguments)
        check_steps(forward)
        first = next(iter(run(own, own.signature.named(arguments, {})).graph.results.values())).tensor
        adjoint = torch.linspace(-1, 2, first.numel(), dtype=first.dtype).reshape(first.shape)
        backward = opened_back(own, adjoint, *arguments)
        check_steps(backward)
    given = [one.clone().requires_grad_() for one in arguments]
    named = dict(zip(own.signature.signature.parameters, given, strict=False))
    theirs = torch.autograd.grad(numbers_of(function(**named))[0], given, adjoint, allow_unused=True)
    for name, grad in zip(named, theirs, strict=True):
        assert (grad is None) == (f"grad_{name}" not in backward.outputs)
        if grad is not None:
            torch.testing.assert_close(backward.outputs[f"grad_{name}"], grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "one"), EACH)
def test_there_and_back(name: str, one: Case) -> None:
    check_ways(one.function, one.arguments(4))


@pytest.mark.parametrize(("name", "one"), EACH)
def test_among_others(name: str, one: Case) -> None:
    """Of what is computed on the way, and read by more."""

    @functools.wraps(one.function)
    def among(**named: Any) -> Tensor:
        doubled = {name: 2 * given if isinstance(given, Tensor) and given.is_floating_point() else given for name, given in named.items()}
        return torch.sin(3 * numbers_of(one.function(**doubled))[0])

    check_ways(among, one.arguments(5))


@pytest.mark.parametrize(("name", "one"), [each for each in EACH if each.values[0] in TIED])
def test_of_equal_numbers(name: str, one: Case) -> None:
    """Among them numbers that are a bound, and 0."""
    for seed in range(3):
        check_ways(one.function, one.arguments(seed, ties=True))
