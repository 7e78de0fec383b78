"""Softmax and the losses."""

from __future__ import annotations

from typing import Any

import torch

from engine import binary_cross_entropy_with_logits, cross_entropy, cross_entropy_backward, softmax
from tests.engine.golden import Run, Vector


def shares(v: Vector) -> dict[str, Any]:
    found = softmax(v["inputs"]["z"]).outputs
    return {"p": found["output"], "argmax": found["argmax"]}


def mean_jacobian(v: Vector) -> dict[str, Any]:
    """Samples are columns. What is printed has the other sign."""
    found = softmax(v["inputs"]["X"], 0, jacobian=True).outputs
    return {"softmax": found["output"], "correct_mean_jacobian": found["mean_jacobian"], "as_printed": -found["mean_jacobian"]}


def of_logits(v: Vector) -> dict[str, Any]:
    found = cross_entropy(v["inputs"]["logits"], v["inputs"]["target"]).outputs
    naive = found["naive"]
    return {**found, "exp": naive, "sum_exp": naive.sum(), "naive_overflows": naive.isinf().any().item()}


def of_shares(v: Vector) -> dict[str, Any]:
    p = torch.tensor(v["inputs"]["p"], dtype=torch.float64)
    losses = cross_entropy(torch.stack([p, 1 - p], 1), [0] * len(p), probabilities=True, reduction="none").outputs["loss"]
    tenth = cross_entropy([0.1] * 10, 3, probabilities=True).outputs
    return {"neg_log": losses, "log_one_tenth": tenth["log_p"]}


def error_of_the_last_layer(v: Vector) -> dict[str, Any]:
    """The line that is commented out goes back through the softmax, once more, from minus the error."""
    z, y = v["inputs"]["z"], v["inputs"]["y"]
    grad = cross_entropy(z, y).outputs["grad"]
    twice = softmax.back(grad, z).outputs["grad_input"]
    assert torch.allclose(cross_entropy_backward(None, z, y).outputs["grad_input"], grad, rtol=0, atol=1e-12)
    return {"correct": grad, "commented_line_sign_fixed": twice, "commented_line_as_printed": -twice}


def yes_or_no(v: Vector) -> dict[str, Any]:
    return dict(binary_cross_entropy_with_logits(v["inputs"]["z"], v["inputs"]["t"], reduction=v["params"]["reduction"]).outputs)


RUNS: dict[str, Run] = {
    "s004-printed-softmax": shares,
    "s003-next-word": shares,
    "s004-softmax_d-flaw": mean_jacobian,
    "s003-softmax-ce": of_logits,
    "s003-ce-stable": of_logits,
    "s003-neglog-examples": of_shares,
    "s004-error2-commented-line": error_of_the_last_layer,
    "s004-bce": yes_or_no,
}
