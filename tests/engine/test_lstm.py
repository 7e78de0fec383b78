from __future__ import annotations

import math
import time
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from engine import lstm
from engine.concepts.lstm.step import STAGES
from engine.functions import FUNCTIONS
from engine.numbers import sum_of_products
from engine.paths import by_path
from tests.engine.lstms import Case, cases, made, refusal

TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-5}


@settings(max_examples=80)
@given(cases())
def test_the_states_are_those_of_torch(case: Case) -> None:
    trace = lstm(**case.arguments)
    with torch.no_grad():
        output, (h_n, c_n) = case.module()(case.arguments["input"], (case.state("h0"), case.state("c0")))
    tolerance = TOLERANCE[output.dtype]
    for name, expected in (("output", output), ("h_n", h_n[0]), ("c_n", c_n[0])):
        torch.testing.assert_close(trace.outputs[name], expected, rtol=0, atol=tolerance)
    assert trace.reference.name == "torch.nn.LSTM"
    assert set(trace.inputs) == {"input", "weight_ih", "weight_hh", "h0", "c0", *case.arguments}


@settings(max_examples=30)
@given(cases(most=3))
def test_steps(case: Case) -> None:
    trace = lstm(**case.arguments)
    tensors = {**dict(by_path(trace.inputs)), **trace.outputs}
    tolerance = TOLERANCE[trace.outputs["h"].dtype]
    written: dict[str, list[tuple[int, ...]]] = {name: [] for name in trace.outputs}
    names = [name for name, count in trace.phases for _ in range(count)]
    assert len(names) == len(trace)
    for k, step in enumerate(trace):
        assert (step.index, step.phase) == (k, names[k])
        total = math.fsum(map(math.prod, step.terms))
        value = FUNCTIONS[step.apply].of(total) if step.apply else total
        assert math.isclose(step.value, value, rel_tol=0, abs_tol=tolerance)
        # The factors are what stands in the cells that are read, in that order.
        read = [float(tensors[name][cell]) for name, cells in step.reads.items() for cell in cells]
        assert sorted(read) == sorted(x for term in step.terms for x in term)
        for name, cells in step.reads.items():
            assert name in trace.inputs or set(cells) <= set(written[name]), "it reads what is not computed yet"
        for name, cells in step.writes.items():
            written[name] += cells
            assert all(float(trace.outputs[name][cell]) == step.value for cell in cells)
        if step.is_gate:
            assert math.isclose(math.fsum(step.parts), step.total, abs_tol=tolerance)
            assert math.isclose(total, step.total, abs_tol=tolerance)
        assert step.say.endswith(".")
    for name, cells in written.items():
        assert sorted(cells) == [*product(*map(range, trace.outputs[name].shape))]


def test_by_hand() -> None:
    """One unit, all weights 0: σ(0) is a half, tanh(0) nothing; then a candidate of tanh(1) with gates of a half."""
    still = lstm([[3.0]], [[0.0]] * 4, [[0.0]] * 4, c0=[2.0])
    assert still.outputs["c_n"].tolist() == [1.0]
    assert still.outputs["h_n"].item() == pytest.approx(0.5 * math.tanh(1))
    moved = lstm([[1.0], [0.0]], [[0.0], [0.0], [1.0], [0.0]], [[0.0]] * 4)
    first = 0.5 * math.tanh(1)
    assert moved.outputs["c"].flatten().tolist() == pytest.approx([first, first / 2])
    assert moved.outputs["h"].flatten().tolist() == pytest.approx([0.5 * math.tanh(first), 0.5 * math.tanh(first / 2)])


def test_what_a_step_says() -> None:
    trace = lstm([[1.0, 2.0]], [[0.5, -0.25]] * 4, [[1.0]] * 4, [0.25] * 4, [0.25] * 4, h0=[1.0], c0=[2.0])
    said = [step.say for step in trace]
    assert said[0] == (
        "Input gate of unit 0: x gives 0, h gives 1, the biases 0.5: σ(0 + 1 + 0.5) ≈ 0.82, the share of the candidate that enters."
    )
    assert said[2].endswith("tanh(0 + 1 + 0.5) ≈ 0.91, what may enter the cell.")
    assert said[4] == "Unit 0 keeps 0.82 of its old 2 and takes in 0.82 of the candidate 0.91: 0.82·2 + 0.82·0.91 ≈ 2.38."
    assert said[5] == "The cell state of unit 0 is brought between −1 and 1: tanh(2.38) ≈ 0.98."
    assert said[6] == "Unit 0 shows 0.82 of that: 0.82·0.98 = 0.8036 is its hidden state, and its output."
    assert trace[0].formula == '"i[0, 0]" approx sigma(1 dot 0.5 + 2 dot (−0.25) + 1 dot 1 + 0.25 + 0.25) approx 0.82'
    one, none = ({"weight_ih": [[1.0]] * 4, "weight_hh": [[1.0]] * 4, **bias} for bias in ({"bias_hh": [0.0] * 4}, {}))
    assert "h gives 0, the bias 0: " in lstm([[1.0]], **one)[0].say
    assert "h gives 0: σ(1 + 0) ≈ 0.73" in lstm([[1.0]], **none)[0].say


def test_lessons_are_the_first_of_each_kind_with_something_to_forget() -> None:
    trace = lstm([[1.0], [2.0]], seed=1)
    late = {"f": 1, "c": 1}
    assert [(trace[k].stage, trace[k].time) for k in trace.lessons] == [(stage, late.get(stage, 0)) for stage in STAGES]
    assert all(trace[k].terms[0][1] for k in trace.lessons if trace[k].stage == "c")
    assert {trace[k].time for k in lstm([[1.0]]).lessons} == {0}


def test_what_changes_most_is_a_lesson() -> None:
    """Of two units with as much to forget the second one forgets more: its gates are σ(−9) and σ(9), with candidates of tanh(9)."""
    weights = [[0.0], [9.0], [9.0], [-9.0], [0.0], [-9.0], [0.0], [0.0]]
    trace = lstm([[1.0]], weight_ih=weights, weight_hh=[[0.0, 0.0]] * 8, c0=[1, 1])
    assert [(trace[k].stage, trace[k].unit) for k in trace.lessons if trace[k].stage in "fc"] == [("f", 1), ("c", 1)]
    # What is next to nothing is not worth forgetting.
    trace = lstm([[1.0]], weight_ih=weights, weight_hh=[[0.0, 0.0]] * 8, c0=[1, 0.1])
    assert [(trace[k].stage, trace[k].unit) for k in trace.lessons if trace[k].stage in "fc"] == [("f", 0), ("c", 0)]
    strongest = trace[trace.highlight or 0]
    assert (strongest.stage, abs(strongest.value)) == ("h", float(trace.outputs["h"].abs().max()))


def test_seeded_weights_can_be_followed_with_a_pencil() -> None:
    before = torch.get_rng_state()
    traces = [lstm(torch.ones(2, 3), hidden_size=4, seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(before, torch.get_rng_state())
    first, again, other = (trace.inputs["weight_ih"] for trace in traces)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    for name, shape in {"weight_ih": (16, 3), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,)}.items():
        tensor = traces[0].inputs[name]
        assert tuple(tensor.shape) == shape
        assert torch.equal(tensor, tensor.round(decimals=1))
        assert 0.3 <= tensor.abs().max() <= 0.5
    assert lstm([[1.0]]).units == 2
    large = lstm([[1.0]], hidden_size=50).inputs["weight_hh"]
    assert torch.equal(large, large.round(decimals=2))
    assert large.unique().numel() > 20


@pytest.mark.parametrize("prefix", ["", "encoder.lstm."])
def test_trained_weights(prefix: str) -> None:
    torch.manual_seed(0)
    module = torch.nn.LSTM(3, 2)
    state = {f"{prefix}{name}": tensor for name, tensor in module.state_dict().items()}
    x = torch.randn(4, 3)
    trace = lstm(x, state_dict={**state, "head.weight": torch.ones(1, 2)})
    torch.testing.assert_close(trace.outputs["output"], module(x)[0].detach(), rtol=0, atol=1e-6)
    assert trace.dtype == "float32"


def test_a_long_sequence_with_large_weights_opens_fast_and_cuts_single_steps() -> None:
    """Such a layer is chaotic: two ways to add up, a bit apart at first, soon have nothing in common."""
    case = made(400, 16, 16, {"bias_ih"})
    large = {name: tensor * 3 for name, tensor in case.arguments.items()}
    start = time.perf_counter()
    trace = lstm(**large)
    assert trace.reference.max_abs_error < 1e-12
    assert trace[len(trace) - 1].time == 399
    assert time.perf_counter() - start < 2


def test_nan_passes_through() -> None:
    trace = lstm([[1.0], [math.nan], [1.0]])
    assert trace.outputs["h"].isnan().any(1).tolist() == [False, True, True]
    assert "nan" in trace[14].say
    assert sum_of_products(trace[14].terms, trace[14].value).value == "nan"


def module_state(**options: Any) -> dict[str, torch.Tensor]:
    return dict(torch.nn.LSTM(2, 3, **options).state_dict())


ONES = {"weight_ih": torch.ones(8, 2), "weight_hh": torch.ones(8, 2)}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input": [1, 2, 3]}, "input has shape 3; give one sequence, time steps x features, such as [[1],[2],[3]]"),
        ({"input": torch.ones(2, 2, 2)}, "input has shape 2×2×2; give one sequence, time steps x features, such as [[1],[2],[3]]"),
        ({"input": torch.ones(0, 2)}, "input has shape 0×2; give one sequence, time steps x features, such as [[1],[2],[3]]"),
        ({"input": 5}, "input has shape a single number; give one sequence, time steps x features, such as [[1],[2],[3]]"),
        (
            {**ONES, "weight_ih": torch.ones(8, 3)},
            "weight_ih has shape 8x3, but input has 2 features and weight_hh 2 units; give weight_ih of shape 8x2",
        ),
        ({**ONES, "weight_hh": torch.ones(8, 3)}, "weight_hh has shape 8x3; give 4·hidden_size x hidden_size, such as 8x2"),
        ({**ONES, "weight_hh": 3}, "weight_hh has shape a single number; give 4·hidden_size x hidden_size, such as 8x2"),
        ({**ONES, "bias_hh": [1, 2]}, "bias_hh has shape 2, but there are 2 units; give 8 numbers"),
        ({**ONES, "hidden_size": 3}, "hidden_size is 3, but weight_hh has shape 8x2; give hidden_size 2, or leave it out"),
        ({"hidden_size": 0}, "hidden_size is 0; give at least 1"),
        (
            {"hidden_size": 9999},
            "an LSTM with 3 time steps, 2 features and 9,999 units would take about 16 GB and 45 seconds, more than the 4 GB and 20 "
            "seconds allowed; give a hidden_size of at most about 4,700",
        ),
        (
            {"weight_hh": ONES["weight_hh"]},
            "weight_hh is given without weight_ih; give weight_ih and weight_hh, or neither for seeded weights",
        ),
        ({"bias_ih": [0] * 8}, "bias_ih is given without weight_ih; give weight_ih and weight_hh, or neither for seeded weights"),
        ({"h0": [1, 2, 3]}, "h0 has shape 3, but there are 2 hidden units; give 2 numbers"),
        ({"c0": torch.ones(2, 2)}, "c0 has shape 2x2, but there are 2 hidden units; give 2 numbers"),
        ({"c0": 1}, "c0 has shape a single number, but there are 2 hidden units; give 2 numbers"),
        (
            {**ONES, "state_dict": module_state()},
            "state_dict is given together with weight_ih and weight_hh; give one or the other",
        ),
        (
            {"state_dict": module_state(num_layers=2)},
            "state_dict is of stacked LSTM layers (it has weight_ih_l1); give that of nn.LSTM with one layer",
        ),
        (
            {"state_dict": module_state(bidirectional=True)},
            "state_dict is of a bidirectional LSTM (it has weight_ih_l0_reverse); give that of nn.LSTM with one direction",
        ),
        (
            {"state_dict": module_state(proj_size=2)},
            "state_dict is of an LSTM with a projection (it has weight_hr_l0); give that of nn.LSTM with proj_size=0",
        ),
        ({"state_dict": {"fc.weight": torch.ones(2, 2)}}, "state_dict has no weight_ih_l0, but fc.weight; give that of an nn.LSTM"),
        ({"state_dict": {}}, "state_dict has no weight_ih_l0, but nothing; give that of an nn.LSTM"),
        (
            {"state_dict": {"weight_ih_l0": torch.ones(8, 2)}},
            "state_dict has weight_ih_l0, but no weight_hh_l0; give that of an nn.LSTM",
        ),
        (
            {"state_dict": {"a.weight_ih_l0": torch.ones(8, 2), "b.weight_ih_l0": torch.ones(8, 2)}},
            "state_dict has the weights of 2 LSTMs ('a' and 'b'); name one, as in FILE#a, or give the tensors that begin with 'a.'",
        ),
        (
            {"input": torch.ones(3, 5), "state_dict": module_state()},
            "weight_ih has shape 12x2, but input has 5 features and weight_hh 3 units; give weight_ih of shape 12x5",
        ),
    ],
)
def test_refusals(arguments: dict[str, Any], sentence: str) -> None:
    assert refusal(lstm, **{"input": torch.ones(3, 2), **arguments}) == sentence


def test_states_may_have_an_axis_of_layers() -> None:
    bare, torchs = (lstm([[1.0]], h0=h0, c0=[1, 1]) for h0 in ([1, 2], [[1, 2]]))
    assert torch.equal(bare.outputs["h"], torchs.outputs["h"])
