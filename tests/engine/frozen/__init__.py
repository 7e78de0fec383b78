"""Whole traces, written down once: what other programs read of them must not change unnoticed.

``python -m tests.engine.frozen`` writes those that are not there, and with ``--anew NAME ...`` some of them again, for sentences that have
become better. A file holds a trace as ``tensorreel trace --format json`` prints it, a step a line, and before it what pace, chapters and
captions are made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.catalogue import find
from engine.inputs.arguments import opened_from
from engine.paper.records import json_pieces
from engine.trace import Trace

FOLDER = Path(__file__).parent
#: Of a trace what JSON does not have.
BESIDE = ("phases", "opening", "formula", "highlight", "lessons")

CONV1D = {"input": "[1,-2,3,0.5,2,-1]", "weight": "[1,0.25,-2]"}
CONV2D = {"input": "randn:2x5x4", "weight": "randn:2x2x3x2"}
POOL = {"input": "[[1,3,-2,4,4],[0,8,6,5,1],[2,1,-9,0,8],[4,-1,3,7,2],[0.5,1,2,3,-4]]"}
BACK = {"grad_output": "randn:2x2", "input": "randn:4x4"}
CELL = {"input": "[[1,-1],[0.5,2],[-1,0.25]]", "weight_ih": "randn:8x2", "weight_hh": "randn:8x2"}
SEQUENCE = {"query": "randn:3x4", "key": "randn:4x4", "value": "randn:4x3"}

#: Arguments by the name of a file, which begins with that of the concept.
CASES: dict[str, dict[str, Any]] = {
    "conv1d": CONV1D,
    "conv1d-flip": {**CONV1D, "flip": "True", "bias": "[0.5]", "padding": "same"},
    "conv1d-causal": {"input": "randn:2x2x4", "weight": "randn:4x1x2", "groups": "2", "padding": "causal", "dilation": "2"},
    "conv2d": CONV2D,
    "conv2d-padded": {**CONV2D, "bias": "[1,-2]", "padding": "1,2", "stride": "2,1", "padding_mode": "reflect"},
    "conv2d-whole": {"input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]", "weight": "[[1,2],[-2,-1]]", "padding": "1"},
    "max_pool2d": {**POOL, "kernel_size": "2", "ceil_mode": "True"},
    "max_pool2d-padded": {"input": "randn:2x2x4x4", "kernel_size": "2", "stride": "3", "padding": "1", "dilation": "2"},
    "max_pool2d-adaptive": {**POOL, "output_size": "2,3"},
    "avg_pool2d": {**POOL, "kernel_size": "2,3", "stride": "2"},
    "avg_pool2d-padded": {**POOL, "kernel_size": "3", "padding": "1", "ceil_mode": "True", "count_include_pad": "False"},
    "avg_pool2d-divisor": {"input": "randn:2x4x4", "kernel_size": "2", "divisor_override": "3"},
    "avg_pool2d-adaptive": {**POOL, "output_size": "3"},
    "conv2d_backward": {"grad_output": "randn:2x2x3", "input": "randn:2x4x4", "weight": "randn:2x2x3x2"},
    "conv2d_backward-padded": {
        **{"grad_output": "randn:2x2x2", "input": "randn:2x4x4", "weight": "randn:2x1x3x2"},
        **{"padding": "1", "stride": "2", "dilation": "1,2", "groups": "2"},
    },
    "max_pool2d_backward": {**BACK, "kernel_size": "2"},
    "max_pool2d_backward-overlap": {"grad_output": "randn:3x3", "input": "randn:3x3", "kernel_size": "3", "stride": "1", "padding": "1"},
    "avg_pool2d_backward": {**BACK, "kernel_size": "2"},
    "avg_pool2d_backward-overlap": {
        **{"grad_output": "randn:2x3x3", "input": "randn:2x3x3", "kernel_size": "3"},
        **{"stride": "1", "padding": "1", "count_include_pad": "False"},
    },
    "lstm": CELL,
    "lstm-states": {**CELL, "bias_ih": "randn:8", "bias_hh": "randn:8", "h0": "[0.5,-0.5]", "c0": "[1,0]"},
    "lstm_backward": {**CELL, "grad_output": "randn:3x2"},
    "lstm_backward-states": {
        **CELL,
        "bias_ih": "randn:8",
        "h0": "[0.5,-0.5]",
        "grad_output": "zeros:3x2",
        "grad_h_n": "[1,0]",
        "grad_c_n": "[0,-1]",
    },
    "attention": SEQUENCE,
    "attention-masked": {**SEQUENCE, "mask": "[[1,0,1,1],[1,1,0,0],[0,1,1,1]]", "scale": "1"},
    "attention-added": {**SEQUENCE, "mask": "[[0,-1,0.5,0],[1,1,0,-Infinity],[0,1,1,2]]", "bias_k": "randn:4", "bias_v": "randn:3"},
    "attention-heads": {"tokens": "the cat sat", "heads": "2", "causal": "True"},
    "attention_backward": {**SEQUENCE, "grad_output": "randn:3x3"},
    "attention_backward-causal": {"query": "randn:3x2", "grad_output": "randn:3x2", "causal": "True", "bias_k": "[1,0]", "bias_v": "[0,2]"},
    "backprop": {
        "expr": "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2",
        "values": ["X=1", "y=0.5", "w1=1", "w2=2"],
    },
    "backprop-tensors": {
        "expr": "h = tanh(W@x + b); s = softmax(V@h); L = -sum(t*log(s)) + mean(W**2)/2",
        "values": ["W=randn:3x2", "x=[1,-0.5]", "b=randn:3", "V=randn:2x3", "t=[1,0]"],
    },
    "backprop-functions": {
        "expr": "m = max(A, 1); d = A.T - m; e = sqrt(exp(sin(d)) + 1); q = 1/e + e/(2 + abs(d)); C = sigmoid(q)@B + cos(b)",
        "values": ["A=randn:2x2", "B=randn:2x3", "b=randn:3"],
        "grad": "randn:2x3",
    },
}


def trace(name: str) -> Trace:
    """Of a case."""
    return opened_from(find(name.partition("-")[0]), CASES[name])


def lines(opened: Trace) -> Iterator[str]:
    """What a file holds, as JSON."""
    yield json.dumps({"length": len(opened), **{field: getattr(opened, field) for field in BESIDE}}, ensure_ascii=False, default=list)
    whole = json.loads("".join(json_pieces(opened, range(len(opened)))))
    steps = whole.pop("steps")
    yield json.dumps(whole, ensure_ascii=False)
    yield from (json.dumps(step, ensure_ascii=False) for step in steps)


def path(name: str) -> Path:
    """Where a case stands."""
    return FOLDER / f"{name}.jsonl"


def read(name: str) -> list[Mapping[str, Any]]:
    """The lines of its file."""
    return [json.loads(line) for line in path(name).read_text(encoding="utf-8").splitlines()]
