"""Which networks can be shown, and the sentence for each that cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.network.code import network
from engine.network.sound import checked


def sparse() -> nn.Module:
    module = nn.Linear(2, 2)
    module.weight = nn.Parameter(module.weight.detach().to_sparse())
    return module


def whole() -> Tensor:
    return torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)


def with_buffer(buffer: Tensor) -> nn.Module:
    module = nn.Sequential(nn.Linear(2, 2))
    module[0].register_buffer("mask", buffer)
    return module


def mixed() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double())


def quantised() -> nn.Module:
    linear = type("Linear", (nn.Module,), {"__module__": "torch.ao.nn.quantized.dynamic.modules.linear"})
    return nn.Sequential(linear())


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: nn.Linear(2, 2).half(), "weight is float16, too few digits to follow; convert the network with model.float()"),
        (lambda: nn.Linear(2, 2).bfloat16(), "weight is bfloat16, too few digits to follow; convert the network with model.float()"),
        (lambda: with_buffer(torch.ones(2).half()), "0.mask is float16, too few digits to follow; convert the network with model.float()"),
        (lambda: with_buffer(whole()), "0.mask is quantised (qint8); give the network as it was before, with model.float()"),
        (lambda: with_buffer(torch.ones(2, dtype=torch.complex64)), "0.mask is complex64; give real numbers, such as float32"),
        (lambda: nn.Linear(2, 2, device="meta"), "weight is on the device meta, where tensors hold no numbers; give it some with"),
        (lambda: nn.LazyLinear(2), "weight has no shape yet, as its layer is lazy; call the model once with an input before it is given"),
        (sparse, "weight is sparse (sparse_coo); make it dense with weight.to_dense()"),
        (mixed, "0.weight is float32, but 1.weight float64; make all alike with model.float()"),
        (lambda: torch.jit.script(nn.Linear(2, 2)), "RecursiveScriptModule is scripted, and what it does is not seen; give the module"),
        (lambda: nn.Sequential(torch.jit.script(nn.Linear(2, 2))), "module 0 is scripted, and what it does is not seen; give the module"),
        (quantised, "module 0 is quantised (Linear); give the network as it was before, with model.float()"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_a_network_that_cannot_be_shown(made: Callable[[], nn.Module], sentence: str) -> None:
    with pytest.raises(InputError) as found:
        checked(network(made()))
    assert str(found.value).startswith(sentence)


@pytest.mark.filterwarnings("ignore")
def test_a_scripted_function_is_refused() -> None:
    function = torch.jit.script(torch.nn.functional.relu)
    with pytest.raises(InputError, match="is scripted, and what it does is not seen; give the function that torch"):
        checked(network(function))


def test_a_sound_network_is_given_back() -> None:
    for module in (nn.Linear(2, 2), nn.BatchNorm1d(3), nn.Linear(2, 2).double(), nn.Embedding(3, 2)):
        found = network(module)
        assert checked(found) is found


def test_a_module_that_a_function_sees_is_checked_too() -> None:
    module = nn.Linear(2, 2).half()
    with pytest.raises(InputError, match="weight is float16"):
        checked(network(lambda x: module(x)))
