from __future__ import annotations

import json
import re

import pytest

import engine
from engine.errors import InputError
from studio.pace import beats
from studio.picture import Picture
from studio.script import MOST_LINES, BeatMark, Part, Script, joined, script

HOSTILE = '</script><script>alert(1)</script> "quoted" \'too\' & <!-- \u2028\nnew #read("x") \\ $'


def made(say: str = "Said.", name: str = "clip") -> Script:
    marks = (BeatMark("opening", "setup", say, 0, 10, 0, 0), BeatMark("quick", "all", say, 10, 15, 0, 1, "x", ("y = 1",)))
    return Script(say, say, 5, 64, 48, "dark", (Part(say, name, "conv2d", 1, marks),), "key")


@pytest.mark.parametrize("text", ["Said.", HOSTILE])
def test_json_and_back(text: str) -> None:
    said = made(text)
    written = said.to_json()
    assert Script.from_json(written) == said
    assert not re.search("[<>&\u2028\u2029\n]", written)


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "{}", '{"version": 1}', '{"version": 999, "parts": []}', made().to_json()[:-2], "null"]
)
def test_what_is_no_script(text: str) -> None:
    assert Script.from_json(text) is None


def test_another_version_is_not_read() -> None:
    values = json.loads(made().to_json())
    assert Script.from_json(json.dumps({**values, "version": 2})) is None
    assert Script.from_json(json.dumps({**values, "more": 2})) is None


def test_parts_one_after_the_other() -> None:
    said = joined("All", "Both.", [made(name="a"), made(name="b")], "both")
    assert [(mark.first, mark.after) for mark in said.marks] == [(0, 10), (10, 15), (15, 25), (25, 30)]
    assert (said.title, said.summary, said.made_from, said.frames) == ("All", "Both.", "both", 30)
    assert said.chapters == [("Said.: setup", 0, 10), ("Said.: all", 10, 15), ("Said.: setup", 15, 25), ("Said.: all", 25, 30)]
    assert made().chapters == [("setup", 0, 10), ("all", 10, 15)]


def test_the_marks_of_a_clip() -> None:
    trace = engine.conv1d(list(range(20)), [1, -1], padding=1)
    planned = beats(trace, detail=1, seconds=20, fps=5)
    said = script(trace, planned, Picture.of("480p", 5, "dark"))
    assert [mark.kind for mark in said.marks] == [beat.kind for beat in planned]
    assert [mark.frames for mark in said.marks] == [beat.frames for beat in planned]
    opening, full, *_, closing = said.marks
    assert (opening.name, full.name, closing.name) == ("setup", "step 1", "result")
    assert full.formula == trace[0].formula
    assert full.lines == ("output[0, 0] = 0·1 + 0·(−1) = 0",)
    assert opening.formula == closing.formula == trace.formula
    sweep = next(mark for mark in said.marks if mark.kind == "sweep")
    assert sweep.name == f"steps {sweep.start + 1} to {sweep.stop}"
    assert len(sweep.lines) == (sweep.stop - sweep.start if sweep.stop - sweep.start <= MOST_LINES else 0)


def test_words_that_are_no_text_are_refused_before_anything_is_drawn() -> None:
    """As they come from a command line in another encoding."""
    trace = engine.attention(tokens="caf\udce9 b")
    planned = beats(trace, detail=1, seconds=20, fps=5)
    with pytest.raises(InputError, match=r"^'caf\\udce9' is not text in UTF-8, and a clip cannot say it; give tokens and names that are$"):
        script(trace, planned, Picture.of("480p", 5, "dark"))


def test_long_sums_are_abridged() -> None:
    trace = engine.conv1d([1.0] * 100, [1.0] * 100)
    (line,) = script(trace, beats(trace, seconds=8), Picture.of("480p", 5, "dark")).marks[1].lines
    assert line == "output[0, 0] = " + "1·1 + " * 63 + "⋯ + 1·1 = 100"
