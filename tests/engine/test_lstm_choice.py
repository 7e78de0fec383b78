"""Which units of an LSTM tell most, and in which order they are computed."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import lstm, lstm_backward
from engine.concepts.lstm.backward_step import DELTAS
from engine.concepts.lstm.choice import SEVERAL, UnitChoice, stretches
from engine.concepts.lstm.chosen import by_change, by_size, by_time
from engine.trace import Trace


def test_units_are_ranked_by_how_much_they_change_how_large_they_are_and_when() -> None:
    values = torch.tensor([[0.0, 4.0, 1.0], [3.0, 4.0, 0.0], [0.0, 4.0, math.nan]])
    assert by_change(values) == [0, 1, 2]  # 3 + 3; 4; 1 + 1
    assert by_size(values) == [1, 0, 2]
    assert by_time(torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, -2.0], [1.0, 0.0, 0.0]])) == [1, 2, 0]


@given(st.permutations(range(SEVERAL + 4)), st.integers(1, SEVERAL + 4), st.permutations(range(4)))
def test_of_many_units_one_is_computed_before_the_others(ranked: list[int], count: int, gates: list[int]) -> None:
    choice = UnitChoice([n for n in ranked if n < count], range(count), gates)
    many = count > SEVERAL
    assert choice.followed == (choice.ranked[0] if many else None)
    assert sorted(choice.order) == [*range(count)]
    assert sorted(choice.rows) == [*range(4 * count)]
    if not many:
        assert (choice.order, choice.rows) == ([*range(count)], [*range(4 * count)])
    else:
        assert choice.order[0] == choice.followed
        assert choice.rows[:4] == [choice.followed + count * gate for gate in gates]
    assert [start + n for start, length in stretches(choice.order) for n in range(length)] == choice.order
    assert len(stretches(choice.order)) <= 3


def opened(name: str) -> Trace:
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return lstm(x, hidden_size=7) if name == "lstm" else lstm_backward(torch.cat([torch.zeros(4, 7), torch.ones(1, 7)]), x, hidden_size=7)


@pytest.mark.parametrize("name", ["lstm", "lstm_backward"])
def test_every_step_of_a_time_begins_with_the_unit_that_is_followed(name: str) -> None:
    trace = opened(name)
    followed = trace.choice.followed  # type: ignore[attr-defined]  # of both
    assert f"nit {followed}, " in trace.opening
    timed = [step for step in trace if "grad" not in step.stage or step.stage in ("grad_h", "grad_c")]  # type: ignore[attr-defined]
    firsts: dict[tuple[str, int], int] = {}
    for step in timed:
        firsts.setdefault((step.stage, step.time), step.unit)  # type: ignore[attr-defined]
    assert set(firsts.values()) == {followed}
    own = [step for step in timed if step.index in trace.lessons]
    assert {step.unit for step in own} == {followed}  # type: ignore[attr-defined]
    # Of its gates the one with the strongest gradient is worked out.
    if name == "lstm_backward":
        (gate,) = {trace[k].stage for k in trace.lessons} & {*DELTAS}  # type: ignore[attr-defined]
        assert gate == max(DELTAS, key=lambda delta: abs(float(trace.outputs[delta][-1, followed])))
    # However they are ordered, each is computed once.
    written = [(path, cell) for step in trace for path, cells in step.writes.items() for cell in cells]
    assert len(written) == len(set(written)) == sum(values.numel() for values in trace.outputs.values())
