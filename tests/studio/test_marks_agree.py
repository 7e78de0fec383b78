"""One rendering in all forms: what was made of it is opened by readers that know nothing of ours, and all tell the same steps' times."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from fractions import Fraction
from html.parser import HTMLParser
from itertools import accumulate, pairwise
from pathlib import Path

import av
import pypdf
import pytest
import srt
import webvtt
from markdown_it import MarkdownIt
from PIL import Image
from pptx import Presentation

import engine
from scenes.parts.beat import Beat
from studio.forms import forms
from studio.pace import beats
from studio.picture import Picture
from studio.progress import ProgressLines
from studio.render import render

FPS = 8
PICTURE = Picture.of("480p", FPS, "dark")


@pytest.fixture(scope="module")
def planned() -> list[Beat]:
    return beats(engine.conv1d(list(range(24)), [1, -1]), detail=1, seconds=17, fps=FPS)


@pytest.fixture(scope="module")
def made(planned: list[Beat], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each form that there is, per beat where it can be."""
    trace, folder = engine.conv1d(list(range(24)), [1, -1]), tmp_path_factory.mktemp("forms")
    options = {"slides_per": "beat", "pictures_per": "beat"}
    render(trace, planned, PICTURE, folder / "clip", ProgressLines(planned, len(trace)), to=list(forms()), options=options, jobs=1)
    return folder


@pytest.fixture(scope="module")
def starts(planned: list[Beat]) -> list[Fraction]:
    """When each beat begins, in seconds, and the end."""
    return [Fraction(frame, FPS) for frame in (0, *accumulate(beat.frames for beat in planned))]


def test_there_is_a_sweep_and_a_step_in_full(planned: list[Beat]) -> None:
    assert {beat.kind for beat in planned} == {"opening", "full", "quick", "sweep", "closing"}


@pytest.mark.parametrize("ending", ["mp4", "webm", "mov"])
def test_films(made: Path, starts: list[Fraction], ending: str) -> None:
    near = Fraction(1, 1000)  # a WebM counts in milliseconds
    with av.open(str(made / f"clip.{ending}")) as container:
        stream = container.streams.video[0]
        chapters = [chapter["start"] * chapter["time_base"] for chapter in container.chapters()]
        frames = [(frame.pts * frame.time_base, frame.key_frame) for frame in container.decode(stream)]
    keys = [time for time, key in frames if key]
    for start in starts[:-1]:
        assert any(abs(key - start) <= near for key in keys)
    assert abs(frames[-1][0] + Fraction(1, FPS) - starts[-1]) <= Fraction(1, FPS)
    assert len(frames) == starts[-1] * FPS
    assert len(chapters) == 3
    for chapter in chapters:
        assert any(abs(chapter - start) <= near for start in starts)


def test_the_player(made: Path, planned: list[Beat], starts: list[Fraction]) -> None:
    class Scripts(HTMLParser):
        found = ""
        inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.inside = tag == "script" and ("type", "application/json") in attrs

        def handle_data(self, data: str) -> None:
            if self.inside and '"marks"' in data:
                self.found += data

    reader = Scripts()
    reader.feed((made / "clip.html").read_text(encoding="utf-8"))
    said = json.loads(reader.found)
    marks = [mark for part in said["parts"] for mark in part["marks"]]
    assert [Fraction(mark["first"], said["fps"]) for mark in marks] == starts[:-1]
    assert [Fraction(mark["after"], said["fps"]) for mark in marks] == starts[1:]
    assert [mark["say"] for mark in marks] == [beat.say for beat in planned]


def test_captions(made: Path, planned: list[Beat], starts: list[Fraction]) -> None:
    def exact(time: timedelta) -> Fraction:
        return Fraction(time // timedelta(milliseconds=1), 1000)

    def clock(text: str) -> Fraction:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)

    subtitles = [(exact(s.start), exact(s.end), s.content) for s in srt.parse((made / "clip.srt").read_text(encoding="utf-8"))]
    captions = [(clock(c.start), clock(c.end), c.text) for c in webvtt.read(str(made / "clip.vtt"))]
    assert subtitles == captions
    assert all(one[1] == other[0] for one, other in pairwise(captions))
    for (first, after), beat in zip(pairwise(starts), planned, strict=True):
        within = [text for begin, end, text in captions if first - Fraction(1, 1000) <= begin and end <= after + Fraction(1, 1000)]
        assert " ".join(" ".join(within).split()) == beat.say


def test_slides(made: Path, planned: list[Beat], starts: list[Fraction]) -> None:
    deck = Presentation(str(made / "clip.pptx"))
    assert len(deck.slides) == len(planned)
    lengths = []
    for slide, beat in zip(deck.slides, planned, strict=True):
        assert beat.shown in slide.notes_slide.notes_text_frame.text
        (film,) = {part.blob for rel in slide.part.rels.values() if (part := rel.target_part).content_type == "video/mp4"}
        with av.open(io.BytesIO(film)) as container:
            lengths.append(Fraction(sum(1 for _ in container.decode(video=0)), FPS))
    assert [0, *accumulate(lengths)] == starts


def test_the_gif(made: Path, starts: list[Fraction]) -> None:
    with Image.open(made / "clip.gif") as gif:
        assert gif.info["loop"] == 0
        times = [0]
        for frame in range(gif.n_frames):
            gif.seek(frame)
            times.append(times[-1] + gif.info["duration"])
    for start in starts:
        assert any(abs(Fraction(time, 1000) - start) <= Fraction(1, 100) for time in times)
    assert abs(Fraction(times[-1], 1000) - starts[-1]) <= Fraction(1, 100)


def test_pictures_and_paper(made: Path, planned: list[Beat]) -> None:
    assert len(list(made.glob("clip-*.png"))) == len(planned)
    pages = pypdf.PdfReader(made / "clip.pdf").pages
    # Each beat has one picture on its page.
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for beat in planned:
        assert re.sub(r"\s", "", beat.say) in re.sub(r"\s", "", text)
    for name in ("clip.md", "clip-blank.md"):
        assert "<h1>1-D convolution</h1>" in MarkdownIt().render((made / name).read_text(encoding="utf-8"))


def test_nothing_else_is_written(made: Path, planned: list[Beat]) -> None:
    endings = {ending for form in forms().values() for ending in form.ENDINGS}
    pictures = {path.name for path in made.glob("clip-[0-9]*.png")}
    assert {path.name for path in made.iterdir()} == {f"clip{ending}" for ending in endings if ending != ".png"} | pictures
