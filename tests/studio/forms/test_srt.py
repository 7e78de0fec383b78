from __future__ import annotations

import unicodedata
from datetime import timedelta
from io import StringIO
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
import srt
import webvtt

from studio.captions import cues
from studio.film import Film
from studio.forms import write
from studio.script import BeatMark, Part, Script

SAYS = [
    "The first sentence is so long that two lines cannot hold it: it goes on, and on, and on again until there is no end.",
    "",
    "Bold is <b>bold</b>, {\\an8} is at the top, \"quoted\" \\N is 'new' & <font color=red>red</font>.",
    "From x --> to y, if 2 < 3 and a<b > c.",
    "1\n\n2\n00:00:00,000 --> 00:00:01,000\nNot a caption.",
    '#read("/etc/passwd") $x$ *b* </script> <!-- --> &amp; {y:i} {1, 2}',
]
FRAMES = [90, 20, 31, 45, 60, 100]


@pytest.fixture(scope="module")
def script() -> Script:
    ends = [0, *accumulate(FRAMES)]
    marks = [
        BeatMark("quick", "all", say, first, after, k, k + 1)
        for k, (say, (first, after)) in enumerate(zip(SAYS, pairwise(ends), strict=True))
    ]
    parts = (Part("One", "one", "conv2d", 3, tuple(marks[:3])), Part("Two", "two", "conv2d", 3, tuple(marks[3:])))
    return Script("", "", 30, 854, 480, "dark", parts)


def written(script: Script, form: str, folder: Path) -> str:
    write([form], Film(folder / "no.mp4", script, {}), folder / "clip.of.mine", {})
    (file,) = folder.iterdir()
    assert file.name == f"clip.of.mine.{form}"
    return file.read_bytes().decode("utf-8")


def test_subrip(script: Script, tmp_path: Path) -> None:
    text = written(script, "srt", tmp_path)
    found = list(srt.parse(text))
    expected = cues(script)
    assert [caption.index for caption in found] == list(range(1, len(expected) + 1))
    for caption, cue in zip(found, expected, strict=True):
        assert abs(caption.start - timedelta(seconds=cue.first / 30)) <= timedelta(milliseconds=1)
        assert abs(caption.end - timedelta(seconds=cue.after / 30)) <= timedelta(milliseconds=1)
        assert unicodedata.normalize("NFKC", caption.content) == unicodedata.normalize("NFKC", "\n".join(cue.lines))
    assert all(one.end == other.start for one, other in pairwise(found) if one.index != 2)
    assert srt.compose(found, reindex=False).strip() == text.strip()


def test_players_see_no_markup_in_subrip(script: Script, tmp_path: Path) -> None:
    found = list(srt.parse(written(script, "srt", tmp_path)))
    content = "\n".join(caption.content for caption in found)
    for sign in ("<b", "</", "<f", "<!", "{", "}", "\\", "-->"):
        assert sign not in content
    assert "2 < 3" in content
    assert "＜b>bold＜/b>" in content
    assert "｛＼an8｝" in content


def test_webvtt(script: Script, tmp_path: Path) -> None:
    found = list(webvtt.from_buffer(StringIO(written(script, "vtt", tmp_path))))
    expected = cues(script)
    assert [caption.identifier for caption in found] == [f"{cue.mark}.{cue.part}" for cue in expected]
    assert {caption.identifier.split(".")[0] for caption in found} == {"1", "3", "4", "5", "6"}
    for caption, cue in zip(found, expected, strict=True):
        assert caption.start_in_seconds + caption.start_time.milliseconds / 1000 == pytest.approx(cue.first / 30, abs=0.001)
        assert caption.end_in_seconds + caption.end_time.milliseconds / 1000 == pytest.approx(cue.after / 30, abs=0.001)
        assert caption.raw_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == "\n".join(cue.lines)
        assert not set(caption.raw_text) & set("<>")
