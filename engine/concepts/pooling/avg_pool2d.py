"""Average pooling."""

from __future__ import annotations

from typing import Literal

from engine.concepts.pooling.arguments import resolve
from engine.concepts.pooling.forward import PoolTrace, avg_pooled
from engine.mark import concept
from engine.shapes import Size
from engine.trace import TensorLike


@concept(title="Average pooling", example={"input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]", "kernel_size": 2})
def avg_pool2d(
    input: TensorLike,
    kernel_size: Size | Literal["global"] | None = None,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    output_size: Size | None = None,
) -> PoolTrace:
    """Of every window of an image the mean is kept.

    output[n, c, y, x] = 1/count · Σ_i Σ_j input[n, c, y·stride + i − padding, x·stride + j − padding]

    ``count`` is the number of cells of the window, without those beyond the padding, and without the padding unless it counts; or
    ``divisor_override``. One step computes one cell of the output, in memory order.

    Args:
        input: height x width, channels x height x width, or batch x channels x height x width.
        kernel_size: of the window in cells, one number or height,width, or 'global' for the whole input; needed unless there is an
            output_size.
        stride: cells from one window to the next, one number or height,width; as the kernel if not given.
        padding: cells of zeros added on every side, at most half of the window, one number or height,width.
        ceil_mode: a last window may reach beyond the input.
        count_include_pad: zeros of padding count as cells of the window.
        divisor_override: by what the sum of a window is divided, in place of the number of its cells; a whole number other than 0.
        output_size: of the output, one number or height,width, in place of all that says what the windows are: these are then as even as
            can be, as in torch's adaptive pooling; window i goes from ⌊i·size/output_size⌋ up to but without ⌈(i+1)·size/output_size⌉.

    Returns:
        A trace; its output is (batch x) channels x height x width.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.avg_pool2d`` and ``adaptive_avg_pool2d``.
    """
    extra = {"count_include_pad": bool(count_include_pad), "divisor_override": divisor_override}
    return avg_pooled(resolve(input, kernel_size, stride, padding, output_size, ceil_mode=ceil_mode, extra=extra))
