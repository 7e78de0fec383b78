"""Long short-term memory: a cell state that gates write, keep and show."""

from __future__ import annotations

from engine.concepts.lstm.arguments import resolve
from engine.concepts.lstm.trace import LstmTrace, traced
from engine.mark import concept
from engine.trace import StateDict, TensorLike


@concept(
    title="LSTM",
    example={
        "input": "[[1,1],[-1,0],[2,1]]",
        "weight_ih": "[[0,4],[0,-4],[0,-4],[0,4],[1,0],[1,0],[0,1],[0,-1]]",
        "weight_hh": "[[1,0],[0,0],[0,0],[0,0],[0,-1],[0,0],[0,2],[1,0]]",
        "bias_ih": "[-2,2,2,-2,0,0,1,1]",
    },
)
def lstm(
    input: TensorLike,
    weight_ih: TensorLike | None = None,
    weight_hh: TensorLike | None = None,
    bias_ih: TensorLike | None = None,
    bias_hh: TensorLike | None = None,
    h0: TensorLike | None = None,
    c0: TensorLike | None = None,
    *,
    hidden_size: int | None = None,
    state_dict: StateDict | None = None,
    seed: int = 0,
) -> LstmTrace:
    """A memory cell whose gates decide at every time step what is kept, what is written and what is shown.

    i, f, o = sigmoid(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh), g = tanh(the same with its own rows),
    c[t] = f * c[t-1] + i * g, h[t] = o * tanh(c[t])

    One step computes one number. A time step computes, unit by unit, the input gate i, the forget gate f, the candidate g, the output gate
    o, the cell state c, its tanh, and the hidden state h. The rows of the weights are stacked in the order i, f, g, o, as in torch. Without
    weights they are drawn at random and rounded.

    Args:
        input: one sequence, time steps x features; a batch of one, with an axis of 1 before or behind the time steps, is that sequence.
        weight_ih: what x is multiplied by, 4·hidden_size x features.
        weight_hh: what h of the time step before is multiplied by, 4·hidden_size x hidden_size.
        bias_ih: what is added to every gate, 4·hidden_size numbers; none if not given.
        bias_hh: a second bias, as torch has it, 4·hidden_size numbers; none if not given.
        h0: the hidden state before the first time step, hidden_size numbers; zeros if not given.
        c0: the cell state before the first time step, hidden_size numbers; zeros if not given.
        hidden_size: number of units; that of the weights if they are given, otherwise 2 unless given here.
        state_dict: the trained weights of an nn.LSTM with one layer, in place of the weights and biases.
        seed: for weights that are drawn at random.

    Returns:
        A trace; its outputs are output (the hidden state h of every time step), h_n and c_n (the last states), and of every time step i, f,
        g, o, c, tanh_c and h, time steps x hidden_size.

    Raises:
        InputError: shapes that do not fit together, or weights from two places.

    Source: ``torch.nn.LSTM``; Hochreiter and Schmidhuber, *Long Short-Term Memory*, 1997; Gers et al., *Learning to Forget*, 2000.
    """
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
    return traced(resolve(input, weights, h0, c0, hidden_size, state_dict, seed))
