"""Computation graphs: the lecture's scalar and vector graphs, Example 1.4, Jacobians and losses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine import backprop
from tests.engine.golden import Run, Vector

SCALAR = "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2"
VECTOR = "z1 = W1@X; z2 = relu(z1); z3 = W2@z2; y_hat = z3 + P@z2; L = sum((y_hat - y)**2)/2"
NETWORK = (
    "z1 = w11*i1 + w21*i2 + b1; z2 = w12*i1 + w22*i2 + b2; h1 = relu(z1); h2 = relu(z2); "
    "z3 = w31*h1 + w41*h2 + b3; z4 = w32*h1 + w42*h2 + b4; y1 = relu(z3); y2 = relu(z4); "
)
LOSSES = {"mean": "L = ((y1 - t1)**2 + (y2 - t2)**2)/2", "sum": "L = (y1 - t1)**2 + (y2 - t2)**2"}


def scalar_forward(v: Vector) -> dict[str, Any]:
    return dict(backprop(SCALAR, v["inputs"]).outputs["values"])


def scalar_backward(v: Vector) -> dict[str, Any]:
    return dict(backprop(SCALAR, v["inputs"]).outputs["adjoints"])


def scalar_leaves(v: Vector) -> dict[str, Any]:
    outputs = backprop(SCALAR, v["inputs"]).outputs
    parts = outputs["contributions"]
    return {**outputs["adjoints"], "paths_into_z2": [parts["z2 from y_hat"], parts["z2 from z3"]]}


def vector_graph(v: Vector) -> dict[str, Any]:
    outputs = backprop(VECTOR, v["inputs"]).outputs
    adjoints = outputs["adjoints"]
    return {**outputs["values"], "adj": adjoints, **{f"d{name}": adjoints[name] for name in ("W1", "W2", "P")}}


def multiply_gate(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    outputs = backprop("z = x*y", {"x": given["x"], "y": given["y"]}, grad=given["dz"]).outputs
    return {"z": outputs["values"]["z"], "dx": outputs["adjoints"]["x"], "dy": outputs["adjoints"]["y"]}


def matmul(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    outputs = backprop("C = A@B", {"A": given["A"], "B": given["B"]}, grad=given["dC"]).outputs
    return {"C": outputs["values"]["C"], "dA": outputs["adjoints"]["A"], "dB": outputs["adjoints"]["B"]}


def jacobian(v: Vector) -> dict[str, Any]:
    """Row by row: what comes back from one output is one row."""
    point = dict(zip("xyz", v["inputs"]["point"], strict=True))
    values, rows = [], []
    for expr in ("f = x**2 + y**2", "f = 5*z", "f = x*sin(y)"):
        trace = backprop(expr, {name: value for name, value in point.items() if name in expr})
        values.append(trace.outputs["values"]["f"])
        rows.append([trace.outputs["adjoints"].get(name, 0.0) for name in point])
    return {"f": values, "J": rows}


def example(v: Vector, values: dict[str, float]) -> Any:
    given = v["inputs"]
    pairs = {"i1": given["x"][0], "i2": given["x"][1], "t1": given["t"][0], "t2": given["t"][1]}
    return backprop(NETWORK + LOSSES[v["params"]["loss"]], {**values, **pairs}).outputs


def network(v: Vector) -> dict[str, Any]:
    weights, eta = v["inputs"]["params"], v["params"]["eta"]
    outputs = example(v, weights)
    values, adjoints = outputs["values"], outputs["adjoints"]
    new = {name: weights[name] - eta * adjoints[name] for name in weights}
    pick = {"z_hidden": ("z1", "z2"), "h": ("h1", "h2"), "z_out": ("z3", "z4"), "y": ("y1", "y2")}
    return {
        **{name: [values[one] for one in names] for name, names in pick.items()},
        "loss": values["L"],
        "grad": {name: adjoints[name] for name in weights},
        "delta_hidden": [adjoints["z1"], adjoints["z2"]],
        "delta_out": [adjoints["z3"], adjoints["z4"]],
        "all_updated": new,
        **{f"{name}_new": new[name] for name in ("w31", "w42", "w22")},
    }


def sequential(v: Vector) -> dict[str, Any]:
    """Each weight is overwritten before the next one is computed, with the values of the first forward pass."""
    weights, eta = dict(v["inputs"]["params"]), v["params"]["eta"]
    outputs = example(v, weights)
    adjoints = outputs["adjoints"]
    new = {name: weights[name] - eta * float(adjoints[name]) for name in ("w31", "w42")}
    # The old forward values, the new w42: z4 = w32·h1 + w42·h2 + b4 with all but that unchanged.
    h2 = backprop("h2 = relu(z2)", {"z2": outputs["values"]["z2"]}, grad=float(adjoints["z4"]) * new["w42"])
    given = {name: weights[name] for name in ("w12", "w22", "b2")} | dict(zip(("i1", "i2"), v["inputs"]["x"], strict=True))
    z2 = backprop("z2 = w12*i1 + w22*i2 + b2", given, h2.outputs["adjoints"]["z2"])
    return {**new, "w22": weights["w22"] - eta * z2.outputs["adjoints"]["w22"]}


def identity_delta(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    outputs = backprop("a = W@x + b; L = sum((a - y)**2/2)", given).outputs
    return {"a": outputs["values"]["a"], "loss": [outputs["values"]["L"]], "delta": outputs["adjoints"]["a"]}


def matrix_form(v: Vector) -> dict[str, Any]:
    given, alpha = v["inputs"], v["params"]["alpha"]
    values = {"x": given["x"], "y": given["y"], "W1": given["W"][0], "W2": given["W"][1], "b1": given["b"][0], "b2": given["b"][1]}
    expr = "z1 = W1@x + b1; a1 = sigmoid(z1); z2 = W2@a1 + b2; a2 = softmax(z2); L = -sum(y*log(a2))"
    outputs = backprop(expr, values).outputs
    made, adjoints = outputs["values"], outputs["adjoints"]

    def new(name: str) -> Tensor:
        return torch.tensor(values[name], dtype=torch.float64) - alpha * adjoints[name]

    return {
        "z": [made["z1"], made["z2"]],
        "a": [made["a1"], made["a2"]],
        "loss": made["L"],
        "delta": [adjoints["z1"], adjoints["z2"]],
        "dW": [adjoints["W1"], adjoints["W2"]],
        "db": [adjoints["b1"], adjoints["b2"]],
        "W_new": [new("W1"), new("W2")],
        "b_new": [new("b1"), new("b2")],
    }


def softmax_jacobian(v: Vector) -> dict[str, Any]:
    z = v["inputs"]["z"]
    traces = [backprop("p = softmax(z)", {"z": z}, grad=row) for row in torch.eye(len(z)).tolist()]
    return {"p": traces[0].outputs["values"]["p"], "J": torch.stack([trace.outputs["adjoints"]["z"] for trace in traces])}


def losses(v: Vector) -> dict[str, Any]:
    half, whole, mean = (backprop(f"e = y_hat - y; L = {loss}", v["inputs"]).outputs for loss in ("sum(e**2)/2", "sum(e**2)", "mean(e**2)"))
    return {
        "half_squared": half["values"]["L"],
        "squared": whole["values"]["L"],
        "mse": mean["values"]["L"],
        "grad_half": half["adjoints"]["y_hat"],
        "grad_mse": mean["adjoints"]["y_hat"],
    }


RUNS: dict[str, Run] = {
    "s004-multiply-gate": multiply_gate,
    "s002-scalar-graph-forward": scalar_forward,
    "s002-scalar-graph-backward": scalar_backward,
    "s002-scalar-graph-leaves": scalar_leaves,
    "s002-scalar-graph-dead-relu": scalar_backward,
    "s002-vector-graph-projected": vector_graph,
    "s002-vector-graph-square": vector_graph,
    "s002-matmul-grad": matmul,
    "s002-jacobian": jacobian,
    "s004-ex14-mean": network,
    "s004-ex14-sum": network,
    "s004-ex14-sequential": sequential,
    "s004-gaussian-delta": identity_delta,
    "s004-backprop-matrix-form": matrix_form,
    "s004-softmax-jacobian": softmax_jacobian,
    "s002-l2-vs-mse": losses,
    "s002-vector-l2": losses,
}
