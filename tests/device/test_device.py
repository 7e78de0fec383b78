"""Every concept, operation and recording computes on the device that it is given, what the CPU computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.catalogue import concepts, trace_of
from engine.code.forward import Code, CodeTrace, opened
from engine.ground import ground
from engine.inputs.arguments import Numbers, example_texts, parse
from engine.paths import by_path
from engine.recorder.record import record
from engine.signature import Signature
from engine.trace import Trace
from tests.engine import operations
from tests.engine.models import CASES, case

#: Steps of a trace that are cut.
MOST_STEPS = 200
#: What two devices may differ by, in float64; kernels add up in other orders.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
#: All operations but one that draws numbers, which are others on another device.
OPERATIONS = [
    pytest.param(one, id=f"{name}-{number}")
    for name, several in operations.CASES.items()
    for number, one in enumerate(several)
    if one.function is not operations.thinned
]


def trace(name: str, device: str) -> Trace:
    """The example of a concept."""
    concept = next(one for one in concepts().values() if one.name == name)
    texts = {key: example_texts(value) for key, value in concept.example.items()}
    if concept.name == "backprop":
        pytest.importorskip("grandalf", reason="backprop draws up its graph with grandalf, which is not installed")
    own = {parameter.name for parameter in concept.parameters}
    return trace_of(concept, {**parse(concept, texts, Numbers(device=device)), **({"device": device} if "device" in own else {})})


@pytest.mark.parametrize("name", concepts())
def test_a_concept(name: str, device: str) -> None:
    here, there = trace(name, "cpu"), trace(name, device)
    for (path, one), (_, other) in zip(by_path(here.outputs), by_path(there.outputs), strict=True):
        assert other.device.type == torch.device(device).type, path
        torch.testing.assert_close(other.cpu(), one, **CLOSE)
    for k in range(0, len(here), max(1, len(here) // MOST_STEPS)):
        one, other = here[k], there[k]
        assert (other.phase, other.reads, other.writes) == (one.phase, one.reads, one.writes)
        assert other.value == pytest.approx(one.value, rel=1e-9, abs=1e-9)
    if isinstance(there, CodeTrace):
        assert there.code == here.code


def traced(one: operations.Case, device: str, monkeypatch: pytest.MonkeyPatch) -> Trace:
    """The trace of a case, whose constants are on the device, too."""
    for constant in ("MASK", "ROWS", "BOTH"):
        monkeypatch.setattr(operations, constant, getattr(operations, constant).to(device))
    own = Code(one.function, Signature(one.function), None, "", "", "A case")
    arguments = [given.to(device) for given in one.arguments(1)]
    with torch.device(device):
        return opened(own, *arguments)


@pytest.mark.parametrize("one", OPERATIONS)
def test_an_operation(one: operations.Case, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ground():
        here, there = (traced(one, where, monkeypatch) for where in ("cpu", device))
        assert (len(there), list(there.outputs)) == (len(here), list(here.outputs))
        for path, tensor in here.outputs.items():
            assert there.outputs[path].device.type == torch.device(device).type
            torch.testing.assert_close(there.outputs[path].cpu(), tensor, **CLOSE)
        for mine, other in zip(here, there, strict=True):
            assert (other.reads, other.writes) == (mine.reads, mine.writes)
            assert other.value == pytest.approx(mine.value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_a_recording(name: str, device: str) -> None:
    model = case(name)
    function, args = placed(model[0], device), placed(model[1], device)
    with ground():
        recording = record(function, *args)
        for operation in recording.operations:
            for mine, again in zip(operation.outputs, operation.again(), strict=True):
                assert mine.device.type == torch.device(device).type or not mine.is_floating_point()
                torch.testing.assert_close(again, mine, rtol=1e-4, atol=1e-5, equal_nan=True)
    assert recording.outputs


def placed(value: Any, device: str) -> Any:
    """The same on the device."""
    if isinstance(value, Tensor | torch.nn.Module):
        return value.to(device)
    return tuple(placed(one, device) for one in value) if isinstance(value, tuple) else value
