from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from pypdf import PdfReader

from studio.film import Film
from studio.forms import forms, write
from studio.script import BeatMark, Part, Script

FPS, SIZE = 10, (320, 180)
FRAMES = [5, 3, 7, 4, 6, 2, 9]
HOSTILE = '#read("/etc/passwd") $x$ *b* _i_ `c` </script> "quoted" \\ <label> @ref // no comment\n= no heading'


def colour(frame: int) -> tuple[int, int, int]:
    """Of all of a frame, another one for each."""
    return (40 + 5 * frame % 200, 250 - 4 * frame, 20 + 60 * (frame % 4))


def filmed(path: Path, firsts: list[int], frames: int) -> Path:
    """An mp4 of plain colours with key frames where beats begin."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "5", "bf": "0", "g": "1000", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k in range(frames):
            pixels = np.full((SIZE[1], SIZE[0], 3), colour(k), np.uint8)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            picture.pict_type = av.video.frame.PictureType.I if k in firsts else av.video.frame.PictureType.P
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    ends = [0, *accumulate(FRAMES)]
    kinds: Any = ["opening", "full", "quick", "sweep", "closing", "card", "card"]
    steps = {"full": 1, "quick": 1, "sweep": 4}
    marks = tuple(
        BeatMark(kind, f"phase {k}", f"Sentence number {k} says something.", first, after, k, k + steps.get(kind, 0), '"out"_k = x / 7')
        for k, (kind, (first, after)) in enumerate(zip(kinds, pairwise(ends), strict=True))
    )
    marks = (*marks[:3], replace(marks[3], formula="", lines=("out[3] = 1·2 = 2", "out[4] = 2·2 = 4")), *marks[4:])
    script = Script("A clip on paper", "", FPS, *SIZE, "dark", (Part("One", "one", "conv2d", 9, marks),))
    return Film(filmed(tmp_path_factory.mktemp("film") / "film.mp4", ends[:-1], ends[-1]), script, {})


def written(film: Film, folder: Path, **options: str) -> PdfReader:
    write(["pdf"], film, folder / "clip", options)
    assert [file.name for file in folder.iterdir()] == ["clip.pdf"]
    return PdfReader(folder / "clip.pdf")


def read(page: Any) -> str:
    """What stands on a page, in one line, without the ligatures of the typeface."""
    return " ".join(unicodedata.normalize("NFKC", page.extract_text()).split())


def images(page: Any) -> Iterator[np.ndarray]:
    for image in page.images:
        yield np.asarray(image.image.convert("RGB")).astype(int)


@pytest.mark.parametrize(("each", "pages"), [("2", [2, 2, 2, 1]), ("3", [3, 3, 1]), ("6", [6, 1])])
@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_pages(film: Film, tmp_path: Path, each: str, pages: list[int], paper: str) -> None:
    pdf = written(film, tmp_path, handout_paper=paper, handout_per_page=each)
    assert [len(page.images) for page in pdf.pages] == pages
    texts = [read(page) for page in pdf.pages]
    assert "A clip on paper" in texts[0]
    assert [text.count("Sentence number") for text in texts] == pages
    for k, text in enumerate(texts, start=1):
        assert f"{k} / {len(pages)}" in text
        box = pdf.pages[k - 1].mediabox
        expected = (210, 297) if paper == "a4" else (215.9, 279.4)
        assert (float(box.width) * 25.4 / 72, float(box.height) * 25.4 / 72) == pytest.approx(expected, abs=0.1)


def test_pictures_are_the_last_frames(film: Film, tmp_path: Path) -> None:
    pdf = written(film, tmp_path)
    found = [image for page in pdf.pages for image in images(page)]
    assert len(found) == len(film.script.marks)
    for image, mark in zip(found, film.script.marks, strict=True):
        assert image.shape[:2] == (SIZE[1], SIZE[0])
        assert np.abs(image.mean(axis=(0, 1)) - colour(mark.after - 1)).max() < 6


def test_texts_formulas_and_numbers(film: Film, tmp_path: Path) -> None:
    text = " ".join(read(page) for page in written(film, tmp_path).pages)
    for mark in film.script.marks:
        assert mark.say in text
        assert f"{mark.name[:1].upper()}{mark.name[1:]}" in text
    # Formulas of single steps and of the opening, not of what is no step.
    assert len(re.findall("out ?k", text)) == 3
    assert "out[3] = 1·2 = 2" in text
    assert "Steps 4 to 7 phase 3" in text


def test_what_the_file_says_about_itself(film: Film, tmp_path: Path) -> None:
    pdf = written(film, tmp_path)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "A clip on paper"
    assert pdf.metadata.creation_date is None
    again = tmp_path / "again"
    again.mkdir()
    written(film, again)
    assert (again / "clip.pdf").read_bytes() == (tmp_path / "clip.pdf").read_bytes()


def test_texts_are_no_code(film: Film, tmp_path: Path) -> None:
    (part,) = film.script.parts
    marks = tuple(replace(mark, say=HOSTILE, phase=HOSTILE, formula=HOSTILE, lines=(HOSTILE,)) for mark in part.marks)
    marks = (*marks[:-1], replace(marks[-1], formula='#read("/etc/passwd")', say="\x00\x1b[31m\ud83d \u202e é 字 🙂"))
    pdf = written(replace(film, script=replace(film.script, title=HOSTILE, parts=(replace(part, marks=marks),))), tmp_path)
    text = " ".join(read(page) for page in pdf.pages)
    assert "root:" not in text
    assert text.count('#read("/etc/passwd") $x$ *b* _i_ `c` </script> "quoted" \\ <label> @ref // no comment = no heading') > 12
    assert pdf.metadata is not None
    assert pdf.metadata.title == " ".join(HOSTILE.split())


def test_long_texts_stay_in_their_room(film: Film, tmp_path: Path) -> None:
    (part,) = film.script.parts
    marks = tuple(replace(mark, say="Many words. " * 400, formula=" + ".join("x" * 90)) for mark in part.marks)
    for each in ("2", "3", "6"):
        folder = tmp_path / each
        folder.mkdir()
        pdf = written(replace(film, script=replace(film.script, parts=(replace(part, marks=marks),))), folder, handout_per_page=each)
        assert len(pdf.pages) == -(-len(marks) // int(each))


def test_a_lecture_has_headings(film: Film, tmp_path: Path) -> None:
    (part,) = film.script.parts
    parts = tuple(replace(part, title=f"Part of {len(marks)}", marks=marks) for marks in (part.marks[:3], part.marks[3:5], part.marks[5:]))
    pdf = written(replace(film, script=replace(film.script, parts=parts)), tmp_path)
    assert [item.title for item in pdf.outline] == ["Part of 3", "Part of 2", "Part of 2"]
    assert sum(len(page.images) for page in pdf.pages) == len(part.marks)
    texts = [read(page) for page in pdf.pages]
    # A heading is never left alone at the foot of a page.
    assert all(re.search("Part of . .*Sentence", text) for text in texts if "Part of" in text)


def test_usual_options() -> None:
    assert {str(option.name): option.default for option in forms()["pdf"].OPTIONS} == {"handout_paper": "a4", "handout_per_page": "3"}
