"""The way back through whole networks: all parameters as autograd has them, whatever the network."""

from __future__ import annotations

import pytest
import torch

from tests.engine.backward import CASES, act_of, made

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}


@pytest.mark.parametrize("opened", [None, "*", "nothing"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", CASES)
def test_every_parameter_has_the_gradient_that_autograd_says(name: str, dtype: torch.dtype, opened: str | None) -> None:
    film, net, _ = made(name, dtype, opened)
    found, theirs = film.outputs["gradients"], {path: one.grad for path, one in net.named_parameters() if one.grad is not None}
    assert [*found] == [*theirs]
    most = max(float(one.abs().max()) for one in theirs.values())
    for path, grad in theirs.items():
        # What a batch norm takes away again is the rounding of other numbers: it counts beside the largest.
        size = float(grad.abs().max())
        assert float((found[path] - grad).abs().max()) <= TOLERANCES[dtype] * (size if size > 1e-6 * most else most), path


@pytest.mark.parametrize("name", CASES)
def test_every_act_has_one_way_back_behind_it_in_reverse_order(name: str) -> None:
    film, _, _ = made(name)
    forward = [act.name for part in film.network for act in film.acts[part.first : part.stop]]
    back = [act.name for act in film.acts[len(forward) :]]
    assert [act.name for act in film.acts] == [*forward, *back]
    ways_back = [one.removesuffix(", back") for one in back if one.endswith(", back")]
    part_of = {act.name: part.name for part in film.network for act in film.acts[part.first : part.stop]}
    reached = [one if one in ways_back else part_of[one] for one in forward]
    silent = [one for one in reached if one not in ways_back]
    assert all(one.partition(":")[0] in film.closing for one in silent)
    assert [*dict.fromkeys(reversed([one for one in reached if one in ways_back]))] == ways_back
    assert [film.network[number].name for number in film.back if number < len(film.network)]
    assert len(film.back) == len(back)


@pytest.mark.parametrize("name", ["lenet", "skip", "gpt", "lstm", "heads", "cells"])
def test_every_step_of_the_way_back_gives_its_number(name: str) -> None:
    film, _, _ = made(name)
    first = film.starts[len(film.acts) - len(film.back)]
    steps = len(film) - first
    for k in range(first, len(film), max(1, steps // 400)):
        path, cells = next(iter(film[k].writes.items()))
        act = film.act_of(k)
        assert float(act.trace.outputs[path][cells[0]]) == film[k].value


# --- how it goes back --------------------------------------------------------------------------------------------------------------------


def test_a_way_back_takes_what_arrives_and_what_its_act_was_given() -> None:
    film, _, _ = made("lenet")
    back = act_of(film, "conv2, back")
    assert back.trace.concept == "conv2d_backward"
    assert back.takes == {"grad_output": ("relu (2), back", "grad_input"), "input": ("conv2", "input"), "weight": ("conv2", "weight")}
    assert act_of(film, "fc1, back").trace.concept == "linear_backward"
    assert act_of(film, "max_pool2d, back").trace.concept == "max_pool2d_backward"
    assert act_of(film, "cross_entropy, back").trace.inputs["grad_output"] == 1


def test_what_comes_back_on_both_ways_around_a_skip_is_added_up() -> None:
    film, _, _ = made("skip")
    total = act_of(film, "x, sum of gradients")
    assert total.takes == {"from_relu_add": ("relu, add, back", "grad_x"), "from_fc2": ("fc2, back", "grad_input")}
    parts = [*total.trace.inputs.values()]
    assert torch.equal(total.trace.outputs["grad_x"], parts[0] + parts[1])
    assert total.trace[0].terms == [(float(parts[0][0, 0]),), (float(parts[1][0, 0]),)]
    assert act_of(film, "tanh, back").takes["grad_output"] == ("x, sum of gradients", "grad_x")


def test_what_is_added_up_is_added_up_once() -> None:
    film, _, _ = made("shared")
    assert [act.name for act in film.acts if act.trace.concept == "gradient_sum"] == ["h, sum of gradients"]
    assert act_of(film, "cell, back").takes["grad_h"] == ("h, sum of gradients", "grad_h")


def test_both_uses_of_one_weight_add_up() -> None:
    film, _, _ = made("twice")
    assert [*act_of(film, "shared.weight, sum of gradients").takes.values()] == [
        ("shared (2), back", "grad_weight"),
        ("shared, back", "grad_weight"),
    ]


def test_parts_of_a_tensor_come_back_to_their_places() -> None:
    film, _, _ = made("heads")
    total = act_of(film, "attention, sum of gradients")
    values, both = total.trace.inputs.values()
    assert values.shape == (4, 4)
    assert torch.equal(total.trace.outputs["grad_attention"], both + torch.cat([torch.zeros(4, 8), values], 1))
    assert total.trace[11].reads == {"from_matmul": [(0, 3)], "from_matmul_div": [(0, 11)]}
    assert total.trace[0].reads == {"from_matmul_div": [(0, 0)]}


def test_to_what_is_not_read_nothing_comes_back() -> None:
    film, _, _ = made("heads")
    total = next(act for act in film.acts if act.trace.concept == "gradient_sum" and len(act.trace.inputs) == 1)
    (grad,) = total.trace.outputs.values()
    assert not grad[1:].any()
    assert "to which nothing comes back" in total.trace[len(total.trace) - 1].say


def test_what_is_not_opened_goes_back_whole() -> None:
    film, _, _ = made("lenet", opened="fc*")
    concepts = {act.name: act.trace.concept for act in film.acts}
    assert concepts["conv1, back"] == concepts["relu, back"] == "whole"
    assert concepts["fc1, back"] == "linear_backward"


def test_a_sequence_goes_back_layer_by_layer_and_direction_by_direction() -> None:
    film, _, _ = made("sequences")
    names = [act.name for act in film.acts if act.trace.concept == "lstm_backward"]
    assert names == [f"{name}, back" for name in ("decoder: layer 1", "decoder: layer 0", "encoder: backwards", "encoder: forwards")]


def test_norms_are_those_of_the_gradients() -> None:
    film, net, _ = made("skip")
    for path, parameter in net.named_parameters():
        assert parameter.grad is not None
        assert film.norms[path] == pytest.approx(float(torch.linalg.vector_norm(parameter.grad)), rel=1e-12)
    arrived = act_of(film, "fc2, back").trace.inputs["grad_output"]
    assert film.norms["fc2"] == pytest.approx(float(arrived.norm()), rel=1e-12)
