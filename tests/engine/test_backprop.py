from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine import backprop
from engine.concepts.backprop.backprop import BackpropTrace
from engine.concepts.backprop.run import BackpropRun
from engine.errors import CheckError, InputError
from engine.functions import FUNCTIONS
from engine.paper.worksheet import text_pieces
from engine.paths import by_path

CHAIN = "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2"
CHAIN_VALUES = {"X": 1, "y": 0.5, "w1": 1, "w2": 2}


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def floats(tensors: dict[str, Tensor]) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in tensors.items()}


# --- the lecture's graph -----------------------------------------------------------------------------------------------------------------


def test_values_and_adjoints_worked_by_hand() -> None:
    outputs = backprop(CHAIN, CHAIN_VALUES).outputs
    assert floats(outputs["values"]) == {"z1": 1, "z2": 1, "z3": 2, "y_hat": 3, "y_hat - y": 2.5, "L": 3.125}
    assert floats(outputs["adjoints"]) == {
        **{"L": 1, "y_hat - y": 2.5, "y_hat": 2.5, "z3": 2.5, "z2": 7.5, "z1": 7.5},
        **{"w2": 2.5, "w1": 7.5, "X": 7.5, "y": -2.5},
    }
    assert floats(outputs["contributions"]) == {"z2 from y_hat": 2.5, "z2 from z3": 5}


def test_its_steps_in_order() -> None:
    steps = list(backprop(CHAIN, CHAIN_VALUES))
    forward = [(step.kind, step.node) for step in steps[:6]]
    assert forward == [("forward", name) for name in ("z1", "z2", "z3", "y_hat", "y_hat - y", "L")]
    assert (steps[6].kind, steps[6].node, steps[6].value) == ("seed", "L", 1)
    edges = [(step.child, step.node, step.local) for step in steps if step.kind == "edge"]
    assert edges == [
        ("L", "y_hat - y", 2.5),
        ("y_hat - y", "y_hat", 1),
        ("y_hat - y", "y", -1),
        ("y_hat", "z2", 1),
        ("y_hat", "z3", 1),
        ("z3", "w2", 1),
        ("z3", "z2", 2),
        ("z2", "z1", 1),
        ("z1", "w1", 1),
        ("z1", "X", 1),
    ]
    (adding,) = (step for step in steps if step.kind == "sum")
    assert (adding.index, adding.node, adding.terms, adding.value) == (14, "z2", [(2.5,), (5.0,)], 7.5)


def test_it_can_be_followed_on_paper() -> None:
    trace = backprop(CHAIN, CHAIN_VALUES)
    assert trace[5].say == "L = (y_hat − y)²/2: (2.5·2.5) ÷ 2 = 3.125."
    assert trace[13].say == "Back from z3 to z2: adjoint 2.5 times derivative 2 (w2) = 5, a part of its adjoint."
    assert trace[14].say == "z2 is read by 2 nodes, so its adjoint is the sum of what they send back: 2.5 + 5 = 7.5."
    assert trace[15].say == "Back from z2 to z1: adjoint 7.5 times derivative 1 (1 if z1 > 0, else 0) = 7.5."
    assert trace[14].formula == '"adjoint of z2" = 2.5 + 5 = 7.5'
    assert trace.opening.startswith("Values flow forward to L; then adjoints")
    assert trace.closing == "Every node knows how L changes with it; torch.autograd gives the same numbers."
    assert list(trace.phases) == [("forward", 6), ("backward", 12)]
    assert list(trace.lessons) == list(range(18))


def test_leaves_have_roles_by_their_names() -> None:
    nodes = backprop("L = sum(W*x) + b + theta1*t", {"W": 1, "x": 2, "b": 3, "theta1": 4, "t": 5}).graph.nodes
    assert {name: node.role for name, node in nodes.items() if node.op == "leaf"} == {
        **dict.fromkeys(("W", "b", "theta1"), "weight"),
        **dict.fromkeys(("x", "t"), "input"),
    }


# --- any graph ---------------------------------------------------------------------------------------------------------------------------


def check(trace: BackpropTrace) -> None:
    """Every step recomputes its value from its terms, reads cells that are there, and every cell is written once."""
    tensors = dict(by_path(trace.inputs)) | dict(by_path(trace.outputs))
    written = set()
    assert sum(count for _, count in trace.phases) == len(trace)
    known = {path for path, _ in by_path(trace.inputs)}
    for k, step in enumerate(trace):
        assert step.index == k
        numbers_ = [math.prod(term) for term in step.terms]
        value = max(numbers_) if step.reduce == "max" else math.fsum(numbers_)
        value = (FUNCTIONS[step.apply].of(value) if step.apply else value) / step.divisor
        assert math.isclose(step.value, value, rel_tol=1e-9, abs_tol=1e-9 * (1 + math.fsum(map(abs, numbers_))))
        ((path, (cell,)),) = step.writes.items()
        assert (path, cell) not in written
        assert tensors[path][cell].item() == step.value
        written.add((path, cell))
        for source, cells in step.reads.items():
            for one in cells:
                assert len(one) == tensors[source].dim()
                # Nothing is read before it is known.
                assert source in known or (source, one) in written
        assert [len(places) for places in step.places] == [len(term) for term in step.terms]
        assert step.say.endswith(".")
        assert "\n" not in step.say
    assert written == {(path, cell) for path, tensor in by_path(trace.outputs) for cell in product(*map(range, tensor.shape))}


GRAPHS = {
    "scalars": ("u = x*y + 2*x - y/4; v = u/x + x**-2 + y**3; L = sqrt(exp(v)) - 3/u", {"x": 1.3, "y": 0.7}),
    "the same twice": ("a = x + y; b = (x + y)*2 + (x + y + a)*(x + y); c = b", {"x": 2.0, "y": 3.0}),
    "functions": ("a = tanh(x) + sigmoid(x)*abs(x); b = sin(a)*cos(x) + log(exp(a)); L = mean(relu(b) - b**2)", {"x": numbers(3, 2)}),
    "a layer": (
        "z = W@x + b; p = softmax(relu(z)); L = -sum(log(p)*t) + mean(W**2)/3 + max(abs(x))",
        {"W": numbers(3, 2), "x": numbers(2), "b": numbers(3, seed=1), "t": numbers(3, seed=2)},
    ),
    "matrices": ("Y = A.T@B; L = sum(Y*c, 0)@d", {"A": numbers(3, 2), "B": numbers(3, 4), "c": numbers(2, 1), "d": numbers(4)}),
    "vectors": ("s = x@y; r = x@M; L = (r@y)*s", {"x": numbers(3), "y": numbers(3, seed=1), "M": numbers(3, 3)}),
    "broadcast": ("L = sum((A + r)*c*s/(k + A**2))", {"A": numbers(2, 3), "r": numbers(3), "c": numbers(2, 1), "s": 2.0, "k": [[1.5]]}),
    "reductions": ("L = sum(max(A, 1)*mean(A, dim=-1) + sum(softmax(A, 0), 1))", {"A": numbers(2, 4)}),
    "stacks": ("p = softmax(A, 1); L = sum(p*A) + max(A) + sum(mean(A, 0))", {"A": numbers(2, 3, 2)}),
    "a root": ("L = (x + 1)**0.5/y**2", {"x": 3.0, "y": 2.0}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_steps(name: str) -> None:
    check(backprop(*GRAPHS[name]))


@pytest.mark.parametrize("name", GRAPHS)
def test_adjoints_are_finite_differences(name: str) -> None:
    """Central differences of the forward values alone: nothing of the way back, and no autograd."""
    expr, values = GRAPHS[name]
    trace = backprop(expr, values)
    output = trace.graph.output
    for leaf, given_ in values.items():
        x = torch.as_tensor(given_, dtype=torch.float64)
        for cell in product(*map(range, x.shape)):
            ends = []
            for sign in (1, -1):
                moved = x.clone()
                moved[cell] += sign * 1e-6
                ends.append(backprop(expr, {**values, leaf: moved}).outputs["values"][output].item())
            slope = (ends[0] - ends[1]) / 2e-6
            assert math.isclose(trace.outputs["adjoints"][leaf][cell].item(), slope, rel_tol=1e-6, abs_tol=1e-6), (leaf, cell)


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, dict[str, Tensor]]:
    """Programs in which every statement is used; shapes that fit each other."""
    shapes = [(), (3,), (2, 3), (2, 1)]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    names = [f"x{i}" for i in range(draw(st.integers(1, 3)))]
    values = {name: torch.randn(draw(st.sampled_from(shapes)), generator=generator, dtype=torch.float64) for name in names}
    forms = [
        "{a}*{b}",
        "{a} + {b}",
        "2*{a} - {b}/3",
        "({a} - {b})**2",
        "tanh({a})*{b}",
        "relu({a} + {b})",
        "{a}/(2 + {b}**2)",
        "-{a} + sin({b})",
    ]
    forms += [
        "sigmoid({a}) - abs({b})",
        "exp(tanh({a})) + {b}",
        "{a}*{b} + {a}",
        "max({a})*{b}",
        "mean({a}) + {b}",
        "({a} + {b})*({a} + {b})",
    ]
    text, last = [], names[0]
    for i, form in enumerate(draw(st.lists(st.sampled_from(forms), min_size=1, max_size=6))):
        other = draw(st.sampled_from(names))
        text.append(f"v{i} = {form.format(a=last, b=other)}")
        last = f"v{i}"
        names.append(last)
    text.append(f"L = sum({' + '.join([last, *(f'0.1*{name}' for name in values)])})")
    return "; ".join(text), values


@settings(max_examples=80)
@given(expressions())
def test_random_graphs_against_autograd(case: tuple[str, dict[str, Tensor]]) -> None:
    expr, values = case
    trace = backprop(expr, values)
    leaves = {name: value.clone().requires_grad_() for name, value in values.items()}
    names: dict[str, Any] = {name: getattr(torch, name) for name in ("tanh", "relu", "sin", "sigmoid", "abs", "exp", "max", "mean", "sum")}
    exec(expr, names | leaves, found := {})
    expected = torch.autograd.grad(found["L"], [*leaves.values()])
    torch.testing.assert_close(trace.outputs["values"]["L"], found["L"].detach(), rtol=1e-10, atol=1e-10)
    for name, gradient in zip(leaves, expected, strict=True):
        torch.testing.assert_close(trace.outputs["adjoints"][name], gradient, rtol=1e-10, atol=1e-10)


@settings(max_examples=25)
@given(expressions())
def test_steps_of_random_graphs(case: tuple[str, dict[str, Tensor]]) -> None:
    check(backprop(*case))


def test_float32_stays_float32() -> None:
    trace = backprop("L = sum(W@x)", {"W": numbers(3, 4).float(), "x": numbers(4).float()})
    assert trace.dtype == "float32"
    assert {tensor.dtype for _, tensor in by_path(trace.outputs)} == {torch.float32}


def test_a_given_adjoint() -> None:
    trace = backprop("C = A@B", {"A": [[1, 2]], "B": [[3], [4]]}, grad=[[10]])
    assert trace.outputs["adjoints"]["A"].tolist() == [[30, 40]]
    seed = trace[1]
    assert (seed.kind, seed.reads, seed.say) == ("seed", {"grad": [(0, 0)]}, "The adjoint of C[0, 0] is given: 10.")
    check(trace)


# --- corners -----------------------------------------------------------------------------------------------------------------------------


def test_relu_and_abs_are_flat_at_zero() -> None:
    assert backprop("y = relu(x)", {"x": 0.0}).outputs["adjoints"]["x"].item() == 0
    assert backprop("y = abs(x)", {"x": 0.0}).outputs["adjoints"]["x"].item() == 0


def test_equal_largest_cells_share_as_in_torch() -> None:
    x = torch.tensor([[1.0, 2.0, 2.0], [2.0, 0.0, 1.0]], requires_grad=True)
    torch.max(x).backward()
    assert backprop("m = max(x)", {"x": x}).outputs["adjoints"]["x"].tolist() == x.grad.tolist()  # type: ignore[union-attr]
    assert backprop("m = sum(max(x, 1))", {"x": x}).outputs["adjoints"]["x"].tolist() == [[0, 0.5, 0.5], [1, 0, 0]]


@pytest.mark.parametrize(
    ("expr", "mine", "theirs"),
    [
        ("L = sum(relu(x**-3 - c))", lambda x: 1 / x**3, lambda x: x**-3),
        ("s = softmax(x, 1); L = sum(relu(s - c))", lambda x: torch.exp(x) / torch.exp(x).sum(1, keepdim=True), lambda x: x.softmax(1)),
        ("L = sum(abs(x**-3 - c))", lambda x: 1 / x**3, lambda x: x**-3),
    ],
)
def test_a_last_digit_sends_nothing_another_way(expr: str, mine: Callable[[Tensor], Tensor], theirs: Callable[[Tensor], Tensor]) -> None:
    x = numbers(500, 4)
    differs = (mine(x) != theirs(x)).any(1)
    assert differs.any()
    trace = backprop(expr, {"x": x[differs], "c": mine(x[differs])})
    assert not trace.outputs["adjoints"]["x"].any()


def test_large_numbers_do_not_overflow_in_a_softmax() -> None:
    assert backprop("p = softmax(x); L = sum(p*x)", {"x": [1000.0, 999.0]}).outputs["values"]["p"][0].item() == pytest.approx(0.7310585786)


def test_a_large_graph_is_opened_without_cutting_steps() -> None:
    trace = backprop("H = relu(A@B + c); L = mean(H**2)", {"A": numbers(300, 200), "B": numbers(200, 400), "c": numbers(400)})
    assert len(trace) > 500_000
    assert len(trace.lessons) < 15
    last = trace[len(trace) - 1]
    assert len(last.terms) == 300
    assert last.writes == {"adjoints.B": [(199, 399)]}


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "tanh", replace(FUNCTIONS["tanh"], slope=lambda x, y: 1 - y))
    steps = backprop("L = tanh(x)", {"x": 0.5})
    with pytest.raises(CheckError, match=r"the numbers of step adjoints\.x give 0\.537883, but torch gives 0\.786448"):
        list(steps)


def test_a_wrong_adjoint_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackpropRun, "_back", lambda self, child, adjoint: [adjoint * 2 for _ in child.args])
    with pytest.raises(CheckError, match=r"torch\.autograd\.grad"):
        backprop("L = tanh(x)", {"x": 0.5})


def test_the_columns_are_the_same_in_every_process() -> None:
    code = (
        "from engine import backprop; t = backprop('a = x*y; b = sin(x); c = a*b + y; L = a + c', {'x': 1, 'y': 2}); print(t.graph.columns)"
    )
    found = set()
    for seed in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1


def layers_of(trace: BackpropTrace) -> Iterator[tuple[str, int]]:
    for i, column in enumerate(trace.graph.columns):
        yield from ((entry, i) for entry in column if isinstance(entry, str))


@pytest.mark.parametrize("name", GRAPHS)
def test_edges_lead_from_left_to_right_through_every_column(name: str) -> None:
    trace = backprop(*GRAPHS[name])
    at = dict(layers_of(trace))
    assert at.keys() == trace.graph.nodes.keys()
    for node in trace.graph.nodes.values():
        for arg in node.args:
            between = [i for i, column in enumerate(trace.graph.columns) if (arg, node.name) in column]
            assert between == list(range(at[arg] + 1, at[node.name]))


# --- refusals ----------------------------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": (" ", {}, "expr is empty; write name = expression, such as z = w*x"),
    "no statement": ("x*y", {}, "expr has 'x * y'; every statement is name = expression"),
    "two targets": ("a = b = x", {"x": 1}, "expr has 'a = b = x'; every statement"),
    "an import": ("import os", {}, "expr has 'import os'; every statement"),
    "a loop": ("while 1: pass", {}, "every statement is name = expression"),
    "unreadable": ("a = (x", {"x": 1}, "expr cannot be read near 'a = (x'"),
    "a null byte": ("a = x\0", {"x": 1}, "expr cannot be read"),
    "an attribute": ("a = x.__class__", {"x": 1}, "expr has 'x.__class__'; only .T may stand behind a name"),
    "a subscript": ("a = x[0]", {"x": 1}, "expr has 'x[0]'; it may hold names, numbers, + - * / ** @, .T and sum,"),
    "a lambda": ("a = (lambda: x)()", {"x": 1}, "expr calls 'lambda: x'; the functions are sum, mean,"),
    "a comprehension": ("a = sum([i for i in x])", {"x": 1}, "expr has '[i for i in x]'; it may hold"),
    "a word": ("a = x + 'b'", {"x": 1}, "expr has \"'b'\"; it may hold"),
    "a truth": ("a = x*True", {"x": 1}, "expr has 'True'; it may hold"),
    "a comparison": ("a = x > 1", {"x": 1}, "expr has 'x > 1'; it may hold"),
    "eval": ("a = eval(x)", {"x": 1}, "expr calls 'eval'; the functions are sum"),
    "a method": ("a = x.sum()", {"x": 1}, "expr calls 'x.sum'; the functions are sum"),
    "a dunder": ("a__b = x", {"x": 1}, "expr has the name 'a__b'; give one of at most 16 characters"),
    "a long name": (f"{'a' * 17} = x", {"x": 1}, "at most 16 characters"),
    "a function as a name": ("exp = x", {"x": 1}, "expr uses exp as a name, but it is a function"),
    "twice": ("a = x; a = 2*x", {"x": 1}, "expr gives a a value twice; give the second one another name"),
    "a cycle": ("a = b; b = a", {}, "expr computes a from b, which is only computed later; a graph has no cycles"),
    "itself": ("a = a*x", {"x": 1}, "expr computes a from itself; a graph has no cycles"),
    "unused": ("a = x; b = 2*x", {"x": 1}, "expr computes a, which b does not depend on; leave it out"),
    "a constant": ("a = 2*3", {}, "expr has a = 2 * 3, which uses no name; set a to a number instead"),
    "an exponent": ("a = x**y", {"x": 1, "y": 2}, "expr has 'x ** y'; an exponent is a whole number from −12 to 12"),
    "exponent 0": ("a = x**0", {"x": 1}, "expr has 'x ** 0'; an exponent is a whole number"),
    "exponent 2.5": ("a = x**2.5", {"x": 1}, "expr has 'x ** 2.5'; an exponent is"),
    "many factors": ("a = (x**12)**12", {"x": 1}, "a product of 144 factors; give at most 12"),
    "an endless number": ("a = x*9**9**9", {"x": 1}, "which is not a finite number; give a smaller one"),
    "a literal 0": ("a = x/0", {"x": 1}, "expr has 'x / 0', which divides by 0; divide by another number"),
    "0 over 0": ("a = x*(0/0)", {"x": 1}, "expr has '0 / 0', which divides by 0"),
    "dim of exp": ("a = exp(x, 0)", {"x": 1}, "expr has 'exp(x, 0)'; write exp(x)"),
    "two dims": ("a = sum(x, 0, 1)", {"x": 1}, "expr has 'sum(x, 0, 1)'; write sum(x) or sum(x, dim)"),
    "a dim that is a name": ("a = sum(x, y)", {"x": 1, "y": 0}, "dim is a whole number, such as 0 or -1"),
    "another keyword": ("a = sum(x, keepdim=1)", {"x": 1}, "write sum(x) or sum(x, dim)"),
    "long": ("a = x" + "+x" * 2500, {"x": 1}, "expr has 5005 characters; give at most 4000"),
    "deep": ("a = " + "sin(" * 90 + "x" + ")" * 90, {"x": 1}, "expr is nested more than 80 deep"),
    "very deep": ("a = " + "-" * 3900 + "x", {"x": 1}, "expr "),
    "many nodes": ("a = " + " + ".join(f"sin({i + 1}*x)" for i in range(60)), {"x": 1}, "expr has 122 nodes; give at most 100"),
    "unset": ("a = x*w", {"x": 1}, "expr reads w, which has no value; set it, such as w=1"),
    "set in vain": ("a = x*w", {"x": 1, "w": 2, "v": 3}, "set for v, which expr does not read; leave it out, or use the name (x, w)"),
    "set but computed": ("a = x", {"x": 1, "a": 3}, "a value is set for a, which expr computes"),
    "not finite": ("a = x", {"x": math.inf}, "x has values that are not finite; give numbers"),
    "no cells": ("a = sum(x)", {"x": []}, "x has shape 0, which holds no value"),
    "division by 0": ("a = sum(x/y)", {"x": [1, 2], "y": [4, 0]}, "expr has x/y, but y[1] is 0, which divides by 0; give values"),
    "a power of 0": ("a = x**-1", {"x": 0}, "but x is 0, which divides by 0"),
    "log of 0": ("a = log(x)", {"x": 0}, "expr has log(x), but x is 0, of which there is no logarithm; give values that make it above 0"),
    "root of -1": ("a = sqrt(x)", {"x": -1}, "expr has sqrt(x), but x is -1, at which the square root has no derivative"),
    "too large": ("a = exp(x)", {"x": 1000}, "expr computes a = exp(x), which is too large for a number"),
    "shapes": ("a = sum(x*y)", {"x": [1, 2], "y": [1, 2, 3]}, "expr has x·y, but x is 2, y is 3; give shapes that are alike"),
    "matrices": (
        "C = A@B",
        {"A": [[1, 2]], "B": [[1, 2]]},
        "expr multiplies A (1×2) by B (1×2) in A·B; the last axis of the first must be as long as the first axis of the second",
    ),
    "a number times": ("C = A@B", {"A": 2, "B": [1]}, "expr multiplies A (a single number) by B (1)"),
    "T of a vector": ("a = sum(x.T)", {"x": [1]}, "expr has x.T, but x is 1; .T takes a matrix"),
    "no such axis": ("a = sum(x, 2)", {"x": [1]}, "expr has sum(x, 2), but x is 1, which has no axis 2"),
    "not a number": ("a = 2*x", {"x": [1, 2]}, "a is 2, not a single number; give its adjoint as grad, or end with a number, such as"),
    "A times A": ("C = A@A", {"A": [[1]]}, "a matrix times itself; give the second one a name of its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    expr, values, words = REFUSED[name]
    with pytest.raises(InputError) as refusal:
        backprop(expr, values)
    assert words in str(refusal.value), str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_grad_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="grad is 3, but a is 2; give the same shape"):
        backprop("a = 2*x", {"x": [1, 2]}, grad=[1, 2, 3])
    with pytest.raises(InputError, match="expr has a node named grad"):
        backprop("a = 2*grad", {"grad": [1, 2]}, grad=[1, 2])


def test_a_derivative_that_is_a_number_is_written_once() -> None:
    steps = backprop("a = sin(x); y = a/3; L = -3/y", {"x": 1})
    assert "(3/y²)" in next(step.say for step in steps if step.say.startswith("Back from L to y"))
    said = next(step.say for step in steps if step.say.startswith("Back from y to a"))
    assert "(" not in said
    assert "0.33" in said


@pytest.mark.parametrize(("x", "text"), [(-0.00005, "−5e−5"), (1000001.0, "1000001"), (1 / 3, "0.3333")])
def test_a_worksheet_gives_its_numbers_as_its_equations_do(x: float, text: str) -> None:
    assert text in "".join(text_pieces(backprop("L = x*x", {"x": x}), []))
