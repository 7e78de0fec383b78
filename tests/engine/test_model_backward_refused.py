"""Gradients that are wrong or lost are refused, and networks, targets and losses that have no way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine import model
from engine.errors import CheckError, InputError
from engine.network.back import returning, ways
from tests.engine.backward import Skipping, X


def _spoilt(way: Any) -> Any:
    """The same, whose first gradient is wrong in one number."""
    if way is None:
        return None
    path, outputs = next(iter(way.found.values())), dict(way.trace.outputs)
    outputs[path] = outputs[path].clone()
    outputs[path].view(-1)[0] += 1e-3
    return replace(way, trace=replace(way.trace, outputs=outputs))


@pytest.mark.parametrize(("found", "opened"), [("by_concept", None), ("by_code", None), ("at_once", "nothing")])
def test_a_wrong_gradient_is_refused(monkeypatch: pytest.MonkeyPatch, found: str, opened: str | None) -> None:
    right = getattr(ways, found)
    monkeypatch.setattr(returning, found, lambda *given: _spoilt(right(*given)))
    with pytest.raises(CheckError, match=r"differ from torch\.autograd of the model, for "):
        model(X, Skipping().double(), backward=True, target=[0, 2], opened=opened)


def test_a_gradient_that_is_lost_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning.WaysBack, "_to_leaf", lambda *_: None)
    with pytest.raises(CheckError, match=r"the gradient of fc1\.weight is lost on the way"):
        model(X, Skipping().double(), backward=True)


def test_a_way_back_that_leaves_out_an_act_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    every = returning.WaysBack._group
    monkeypatch.setattr(returning.WaysBack, "_group", lambda back, number: every(back, number) if number else None)
    with pytest.raises(CheckError, match="not every act has one way back, or none"):
        model(X, Skipping().double(), backward=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss": "mse_loss"}, "loss is mse_loss, but there is no target; give one with --target"),
        (
            {"target": [1, 2, 0], "backward": True},
            "target has shape 3, but the output 2×3; give each row the number of a class, or mse_loss",
        ),
        ({"target": [1.0, 2.0], "loss": "bce"}, "target has shape 2, but the output 2×3; for bce give a number for each number of it"),
    ],
)
def test_targets_that_do_not_fit(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        model(X, Skipping().double(), **given)
    assert str(error.value) == message


class Odd(nn.Module):
    """Does something else each time."""

    def __init__(self, steps: Sequence[Callable[[Tensor], Tensor]]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        step = self.steps[len(self.steps) - 1 if torch.is_grad_enabled() else 0]
        return step(self.fc(x))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([torch.tanh, torch.sigmoid], "Odd does something else when it runs once more; give one that does the same each time"),
        ([lambda x: x.argmax(-1)], "the network gives whole numbers alone, which have no gradients; give one that gives real numbers"),
        ([torch.detach], "what Odd gives depends on nothing by a derivative; give a network with parameters that are trained"),
    ],
)
def test_networks_that_have_no_way_back(steps: Sequence[Callable[[Tensor], Tensor]], message: str) -> None:
    with pytest.raises(InputError) as error:
        model(X, Odd(steps).double(), backward=True)
    assert str(error.value) == message
