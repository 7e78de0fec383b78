"""Captions: what is said in each beat, as WebVTT, with times that come from frame counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from scenes.parts.beat import Beat


def webvtt(beats: Sequence[Beat], fps: Fraction) -> str:
    """The sentences of the beats as a WebVTT file. Source: W3C, "WebVTT: The Web Video Text Tracks Format"."""
    cues, frame = ["WEBVTT\n"], 0
    for number, beat in enumerate(beats, start=1):
        begin, frame = frame, frame + beat.frames
        cues.append(f"{number}\n{_time(begin / fps)} --> {_time(frame / fps)}\n{_escaped(beat.say)}\n")
    return "\n".join(cues)


def _time(seconds: Fraction) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())
