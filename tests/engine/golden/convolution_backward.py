"""Gradients of convolutions, by themselves and behind a ReLU and a pooling."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine import avg_pool2d, avg_pool2d_backward, conv2d, conv2d_backward, max_pool2d, max_pool2d_backward
from tests.engine.golden import Run, Vector


def gradients(v: Vector) -> dict[str, Any]:
    outputs = conv2d_backward(v["inputs"]["dy"], v["inputs"]["x"], v["inputs"]["w"], **v["params"]).outputs
    return {"grad_x": outputs["grad_input"][0], "grad_w": outputs["grad_weight"][0, 0], "grad_b": outputs["grad_bias"].squeeze()}


def gradients_of_a_sequence(v: Vector) -> dict[str, Any]:
    """As an image of height 1."""
    dy, x, w = ([v["inputs"][name]] for name in ("dy", "x", "w"))
    outputs = conv2d_backward(dy, x, w, **v["params"]).outputs
    return {"grad_x": outputs["grad_input"][0, 0], "grad_w": outputs["grad_weight"][0, 0, 0]}


def forward(v: Vector) -> tuple[Any, Tensor]:
    """The convolution, and after the ReLU."""
    options = {"stride": v["params"]["stride"], "padding": v["params"]["padding"], "flip": v["params"].get("flip", False)}
    trace = conv2d(v["inputs"]["x"], [v["inputs"]["w"]], [v["inputs"]["b"]], **options)
    return trace, trace.outputs["output"].relu()


def filtered_and_pooled(v: Vector) -> dict[str, Any]:
    trace, y = forward(v)
    per_channel = torch.tensor([step.partial_sums for step in trace], dtype=torch.float64).T.reshape(-1, *y.shape[1:])
    return {
        "per_channel": per_channel,
        "pre_activation": trace.outputs["output"][0],
        "y": y[0],
        "max_pool": max_pool2d(y, v["params"]["pool"]).outputs["output"][0],
        "avg_pool": avg_pool2d(y, v["params"]["pool"]).outputs["output"][0],
    }


def all_the_way_back(v: Vector) -> dict[str, Any]:
    """The loss is the sum of the pooled outputs, so that each of them has the gradient 1."""
    trace, y = forward(v)
    pool = v["params"]["pool"]
    back = {"max": max_pool2d_backward, "avg": avg_pool2d_backward}[v["params"]["pool_mode"]]
    ones = torch.ones_like(max_pool2d(y, pool).outputs["output"])
    grad_y = back(ones, y, pool).outputs["grad_input"]
    # ReLU lets the gradient through where its input was positive, and at 0 not.
    grad_pre = grad_y * (trace.outputs["output"] > 0)
    outputs = conv2d_backward(grad_pre, v["inputs"]["x"], [v["inputs"]["w"]], v["params"]["stride"], v["params"]["padding"]).outputs
    return {
        "grad_y": grad_y[0],
        "grad_pre": grad_pre[0],
        "grad_x": outputs["grad_input"],
        "grad_w": outputs["grad_weight"][0],
        "grad_b": outputs["grad_bias"].squeeze(),
    }


RUNS: dict[str, Run] = {
    "s000-ddc-backward": gradients,
    "s001-conv1d-backward": gradients_of_a_sequence,
    "s004-ex44-rgb": filtered_and_pooled,
    "s004-ex44-rgb-flipped": filtered_and_pooled,
    "s004-ex44-backward-max": all_the_way_back,
    "s004-ex44-backward-avg": all_the_way_back,
}
