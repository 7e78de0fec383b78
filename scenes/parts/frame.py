"""The zones of the frame and what stands in the outer ones: title and step counter above, caption below."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from manim import Group

from engine.sentences import count, narrowed, within
from scenes.parts.beat import Beat
from scenes.parts.ink import Box, Ink, letter_size, text_width
from scenes.parts.legend import Legend
from scenes.parts.motion import Cue
from scenes.parts.press import SERIF
from scenes.parts.theme import Theme

#: left, bottom, right, top
TITLE: Box = (-6.95, 3.3, 6.95, 3.95)
STAGE: Box = (-6.95, -1.62, 6.95, 3.25)
STRIP: Box = (-6.95, -2.64, 6.95, -1.72)
CAPTION: Box = (-6.95, -3.95, 6.95, -2.7)

TITLE_PX = 40.0

#: Heights of the lines of the caption, and of those that are burnt in, which are so much larger.
ROWS = tuple(CAPTION[3] - 0.32 - 0.58 * i for i in range(2))
BURNT_ROWS = tuple(CAPTION[3] - 0.34 - 0.61 * i for i in range(2))
BURNT_SCALE = 1.3

#: A name: what stands in quotes, or a word. Where a sentence does not fit, long ones have so many characters, then fewer.
NAME = re.compile(r"(?<=“)[^”]*(?=”)|[^\s“”]+")
NAMES = (32, 24, 18, 14, 10)


class Header(Group):
    """Title and chapter at the left, step counter at the right; before the first step the legend, with the roles ``legend``."""

    def __init__(self, title: str, steps: int, legend: Sequence[str], theme: Theme) -> None:
        middle = (TITLE[1] + TITLE[3]) / 2
        self.steps = steps
        self.title = Ink(title, TITLE_PX, theme.ink, font=SERIF, align=-1).put(TITLE[0], middle)
        self.phase = Ink("", letter_size(SERIF), theme.muted, font=SERIF, align=-1).put(TITLE[0] + self.title.width_set + 0.35, middle)
        self.counter = Ink("", letter_size(), theme.muted, align=1).put(TITLE[2], middle)
        self.counter.write(count(steps, "step"))
        self.legend = Legend(legend, self.phase.line.x, TITLE[2] - self.counter.width_set - 0.4, middle, theme)
        super().__init__(self.title, self.phase, self.counter, self.legend)

    def show(self, phase: str, step: int | None) -> None:
        """``step`` counts from 0; none before the first one, when the legend is shown in place of the chapter."""
        self.legend.show(step is None)
        self.counter.write(f"step {step + 1:,} of {self.steps:,}" if step is not None else count(self.steps, "step"))
        room = TITLE[2] - self.counter.width_set - 0.35 - self.phase.line.x
        self.phase.write("" if step is None else shortened(phase, self.phase.line.size, room))


class Caption(Group):
    """One sentence on one or two lines."""

    def __init__(self, theme: Theme) -> None:
        self.size = letter_size(SERIF)
        self.room = CAPTION[2] - CAPTION[0]
        self.rows = [Ink("", self.size, theme.ink, font=SERIF).put(0, y) for y in ROWS]
        self.burnt = False
        super().__init__(*self.rows)

    def burn(self, beat: Beat) -> list[Cue]:
        """From now on the lines of the beat are shown, large and each in its time, and nothing else; none where it has no lines."""
        self.burnt = bool(beat.lines)
        for row, y in zip(self.rows, BURNT_ROWS if self.burnt else ROWS, strict=True):
            row.resize(self.size).put(0, y)
        firsts, shown = [first for first, _ in beat.lines], -1

        def draw(t: float) -> bool:
            nonlocal shown
            before, shown = shown, bisect_right(firsts, int(t * (beat.frames - 0.5) + 0.5)) - 1
            if shown != before:
                self._write_large(beat.lines[shown][1])
            return shown != before

        return [Cue(0.0, 1.0, draw)] if self.burnt else []

    def _write_large(self, lines: Sequence[str]) -> None:
        # More than two lines, which there are where a beat has fewer frames than captions, stand on two.
        half = -(-len(lines) // 2)
        texts = (" ".join(lines[:half]), " ".join(lines[half:])) if len(lines) > 2 else (*lines, "")
        size = self.size * BURNT_SCALE
        widest = max(words_width(text.split(), size) for text in texts)
        for row, text in zip(self.rows, texts, strict=False):
            row.resize(size * min(1.0, self.room / max(widest, self.room))).write(text)

    def say(self, sentence: str) -> None:
        """Breaks the sentence where it is too wide."""
        if not self.burnt:
            for line, text in zip(self.rows, [*fitted(sentence, self.rows[0].line.size, self.room), "", ""], strict=False):
                line.write(text)


def fitted(sentence: str, size: float, room: float) -> list[str]:
    """The sentence on two lines. Where it does not fit, long names lose their middles, else what stands behind a semicolon is left out."""
    for text in _shorter(sentence):
        rows = wrapped(text, size, room)
        if len(rows) <= len(ROWS):
            return rows
    words = sentence.split()
    fewer = (wrapped(" ".join([*words[:n], "…", words[-1]]), size, room) for n in range(len(words) - 1, 0, -1))
    return next((rows for rows in fewer if len(rows) <= len(ROWS)), [shortened(sentence, size, room)])


def _shorter(sentence: str) -> Iterator[str]:
    """Ways to say it, none of them cut off at its end."""
    clauses = sentence.split(";")
    for last in range(len(clauses), 0, -1):
        text = ";".join(clauses[:last]) + "." * (last < len(clauses))
        yield text
        for most in NAMES:
            yield NAME.sub(lambda name, most=most: narrowed(name[0], most), text)  # type: ignore[misc]


def wrapped(sentence: str, size: float, room: float) -> list[str]:
    """The sentence in lines no wider than ``room``; two lines are made about equally long."""
    rows = _greedy(sentence, size, room)
    if len(rows) == 2:
        half = words_width(sentence.split(), size) * 0.52
        balanced = _greedy(sentence, size, min(room, half + 1.0))
        rows = balanced if len(balanced) == 2 else rows
    return rows


def _greedy(sentence: str, size: float, room: float) -> list[str]:
    rows = [""]
    # A number stays with what it counts.
    for word in re.findall(r"(?:[\d,]+ )?\S+", sentence):
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and words_width(longer.split(), size) > room:
            rows.append(shortened(word, size, room))
        else:
            rows[-1] = longer
    return rows


def words_width(words: Sequence[str], size: float) -> float:
    """Width of a line of words. Words come again and again, lines do not, and each new text has to be set before it can be measured."""
    space = text_width("a a", size, SERIF) - 2 * text_width("a", size, SERIF)
    return sum(text_width(word, size, SERIF) for word in words) + space * (len(words) - 1)


def shortened(text: str, size: float, room: float) -> str:
    """As much of the text as fits, without its middle if it does not fit whole."""
    return within(text, room, lambda way: text_width(way, size, SERIF))
