"""Captions: what is said in each beat, with times that come from frame counts."""

from __future__ import annotations

from fractions import Fraction

from studio.script import Script


def webvtt(script: Script) -> str:
    """The sentences of a script as a WebVTT file. Source: W3C, "WebVTT: The Web Video Text Tracks Format"."""
    cues = ["WEBVTT\n"]
    for number, mark in enumerate(script.marks, start=1):
        times = f"{_time(script.seconds(mark.first))} --> {_time(script.seconds(mark.after))}"
        cues.append(f"{number}\n{times}\n{_escaped(mark.say)}\n")
    return "\n".join(cues)


def _time(seconds: Fraction) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())
