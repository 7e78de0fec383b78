"""Scaled dot-product attention, masked, over projections, with several heads, and its way back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine import attention, attention_backward
from engine.concepts.attention.attention import AttentionTrace
from tests.engine.golden import Run, Vector


def tensor(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float64)


def projected(v: Vector, rows: Any = None, scaled: bool | None = None) -> AttentionTrace:
    """Self-attention with given projections, nothing done to its output."""
    x = tensor(v["inputs"]["H"])
    weights = [tensor(v["inputs"][name]) for name in ("W_q", "W_k", "W_v")]
    state = {"in_proj_weight": torch.cat(weights), "out_proj.weight": torch.eye(x.shape[1], dtype=torch.float64)}
    scaled = v["params"]["scaled"] if scaled is None else scaled
    return attention(x if rows is None else x[rows], mask=v["params"].get("mask"), scale=None if scaled else 1.0, state_dict=state)


def self_attention(v: Vector) -> dict[str, Any]:
    made = projected(v).outputs
    names = {"Q": "q", "K": "k", "V": "v", "e": "raw" if "raw" in made else "scores", "alpha": "weights", "a": "output"}
    return {name: made[ours] for name, ours in names.items()}


def permuted(v: Vector) -> dict[str, Any]:
    return {"a": projected(v).outputs["output"], "a_perm": projected(v, v["inputs"]["perm"]).outputs["output"]}


def over_states(v: Vector) -> dict[str, Any]:
    one = tensor(v["inputs"]["s"]).dim() == 1
    made = attention(torch.atleast_2d(tensor(v["inputs"]["s"])), v["inputs"]["h"], scale=1.0).outputs
    found = {"e": made["scores"], "alpha": made["weights"], "a": made["output"]}
    return {name: rows[0] if one else rows for name, rows in found.items()}


def one_word(v: Vector) -> dict[str, Any]:
    made = attention(v["inputs"]["x"], scale=1.0).outputs
    names = {"scores": "scores", "alpha": "weights", "x_prime": "output"}
    return {name: made[ours][v["inputs"]["query_index"]] for name, ours in names.items()}


def one_key(v: Vector) -> dict[str, Any]:
    made = attention(*([v["inputs"][name]] for name in "qkv")).outputs
    return {"weight": made["weights"][0, 0], "out": made["output"][0]}


def backward(v: Vector) -> dict[str, Any]:
    made = attention_backward(*(v["inputs"][name] for name in ("dout", "Q", "K", "V"))).outputs
    return {"dQ": made["grad_query"], "dK": made["grad_key"], "dV": made["grad_value"]}


def heads(v: Vector) -> dict[str, Any]:
    names = {"in_proj_weight": "W_in", "in_proj_bias": "b_in", "out_proj.weight": "W_o", "out_proj.bias": "b_o"}
    state = {ours: tensor(v["inputs"][name]) for ours, name in names.items()}
    made = attention(v["inputs"]["X"], heads=v["params"]["heads"], state_dict=state).outputs
    by_head = torch.stack(made["heads"].chunk(v["params"]["heads"], dim=1))
    return {
        "Q": made["q"],
        "K": made["k"],
        "V": made["v"],
        "alpha": made["weights"],
        "heads": by_head,
        "concat": made["heads"],
        "out": made["output"],
    }


def parameters(v: Vector) -> dict[str, Any]:
    return {"rows": [_counted(**case) for case in v["inputs"]["cases"]]}


def _counted(d_model: int, d_k: int, h: int) -> dict[str, Any]:
    """Counts what a trace reports as its inputs."""
    inner = h * d_k
    shapes = {
        "in_proj_weight": (3 * inner, d_model),
        "in_proj_bias": (3 * inner,),
        "out_proj.weight": (d_model, inner),
        "out_proj.bias": (d_model,),
    }
    trace = attention(torch.ones(1, d_model), heads=h, state_dict={name: torch.zeros(shape) for name, shape in shapes.items()})
    sizes = {name: value.numel() for name, value in trace.inputs.items()}
    w_q, b_q = sizes["W_q"] // h, sizes["b_q"] // h
    made = sizes["W_o"] + sizes["b_o"]
    together = sum(sizes[f"{kind}_{role}"] for kind in "Wb" for role in "qkv")
    return {
        "d_model": d_model,
        "d_k": d_k,
        "h": h,
        "W_shape": [trace.inputs["W_q"].shape[1], len(trace.inputs["W_q"]) // h],
        "W_params_no_bias": w_q,
        "W_params": w_q + b_q,
        "qkv_all_heads": together,
        "W_o": made,
        "total_with_W_o": together + made,
    }


def variance(v: Vector) -> dict[str, Any]:
    """Queries and keys of 1 and −1 that are independent, two by two: each number has mean 0 and variance 1."""
    signs = [_signs(width) for width in v["inputs"]["d_k"]]
    raw = [attention(x, torch.cat([x, -x]), scale=1.0).outputs["scores"].var(correction=0) for x in signs]
    scaled = [attention(x, torch.cat([x, -x])).outputs["scores"].var(correction=0) for x in signs]
    return {"var_raw": raw, "std_raw": [x.sqrt() for x in raw], "var_scaled": scaled}


def _signs(width: int) -> Tensor:
    """Sylvester's matrix, whose rows are orthogonal; ``width`` is a power of 2."""
    found = torch.ones(1, 1, dtype=torch.float64)
    while len(found) < width:
        found = torch.cat([torch.cat([found, found], dim=1), torch.cat([found, -found], dim=1)])
    return found


RUNS: dict[str, Run] = {
    "s001-self-attention": self_attention,
    "s000-self-attention-scaled": self_attention,
    "s001-masked-self-attention": self_attention,
    "s001-attention-permutation": permuted,
    "s000-attention-backward": backward,
    "s000-contextual-bank": one_word,
    "s000-lowercase-attention": one_key,
    "s004-dot-attention": over_states,
    "s004-attention-matrix": over_states,
    "s000-multi-head": heads,
    "s000-mha-params": parameters,
    "s000-scaling-variance": variance,
}
