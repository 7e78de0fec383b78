"""What is said of an operation of torch whose line of code has no comment; as in comments, what holds above 0 stands before the bar."""

from __future__ import annotations

from engine.ops.rules import common_name

#: By the common names of operations.
SAID = {
    "relu": "above 0 it stays | from 0 down it becomes 0",
    "leaky_relu": "above 0 it stays | from 0 down times a slope",
    "prelu": "above 0 it stays | from 0 down times the weight",
    "elu": "above 0 it stays | from 0 down it levels off",
    "hardtanh": "kept between two bounds",
    "clamp": "kept between two bounds",
    "gelu": "times the share of a normal distribution below it",
    "silu": "times its own sigmoid",
    "softplus": "a relu with a smooth corner",
    "sigmoid": "squeezed between 0 and 1",
    "tanh": "squeezed between −1 and 1",
    "exp": "e to that power",
    "log": "its logarithm",
    "sqrt": "its root",
    "square": "times itself",
    "add": "the sum of both",
    "sub": "the difference",
    "mul": "the product of both",
    "div": "the one over the other",
    "neg": "the other sign",
    "sum": "all added up",
    "mean": "the mean of all",
    "amax": "the largest of all",
    "matmul": "a row of the one times a column of the other",
    "bmm": "a row of the one times a column of the other",
    "mm": "a row of the one times a column of the other",
    "linear": "the neuron weighs its input and adds up",
    "embedding": "the row of the table with this number",
    "cat": "side by side",
    "stack": "one upon the other",
    "masked_fill": "kept, or hidden by the mask",
    "where": "one of both, as the condition says",
    "pad": "kept, with cells around",
    "conv_transpose2d": "every number is spread by the kernel",
    "conv_transpose1d": "every number is spread by the kernel",
    "conv3d": "a window of the input times the kernel",
}


def said(op: str) -> str:
    """That; nothing of what there is nothing to be said."""
    return SAID.get(common_name(op), "")
