"""torch as it is where nobody has set anything: traces are the same whatever modes and defaults a user has, and those stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch

HIGHEST = "highest"


@contextmanager
def ground() -> Iterator[None]:
    """Without gradients, inference mode, autocast and anomaly detection; float32 and the CPU are the defaults, products are exact."""
    with ExitStack() as stack:
        for change in _changes():
            stack.enter_context(change)
        yield


def _changes() -> Iterator[AbstractContextManager[Any]]:
    """What must be changed, which is nothing nearly always."""
    if torch.is_grad_enabled():
        yield torch.no_grad()
    if torch.is_inference_mode_enabled():
        yield torch.inference_mode(False)
        yield torch.no_grad()
    usual = torch.empty(0)
    if usual.dtype is not torch.float32:
        yield _default_dtype(usual.dtype)
    if usual.device.type != "cpu":
        yield torch.device("cpu")
    for kind in ("cpu", "cuda"):
        if torch.is_autocast_enabled(kind):
            yield torch.autocast(kind, enabled=False)
    if torch.is_anomaly_enabled():
        yield torch.autograd.set_detect_anomaly(False)
    if torch.are_deterministic_algorithms_enabled():
        yield _any_algorithm()
    if torch.get_float32_matmul_precision() != HIGHEST:
        yield _exact_products()


@contextmanager
def _default_dtype(before: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _any_algorithm() -> Iterator[None]:
    """Some operations have no deterministic form and would refuse; ours are compared with torch's in any case."""
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(True, warn_only=warns)


@contextmanager
def _exact_products() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(HIGHEST)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
