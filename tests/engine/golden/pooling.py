"""Max and average pooling."""

from __future__ import annotations

from typing import Any

import torch

from engine import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward
from tests.engine.golden import Run, Vector


def pools(v: Vector) -> dict[str, Any]:
    made = {name: pool(v["inputs"]["x"], **kernel_and_stride(v)) for name, pool in (("max_pool", max_pool2d), ("avg_pool", avg_pool2d))}
    for trace in made.values():
        assert [step.value for step in trace] == trace.outputs["output"].flatten().tolist()
    return {**{name: trace.outputs["output"][0] for name, trace in made.items()}, "shape": made["max_pool"].outputs["output"].shape[1:]}


def padded_mean(v: Vector) -> dict[str, Any]:
    counted = {True: "count_include_pad_true", False: "count_include_pad_false"}
    return {
        name: avg_pool2d(v["inputs"]["x"], **kernel_and_stride(v), count_include_pad=count).outputs["output"][0]
        for count, name in counted.items()
    }


def global_mean(v: Vector) -> dict[str, Any]:
    return {"y": avg_pool2d(v["inputs"]["x"], "global").outputs["output"].flatten()}


def pooled_shape(v: Vector) -> dict[str, Any]:
    return {"output_shape": max_pool2d(torch.ones(v["inputs"]["input_shape"]), **kernel_and_stride(v)).outputs["output"].shape}


def kernel_and_stride(v: Vector) -> dict[str, Any]:
    return {("kernel_size" if name == "kernel" else name): value for name, value in v["params"].items()}


def pool_gradients(v: Vector) -> dict[str, Any]:
    made = {"grad_max": max_pool2d_backward, "grad_avg": avg_pool2d_backward}
    given = v["inputs"]["dy"], v["inputs"]["x"]
    return {name: function(*given, **kernel_and_stride(v)).outputs["grad_input"][0] for name, function in made.items()}


RUNS: dict[str, Run] = {
    "s004-ex44-pools-of-Y": pools,
    "s000-pool-ddc": pools,
    "s003-maxpool-odd": pools,
    "s002-avgpool-k3s2p1": padded_mean,
    "s002-global-avg-pool": global_mean,
    "s000-pool-backward": pool_gradients,
    "s003-maxpool-shape": pooled_shape,
}
