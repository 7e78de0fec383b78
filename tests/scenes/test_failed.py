"""The picture of a call that fails: what came in, the call, and in place of a result why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from manim import tempconfig
from torch import Tensor, nn

import engine
from engine.network.failed import FailedTrace
from scenes.failed import Failing
from scenes.parts.beat import Beat
from scenes.parts.ink import Letters
from scenes.parts.play import scene_of
from scenes.parts.theme import THEMES
from studio.pace_play import play_beats
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, opened


class Refused(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("this network takes nothing at all")


class Joining(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.view(4, 2, -1)[at] for at in range(4)] + [x.flatten()])


NETS: dict[str, tuple[type[nn.Module] | nn.Module, tuple[int, ...]]] = {
    "small": (nn.Linear(5, 4), (2, 4)),
    "large": (nn.Conv2d(64, 128, 3), (1, 3, 32, 32)),
    "nothing came": (Refused, (2, 2)),
    "five tensors": (Joining, (4, 6)),
}


def trace_of(name: str) -> FailedTrace:
    net, shape = NETS[name]
    made = engine.model(torch.linspace(-1, 1, torch.Size(shape).numel()).reshape(shape), net, film_error=True).acts[-1].trace
    assert isinstance(made, FailedTrace)
    return made


def beats_of(trace: FailedTrace) -> list[Beat]:
    return [
        Beat("opening", 0, 0, "error", trace.opening, 60, caption=trace.opening),
        Beat("sweep", 0, 1, "error", trace[0].say, 60, caption=trace[0].caption),
        Beat("closing", 1, 1, "result", trace.closing, 60, caption=trace.opening),
    ]


@contextmanager
def shown(trace: FailedTrace) -> Iterator[tuple[Any, list[Beat]]]:
    with tempconfig(SETTINGS):
        yield opened(Failing, trace, beats_of(trace)), beats_of(trace)


def words(scene: Any) -> str:
    marks = (part for group in (scene.still, scene.live) for part in group.get_family())
    return " ".join(line.text for mark in marks if isinstance(mark, Letters) for line in mark.lines)


@pytest.mark.parametrize("name", NETS)
def test_layout(name: str) -> None:
    assert findings(Failing, trace_of(name), beats_of(trace_of(name)), *THEMES) == []


def test_why_nothing_comes_out_is_told_when_the_call_has_run() -> None:
    with shown(trace_of("small")) as (scene, (opening, sweep, closing)):
        told = (
            "gets 2x4, but its weight is 4x5 mat1 and mat2 shapes cannot be multiplied (2x4 and 5x4) "
            "give it 5 features, or make the layer nn.Linear(4, 4)"
        )
        scene.timeline(opening).interpolate(1.0)
        assert "input 2×4" in words(scene)
        assert "weight 4×5" in words(scene)
        assert [*scene.words.lines, *scene.remedy.lines] == []
        assert scene.cross.get_stroke_opacity() == 0
        timeline = scene.timeline(sweep)
        timeline.interpolate(0.3)
        assert len(scene.deed.pulse.points) > 0
        assert [*scene.words.lines, *scene.remedy.lines] == []
        for beat in (sweep, closing):
            scene.timeline(beat).interpolate(1.0)
            assert " ".join(line.text for line in [*scene.words.lines, *scene.remedy.lines]) == told
            assert scene.cross.get_stroke_opacity() == 1


def test_in_a_play_it_takes_what_the_act_before_made() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(5, 2))
    play = engine.model([[1.0, 2.0, 3.0, 4.0]], net, film_error=True)
    beats = play_beats(play)
    assert beats[-1].say.startswith("Sequential gets 1x3" if "Sequential gets" in play.closing else play.closing[:10])
    with tempconfig(SETTINGS):
        scene = scene_of(play)(play.record(), beats)
        scene.setup()
        for beat in beats:
            scene.timeline(beat).interpolate(0.5)
            scene.timeline(beat).interpolate(1.0)
        assert isinstance(scene.scene(1), Failing)
        assert scene.scene(1).stands("input") is not None
        assert scene.scene(1).stands("nothing") is None
