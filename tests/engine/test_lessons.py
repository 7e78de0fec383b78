"""The steps that a clip works out: of every stage one that is worth seeing, and situations that are unlike it."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from engine import (
    activation,
    attention,
    avg_pool2d,
    backprop,
    conv1d,
    conv2d,
    conv2d_backward,
    layer_norm,
    linear,
    max_pool2d,
    max_pool2d_backward,
)
from engine.catalogue import find, single
from engine.lessons import FIRST, SPREAD, Lessons, looked_at
from engine.mark import concept
from engine.step import Step
from engine.trace import Trace
from tests.scenes.grown import SIZES, grown, grows

CASES = [(name, size) for name in single() for size in SIZES if size == "small" or grows(find(name))]
#: Few stages have more than one lesson, so that a clip does not become longer than anybody looks at it.
MOST_BESIDE = 3
#: A row of edges and flat places: −1, 0, 1 of it gives 0 where it is flat.
STAIRS = torch.tensor([2.0, 2, 2, 2, 7, 7, 7, 1, 1, 1])
SLOPE = torch.tensor([-1.0, 0, 1])


def is_nothing(step: Step) -> bool:
    """Whether its value and all of its terms are 0."""
    return not step.value and not any(map(any, step.terms))


def stages_of(trace: Trace, steps: Iterable[int]) -> list[str]:
    """The stages of some steps, each once."""
    return list(dict.fromkeys(trace.blocks.find(k)[0].stage for k in steps))


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_concept_has_lessons_that_show_something(name: str, size: str) -> None:
    trace = grown(name, size)
    shown = {block.stage for block in trace.blocks}
    lessons = [*trace.lessons]
    # A key and a value are made as a query is.
    alike = {"key", "value"} if name == "attention" else set()
    assert set(stages_of(trace, lessons)) == shown - alike
    assert len(lessons) == len(set(lessons)) <= len(shown) + MOST_BESIDE
    worked = [trace[k] for k in lessons]
    assert not [step for step in worked if is_nothing(step) and not is_nothing(_neighbour(trace, step))]


def _neighbour(trace: Trace, step: Step) -> Step:
    """Another step of the same stage that is not nothing, if one of the first is such."""
    block = trace.blocks.of(trace.blocks.find(step.index)[0].stage, 1)[0]
    others = (trace[k] for k in range(block.start, block.start + min(block.steps, 100)))
    return next((one for one in others if not is_nothing(one)), step)


# --- windows -----------------------------------------------------------------------------------------------------------------------------


def test_an_edge_and_a_flat_place() -> None:
    trace = conv1d(STAIRS, SLOPE)
    first, edge, flat = trace.lessons
    assert (trace[first].value, trace[edge].value, trace[flat].value) == (5, -6, 0)
    assert (first, edge, flat) == (2, 5, 0)
    assert edge == trace.highlight
    # What is strong, but has one sign alone, is no edge.
    trace = conv1d([0.0, 0, 9, 9, 3], SLOPE)
    assert [trace[k].value for k in trace.lessons] == [9, -6]


def test_nothing_is_worth_a_lesson_where_there_is_something() -> None:
    picture = torch.zeros(9, 9)
    picture[5:8, 4:8] = 3
    trace = conv2d(picture, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    edge, flat = (trace[k] for k in trace.lessons)
    assert abs(edge.value) == 12
    assert (flat.value, flat.terms[0]) == (0, (3, -1))
    # Of nothing at all one step is shown.
    assert [*conv2d(torch.zeros(5, 5), [[1, 2], [3, 4]]).lessons] == [0]


def test_a_corner_with_padding() -> None:
    picture = torch.zeros(6, 6)
    picture[2:, 2:] = torch.arange(1.0, 17).reshape(4, 4)
    trace = conv2d(picture, [[1, 2, 1], [2, 4, 2], [1, 2, 1]], padding=1)
    first, strong, corner = (trace[k] for k in trace.lessons)
    assert None not in [at for at in first.window if not all(0 <= x < 6 for x in at)]
    assert all(0 <= x < 6 for at in (*first.window, *strong.window) for x in at)
    assert corner.index == 35
    # Padding that is a copy of the border is padding.
    trace = conv2d(picture, [[1, 2, 1], [2, 4, 2], [1, 2, 1]], padding=1, padding_mode="replicate")
    assert 35 in trace.lessons


def test_windows_of_a_later_filter_and_of_groups() -> None:
    weight = torch.zeros(4, 1, 2, 2)
    weight[2] = torch.tensor([[1.0, -1], [2, -2]])
    x = torch.stack([torch.ones(4, 4), torch.arange(16.0).reshape(4, 4)])
    trace = conv2d(x, weight, groups=2)
    assert {trace[k].filter for k in trace.lessons} == {2}
    assert all(trace[k].value for k in trace.lessons)


def test_a_tie_is_shown_beside_a_winner() -> None:
    trace = max_pool2d([[5, 5, 1, 2, 0, 0], [5, 5, 3, 4, 0, 0], [0, 0, 7, 7, 9, 1], [0, 0, 1, 2, 1, 1]], 2)
    assert [(trace[k].value, trace[k].ties) for k in trace.lessons] == [(4, 1), (7, 2)]
    # Where all cells of a window are equal it is the only tie.
    assert [(trace[k].value, trace[k].ties) for k in max_pool2d([[5, 5, 1, 2], [5, 5, 3, 4]], 2).lessons] == [(4, 1), (5, 4)]


def test_windows_of_an_adaptive_pooling_have_no_ties_with_what_they_lack() -> None:
    trace = max_pool2d([[1, 2, 9, 3, 4]], output_size=(1, 3))
    assert {trace[k].ties for k in trace.lessons} == {1}


def test_means_have_a_corner_with_padding() -> None:
    trace = avg_pool2d(torch.arange(16.0).reshape(4, 4) - 3, 2, stride=1, padding=1)
    outside = [sum(not all(0 <= x < 4 for x in at) for at in trace[k].window) for k in trace.lessons]
    assert outside == [2, 0]


def test_overlapping_contributors() -> None:
    trace = max_pool2d_backward([[0, 2, 3]], [[1, 9, 8, 7], [0, 0, 0, 0]], 2, stride=1)
    # The first window has nothing to give, so that the second one adds to nothing.
    assert [*trace.lessons] == [1]
    trace = max_pool2d_backward([[4, 0, 3]], [[1, 9, 9, 7], [0, 9, 0, 0]], 2, stride=1)
    assert [*trace.lessons] == [0]
    trace = max_pool2d_backward([[4, 5, 3]], [[1, 9, 8, 7], [0, 0, 0, 0]], 2, stride=1)
    assert [*trace.lessons] == [0, 1]
    trace = conv2d_backward([[0, 1], [2, -1]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]])
    *_, few, many = (trace[k] for k in trace.lessons)
    assert (len(few.reads["weight"]), len(many.reads["weight"])) == (2, 4)
    assert few.value
    assert many.value


# --- attention ---------------------------------------------------------------------------------------------------------------------------


def test_a_row_with_a_clear_winner() -> None:
    same, other = [1.0, 0], [0, 4.0]
    trace = attention([[0, 0], same, other], [same, same, other], [[1, 2], [3, 4], [5, 6]], scale=1)
    shown = {trace[k].kind: trace[k] for k in trace.lessons}
    # Query 0 meets all keys alike, query 1 two of them; query 2 has its own.
    assert {shown[kind].row for kind in ("max", "exp", "sum", "weight", "mix")} == {2}
    assert shown["weight"].value == float(trace.outputs["weights"].max())
    assert shown["exp"].value < 1
    # Where none wins clearly, the first will do.
    trace = attention([[0, 0], [0, 0]], [same, other], scale=1)
    assert {trace[k].row for k in trace.lessons} == {0}


def test_a_masked_cell() -> None:
    trace = attention([[1, 0], [0, 1]], mask=[[1, 0], [1, 1]])
    shown = {trace[k].kind: trace[k] for k in trace.lessons}
    assert (shown["mask"].row, shown["mask"].column) == (0, 1)
    assert shown["weight"].row == 1


# --- torch code and graphs ---------------------------------------------------------------------------------------------------------------


def test_the_first_number_of_every_tensor_that_is_not_trivial() -> None:
    trace = layer_norm([[2, 1, 3]], [3], weight=[1, 2, 3])
    shown = {trace.blocks.find(k)[0].stage: trace.blocks.find(k)[1] for k in trace.lessons}
    assert shown["deviation"] == shown["normalized"] == shown["output"] == (0, 1)


def test_what_is_next_to_nothing_is_passed_over() -> None:
    trace = linear([[1e-9, 1e-9, 1e-9], [0, 1, 2]], [[1, 1, 1]])
    assert trace[trace.lessons[0]].value == 3


def test_a_sum_with_many_terms_that_count_is_preferred() -> None:
    trace = linear([[1, 0, 0, 0], [1, 2, 3, 4]], [[1, 1, 1, 1]])
    assert trace[trace.lessons[0]].terms == [(1, 1), (2, 1), (3, 1), (4, 1)]


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("relu", [0, 2, 3, -1, -2], [1, 3]),
        ("relu", [-1, -2], [0]),
        ("elu", [-1, -2, 4], [0, 2]),
        ("sigmoid", [1, 2, 9, 10], [0, 2]),
        ("tanh", [1, 0, -6], [0, 2]),
        ("tanh", [1, 0.5], [0]),
    ],
)
def test_a_turned_and_a_saturated_place(name: str, numbers: list[float], expected: list[int]) -> None:
    trace = activation(numbers, name=name)
    assert [k for k in trace.lessons if trace.blocks.find(k)[0].stage == "output"] == expected


def test_a_larger_graph_has_one_of_every_operation() -> None:
    expr = "z = W@x; h = relu(z); s = V@h; L = sum(s*s) + mean(W**2)"
    trace = backprop(expr, {"W": [[1, 2], [-3, 1], [0, 0]], "x": [0, 1], "V": torch.ones(4, 3)})
    forward = [trace.blocks.find(k) for k in trace.lessons if trace[k].phase == "forward"]
    assert ("values.h", (0,)) in [(block.stage, cell) for block, cell in forward]
    assert len(trace.lessons) < len(trace) / 2
    small = backprop("L = w*x", {"w": 2, "x": 0})
    assert [*small.lessons] == [*range(len(small))]


@concept(title="Halved", example={"input": "[0,-4,2]"})
def halved(input: Tensor) -> Tensor:
    """Half of it, and nothing below 0."""
    half = input / 2
    return torch.relu(half)


def test_own_torch_code_has_lessons() -> None:
    trace = halved([0, -4, 2])
    assert [(block.stage, cell) for block, cell in map(trace.blocks.find, trace.lessons)] == [
        ("half", (1,)),
        ("output", (2,)),
        ("output", (1,)),
    ]


# --- how they are chosen -----------------------------------------------------------------------------------------------------------------


def test_they_are_chosen_once_when_somebody_asks() -> None:
    asked: list[int] = []

    def choose() -> Iterable[int | None]:
        asked.append(1)
        return [4, None, 2, 4]

    lessons = Lessons(choose)
    assert not asked
    assert [*lessons] == [4, 2]
    assert (lessons[1], len(lessons)) == (2, 2)
    assert pickle.loads(pickle.dumps(lessons)) == (4, 2)
    assert asked == [1]


@pytest.mark.parametrize("count", [1, FIRST, FIRST + SPREAD, 10**6, 10**9])
def test_a_few_cells_are_looked_at_from_the_first_on_and_from_all_over(count: int) -> None:
    found = looked_at(count).tolist()
    assert found == sorted({*found})
    assert len(found) <= FIRST + SPREAD
    assert found[: min(count, FIRST)] == [*range(min(count, FIRST))]
    assert found[-1] < count
    assert max(b - a for a, b in pairwise([*found, count])) <= max(1, count / SPREAD * 3)


@pytest.mark.parametrize(
    "made",
    [
        lambda: conv2d(torch.randn(3, 224, 224), torch.randn(64, 3, 7, 7), stride=2, padding=3),
        lambda: max_pool2d(torch.randn(64, 112, 112), 3, stride=2, padding=1),
        lambda: max_pool2d_backward(torch.randn(111, 111), torch.randn(112, 112), 2, stride=1),
        lambda: linear(torch.randn(1000, 64), torch.randn(1000, 64), activation="relu"),
    ],
)
def test_of_a_long_trace_few_steps_are_cut(made: Callable[[], Trace], monkeypatch: pytest.MonkeyPatch) -> None:
    trace = made()
    begun = time.perf_counter()
    found = [*trace.lessons]
    assert time.perf_counter() - begun < 1
    assert found
