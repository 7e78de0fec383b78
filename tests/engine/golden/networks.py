"""Networks as plays: layers one behind the other, around others, and side by side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine import model
from engine.network.played import ModelPlay
from tests.engine.golden import Run, Vector


def made(play: ModelPlay, act: str, name: str = "output") -> Any:
    """What an act of a play made."""
    return next(one.trace.outputs[name] for one in play.acts if one.name == act)


def conv_norm_act_residual(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    weights = {"0.body.0.weight": given["w"], "0.body.0.bias": given["b"]}
    play = model([given["z_in"]], "skip(conv2d(2, 3, padding=1) batch_norm relu)", params=weights, training=True)
    norm = {name: made(play, "0.body.1", ours) for name, ours in (("mean", "mean"), ("var", "var"))}
    act = next(act for act in play.acts if act.name == "0.body.2")
    found = {"conv": made(play, "0.body.0")[0], **norm, "norm": made(play, "0.body.1")[0], "act": next(iter(act.trace.outputs.values()))[0]}
    return {**found, "out": play.outputs["output"][0]}


def resnet_block(v: Vector) -> dict[str, Any]:
    w1, w2 = (torch.tensor([[v["inputs"][name]]]).double() for name in ("w1", "w2"))

    def block(x: Tensor) -> dict[str, Tensor]:
        h = torch.relu(torch.nn.functional.conv2d(x, w1, padding=1))
        residual = torch.nn.functional.conv2d(h, w2, padding=1)
        out = x + residual
        return {"h": h[0], "F": residual[0], "out": out[0], "out_relu": torch.relu(out)[0]}

    play = model([v["inputs"]["x"]], block)
    assert [act.name for act in play.acts] == ["conv2d", "relu", "conv2d (2)", "add, relu"]
    return dict(play.outputs)


def dense_block(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    weights = {f"{n}.body.0.{name}": one for n in (0, 1) for name, one in (("weight", given[f"W{n + 1}"]), ("bias", [0, 0]))}
    play = model(given["x"], "dense(linear(2) relu) dense(linear(2) relu)", params=weights)
    hidden = [next(iter(act.trace.outputs.values())) for act in play.acts if act.name.endswith("body.1")]
    return {"h1": hidden[0], "concat": made(play, "0.cat"), "h2": hidden[1], "out": play.outputs["output"]}


def highway(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    weights = {"0.body.0.weight": given["WH"], "0.body.0.bias": given["bH"], "0.gate.0.weight": given["WT"], "0.gate.0.bias": given["bT"]}
    play = model(given["x"], "highway(linear(3) tanh, gate=linear(3) sigmoid)", params=weights)
    parts = {act.name: next(iter(act.trace.outputs.values())) for act in play.acts}
    return {"H": parts["0.body.1"], "T": parts["0.gate.1"], "y": play.outputs["output"]}


def mlp(v: Vector) -> dict[str, Any]:
    weights = {f"{2 * n}.{name}": v["inputs"][key][n] for n in (0, 1) for name, key in (("weight", "W"), ("bias", "b"))}
    play = model(v["inputs"]["x"], "linear(3) relu linear(1)", params=weights)
    z, a, last = (next(iter(act.trace.outputs.values())) for act in play.acts)
    return {"z": [z, last], "a": [a, last], "param_count": sum(part.parameters for part in play.network)}


RUNS: dict[str, Run] = {
    "s002-conv-norm-act-residual": conv_norm_act_residual,
    "s003-resnet-block": resnet_block,
    "s004-densenet-concat": dense_block,
    "s004-highway": highway,
    "s004-mlp-2layer": mlp,
}
