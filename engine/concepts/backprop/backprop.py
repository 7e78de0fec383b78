"""Backpropagation on a graph that the user writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.backprop.budget import within_budget
from engine.concepts.backprop.graph import Graph, Node, plan
from engine.concepts.backprop.layers import layered
from engine.concepts.backprop.parse import parse
from engine.concepts.backprop.run import BackpropRun
from engine.concepts.backprop.stages import BackpropStages
from engine.errors import InputError
from engine.lessons import Lessons, of_stages
from engine.mark import concept
from engine.stage import Stage
from engine.step import Reference
from engine.trace import TensorLike, Trace, floating, together

#: Graphs with up to so many steps are shown step by step.
FEW_STEPS = 30


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BackpropTrace(Trace):
    """Adds the graph, as plain data."""

    graph: Graph


@concept(
    title="Backpropagation",
    example={
        "expr": "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2",
        "values": {"X": 1, "y": 0.5, "w1": 1, "w2": 2},
    },
    options={"values": "set"},
    finite=True,
)
def backprop(expr: str, values: Mapping[str, TensorLike], grad: TensorLike | None = None) -> BackpropTrace:
    """Values flow forward through a computation graph, adjoints flow back.

    adjoint(x) = sum over the nodes v that read x of adjoint(v) · ∂v/∂x, beginning with 1 at the output, which is the last statement

    A statement is a node if one step can compute it: a sum of products of nodes and numbers, divided by a number, or one function of one
    node. What does not fit into that gets a node of its own, which bears its text for a name. One step computes one cell: of a value on the
    way forward; on the way back of what one edge contributes to an adjoint, or of the sum where several edges arrive. relu and abs have
    derivative 0 at 0; equal largest cells of max share their adjoint evenly, as in ``torch.amax``.

    Args:
        expr: statements such as z = w*x with ; between them; + - * / ** @, .T, sum, mean, max, softmax (with a dim if wanted), exp, log,
            sqrt, sin, cos, sigmoid, tanh, relu, abs.
        values: a tensor for every name that expr does not compute.
        grad: the adjoint of the output, in its shape; 1 if not given, which takes an output of one number.

    Returns:
        A trace; its outputs are values, adjoints and contributions (to an adjoint from each of several nodes), each by the names of nodes.

    Raises:
        InputError: an expression that is no graph, names without a value, shapes that do not fit, results that are not finite.

    Source: ``torch.autograd.grad`` for every node.
    """
    nodes, places = parse(expr)
    leaves = _leaves(nodes, values, grad)
    within_budget(expr, {name: tensor.shape for name, tensor in leaves.items() if name in nodes})
    run = BackpropRun(nodes, {name: tensor for name, tensor in leaves.items() if name in nodes}, None if grad is None else leaves["grad"])
    reference = run.checked(expr, places)
    shapes = {name: tuple(tensor.shape) for name, tensor in run.values.items()}
    graph = Graph(nodes, shapes, plan(nodes, {name: tensor.numel() for name, tensor in run.values.items()}), layered(nodes))
    made = BackpropStages(graph, run)
    stages, blocks = made.all(), made.order
    return BackpropTrace(
        params={"expr": expr},
        inputs=leaves,
        outputs={
            "values": {name: tensor for name, tensor in run.values.items() if nodes[name].op != "leaf"},
            "adjoints": run.adjoints,
            **({"contributions": run.contributions} if run.contributions else {}),
        },
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=_opening(graph),
        closing=_closing(graph, reference),
        formula='(partial "out") / (partial x) = sum_(v "reads" x) (partial "out") / (partial v) dot (partial v) / (partial x)',
        lessons=Lessons(lambda: _lessons(graph, stages, blocks)),
        graph=graph,
    )


def _leaves(nodes: dict[str, Node], values: Mapping[str, TensorLike], grad: TensorLike | None) -> dict[str, Tensor]:
    """What was given, checked against what the graph needs; the adjoint of the output under ``grad``."""
    wanted = [node.name for node in nodes.values() if node.op == "leaf"]
    for name in wanted:
        if name not in values:
            raise InputError(f"expr reads {name}, which has no value; set it, such as {name}=1")
    for name in values:
        if name not in wanted:
            what = "which expr computes" if name in nodes else "which expr does not read"
            raise InputError(f"a value is set for {name}, {what}; leave it out, or use the name ({', '.join(wanted)})")
    if grad is not None and "grad" in nodes:
        raise InputError("expr has a node named grad, which is the adjoint of the output; give the node another name")
    given = {name: floating(name, values[name]) for name in wanted} | ({} if grad is None else {"grad": floating("grad", grad)})
    for name, tensor in given.items():
        if not tensor.numel():
            raise InputError(f"{name} has shape {sentences.times(tensor.shape)}, which holds no value; give at least one number")
        if not tensor.isfinite().all():
            raise InputError(f"{name} has values that are not finite; give numbers")
    return together(given)


def _opening(graph: Graph) -> str:
    last = graph.nodes[graph.output].label
    return f"Values flow forward to {last}; then adjoints, the derivatives of {last}, flow back along every edge."


def _closing(graph: Graph, reference: Reference) -> str:
    last = graph.nodes[graph.output].label
    return f"Every node knows how {last} changes with it; torch.autograd {sentences.agrees(reference)}."


def _lessons(graph: Graph, stages: Mapping[str, Stage], blocks: Blocks) -> Iterator[int | None]:
    """All steps of a small graph; otherwise the first of every operation forwards and backwards, the seed and the first adding up."""
    if blocks.length <= FEW_STEPS:
        yield from range(blocks.length)
        return
    found: dict[tuple[str, str], str] = {}
    for leg in graph.legs:
        op = graph.nodes[leg.child or leg.node].op if leg.kind in ("forward", "edge") else ""
        found.setdefault((leg.kind, op), graph.made(leg))
    yield from of_stages(stages, blocks, found.values())
