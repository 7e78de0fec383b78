"""Small image kernels that can be named on the command line; the names cost no torch import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.shown import shown

if TYPE_CHECKING:
    import torch

Rows = tuple[tuple[float, ...], ...]

_GAUSSIAN5 = (
    (1, 4, 7, 4, 1),
    (4, 16, 26, 16, 4),
    (7, 26, 41, 26, 7),
    (4, 16, 26, 16, 4),
    (1, 4, 7, 4, 1),
)


def _divided(rows: Rows, divisor: float) -> Rows:
    return tuple(tuple(value / divisor for value in row) for row in rows)


# The values are laid out for cross-correlation, which is what a convolution layer computes: nothing is flipped.
KERNELS: dict[str, Rows] = {
    "sobel_x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),  # fires on vertical edges
    "sobel_y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),  # fires on horizontal edges
    "prewitt_v": ((1, 0, -1), (1, 0, -1), (1, 0, -1)),  # vertical edges
    "prewitt_h": ((1, 1, 1), (0, 0, 0), (-1, -1, -1)),  # horizontal edges
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "mean5": _divided(((1,) * 5,) * 5, 25),
    "gaussian5": _divided(_GAUSSIAN5, 273),  # 273 is the sum, so that brightness is kept
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
}


def kernel(name: str) -> torch.Tensor:
    """The kernel of that name: float64, shape [k, k], without unit; a fresh tensor at every call.

    Raises InputError for a name that is not in KERNELS.
    """
    import torch  # here, so that listing the names stays quick

    if name not in KERNELS:
        raise InputError(f"{shown(name)} is not a kernel name; use one of {', '.join(KERNELS)}")
    return torch.tensor(KERNELS[name], dtype=torch.float64)
