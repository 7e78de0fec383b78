"""The recorder where code is not plain: views, running values, errors, hooks, scripts, compiled code, random numbers."""

from __future__ import annotations

import copy
import subprocess
import sys
import warnings
from collections import namedtuple
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack

from engine.errors import InputError
from engine.recorder.record import Operation, Recording, record
from tests.engine.models import Residual, case, gelu, same


def only(recording: Recording, name: str) -> Operation:
    (found,) = [operation for operation in recording.operations if operation.name == name]
    return found


def test_writing_through_a_view_keeps_what_was_read() -> None:
    model, (x,) = case("view")
    recording = record(model, x)
    y = x * 2
    assert same(recording.operations[1].reads[0].tensor, y)
    add, setitem, flipped = recording.operations[3:6]
    assert same(add.outputs[0], y[0] + 100)
    assert setitem.reads[0].writers == (3,)
    y[0] += 100
    assert same(setitem.reads[0].tensor, y)
    y[:, 1] = 0
    assert (flipped.name, flipped.reads[0].source, flipped.reads[0].writers) == ("T", 4, ())
    assert same(flipped.outputs[0], y.T)


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, partial(nn.InstanceNorm1d, track_running_stats=True)])
def test_running_values_are_kept_as_they_were_read(kind: Callable[[int], nn.Module]) -> None:
    norm = kind(3)
    recording = record(lambda x: norm(norm(x)), torch.randn(4, 3, 5))
    first, second = [one for one in recording.operations if one.name.endswith("_norm")]
    assert [one.reads[1].name for one in (first, second)] == ["norm.running_mean"] * 2
    assert same(first.reads[1].tensor, torch.zeros(3))
    assert not same(second.reads[1].tensor, torch.zeros(3))
    assert second.reads[1].writers == (first.index,)
    assert first.module == "norm"


def test_weights_that_an_embedding_shortens_are_kept_as_they_were_read() -> None:
    embedding = nn.Embedding(3, 4, max_norm=0.1)
    before = embedding.weight.detach().clone()
    recording = record(embedding, torch.tensor([1]))
    assert same(recording.operations[0].reads[1].tensor, before)
    assert not same(embedding.weight, before)
    assert same(recording.operations[0].again()[0], recording.result)


def test_what_is_given_as_out_is_kept_as_it_was_read() -> None:
    def code(x: Tensor) -> Tensor:
        total = x.exp()
        total.sum()
        torch.add(x, 1, out=total)
        return total

    recording = record(code, torch.zeros(2))
    assert same(recording.operations[1].reads[0].tensor, torch.ones(2))
    assert recording.operations[2].writes
    assert recording.outputs["output"].source == 2


def test_tensors_in_slices_and_named_tuples_are_read() -> None:
    pair = namedtuple("pair", "low high")
    recording = record(lambda x, at: torch.stack(pair(x[at:], x[:2])), torch.arange(4.0), torch.tensor(2))
    assert [read.name for read in recording.operations[0].reads] == ["x", "at"]
    assert [read.source for read in recording.operations[2].reads] == [0, 1]
    assert same(recording.operations[2].again()[0], torch.tensor([[2.0, 3.0], [0.0, 1.0]]))


def test_automatic_casts_are_repeated() -> None:
    def cast(x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            y = nn.functional.linear(x, x)
        return y.float() @ x

    recording = record(cast, torch.randn(3, 3))
    assert [one.outputs[0].dtype for one in recording.operations] == [torch.bfloat16, torch.float32, torch.float32]
    with torch.autocast("cpu", torch.bfloat16):
        assert all(same(one.again()[0], one.outputs[0]) for one in recording.operations)


def properties(x: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    assert x.shape == (2, 2)
    assert x.dim() == x.size(0)
    assert x.is_floating_point()
    assert bool(x.sum() > 0)
    assert x.tolist()
    assert weight.grad is not None
    assert weight.requires_grad_() is weight
    return x.T, x.mT, x.data, x.detach().clone().contiguous(), x.real, weight.grad + x.mean().item()


def test_what_computes_a_tensor_counts_and_nothing_else() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    weight.grad = torch.ones(2, 2)
    recording = record(properties, torch.ones(2, 2), weight)
    assert [one.name for one in recording.operations] == [
        *("sum", "gt", "T", "mT", "data", "detach", "clone", "contiguous", "real", "mean", "add"),
    ]
    assert only(recording, "add").reads[0].source is None
    only(recording, "T").again()[0].zero_()
    assert same(only(recording, "T").outputs[0], torch.ones(2, 2))
    assert all(same(again, made) for one in recording.operations for again, made in zip(one.again(), one.outputs, strict=True))


def test_an_error_in_the_code_leaves_nothing_behind() -> None:
    class Broken(Residual):
        def forward(self, x: Tensor) -> Tensor:
            super().forward(x)
            raise KeyError("broken")

    model = Broken().eval()
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    versions = [value._version for value in model.state_dict().values()]
    modes = _get_current_function_mode_stack()
    with pytest.raises(KeyError, match="broken"):
        record(model, torch.ones(1, 3, 16, 16))
    assert _get_current_function_mode_stack() == modes
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), random)
    assert all(same(value, before[path]) for path, value in model.state_dict().items())
    assert [value._version for value in model.state_dict().values()] == versions
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.modules())
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        record(model)


def test_hooks_of_the_user_work() -> None:
    linear = nn.Linear(3, 3)
    model = nn.Sequential(linear, nn.Tanh())
    linear.register_forward_hook(lambda module, args, output: output * 2)
    model[1].register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    recording = record(model, torch.ones(1, 3))
    assert [(one.name, one.module) for one in recording.operations] == [("linear", "0"), ("mul", "0"), ("add", "1"), ("tanh", "1")]
    assert same(recording.result, model(torch.ones(1, 3)))


def test_scripted_code_is_refused() -> None:
    with warnings.catch_warnings(action="ignore"):
        scripted = torch.jit.script(nn.ReLU())
        function = torch.jit.script(gelu)
    with pytest.raises(InputError, match="module '1' is scripted"):
        record(nn.Sequential(nn.Linear(3, 3), scripted), torch.ones(3))
    with pytest.raises(InputError, match="what was given is scripted"):
        record(function, torch.ones(3))
    with pytest.raises(InputError, match="'function' is scripted"):
        record(lambda x: function(x) + 1, torch.ones(3))


COMPILED = """
import sys, torch
from torch import nn
from engine.recorder.record import record

model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
record(model, torch.ones(3))
assert "torch._dynamo" not in sys.modules
for one in (torch.compile(model, backend="eager"), nn.Sequential(torch.compile(model, backend="eager"))):
    recording = record(one, torch.ones(3))
    print([(op.name, op.module, op.reads[-1].name) for op in recording.operations], recording.operations[0].reads[0].name)
"""


def test_what_is_compiled_runs_as_it_was() -> None:
    """In a process of its own: dynamo is not imported where nothing is compiled."""
    done = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[('linear', '0', '0.bias'), ('relu', '1', '')] input",
        "[('linear', '0.0', '0.0.bias'), ('relu', '0.1', '')] input",
    ]


def test_random_numbers_are_drawn_again() -> None:
    """From the generator that was given too; it goes on as if nothing had been."""
    generator = torch.Generator().manual_seed(3)

    def noisy(x: Tensor) -> Tensor:
        return nn.functional.dropout(x) + torch.rand(8, generator=generator) + torch.empty(8).normal_()

    recording = record(noisy, torch.ones(8))
    state = generator.get_state()
    assert [one.name for one in recording.operations if one.drawing] == ["dropout", "rand", "normal"]
    for operation in recording.operations:
        if operation.name != "empty":
            assert same(operation.again()[0], operation.outputs[0])
    now = torch.get_rng_state()
    for operation in recording.operations[:2]:
        operation.again()
    assert torch.equal(torch.get_rng_state(), now)
    assert torch.equal(generator.get_state(), state)
