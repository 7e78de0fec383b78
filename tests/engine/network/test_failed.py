"""A network that fails, as a film: what ran before is shown as always, and the last act is the call that failed."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import engine
from engine.errors import InputError
from engine.network.failed import FailedTrace
from engine.network.played import ModelPlay
from engine.paper.formats import FORMATS
from engine.paper.repr_html import trace_html


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.fc = nn.Conv2d(1, 3, 3), nn.Linear(7, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return self.fc(x.flatten(1))


class First(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


class Refusing(First):
    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(x + 1)
        raise ValueError(f"no more than {x.shape[0]}")


def line(model: type[nn.Module], text: str) -> int:
    rows, start = inspect.getsourcelines(model)
    return start + next(number for number, row in enumerate(rows) if text in row)


def failing(model: type[nn.Module], shape: tuple[int, ...]) -> ModelPlay:
    torch.manual_seed(0)
    return engine.model(torch.arange(math.prod(shape)).reshape(shape) / 10, model, film_error=True)


def last(play: ModelPlay) -> FailedTrace:
    trace = play.acts[-1].trace
    assert isinstance(trace, FailedTrace)
    return trace


def test_without_a_film_it_is_one_sentence() -> None:
    at = line(Net, "self.fc(x.flatten(1))")
    with pytest.raises(InputError) as found:
        engine.model(torch.zeros(1, 1, 6, 6), Net)
    assert str(found.value) == (
        f"test_failed.py, line {at}: self.fc(x.flatten(1)) gets 1x12, but its weight is 4x7: "
        "mat1 and mat2 shapes cannot be multiplied (1x12 and 7x4); "
        "give it 7 features, or make the layer nn.Linear(12, 4) (given: x 1x1x6x6)"
    )


def test_all_that_ran_is_shown_and_then_the_call() -> None:
    play = failing(Net, (1, 1, 6, 6))
    assert [(act.name, act.trace.concept) for act in play.acts] == [
        ("conv1", "conv2d"),
        ("relu", "relu_lines"),
        ("max_pool2d", "max_pool2d"),
        ("fc: linear fails", "failed"),
    ]
    assert sorted(index for covered in play.covered.values() for index in covered) == [0, 1, 2, 3]  # flatten goes with what reads it
    assert play.acts[-1].takes == {"input": ("max_pool2d", "output")}
    trace, at = last(play), line(Net, "self.fc(x.flatten(1))")
    assert {path: tuple(one.shape) for path, one in trace.inputs.items()} == {"input": (1, 12), "weight": (4, 7), "bias": (4,)}
    assert trace.weights == ["weight", "bias"]
    assert trace.operations == ["return self.fc(x.flatten(1))"]
    assert torch.equal(trace.inputs["input"].flatten(), play.acts[2].trace.outputs["output"].flatten())
    met = f"self.fc(x.flatten(1)) gets 1x12, but its weight is 4x7 (test_failed.py, line {at})"
    assert play.closing == f"{met}; give it 7 features, or make the layer nn.Linear(12, 4); 4 operations ran before and were shown."
    assert play.opening == "Net fails after 4 operations."
    assert play.outputs == {}


def test_the_step_that_fails_has_no_result() -> None:
    play = failing(Net, (1, 1, 6, 6))
    step = play[len(play) - 1]
    assert (step.reads, step.writes, step.terms, math.isnan(step.value)) == ({}, {}, [], True)
    assert step.say.startswith("test_failed.py, line ")
    assert step.caption == f"{last(play).failed.short}."
    assert (play.device, play.dtype) == ("cpu", "float32")


def test_one_that_fails_at_once() -> None:
    play = failing(First, (2, 4))
    assert [act.name for act in play.acts] == ["fc: linear fails"]
    assert play.opening == "First fails at its first operation."
    assert play.reference.name == ""
    assert last(play).inputs["x"].shape == (2, 4)


def test_one_that_the_code_refuses_itself() -> None:
    play = failing(Refusing, (2, 4))
    assert [act.name for act in play.acts] == ["add, relu", "ValueError"]
    assert play.acts[0].trace.concept == "add_relu_lines"
    at = line(Refusing, "raise")
    assert last(play).failed.short == f'raise ValueError(f"no more than {{x.shape[0]}}") (test_failed.py, line {at}): no more than 2'
    assert last(play).inputs == {}
    with pytest.raises(InputError, match=re.escape("no more than 2; look at what comes to this line (given: x 2x4)")):
        engine.model(torch.zeros(2, 4), Refusing)


@pytest.mark.parametrize("form", FORMATS)
def test_on_paper_it_has_no_result_and_nothing_to_check(form: str) -> None:
    play = failing(First, (2, 4))
    page = "".join(FORMATS[form](play, range(len(play))))
    assert "mat1 and mat2 shapes cannot be multiplied (2x4 and 5x4)" in page.replace("\\", "")
    assert "Checked against" not in page
    assert "nan" not in page.replace("NaN", "")
    assert form == "json" or "no result" in page


def test_in_a_notebook() -> None:
    assert "Compared with" not in trace_html(last(failing(First, (2, 4))))


def test_what_does_not_fail_is_as_without() -> None:
    x: Any = [[1.0, 2.0, 3.0, 4.0, 5.0]]
    torch.manual_seed(0)
    net = First()
    one, other = engine.model(x, net), engine.model(x, net, film_error=True)
    assert (one.closing, len(one), [act.name for act in one.acts]) == (other.closing, len(other), [act.name for act in other.acts])
    assert torch.equal(one.outputs["output"], other.outputs["output"])


def test_what_is_wrong_before_it_runs_is_no_film() -> None:
    with pytest.raises(InputError, match="First takes no y; give x"):
        engine.model({"y": torch.zeros(2, 5)}, First, film_error=True)
