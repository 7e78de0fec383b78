"""Layer, batch and RMS norm, running values, one sample, and the ways back."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine import batch_norm, batch_norm_backward, layer_norm, layer_norm_backward, rms_norm
from tests.engine.golden import Run, Vector


def eps(v: Vector) -> float:
    return float(v["params"]["eps"])


def layer(v: Vector) -> dict[str, Any]:
    x = v["inputs"]["x"]
    made = layer_norm(x, len(x[0]), eps=eps(v)).outputs
    return {"mean": made["mean"].flatten(), "std": made["var"].flatten().sqrt(), "y": made["output"]}


def layer_modes(v: Vector) -> dict[str, Any]:
    x = v["inputs"]["x"]
    output = layer_norm(x, len(x[0]), eps=eps(v)).outputs["output"]
    return {"train": output, "eval": output, "buffers": [name for name, _ in nn.LayerNorm(len(x[0])).named_buffers()]}


def batch(v: Vector) -> dict[str, Any]:
    made = batch_norm(v["inputs"]["x"], eps=eps(v)).outputs
    return {"mean": made["mean"], "std": made["var"].sqrt(), "y": made["output"]}


def batch_affine(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    made = batch_norm(given["x"], weight=given["gamma"], bias=given["beta"], eps=eps(v)).outputs
    return {"mean": made["mean"], "var": made["var"], "x_hat": made["normalized"], "y": made["output"]}


def batch_running(v: Vector) -> dict[str, Any]:
    x, params = v["inputs"]["x"], v["params"]
    before = [params["init_mean"]] * len(x[0]), [params["init_var"]] * len(x[0])
    trained = batch_norm(x, *before, momentum=params["momentum"], eps=eps(v)).outputs
    after = trained["new_running_mean"], trained["new_running_var"]
    tested = batch_norm(x, *after, training=False, eps=eps(v)).outputs
    return {"running_mean": after[0], "running_var": after[1], "train_out": trained["output"], "eval_out": tested["output"]}


def one_sample(v: Vector) -> dict[str, Any]:
    x = torch.tensor(v["inputs"]["x"], dtype=torch.float64)
    channels = batch_norm(x[None], eps=eps(v)).outputs
    whole = layer_norm(x[None], x.shape, eps=eps(v)).outputs
    return {
        "bn2d_mean": channels["mean"],
        "bn2d_var": channels["var"],
        "bn2d": channels["output"][0],
        "layer_norm_chw": whole["output"][0],
        "layer_norm_mean": whole["mean"].squeeze(),
        "layer_norm_var": whole["var"].squeeze(),
    }


def rms(v: Vector) -> dict[str, Any]:
    x = v["inputs"]["x"]
    made = rms_norm(x, len(x[0]), eps=eps(v)).outputs
    return {"rms": made["rms"].flatten(), "y": made["output"]}


def layer_back(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    return {"grad_x": layer_norm_backward(given["dy"], given["x"], len(given["x"][0]), eps=eps(v)).outputs["grad_input"]}


def batch_back(v: Vector) -> dict[str, Any]:
    return {"grad_x": batch_norm_backward(v["inputs"]["dy"], v["inputs"]["x"], eps=eps(v)).outputs["grad_input"]}


RUNS: dict[str, Run] = {
    "s002-layernorm-eps0": layer,
    "s002-layernorm-eps1e-5": layer,
    "s003-layernorm-train-eval": layer_modes,
    "s002-batchnorm-eps0": batch,
    "s002-batchnorm-eps1e-5": batch,
    "s004-bn-formula": batch_affine,
    "s004-bn-identity": batch_affine,
    "s004-bn-running-eval": batch_running,
    "s002-bn-batch-one": one_sample,
    "s003-rmsnorm": rms,
    "s002-ln-backward": layer_back,
    "s004-bn-backward": batch_back,
}
