"""Sizes and counts of networks."""

from __future__ import annotations

import math
from typing import Any

from engine import summary
from tests.engine.golden import Run, Vector

#: The cases of the lectures whose layers are written in words.
CNN = "max_pool2d(2) conv2d(12,17) max_pool2d(3) flatten linear(128) relu linear(10) softmax"
LENET = "conv2d(6,5) relu max_pool2d(2) conv2d(16,5) relu max_pool2d(2) flatten linear(120) relu linear(84) relu linear(10)"
PIXELS = 256


def sizes(layers: str, input_size: Any) -> list[list[float]]:
    found = summary(layers, "x".join(map(str, input_size))).outputs["sizes"]
    return [size.tolist() for size in found.values()]


def shapes(v: Vector) -> dict[str, Any]:
    return {"shapes": sizes(" ".join(v["inputs"]["layers"]), v["inputs"]["input_shape"])}


def cnn_shapes(v: Vector) -> dict[str, Any]:
    return {"shapes": sizes(CNN, v["inputs"]["input_shape"])}


def cnn_parameters(v: Vector) -> dict[str, Any]:
    found = summary(CNN, "3x128x128").outputs
    conv, fc1, fc2 = (found["parameters"][line] for line in (1, 4, 6))
    shares = found["share"] / 100
    named = {"conv": conv, "fc1": fc1, "fc2": fc2, "fc": fc1 + fc2, "total": found["total"]}
    return {**named, "conv_share": shares[1], "fc_share": shares[4] + shares[6]}


#: Of vectors that give counts alone: the network that they are of.
COUNTED = {
    "s002-params-9840": (
        "conv2d(8,3,stride=2,padding=1) batch_norm relu conv2d(8,3,stride=2,padding=1) batch_norm relu avg_pool2d(56) flatten linear(1000)",
        "3x224x224",
    ),
    "s003-cnn-params": (
        "conv2d(32,3,padding=1) max_pool2d(2) conv2d(64,3,padding=1) max_pool2d(2) flatten linear(256) linear(10)",
        "3x32x32",
    ),
    "s004-lenet-params": (LENET, "3x32x32"),
    "s003-mlp-270346": ("linear(256) layer_norm relu linear(256) layer_norm relu linear(10)", "784"),
    "s004-mlp-params": ("linear(512) relu linear(512) relu linear(10)", "784"),
    "s004-scratch-params": ("linear(10) relu linear(10) softmax", "784"),
    "s004-nn-rnn-params": ("rnn(20,num_layers=2)", "5x10"),
}


def counted(v: Vector) -> dict[str, Any]:
    found = summary(*COUNTED[v["id"]]).outputs
    return {"counts": [count for count in found["parameters"].tolist() if count], "total": found["total"]}


def norms(v: Vector) -> dict[str, Any]:
    """A norm over all axes of what it gets, beside one with a number for each channel."""
    text, size = COUNTED["s002-params-9840"]
    whole, grouped = (summary(text.replace("batch_norm", norm), size).outputs for norm in ("layer_norm", "group_norm(1)"))
    layer = [whole["parameters"][line] for line in (1, 4)]
    return {
        "counts": [*layer, grouped["parameters"][1]],
        "total_with_layernorm": whole["total"],
        "total_with_groupnorm1": grouped["total"],
    }


def convolution(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    found = summary(f"conv2d({given['filters']},5,stride=2)", "x".join(map(str, given["input_shape"])), dense=True)
    weights, biases = found.inputs["weights"]["conv2d"].values()
    made = found.outputs["sizes"]["conv2d"]
    return {
        "kernel_shape": weights[1:],
        "output_shape": made,
        "weights": weights.prod(),
        "weights_with_bias": weights.prod() + biases.prod(),
        "flat_in": found.inputs["input_size"].prod(),
        "flat_out": made.prod(),
        "mlp_weights": found.outputs["dense_weights"][0],
    }


def per_filter(v: Vector) -> dict[str, Any]:
    cases = [summary(f"conv2d(1,{case['K']})", f"{case['D']}x9x9").outputs["total"] for case in v["inputs"]["cases"]]
    dense = summary("conv2d(3,3,padding=1)", f"3x{PIXELS}x{PIXELS}", dense=True)
    pixels = dense.inputs["input_size"].prod()
    return {"per_filter": cases, "matrix_entries_256": dense.outputs["dense_weights"][0], "pixels_256": pixels}


def torch_shapes(v: Vector) -> dict[str, Any]:
    wide = summary("relu linear(8) softmax", "3x8").outputs["sizes"]
    return {
        "flatten": sizes("nn.Flatten() linear(4)", v["inputs"]["X"])[0],
        "linear_8_4": summary("linear(8) linear(4)", "3x8").outputs["sizes"]["linear_2"],
        "relu": wide["relu"],
        "softmax": wide["softmax"],
    }


def model_output(v: Vector) -> dict[str, Any]:
    """A picture without channels: its first axis is the batch."""
    layers = f"{v['params']['layers'].replace('Flatten', 'nn.Flatten()').replace('ReLU', 'nn.ReLU()').replace('Linear', 'nn.Linear')}"
    return {"output_shape": sizes(layers, v["inputs"]["input_shape"])[-1]}


def mnist(v: Vector) -> dict[str, Any]:
    one = summary("flatten linear(10)", "1x28x28")
    many = summary("conv2d(1,1) nn.Flatten() linear(10)", f"{v['inputs']['batch']}x1x28x28")
    return {
        "with_channel": one.inputs["input_size"],
        "batch": many.inputs["input_size"],
        "flat": one.outputs["sizes"]["flatten"][0],
        "batch_flat": many.outputs["sizes"]["flatten"],
    }


def recurrent(v: Vector) -> dict[str, Any]:
    d, h, o = (v["inputs"][name] for name in "dho")
    found = summary(f"rnn({h},bias=False) linear({o},bias=False)", f"6x{d}")
    weights = found.inputs["weights"]
    return {
        "W_hx": weights["rnn"]["weight_ih_l0"].prod(),
        "W_hh": weights["rnn"]["weight_hh_l0"].prod(),
        "W_yh": weights["linear"]["weight"].prod(),
        "total": found.outputs["total"],
    }


def recurrent_shapes(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    found = summary(f"rnn({given['hidden']},num_layers={given['layers']})", f"{given['seq']}x{given['input']}")
    output = found.outputs["sizes"]["rnn"].tolist()
    weights = [shape.tolist() for shape in found.inputs["weights"]["rnn"].values()]
    return {"param_shapes": weights, "output": output, "hn": [given["layers"], output[-1]]}


def attention_cost(v: Vector) -> dict[str, Any]:
    """A term for each product; both terms are one where n is 1.5·d."""
    cost = [_cost(case["n"], case["d"]) for case in v["inputs"]["cases"]]
    width = 64
    crossing = (n for n in range(90, 100) if (c := _cost(n, width))["projections"] == c["scores"] + c["weighted_sum"])
    return {"cost": cost, "crossover_n_for_d64": next(crossing)}


def _cost(n: int, d: int) -> dict[str, float]:
    trace = summary("attention(output_projection=False)", f"{n}x{d}")
    step = next(step for step in trace if step.kind == "multiply_adds")
    *projections, scores, mixtures = map(math.prod, step.terms)
    return {"projections": sum(projections), "scores": scores, "weighted_sum": mixtures, "total": step.value}


def heads(v: Vector) -> dict[str, Any]:
    values, heads, d_k = v["inputs"]["d_model"], v["params"]["h"], v["params"]["d_k_fixed"]
    fixed, shared = (summary(f"attention(heads={heads}{more})", "10xd", vary={"d": values}) for more in (f",d_k={d_k}", ""))
    return {"fixed_head_size": fixed.outputs["total"], "d_k_is_d_over_h": shared.outputs["total"]}


def transformer(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    d, layer = given["d_model"], f"transformer_encoder_layer({given['heads']},{given['d_ff']})"
    text = f"embedding({given['vocab']},{d}) positional_encoding(learned=True) {layer} linear({given['vocab']})"
    found = summary(text, str(given["max_len"]))
    blocks = found.inputs["weights"]["transformer_encoder_layer"]

    def of(start: str) -> float:
        return float(sum(shape.prod() for name, shape in blocks.items() if name.startswith(start)))

    tokens, positions, _, output = found.outputs["parameters"]
    return {
        "attention": of("self_attn"),
        "ffn": of("linear"),
        "layer_norms": of("norm"),
        "token_embedding": tokens,
        "learned_positions": positions,
        "output_head": output,
    }


RUNS: dict[str, Run] = {
    "s001-conv-256": convolution,
    "s004-conv-params": per_filter,
    "s000-cnn-shapes": cnn_shapes,
    "s000-cnn-params": cnn_parameters,
    "s002-approach1-shapes": shapes,
    "s002-approach2-shapes": shapes,
    "s002-approach2-fixed-shapes": shapes,
    "s002-layernorm-swap-params": norms,
    "s003-cnn-shapes": shapes,
    "s004-lenet-shapes": shapes,
    **dict.fromkeys(COUNTED, counted),
    "s004-torch-shapes": torch_shapes,
    "s004-model-output-shape": model_output,
    "s003-mnist-shapes": mnist,
    "s000-rnn-params": recurrent,
    "s004-nn-rnn-shapes": recurrent_shapes,
    "s001-attention-cost": attention_cost,
    "s000-mha-bigO": heads,
    "s000-transformer-other-params": transformer,
}
