"""The Manim scene that every concept's scene is made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from manim import Group, Mobject, Scene, config
from manim.renderer.cairo_renderer import CairoRenderer

from engine.arguments import open_example
from engine.trace import Step, Trace
from scenes.parts.beat import Beat
from scenes.parts.frame import Caption, Header
from scenes.parts.motion import Cue, Timeline
from scenes.parts.raster import ReelCamera
from scenes.parts.strip import Strip
from scenes.parts.theme import THEMES

FULL_SECONDS, QUICK_SECONDS, END_SECONDS = 3.0, 1.2, 2.5


class ReelRenderer(CairoRenderer):
    """Manim's renderer; a frame in which no cue changed anything is the frame before, which needs no drawing."""

    def render(self, scene: Any, time: float, moving_mobjects: Any = None) -> None:
        timeline = scene.animations[0]
        if timeline.changed or not self.file_writer.output_spec.is_video:
            # Not ``moving_mobjects``: those are the parts that stood there when the beat began.
            self.update_frame(scene, [scene.live])
            self.current = self.get_frame()
        self.add_frame(self.current)


class Reel(Scene):
    """A scene over a trace: ``layout`` places its parts, ``show`` says what moves in a beat.

    Without arguments, as under plain ``manim render``, it shows the concept's own example.
    """

    concept: ClassVar[str]

    def __init__(
        self,
        trace: Trace | None = None,
        beats: Sequence[Beat] | None = None,
        theme: str = "dark",
        renderer: CairoRenderer | None = None,
        on_beat: Callable[[int, Beat], None] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(renderer=renderer or ReelRenderer(camera_class=ReelCamera), **settings)
        self.trace: Any = trace if trace is not None else open_example(self.concept)
        self.beats = beats if beats is not None else every_step(self.trace, config.frame_rate)
        self.theme = THEMES[theme]
        self.on_beat = on_beat
        self.still, self.live = Group(), Group()

    def setup(self) -> None:
        """Places the outer zones and, by ``layout``, the stage."""
        self.camera.background_color = self.theme.ground
        self.header = Header(self.trace.title, len(self.trace), self.legend(), self.theme)
        self.caption = Caption(self.theme)
        self.strip = Strip(self.theme)
        self.add(self.still, self.live)
        self.layout(self.trace)

    def construct(self) -> None:
        """Plays every beat as one section and one animation."""
        for number, beat in enumerate(self.beats):
            if self.on_beat:
                self.on_beat(number, beat)
            described = {"kind": beat.kind, "start": beat.start, "stop": beat.stop, "phase": beat.phase, "say": beat.say}
            self.next_section(name=beat.name, section_type=json.dumps(described))
            self.play(self.timeline(beat))

    def timeline(self, beat: Beat) -> Timeline:
        """A beat as an animation that lasts exactly ``beat.frames`` frames."""
        return Timeline(self.live, self.show(beat), run_time=(beat.frames - 0.5) / config.frame_rate)

    def place(self, still: Sequence[Mobject], live: Sequence[Mobject]) -> None:
        """Puts marks on the stage: what stays as it is during a beat, and what may change, which stands in front."""
        self.still.submobjects = list(still)
        self.live.submobjects = [*live, self.header, self.strip, self.caption]

    def legend(self) -> list[str]:
        """The roles that are explained before the first step."""
        return ["input", "output", "reading"]

    def layout(self, trace: Any) -> None:
        """Places the parts of the scene."""
        raise TypeError(f"{type(self).__name__} has no layout")

    def show(self, beat: Beat) -> list[Cue]:
        """What changes during the beat."""
        raise TypeError(f"{type(self).__name__} cannot show a beat")


def every_step(trace: Trace, fps: float) -> list[Beat]:
    """The pace of plain ``manim render``: the first two steps in full, the others quickly."""

    def beat(step: Step) -> Beat:
        full = step.index < 2
        return Beat(
            "full" if full else "quick",
            step.index,
            step.index + 1,
            step.phase,
            step.say,
            round(fps * (FULL_SECONDS if full else QUICK_SECONDS)),
        )

    end = round(fps * END_SECONDS)
    return [
        Beat("opening", 0, 0, "setup", trace.opening, end),
        *map(beat, trace),
        Beat("closing", len(trace), len(trace), "result", trace.closing, end),
    ]
