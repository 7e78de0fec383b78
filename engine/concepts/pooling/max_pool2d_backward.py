"""The way back through max pooling."""

from __future__ import annotations

from typing import Literal

from engine.concepts.pooling.arguments import dilated, resolve
from engine.concepts.pooling.backward import PoolBackwardTrace, max_routed
from engine.mark import concept
from engine.shapes import Size
from engine.trace import TensorLike


@concept(
    title="Back through max pooling",
    example={
        "grad_output": "[[1,2,-1],[3,4,2],[5,-2,6]]",
        "input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]",
        "kernel_size": 2,
        "stride": 1,
    },
)
def max_pool2d_backward(
    grad_output: TensorLike,
    input: TensorLike,
    kernel_size: Size | Literal["global"] | None = None,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    output_size: Size | None = None,
) -> PoolBackwardTrace:
    """The gradient of every window goes to the cell that won it; where windows overlap, gradients add up.

    grad_input[n, c, y, x] = sum of grad_output[n, c, o] over all windows o that (y, x) wins

    One step takes one window, in memory order, and adds its gradient to what the winner's cell holds. Of equal numbers the first wins, row
    by row, as in torch.

    Args:
        grad_output: the gradient of every cell of the output, as large as the output of max_pool2d.
        input: what was pooled, height x width, channels x height x width, or batch x channels x height x width.
        kernel_size: of the window in cells, one number or height,width, or 'global' for the whole input; needed unless there is an
            output_size.
        stride: cells from one window to the next, one number or height,width; as the kernel if not given.
        padding: cells added on every side, at most half of the window, one number or height,width.
        dilation: cells from one cell of the window to the next, one number or height,width.
        ceil_mode: a last window may reach beyond the input.
        output_size: of the output, one number or height,width, in place of all that says what the windows are: these are then as even as
            can be, as in torch's adaptive pooling; window i goes from ⌊i·size/output_size⌋ up to but without ⌈(i+1)·size/output_size⌉.

    Returns:
        A trace; its output is grad_input, (batch x) channels x height x width.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.max_pool2d`` and ``adaptive_max_pool2d`` under ``torch.autograd``.
    """
    setup = resolve(input, kernel_size, stride, padding, output_size, ceil_mode=ceil_mode, extra=dilated(dilation))
    return max_routed(setup, grad_output)
