"""What stands below the picture of a step of torch code."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import concept
from engine.sentences import MOST_CAPTION

mark = concept(title="Test", example={})


@mark
def halved(input: Tensor) -> dict[str, Tensor]:
    size = torch.where(input > 0, input, 3.0)  # it stays | it is replaced
    rectified = F.relu(size - 1)  # above 0 it stays | it becomes 0
    total = rectified.sum()  # one | two
    return {"size": size, "rectified": rectified, "total": total}


def test_a_comment_of_two_halves_says_of_a_cell_what_is_true_there() -> None:
    captions = [step.caption for step in halved([-3.0, 0.0, 1.0])]
    assert captions[:3] == ["size: it is replaced.", "size: it is replaced.", "size: it stays."]
    assert captions[3:-1] == ["rectified: above 0 it stays.", "rectified: above 0 it stays.", "rectified: it becomes 0."]
    assert captions[-1] == "total: one | two.", "a sum reads more than its own cell"


def test_it_says_both_of_all_cells_and_one_in_the_sentence_with_numbers() -> None:
    first, *_ = halved([-3.0, 0.0, 2.0])
    assert first.shared == "Now size: it stays; it is replaced."
    assert first.say == "size[0], it is replaced: 3."


@mark
def layer(input: Tensor, weight: Tensor) -> Tensor:
    z = input * weight
    return torch.tanh(z[:1])


def test_back_it_says_where_a_tensor_went_and_what_the_gradient_is_multiplied_by() -> None:
    trace = layer.back(None, [1.0, 2.0], [0.5, -1.0])  # type: ignore[attr-defined]
    captions = {name: trace[trace.blocks.start(name)].caption for name in trace.stages}
    assert captions["grad_z"] == "z went into output, whose gradient comes back, times 1 − output²."
    assert captions["grad_weight"] == "weight went into z, whose gradient comes back, times input."
    assert trace[1].caption == "z went into output, but nothing comes back to this cell."
    assert trace.closing.startswith("The gradients of input and weight are known; ")


@mark
def parted(input: Tensor) -> Tensor:
    return torch.exp(input).sum() + input.sum()


def test_what_has_no_name_is_a_part_of_its_line() -> None:
    first, *_ = parted([1.0, 2.0])
    assert first.caption == "torch.exp(input), a part of this line, made from input."


@mark
def wide(input: Tensor) -> Tensor:
    one, two, three, four, five = (torch.exp(input * k) for k in range(1, 6))
    return one + two + three + four + five


def test_what_is_not_said_where_words_are_many() -> None:
    (step,) = [step for step in wide.back(None, [1.0]) if "grad_input" in step.writes]  # type: ignore[attr-defined]
    assert step.caption == "input went into one, two, three and 2 more, whose gradients come back."
    assert len(f"{step.caption[:-1]}, times their slopes.".split()) > MOST_CAPTION


def test_without_words_of_its_own_a_closing_names_the_results() -> None:
    assert halved([1.0]).closing.startswith("size, rectified and total are computed; halved, run as it stands, ")
