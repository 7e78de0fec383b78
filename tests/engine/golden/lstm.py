"""Long short-term memory, forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine import lstm, lstm_backward
from engine.concepts.lstm.trace import LstmTrace
from tests.engine.golden import Run, Vector

#: The vectors' names of the gates, in torch's order.
ORDER = ("i", "f", "c", "o")
NAMED = {"f": "f", "i": "i", "c_tilde": "g", "c": "c", "o": "o", "h": "h"}


def stacked(layer: Mapping[str, Any]) -> dict[str, Tensor]:
    """Weights and the one bias of a layer, as torch stacks them; in the vectors U belongs to the input and W to the hidden state."""
    names = {"weight_ih": "U", "weight_hh": "W", "bias_ih": "b"}
    return {ours: torch.cat([torch.tensor(layer[theirs][gate], dtype=torch.float64) for gate in ORDER]) for ours, theirs in names.items()}


def states(trace: LstmTrace) -> list[dict[str, Tensor]]:
    """Gates and states of every time step, as the steps of the trace have them."""
    found = {(step.stage, step.time, step.unit): step.value for step in trace}
    return [
        {
            theirs: torch.tensor([found[ours, time, unit] for unit in range(trace.units)], dtype=torch.float64)
            for theirs, ours in NAMED.items()
        }
        for time in range(trace.time_steps)
    ]


def step(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    return states(lstm([given["x"]], **stacked(given), h0=given["h_prev"], c0=given["c_prev"]))[0]


def sequence(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    return {"steps": states(lstm(given["x"], **stacked(given), h0=given["h0"], c0=given["c0"]))}


def forced(v: Vector) -> dict[str, Any]:
    """Gates that do not depend on what is read, by their biases alone: the logit of the value that a gate is to have."""
    given, gates = v["inputs"], v["params"]
    units = len(given["c0"])
    (candidate,) = {x for row in given["c_tilde"] for x in row}

    def logit(gate: float) -> float:
        return math.log(gate / (1 - gate)) if 0 < gate < 1 else math.copysign(1000.0, gate - 0.5)

    bias = [logit(gates["i"]), logit(gates["f"]), math.atanh(candidate), logit(gates["o"])]
    trace = lstm(
        torch.zeros(len(given["c_tilde"]), 1),
        torch.zeros(4 * units, 1),
        torch.zeros(4 * units, units),
        torch.tensor(bias, dtype=torch.float64).repeat_interleave(units),
        c0=given["c0"],
    )
    for name in "ifo":
        torch.testing.assert_close(trace.outputs[name], torch.full_like(trace.outputs[name], gates[name]), rtol=0, atol=1e-12)
    return {"c": trace.outputs["c"], "h": trace.outputs["h"]}


def two_layers(v: Vector) -> dict[str, Any]:
    given = v["inputs"]
    first = lstm(given["x"], **stacked(given["layer1"]))
    second = lstm(first.outputs["output"], **stacked(given["layer2"]))
    weight, bias = (torch.tensor(given[name], dtype=torch.float64) for name in ("V", "b_y"))
    assert v["params"]["sigma_y"] == "softmax"
    y_hat = (second.outputs["output"] @ weight.T + bias).softmax(1)
    both = zip(states(first), states(second), strict=True)
    return {"steps": [{"layer1": one, "layer2": two} for one, two in both], "y_hat": y_hat}


def backward(v: Vector) -> dict[str, Any]:
    """The loss is the sum of both states; W belongs to the hidden state."""
    given = v["inputs"]
    ones = [1.0] * len(given["h_prev"])
    assert v["params"]["loss"] == "sum(h)+sum(c)"
    trace = lstm_backward([ones], [given["x"]], **stacked(given), h0=given["h_prev"], c0=given["c_prev"], grad_c_n=ones)
    out = trace.outputs
    direct = [step.terms[0][1] for step in trace if step.stage == "grad_c0"]
    return {
        "grad_c_prev": out["grad_c0"],
        "grad_h_prev": out["grad_h0"],
        "grad_x": out["grad_input"][0],
        "grad_W": dict(zip(ORDER, out["grad_weight_hh"].chunk(4), strict=True)),
        "dc_dcprev_direct": direct,
    }


def parameter_counts(v: Vector) -> dict[str, Any]:
    """An LSTM has four blocks of the same size, a GRU three, a plain recurrence one."""
    inputs = lstm(torch.zeros(1, v["inputs"]["d"]), hidden_size=v["inputs"]["h"]).inputs
    one_bias = sum(inputs[name].numel() for name in ("weight_ih", "weight_hh", "bias_ih"))
    as_torch = one_bias + inputs["bias_hh"].numel()
    blocks = {"lstm": 4, "gru": 3, "rnn": 1}
    return {
        f"{name}_{kind}": count * number // 4
        for name, number in blocks.items()
        for kind, count in (("one_bias", one_bias), ("torch", as_torch))
    }


RUNS: dict[str, Run] = {
    "s004-lstm-step": step,
    "s004-lstm-sequence": sequence,
    "s004-lstm-perfect-memory": forced,
    "s004-lstm-forget-decay": forced,
    "s004-lstm-two-layer": two_layers,
    "s004-lstm-backward": backward,
    "s004-lstm-params": parameter_counts,
}
