from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch

import engine
from engine.catalogue import find, single, trace_of
from engine.inputs.arguments import example_texts, parse
from engine.paper.blanks import BLANK, blank_line, blank_sentence
from engine.step import Step
from engine.trace import Trace


def with_numbers(name: str, seed: int) -> Trace:
    """The concept's own example with random numbers with decimals in place of its own; targets and masks stay what they are."""
    concept, random = find(name), torch.Generator().manual_seed(seed)

    def changed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, torch.Tensor):
            return torch.rand(value.shape, generator=random, dtype=torch.float64).mul(20).round(decimals=1) + 0.25
        return value

    given = parse(concept, {key: example_texts(value) for key, value in concept.example.items()})
    found = {key: value if key in ("target", "mask") else changed(value) for key, value in given.items()}
    return trace_of(concept, {**found, **({"seed": seed} if "seed" in found else {})})


def asked(step: Step) -> str:
    # That something is there already depends on where things went before.
    return blank_sentence(step.say, places=not step.accumulate).replace(f" on top of {BLANK}:", ",")


@pytest.mark.parametrize("name", single())
def test_what_is_asked_does_not_depend_on_the_numbers(name: str) -> None:
    one, other = with_numbers(name, 1), with_numbers(name, 2)
    for k in range(len(one)):
        assert asked(one[k]) == asked(other[k])
        lines = [blank_line(trace, trace[k], worked=False).replace("≈", "=") for trace in (one, other)]
        assert lines[0] == lines[1]
        assert BLANK in asked(one[k])
        assert lines[0].endswith(f"= {BLANK}")


@pytest.mark.parametrize("name", single())
def test_what_is_worked_gives_inputs_only(name: str) -> None:
    trace = with_numbers(name, 3)
    for step in trace:
        line = blank_line(trace, step, worked=True)
        assert re.search(rf"[=≈] {BLANK}$", line)
        # With its numbers it holds what is read from inputs, and nothing if anything else is read.
        given = re.findall(r"(?<![\w\[])\d+\.\d+", line.partition("=")[2])
        assert not given or all(tensor.partition(".")[0] in trace.inputs for tensor in step.reads)


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (
            "Rows 0 to 1, columns −1 to 0 with padding: 4 products add up to output[0, 1, 2] = −23.",
            "Rows 0 to 1, columns −1 to 0 with padding: 4 products add up to output[0, 1, 2] = ____.",
        ),
        (
            "Rows 2 to 3, columns 0 to 1: the largest number is 1,024, at row 3, column 0; output[0, 1, 0] = 1,024.",
            "Rows 2 to 3, columns 0 to 1: the largest number is ____, at row ____, column ____; output[0, 1, 0] = ____.",
        ),
        (
            "The score of “5” for “row 3”, query times key: (−0.5·(−1) + 0·0) ÷ 2 = −1.2e−5.",
            "The score of “5” for “row 3”, query times key: ____.",
        ),
        (
            "Input gate of unit 0: x gives 4, h gives 0: σ(4 + 0 + (−2)) ≈ 0.88, a share.",
            "Input gate of unit 0: x gives ____, h gives ____: ____, a share.",
        ),
        ("Candidate, unit 1: times the slope 1 − g²: 0.34·0.91 ≈ ∞.", "Candidate, unit 1: times the slope 1 − g²: ____."),
        ("L = (y_hat − y)²/2: (2.5·2.5) ÷ 2 = 3.125.", "L = (y_hat − y)²/2: ____."),
        ("Nothing to find.", "Nothing to find."),
        ("", ""),
    ],
)
def test_sentences(say: str, expected: str) -> None:
    assert blank_sentence(say) == expected


def test_lines() -> None:
    trace = engine.conv1d([1, 2.5, 3], [1, -1])
    assert blank_line(trace, trace[0], worked=True) == "output[0, 0] = 1·1 + 2.5·(−1) = ____ + ____ = ____"
    assert blank_line(trace, trace[0], worked=False) == "output[0, 0] = ____·____ + ____·____ = ____"
    pooled = engine.avg_pool2d([[1, 3], [0, 8]], 2)
    assert blank_line(pooled, pooled[0], worked=True) == "output[0, 0, 0] = (1 + 3 + 0 + 8) ÷ 4 = ____ ÷ 4 = ____"
    largest = engine.max_pool2d([[1, 3], [0, 8]], 2)
    assert blank_line(largest, largest[0], worked=True).endswith("= max(1, 3, 0, 8) = ____")
    wide = engine.conv1d(torch.arange(40.0), torch.ones(40))
    assert blank_line(wide, wide[0], worked=False).count(BLANK) < 30
    assert "⋯" in blank_line(wide, wide[0], worked=False)


def test_where_a_gradient_goes_is_not_given() -> None:
    trace = engine.max_pool2d_backward([[7.0]], [[1.0, 2.0], [9.0, 3.0]], 2)
    assert blank_line(trace, trace[0], worked=True) == "grad_input[____] += ____"
    assert "1" not in asked(trace[0]).replace("grad_output[0, 0, 0]", "")
