"""2-D convolution."""

from __future__ import annotations

from typing import Literal

from engine.concepts.convolution.arguments import resolve
from engine.concepts.convolution.forward import ConvTrace, convolve
from engine.mark import concept
from engine.shapes import Padding, Size
from engine.trace import TensorLike


@concept(
    title="2-D convolution",
    example={
        "input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]",
        "weight": "[[1,2],[-2,-1]]",
        "padding": 1,
    },
)
def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
    *,
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
    flip: bool = False,
) -> ConvTrace:
    """A kernel slides over an image; every window becomes one number.

    output[n, f, y, x] = bias[f] + Σ_c Σ_i Σ_j weight[f, c, i, j] · input[n, c, u, v]
    with u = y·stride + i·dilation − padding and v = x·stride + j·dilation − padding

    This is the cross-correlation that torch calls convolution; ``flip`` turns the kernel by 180° first. One step computes one cell of the
    output, in memory order: filter by filter, row by row.

    Args:
        input: height x width, channels x height x width, or batch x channels x height x width.
        weight: filters x (channels/groups) x height x width; a bare height x width kernel is shared by all channels.
        bias: one number per filter.
        stride: cells from one window to the next, one number or height,width.
        padding: cells added on every side, one number or height,width; or before:after for each, top:bottom,left:right such as 1:0,2:1
            ([[1,0],[2,1]] in JSON and Python); or 'valid' (none) or 'same' (keeps the size; of an odd number of cells the one more is at
            the bottom, or at the right).
        dilation: cells from one tap of the kernel to the next, one number or height,width.
        groups: channels and filters are split into this many groups; as many as there are channels is a depthwise convolution.
        padding_mode: what padding cells hold.
        flip: turn the kernel around, for the convolution of signal processing.

    Returns:
        A trace; its output is (batch x) filters x height x width.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.conv2d``; Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    """
    return convolve(resolve(2, input, weight, bias, stride, padding, dilation, groups, padding_mode, flip))
