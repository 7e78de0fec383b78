"""Stages and blocks: what a step reads and adds up, and which step computes which cell."""

from __future__ import annotations

import math
import pickle
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import Blocks
from engine.errors import CheckError
from engine.paths import by_path
from engine.stage import Operand, Stage, Work, number, operand
from tests.engine.frozen import CASES, trace

# --- work --------------------------------------------------------------------------------------------------------------------------------


def test_products_run_through_operands_side_by_side() -> None:
    x, w = operand("x", [(0,), (1,)], [2.0, 3.0]), operand("w", [(5,), (6,)], [10.0, 20.0])
    work = Work([(x, w), (number(7.0, "b", (0,)),)], number(4.0, "d", ()))
    assert work.terms == [(2.0, 10.0), (3.0, 20.0), (7.0,)]
    assert work.places == [(("x", (0,)), ("w", (5,))), (("x", (1,)), ("w", (6,))), (("b", (0,)),)]
    assert work.reads == {"x": [(0,), (1,)], "w": [(5,), (6,)], "b": [(0,)], "d": [()]}
    assert work.by == 4.0


def test_operands_must_be_of_one_length() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = Work([(operand("x", [(0,), (1,)], [1.0, 2.0]), number(1.0))]).terms


def test_a_cell_that_two_operands_read_is_read_once_and_padding_is_no_cell() -> None:
    padded = Operand([None, ("x", (0,)), ("x", (0,))], [0.0, 5.0, 5.0])  # reflected: one cell at two places of a window
    assert Work([(padded,)]).reads == {"x": [(0,), (0,)]}
    square = number(5.0, "x", (0,))
    assert Work([(square, square)], beside=[number(5.0, "x", (0,)), number(6.0, "y", (1,))]).reads == {"x": [(0,)], "y": [(1,)]}
    assert Work([(square,)], seen=[number(6.0, "y", (1,))]).reads == {"y": [(1,)]}
    assert Work([(number(5.0),)], 2.0).reads == {}


def test_other_names_for_all_tensors() -> None:
    work = Work([(number(1.0, "a", (0,)), number(2.0))], number(3.0, "b"), beside=[number(4.0, "c")]).named(str.upper)
    assert work.reads == {"A": [(0,)], "B": [()], "C": [()]}
    assert (work.terms, work.by) == ([(1.0, 2.0)], 3.0)


# --- stages ------------------------------------------------------------------------------------------------------------------------------


def test_a_step_is_cut_from_what_its_stage_says() -> None:
    x = torch.tensor([3.0, 5.0])
    stage = Stage(
        path="output",
        values=(x[0] + x[1]).reshape(1) / 4,
        work=lambda cell: Work([(operand("x", [(0,), (1,)], x.tolist()),)], 4.0),
        say=lambda cell, work, text: f"{len(work.terms)} numbers give {text.value}.",
    )
    step = stage.cut(7, "sums", (0,))
    assert (step.index, step.phase, step.say) == (7, "sums", "2 numbers give 2.")
    assert (step.terms, step.divisor, step.value) == ([(3.0,), (5.0,)], 4.0, 2.0)
    assert (step.reads, step.writes) == ({"x": [(0,), (1,)]}, {"output": [(0,)]})
    assert step.formula.startswith('"output[0]" = ')


@pytest.mark.parametrize(
    ("work", "value", "wrong"),
    [
        (Work([(number(2.0), number(3.0)), (number(1.0),)]), 7.0, 7.001),
        (Work([(number(2.0),)], 4.0), 0.5, 0.5001),
        (Work([(number(2.0),)], number(4.0, "n"), apply="exp"), math.exp(2) / 4, 2.0),
        (Work([(operand("x", [(0,), (1,)], [2.0, 3.0]),)], reduce="max"), 3.0, 2.0),
        (Work([(number(1e8), number(1.0)), (number(-1e8),)], scale=None), 1e-3, 1.0),  # what cancels is as exact as the numbers are
        (Work([(number(1e-9),)], scale=1.0), 1.05e-9, 1e-7),  # a slope that is made of numbers as large as 1
    ],
)
def test_a_step_gives_its_number(work: Work, value: float, wrong: float) -> None:
    def cut(number: float) -> float:
        values = torch.tensor([number], dtype=torch.float64)
        return Stage(path="y", values=values, work=lambda cell: work, say=lambda cell, work, text: "").cut(0, "p", (0,)).value

    assert cut(value) == value
    with pytest.raises(CheckError, match=r"the numbers of step y\[0\] give .*, but torch gives"):
        cut(wrong)


def test_what_is_not_finite_is_judged_elsewhere() -> None:
    stage = Stage(path="y", values=torch.tensor([math.inf]), work=lambda cell: Work([(number(1.0),)]), say=lambda cell, work, text: "")
    assert stage.cut(0, "p", (0,)).value == math.inf


def of_one_number(x: float) -> list[float]:
    """What a factor that comes from a cell may be: its number, of either sign, a slope of σ or tanh, a power of e, −∞ where 0 hides."""
    return [x, -x, 1 - x, 1 - x * x, math.exp(min(x, 700.0)), *([-math.inf] if x == 0 else [])]


@pytest.mark.parametrize("name", CASES)
def test_a_factor_comes_from_its_place(name: str) -> None:
    opened = trace(name)
    tensors = dict(by_path(opened.inputs)) | dict(by_path(opened.outputs))
    placed = 0
    for k in range(len(opened)):
        block, cell = opened.blocks.find(k)
        work = opened.stages[block.stage].work(cell)
        for term, places in zip(work.terms, work.places, strict=True):
            for factor, place in zip(term, places, strict=True):
                if place is not None:
                    path, at = place
                    assert factor in of_one_number(float(tensors[path][at])), (k, place)
                    assert at in opened[k].reads[path]
                    placed += 1
    assert placed


# --- blocks ------------------------------------------------------------------------------------------------------------------------------


def example() -> Blocks:
    blocks = Blocks()
    for head in range(2):
        blocks.box("score", "scores", (head, 0, 0), (1, 2, 3))
        blocks.cells("mask", "scores", [(head, 1, 2), (head, 0, 1)])
        for row in range(2):
            blocks.box("sum", f"softmax {head}", (head, row), (1, 1))
            blocks.box("weight", f"softmax {head}", (head, row, 0), (1, 1, 3))
    blocks.box("nothing", "scores", (0, 0), (0, 4))
    blocks.box("single", "end", (), ())
    return blocks


def test_every_step_has_a_cell_and_every_cell_its_step() -> None:
    blocks = example()
    found = [(block.stage, cell) for block, cell in map(blocks.find, range(blocks.length))]
    assert len(set(found)) == blocks.length == 2 * (6 + 2 + 2 * (1 + 3)) + 1
    assert [cell for stage, cell in found if stage == "weight"] == list(product(range(2), range(2), range(3)))
    assert [cell for stage, cell in found if stage == "mask"] == [(0, 1, 2), (0, 0, 1), (1, 1, 2), (1, 0, 1)]
    assert found[-1] == ("single", ())
    for k, (stage, cell) in enumerate(found):
        assert blocks.step(stage, cell) == k


def test_first_steps_and_chapters() -> None:
    blocks = example()
    assert [blocks.first(stage) for stage in ("score", "mask", "sum", "weight", "single")] == [0, 6, 8, 9, 32]
    assert blocks.first("nothing") is None
    assert blocks.phases == [("scores", 8), ("softmax 0", 8), ("scores", 8), ("softmax 1", 8), ("end", 1)]
    with pytest.raises(KeyError):
        blocks.start("nothing")


def test_what_is_done_before_a_step() -> None:
    blocks = example()
    counted = dict.fromkeys(("score", "mask", "sum", "weight", "single"), 0)
    for k in range(blocks.length):
        assert blocks.done(k) == counted
        counted[blocks.find(k)[0].stage] += 1
    assert blocks.done(blocks.length) == counted
    assert blocks.done(5)["nothing"] == 0


def test_blocks_travel_to_processes_that_have_no_torch() -> None:
    there = pickle.loads(pickle.dumps(example()))
    assert list(there) == list(example())
    assert there.done(20) == example().done(20)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 5))
def test_a_box_runs_in_memory_order(sizes: list[int], corner: int) -> None:
    blocks = Blocks()
    blocks.box("all", "all", (corner,) * len(sizes), tuple(sizes))
    cells = [tuple(corner + at for at in cell) for cell in product(*map(range, sizes))]
    assert [blocks.find(k)[1] for k in range(blocks.length)] == cells
    assert blocks.length == math.prod(sizes)
