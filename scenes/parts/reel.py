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
from scenes.parts.beat import Beat, Kind
from scenes.parts.canvas import Canvas
from scenes.parts.display import Seen, Watch
from scenes.parts.frame import Caption, Header
from scenes.parts.motion import Cue, Timeline
from scenes.parts.standing import Standing
from scenes.parts.story import Story
from scenes.parts.strip import Strip
from scenes.parts.theme import THEMES

if TYPE_CHECKING:
    from engine.trace import Trace

S = TypeVar("S", bound=Step)

FULL_SECONDS, QUICK_SECONDS, END_SECONDS = 3.0, 1.2, 2.5


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

    Without arguments, as under plain ``manim render``, it shows the concept's own example. ``within`` another one it shows a part of its
    story, and writes into the outer zones of that.
    """

    concept: ClassVar[str]

    def __init__(
        self,
        trace: Record | Trace | None = None,
        beats: Sequence[Beat] = (),
        theme: str = "dark",
        renderer: CairoRenderer | None = None,
        *,
        within: Reel[Any] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(renderer=renderer or ReelRenderer(camera_class=ReelCamera), **settings)
        given = trace if trace is not None else open_example(self.concept)
        # Which class the steps of a concept are of is known to its scene alone.
        self.trace = cast("Story[S]", given if isinstance(given, Record) else given.record())
        self.beats = beats or every_step(self.trace, config.frame_rate)
        self.theme, self.within = THEMES[theme], within
        self.still, self.live = Group(), Group()
        self.watches = Watch(), Watch()

    def setup(self) -> None:
        """Places the outer zones and, by ``layout``, the stage."""
        self.camera.background_color = self.theme.ground
        around = self.within
        self.header: Header = around.header if around else self.heading()
        self.caption: Caption = around.caption if around else Caption(self.theme)
        self.strip: Strip = around.strip if around else Strip(self.theme)
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
    """The pace of plain ``manim render``: the first two steps in full, the others quickly."""

    def beat(k: int) -> Beat:
        kind: Kind = "full" if k < 2 else "quick"
        seconds = FULL_SECONDS if k < 2 else QUICK_SECONDS
        return Beat(kind, k, k + 1, trace[k].phase, trace[k].say, round(fps * seconds), k - 1 if k else None)

    end = round(fps * END_SECONDS)
    return [
        Beat("opening", 0, 0, "setup", trace.opening, end),
        *map(beat, range(len(trace))),
        Beat("closing", len(trace), len(trace), "result", trace.closing, end),
    ]
