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


def lines_of(film: Film, folder: Path, **texts: Any) -> list[str]:
    """The lines of a handout in which every step has these texts."""
    (part,) = film.script.parts
    marks = tuple(replace(mark, **texts) for mark in part.marks[:3])
    pdf = written(replace(film, script=replace(film.script, parts=(replace(part, marks=marks),))), folder)
    return [unicodedata.normalize("NFKC", line).strip() for page in pdf.pages for line in page.extract_text().splitlines()]


def test_no_line_ends_within_a_product_or_before_a_result(film: Film, tmp_path: Path) -> None:
    terms = [f"{k}.{k}{k}" for k in range(1, 9)]
    for more in range(6):
        folder = tmp_path / str(more)
        folder.mkdir()
        name = "out" + "x" * more
        formula = f'"{name}[0]" = ' + " + ".join(f"{x} dot (-0.{x[0]}) " for x in terms) + "= 12.34"
        say = f"{name} is " + " + ".join(f"{x} ÷ 0.{x[0]}" for x in terms) + " ≈ 12.34 and no more."
        lines = lines_of(film, folder, formula=formula, say=say)
        assert sum("12.34" in line for line in lines) >= 4
        assert not [line for line in lines if re.search("[·⋅÷=≈]$|^[·⋅÷]", line)]
        assert sum(line.endswith("+") for line in lines) > 4


def test_a_fraction_wider_than_its_room_is_a_line_of_numbers(film: Film, tmp_path: Path) -> None:
    wide = f'"mean" = ({" + ".join(["1.2345"] * 16)}) / 16 = 1.2345'
    lines = lines_of(film, tmp_path, formula=wide, lines=("mean = (1.2345 + ⋯) ÷ 16 = 1.2345",))
    assert sum("⋯" in line for line in lines) == 3


def test_a_long_name_stays_on_the_page(film: Film, tmp_path: Path) -> None:
    lines = lines_of(film, tmp_path, say="It is torch.nn.functional.multi_head_attention_forward_with_more that agrees.", formula="")
    whole = "".join(lines).replace("\u200b", "")
    assert "torch.nn.functional.multi_head_attention_forward_with_more" in whole
    assert not [line for line in lines if "torch" in line and "with" in line]


def test_the_numbers_of_a_sweep_are_there_in_small_letters(film: Film, tmp_path: Path) -> None:
    line = "output[0, 2, 1] = 1.752·(−1) + 1.94·0 + 0.993·1 + (−1.026)·(−2) + (−0.601)·0 + 1.447·2 + (−1.819)·(−1) + (−0.588)·0"
    lines = lines_of(film, tmp_path, formula="", lines=(line,) * 6)
    assert sum("output[0, 2, 1]" in one for one in lines) == 18


def test_pages_of_a_lecture_are_full(film: Film, tmp_path: Path) -> None:
    """Three parts that are one picture each have a page with three headings."""
    (part,) = film.script.parts
    marks = part.marks
    parts = tuple(replace(part, title=f"Part {k}", marks=(mark,)) for k, mark in enumerate(marks))
    for paper in ("a4", "us-letter"):
        folder = tmp_path / paper
        folder.mkdir()
        pdf = written(replace(film, script=replace(film.script, parts=parts)), folder, handout_paper=paper)
        assert [len(page.images) for page in pdf.pages] == [3, 3, 1]
        assert len(pdf.outline) == 7


def test_no_title_stands_twice(film: Film, tmp_path: Path) -> None:
    (part,) = film.script.parts
    card, other = (
        replace(mark, kind="card", phase=title) for mark, title in zip(part.marks[5:], ("A clip on paper", "A page"), strict=True)
    )
    parts = (
        replace(part, title="A clip on paper", marks=(card,)),
        replace(part, title="A page", marks=(replace(other, first=card.after),)),
    )
    pdf = written(replace(film, script=replace(film.script, parts=parts)), tmp_path)
    text = " ".join(read(page) for page in pdf.pages)
    assert (text.count("A clip on paper"), text.count("A page")) == (1, 1)


def test_usual_options() -> None:
    assert {str(option.name): option.default for option in forms()["pdf"].OPTIONS} == {"handout_paper": "a4", "handout_per_page": "3"}
