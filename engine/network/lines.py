"""Operations that no concept knows, as steps of the lines of code that call them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from engine import sentences
from engine.code import captions
from engine.code.expand import Expansions
from engine.code.forward import CodeTrace, in_order, stage
from engine.code.graph import CodeGraph, Result, graph_of
from engine.code.scale import scale_of
from engine.code.source import statement
from engine.errors import CheckError, InputError
from engine.lessons import Lessons, of_stages
from engine.network.agreed import agreed
from engine.network.flow import computes, is_handed_on, read_by
from engine.network.opened import Opened
from engine.network.said import said
from engine.network.words import NO_LABELS, Labels
from engine.ops.rules import WHOLE, has_rule
from engine.ops.value import Value
from engine.recorder.nested import mapped
from engine.recorder.operation import Held, Operation, Read, Recording
from engine.recorder.record import record
from engine.sentences import in_quotes
from engine.step import Reference, worst
from engine.verdict import TOLERANCE

#: What a result is called that went to no variable, and what is read that came from none.
OUTPUT, INPUT = "output", "input"
#: So many operations are named in a title.
MOST_NAMED = 2
#: A longer line of code is not read out.
MOST_TEXT = 48


def lines(operations: Sequence[Operation], wanted: Sequence[Result], names: Mapping[int, str], labels: Labels = NO_LABELS) -> Opened | None:
    """The lines that call these operations; ``wanted`` are the results that others read, ``names`` what tensors are called, by their ids.

    ``labels`` are words for tokens.

    None where the steps of one of them cannot be told.
    """
    working = [one for one in operations if computes(one)]
    try:
        if all(has_rule(one.name) for one in working):
            return _several(operations, wanted, names, labels)
        return _one(working[0], wanted, names, labels) if len(working) == 1 else None
    except (InputError, CheckError):
        return None


class Outside:
    """Names for what operations read that comes from elsewhere; ``inside`` are those that are together."""

    def __init__(self, names: Mapping[int, str], inside: Mapping[int, Operation]) -> None:
        self.names, self.inside = names, inside
        self.reads: dict[str, Read] = {}
        self.known: dict[int, Read] = {}

    def place(self, read: Read) -> Read:
        """What is read, as something given if it was made elsewhere."""
        while (made := self.inside.get(-1 if read.source is None else read.source)) is not None and is_handed_on(made):
            read = read_by(made)
        if read.source in self.inside:
            return read
        if id(read.tensor) not in self.known:
            name = self._free(self.names.get(id(read.tensor)) or read.name.rpartition(".")[2] or INPUT)
            self.known[id(read.tensor)] = Read(Held(read.tensor.detach()), None, 0, name)
            self.reads[name] = read
        return self.known[id(read.tensor)]

    def _free(self, name: str) -> str:
        name = name if name.isidentifier() else INPUT
        return next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(self.reads) + 3))) if one not in self.reads)


def _several(operations: Sequence[Operation], wanted: Sequence[Result], names: Mapping[int, str], labels: Labels) -> Opened | None:
    """Operations of which a step does one, or more."""
    given = Outside(names, {one.index: one for one in operations})
    placed = [_placed(one, given) for one in operations if not is_handed_on(one)]
    made = {(one.index, number): held for one in placed for number, held in enumerate(one.made)}
    results = _named([(result, made[result]) for result in wanted if made[result].tensor.is_floating_point()], names)
    outputs = {name: Read(held, *result) for name, (result, held) in results.items()}
    recording = Recording(placed, None, outputs)
    again = {name: _again(placed, result) for name, (result, _) in results.items()}
    return _opened(recording, given, {name: (result, held.tensor) for name, (result, held) in results.items()}, again, labels)


def _placed(operation: Operation, given: Outside) -> Operation:
    args, kwargs = mapped((operation.args, operation.kwargs), Read, given.place)
    return replace(operation, args=args, kwargs=kwargs)


def _again(operations: Sequence[Operation], result: Result) -> Tensor:
    """A result, computed once more."""
    return next(one for one in operations if one.index == result[0]).again()[result[1]]


def _one(operation: Operation, wanted: Sequence[Result], names: Mapping[int, str], labels: Labels) -> Opened | None:
    """One operation that is more than a step: what it consists of is recorded."""
    if operation.writes or operation.drawing:
        return None
    given = Outside(names, {})
    listed = mapped((operation.args, operation.kwargs), Read, given.place)
    named = {read.name: read for read in given.known.values()}

    def call(**tensors: Tensor) -> Any:
        args, kwargs = mapped(listed, Read, lambda read: tensors[read.name])
        return operation.function(*args, **kwargs)

    expansions = Expansions(with_names(call, named))
    recording = expansions.needed(record(expansions.run, **{name: read.tensor for name, read in named.items()}))
    outputs = [*recording.outputs.values()]
    results = _named([((operation.index, number), operation.made[number]) for _, number in wanted], names)
    mine = {name: (result, outputs[result[1]].tensor) for name, (result, _) in results.items()}
    return _opened(recording, given, mine, {name: held.tensor for name, (_, held) in results.items()}, labels)


def _named(results: Sequence[tuple[Result, Held]], names: Mapping[int, str]) -> dict[str, tuple[Result, Held]]:
    """Results by the names that they have in the code."""
    found: dict[str, tuple[Result, Held]] = {}
    for result, held in results:
        name = names.get(id(held.tensor), "") or OUTPUT
        free = next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(results) + 2))) if one not in found)
        found[free] = (result, held)
    return found


def with_names(function: Callable[..., Any], names: Iterable[str]) -> Callable[..., Any]:
    """A function with parameters of these names, by which a recording knows what it is given."""

    def call(**tensors: Tensor) -> Any:
        return function(**tensors)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def code_trace(function: Callable[..., Any], given: Mapping[str, Tensor], results: Sequence[str], text: str = "") -> CodeTrace:
    """Code of ours as an act; ``text`` is what is shown of it, if that is not its lines."""
    found = record(with_names(function, given), **given)
    graph = graph_of(found, given, dict(zip(results, (read.tensor for read in found.outputs.values()), strict=True)))
    values = dict(zip(results, graph.returned, strict=True))
    trace = _trace(graph, values, Reference("torch", 0.0))
    return replace(trace, code=dict.fromkeys(trace.code, text), opening=f"{text}.") if text else trace


# --- the trace ---------------------------------------------------------------------------------------------------------------------------


def _opened(
    recording: Recording, given: Outside, results: Mapping[str, tuple[Result, Tensor]], theirs: Mapping[str, Tensor], labels: Labels
) -> Opened | None:
    inputs = {name: given.known[id(read.tensor)].tensor for name, read in given.reads.items()}
    graph = graph_of(recording, inputs, {name: tensor for name, (_, tensor) in results.items()})
    if not graph.steps or any(value.tensor.dtype not in TOLERANCE for value in graph.steps.values()):
        return None
    if all(value.call is not None and value.call.rule is WHOLE for value in graph.steps.values()):
        return None
    found = dict(zip(results, graph.returned, strict=True))
    reference = _checked(graph, found, theirs)
    trace = _trace(graph, found, reference, labels)
    makes = {result: _path(found[name], name) for name, (result, _) in results.items()}
    return Opened(trace, {name: read for name, read in given.reads.items() if name in graph.given}, makes)


def _path(value: Value, name: str) -> str:
    return value.name or name


def _checked(graph: CodeGraph, found: Mapping[str, Value], theirs: Mapping[str, Tensor]) -> Reference:
    """The results are those of torch's own operations."""
    name = "torch." + "torch.".join(dict.fromkeys(call.op for call in graph.calls[-1:]))
    return worst(name, [agreed(name, one.tensor, theirs[path], scale_of(one, one.tensor)) for path, one in found.items()])


def _trace(graph: CodeGraph, found: Mapping[str, Value], reference: Reference, labels: Labels = NO_LABELS) -> CodeTrace:
    blocks = in_order(graph.steps)
    stages = {name: stage(name, value, labels.word, said(value.call.op if value.call else "")) for name, value in graph.steps.items()}
    named = [call for call in graph.calls if call.rule.alone or not call.rule.moves(call)] or graph.calls
    operations = [*dict.fromkeys(call.op for call in named)]
    title = ", ".join(operations[:MOST_NAMED]) + "…" * (len(operations) > MOST_NAMED)
    size = next((f"; {sentences.sized(name, value.tensor.shape)}" for name, value in graph.steps.items() if value.tensor.dim()), "")
    code = {name: _text(value, name) for name, value in graph.steps.items()}
    return CodeTrace(
        params={"labels": words} if (words := labels.columns([value.tensor for value in graph.steps.values()])) else {},
        inputs={name: value.tensor for name, value in graph.given.items()},
        outputs={name: value.tensor for name, value in graph.steps.items()},
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=f"{_short(next(reversed(code.values())), title)}{size}.",
        closing=sentences.agreement(captions.results([one.name for one in found.values()]), reference),
        formula=f'"{next(iter(found.values())).name}" = op({in_quotes(title)})({", ".join(map(in_quotes, graph.given))})',
        lessons=Lessons(lambda: of_stages(stages, blocks, stages)),
        code=code,
        results=[one.name for one in found.values()],
        concept="_".join([*operations[:4], "lines"]),
        title=title,
    )


def _short(text: str, title: str) -> str:
    """A line of code that can be read as a sentence, or what it calls."""
    return text if len(text) <= MOST_TEXT else f"Now {title}"


def _text(value: Value, name: str) -> str:
    """The statement that computes a tensor, or where there is no source its operation."""
    assert value.call is not None
    found = statement(value.call.file, value.call.line).text if value.call.file != __file__ else ""
    given = ", ".join(one.name or one.call.op if one.call else one.name for one in value.call.values.values())
    return found.replace("return ", f"{name} = ", 1) if found.startswith("return ") else found or f"{name} = {value.call.op}({given})"
