from __future__ import annotations

import html
import re
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest

from studio import captions
from studio.script import Mark, Part, Script

TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"


def seconds(parts: tuple[str | None, ...]) -> Fraction:
    hours, minutes, rest, milliseconds = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + rest + Fraction(milliseconds, 1000)


def parsed(text: str) -> list[tuple[str, Fraction, Fraction, str]]:
    """Number, begin, end and text of every cue, by the rules of WebVTT that are needed here."""
    head, *blocks = re.split(r"\n{2,}", text.removesuffix("\n"))
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        name, timing, payload = block.split("\n", 2)
        match = re.fullmatch(f"{TIME} --> {TIME}", timing)
        assert match, timing
        assert "-->" not in name + payload
        assert not re.search(r"<|&(?!amp;|lt;|gt;)", payload)
        cues.append((name, seconds(match.groups()[:4]), seconds(match.groups()[4:]), html.unescape(payload)))
    return cues


def beat(say: str, frames: int) -> tuple[str, int]:
    return say, frames


def webvtt(beats: list[tuple[str, int]], fps: int) -> str:
    ends = [0, *accumulate(frames for _, frames in beats)]
    marks = tuple(Mark("quick", "all", say, *ends[k : k + 2], k, k + 1) for k, (say, _) in enumerate(beats))
    return captions.webvtt(Script("", "", fps, 854, 480, "dark", (Part("", "clip", "conv2d", len(beats), marks),)))


@pytest.mark.parametrize("fps", [1, 7, 24, 30, 60, 120])
def test_times_come_from_frames(fps: int) -> None:
    frames = [1, 2, 29, 30, 31, 1000, 7, 250_000]
    cues = parsed(webvtt([beat(f"Beat {n}.", n) for n in frames], fps))
    assert [name for name, *_ in cues] == [str(k) for k in range(1, len(frames) + 1)]
    assert [text for *_, text in cues] == [f"Beat {n}." for n in frames]
    for (_, begin, end, _), (first, after) in zip(cues, pairwise([0, *accumulate(frames)]), strict=True):
        assert abs(begin - Fraction(first, fps)) <= Fraction(1, 1000)
        assert abs(end - Fraction(after, fps)) <= Fraction(1, 1000)
        assert begin < end
    assert all(one[2] == other[1] for one, other in pairwise(cues))


def test_hours_and_rounding() -> None:
    cues = parsed(webvtt([beat("An hour.", 3600 * 3), beat("A third.", 1), beat("Almost a second.", 2)], 3))
    assert [(begin, end) for _, begin, end, _ in cues] == [
        (0, 3600),
        (3600, Fraction("3600.333")),
        (Fraction("3600.333"), 3601),
    ]
    assert "59.9996" not in webvtt([beat("Rounds up.", 599_996)], 10_000)
    assert parsed(webvtt([beat("Rounds up.", 599_996)], 10_000))[0][2] == 60


@pytest.mark.parametrize(
    ("say", "read"),
    [
        ("Bold is <b>bold</b>.", "Bold is <b>bold</b>."),
        ("This & that &amp; more.", "This & that &amp; more."),
        ("From x --> to y.", "From x --> to y."),
        ("One line\nand\n\nanother\r\nand\tone.", "One line and another and one."),
        ("\n\n00:00.000 --> 00:01.000\n", "00:00.000 --> 00:01.000"),
        ("2 < 3 > 1, −1 · 2×2 ≈ ∞", "2 < 3 > 1, −1 · 2×2 ≈ ∞"),
    ],
)
def test_text_cannot_be_taken_for_markup(say: str, read: str) -> None:
    cues = parsed(webvtt([beat("Before.", 10), beat(say, 10), beat("After.", 10)], 10))
    assert [text for *_, text in cues] == ["Before.", read, "After."]


def test_the_text_as_a_file() -> None:
    assert webvtt([beat("One.", 15), beat("Two & <3>.", 15)], 10) == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\nOne.\n\n2\n00:00:01.500 --> 00:00:03.000\nTwo &amp; &lt;3&gt;.\n"
    )
