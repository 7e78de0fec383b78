from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue import concepts
from engine.inputs.arguments import open_example
from scenes.parts.beat import Beat
from studio import captions
from studio.breaks import LINE, parts
from studio.captions import burnt, cues
from studio.pace import beats as planned
from studio.script import BeatMark, Part, Script

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
    return captions.webvtt(spoken([say for say, _ in beats], [frames for _, frames in beats], fps))


def of_marks(marks: Sequence[BeatMark], fps: int) -> Script:
    return Script("", "", fps, 854, 480, "dark", (Part("", "clip", "conv2d", len(marks), tuple(marks)),))


def spoken(says: Sequence[str], frames: Sequence[int], fps: int) -> Script:
    ends = [0, *accumulate(frames)]
    return of_marks([BeatMark("quick", "all", say, *ends[k : k + 2], k, k + 1) for k, say in enumerate(says)], fps)


@pytest.mark.parametrize("fps", [1, 7, 24, 30, 60, 120])
def test_times_come_from_frames(fps: int) -> None:
    frames = [1, 2, 29, 30, 31, 1000, 7, 250_000]
    cues = parsed(webvtt([beat(f"Beat {n}.", n) for n in frames], fps))
    assert [name for name, *_ in cues] == [f"{k}.1" for k in range(1, len(frames) + 1)]
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
        "WEBVTT\n\n1.1\n00:00:00.000 --> 00:00:01.500\nOne.\n\n2.1\n00:00:01.500 --> 00:00:03.000\nTwo &amp; &lt;3&gt;.\n"
    )


# --- breaks ------------------------------------------------------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("abc .,:;()0123−·=+“”é字&<\n"), max_size=400)


def words(text: str) -> str:
    """Without spaces, which may become line breaks and which a word that is too long has not."""
    return "".join(text.split())


@given(WORDS, st.integers(1, 8))
def test_nothing_is_lost_and_lines_are_short(say: str, most: int) -> None:
    found = parts(say, most)
    assert words("".join(line for lines in found for line in lines)) == words(say)
    assert len(found) <= most
    assert all(line == line.strip() and 0 < len(line) <= LINE for lines in found for line in lines)
    if len(parts(say, 10_000)) <= most:
        assert all(len(lines) <= 2 for lines in found)


@given(WORDS)
def test_there_are_no_more_parts_than_needed(say: str) -> None:
    if all(len(word) <= LINE for word in say.split()):
        # What is filled greedily, line after line, takes the fewest lines.
        greedy, room = 0, -1
        for word in say.split():
            if len(word) + 1 > room:
                greedy, room = greedy + 1, LINE - len(word)
            else:
                room -= len(word) + 1
        assert len(parts(say, 10_000)) == math.ceil(greedy / 2)


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("One line.", [("One line.",)]),
        # A sentence ends there.
        (
            "The strongest result. Rows 3 to 5, columns 10 to 12: 9 products add up to output[0, 4, 11] = 4.",
            [("The strongest result.", "Rows 3 to 5, columns 10 to 12:"), ("9 products add up to output[0, 4, 11] = 4.",)],
        ),
        # A clause ends there; what is within brackets stays together, and so does a number with its noun.
        ("Rows 0 to 1, columns 1 to 2: 4 products add up to output[0, 1, 2] = −23.", None),
        ("Unit 0 keeps 0.12 of its old 0 and takes in 0.88 of the candidate 0.76: 0.12·0 + 0.88·0.76 ≈ 0.67.", None),
    ],
)
def test_where_texts_are_broken(say: str, expected: list[tuple[str, ...]] | None) -> None:
    found = parts(say, 10)
    if expected is not None:
        assert found == expected
    text = "|".join(line for lines in found for line in lines)
    assert not re.search(r"\[[^\]]*\|", text)
    assert not re.search(r"\d\|[a-z]+s\b", text)
    assert not re.search(r"[=+−·≈]\|", text)
    assert not re.search(r"\b(a|the|of|to|in)\|", text)


def test_a_word_that_is_too_long_is_broken_at_its_joints() -> None:
    name = "torch.nn.functional.scaled_dot_product_attention"
    (lines,) = parts(f"It is {name}.", 9)
    assert " ".join(lines).replace(" ", "") == f"Itis{name}."
    assert lines[0].endswith((".", "_"))
    assert [len(line) for line in parts("x" * 100, 9)[0]] == [LINE, LINE]


# --- cues --------------------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(WORDS, st.integers(1, 200)), min_size=1, max_size=5), st.sampled_from([1, 7, 24, 30, 60]))
def test_cues_fill_their_marks(beats: list[tuple[str, int]], fps: int) -> None:
    script = spoken([say for say, _ in beats], [frames for _, frames in beats], fps)
    found = cues(script)
    for number, mark in enumerate(script.marks, start=1):
        own = [cue for cue in found if cue.mark == number]
        assert [cue.part for cue in own] == list(range(1, len(own) + 1))
        assert bool(own) == bool(mark.say.strip())
        if own:
            assert [own[0].first, own[-1].after] == [mark.first, mark.after]
            assert all(one.after == other.first for one, other in pairwise(own))
            assert all(cue.first < cue.after for cue in own)
            least = math.ceil(fps * 5 / 6)
            if len(own) * least <= mark.frames:
                assert min(cue.after - cue.first for cue in own) >= least
    assert found == sorted(found, key=lambda cue: cue.first)


def test_time_is_shared_out_by_length() -> None:
    (first, second) = cues(spoken([f"{'Word ' * 15}word. {'Word ' * 5}word."], [1000], 30))
    lengths = [sum(map(len, cue.lines)) for cue in (first, second)]
    assert (first.after - first.first) / 1000 == pytest.approx(lengths[0] / sum(lengths), abs=0.01)


@pytest.mark.parametrize(("say", "times"), [("{} Ah.", [0, 27, 52]), ("Ah. {}", [0, 25, 52])])
def test_a_short_cue_stands_long_enough_to_be_read(say: str, times: list[int]) -> None:
    text = say.format(f"{'Word ' * 15}word.")
    found = cues(spoken([text], [52], 30))
    assert [found[0].first, *(cue.after for cue in found)] == times
    # Where there is no time for that it has its share.
    found = cues(spoken([text], [26], 30))
    assert 1 <= min(cue.after - cue.first for cue in found) < 4


def test_one_frame_has_one_cue_with_all_lines() -> None:
    (cue,) = cues(spoken(["Some words that go on. " * 8], [1], 1))
    assert " ".join(cue.lines) == ("Some words that go on. " * 8).strip()
    assert len(cue.lines) > 2


def test_beats_bear_the_lines_of_their_cues() -> None:
    says, frames = ["First, a sentence that is certainly too long for two lines: it goes on and on, and on.", "", "Last."], [90, 7, 31]
    beats = [Beat("quick", k, k + 1, "all", say, count) for k, (say, count) in enumerate(zip(says, frames, strict=True))]
    found = [(number, first, lines) for number, beat in enumerate(burnt(beats, 30), start=1) for first, lines in beat.lines]
    script = spoken(says, frames, 30)
    assert found == [(cue.mark, cue.first - script.marks[cue.mark - 1].first, cue.lines) for cue in cues(script)]
    assert len(found) == 3


def test_what_concepts_say_is_broken_well() -> None:
    ends = []
    for name in concepts():
        for beat in burnt(planned(open_example(name), seconds=40), 30):
            rows = [line for _, lines in beat.lines for line in lines]
            assert words("".join(rows)) == words(beat.say)
            assert len(beat.lines) <= 2
            text = "\n".join(rows)
            assert not re.search(r"\w\[[^\]]*\n", text), text
            ends += rows[:-1]
    assert len(ends) > 200
    bad = [row for row in ends if re.search(r"( [=+·≈−]|\b(a|the|of|to))$", row)]
    # Where the words on both sides are long there is no other way.
    assert len(bad) / len(ends) < 0.02, bad
