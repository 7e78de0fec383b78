"""The way back through torch code, found from the factors of its steps.

A cell x that stands in a product of a step y = f(sum of products) / d gets back the adjoint of y times f′, times the other factors of the
product, divided by d; one that is d gets back −y / d. Its adjoint is the sum of that over all steps that read it, which is what autograd
gives, from which all adjoints come.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from engine import sentences
from engine.code import captions
from engine.code.backward import adjoint
from engine.code.forward import Code, CodeTrace, Run, called, compared, in_order, refused, results_of, run, said
from engine.code.graph import CodeGraph
from engine.code.placed import named, placed
from engine.code.scale import all_behind, scale_of
from engine.code.sent import Route, on_route, share_of, slope_of, without_divisor
from engine.code.step import CodeStep
from engine.errors import InputError
from engine.lessons import Lessons, of_stages
from engine.numbers import Sum
from engine.ops import algebra
from engine.ops.rules import WHOLE
from engine.ops.value import Call, Value
from engine.reader import floating, largest
from engine.sentences import listed
from engine.stage import Operand, Stage, Work, number
from engine.step import Cell, Reference, worst
from engine.verdict import TOLERANCE


def grad(name: str) -> str:
    """What the adjoint of a tensor is called; ``grad_output`` is that of the result, whatever its name."""
    return f"grad_{name}" if name.isidentifier() and name != "output" else f"grad of {name}"


def opened_back(code: Code, grad_output: Any, *args: Any, **kwargs: Any) -> CodeTrace:
    """The trace of what comes back to the arguments of the code from the adjoint of its first result, ones if that is not given."""
    with torch.enable_grad():
        ran = run(code, code.signature.named(args, kwargs), gradients=True)
        back = Back(ran.graph, *_begun(ran, grad_output))
        refused(code, lambda **_: back.adjoints, ran.arguments)
    if not back.reached:
        raise InputError(f"nothing that {code.function.__name__} is given has a derivative; give numbers that its result depends on")
    return back_trace(
        back,
        _checked(ran, back),
        params=ran.params,
        inputs={**ran.inputs, **back.known},
        code={name: back.statement(name, ran.taken.text) for name in back.targets},
    )


def back_trace(
    back: Back, reference: Reference, *, params: Mapping[str, Any], inputs: Mapping[str, Tensor], code: Mapping[str, str]
) -> CodeTrace:
    """What comes back through a graph as a trace; ``inputs`` are the numbers on the way there, ``code`` is shown of each adjoint."""
    stages = {name: back.stage(name) for name in back.targets}
    blocks = in_order({name: Value(tensor) for name, tensor in back.found.items()})
    return CodeTrace(
        params=params,
        inputs={"grad_output": back.adjoints[id(back.last)], **inputs},
        outputs=back.found,
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=captions.opening_back(back.reached, back.last.name),
        closing=sentences.agreement(captions.results_back(back.reached), reference, "torch.autograd", "gradients"),
        formula='"grad_x" = sum_(y "reads" x) "grad_y" dot (partial y) / (partial x)',
        lessons=Lessons(lambda: of_stages(stages, blocks, stages)),
        code=code,
        results=[grad(name) for name in back.reached],
    )


def _begun(ran: Run, grad_output: Any) -> tuple[Value, Tensor]:
    """The first result, and its adjoint."""
    name, last = next(iter(ran.graph.results.items()))
    found = None if grad_output is None else floating("grad_output", grad_output).to(last.tensor.dtype)
    return last, adjoint(found, last.tensor, name)


def _checked(ran: Run, back: Back) -> Reference:
    """Compares what comes back to the arguments with autograd's way through torch's own function."""
    with torch.enable_grad():
        given = {
            name: one.detach().requires_grad_(one.requires_grad) if isinstance(one, Tensor) else one for name, one in ran.arguments.items()
        }
        result = called(ran, given)
        first = result[back.last.name] if isinstance(result, Mapping) else results_of(result)[0]
        wanted = [given[name] for name in back.reached]
        theirs = torch.autograd.grad(first, wanted, back.adjoints[id(back.last)])
    name = f"torch.autograd.grad of {ran.code.source}"
    # What comes back is a sum of products of adjoints and numbers on the way.
    most = max([1.0, *(largest(one) for one in back.found.values())])
    pairs = [(back.found[grad(one)], other) for one, other in zip(back.reached, theirs, strict=True)]
    return worst(name, [compared(name, mine, other, most * scale_of(back.last, mine)) for mine, other in pairs])


@dataclass(eq=False)
class Back:
    """The adjoints of a graph, and how each of their cells comes about."""

    graph: CodeGraph
    last: Value
    grad: Tensor

    @cached_property
    def adjoints(self) -> dict[int, Tensor]:
        """Of all values with names that the last one depends on, by their ids."""
        known = (*self.graph.given.values(), *self.graph.steps.values())
        values = [one for one in known if one.traced is not None and one is not self.last] if self.last.traced is not None else []
        found = torch.autograd.grad(self.last.traced, [one.traced for one in values], self.grad, allow_unused=True) if values else ()
        self.graph.let_go()
        return {id(self.last): self.grad, **{id(one): back.detach() for one, back in zip(values, found, strict=True) if back is not None}}

    @cached_property
    def targets(self) -> dict[str, Value]:
        """What adjoints are computed of, by the names of these: from the last value back to what is given."""
        order = [*reversed(self.graph.steps.values()), *self.graph.given.values()]
        return {grad(one.name): one for one in order if one is not self.last and id(one) in self.adjoints}

    @property
    def reached(self) -> list[str]:
        """What is given and gets something back; nothing does to what is the result itself."""
        return [name for name, one in self.graph.given.items() if id(one) in self.adjoints and one is not self.last]

    @property
    def found(self) -> dict[str, Tensor]:
        """All adjoints by their names."""
        return {name: self.adjoints[id(one)] for name, one in self.targets.items()}

    @property
    def known(self) -> dict[str, Tensor]:
        """What was computed on the way to the last value, by its names."""
        behind = {id(one) for one in all_behind(self.last)}
        made = {**self.graph.steps, **self.graph.results}
        return {name: one.tensor for name, one in made.items() if one.call and id(one) in behind}

    @cached_property
    def uses(self) -> dict[int, list[tuple[Call, str]]]:
        """By the id of a value the calls that read it, with the argument that it is."""
        found: dict[int, list[tuple[Call, str]]] = defaultdict(list)
        for call in self.graph.calls:
            for name, value in call.values.items():
                found[id(value)].append((call, name))
        return found

    # --- who reads a cell ------------------------------------------------------------------------------------------------------------

    def readers(self, value: Value, cell: Cell) -> dict[tuple[Value, Cell], list[Route]]:
        """The values with names whose cells are computed from this cell, and the routes on which they are."""
        found: dict[tuple[Value, Cell], list[Route]] = defaultdict(list)
        for reader, at, route in self._routes(value, cell):
            found[reader, at].append(route)
        return found

    def _routes(self, value: Value, cell: Cell) -> Iterator[tuple[Value, Cell, Route]]:
        for call, argument in self.uses[id(value)]:
            step = (call, argument, cell)
            for made in call.made:
                if not made.counts or made.stops:
                    continue
                for at in call.rule.readers(call, made.output, argument, cell):
                    if made.name:
                        yield made, at, (step,)
                    else:
                        yield from ((reader, end, (step, *rest)) for reader, end, rest in self._routes(made, at))

    def senders(self, value: Value) -> Iterator[Value]:
        """The values with names that are computed from this one, and send something back."""
        for call, _ in self.uses[id(value)]:
            for made in call.made:
                if made.counts and not made.stops:
                    yield from ([made] if id(made) in self.adjoints else []) if made.name else self.senders(made)

    def is_whole(self, value: Value) -> bool:
        """Whether an operation reads it of which no step says how it is computed."""
        return any(
            call.rule is WHOLE or (not made.name and self.is_whole(made))
            for call, _ in self.uses[id(value)]
            for made in call.made
            if (made.counts and not made.stops) or made.tensor.is_complex()
        )

    # --- what comes back -------------------------------------------------------------------------------------------------------------

    def work(self, value: Value, cell: Cell) -> Work:
        """The adjoint of a cell."""
        adjoint = float(self.adjoints[id(value)][cell])
        if self.is_whole(value):
            return algebra.constant(adjoint)
        readers = self.readers(value, cell).items()
        found = [one for (reader, at), routes in readers for one in self._parts(value, cell, reader, at, routes)]
        if not found:
            return algebra.constant(0.0)
        divisors = {(one.divisor.places[0] if isinstance(one.divisor, Operand) else None, one.by) for one in found}
        if len(divisors) == 1:
            whole = algebra.total([replace(one, divisor=1) for one in found])
            return replace(whole, divisor=found[0].divisor, scale=math.fsum(one.scale or 0.0 for one in found))
        scale = math.fsum((one.scale or 0.0) / abs(one.by) for one in found)
        return replace(algebra.total([without_divisor(one) for one in found]), scale=scale)

    def _parts(self, value: Value, cell: Cell, reader: Value, at: Cell, routes: Sequence[Route]) -> Iterator[Work]:
        """What one cell that was computed from this one sends back to it."""
        if id(reader) not in self.adjoints:  # nothing comes back to it
            return
        work, place = on_route(reader, at, routes), (value.name, cell)
        name = "grad_output" if reader is self.last else grad(reader.name)
        adjoint = number(float(self.adjoints[id(reader)][at]), name, at)
        y = float(reader.tensor[at])
        # An adjoint of float32 is no more precise where what it sends back is of float64.
        coarse = max(1.0, TOLERANCE[self.adjoints[id(reader)].dtype] / TOLERANCE[self.adjoints[id(value)].dtype])
        if isinstance(work.divisor, Operand) and work.divisor.places[0] == place:
            yield Work([(adjoint, number(y, reader.name, at).turned)], work.divisor, scale=coarse * abs(adjoint.values[0] * y))
        slope, share = slope_of(work, reader, at), share_of(work, reader, at)(place)
        for factors, places, ways in zip(work.terms, work.places, work.ways, strict=True):
            times = places.count(place) * share
            if times:
                which = places.index(place)
                rest = [one for n, one in enumerate(zip(factors, places, ways, strict=True)) if n != which]
                others = [number(x, *(one or ("", ())), way) for x, one, way in rest]
                product = (adjoint, *slope, *([number(times)] if times != 1 else []), *others)
                # A slope such as 1 − y² is the difference of numbers about as large as 1.
                size = coarse * abs(math.prod(one.values[0] for one in (adjoint, *others))) * max(1.0, abs(work.slope))
                beside = [one for operands in work.sums for one in operands] if slope and not slope[0].places[0] else []
                yield Work([algebra.negated(product) if ways[which] else product], work.divisor, beside=beside, scale=size)

    # --- stages ----------------------------------------------------------------------------------------------------------------------

    def stage(self, name: str) -> Stage:
        """The steps of one adjoint."""
        value, values = self.targets[name], self.found[name]
        is_whole = self.is_whole(value)
        senders = list(dict.fromkeys(one.name for one in self.senders(value)))
        sources = listed(senders)

        def say(cell: Cell, work: Work, text: Sum) -> str:
            if is_whole:
                return f"{named(name, cell)}, computed whole by autograd: {text.value}."
            is_read = any(path for path in work.reads)
            return f"{named(name, cell)}, {'' if is_read else 'nothing '}back from {sources}{captions.factors(work)}: {said(work, text)}."

        return Stage(
            path=name,
            values=values,
            work=lambda cell: placed(self.work(value, cell)),
            say=say,
            caption=captions.back(value.name, senders, is_whole=is_whole),
            shared=captions.back_shared(value.name, senders),
            noun=name if name.isidentifier() else captions.PART,
            step=CodeStep,
            called=lambda cell: named(name, cell),
        )

    def statement(self, name: str, text: Callable[[str, int, str], str]) -> str:
        """The statements of the code through which an adjoint comes back, each on a line; ``text`` has that in a line of a file."""
        senders = [(one.call, one.name) for one in self.senders(self.targets[name]) if one.call]
        return "\n".join(dict.fromkeys(text(call.file, call.line, made) for call, made in senders))
