"""Neurons, activation functions and dropout."""

from __future__ import annotations

from typing import Any

import torch

from engine import activation, dropout, dropout_backward, linear
from tests.engine.golden import Run, Vector

#: What the vectors call functions whose numbers are not the usual ones.
NAMED: dict[str, tuple[str, dict[str, float]]] = {
    "prelu_025": ("prelu", {"weight": 0.25}),
    "elu_1": ("elu", {"alpha": 1.0}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.01}),
}


def neuron(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    layer = given["x"], [given["w"]], [given["b"]]
    through = {name: linear(*layer, activation=name).outputs["output"][:, 0] for name in ("step", "relu", "sigmoid", "tanh")}
    return {"z": linear(*layer).outputs["output"][:, 0], **through}


def maxout(v: Vector) -> dict[str, Any]:
    found = linear(*(v["inputs"][name] for name in ("x", "W", "b")), activation="maxout").outputs
    return {"z": found["z"], "y": found["output"], "winner": found["winner"]}


def grid(v: Vector) -> dict[str, Any]:
    def made(name: str) -> Any:
        function, options = NAMED.get(name, (name, {}))
        return activation(v["inputs"]["z"], function, **options).outputs

    return {kind: {name: made(name)[own] for name in v["expected"][kind]} for kind, own in (("value", "output"), ("slope", "slope"))}


def prelu(v: Vector) -> dict[str, Any]:
    """The larger of αx and x is maxout of two neurons."""
    z, alpha = v["inputs"]["z"], v["inputs"]["alpha"]
    largest = linear([[x] for x in z], [[alpha], [1.0]], activation="maxout")
    return {"max_form": largest.outputs["output"], "prelu": activation(z, "prelu", weight=alpha).outputs["output"]}


def saturation(v: Vector) -> dict[str, Any]:
    found = activation(v["inputs"]["z"], v["op"].removesuffix("_chain"), depth=len(v["inputs"].get("depth", [1]))).outputs
    return {"slope": found["slope"], "max_chain": found["chain"]}


def example(v: Vector) -> dict[str, Any]:
    return {"y": dropout(v["inputs"]["x"], v["params"]["p_drop"], mask=v["inputs"]["mask"]).outputs["output"]}


def expectation(v: Vector) -> dict[str, Any]:
    given, p = v["inputs"], 1 - v["params"]["keep"]
    layer = {"weight": given["W"], "bias": given["b"]}
    found = dropout(given["a"], p, enumerate=True, **layer).outputs
    each = torch.stack([dropout(given["a"], p, mask=mask, **layer).outputs["z"] for mask in found["masks"]])
    bias = torch.tensor(given["b"])
    return {
        "masks": len(found["masks"]),
        "E_z": found["mean"],
        "var_z": found["variance"],
        "p_times_Wa": found["weight_scaled"] - bias,
        "p_Wa_plus_b": found["weight_scaled"],
        "test_time": found["weight_scaled"],
        "inverted_mean": found["probability"] @ each,
    }


def units(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    many = dropout(torch.ones(given["M"]), 1 - given["keep"]).outputs
    few = dropout(torch.ones(given["N"]), 1 - given["keep"], enumerate=True).outputs
    return {"expected_kept": many["kept"], "units_needed": many["units_needed"], "subnetworks": len(few["masks"])}


def back(v: Vector) -> dict[str, Any]:
    x, mask, p = v["inputs"]["x"], v["inputs"]["mask"], v["params"]["p_drop"]
    grad = dropout_backward(v["inputs"]["dy"], x, p, mask=mask).outputs["grad_input"]
    return {"y": dropout(x, p, mask=mask).outputs["output"], "grad_x": grad}


RUNS: dict[str, Run] = {
    "s004-neuron-perceptron": neuron,
    "s004-maxout": maxout,
    "s004-activation-grid": grid,
    "s004-prelu-alpha2": prelu,
    "s004-sigmoid-saturation": saturation,
    "s004-tanh-saturation": saturation,
    "s004-dropout-example": example,
    "s004-dropout-expectation": expectation,
    "s004-dropout-units": units,
    "s004-dropout-backward": back,
}
