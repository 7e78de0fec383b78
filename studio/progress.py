"""How far a rendering is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from scenes.parts.beat import Beat
from studio.printing import murmur

#: Plain lines come no more often than this, in seconds.
PATIENCE = 2.0


def _where(beats: Sequence[Beat], number: int, steps: int) -> str:
    beat = beats[number]
    shown = f"step {min(beat.start + 1, steps):,} of {steps:,}" if beat.kind not in ("opening", "closing") else f"{steps:,} steps"
    return f"beat {number + 1} of {len(beats)} ({beat.kind}), {shown}"


class ProgressLines:
    """Plain lines on standard error, for logs and pipes."""

    def __init__(self, beats: Sequence[Beat], steps: int) -> None:
        self.beats, self.steps, self.last = beats, steps, float("-inf")
        self.frames, self.total = 0, sum(beat.frames for beat in beats)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to take down."""

    def beat(self, number: int, beat: Beat) -> None:
        """Says where the rendering is, now and then."""
        if time.monotonic() - self.last >= PATIENCE:
            self.last = time.monotonic()
            murmur(f"{100 * self.frames // self.total:3d}%  {_where(self.beats, number, self.steps)}")

    def frame(self, frames: int) -> None:
        """Counts."""
        self.frames = frames

    def trouble(self, text: str) -> None:
        """Says it."""
        murmur(text)

    def writes(self, form: str) -> None:
        """Says which form takes its time."""
        if time.monotonic() - self.last >= PATIENCE:
            self.last = time.monotonic()
            murmur(f"writing {form}")


class Bar(ProgressLines):
    """A bar with step, beat and time left."""

    def __init__(self, beats: Sequence[Beat], steps: int) -> None:
        super().__init__(beats, steps)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("opening", total=self.total)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def beat(self, number: int, beat: Beat) -> None:
        """Names the beat."""
        self.bar.update(self.task, description=_where(self.beats, number, self.steps))

    def frame(self, frames: int) -> None:
        """Moves the bar."""
        self.bar.update(self.task, completed=frames)

    def trouble(self, text: str) -> None:
        """Says it above the bar."""
        self.bar.console.print(text, markup=False)

    def writes(self, form: str) -> None:
        """Names the form."""
        self.bar.update(self.task, description=f"writing {form}", completed=self.total)


def progress(beats: Sequence[Beat], steps: int, *, at_once: bool = True) -> ProgressLines:
    """A bar if someone is watching a terminal, plain lines if not; of these none for what is quick if not ``at_once``."""
    # Rich takes FORCE_COLOR, which logs of builds often have, for a terminal.
    found = (Bar if sys.stderr.isatty() else ProgressLines)(beats, steps)
    found.last = float("-inf") if at_once else time.monotonic()
    return found
