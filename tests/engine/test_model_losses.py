"""Where the way back through a network begins, what it leaves as it is, and what is said of what it does not reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import model
from engine.paper.records import json_pieces
from engine.play_record import PlayRecord
from tests.engine.backward import Skipping, X, Y, made
from tests.engine.models import Branch, Residual


@pytest.mark.parametrize(
    ("target", "loss", "of"),
    [
        (Y, None, F.mse_loss),
        (Y, "mse_loss", F.mse_loss),
        (Y, "bce", F.binary_cross_entropy_with_logits),
        (Y, "half_squares", lambda output, target: (output - target).square().sum() / 2),
        ([0, 2], None, lambda output, _: F.cross_entropy(output, torch.tensor([0, 2]))),
        (Y / Y.sum(1, keepdim=True), "cross_entropy", lambda output, _: F.cross_entropy(output, Y / Y.sum(1, keepdim=True))),
    ],
)
def test_losses(target: Any, loss: Any, of: Callable[[Tensor, Tensor], Tensor]) -> None:
    net = Skipping().double()
    film = model(X, net, target=target, loss=loss, backward=True)
    theirs = of(net(X), Y)
    theirs.backward()
    assert float(film.outputs["loss"]) == pytest.approx(float(theirs.detach()), rel=1e-12)
    for path, parameter in net.named_parameters():
        assert torch.allclose(film.outputs["gradients"][path], parameter.grad, rtol=1e-10, atol=1e-12)  # type: ignore[arg-type]


def test_without_the_way_back_the_loss_is_the_last_act() -> None:
    film = model(X, Skipping().double(), target=[0, 2])
    assert film.acts[-1].name == film.network[-1].name == "cross_entropy"
    assert film.network[-1].takes == (len(film.network) - 2,)
    assert film.back == ()
    assert "gradients" not in film.outputs


def test_the_opening_says_where_it_begins() -> None:
    net = Skipping().double()
    assert model(X, net, backward=True).opening.endswith("Then back from the sum of its output to every parameter.")
    assert model(X, net, backward=True, target=Y).opening.endswith("Then back from mse_loss to every parameter.")
    film, _, _ = made("own_loss")
    assert film.opening.endswith("Then from its output, which is one number, back to every parameter.")
    assert "sum" not in {act.name for act in film.acts}


# --- what stays, and what is said of it --------------------------------------------------------------------------------------------------


def test_nothing_in_the_network_is_changed() -> None:
    net = Residual().double().train()
    before = {path: one.clone() for path, one in net.state_dict().items()}
    net.conv1.weight.grad = grad = torch.ones_like(net.conv1.weight)
    state = torch.get_rng_state()
    model(torch.randn(1, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1)), net, backward=True, training=True)
    assert net.training
    assert net.conv1.weight.grad is grad
    assert bool((grad == 1).all())
    assert net.conv2.weight.grad is None
    assert all(torch.equal(before[path], one) for path, one in net.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


def test_a_network_that_writes_into_what_it_is_given_gets_the_same_twice() -> None:
    class Writing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x.mul_(2))

    film = model(X, Writing().double(), backward=True)
    assert torch.allclose(film.outputs["gradients"]["fc.weight"], (2 * X).sum(0).expand(2, 4))


def test_what_nothing_comes_back_to_is_named() -> None:
    film = model(torch.ones(2, 3), Branch(), backward=True)
    assert film.closing.endswith(
        "2 parameter tensors have their gradients; nothing reaches large.weight and large.bias; none comes back to sum, norm."
    )
    assert [*film.outputs["gradients"]] == ["small.weight", "small.bias"]


class Cut(nn.Module):
    """Through ``first`` nothing goes back."""

    def __init__(self, cut: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.last, self.cut = nn.Linear(4, 4), nn.Linear(4, 2), cut

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.cut(self.first, x) + x)


@torch.no_grad()
def _without(module: nn.Module, x: Tensor) -> Tensor:
    return module(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("cut", [_without, lambda module, x: module(x).detach()])
def test_nothing_goes_back_where_the_network_cuts_it_off(cut: Callable[[nn.Module, Tensor], Tensor]) -> None:
    film = model(X, Cut(cut).double(), backward=True)
    assert film.closing.endswith("nothing reaches first.weight and first.bias; none comes back to first.")
    assert "first, back" not in {act.name for act in film.acts}


def test_nothing_goes_back_from_a_layer_to_what_was_cut_off() -> None:
    class Ended(Cut):
        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.first(x).detach())

    film = model(X, Ended(_without).double(), backward=True)
    assert [*film.outputs["gradients"]] == ["last.weight", "last.bias"]
    assert film.acts[-1].name == "last, back"


def test_the_record_and_the_text_have_the_gradients() -> None:
    film, _, _ = made("skip")
    record = film.record()
    assert isinstance(record, PlayRecord)
    assert record.values["outputs"]["gradients"]["fc1.weight"].shape == (6, 4)
    assert json.loads("".join(json_pieces(film, [])))["outputs"]["gradients"]["fc1.bias"]["shape"] == [6]
