"""The way back through a 2-D convolution."""

from __future__ import annotations

from engine.concepts.convolution.backward import ConvBackwardTrace, convolve_backward, resolve_backward
from engine.mark import concept
from engine.shapes import Padding, Size
from engine.trace import TensorLike


@concept(
    title="Back through conv2d",
    example={
        "grad_output": "[[1,0,-1],[2,1,0],[0,-1,1]]",
        "input": "[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]",
        "weight": "[[1,2],[-2,-1]]",
    },
)
def conv2d_backward(
    grad_output: TensorLike,
    input: TensorLike,
    weight: TensorLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> ConvBackwardTrace:
    """The gradients of bias, weights and input from that of the output; each is a convolution itself.

    grad_bias[f] = Σ grad_output[n, f, y, x] over n, y, x
    grad_weight[f, c, i, j] = Σ grad_output[n, f, y, x] · input[n, c, y·stride + i·dilation − padding, x·stride + j·dilation − padding]
    over n, y, x: the input correlated with grad_output
    grad_input[n, c, u, v] = Σ grad_output[n, f, y, x] · weight[f, c, i, j] over all f, y, x, i, j with u = y·stride + i·dilation − padding
    and v = x·stride + j·dilation − padding: grad_output, spread out by the stride and padded in full, correlated with the weights turned
    by 180°

    One step computes one cell: first those of grad_bias, then of grad_weight, then of grad_input, each in memory order.

    Args:
        grad_output: the gradient of every cell of the output, as large as the output of conv2d.
        input: height x width, channels x height x width, or batch x channels x height x width.
        weight: filters x (channels/groups) x height x width; a bare height x width kernel is shared by all channels.
        stride: cells from one window to the next, one number or height,width.
        padding: cells of zeros added on every side, one number or height,width; or before:after for each, top:bottom,left:right such as
            1:0,2:1 ([[1,0],[2,1]] in JSON and Python); or 'valid' (none) or 'same' (keeps the size).
        dilation: cells from one tap of the kernel to the next, one number or height,width.
        groups: channels and filters are split into this many groups.

    Returns:
        A trace; its outputs are grad_input and grad_weight, as large as input and weight, and grad_bias, one number per filter.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.nn.grad.conv2d_input`` and ``conv2d_weight``; Dumoulin and Visin, "A guide to convolution arithmetic for deep learning",
    arXiv:1603.07285, chapter 4.
    """
    return convolve_backward(resolve_backward(grad_output, input, weight, stride, padding, dilation, groups))
