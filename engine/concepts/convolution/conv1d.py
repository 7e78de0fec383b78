"""1-D convolution."""

from __future__ import annotations

from typing import Literal

from engine.concepts.convolution.arguments import resolve
from engine.concepts.convolution.forward import ConvTrace, convolve
from engine.mark import concept
from engine.shapes import Padding, Size
from engine.trace import TensorLike


@concept(
    title="1-D convolution",
    example={"input": "[1,2,3,4,5,6,7,8,9]", "weight": "[2,-1,3]", "padding": 1, "stride": 2},
)
def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Size = 1,
    padding: Padding | Literal["causal"] = 0,
    dilation: Size = 1,
    groups: int = 1,
    *,
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
    flip: bool = False,
) -> ConvTrace:
    """A kernel slides along a sequence; every window becomes one number.

    output[n, f, t] = bias[f] + Σ_c Σ_i weight[f, c, i] · input[n, c, t·stride + i·dilation − padding]

    This is the cross-correlation that torch calls convolution; ``flip`` reverses the kernel first. One step computes one cell of the
    output, filter by filter, from left to right.

    Args:
        input: length, channels x length, or batch x channels x length.
        weight: filters x (channels/groups) x length; a bare kernel is shared by all channels.
        bias: one number per filter.
        stride: cells from one window to the next.
        padding: cells added on both sides, or before:after such as 2:0 ([[2,0]] in JSON and Python), or 'valid' (none), 'same' (keeps the
            length; of an odd number of cells the one more is at the end) or 'causal' (all before, dilation·(length of the kernel − 1), so
            that no window sees what comes later).
        dilation: cells from one tap of the kernel to the next.
        groups: channels and filters are split into this many groups; as many as there are channels is a depthwise convolution.
        padding_mode: what padding cells hold.
        flip: turn the kernel around, for the convolution of signal processing.

    Returns:
        A trace; its output is (batch x) filters x length.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.functional.conv1d``.
    """
    return convolve(resolve(1, input, weight, bias, stride, padding, dilation, groups, padding_mode, flip))
