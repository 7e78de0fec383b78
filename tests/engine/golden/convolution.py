"""Convolutions, kernels, output sizes and parameter counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engine import conv1d, conv2d
from engine.inputs.kernels import kernel
from engine.shapes import conv_output_size, conv_parameter_count, linear_parameter_count
from tests.engine.golden import Run, Vector

#: What the vectors call the kernels of engine.inputs.kernels.
NAMED = {
    "prewitt_v": "prewitt_v",
    "prewitt_h": "prewitt_h",
    "sharpen": "sharpen",
    "s4_horizontal": "sobel_x",
    "s4_vertical": "sobel_y",
    "mean": "mean5",
    "gaussian": "gaussian5",
}
LAYERS = {
    "Conv2d(3,32,3)": conv_parameter_count(3, 32, (3, 3)),
    "Conv2d(3,1,3)": conv_parameter_count(3, 1, (3, 3)),
    "Conv2d(1,1,3,bias=False)": conv_parameter_count(1, 1, (3, 3), bias=False),
}


def one_plane(function: Callable[..., Any]) -> Callable[[Vector], dict[str, Any]]:
    def run(v: Vector) -> dict[str, Any]:
        trace = function(v["inputs"]["x"], v["inputs"]["w"], **v["params"])
        assert [s.value for s in trace] == trace.outputs["output"].flatten().tolist()
        y = trace.outputs["output"][0]
        cells = y.flatten()
        named = {"first": cells[0], "last": cells[-1], "bottom_right": cells[-1], "second": cells[min(1, len(cells) - 1)]}
        return {"y": y, "shape": y.shape, "length": len(y), **named}

    return run


def output_sizes(v: Vector) -> dict[str, Any]:
    return {"out": [conv_output_size(c["W"], c["K"], c["S"], c["P"]) for c in v["inputs"]["cases"]]}


def output_size_2d(v: Vector) -> dict[str, Any]:
    i = v["inputs"]
    traced = conv2d(torch.ones(i["H"], i["W"]), torch.ones(i["K"], i["K"]), stride=i["S"], padding=i["P"]).outputs["output"].shape[1:]
    sizes = [conv_output_size(n, i["K"], i["S"], i["P"]) for n in (i["H"], i["W"])]
    assert sizes == list(traced)
    return {"out": sizes}


def matrix(v: Vector) -> dict[str, Any]:
    """The weight that every output cell (row) gives to every input cell (column)."""
    trace = conv2d(v["inputs"]["x"], v["inputs"]["w"], **v["params"])
    image, weight = trace.inputs["input"], trace.inputs["weight"]
    rows = torch.zeros(len(trace), *image.shape, dtype=torch.float64)
    for step in trace:
        for cell, tap in zip(step.reads["input"], step.reads["weight"], strict=True):
            rows[(step.index, *cell)] += weight[tap]
    k = rows.flatten(1)
    y = trace.outputs["output"][0]
    torch.testing.assert_close(k @ image.flatten(), y.flatten(), rtol=0, atol=1e-10)
    return {"K": k, "shape": k.shape, "y": y}


def bank_on_steps(v: Vector) -> dict[str, Any]:
    def filtered(image: str) -> dict[str, Tensor]:
        names = v["inputs"]["kernels"]
        return {name: conv2d(v["inputs"][image], kernel(NAMED[name]), **v["params"]).outputs["output"][0] for name in names}

    return {"on_vertical_edge": filtered("vertical_edge_image"), "on_horizontal_edge": filtered("horizontal_edge_image")}


def bank_on_one(v: Vector) -> dict[str, Any]:
    def filtered(padding: int) -> dict[str, Tensor]:
        return {n: conv2d(v["inputs"]["x"], kernel(NAMED[n]), padding=padding).outputs["output"][0] for n in v["inputs"]["kernels"]}

    return {"valid_center": {name: y.squeeze() for name, y in filtered(0).items()}, "same": filtered(v["params"]["padding"])}


def kernel_sums(v: Vector) -> dict[str, Any]:
    """The sum of a kernel is its answer to an image of ones."""

    def answer(taps: Tensor) -> Tensor:
        return conv2d(torch.ones_like(taps), taps).outputs["output"].squeeze()

    given = {name: torch.tensor(rows) for name, rows in v["inputs"].items()}
    return {
        "raw_sums": {name: answer(taps) for name, taps in given.items()},
        "normalised_sums": {name: answer(kernel(NAMED[name])) for name in v["params"]["divisors"]},
    }


def filter2d(v: Vector) -> dict[str, Any]:
    trace = conv2d(v["inputs"]["x"], v["inputs"]["w"], padding="same", padding_mode="reflect")
    y = trace.outputs["output"][0]
    return {"padded": trace.padded[0, 0], "y": y, "shape": y.shape}


def shared_kernel(v: Vector) -> dict[str, Any]:
    x, w = v["inputs"]["x"], v["inputs"]["w"]
    trace = conv2d(x, w, **v["params"])
    y = trace.outputs["output"][0]
    per_channel = torch.tensor([step.partial_sums for step in trace], dtype=torch.float64).T.reshape(-1, *y.shape)
    depthwise = conv2d(x, w, groups=len(x), **v["params"]).outputs["output"]
    torch.testing.assert_close(per_channel, depthwise, rtol=0, atol=1e-10)
    return {"y": y, "per_channel": per_channel}


def shape(v: Vector) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    x, w = (torch.rand(v["inputs"][name], generator=generator) for name in ("input_shape", "kernel_shape"))
    return {"output_shape": conv2d(x, w, **v["params"]).outputs["output"].shape}


def stride_padding(v: Vector) -> dict[str, Any]:
    size, k = v["inputs"]["W"], v["inputs"]["K"]
    return {f"s{s}p{p}": conv_output_size(size, k, stride=s, padding=p) for s in (1, 2) for p in (0, 1)}


def weight_sharing(v: Vector) -> dict[str, Any]:
    inputs, hidden = v["inputs"]["inputs"], v["inputs"]["hidden"]
    one, one_without = conv_parameter_count(3, 1, (3, 3)), conv_parameter_count(3, 1, (3, 3), bias=False)
    many = conv_parameter_count(3, hidden, (3, 3))
    assert one == v["inputs"]["conv_params"]
    dense, dense_without = linear_parameter_count(inputs, hidden), linear_parameter_count(inputs, hidden, bias=False)
    return {
        "mlp_weights": dense_without,
        "mlp_with_bias": dense,
        "ratio_as_printed_basis": dense_without / one,
        "ratio_both_bias": dense / one,
        "ratio_no_bias": dense_without / one_without,
        "conv_256_kernels": many,
        "ratio_same_width": dense / many,
    }


def parameter_counts(v: Vector) -> dict[str, Any]:
    return {"counts": [LAYERS[layer] for layer in v["inputs"]["layers"]]}


RUNS: dict[str, Run] = {
    "s000-ddc-pad0": one_plane(conv2d),
    "s000-ddc-pad0-flipped": one_plane(conv2d),
    "s000-ddc-pad1": one_plane(conv2d),
    "s000-ddc-pad1-flipped": one_plane(conv2d),
    "s000-ddc-stride2": one_plane(conv2d),
    "s000-ddc-dilated": one_plane(conv2d),
    "s000-output-size-table": output_sizes,
    "s001-conv1d-valid": one_plane(conv1d),
    "s001-conv1d-pad1-stride2": one_plane(conv1d),
    "s001-avg-filter": one_plane(conv2d),
    "s001-avg-filter-2d-toeplitz": matrix,
    "s002-conv-5x8": output_size_2d,
    "s003-conv1d-difference": one_plane(conv1d),
    "s003-conv1d-difference-flipped": one_plane(conv1d),
    "s003-conv2d-patch": one_plane(conv2d),
    "s003-conv2d-params": parameter_counts,
    "s003-kernel-bank-on-steps": bank_on_steps,
    "s003-multi-kernel-shape": shape,
    "s003-stride-padding-table": stride_padding,
    "s003-weight-sharing-ratio": weight_sharing,
    "s004-kernel-sums": kernel_sums,
    "s004-blur-ramp": bank_on_one,
    "s004-blur-impulse": bank_on_one,
    "s004-sharpen-ddc": one_plane(conv2d),
    "s004-filter2d-reflect101": filter2d,
    "s004-shared-kernel-over-channels": shared_kernel,
}
