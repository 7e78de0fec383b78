"""Max pooling."""

from __future__ import annotations

from typing import Literal

from engine.concepts.pooling.arguments import dilated, resolve
from engine.concepts.pooling.forward import PoolTrace, max_pooled
from engine.mark import concept
from engine.shapes import Size
from engine.trace import TensorLike


@concept(title="Max pooling", example={"input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]", "kernel_size": 2}, infinite=("output",))
def max_pool2d(
    input: TensorLike,
    kernel_size: Size | Literal["global"] | None = None,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    output_size: Size | None = None,
) -> PoolTrace:
    """Of every window of an image the largest number is kept.

    output[n, c, y, x] = max over i, j of input[n, c, y·stride + i·dilation − padding, x·stride + j·dilation − padding]

    One step computes one cell of the output, in memory order. Of equal numbers the first wins, row by row; ``indices`` says where in the
    input's plane, as row·width + column. Cells of padding are −∞: none of them wins.

    Args:
        input: height x width, channels x height x width, or batch x channels x height x width.
        kernel_size: of the window in cells, one number or height,width, or 'global' for the whole input; needed unless there is an
            output_size.
        stride: cells from one window to the next, one number or height,width; as the kernel if not given.
        padding: cells added on every side, at most half of the window, one number or height,width.
        dilation: cells from one cell of the window to the next, one number or height,width.
        ceil_mode: a last window may reach beyond the input.
        output_size: of the output, one number or height,width, in place of all that says what the windows are: these are then as even as
            can be, as in torch's adaptive pooling; window i goes from ⌊i·size/output_size⌋ up to but without ⌈(i+1)·size/output_size⌉.

    Returns:
        A trace; its outputs are output and indices, (batch x) channels x height x width.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.max_pool2d`` and ``adaptive_max_pool2d`` with ``return_indices``.
    """
    return max_pooled(resolve(input, kernel_size, stride, padding, output_size, ceil_mode=ceil_mode, extra=dilated(dilation)))
