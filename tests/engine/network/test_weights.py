"""Weights that are given: which belongs where, and that a user's model is afterwards as it was, bit for bit."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.errors import InputError
from engine.inputs.archives import read_all
from engine.inputs.files import Source
from engine.network.code import network
from engine.network.weights import at_work, load_weights, quiet
from engine.recorder.record import record


class Keeps(nn.Module):
    """Changes all of itself that a forward can change."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(5, 4, max_norm=0.1)
        self.lstm = nn.LSTM(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.emb.weight
        self.frozen = nn.Parameter(torch.ones(4), requires_grad=False)
        self.table = torch.ones(4)
        self.register_buffer("count", torch.zeros(()), persistent=False)
        self.seen: list[Tensor] = []
        self.state: Tensor | None = None
        self.fails = False

    def forward(self, ids: Tensor) -> Tensor:
        x = self.drop(self.norm(self.lstm(self.emb(ids))[0].flatten(0, 1))) + self.frozen
        self.table += 1
        self.added = x
        self.count = self.count + 1
        self.seen.append(x)
        self.state = x
        self.frozen.data.mul_(2)
        self.register_forward_hook(lambda *_: None)
        self.eval()
        if self.fails:
            raise RuntimeError("no more")
        return self.head(x) * torch.rand(1)


def fingerprint(model: nn.Module) -> list[Any]:
    """All that a module holds: identities, bits, versions, gradients, modes, attributes, hooks, generators."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    found: list[Any] = [torch.get_rng_state().tolist(), random.getstate()]
    found += [
        (name, id(one), one.tolist(), one._version, one.requires_grad, one.grad is None or one.grad.tolist()) for name, one in tensors
    ]
    for path, module in model.named_modules():
        plain = {name: repr(one) for name, one in vars(module).items()}
        found.append((path, module.training, plain, len(module._forward_hooks)))
    return found


def keeps() -> Keeps:
    model = Keeps()
    model.norm.eval()
    model.emb.weight.grad = torch.ones(5, 4)
    return model


@settings(max_examples=20, deadline=None)
@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from([0, 3, None]))
def test_a_model_is_as_it_was(fails: bool, training: bool, has_weights: bool, seed: int | None) -> None:
    model = keeps()
    model.fails = fails
    before = fingerprint(model)
    weights = {name: one + 1 for name, one in model.state_dict().items()} if has_weights else None
    try:
        with at_work(network(model), weights, {"frozen": torch.zeros(4)}, training=training, seed=seed):
            model(torch.tensor([[1, 2], [3, 0]]))
    except RuntimeError:
        assert fails
    assert fingerprint(model) == before


def test_a_model_that_was_not_kept_is_not_as_it_was() -> None:
    model = keeps()
    before = fingerprint(model)
    with quiet(network(model), training=True):
        model(torch.tensor([[1, 2], [3, 0]]))
    assert fingerprint(model) != before


def test_it_works_with_the_weights_that_are_given() -> None:
    model, other, x = nn.LSTM(3, 4, num_layers=2), nn.LSTM(3, 4, num_layers=2), torch.randn(2, 3)
    own = model(x)[0]
    with at_work(network(model), other.state_dict()) as found:
        assert torch.equal(found.call(x)[0], other(x)[0])
    assert torch.equal(model(x)[0], own)


def test_tied_weights_are_one() -> None:
    model = Keeps()
    with at_work(network(model), None, {"head.weight": torch.ones(5, 4)}):
        assert model.head.weight is model.emb.weight
        assert bool((model.emb.weight == 1).all())


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm`:FutureWarning")
def test_a_module_that_cannot_be_copied() -> None:
    model, x = nn.utils.weight_norm(nn.Linear(3, 2)), torch.ones(1, 3)
    own = model(x)
    with at_work(network(model), None, {"weight_g": torch.zeros(2, 1)}):
        assert torch.equal(model(x)[0], model.bias)
    assert torch.equal(model(x), own)


def test_what_was_recorded_keeps_its_weights() -> None:
    model, x = nn.Linear(3, 2), torch.ones(1, 3)
    with at_work(network(model), None, {"weight": torch.full((2, 3), 7.0)}):
        recording = record(model, x)
    with torch.no_grad():
        model.weight.zero_()
    assert [read.name for read in recording.operations[0].reads] == ["input", "weight", "bias"]
    assert bool((recording.operations[0].reads[1].tensor == 7).all())
    assert torch.equal(recording.operations[0].again()[0], recording.result)


def test_a_function_works_with_the_weights_of_what_it_sees() -> None:
    layer, x = nn.Linear(3, 2), torch.ones(1, 3)

    def twice(x: Tensor) -> Tensor:
        return 2 * layer(x)

    own = twice(x)
    with at_work(network(twice), {"weight": torch.zeros(2, 3), "bias": torch.ones(2)}):
        assert twice(x).tolist() == [[2, 2]]
    assert torch.equal(twice(x), own)


def test_weights_have_the_type_that_the_model_has() -> None:
    model = nn.BatchNorm1d(2)
    weights = {name: one.double() for name, one in model.state_dict().items()}
    with load_weights(network(model), weights):
        assert {str(one.dtype) for one in model.state_dict().values()} == {"torch.float32", "torch.int64"}


def test_what_has_no_gradient_has_none() -> None:
    model = Keeps()
    with load_weights(network(model)):
        assert {name for name, one in model.named_parameters() if not one.requires_grad} == {"frozen"}


# --- modes and generators ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_all_are_in_one_mode_and_none_has_gradients(training: bool) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    model[0].eval()
    with quiet(network(model), training):
        assert {module.training for module in model.modules()} == {training}
        assert not torch.is_grad_enabled()
    assert [module.training for module in model.modules()] == [True, False, True]
    assert torch.is_grad_enabled()


def test_draws_begin_with_the_seed_or_go_on() -> None:
    model = network(nn.Dropout())
    drawn = []
    for seed in (1, 1, 2):
        with quiet(model, True, seed):
            drawn.append(model.call(torch.ones(50)))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with quiet(model, seed=None):
        assert torch.equal(torch.rand(3), expected)
    assert torch.equal(torch.rand(3), expected)


# --- state dicts as people save them -----------------------------------------------------------------------------------------------------


def lenet() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))


def under(beginning: str) -> Callable[[dict[str, Tensor]], Any]:
    return lambda weights: {f"{beginning}{name}": one for name, one in weights.items()}


@pytest.mark.parametrize(
    "saved",
    [
        under(""),
        under("module."),
        under("_orig_mod."),
        under("module._orig_mod."),
        under("model."),
        lambda weights: {"state_dict": weights, "epoch": 3},
        lambda weights: {"epoch": 3, "optimizer": {"state": {0: torch.ones(2)}}, "model": under("module.")(weights)},
        lambda weights: {"model_state_dict": under("_orig_mod.")(weights)},
        lambda weights: {name.replace("0.", "0._orig_mod."): one for name, one in weights.items()},
        lambda weights: {name: one for name, one in weights.items() if "num_batches" not in name},
    ],
)
@pytest.mark.parametrize("from_file", [False, True])
def test_a_state_dict_in_a_wrapper(saved: Callable[[dict[str, Tensor]], Any], from_file: bool, tmp_path: Path) -> None:
    model, other = lenet(), lenet()
    weights = saved(dict(other.state_dict()))
    if from_file:
        torch.save(weights, tmp_path / "net.pt")
        weights = read_all(Source(tmp_path / "net.pt", None, "net.pt", None))
    with load_weights(network(model), weights):
        assert all(torch.equal(one, other.state_dict()[name]) for name, one in model.state_dict().items())


def test_a_wrapped_model_takes_the_weights_of_the_plain_one() -> None:
    inner, other = nn.Linear(2, 2), nn.Linear(2, 2)
    with load_weights(network(nn.DataParallel(inner)), other.state_dict(), {"bias": torch.ones(2)}):
        assert torch.equal(inner.weight, other.weight)
        assert inner.bias.tolist() == [1, 1]


def test_a_model_whose_own_names_begin_like_a_wrapper() -> None:
    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Linear(2, 2)

    holder, other = Holder(), Holder()
    with load_weights(network(holder), other.state_dict()):
        assert torch.equal(holder.model.weight, other.model.weight)
    with load_weights(network(holder), under("model.")(dict(other.state_dict()))):
        assert torch.equal(holder.model.weight, other.model.weight)


# --- what does not fit -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "params", "sentence"),
    [
        (
            {"0.weight": torch.ones(2, 1, 5, 5)},
            {},
            "state_dict does not fit Sequential: it has no 0.bias, 1.weight, 1.bias and 4 more; give the state_dict() of the same network",
        ),
        (
            {"fc.weight": torch.ones(2, 2), "fc.bias": torch.ones(2)},
            {},
            "state_dict does not fit Sequential: it has no 0.weight, 0.bias, 1.weight and 5 more, "
            "and Sequential has no fc.weight and fc.bias; give the state_dict() of the same network",
        ),
        ({}, {}, "state_dict does not fit Sequential: it has no 0.weight, 0.bias, 1.weight and 5 more; give the state_dict() of"),
        (
            {**lenet().state_dict(), "2.weight": torch.ones(3, 8)},
            {},
            "state_dict has 2.weight of shape 3x8, but in Sequential it is 3x4; give one of shape 3x4",
        ),
        (
            {**lenet().state_dict(), "extra": torch.ones(3)},
            {},
            "state_dict does not fit Sequential: Sequential has no extra; give the state_dict() of the same network",
        ),
        (
            {**lenet().state_dict(), "2.bias": torch.ones(3, device="meta")},
            {},
            "state_dict has 2.bias as a sparse or quantised tensor, or one on meta; give dense numbers",
        ),
        (None, {"0.wieght": torch.ones(2, 1, 3, 3)}, "Sequential has no 0.wieght; did you mean 0.weight?"),
        (None, {"q": torch.ones(2)}, "Sequential has no q; it has 0.weight, 0.bias, 1.weight and 6 more"),
        (None, {"0.bias": torch.ones(3)}, "0.bias is given of shape 3, but in Sequential it is 2; give one of shape 2"),
    ],
)
def test_weights_that_do_not_fit(weights: Any, params: dict[str, Tensor], sentence: str) -> None:
    model = lenet()
    before = fingerprint(model)
    with pytest.raises(InputError) as found, load_weights(network(model), weights, params):
        pass
    assert str(found.value).startswith(sentence)
    assert fingerprint(model) == before


def test_a_function_without_modules_takes_no_weights() -> None:
    with pytest.raises(InputError) as found, load_weights(network(torch.relu), {"weight": torch.ones(1)}):
        pass
    assert str(found.value) == "relu has no parameters, but weights are given; leave them out"
