"""Where a network failed: what came in, the call, and in place of a result why there is none."""

from __future__ import annotations

from itertools import pairwise

from engine.step import Step
from scenes.network.deed import BETWEEN, Deed
from scenes.network.panel import Panel
from scenes.network.shelf import Shelf
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE, wrapped
from scenes.parts.ink import Box, Letters, Line, Mark, letter_size, lines
from scenes.parts.motion import Cue, states
from scenes.parts.press import SERIF
from scenes.parts.reel import Reel
from scenes.parts.rooms import columns
from scenes.parts.standing import Standing
from scenes.parts.story import Story

#: Of the width for what comes in, the call and the words.
SHARES = 1.0, 0.9, 1.25
#: From one line of words to the next, and between two sentences.
LINE, APART = 0.46, 0.28
#: Half of the size of the cross where nothing comes out.
CROSS = 0.17


class Failing(Reel[Step]):
    """Something runs from what comes in to the call, and no further."""

    concept = "failed"

    def layout(self, trace: Story[Step]) -> None:
        left, middle, right = columns(STAGE, SHARES, BETWEEN)
        self.given = Shelf(trace.inputs, left, "input", self.theme, dict.fromkeys(trace.weights, "weight"))
        self.deed = Deed(trace.kind, trace.operations, 0, middle, self.theme)
        self.deed.join([*self.given.values()], [])
        self.cross = self._cross()
        self.words, self.remedy = Letters(self.theme.ink), Letters(self.theme.muted)
        self.rows = self._rows(right)
        self.place([*self.given.values(), self.deed, self.given.rest], [self.deed.pulse, self.cross, self.words, self.remedy])

    def legend(self) -> list[str]:
        return ["input", "weight"]

    def show(self, beat: Beat) -> list[Cue]:
        if beat.kind in ("opening", "closing"):
            return [states(0, 1, 1, lambda _: self.rest(beat, done=beat.kind == "closing"))]
        return [states(0, 0.97, beat.frames, lambda state: self.run(beat, (state + 1) / beat.frames))]

    def rest(self, beat: Beat, *, done: bool) -> None:
        """Before the call, or after it."""
        self._begin(beat, 0 if done else None)
        self.deed.run(0.0)
        self._tell(done)

    def run(self, beat: Beat, share: float) -> None:
        """The call, so far of its time."""
        self._begin(beat, beat.start)
        self.deed.run(min(1.0, 2 * share))
        self._tell(share >= 0.5)

    def stands(self, path: str) -> Standing | None:
        panel = self.given.get(path)
        return None if panel is None else panel.standing

    def withhold(self, path: str, hidden: bool) -> None:
        panel: Panel | None = self.given.get(path)
        if panel is not None:
            panel.show(0 if hidden else panel.whole_values.size)

    def _begin(self, beat: Beat, step: int | None) -> None:
        self.header.show(beat.phase, step)
        self.caption.say(beat.shown)
        self.strip.show_formula(self.trace.formula)
        for panel in self.given.values():
            panel.show(panel.whole_values.size)

    def _tell(self, told: bool) -> None:
        self.cross.fade(float(told))
        self.words.write_lines(self.rows[0] if told else [])
        self.remedy.write_lines(self.rows[1] if told else [])

    def _cross(self) -> Mark:
        _, y0, x, y1 = self.deed.box
        middle = x + BETWEEN / 2, (y0 + y1) / 2
        corners = [(middle[0] + a * CROSS, middle[1] + b * CROSS) for a, b in ((-1, -1), (1, 1), (-1, 1), (1, -1))]
        return Mark(self.theme.ink, stroke=7.0).draw(lines([*pairwise(corners)][::2]))

    def _rows(self, room: Box) -> tuple[list[Line], list[Line]]:
        """What is wrong, and below it what would work, in the middle of the room; torch's own words where there is room for them."""
        left, bottom, right, top = room
        told, size = self.trace.failed, letter_size(SERIF)
        own, words, instead = (wrapped(text, size, right - left) if text else [] for text in (told.gets.strip(), told.words, told.instead))
        most = int((top - bottom - APART) / LINE)
        wrong = [*own, *words] if not own or len(own) + len(words) + len(instead) <= most else own
        wrong, instead = wrong[:most], instead[: max(0, most - len(wrong))]
        y = (bottom + top + LINE * (len(wrong) + len(instead) - 1) + APART) / 2
        first = [Line(text, size, left, y - LINE * at, SERIF, align=-1) for at, text in enumerate(wrong)]
        y -= LINE * len(wrong) + APART
        return first, [Line(text, size, left, y - LINE * at, SERIF, align=-1) for at, text in enumerate(instead)]
