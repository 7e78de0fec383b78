"""The way back through an LSTM: backpropagation through time."""

from __future__ import annotations

from engine.concepts.lstm.arguments import resolve
from engine.concepts.lstm.backward_trace import LstmBackwardTrace, traced_back
from engine.mark import concept
from engine.trace import StateDict, TensorLike


@concept(
    title="Back through an LSTM",
    example={
        "grad_output": "[[0,0],[0,0],[1,1]]",
        "input": "[[1,1],[-1,0],[2,1]]",
        "weight_ih": "[[0,4],[0,-4],[0,-4],[0,4],[1,0],[1,0],[0,1],[0,-1]]",
        "weight_hh": "[[1,0],[0,0],[0,0],[0,0],[0,-1],[0,0],[0,2],[1,0]]",
        "bias_ih": "[-2,2,2,-2,0,0,1,1]",
    },
)
def lstm_backward(
    grad_output: TensorLike,
    input: TensorLike,
    weight_ih: TensorLike | None = None,
    weight_hh: TensorLike | None = None,
    bias_ih: TensorLike | None = None,
    bias_hh: TensorLike | None = None,
    h0: TensorLike | None = None,
    c0: TensorLike | None = None,
    *,
    grad_h_n: TensorLike | None = None,
    grad_c_n: TensorLike | None = None,
    hidden_size: int | None = None,
    state_dict: StateDict | None = None,
    seed: int = 0,
) -> LstmBackwardTrace:
    """Gradients travel back along the cell state, multiplied by the forget gate at every time step.

    grad_h[t] = grad_output[t] + W_hh^T delta[t+1], grad_c[t] = grad_h[t] * o[t] * (1 - tanh(c[t])^2) + grad_c[t+1] * f[t+1]

    One step computes one number. From the last time step to the first: the gradients of h and of c, then, for every gate, the gradient
    delta of the sum inside of it. Then the gradients of the states before the first time step, of the input, of the weights and of the
    biases, which add up over time.

    Args:
        grad_output: the gradient of the output of every time step, time steps x hidden_size.
        input: one sequence, time steps x features; a batch of one, with an axis of 1 before or behind the time steps, is that sequence.
        weight_ih: what x is multiplied by, 4·hidden_size x features.
        weight_hh: what h of the time step before is multiplied by, 4·hidden_size x hidden_size.
        bias_ih: what is added to every gate, 4·hidden_size numbers; none if not given.
        bias_hh: a second bias, as torch has it, 4·hidden_size numbers; none if not given.
        h0: the hidden state before the first time step, hidden_size numbers; zeros if not given.
        c0: the cell state before the first time step, hidden_size numbers; zeros if not given.
        grad_h_n: a gradient of the last hidden state besides that of the output, hidden_size numbers; zeros if not given.
        grad_c_n: the gradient of the last cell state, hidden_size numbers; zeros if not given.
        hidden_size: number of units; that of the weights if they are given, otherwise 2 unless given here.
        state_dict: the trained weights of an nn.LSTM with one layer, in place of the weights and biases.
        seed: for weights that are drawn at random.

    Returns:
        A trace; its outputs are grad_input, grad_weight_ih, grad_weight_hh, grad_bias_ih and grad_bias_hh where there are such biases,
        grad_h0 and grad_c0, and of every time step grad_h, grad_c, delta_i, delta_f, delta_g and delta_o, time steps x hidden_size.

    Raises:
        InputError: shapes that do not fit together, or weights from two places.

    Source: ``torch.nn.LSTM`` under ``torch.autograd``; Werbos, *Backpropagation through time*, 1990.
    """
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
    return traced_back(resolve(input, weights, h0, c0, hidden_size, state_dict, seed), grad_output, grad_h_n, grad_c_n)
