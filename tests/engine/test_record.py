"""A trace as plain data: what arrives, what a pickle holds, what is refused."""

from __future__ import annotations

import json
import math
import pickle
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import conv1d, conv2d
from engine.lessons import Lessons
from engine.record import Record
from engine.step import Reference, Step
from engine.trace import Trace
from tests.stand_ins import steps

ROOT = Path(__file__).parents[2]


def whole(*shape: int) -> torch.Tensor:
    """Numbers of which no two are equal."""
    return torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape) - 7


def scaled(count: int, factor: float = 2.0) -> Trace:
    """A trace that cuts its steps with a function that knows about its surroundings, as a simple concept does."""
    x = torch.arange(count, dtype=torch.float64)

    def cut(k: int) -> Step:
        return Step(
            index=k,
            phase="all",
            reads={"input": [(k,)]},
            terms=((float(x[k]), factor),),
            value=float(x[k]) * factor,
            writes={"output": [(k,)]},
            formula="x",
            say=f"Number {k}.",
        )

    return Trace(
        params={"factor": factor},
        inputs={"input": x},
        outputs={"output": x * factor},
        reference=Reference("torch.mul", 0.0),
        **steps(cut, [("all", count)]),
        opening="Numbers.",
        closing="All is done.",
        formula="x",
    )


TRACES = {
    "conv1d": lambda: conv1d(whole(2, 9), whole(3, 2, 2), bias=[1.0, 2.0, 3.0], padding=1, stride=2),
    "conv2d": lambda: conv2d(whole(2, 2, 5, 6), whole(4, 1, 2, 3), padding=(1, 2), dilation=(2, 1), groups=2, flip=True),
    "one step": lambda: conv2d([[1.0, 2.0]], [[3.0, 4.0]]),
    "single precision": lambda: conv2d(whole(5, 5).float() / 3, whole(2, 2).float() / 7, padding="same"),
    "a closure": lambda: scaled(5),
}


@pytest.fixture(params=TRACES)
def trace(request: pytest.FixtureRequest) -> Trace:
    return TRACES[request.param]()


def arrived(value: Any, found: Any) -> None:
    """The same data, with numpy arrays for tensors."""
    if isinstance(value, torch.Tensor):
        assert type(found) is np.ndarray
        assert found.dtype == np.float64
        assert found.shape == tuple(value.shape)
        assert found.tolist() == value.tolist()
    elif isinstance(value, Mapping):
        assert list(found) == list(value)
        for key, item in value.items():
            arrived(item, found[key])
    elif isinstance(value, Lessons):
        assert (*found,) == value.chosen
    else:
        assert type(found) is type(value)
        assert found == value


def test_every_field_arrives(trace: Trace) -> None:
    record = Record(trace)
    names = {field.name for field in fields(trace)} - {"stages"}
    assert names >= {"params", "inputs", "outputs", "reference", "blocks", "opening", "closing", "formula", "highlight", "title"}
    for name in names:
        arrived(getattr(trace, name), getattr(record, name))
    assert (len(record), record.phases) == (len(trace), trace.phases)


def test_what_is_shown_of_a_convolution_arrives() -> None:
    record = Record(TRACES["conv2d"]())
    assert record.kernel.dtype == record.padded.dtype == np.float64
    assert record.kernel[0].tolist() == [[[-2.0, -3.0, -4.0], [-5.0, -6.0, -7.0]]]
    assert record.padded.shape == (2, 2, 7, 10)
    assert (record.sides, record.concept, record.title) == ([(1, 1), (2, 2)], "conv2d", "2-D convolution")


def test_single_precision_arrives_as_it_is() -> None:
    given = torch.tensor([[0.1, 1 / 3]], dtype=torch.float32)
    record = Record(conv2d(given, torch.ones(1, 1, dtype=torch.float32)))
    assert record.inputs["input"].dtype == record.outputs["output"].dtype == np.float64
    assert record.inputs["input"].ravel().tolist() == [float(np.float32(0.1)), float(np.float32(1 / 3))]


def test_tensors_deep_inside_arrive() -> None:
    weight = torch.tensor([1.5, -2.0], requires_grad=True)
    record = Record(replace(scaled(3), params={"deep": {"er": weight}, "both": [weight, "a"], "pair": (weight, 3), "word": "same"}))
    params = record.params
    assert all(type(array) is np.ndarray for array in (params["deep"]["er"], params["both"][0], params["pair"][0]))
    assert params["deep"]["er"].tolist() == params["both"][0].tolist() == params["pair"][0].tolist() == [1.5, -2.0]
    assert (params["both"][1], params["pair"][1], params["word"]) == ("a", 3, "same")
    assert (type(params["both"]), type(params["pair"])) == (list, tuple)


def test_a_field_that_the_trace_has_not_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="a record of this trace has no 'kernel'"):
        _ = Record(scaled(2)).kernel
    assert not hasattr(Record(scaled(2)), "__deepcopy__")


# --- steps -------------------------------------------------------------------------------------------------------------------------------


def test_steps_are_those_of_the_trace(trace: Trace) -> None:
    record = Record(trace)
    assert len(record) == len(trace)
    assert list(record) == list(trace)
    assert [type(step) for step in record] == [type(step) for step in trace]
    assert [record[-k] for k in range(1, len(trace) + 1)] == list(trace)[::-1]


@pytest.mark.parametrize(
    "at", [slice(None), slice(2, 4), slice(None, None, -1), slice(-3, None), slice(-2, -9, -2), slice(3, 3), slice(2, 99)]
)
def test_slices(at: slice) -> None:
    trace = TRACES["conv1d"]()
    assert Record(trace)[at] == list(trace)[at]


@pytest.mark.parametrize("index", [5, 6, 100, -6, -100])
def test_beyond_the_ends(index: int) -> None:
    record = Record(scaled(5))
    for one in (record, pickle.loads(pickle.dumps(record))):
        with pytest.raises(IndexError, match=re.escape(f"step {index} of a trace of 5 steps")):
            one[index]


def test_pick() -> None:
    assert Record(scaled(40)).pick([3, 17]) == {3: scaled(40)[3], 17: scaled(40)[17]}


@settings(max_examples=100, derandomize=True)
@given(st.integers(1, 60) | st.integers(1, 2000))
@example(1)
@example(2)
@example(16)
@example(17)
def test_the_sample_is_from_all_over_the_trace(count: int) -> None:
    trace = scaled(count)
    sample = Record(trace).sample
    places = [step.index for step in sample]
    assert sample == [trace[k] for k in places]
    assert len(places) == min(16, count)
    assert (places[0], places[-1]) == (0, count - 1)
    assert all(0 < b - a <= math.ceil((count - 1) / 15) for a, b in pairwise(places))


# --- pickles -----------------------------------------------------------------------------------------------------------------------------


def test_a_pickle_holds_the_sample_and_what_was_learned() -> None:
    trace = conv2d(whole(9, 9), whole(2, 2))
    record = Record(trace)
    sampled = [step.index for step in record.sample]
    seen, learned = 2, 6
    assert not {seen, learned} & {*sampled}
    assert record[seen] == trace[seen]
    record.learn({learned: trace[learned]})
    copy = pickle.loads(pickle.dumps(record))
    assert copy.sample == record.sample
    assert (copy[learned], copy[learned - 64]) == (trace[learned], trace[learned])
    there = {*sampled, learned}
    for k in range(len(trace)):
        if k in there:
            assert copy[k] == trace[k]
        else:
            with pytest.raises(LookupError) as caught:
                copy[k]
            assert type(caught.value) is LookupError
            assert str(caught.value) == (
                f"step {k} is not in this record; a scene may look at the steps of its beat and at the sample, nothing else"
            )
    assert record[seen] == trace[seen]


def test_a_step_that_is_not_there_does_not_end_a_loop_in_silence() -> None:
    copy = pickle.loads(pickle.dumps(Record(scaled(40))))
    for look in (list, lambda record: record[0:3], lambda record: record[-2], lambda record: record.pick([1])):
        with pytest.raises(LookupError, match="is not in this record") as caught:
            look(copy)
        assert type(caught.value) is LookupError


def test_a_pickle_holds_every_field(trace: Trace) -> None:
    copy = pickle.loads(pickle.dumps(Record(trace)))
    for field in fields(trace):
        if field.name != "stages":
            arrived(getattr(trace, field.name), getattr(copy, field.name))
    assert len(copy) == len(trace)
    again = pickle.loads(pickle.dumps(copy))
    assert again.sample == copy.sample == Record(trace).sample


def test_a_trace_that_cannot_be_pickled_gives_a_record_that_can() -> None:
    trace = scaled(30, factor=0.5)
    with pytest.raises((AttributeError, pickle.PicklingError), match="cut"):
        pickle.dumps(trace.cut)
    copy = pickle.loads(pickle.dumps(Record(trace)))
    assert [step.value for step in (copy[0], copy[-1])] == [0.0, 14.5]


def test_the_size_of_a_pickle_does_not_grow_with_the_steps() -> None:
    few, many = (conv1d(torch.zeros(count + 1), [1.0, 2.0]) for count in (100, 10_000))
    numbers = sum(t.numel() for t in (*many.inputs.values(), *many.outputs.values(), many.padded, many.kernel))
    assert len(pickle.dumps(Record(many))) < len(pickle.dumps(Record(few))) + 8 * numbers + 1000


def test_forget() -> None:
    trace = scaled(40)
    record = pickle.loads(pickle.dumps(Record(trace)))
    record.learn({1: trace[1], 2: trace[2]})
    record.learn({4: trace[4]})
    assert [record[k] for k in (1, 2, 4)] == [trace[k] for k in (1, 2, 4)]
    record.forget()
    assert record.sample == Record(trace).sample
    for k in (1, 2, 4):
        with pytest.raises(LookupError, match=f"step {k} is not in this record"):
            record[k]
    record.learn({2: trace[2]})
    assert record[2] == trace[2]


READER = """
import json, pickle, sys
from pathlib import Path
record = pickle.loads(Path(sys.argv[1]).read_bytes())
said = [step.say for step in record.sample]
numbers = [record.padded.tolist(), record[3].summands(record[3].groups(1))]
print(json.dumps({"torch": "torch" in sys.modules, "say": said, "numbers": numbers}))
"""


def test_reading_a_pickle_takes_no_torch(tmp_path: Path) -> None:
    trace = conv2d(whole(2, 6, 7), whole(3, 2, 2, 2), bias=[1.0, 2.0, 3.0], padding=1)
    record = Record(trace)
    record.learn({3: trace[3]})
    (tmp_path / "record").write_bytes(pickle.dumps(record))
    command = [sys.executable, "-c", READER, str(tmp_path / "record")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "torch": False,
        "say": [step.say for step in record.sample],
        "numbers": [trace.padded.tolist(), trace[3].summands(trace[3].groups(1))],
    }
