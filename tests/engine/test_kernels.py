"""Named kernels: their sums, orientation and response."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d

from engine.errors import InputError
from engine.inputs.kernels import KERNELS, kernel

NAMES = ["sobel_x", "sobel_y", "prewitt_v", "prewitt_h", "sharpen", "mean5", "gaussian5", "laplacian", "identity"]


def respond(name: str, picture: torch.Tensor) -> torch.Tensor:
    weight = kernel(name)
    return conv2d(picture[None, None], weight[None, None], padding=weight.shape[0] // 2)[0, 0]


def impulse(side: int = 9) -> torch.Tensor:
    picture = torch.zeros(side, side, dtype=torch.float64)
    picture[side // 2, side // 2] = 1.0
    return picture


def vertical_edge() -> torch.Tensor:
    picture = torch.zeros(9, 9, dtype=torch.float64)
    picture[:, 5:] = 1.0
    return picture


def test_names() -> None:
    assert list(KERNELS) == NAMES


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("sobel_x", 0.0),
        ("sobel_y", 0.0),
        ("prewitt_v", 0.0),
        ("prewitt_h", 0.0),
        ("sharpen", 1.0),
        ("mean5", 1.0),
        ("gaussian5", 1.0),
        ("laplacian", 0.0),
        ("identity", 1.0),
    ],
)
def test_sum(name: str, total: float) -> None:
    assert float(kernel(name).sum()) == pytest.approx(total, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_square_float64(name: str) -> None:
    value = kernel(name)
    assert value.dtype == torch.float64
    assert value.shape == ((5, 5) if name.endswith("5") else (3, 3))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("sobel_x", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        ("sobel_y", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        ("prewitt_v", [[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        ("prewitt_h", [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
        ("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        ("laplacian", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        ("identity", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    ],
)
def test_values(name: str, rows: list[list[float]]) -> None:
    assert kernel(name).tolist() == rows


def test_sobel_y_is_sobel_x_transposed() -> None:
    assert torch.equal(kernel("sobel_y"), kernel("sobel_x").T)


def test_gaussian_weights_sum_to_273() -> None:
    raw = kernel("gaussian5") * 273
    torch.testing.assert_close(raw, raw.round(), rtol=0, atol=1e-13)
    assert float(raw.round().sum()) == 273
    assert float(raw.round().max()) == 41


def test_gaussian_is_symmetric() -> None:
    value = kernel("gaussian5")
    assert torch.equal(value, value.T)
    assert torch.equal(value, value.flip(0))


def test_gaussian_on_an_impulse() -> None:
    result = respond("gaussian5", impulse())
    assert float(result[4, 4]) == 41 / 273
    torch.testing.assert_close(result[2:7, 2:7], kernel("gaussian5"), rtol=0, atol=0)


def test_mean_spreads_an_impulse_evenly() -> None:
    assert respond("mean5", impulse())[2:7, 2:7].unique().tolist() == [1 / 25]


def test_identity_changes_nothing() -> None:
    picture = torch.rand(7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(respond("identity", picture), picture)


@pytest.mark.parametrize(("across", "along"), [("sobel_x", "sobel_y"), ("prewitt_v", "prewitt_h")])
def test_edge_kernels_fire_on_their_own_edges(across: str, along: str) -> None:
    edge = vertical_edge()
    inner = (slice(1, -1), slice(1, -1))  # the zero padding makes edges of its own
    assert respond(across, edge)[inner].abs().max() > 0
    assert respond(along, edge)[inner].abs().max() == 0
    assert respond(along, edge.T)[inner].abs().max() > 0
    assert respond(across, edge.T)[inner].abs().max() == 0


def test_each_call_gives_a_fresh_tensor() -> None:
    kernel("identity").zero_()
    assert float(kernel("identity").sum()) == 1


def test_unknown_name() -> None:
    with pytest.raises(InputError, match=r"'sobel' is not a kernel name; use one of sobel_x, "):
        kernel("sobel")


def test_names_cost_no_torch_import() -> None:
    code = "import sys; from engine.inputs.kernels import KERNELS; sys.exit('torch' in sys.modules or not KERNELS)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60).returncode == 0
