"""A concept that is torch code, opened: what the code did becomes a trace, one step for each number that it computed."""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.code import captions
from engine.code.arguments import ready
from engine.code.expand import Expansions
from engine.code.graph import CodeGraph, graph_of
from engine.code.placed import named, placed, source
from engine.code.scale import scale_of
from engine.code.source import statement
from engine.code.step import CodeStep
from engine.code.taken import Taken
from engine.errors import CheckError, InputError
from engine.lessons import Lessons, of_stages
from engine.numbers import Sum, abridged, sourced, sum_line
from engine.ops.rules import WHOLE
from engine.ops.value import Value
from engine.recorder.operation import Recording
from engine.recorder.record import record, record_with_gradients
from engine.shown import one_line
from engine.signature import Signature
from engine.stage import Stage, Work
from engine.step import Cell, Reference, worst
from engine.trace import Trace
from engine.verdict import TOLERANCE, compare

#: Of the code in here nobody needs to know the lines.
OURS = Path(__file__).parents[1]
#: Words of an opening that says how large the input is, at most.
MOST_OPENING = 20
#: More terms than this are cut short in a sentence.
SAID_TERMS = 6


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CodeTrace(Trace):
    """Adds the statements of the code by the names of what they compute, which outputs are ``plain``: no step makes them, and which are
    ``results``: the code gives them back.
    """

    code: Mapping[str, str] = field(default_factory=dict)
    plain: Sequence[str] = ()
    results: Sequence[str] = ()


@dataclass(frozen=True)
class Code:
    """A function of torch code; ``reference`` is torch's own that gives the same, ``shapes``, ``formula`` and ``result`` are said of it."""

    function: Callable[..., Any]
    signature: Signature
    reference: Callable[..., Any] | str | None
    shapes: str
    formula: str
    title: str
    result: str = ""

    @property
    def source(self) -> str:
        """What its result is compared with, in words."""
        if self.reference is None:
            return f"{self.function.__name__}, run as it stands,"
        return self.reference if isinstance(self.reference, str) else inspect.getdoc(self.reference) or self.reference.__name__


def copies(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for code that may write into them."""
    return {name: one.clone() if isinstance(one, Tensor) else one for name, one in arguments.items()}


def refused(code: Code, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Calls a function. Raises :class:`InputError` with what torch says, and where, if it cannot compute with these arguments."""
    try:
        return function(**arguments)
    except (InputError, MemoryError, CheckError):
        raise
    except Exception as error:  # whatever torch, or code of a user, raises
        file = code.function.__code__.co_filename
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        where = f" in {file}, line {lines[-1]}," if lines and not Path(file).is_relative_to(OURS) else ""
        shapes = [f"{name} {sentences.times(one.shape) or 'a number'}" for name, one in arguments.items() if isinstance(one, Tensor)]
        what = one_line(str(error)) or type(error).__name__
        raise InputError(
            f"{code.function.__name__}{where} cannot be computed with {', '.join(shapes)}: {what}; change one of them"
        ) from error


@dataclass(eq=False)
class Run:
    """What the code did with some arguments."""

    code: Code
    arguments: dict[str, Any]
    recording: Recording
    graph: CodeGraph
    state: Tensor

    @cached_property
    def taken(self) -> Taken:
        """The statements of the code as they were executed."""
        return Taken(self.code.function, self.arguments)

    @property
    def inputs(self) -> dict[str, Tensor]:
        """All that is given and holds numbers."""
        return {name: value.tensor for name, value in self.graph.given.items()}

    @property
    def params(self) -> dict[str, Any]:
        """What is given besides, unless it is left out."""
        return {
            name: list(one) if isinstance(one, tuple) else one
            for name, one in self.arguments.items()
            if not isinstance(one, Tensor) and one is not None
        }


def run(code: Code, given: Mapping[str, Any], *, gradients: bool = False) -> Run:
    """Runs the code under the recorder."""
    arguments = ready(code.signature, given, code.shapes)
    for name, one in arguments.items() if gradients else ():
        if isinstance(one, Tensor) and one.is_floating_point() and not code.signature.takes(name, ("Mask",)):
            one.requires_grad_()
    state = torch.get_rng_state()
    recorder = record_with_gradients if gradients else record
    expansions = Expansions(code.function)
    recording = expansions.needed(refused(code, lambda **named: recorder(expansions.run, **named), copies(arguments)))
    inputs = {name: one for name, one in arguments.items() if isinstance(one, Tensor)}
    graph = graph_of(recording, inputs, named_results(code.function, recording.result))
    other = next((one.dtype for one in results_of(recording.result) if one.is_floating_point() and one.dtype not in TOLERANCE), None)
    if other:
        raise InputError(f"{code.function.__name__} gives {other}; give back float64 or float32")
    return Run(code, arguments, recording, graph, state)


def named_results(function: Callable[..., Any], result: Any) -> dict[str, Tensor]:
    """What a function gave back, by the names that it has there: the keys of a mapping, the variables behind ``return``."""
    if isinstance(result, Mapping):
        return {str(name): one for name, one in result.items() if is_real(one)}
    several = list(result) if isinstance(result, list | tuple) else [result]
    names = _returned(function)
    if len(names) != len(several):
        names = ["output"] if len(several) == 1 else [f"output_{number}" for number in range(len(several))]
    return {name: one for name, one in zip(names, several, strict=True) if is_real(one)}


def is_real(one: Any) -> bool:
    """Whether it is a tensor of real numbers."""
    return isinstance(one, Tensor) and not one.is_complex()


def _returned(function: Callable[..., Any]) -> list[str]:
    """The names behind the last ``return``, ``output`` for what has none."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return []
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    last = max(found, key=lambda node: node.lineno, default=None)
    if last is None or last.value is None:
        return []
    value = last.value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return [part.id if isinstance(part, ast.Name) else "output" if len(parts) == 1 else f"output_{i}" for i, part in enumerate(parts)]


def called(ran: Run, arguments: Mapping[str, Any]) -> Any:
    """The result of torch's own function, or of the code itself, with the random numbers that the code had."""
    found = ran.code.reference or ran.code.function
    if isinstance(found, str):
        module, _, name = found.rpartition(".")
        found = getattr(import_module(module), name)
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(ran.state)
        return refused(ran.code, found, copies(arguments))


# --- the trace ---------------------------------------------------------------------------------------------------------------------------


def opened(code: Code, *args: Any, **kwargs: Any) -> CodeTrace:
    """The trace of the code with these arguments, compared with torch's own function."""
    ran = run(code, code.signature.named(args, kwargs))
    steps = ran.graph.steps
    results = {name: value.tensor for name, value in ran.graph.results.items()}
    reference = checked(ran)
    words = captions.words_of(ran.code.signature, ran.arguments)
    blocks, stages = in_order(steps), {name: stage(name, value, words) for name, value in steps.items()}
    return CodeTrace(
        params=ran.params,
        inputs=ran.inputs,
        outputs={**{name: value.tensor for name, value in steps.items()}, **{name: results[name] for name in ran.graph.plain}},
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=opening(code, ran.arguments),
        closing=sentences.agreement(
            code.result or captions.results([*results]), reference, "torch.autograd" * reference.name.startswith("torch.autograd")
        ),
        formula=code.formula
        or f'"{next(iter(ran.graph.results))}" = op("{code.function.__name__}")({", ".join(f"{chr(34)}{n}{chr(34)}" for n in ran.inputs)})',
        lessons=Lessons(lambda: of_stages(stages, blocks, stages)),
        code={name: ran.taken.text(value.call.file, value.call.line, name) for name, value in steps.items() if value.call},
        plain=ran.graph.plain,
        results=list(results),
    )


def checked(ran: Run) -> Reference:
    """Compares what the code gave with what torch's own function gives: by names where it has them, else in order."""
    mine, theirs = ran.graph.results, called(ran, ran.arguments)
    if isinstance(theirs, Mapping):
        pairs = [(mine[name], other) for name, other in theirs.items() if name in mine]
    else:
        pairs = list(zip(ran.graph.returned, results_of(theirs), strict=False))
    return worst(ran.code.source, [compared(ran.code.source, one.tensor, other, scale_of(one, one.tensor)) for one, other in pairs])


def results_of(result: Any) -> list[Tensor]:
    """The tensors of real numbers that a function gave back."""
    found = result.values() if isinstance(result, Mapping) else result if isinstance(result, list | tuple) else [result]
    return [one for one in found if is_real(one)]


def compared(name: str, mine: Tensor, theirs: Tensor, scale: float) -> Reference:
    """Compares two tensors; whole numbers are the same, or wrong."""
    return compare(name, mine, theirs, scale) if mine.is_floating_point() else compare(name, mine.double(), theirs.double(), 1.0)


def in_order(steps: Mapping[str, Value]) -> Blocks:
    """Tensor by tensor."""
    blocks = Blocks()
    for name, value in steps.items():
        blocks.box(name, name, (0,) * value.tensor.dim(), tuple(value.tensor.shape))
    return blocks


def stage(name: str, value: Value, word: captions.Word, otherwise: str = "") -> Stage:
    """The steps of one tensor; what is said of them begins with the comment of its line, or ``otherwise`` where it has none."""
    assert value.call is not None
    call, comment = value.call, statement(value.call.file, value.call.line).comment or otherwise

    def say(cell: Cell, work: Work, text: Sum) -> str:
        called = named(name, cell)
        what = f"{called}, {captions.about(value, comment, cell)}" if comment and name != call.text else called
        return f"{what}, computed whole by {call.op}: {text.value}." if call.rule is WHOLE else f"{what}: {said(work, text)}."

    return Stage(
        path=name,
        values=value.tensor,
        work=lambda cell: placed(value.made(cell)),
        say=say,
        caption=captions.forward(value, comment, word),
        shared=captions.shared(value, comment),
        noun=captions.noun(value),
        step=CodeStep,
        called=lambda cell: named(name, cell),
    )


def said(work: Work, text: Sum) -> str:
    """How a number comes about; of one that is only handed on, where it stood."""
    return sourced(source(work), sum_line(abridged(text, SAID_TERMS)))


def opening(code: Code, arguments: Mapping[str, Any]) -> str:
    """What it does, and with how much."""
    about = (inspect.getdoc(code.function) or f"{code.title}.").split("\n")[0].rstrip(".")
    sizes = (f"; {sentences.sized(name, one.shape)}" for name, one in arguments.items() if isinstance(one, Tensor) and one.dim())
    size = next(sizes, "")
    return f"{about}{size * (len(f'{about}{size}'.split()) <= MOST_OPENING)}."
