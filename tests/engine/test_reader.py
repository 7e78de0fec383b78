"""Tensors from Python, texts and files: what is taken, and what a conversion may not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import attention, conv1d, lstm
from engine.catalogue import find
from engine.errors import InputError
from engine.inputs.arguments import Numbers, opened_from, parse
from engine.reader import converted, floating

F64 = torch.float64


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.arange(4.0)[::-1], [3, 2, 1, 0]),
        (np.arange(6).reshape(2, 3).T[::-1], [[2, 5], [1, 4], [0, 3]]),
        (np.array([1, -2], dtype=">i2"), [1, -2]),
        (np.broadcast_to(np.float32(0.5), (2, 2)), [[0.5, 0.5], [0.5, 0.5]]),
        (np.array([True, False]), [1, 0]),
        (np.float16(0.5), 0.5),
        (np.uint64(2**63), 2.0**63),
        ([np.array([1, 2]), np.array([3, 4])], [[1, 2], [3, 4]]),
        ([np.float64(1), np.int64(2)], [1, 2]),
        ([[True, False]], [[1, 0]]),
        ([2**53, -(2**60)], [2.0**53, -(2.0**60)]),
        (torch.tensor([2**62]), [2.0**62]),
    ],
    ids=str,
)
def test_what_is_taken_from_python(value: Any, expected: Any) -> None:
    found = floating("x", value)
    assert found.dtype == F64
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ([1, 2**53 + 1], "9007199254740993 at index [1] in x is not exact as float64"),
        (2**53 + 1, "9007199254740993 in x is not exact as float64"),
        ([[1.0], [-(2**53) - 1]], "-9007199254740993 at index [1, 0] in x is not exact"),
        (np.array([2**53 + 1]), "9007199254740993 at index [0] in x is not exact"),
        (np.array([2**64 - 1], dtype=np.uint64), "18446744073709551615 at index [0] in x is not exact"),
        (torch.tensor([[1, 2**53 + 1]]), "9007199254740993 at index [0, 1] in x is not exact"),
        (np.ones(2, dtype=np.longdouble), f"its dtype is {np.dtype(np.longdouble).name}"),
        (np.array(["a"]), "its dtype is <U1"),
        (torch.ones(2, device="meta"), "x is on the device meta, where tensors hold no numbers"),
        (torch.ones(2).to_sparse(), "sparse, nested or quantized"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_refused_from_python(value: Any, holds: str) -> None:
    with pytest.raises(InputError) as refused:
        floating("x", value)
    assert holds in str(refused.value)


def test_what_was_read_is_looked_at_after_its_conversion() -> None:
    given = torch.tensor([[0.1, 2.0**24, 1e20], [-3.4e38, 2.0**60, 16777217.5]], dtype=F64)
    assert converted(given, "'x'", "float64", "cpu", "") is given
    assert converted(given, "'x'", "float32", "cpu", "").tolist() == np.array(given.tolist(), dtype=np.float32).tolist()
    for wrong, sentence in {
        1e300: "1e+300 at index [1, 2] in 'x' is infinite as float32; give numbers up to 3.4e+38, or --dtype float64",
        -3.5e38: "-3.5e+38 at index [1, 2] in 'x' is infinite as float32; give numbers up to 3.4e+38, or --dtype float64",
        16777217: "16777217 at index [1, 2] in 'x' is not exact as float32; give whole numbers up to 2**24, or --dtype float64",
    }.items():
        given[1, 2] = wrong
        with pytest.raises(InputError) as refused:
            converted(given, "'x'", "float32", "cpu", "--dtype float64")
        assert str(refused.value) == sentence


def test_a_conversion_is_looked_at_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.reader.AT_ONCE", 4)
    given = torch.zeros(5, 3, dtype=F64)
    given[3, 2] = 16777219
    with pytest.raises(InputError, match=r"^16777219 at index \[3, 2\] "):
        converted(given, "x", "float32", "cpu", "y")


def test_infinity_that_was_given_stays() -> None:
    arguments = parse(find("conv1d"), {"input": "[Infinity,NaN]"}, Numbers(dtype="float32", allow_nan=True))
    assert str(arguments["input"].tolist()) == "[inf, nan]"


def test_a_state_dict_is_read_as_everything_else(tmp_path: Path) -> None:
    weights = {name: tensor.double() for name, tensor in torch.nn.LSTM(1, 1).state_dict().items()}
    for wrong, dtype, holds in (
        (float("nan"), "float64", "--state-dict: NaN at index [2, 0] in 'weight_hh_l0' of "),
        (1e300, "float32", "--state-dict: 1e+300 at index [2, 0] in 'weight_hh_l0' of "),
    ):
        weights["weight_hh_l0"][2, 0] = wrong
        torch.save(weights, tmp_path / "a.pt")
        texts = {"input": "[[1]]", "state_dict": str(tmp_path / "a.pt")}
        with pytest.raises(InputError) as refused:
            opened_from(find("lstm"), texts, dtype=dtype, device="cpu")
        assert holds in str(refused.value)
    weights["weight_hh_l0"][2, 0] = float("nan")
    torch.save(weights, tmp_path / "a.pt")
    trace = opened_from(find("lstm"), texts, device="cpu", allow_nan=True)
    assert trace.inputs["weight_hh"].isnan().tolist() == [[False], [False], [True], [False]]
    assert trace.outputs["g"].isnan().all()
    assert trace.outputs["i"].isfinite().all()


def test_a_seed_is_one_that_torch_takes() -> None:
    for seed in (-(2**63), 2**63 - 1):
        assert len(opened_from(find("conv1d"), {"input": "randn:2", "weight": "[1]"}, seed=seed, device="cpu")) == 2
        assert attention(tokens="a b", heads=2, seed=seed).params["seed"] == seed
    for seed in (-(2**63) - 1, 2**63, 10**19, 10**30):
        with pytest.raises(InputError, match=rf"^--seed is {seed}, which is too large; give a number from -2\*\*63 to 2\*\*63 - 1$"):
            opened_from(find("conv1d"), {"input": "randn:2", "weight": "[1]"}, seed=seed)
        for call in (lambda seed=seed: attention(tokens="a b", seed=seed), lambda seed=seed: lstm([[1.0]], seed=seed)):
            with pytest.raises(InputError, match=f"^seed is {seed}, which is too large"):
                call()


GROUNDS = [("cpu", "float16"), ("cpu", "number"), ("meta", "float64"), ("none", "float64"), ("", "float64")]


@pytest.mark.parametrize(("device", "dtype"), GROUNDS)
def test_what_tokens_are_drawn_as(device: str, dtype: str) -> None:
    with pytest.raises(InputError, match=r"^(device|dtype) is '"):
        attention(tokens="a b", device=device, dtype=dtype)


# --- LSTM: a batch of one ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_first", [False, True])
def test_a_batch_of_one_is_its_sequence(batch_first: bool) -> None:
    torch.manual_seed(0)
    module = torch.nn.LSTM(3, 2, batch_first=batch_first).double()
    x = torch.randn((1, 4, 3) if batch_first else (4, 1, 3), dtype=F64)
    h0, c0 = torch.randn(2, 1, 1, 2, dtype=F64)
    output, (h_n, c_n) = module(x, (h0, c0))
    trace = lstm(x, h0=h0, c0=c0, state_dict=module.state_dict())
    torch.testing.assert_close(trace.outputs["output"], output.detach().reshape(4, 2))
    torch.testing.assert_close(trace.outputs["h_n"], h_n.detach().reshape(2))
    torch.testing.assert_close(trace.outputs["c_n"], c_n.detach().reshape(2))


@pytest.mark.parametrize("shape", [(2, 3, 1), (1, 1, 2, 1), (3,)])
def test_several_sequences_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=f"^input has shape {'×'.join(map(str, shape))}; give one sequence"):
        lstm(torch.ones(shape))
    with pytest.raises(InputError, match=r"^h0 has shape 2x1x2"):
        lstm([[1.0]], h0=torch.ones(2, 1, 2))


def test_a_mask_of_true_and_false() -> None:
    trace = opened_from(find("attention"), {"query": "[[1,2],[3,4]]", "mask": "[[true,false],[true,true]]"}, device="cpu")
    assert trace.inputs["mask"].tolist() == [[1, 0], [1, 1]]
    assert conv1d([True, False], [1]).outputs["output"].tolist() == [[1, 0]]
