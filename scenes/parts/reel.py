"""The Manim scene that every concept's scene is made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar, cast

import numpy as np
from manim import Camera, Group, ManimColor, Mobject, Scene, config
from manim.renderer.cairo_renderer import CairoRenderer

from engine.inputs.arguments import open_example
from engine.record import Record
from engine.step import Step
from engine.torch_call import torch_call
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.display import Seen, Watch
from scenes.parts.frame import Caption, Header
from scenes.parts.listing import called
from scenes.parts.motion import Cue, Timeline
from scenes.parts.shots import Choice, Shot, shots
from scenes.parts.standing import Standing
from scenes.parts.story import Story
from scenes.parts.strip import Strip
from scenes.parts.syllabus import Syllabus
from scenes.parts.theme import THEMES

if TYPE_CHECKING:
    from engine.trace import Trace

S = TypeVar("S", bound=Step)

#: Under plain ``manim render`` so many steps at the beginning are worked out.
FULL = 2


class ReelCamera(Camera):
    """Manim's camera, with a :class:`Canvas` in place of its way to draw."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.still, self.live = Watch(), Watch()
        self.canvas: Canvas | None = None

    def see(self, still: Sequence[Mobject], live: Sequence[Mobject]) -> np.ndarray:
        """The stage as pixels, in an array that is drawn on again the next time."""
        if self.canvas is None:
            ground = ManimColor(self.background_color).to_hex()
            self.canvas = Canvas(self.pixel_width, self.pixel_height, (self.frame_width, self.frame_height), ground)
        self.canvas.show(self.still.items(still), self.live.items(live))
        return self.canvas.pixels

    def capture_mobjects(self, mobjects: Sequence[Mobject], **_: Any) -> None:
        """Draws the mobjects and nothing else."""
        self.set_pixel_array(self.see([], mobjects))


class ReelRenderer(CairoRenderer):
    """Manim's renderer; a frame in which no cue changed anything is the frame before, which needs no drawing."""

    def render(self, scene: Any, time: float, moving_mobjects: Any = None) -> None:
        timeline = scene.animations[0]
        if timeline.changed or not self.file_writer.output_spec.is_video:
            # Not ``moving_mobjects``: those are the parts that stood there when the beat began.
            self.current = self.camera.see([scene.still], [scene.live]).copy()
        self.add_frame(self.current)

    def save_static_frame_data(self, scene: Any, static_mobjects: Any) -> None:
        """The canvas keeps what stays."""


class Sight(NamedTuple):
    """What can be seen during ``frames`` frames, what stays behind what may change."""

    still: list[Seen]
    live: list[Seen]
    frames: int

    def same(self, other: Sight) -> bool:
        """Whether nothing looks different."""
        return all(
            len(mine) == len(others) and all(a is b for a, b in zip(mine, others, strict=True))
            for mine, others in ((self.still, other.still), (self.live, other.live))
        )


class Reel(Scene, Generic[S]):
    """A scene over a trace of steps of the class ``S``: ``layout`` places its parts, ``show`` says what moves in a beat.

    Without arguments, as under plain ``manim render``, it shows every step of the concept's own example. ``within`` another one it shows a
    part of its story, and writes into the outer zones of that. With ``code`` the line of torch stands beside the picture: below the strip
    that which gives the same, or where the scene finds a place for it each one that is executed; ``line`` is a user's own in place of it.
    """

    concept: ClassVar[str]

    def __init__(
        self,
        trace: Record | Trace | None = None,
        beats: Sequence[Beat] | None = None,
        theme: str = "dark",
        renderer: CairoRenderer | None = None,
        *,
        within: Reel[Any] | None = None,
        code: bool = False,
        line: str = "",
        **settings: Any,
    ) -> None:
        super().__init__(renderer=renderer or ReelRenderer(camera_class=ReelCamera), **settings)
        given = trace if trace is not None else open_example(self.concept)
        # Which class the steps of a concept are of is known to its scene alone.
        self.trace = cast("Story[S]", given if isinstance(given, Record) else given.record())
        self.beats = every_step(self.trace, config.frame_rate) if beats is None else beats
        self.theme, self.within, self.has_code, self.own_line = THEMES[theme], within, code, line
        self.still, self.live = Group(), Group()
        self.watches = Watch(), Watch()

    def setup(self) -> None:
        """Places the outer zones and, by ``layout``, the stage."""
        self.camera.background_color = self.theme.ground
        around = self.within
        self.header: Header = around.header if around else self.heading()
        self.caption: Caption = around.caption if around else Caption(self.theme)
        self.strip: Strip = around.strip if around else Strip(self.theme)
        self.strip.stand_on(*called(self.call))
        self.add(self.still, self.live)
        self.layout(self.trace)

    def construct(self) -> None:
        """Plays every beat as one section and one animation."""
        for beat in self.beats:
            described = {"kind": beat.kind, "start": beat.start, "stop": beat.stop, "phase": beat.phase, "say": beat.say}
            self.next_section(name=beat.name, section_type=json.dumps(described))
            self.play(self.timeline(beat))

    def timeline(self, beat: Beat) -> Timeline:
        """A beat as an animation that lasts exactly ``beat.frames`` frames."""
        burnt = self.caption.burn(beat)
        return Timeline(self.live, [*self.show(beat), *burnt], run_time=(beat.frames - 0.5) / config.frame_rate)

    def sights(self, beat: Beat, first: int = 0, after: int | None = None) -> Iterator[Sight]:
        """What can be seen in the frames ``first`` to ``after`` (exclusive) of a beat, without drawing it."""
        timeline, (still, live) = self.timeline(beat), self.watches
        sight: Sight | None = None
        for frame in range(first, beat.frames if after is None else after):
            timeline.interpolate(frame / (beat.frames - 0.5))
            if sight is None or timeline.changed:
                seen = Sight(still.items([self.still]), live.items([self.live]), 0)
                if sight is None or not sight.same(seen):
                    if sight is not None:
                        yield sight
                    sight = seen
            sight = sight._replace(frames=sight.frames + 1)
        if sight is not None:
            yield sight

    def place(self, still: Sequence[Mobject], live: Sequence[Mobject]) -> None:
        """Puts marks on the stage: what stays as it is during a beat, and what may change, which stands in front."""
        self.still.submobjects = list(still)
        self.live.submobjects = [*live, self.header, self.strip, self.caption]

    def heading(self) -> Header:
        """What stands above the stage."""
        return Header(self.trace.title, len(self.trace), self.legend(), self.theme)

    def stands(self, path: str) -> Standing | None:
        """Where a tensor stands now and what of it can be seen; none if the scene does not say."""
        return None

    def withhold(self, path: str, hidden: bool) -> None:
        """Shows no cell of an input that the scene says where it stands, or all of them again."""

    @property
    def call(self) -> str:
        """The line of torch below the strip."""
        return (self.own_line or torch_call(self.trace)) if self.has_code else ""

    def legend(self) -> list[str]:
        """The roles that are explained before the first step."""
        return ["input", "output", "reading"]

    def layout(self, trace: Story[S]) -> None:
        """Places the parts of the scene."""
        raise TypeError(f"{type(self).__name__} has no layout")

    def show(self, beat: Beat) -> list[Cue]:
        """What changes during the beat."""
        raise TypeError(f"{type(self).__name__} cannot show a beat")


def every_step(trace: Story[Step], fps: float) -> list[Beat]:
    """The pace of plain ``manim render``: the first two steps and the first of every kind are worked out, the others shown quickly."""
    syllabus = Syllabus.of(trace)
    full = sorted({*range(min(FULL, len(trace))), *syllabus.firsts.values(), *syllabus.lessons})

    def beat(shot: Shot) -> Beat:
        said = {"opening": trace.opening, "closing": trace.closing}.get(shot.kind) or trace[shot.start].say
        before = shot.start - 1 if shot.start and shot.kind != "closing" else None
        return Beat(shot.kind, shot.start, shot.stop, shot.phase, said, round(fps * shot.seconds), before, caption=shot.caption)

    choice = Choice(full, len(trace), len(trace), apart="all", ends="all")
    return [beat(shot) for shot in shots(syllabus, choice)]
