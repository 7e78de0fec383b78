"""The line of torch that gives what a concept computes by hand: what its numbers were compared with, as one would write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from engine.step import Reference

#: What torch takes for arguments that are left out.
USUAL: Mapping[str, Any] = {
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "ceil_mode": False,
    "count_include_pad": True,
    "divisor_override": None,
}
#: Of two functions an argument is what stays of the other: a pooling's stride is its window.
KERNEL = "kernel_size"
#: The adjoint that a way back begins with.
ADJOINT = "grad_output"
#: What counts the parameters of a network.
COUNTED = "sum(p.numel() for p in network.parameters())"
FUNCTIONAL = re.compile(r"torch\.nn\.functional\.(\w+)")


class Compared(Protocol):
    """A trace, or its record."""

    @property
    def reference(self) -> Reference: ...

    @property
    def params(self) -> Mapping[str, Any]: ...

    @property
    def inputs(self) -> Mapping[str, Any]: ...

    @property
    def outputs(self) -> Mapping[str, Any]: ...


def torch_call(trace: Compared) -> str:
    """That line; an empty one where torch has no single function that gives the same."""
    name, given = trace.reference.name, [*trace.inputs]
    inner = _inner(trace)
    if not inner or ADJOINT not in given:
        return inner
    _, _, call = inner.partition(" = ")
    if "LSTM" in name:
        return f"{call}[0].backward({ADJOINT})"
    wanted = ", ".join(path for path in given if f"grad_{path}" in trace.outputs and path != "weights")
    return f"torch.autograd.grad({call}, [{wanted}], {ADJOINT})"


def _inner(trace: Compared) -> str:
    name = trace.reference.name
    if "torch.nn.LSTM" in name:
        state = ", (h0, c0)" if "h0" in trace.inputs else ""
        return f"output, (h_n, c_n) = nn.LSTM({_features(trace)}, {trace.params['hidden_size']})(input{state})"
    if "multi_head_attention" in name or "MultiheadAttention" in name:
        looked = ", ".join(["embeddings"] * 3 if "embeddings" in trace.inputs else ["query", "key", "value"])
        width = trace.inputs[looked.split(",")[0]].shape[-1]
        return f"output, weights = nn.MultiheadAttention({width}, {trace.params['heads']})({looked})"
    if "scores" in trace.outputs or "grad_scores" in trace.outputs:
        return _attention(trace)
    if "layers" in trace.params:
        return COUNTED
    found = FUNCTIONAL.search(name)
    if found is None:
        return _of_expression(trace) if "expr" in trace.params else ""
    return f"output = F.{found[1]}({', '.join(_arguments(trace))})"


def _features(trace: Compared) -> int:
    return int(trace.inputs["input"].shape[-1])


def _attention(trace: Compared) -> str:
    names = "q, k, v" if "q" in trace.outputs else "query, key, value"
    queries = trace.outputs["q"] if "q" in trace.outputs else trace.inputs["query"]
    width = queries.shape[-1] // trace.params.get("heads", 1)
    scale = trace.params.get("scale", width**-0.5)
    mask = trace.inputs.get("mask")
    more = [] if mask is None else [f", attn_mask=mask{'.bool()' * bool(((mask == 0) | (mask == 1)).all())}"]
    more += [f", scale={scale:.4g}"] * (abs(scale - width**-0.5) > 1e-9)
    return f"output = F.scaled_dot_product_attention({names}{''.join(more)})"


def _of_expression(trace: Compared) -> str:
    """Of an expression the gradients of all that it is made of."""
    last = trace.params["expr"].rstrip("; ").split(";")[-1].partition("=")[0].strip()
    return f"torch.autograd.grad({last}, [{', '.join(trace.inputs)}])"


def _arguments(trace: Compared) -> Iterator[str]:
    """What a function of torch takes, without what it would take anyway."""
    params, axes = trace.params, [*trace.inputs["input"].shape[-2:]]
    yield _padded(trace)
    if "weight" in trace.inputs:
        turned = ".flip(-1)" if trace.inputs["weight"].ndim == 3 else ".flip(-2, -1)"
        yield f"weight{turned}" if params.get("flip") else "weight"
    if "bias" in trace.inputs:
        yield "bias"
    if "output_size" in params:
        yield _written(params["output_size"])
        return
    whole = params.get(KERNEL) == "global"
    if KERNEL in params:
        yield _written(axes if whole else params[KERNEL])
    for name, usual in USUAL.items():
        is_done = name == "padding" and _mode(params) != "zeros"  # it is padded before
        usual = params[KERNEL] if name == "stride" and KERNEL in params else usual
        if name in params and params[name] != usual and not is_done and not (whole and name == "stride"):
            yield f"{name}={_written(params[name])}"


def _mode(params: Mapping[str, Any]) -> str:
    return str(params.get("padding_mode", "zeros"))


def _padded(trace: Compared) -> str:
    """The input, padded before where a convolution of torch pads with nothing but zeros."""
    if _mode(trace.params) == "zeros":
        return "input"
    pads = [one for sides in reversed(_sides(trace.params, trace.inputs["weight"].shape[2:])) for one in sides]
    return f'F.pad(input, {_written(pads)}, mode="{_mode(trace.params)}")'


def _sides(params: Mapping[str, Any], kernel: Sequence[int]) -> list[tuple[int, int]]:
    padding, steps = (_each(params[name], len(kernel)) for name in ("padding", "dilation"))
    if params["padding"] != "same":
        return [(0, 0) if one == "valid" else (one, one) for one in padding]
    reach = [step * (size - 1) for step, size in zip(steps, kernel, strict=True)]
    return [(whole // 2, whole - whole // 2) for whole in reach]


def _each(value: Any, axes: int) -> list[Any]:
    return [*value] if isinstance(value, list | tuple) else [value] * axes


def _written(value: Any) -> str:
    return repr(tuple(value) if isinstance(value, list) else value)
