"""The way back through average pooling."""

from __future__ import annotations

from typing import Literal

from engine.concepts.pooling.arguments import resolve
from engine.concepts.pooling.backward import PoolBackwardTrace, avg_spread
from engine.mark import concept
from engine.shapes import Size
from engine.trace import TensorLike


@concept(
    title="Back through average pooling",
    example={
        "grad_output": "[[4,8,-4],[12,4,8],[-8,4,16]]",
        "input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]",
        "kernel_size": 2,
        "stride": 1,
    },
)
def avg_pool2d_backward(
    grad_output: TensorLike,
    input: TensorLike,
    kernel_size: Size | Literal["global"] | None = None,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    output_size: Size | None = None,
) -> PoolBackwardTrace:
    """The gradient of every window is spread evenly over its cells; where windows overlap, shares add up.

    grad_input[n, c, y, x] = sum of grad_output[n, c, o] / (number of cells of window o) over all windows o around (y, x)

    One step takes one window, in memory order, and adds its share to what each of its cells holds. Shares of cells in the padding are lost.

    Args:
        grad_output: the gradient of every cell of the output, as large as the output of avg_pool2d.
        input: what was pooled, height x width, channels x height x width, or batch x channels x height x width; only its size matters.
        kernel_size: of the window in cells, one number or height,width, or 'global' for the whole input; needed unless there is an
            output_size.
        stride: cells from one window to the next, one number or height,width; as the kernel if not given.
        padding: cells of zeros added on every side, at most half of the window, one number or height,width.
        ceil_mode: a last window may reach beyond the input.
        count_include_pad: cells of padding count as cells of the window.
        divisor_override: by what a gradient is divided, in place of the number of cells of its window; a whole number other than 0.
        output_size: of the output, one number or height,width, in place of all that says what the windows are: these are then as even as
            can be, as in torch's adaptive pooling; window i goes from ⌊i·size/output_size⌋ up to but without ⌈(i+1)·size/output_size⌉.

    Returns:
        A trace; its output is grad_input, (batch x) channels x height x width.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.avg_pool2d`` and ``adaptive_avg_pool2d`` under ``torch.autograd``.
    """
    extra = {"count_include_pad": bool(count_include_pad), "divisor_override": divisor_override}
    setup = resolve(input, kernel_size, stride, padding, output_size, ceil_mode=ceil_mode, extra=extra)
    return avg_spread(setup, grad_output)
