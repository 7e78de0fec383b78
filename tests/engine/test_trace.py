from __future__ import annotations

import dataclasses
import importlib
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import engine
from engine import conv1d, conv2d
from engine.errors import CheckError, InputError
from engine.mark import concept
from engine.trace import Step, Trace, compare, floating, largest, together
from engine.verdict import TOLERANCE
from tests.stand_ins import steps

ROOT = Path(__file__).parents[2]
INF, NAN = math.inf, math.nan
convolution: Any = importlib.import_module("engine.concepts.convolution.forward")


def f64(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def f32(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


# --- compare -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("computed", "expected", "scale", "error"),
    [
        (f64(1, 2), f64(1, 2), 1.0, 0.0),
        (f64(1, 2 + 9e-11), f64(1, 2), 1.0, 9e-11),
        (f64(1, 2 - 9e-7), f64(1, 2), 1e4, 9e-7),
        (f32(1, 2 + 9e-6), f32(1, 2), 1.0, 9e-6),
        (f64(), f64(), 1.0, 0.0),
        (f64(0, 0), f64(0, -0.0), 0.0, 0.0),
        (f64(NAN, 1), f64(NAN, 1), 1.0, 0.0),
        (f64(INF, -INF, NAN), f64(INF, -INF, NAN), 1.0, 0.0),
        (f64(INF, 3), f64(INF, 3), INF, 0.0),
        (f64(NAN, 3 + 2e-10), f64(NAN, 3), NAN, 2e-10),
    ],
)
def test_compare_accepts(computed: Tensor, expected: Tensor, scale: float, error: float) -> None:
    reference = compare("torch.one", computed, expected, scale)
    assert reference.name == "torch.one"
    assert reference.max_abs_error == pytest.approx(error, rel=0.1, abs=1e-15)


@pytest.mark.parametrize(
    ("computed", "expected", "scale"),
    [
        (f64(1, 2 + 1.1e-10), f64(1, 2), 1.0),
        (f64(1, 2 - 1.1e-10), f64(1, 2), 1.0),
        (f64(1e-7, 0), f64(0, 0), 1.0),
        (f64(1e-300), f64(0), 0.0),
        (f32(1, 2 + 1.2e-5), f32(1, 2), 1.0),
        (f64(1, 2), f64(2, 1), 1.0),
        (f64(NAN, 2), f64(1, 2), 1.0),
        (f64(1, 2), f64(NAN, 2), 1.0),
        (f64(NAN, 2), f64(2, NAN), 1.0),
        (f64(INF, 2), f64(1, 2), 1.0),
        (f64(1, 2), f64(1, INF), 1.0),
        (f64(INF, 2), f64(-INF, 2), 1.0),
        (f64(INF, 2), f64(NAN, 2), 1.0),
        (f64(NAN, 2), f64(-INF, 2), 1.0),
        (f64(1, 2), f64(1, INF), INF),
        (f64(1, 2, INF), f64(1, 3, INF), INF),
        (f64(1, 2, NAN), f64(1, 3, NAN), NAN),
        (f64(1.7e308), f64(-1.7e308), 1.0),
        (f64(1, 2), f64(1, 2, 3), 1.0),
        (f64(1, 2), f64(1, 2)[None], 1.0),
    ],
)
def test_compare_refuses(computed: Tensor, expected: Tensor, scale: float) -> None:
    with pytest.raises(CheckError, match=r"torch\.one") as caught:
        compare("torch.one", computed, expected, scale)
    assert "\n" not in str(caught.value)


def test_tolerances() -> None:
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-5)):
        assert TOLERANCE[dtype] == tolerance


@pytest.mark.parametrize(("values", "most"), [((), 0.0), ((1, -3, 2), 3.0), ((0, -0.0), 0.0), ((1, -INF), INF)])
def test_largest(values: tuple[float, ...], most: float) -> None:
    assert largest(f64(*values)) == most


# --- a wrong computation is noticed ------------------------------------------------------------------------------------------------------


def broken(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    right = convolution._values
    monkeypatch.setattr(convolution, "_values", lambda setup, padded: wrong(right(setup, padded)))


@pytest.mark.parametrize("cell", [(0, 0, 0, 0), (0, 1, 2, 1), (1, 2, 3, 3)])
@pytest.mark.parametrize(("dtype", "wrong"), [(torch.float64, lambda v: v + 1e-6), (torch.float32, lambda v: v * (1 + 1e-3))])
@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_one_wrong_cell_is_noticed(
    monkeypatch: pytest.MonkeyPatch, cell: tuple[int, ...], dtype: torch.dtype, wrong: Any, mode: Any
) -> None:
    def one_cell(values: Tensor) -> Tensor:
        values[cell] = wrong(values[cell])
        return values

    generator = torch.Generator().manual_seed(0)
    x, w = 1 + torch.rand(2, 2, 4, 4, generator=generator, dtype=dtype), 1 + torch.rand(3, 2, 3, 3, generator=generator, dtype=dtype)
    assert conv2d(x, w, padding=1, padding_mode=mode).outputs["output"].shape == (2, 3, 4, 4)
    broken(monkeypatch, one_cell)
    with pytest.raises(CheckError, match=r"torch\.nn\.functional\.conv2d"):
        conv2d(x, w, padding=1, padding_mode=mode)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda v: v.flip(-1),
        lambda v: -v,
        lambda v: torch.zeros_like(v),
        lambda v: torch.full_like(v, NAN),
        lambda v: v[..., :-1],
        lambda v: v.unsqueeze(0),
    ],
)
def test_wrong_values_are_noticed(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    assert len(conv1d([1, 2, 4, 8], [1, 3])) == 3
    broken(monkeypatch, wrong)
    with pytest.raises(CheckError, match=r"torch\.nn\.functional\.conv1d"):
        conv1d([1, 2, 4, 8], [1, 3])


@pytest.mark.parametrize("part", ["_gather", "_sources"])
def test_wrong_padding_is_noticed(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    right = getattr(convolution, part)
    monkeypatch.setattr(convolution, part, lambda *args: right(*args).roll(1, -1))
    with pytest.raises(CheckError):
        conv2d([[1, 2, 3], [4, 5, 6], [7, 8, 10]], [[1, 2], [3, 5]], padding=1, padding_mode="replicate")


# --- what a trace takes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, torch.float64),
        (2.5, torch.float64),
        (True, torch.float64),
        ([1, 2], torch.float64),
        (((1, 2.5), (3, 4)), torch.float64),
        ([], torch.float64),
        (range(3), torch.float64),
        ([NAN, INF], torch.float64),
        (torch.tensor([1, 2], dtype=torch.int16), torch.float64),
        (torch.tensor([True, False]), torch.float64),
        (f64(1, 2), torch.float64),
        (f32(1, 2), torch.float32),
        (f32(1, 2).requires_grad_(), torch.float32),
        (f32(1, 2).numpy(), torch.float64),
    ],
    ids=str,
)
def test_floating(value: Any, dtype: torch.dtype) -> None:
    result = floating("x", value)
    assert result.dtype == dtype
    assert not result.requires_grad
    expected = torch.tensor(list(value) if isinstance(value, range) else value.tolist() if hasattr(value, "tolist") else value)
    torch.testing.assert_close(result, expected.to(dtype), equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ("word", "str"),
        (["a"], "str"),
        ([[1, 2], [3]], "length 2"),
        ([[1, 2], 3], "cannot be made a tensor"),
        (None, "NoneType"),
        ({}, "dict"),
        (1j, "complex"),
        ([1j], "complex"),
        ([10**400], "cannot be made a tensor"),
        (torch.zeros(1, dtype=torch.half), "float16"),
        (torch.zeros(1, dtype=torch.bfloat16), "bfloat16"),
        (torch.zeros(1, dtype=torch.complex64), "complex64"),
        (torch.zeros(1, dtype=torch.complex128), "complex128"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_floating_refuses(value: Any, holds: str) -> None:
    with pytest.raises(InputError) as caught:
        floating("kernel", value)
    assert str(caught.value).startswith("kernel ")
    assert holds in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("dtypes", "result"),
    [
        ([torch.float64, torch.float64], torch.float64),
        ([torch.float32, torch.float32, torch.float32], torch.float32),
        ([torch.float32, torch.float64], torch.float64),
        ([torch.float32], torch.float32),
    ],
)
def test_together(dtypes: list[torch.dtype], result: torch.dtype) -> None:
    given = {f"t{i}": torch.full((2,), i + 0.5, dtype=dtype) for i, dtype in enumerate(dtypes)}
    got = together(given)
    assert list(got) == list(given)
    for name, t in given.items():
        assert got[name].dtype == result
        assert got[name].tolist() == t.tolist()


def test_together_needs_one_device() -> None:
    with pytest.raises(InputError, match=r"a on cpu, b on meta"):
        together({"a": torch.zeros(1), "b": torch.zeros(1, device="meta")})


# --- traces and concepts -----------------------------------------------------------------------------------------------------------------


def test_a_trace_only_cuts_what_is_asked_for() -> None:
    asked: list[int] = []
    trace = conv2d(torch.ones(4, 4), torch.ones(2, 2))
    watched = dataclasses.replace(trace, **steps(lambda k: asked.append(k) or trace[k], trace.phases))
    assert len(watched) == 9
    assert watched[2].index == 2
    assert watched[-1].index == 8
    assert [step.index for step in watched[1:8:3]] == [1, 4, 7]
    assert asked == [2, 8, 1, 4, 7]
    for index in (9, -10):
        with pytest.raises(IndexError):
            watched[index]
    assert len(asked) == 5
    assert next(iter(watched)).index == 0
    assert asked[5:] == [0]
    assert isinstance(watched, Trace)


def test_steps_and_traces_are_frozen() -> None:
    trace = conv2d(torch.ones(2, 2), torch.ones(1, 1))
    assert isinstance(trace[0], Step)
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace[0].value = 3.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.title = "other"  # type: ignore[misc]


def test_concept_names_the_trace_and_computes_without_gradients() -> None:
    seen: list[bool] = []

    @concept(title="A title", example={"input": "[1]"})
    def something(x: Tensor) -> Trace:
        """Its words."""
        seen.append(torch.is_grad_enabled())
        return dataclasses.replace(conv2d(x, [[2.0]]), params={})

    trace = something(torch.ones(1, 1, requires_grad=True))
    assert (trace.concept, trace.title) == ("something", "A title")
    assert (something.__name__, something.__doc__) == ("something", "Its words.")
    assert not trace.outputs["output"].requires_grad
    assert seen == [False]
    assert torch.is_grad_enabled()


# --- imports -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "import engine; assert not {'torch', 'manim', 'numpy'} & sys.modules.keys()",
        "import engine.errors, engine.shapes, engine.numbers, engine.inputs.kernels; assert not {'torch', 'manim'} & sys.modules.keys()",
        "from engine import conv2d; assert callable(conv2d) and 'torch' in sys.modules and 'manim' not in sys.modules",
        "import engine.concepts.convolution.conv2d; from engine import conv2d; assert callable(conv2d) and engine.conv2d is conv2d",
        "import engine; assert callable(engine.conv1d) and engine.conv1d.__name__ == 'conv1d'",
        "from engine import conv2d; import engine.concepts.convolution.conv2d; assert engine.conv2d is conv2d and callable(conv2d)",
        "from engine.concepts.convolution.conv2d import conv2d as one; from engine import conv2d as other; assert one is other",
        "import engine; m = __import__('importlib').import_module('engine.concepts.convolution.conv2d'); assert m.conv2d is engine.conv2d",
        "import engine.shapes; assert engine.shapes.conv_output_size(5, 3) == 3",
    ],
)
def test_imports(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import sys; {code}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name() -> None:
    with pytest.raises(ImportError, match="conv7d"):
        from engine import conv7d  # noqa: F401
    for name in ("conv7d", "_private", "__wrapped__"):
        with pytest.raises(AttributeError, match=name):
            getattr(engine, name)
