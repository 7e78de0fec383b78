"""An LSTM on the stage."""

from __future__ import annotations

import math

import pytest
from manim import tempconfig

from engine import lstm
from engine.concepts.lstm.trace import LstmTrace
from engine.inputs.arguments import open_example
from scenes.lstm import Lstm
from scenes.lstm_backward import LstmBackward
from scenes.parts.desk import WrittenStep
from scenes.parts.theme import THEMES
from scenes.parts.worked import MOST_TRAVELLING
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.test_layout import check, numbers


def opened(times: int, features: int, units: int, kind: str = "normal") -> LstmTrace:
    return lstm(numbers(kind, times, features), hidden_size=units)


@pytest.mark.parametrize("size", [(12, 2, 2), (40, 10, 20)], ids=str)
def test_sizes(size: tuple[int, int, int]) -> None:
    check(Lstm, opened(*size), *THEMES)


@pytest.mark.parametrize(
    "size", [(1, 1, 1), (3, 2, 2), (6, 3, 4), (4, 1, 1), (5, 2, 3), (12, 1, 4), (16, 4, 4), (17, 12, 3), (3, 1, 9), (100, 1, 1)], ids=str
)
def test_more_sizes(size: tuple[int, int, int]) -> None:
    check(Lstm, opened(*size))


@pytest.mark.parametrize("kind", ["whole", "large", "tiny"])
def test_numbers(kind: str) -> None:
    check(Lstm, opened(4, 2, 2, kind))
    check(Lstm, lstm(numbers(kind, 4, 2), numbers(kind, 8, 2), numbers(kind, 8, 2), numbers(kind, 8), h0=[1e5, -1e-5], c0=[-1e5, 1e5]))


def test_a_long_sequence_fits_into_its_seconds() -> None:
    trace = opened(200, 10, 20)
    planned = beats(trace, seconds=20, fps=10)
    assert sum(beat.frames for beat in planned) == 200
    assert findings(Lstm, trace, planned) == []


def test_what_is_on_the_strip_adds_up() -> None:
    """Every state of a full beat: the terms so far make the sum, the parts beside the weights are theirs, the last line is the step."""
    trace = lstm(numbers("whole", 3, 2) / 4, hidden_size=2, h0=[0.5, -1], c0=[1, -0.5])
    with tempconfig(SETTINGS):
        planned = beats(trace, detail=9)
        scene = showing.opened(Lstm, trace, planned)
        full = [beat for beat in planned if beat.kind == "full"]
        assert len(full) >= 9
        for beat in full:
            step, timeline, sums = trace[beat.start], scene.timeline(beat), []
            for share in range(11, 64, 4):
                timeline.interpolate(share / 100)
                pieces = sorted(
                    (line for role, mark in scene.strip.marks.items() if role != "muted" for line in mark.lines), key=lambda line: line.x
                )
                sums += [pieces[-1].text] if pieces and pieces[-2].text in "=≈" else []
                if step.is_gate and scene.affine.spot.box:
                    x0, y0, x1, y1 = scene.affine.spot.box
                    framed = [line.text for table in scene.affine.tables for line in table.digits.lines if inside(line, (x0, y0, x1, y1))]
                    products = [f"{a}·{b}" for a, b in scene_terms(scene, step) if [a, b] == framed]
                    assert products or len(framed) == 1
            if step.stage == "c":
                assert math.isclose(float(decimal(sums[-1])), step.value, abs_tol=0.006)
            elif step.is_gate:
                assert math.isclose(float(decimal(sums[-1])), step.total, abs_tol=0.006)
                assert len(set(sums)) > 1
            timeline.interpolate(1)
            pieces = sorted(
                (line for role, mark in scene.strip.marks.items() if role != "muted" for line in mark.lines), key=lambda line: line.x
            )
            assert math.isclose(float(decimal(pieces[-1].text)), step.value, abs_tol=0.006)
            if step.is_gate:
                parts = [float(decimal(line.text)) for line in scene.affine.texts.lines]
                assert parts == pytest.approx(step.parts, abs=0.006)
            column = scene.cell.tables[step.stage]
            assert float(decimal(column.digits.lines[step.unit].text)) == pytest.approx(step.value, abs=0.006)
            assert len(column.digits.lines) == step.unit + 1
            assert scene.windows[scene.most_read].box == pytest.approx(column.box(step.unit))


def inside(line: object, box: tuple[float, float, float, float]) -> bool:
    return box[0] < line.x < box[2] and box[1] < line.y < box[3]


def scene_terms(scene: Lstm, step: object) -> list[tuple[str, ...]]:
    return [term for term in WrittenStep.of(step).added.terms if len(term) == 2]


def test_states_grow_column_by_column() -> None:
    trace = open_example("lstm")
    with tempconfig(SETTINGS):
        planned = beats(trace, seconds=200, fps=10)
        scene = showing.opened(Lstm, trace, planned)
        for beat in planned[1:-1]:
            timeline = scene.timeline(beat)
            timeline.interpolate(1)
            step = trace[beat.stop - 1]
            for name in ("c", "h"):
                done = sum(name in earlier.writes for earlier in trace[: beat.stop])
                assert len(scene.past.tables[name].digits.lines) == done
            frame = scene.past.frame.points
            assert frame[:, 0].min() == pytest.approx(scene.past.tables["x"].box(0, step.time)[0])


def test_states_travel_to_the_next_time_step() -> None:
    trace = open_example("lstm")
    with tempconfig(SETTINGS):
        planned = beats(trace, fps=10)
        scene = showing.opened(Lstm, trace, planned)
        beat = next(beat for beat in planned if beat.start == 14)
        timeline = scene.timeline(beat)
        for share, states, x, before in ((0.0, 4, 2, 0), (0.05, 4, 2, 0), (1.0, 0, 0, 2)):
            timeline.interpolate(share)
            assert [len(scene.travellers.letters[role].lines) for role in ("output", "input")] == [states, x]
            assert len(scene.cell.tables["c_before"].digits.lines) == before


@pytest.mark.parametrize(("name", "scene_class"), [("lstm", Lstm), ("lstm_backward", LstmBackward)])
def test_values_travel(name: str, scene_class: type) -> None:
    """In every full beat something moves in six frames while the result lands; what the cell reads has gone to the strip before."""
    trace = open_example(name)
    with tempconfig({**SETTINGS, "frame_rate": 30}):
        planned = beats(trace, fps=30)
        scene = showing.opened(scene_class, trace, planned)
        for beat in planned:
            if beat.kind != "full":
                continue
            timeline, step, seen = scene.timeline(beat), trace[beat.start], []
            for frame in range(beat.frames):
                timeline.interpolate(frame / (beat.frames - 0.5))
                seen.append((frame / (beat.frames - 0.5), {line for mark in scene.travellers.letters.values() for line in mark.lines}))
            landing = [lines for share, lines in seen if scene.acts.added < share < scene.acts.written]
            assert len(set(map(frozenset, landing))) >= 6
            flown = {line.text.strip("()") for share, lines in seen if share <= scene.acts.added for line in lines}
            if len(step.terms) <= MOST_TRAVELLING:
                assert flown >= {text for term in WrittenStep.of(step).written.terms for text in term}
