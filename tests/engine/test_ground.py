"""Traces are the same whatever modes and defaults of torch are set around them, and all of those are as they were afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import torch

import engine
from engine.catalogue import concepts, find
from engine.errors import InputError
from engine.inputs.arguments import example_texts, opened_from
from engine.paper.formats import FORMATS


@contextmanager
def setting(get: Callable[[], Any], put: Callable[[Any], Any], value: Any) -> Iterator[None]:
    before = get()
    put(value)
    try:
        yield
        assert get() == value
    finally:
        put(before)


@contextmanager
def deterministic(warn_only: bool) -> Iterator[None]:
    torch.use_deterministic_algorithms(True, warn_only=warn_only)
    try:
        yield
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled() == warn_only
    finally:
        torch.use_deterministic_algorithms(False)


def default_dtype(dtype: torch.dtype) -> AbstractContextManager[None]:
    return setting(torch.get_default_dtype, torch.set_default_dtype, dtype)


GROUNDS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "inference": torch.inference_mode,
    "no gradients": torch.no_grad,
    "gradients": torch.enable_grad,
    "gradients off": lambda: setting(torch.is_grad_enabled, torch.set_grad_enabled, False),
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "on meta": lambda: setting(torch.get_default_device, torch.set_default_device, torch.device("meta")),
    "in a device": lambda: torch.device("meta"),
    "deterministic": lambda: deterministic(False),
    "deterministic or warned": lambda: deterministic(True),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
    "medium products": lambda: setting(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "medium"),
    "one thread": lambda: setting(torch.get_num_threads, torch.set_num_threads, 1),
    "no function modes": torch._C.DisableTorchFunctionSubclass,
}


def state() -> tuple[Any, ...]:
    return (
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.empty(0).device,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.is_anomaly_enabled(),
        torch.is_anomaly_check_nan_enabled(),
        torch.get_float32_matmul_precision(),
        torch.get_num_threads(),
        torch.backends.cudnn.enabled,
        torch.backends.cudnn.allow_tf32,
    )


def whole(name: str, dtype: str) -> str:
    """A trace with all its steps, read, opened and cut here."""
    concept = find(name)
    texts = {key: example_texts(value) for key, value in concept.example.items()}
    trace = opened_from(concept, texts, dtype=dtype, device="cpu")
    return "".join(FORMATS["json"](trace, range(len(trace)), outputs=True))


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("concept", concepts())
def test_traces_are_the_same_on_any_ground(concept: str, dtype: str) -> None:
    usual, drawn = whole(concept, dtype), torch.get_rng_state()
    for name, ground in GROUNDS.items():
        with ground():
            before = state()
            found = whole(concept, dtype)
            assert state() == before, name
        assert found == usual, name
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize("name", ["lstm_backward", "attention_backward", "backprop", "conv2d_backward", "max_pool2d_backward"])
def test_tensors_of_inference_mode_are_taken(name: str) -> None:
    numbers = [[1.0, 2.0], [3.0, -4.0]]
    given: dict[str, dict[str, Any]] = {
        "lstm_backward": {"grad_output": numbers, "input": numbers},
        "attention_backward": {"grad_output": numbers, "query": numbers},
        "conv2d_backward": {"grad_output": numbers, "input": numbers, "weight": [[2.0]]},
        "max_pool2d_backward": {"grad_output": [[1.0]], "input": numbers, "kernel_size": 2},
        "backprop": {"expr": "L = sum(x**2)", "values": {"x": numbers}},
    }
    with torch.inference_mode():
        made = {key: torch.tensor(value, dtype=torch.float64) if isinstance(value, list) else value for key, value in given[name].items()}
        if name == "backprop":
            made["values"] = {"x": torch.tensor(numbers, dtype=torch.float64)}
        inside = getattr(engine, name)(**made)
    outside = getattr(engine, name)(**made)
    assert [step.say for step in inside] == [step.say for step in outside] == [step.say for step in getattr(engine, name)(**given[name])]
    assert not next(iter(outside.inputs.values())).is_inference()


def test_float32_of_a_user_is_computed_exactly_under_autocast() -> None:
    x = torch.tensor([[1.0, 1 + 2.0**-20]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        trace = engine.attention(torch.ones(1, 1), torch.zeros(1, 1), x, scale=1.0)
        assert torch.equal(trace.outputs["output"], x)
        assert trace[-1].value == 1 + 2.0**-20


def test_a_refusal_leaves_everything_as_it_was() -> None:
    for ground in GROUNDS.values():
        with ground():
            before = state()
            with pytest.raises(InputError):
                engine.conv1d([1.0], [1.0, 2.0])
            assert state() == before
