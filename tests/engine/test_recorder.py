"""What the recorder of torch code says of fifteen models is so, and the models notice nothing of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch.overrides import _get_current_function_mode_stack

from engine.recorder.operation import paths_of
from engine.recorder.record import record
from tests.engine.models import CASES, case, recorded, same

every_model = pytest.mark.parametrize("name", CASES)
#: What torchlens calls otherwise: operators keep the names of their methods, and it looks into ``Tensor.norm``.
RENAMED = {"iadd": "add", "radd": "add", "rmul": "mul", "truediv": "div", "vector_norm": "norm"}
#: What torchlens takes apart, since it wraps what torch's own Python code calls; here a public function is one operation.
SPLIT = {
    "multi_head_attention_forward": (
        *("linear", "unflatten", "unsqueeze", "transpose", "squeeze", "contiguous", "getitem", "getitem", "getitem"),
        *("view", "transpose", "view", "transpose", "view", "transpose", "view", "view", "view"),
        *("scaled_dot_product_attention", "permute", "reshape", "linear", "view"),
    )
}


@contextmanager
def unfused() -> Iterator[None]:
    """Layers of an encoder run what they are written as, not one kernel for all of it, which differs by 1e-7."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


@every_model
def test_every_operation_gives_the_same_once_more(name: str) -> None:
    """To the last bit, dropout too; and replaying changes neither what is kept nor the random numbers that follow."""
    recording = recorded(name)
    before = torch.get_rng_state()
    for _ in range(2):
        for operation in recording.operations:
            assert all(map(same, operation.again(), operation.outputs)), operation.name
            assert len(operation.again()) == len(operation.made) == len(operation.variables) > 0
    assert torch.equal(torch.get_rng_state(), before)


@every_model
def test_the_model_notices_nothing(name: str) -> None:
    """Result, weights, running values, versions, flags, gradients and random numbers are those of its own forward pass."""
    (model, args), (bare, same_args) = case(name), case(name)
    modes = _get_current_function_mode_stack()
    torch.manual_seed(1)
    with torch.no_grad(), unfused():
        result = dict(paths_of(bare(*same_args)))
    state = torch.get_rng_state()
    torch.manual_seed(1)
    recording = record(model, *args)
    assert torch.equal(torch.get_rng_state(), state)
    assert list(recording.outputs) == list(result)
    assert all(same(read.tensor, result[path]) for path, read in recording.outputs.items())
    for (path, ours), theirs in zip(model.state_dict(keep_vars=True).items(), bare.state_dict(keep_vars=True).values(), strict=True):
        assert same(ours, theirs), path
        assert ours._version == theirs._version, path
        assert ours.grad is None
        assert ours.requires_grad == theirs.requires_grad
    assert [one.training for one in model.modules()] == [one.training for one in bare.modules()]
    assert torch.is_grad_enabled()
    assert _get_current_function_mode_stack() == modes


@every_model
def test_what_is_read_is_what_its_source_made(name: str) -> None:
    recording = recorded(name)
    reads = [(operation.index, read) for operation in recording.operations for read in operation.reads]
    for index, read in [*reads, *((len(recording.operations), read) for read in recording.outputs.values())]:
        assert read.source is None or (read.source < index and not read.name)
        assert all(writer < index for writer in read.writers)
        if read.source is not None and not read.writers:
            assert same(read.tensor, recording.operations[read.source].outputs[read.output])
    assert recording.covered(range(len(recording.operations)))
    assert not recording.covered(range(1, len(recording.operations)))


@every_model
def test_inputs_and_weights_have_their_names(name: str) -> None:
    model, args = case(name)
    recording = record(model, *args)
    weights = dict(model.named_parameters()) | dict(model.named_buffers())
    outside = [read for operation in recording.operations for read in operation.reads if read.source is None]
    assert outside
    for read in outside:
        assert read.name in weights or any(same(read.tensor, one) for one in args), read.name


@every_model
def test_torchlens_finds_the_same_operations(name: str) -> None:
    """An independent recorder, which wraps torch's functions instead of asking torch's own protocol."""
    import torchlens

    model, args = case(name)
    options = torchlens.options.CaptureOptions(keep_orphans=True, unwrap_when_done=True)
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(action="ignore"):
            calls = {
                op.func_call_id: op.func_name.strip("_") for op in torchlens.trace(model, args, capture=options).ops if op.is_compute_op
            }
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    ours = [part for operation in recorded(name).operations for part in SPLIT.get(operation.name, (operation.name,))]
    assert ours == [RENAMED.get(one, one) for one in calls.values()]
