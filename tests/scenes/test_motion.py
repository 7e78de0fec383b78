"""Values travel: in every beat that is worked out in full something leads the eye, whatever the concept and the size."""

from __future__ import annotations

import pytest
from manim import tempconfig

from engine.catalogue import find, single
from engine.step import Step
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.travel import Travellers
from studio.pace import beats as paced
from tests.scenes.grown import SIZES, grown, grows
from tests.scenes.moving import runs
from tests.scenes.showing import SETTINGS

FPS = 30
#: A run of fewer frames is a jerk.
LEAST_FRAMES = 6
LEAST_RUNS = 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", single())
def test_something_moves_in_every_full_beat(name: str, size: str) -> None:
    if size != "small" and not grows(find(name)):
        return
    trace = grown(name, size)
    full = [beat for beat in paced(trace, fps=FPS) if beat.kind == "full"]
    with tempconfig(SETTINGS):
        scene = scene_class(name)(trace, full)
        scene.setup()
        found = {beat: sum(length >= LEAST_FRAMES for length in runs(scene, beat)) for beat in chosen(full, size)}
    assert {beat.name: moved for beat, moved in found.items() if moved < needed(trace[beat.start])} == {}


def needed(step: Step) -> int:
    """A number that is only handed on goes to the strip, and to its cell; one that is read nowhere, to its cell."""
    handed_on = not step.apply and len(step.terms) == len(step.terms[0]) == 1
    return LEAST_RUNS if not handed_on else 2 if step.reads else 1


def chosen(full: list[Beat], size: str) -> list[Beat]:
    """The first and the last; of a larger input the last, which does something else."""
    return [full[at] for at in sorted({0, len(full) - 1})] if size == "small" else full[-1:]


def test_a_beat_without_flights_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above is worth: without numbers that travel there are fewer runs."""
    trace = grown("conv2d", "small")
    beat = next(beat for beat in paced(trace, fps=FPS) if beat.kind == "full")

    def moved() -> int:
        with tempconfig(SETTINGS):
            scene = scene_class("conv2d")(trace, [beat])
            scene.setup()
            return sum(length >= LEAST_FRAMES for length in runs(scene, beat))

    assert moved() >= LEAST_RUNS
    monkeypatch.setattr(Travellers, "move", lambda self, groups: None)
    assert moved() < LEAST_RUNS
