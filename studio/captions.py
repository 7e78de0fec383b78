"""Captions: what is said in each beat, in cues that can be read, with times that come from frame counts.

Two lines of 42 characters and five sixths of a second are what Netflix's "Timed Text Style Guide: General Requirements" asks for; to break
at sentence ends, then at punctuation, is what both it and the BBC's "Subtitle Guidelines" (3.4, "Break at natural points") ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from scenes.parts.beat import Beat
from studio.breaks import parts
from studio.script import Script

#: A cue stands at least so many seconds where the beat is long enough.
LEAST_SECONDS = Fraction(5, 6)

#: What players take for markup in SubRip, which has no way to escape it: the beginnings of tags, the braces and backslashes of Advanced
#: SubStation Alpha, the arrow between times.
_SUBRIP_MARKUP = re.compile(r"<(?=[^\s\d])|[{}\\]|(?<=--)>")
#: The full-width look-alike of a character is so far from it in Unicode; normalisation (NFKC) leads back.
_FULL_WIDTH = 0xFEE0


@dataclass(frozen=True)
class CaptionCue:
    """Lines that stand together in the frames ``first`` to ``after`` (exclusive); ``mark`` counts the script's marks from 1, ``part`` the
    cues of that mark.
    """

    mark: int
    part: int
    first: int
    after: int
    lines: tuple[str, ...]


def cues(script: Script) -> list[CaptionCue]:
    """All cues of a script in their order. Those of a mark fill it from its first frame to its last; a mark that says nothing has none."""
    return [
        CaptionCue(number, part, mark.first + first, mark.first + after, lines)
        for number, mark in enumerate(script.marks, start=1)
        for part, (first, after, lines) in enumerate(_spoken(mark.say, mark.frames, script.fps), start=1)
    ]


def burnt(beats: Sequence[Beat], fps: float) -> list[Beat]:
    """The beats with the lines of their cues, which are then drawn into the picture."""
    return [replace(beat, lines=tuple((first, lines) for first, _, lines in _spoken(beat.say, beat.frames, fps))) for beat in beats]


def _spoken(say: str, frames: int, fps: float) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """First frame, frame after the last, lines; the frames are shared out by the lengths of the texts."""
    found = parts(say, frames)
    weights = [sum(map(len, lines)) for lines in found]
    least = -int(-LEAST_SECONDS * Fraction(fps) // 1)
    ends = [0]
    if len(found) * least > frames:
        least = 1
    for behind, reached in zip(range(len(found) - 1, -1, -1), accumulate(weights), strict=True):
        end = round(frames * reached / sum(weights))
        ends.append(max(ends[-1] + least, min(end, frames - behind * least)))
    for (first, after), lines in zip(pairwise(ends), found, strict=True):
        yield first, after, lines


def webvtt(script: Script) -> str:
    """The cues as a WebVTT file; the second cue of mark 12 is called ``12.2``. Source: W3C, "WebVTT: The Web Video Text Tracks Format"."""
    written = ["WEBVTT\n"]
    for cue in cues(script):
        text = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        written.append(f"{cue.mark}.{cue.part}\n{_times(script, cue, '.')}\n{text}\n")
    return "\n".join(written)


def subrip(script: Script) -> str:
    """The cues as a SubRip file, in which full-width look-alikes stand where players would see markup."""
    written = []
    for number, cue in enumerate(cues(script), start=1):
        text = _SUBRIP_MARKUP.sub(lambda found: chr(ord(found[0]) + _FULL_WIDTH), "\n".join(cue.lines))
        written.append(f"{number}\n{_times(script, cue, ',')}\n{text}\n")
    return "\n".join(written)


def _times(script: Script, cue: CaptionCue, point: str) -> str:
    return " --> ".join(_time(script.seconds(frame), point) for frame in (cue.first, cue.after))


def _time(seconds: Fraction, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
