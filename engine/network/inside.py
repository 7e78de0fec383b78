"""What torch does within one call, opened into the concepts that it consists of: attention by heads, an LSTM by layers and directions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code.graph import Result
from engine.network.lines import code_trace
from engine.network.opened import Opened
from engine.network.shown import arguments, opened
from engine.network.words import Labels
from engine.recorder.nested import found
from engine.recorder.operation import Operation, Read

#: More heads than these are not told one by one.
MOST_HEADS = 16
MULTI_HEAD = tuple(inspect.signature(F.multi_head_attention_forward).parameters)
SCALED = ["query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa"]
LSTM = ["input", "hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional", "batch_first"]


def _tensor(one: Any) -> Tensor:
    tensor: Tensor = one.tensor.detach()
    return tensor


# --- attention ---------------------------------------------------------------------------------------------------------------------------


def multi_head(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    """``nn.MultiheadAttention`` with its weights; one sequence. What it looks at is there, whether or not it was asked for."""
    given = arguments(operation, MULTI_HEAD)
    if given["query"].tensor.dim() == 3 and given["query"].tensor.shape[1] != 1:
        return []
    if (
        any(name in given for name in ("static_k", "static_v"))
        or given.get("add_zero_attn")
        or (given.get("training") and given["dropout_p"])
    ):
        return []
    vectors = _distinct({name: given[name] for name in ("query", "key", "value")})
    values = {name: _tensor(read).reshape(-1, read.tensor.shape[-1]) for name, read in vectors.items()}
    mask = _hidden(given, values["query"].dtype)
    state = {name: _tensor(one) for name, one in _state(given).items()}
    named = labels.options(labels=len(values["query"]), **({"key_labels": len(values["key"])} if "key" in values else {}))
    hidden = {} if mask is None else {"mask": mask}
    trace = opened("attention", {**values, "heads": given["num_heads"], "state_dict": state, **hidden, **named})
    makes: dict[Result, str] = {(operation.index, 0): "output"}
    is_averaged = given.get("average_attn_weights", True) and given["num_heads"] > 1
    if not is_averaged:
        makes[operation.index, 1] = "weights"
    act = Opened(trace, {name: read for name, read in vectors.items() if name in trace.inputs}, makes)
    if not is_averaged or (operation.index, 1) not in wanted:
        return [act]
    return [replace(act, name="heads"), _averaged(operation, trace.outputs["weights"])]


def _averaged(operation: Operation, weights: Tensor) -> Opened:
    """What torch gives of the weights of all heads."""

    def mean(weights: Tensor) -> Tensor:
        return weights.mean(0)

    trace = code_trace(mean, {"weights": weights}, ["mean"], "mean = weights.mean(0)")
    return Opened(trace, {}, {(operation.index, 1): "mean"}, "mean of the heads", {"weights": ("heads", "weights")}, function=mean)


def _distinct(vectors: Mapping[str, Read]) -> dict[str, Read]:
    """Without what is the same as the one before: the keys of self-attention are its queries, and its values are its keys."""
    query, key, value = (vectors[name] for name in ("query", "key", "value"))
    found_ = {"query": query}
    if key.tensor is not query.tensor:
        found_["key"] = key
    if value.tensor is not key.tensor:
        found_ |= {"key": key, "value": value}
    return found_


def _state(given: Mapping[str, Any]) -> dict[str, Read]:
    """The weights by the names that they have in a module."""
    own = ("q_proj_weight", "k_proj_weight", "v_proj_weight") if given.get("use_separate_proj_weight") else ("in_proj_weight",)
    names = {
        **{name: name for name in (*own, "in_proj_bias", "bias_k", "bias_v")},
        "out_proj_weight": "out_proj.weight",
        "out_proj_bias": "out_proj.bias",
    }
    return {theirs: given[mine] for mine, theirs in names.items() if mine in given}


def _hidden(given: Mapping[str, Any], dtype: torch.dtype) -> Tensor | None:
    """Both masks of torch as numbers that are added: −∞ where one of them hides."""
    masks = [_tensor(given[name]) for name in ("attn_mask", "key_padding_mask") if name in given]
    if not masks:
        return None
    queries, keys = given["query"].tensor.shape[0], given["key"].tensor.shape[0]
    added = [torch.zeros(one.shape, dtype=dtype).masked_fill(one, -math.inf) if one.dtype is torch.bool else one for one in masks]
    whole = [one.reshape(-1, keys).expand(queries, keys) if one.numel() == keys else one.reshape(-1, queries, keys)[0] for one in added]
    return sum(whole[1:], whole[0])


def scaled(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    """``scaled_dot_product_attention``, head by head; then all heads together."""
    given = arguments(operation, SCALED)
    query, key, value = (given[name] for name in ("query", "key", "value"))
    outer = tuple(query.tensor.shape[:-2])
    if (
        given.get("dropout_p")
        or key.tensor.shape[:-2] != outer
        or value.tensor.shape[:-2] != outer
        or not 0 < math.prod(outer) <= MOST_HEADS
    ):
        return []
    named = labels.options(labels=query.tensor.shape[-2], key_labels=key.tensor.shape[-2])
    more = {"causal": bool(given.get("is_causal")), **({"scale": given["scale"]} if "scale" in given else {}), **named}
    mask = (
        _tensor(given["attn_mask"]).expand(*outer, *query.tensor.shape[-2:-1], *key.tensor.shape[-2:-1]) if "attn_mask" in given else None
    )
    heads = []
    for number in range(math.prod(outer)):
        part = _head(number)
        values = {name: part(_tensor(given[name])) for name in ("query", "key", "value")}
        own = {} if mask is None else {"mask": part(mask), "mask_kind": "boolean" if mask.dtype is torch.bool else "additive"}
        trace = opened("attention", {**values, **more, **own})
        reads = {name: given[name] for name in ("query", "key", "value") if name in trace.inputs}
        sample, head = divmod(number, outer[-1])
        name = f"head {head}" if math.prod(outer) == outer[-1] else f"sample {sample}, head {head}"
        heads.append(Opened(trace, reads, {}, name, moved=dict.fromkeys(reads, part)))
    if len(heads) == 1:
        return [Opened(heads[0].trace, heads[0].reads, {(operation.index, 0): "output"})]
    return [*heads, _joined(operation, heads, tuple(operation.outputs[0].shape))]


def _head(number: int) -> Callable[[Tensor], Tensor]:
    """One of all heads of all samples."""
    return lambda tensor: tensor.flatten(0, -3)[number]


def _joined(operation: Operation, heads: Sequence[Opened], shape: Sequence[int]) -> Opened:
    """All heads one after the other."""

    def join(**outputs: Tensor) -> Tensor:
        heads = torch.stack([*outputs.values()])
        return heads.reshape(shape)

    given = {f"head_{number}": head.trace.outputs["output"] for number, head in enumerate(heads)}
    trace = code_trace(join, given, ["heads"], f"heads = torch.stack([head_0, …, head_{len(heads) - 1}])")
    within = {f"head_{number}": (head.name, "output") for number, head in enumerate(heads)}
    return Opened(trace, {}, {(operation.index, 0): "heads"}, within=within, name="all heads", function=join)


# --- recurrence --------------------------------------------------------------------------------------------------------------------------


def lstm(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    """``nn.LSTM``, layer by layer and direction by direction; one sequence."""
    given = arguments(operation, LSTM)
    layers, directions = int(given["num_layers"]), 1 + bool(given["bidirectional"])
    sequence = given["input"]
    if sequence.tensor.dim() == 3 and sequence.tensor.shape[0 if given.get("batch_first") else 1] != 1:
        return []
    if given["dropout"] and given["train"]:
        return []
    weights = found(given["params"], Read)
    per = len(weights) // (layers * directions)
    states = found(given["hx"], Read)
    acts: list[Opened] = []
    x, source = _tensor(sequence).reshape(-1, sequence.tensor.shape[-1]), None
    for layer in range(layers):
        runs = []
        for direction in range(directions):
            at = layer * directions + direction
            own = weights[at * per : (at + 1) * per]
            start = {name: _tensor(one)[at].flatten() for name, one in zip(("h0", "c0"), states, strict=True)}
            run = _run(x, own, start, (layer, direction), (layers, directions), sequence if source is None else source)
            runs.append(run)
        acts += runs
        if directions > 1:
            acts.append(_both(runs, layer))
        x, source = acts[-1].trace.outputs["output"], (acts[-1].name, "output")
    if len(acts) == 1:
        return [replace(acts[0], makes={(operation.index, number): path for number, path in enumerate(("output", "h_n", "c_n"))})]
    runs = [act for act in acts if act.trace.concept == "lstm"]
    states_ = [_states(operation, runs, number) for number in (1, 2) if (operation.index, number) in wanted]
    return [*acts[:-1], replace(acts[-1], makes={(operation.index, 0): "output"}), *states_]


def _run(
    x: Tensor, weights: Sequence[Read], start: Mapping[str, Tensor], at: tuple[int, int], many: tuple[int, int], source: Any
) -> Opened:
    """One layer in one direction; backwards it reads the sequence from its end."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    moved = {"input": _turned} if at[1] else {}
    reads = dict(zip(names, weights, strict=False))
    given = {
        "input": _turned(x) if at[1] else x,
        **{name: _tensor(read) for name, read in reads.items()},
        **{n: one for n, one in start.items() if bool(one.any())},
    }
    trace = opened("lstm", given)
    name = " ".join(filter(None, [f"layer {at[0]}" * (many[0] > 1), ("backwards" if at[1] else "forwards") * (many[1] > 1)]))
    if isinstance(source, Read):
        return Opened(trace, {"input": source, **reads}, {}, name, moved=moved)
    return Opened(trace, reads, {}, name, {"input": source}, moved)


def _states(operation: Operation, runs: Sequence[Opened], number: int) -> Opened:
    """The last states of all layers and directions."""
    name = ("output", "h_n", "c_n")[number]

    def join(**states: Tensor) -> Tensor:
        return torch.stack([*states.values()])

    given = {f"{name}_{at}": run.trace.outputs[name] for at, run in enumerate(runs)}
    trace = code_trace(join, given, [name], f"{name} = torch.stack([{name}_0, …, {name}_{len(runs) - 1}])")
    within = {f"{name}_{at}": (run.name, name) for at, run in enumerate(runs)}
    return Opened(trace, {}, {(operation.index, number): name}, name, within, function=join)


def _turned(sequence: Tensor) -> Tensor:
    return sequence.reshape(-1, sequence.shape[-1]).flip(0)


def _both(runs: Sequence[Opened], layer: int) -> Opened:
    """What both directions say of every time step, side by side."""

    def join(forwards: Tensor, backwards: Tensor) -> Tensor:
        return torch.cat([forwards, backwards.flip(0)], -1)

    given = {"forwards": runs[0].trace.outputs["output"], "backwards": runs[1].trace.outputs["output"]}
    trace = code_trace(join, given, ["output"], "output = torch.cat([forwards, backwards.flip(0)], -1)")
    within = {name: (run.name, "output") for name, run in zip(given, runs, strict=True)}
    return Opened(trace, {}, {}, f"{runs[0].name.replace('forwards', 'both')}", within, function=join)
