"""The way back through an LSTM on the stage."""

from __future__ import annotations

import math

import pytest
from manim import tempconfig

from engine import lstm_backward
from engine.concepts.lstm.backward_trace import LstmBackwardTrace
from engine.inputs.arguments import open_example
from scenes.lstm_backward import LstmBackward
from scenes.parts.ink import Letters
from scenes.parts.theme import THEMES
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.test_layout import check, numbers


def opened(times: int, features: int, units: int, kind: str = "normal", **ends: object) -> LstmBackwardTrace:
    return lstm_backward(numbers(kind, times, units), numbers(kind, times, features), hidden_size=units, **ends)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(12, 2, 2), (40, 10, 20)], ids=str)
def test_sizes(size: tuple[int, int, int]) -> None:
    check(LstmBackward, opened(*size), *THEMES)


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 2, 2), (6, 3, 4), (17, 12, 3), (100, 1, 1)], ids=str)
def test_more_sizes(size: tuple[int, int, int]) -> None:
    units = size[-1]
    check(LstmBackward, opened(*size, grad_h_n=[1.0] * units, grad_c_n=[-1.0] * units))


@pytest.mark.parametrize("kind", ["whole", "large", "tiny"])
def test_numbers(kind: str) -> None:
    check(LstmBackward, opened(4, 2, 2, kind))


def test_a_long_sequence_fits_into_its_seconds() -> None:
    trace = opened(200, 10, 20)
    planned = beats(trace, seconds=20, fps=10)
    assert sum(beat.frames for beat in planned) == 200
    assert findings(LstmBackward, trace, planned) == []


@pytest.mark.parametrize("ends", [{}, {"grad_h_n": [0.5, -1], "grad_c_n": [2, 0.25]}], ids=["outputs", "states too"])
def test_what_is_on_the_strip_adds_up(ends: dict) -> None:
    """Every state of a full beat ends in the sum of the terms so far, and the result stands in the cell that is framed."""
    trace = opened(3, 2, 2, **ends)
    with tempconfig(SETTINGS):
        planned = beats(trace)
        scene = showing.opened(LstmBackward, trace, planned)
        seen = set()
        for beat in planned:
            if beat.kind != "full":
                continue
            step, timeline, sums = trace[beat.start], scene.timeline(beat), []
            seen.add(step.stage)
            for share in range(11, 64, 3):
                timeline.interpolate(share / 100)
                pieces = line_of(scene)
                # Of a term that is alone there is no sum before the result.
                sums += [float(decimal(pieces[-1]))] if pieces and len(step.terms) > 1 else []
            so_far = [math.fsum(map(math.prod, step.terms[: n + 1])) for n in range(len(step.terms))]
            assert len(step.terms) == 1 or sums[-1] == pytest.approx(step.value, abs=0.006)
            assert all(min(abs(total - x) for x in so_far) < 0.006 for total in sums)
            timeline.interpolate(1)
            assert float(decimal(line_of(scene)[-1])) == pytest.approx(step.value, abs=0.006)
            assert float(decimal(written_in(scene, scene.windows[scene.most_read].box))) == pytest.approx(step.value, abs=0.006)
        assert seen == {"grad_h", "grad_c", "delta_i", "grad_input", "grad_weight_ih", "grad_bias"}


def line_of(scene: LstmBackward) -> list[str]:
    return showing.strip(scene)


def written_in(scene: LstmBackward, box: tuple[float, float, float, float]) -> str:
    """The digits in a frame."""
    x0, y0, x1, y1 = box
    written = [part for mark in scene.live.submobjects for part in mark.get_family() if isinstance(part, Letters)]
    (text,) = [line.text for part in written for line in part.lines if x0 < line.x < x1 and y0 < line.y < y1]
    return text


def test_gradients_fill_from_the_last_time_to_the_first() -> None:
    trace = open_example("lstm_backward")
    with tempconfig(SETTINGS):
        planned = beats(trace, seconds=300, fps=10)
        scene = showing.opened(LstmBackward, trace, planned)
        for beat in planned[1:-1]:
            step = trace[beat.stop - 1]
            if step.stage not in ("grad_h", "grad_c"):
                continue
            timeline = scene.timeline(beat)
            timeline.interpolate(1)
            done = sum(step.stage in earlier.writes for earlier in trace[: beat.stop])
            table = scene.past.tables[step.stage]
            assert len(table.digits.lines) == done
            assert min(line.x for line in table.digits.lines) == pytest.approx(table.centre(0, step.time)[0])
            frame = scene.past.frame.points
            assert frame[:, 0].max() == pytest.approx(scene.past.tables["grad_h"].box(0, step.time)[2])
