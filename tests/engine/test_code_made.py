"""What a step of a derived way back says of its factors, of its line of code, and of a number that is only handed on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import concept
from engine.catalogue import concepts
from engine.code.forward import CodeTrace
from engine.code.step import CodeStep
from engine.functions import FUNCTIONS, sigmoid
from engine.inputs.arguments import open_example
from engine.paper.blanks import blank_sentence
from engine.paper.worksheet import result_line

#: The ways back that are found from the code of a concept.
DERIVED = [name for name, found in concepts().items() if name.endswith("_backward") and found.of]
mark = concept(title="Test", example={})

opened = lru_cache(open_example)


def factors(trace: CodeTrace) -> Iterator[tuple[str, str, float, float]]:
    """Of all factors that stand somewhere the name of the tensor, their own name, their number and that in their place."""
    tensors: dict[str, Any] = {**trace.inputs, **trace.outputs}
    for step in trace:
        assert isinstance(step, CodeStep)
        for numbers, places, names in zip(step.terms, step.places, step.names, strict=True):
            for x, place, name in zip(numbers, places, names, strict=True):
                if place is not None:
                    yield place[0], name, x, float(tensors[place[0]][place[1]])


def worked_out(name: str, path: str, x: float) -> float:
    """What a formula such as 1 − output² gives, worked out with the number of the cell."""
    python = re.sub(r"\bσ\(", "sigmoid(", name.replace(path, "x").replace("³", "**3").replace("²", "**2"))
    python = python.replace("−", "-").replace("·", "*").replace("e^x", "math.exp(x)").replace("′", "_slope")
    known = {f"{function}_slope": lambda x, one=one: one.derivative(x, one.value(x)) for function, one in FUNCTIONS.items()}
    return float(eval(python, {"math": math, "sigmoid": sigmoid, "cos": math.cos, "sin": math.sin, "x": x, **known}))


def check(trace: CodeTrace) -> set[str]:
    """That every factor is what its name says; returns how those are called that are only made of what stands in their places."""
    made = set()
    for path, name, x, there in factors(trace):
        if name == path:
            assert x == there
        else:
            made.add(name)
            assert x == pytest.approx(worked_out(name, path, there), rel=1e-9, abs=1e-12)
    return made


@pytest.mark.parametrize("name", DERIVED)
def test_a_factor_is_what_its_name_says(name: str) -> None:
    assert any(check(opened(name))) or name == "dropout_backward"


def test_the_example_of_an_activation_says_whose_slope_it_is() -> None:
    assert opened("activation_backward")[0].say == "grad_input[0], back from output, with elu′(input): 1·0.1353 = 0.1353."


def chain(function: str, x: Tensor) -> Tensor:
    """A function of a cell."""
    found = getattr(torch, function, None) or getattr(F, function)
    return found(x)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("sigmoid", "output·(1 − output)"),
        ("tanh", "1 − output²"),
        ("log", "1/x"),
        ("sqrt", "1/(2·output)"),
        ("rsqrt", "−output³/2"),
        ("sin", "cos(x)"),
        ("cos", "−sin(x)"),
        ("expm1", "1 + output"),
        ("log1p", "1/(1 + x)"),
        ("softplus", "σ(x)"),
        ("logsigmoid", "1 − σ(x)"),
        ("gelu", "gelu′(x)"),
        ("silu", "silu′(x)"),
        ("relu", "relu′(x)"),
    ],
)
def test_slopes_are_written_as_in_a_textbook(function: str, name: str) -> None:
    @mark
    def made(x: Tensor) -> Tensor:
        """A function of a cell."""
        return chain(function, x)

    assert check(made.back(None, [0.7, 2.5])) == {name}


def test_a_slope_that_is_the_value_itself_is_no_made_number() -> None:
    @mark
    def made(x: Tensor) -> Tensor:
        """e to the power of a cell."""
        return torch.exp(x)

    trace = made.back([2], [1.5])
    assert check(trace) == set()
    assert [name for _, name, _, _ in factors(trace)] == ["grad_output", "output"]


@pytest.mark.parametrize(
    ("function", "name"), [("log", "1/e^output"), ("relu", "relu′(output)"), ("logsigmoid", "1 − e^output"), ("tanh", "1 − output²")]
)
def test_where_the_argument_stands_nowhere_a_slope_is_made_of_the_value(function: str, name: str) -> None:
    @mark
    def made(x: Tensor, y: Tensor) -> Tensor:
        """A function of a sum."""
        return chain(function, x + y)

    assert check(made.back(None, [0.7, 2.5], [0.1, 0.2])) == {name}


def test_a_slope_of_what_stands_nowhere_comes_from_nowhere() -> None:
    @mark
    def made(x: Tensor, y: Tensor) -> Tensor:
        """A function of a sum."""
        return F.gelu(x + y)

    step = made.back(None, [0.7], [0.1])[0]
    assert (step.names, step.places) == ([("grad_output", "slope of gelu")], [(("grad_output", (0,)), None)])
    assert {"x", "y"} <= {*step.reads}  # which it depends on


def test_what_is_taken_off_or_divided_by_is_turned() -> None:
    @mark
    def made(x: Tensor, y: Tensor, d: Tensor) -> Tensor:
        """A difference, divided."""
        gap = x - y
        return gap / -d

    forward, trace = made([3.0], [1.0], [2.0]), made.back([1.0], [3.0], [1.0], [2.0])
    assert forward[0].names == [("x",), ("−y",)]
    assert check(trace) == {"−output", "−grad_gap", "−(grad of -d)"}
    assert trace.outputs["grad_d"].item() == 0.5


def test_blanks_leave_names_alone() -> None:
    say = "grad_var[0], back from std, with 1/(2·std), 1/rms, 1 − out² and −out³/2: −2·0.45 = −0.9."
    assert blank_sentence(say) == "grad_var[0], back from std, with 1/(2·std), 1/rms, 1 − out² and −out³/2: ____."


# --- lines of code -----------------------------------------------------------------------------------------------------------------------

#: The lines beside the steps, where several values read a number or the first call that reads it is another one.
LINES = {
    "group_norm_backward": {
        "grad_normalized": ["output = normalized * weight.view(shape) + bias.view(shape)"],
        "grad_deviation": ["var = deviation.square().mean(axes, keepdim=True)", "normalized = deviation / std"],
    },
    "binary_cross_entropy_with_logits_backward": {
        "grad_input": ["log_p = F.logsigmoid(input)", "log_not_p = F.logsigmoid(-input)"],
        "grad_target": ["no = 1 - target", "each = -(yes * log_p) - no * log_not_p"],
    },
    "cross_entropy_backward": {"grad_input": ["shifted = input - largest"], "grad_log_softmax": ["losses = -log_p"]},
}


@pytest.mark.parametrize("name", DERIVED)
def test_the_line_beside_a_step_is_that_of_what_it_comes_back_from(name: str) -> None:
    """As many lines as tensors are said to send something back, or fewer where one line makes several of them."""
    trace = opened(name)
    written = {path: text.split("\n") for path, text in trace.code.items()}
    assert {step.phase for step in trace} == {*written}
    forward = opened(name.removesuffix("_backward")).code
    for step in trace:
        (path,) = step.writes
        named = re.search(r"back from ([\w, ]+?)(?:, with|:)", step.say)
        assert named, step.say
        sources = re.split(r", | and ", named[1])
        assert written[path] == list(dict.fromkeys(forward[one] for one in sources)), step.say
    assert LINES.get(name, {}).items() <= written.items()


# --- numbers that are handed on ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(concepts()))
def test_no_step_says_that_a_number_is_itself(name: str) -> None:
    trace = opened(name)
    for step in [*trace[:40], *trace[-40:]]:
        for text in (step.say, step.formula, result_line(step)):
            assert not re.search(r"(?:^|[:=≈] |approx )(\S+) (?:=|≈|approx) \1(?![\w.·])", text.rstrip(".")), text


def test_a_number_that_is_handed_on_is_said_to_be_its_source() -> None:
    trace = opened("cross_entropy_backward")
    says = [step.say for step in trace if step.writes.keys() & {"grad_losses", "grad_log_softmax", "grad_input"}]
    assert says == [
        "grad_losses, back from loss: grad_output = 1.",
        "grad_log_softmax[0], back from losses: −grad_losses = −1.",
        "grad_log_softmax[1], nothing back from losses: 0.",
        "grad_log_softmax[2], nothing back from losses: 0.",
        "grad_input[0], back from shifted: grad_shifted[0] = −0.2144.",
        "grad_input[1], back from shifted: grad_shifted[1] = 0.1753.",
        "grad_input[2], back from shifted: grad_shifted[2] = 0.0391.",
    ]
    assert result_line(trace[1]) == "grad_log_softmax[0] = −grad_losses = −1"
    assert trace[1].formula == '"grad_log_softmax[0]" = −1'
