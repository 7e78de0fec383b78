"""Forms that show no picture: nothing is drawn for them, and they are the same as beside a film."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.trace import Trace
from studio import crew, forms
from studio.lecture.build import LectureBuilder, LecturePlace
from studio.lecture.spec import read_lecture
from studio.pace import beats
from studio.picture import Picture
from studio.progress import progress
from studio.render import render

WORDS = ["md", "srt", "vtt"]
PICTURE = Picture.of("480p", 5, "dark")
LECTURE = """
title = "Two parts"
quality = "480p"
fps = 5
{}
[[parts]]
kind = "title"
title = "Hello"
seconds = 2

[[parts]]
kind = "clip"
concept = "conv1d"
inputs = {{ input = [3, 4, 5], weight = [2, 1] }}
seconds = 8
"""


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process that draws can be started."""

    def start(count: int) -> None:
        raise AssertionError("a process that draws was started")

    monkeypatch.setattr(crew, "start", start)


def made(trace: Trace, base: Path, to: list[str]) -> dict[str, bytes]:
    planned = beats(trace, seconds=8, fps=5)
    with progress(planned, len(trace)) as watcher:
        paths = render(trace, planned, PICTURE, base, watcher, to=to)
    return {path.name: path.read_bytes() for path in paths}


def test_which_forms_show_pictures() -> None:
    assert [name for name in forms.forms() if not forms.any_drawn([name])] == WORDS
    assert forms.any_drawn(["vtt", "mp4"])


def test_words_alone_are_those_beside_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = engine.conv1d([1.0, 2, 3, 4], [2.0, 1])
    beside = made(trace, tmp_path / "clip", [*WORDS, "mp4"])
    monkeypatch.setattr(crew, "start", None)  # which can be called no more
    alone = made(trace, tmp_path / "clip", WORDS)
    assert set(alone) == {"clip.md", "clip-blank.md", "clip.srt", "clip.vtt"}
    assert alone == {name: data for name, data in beside.items() if name != "clip.mp4"}


def lecture(folder: Path, keys: str) -> dict[str, bytes]:
    folder.mkdir()
    file, target = folder / "lecture.toml", folder / "made"
    target.mkdir()
    file.write_text(LECTURE.format(keys), encoding="utf-8")

    with ExitStack() as hired:
        paths = LectureBuilder(
            read_lecture(file), LecturePlace(folder, target, "lecture"), lambda text: None, lambda: hired.enter_context(crew.Crew(1))
        ).build()
    return {str(path.relative_to(target)): path.read_bytes() for path in paths}


def test_a_lecture_of_words_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = lecture(tmp_path / "beside", 'to = ["vtt", "md", "mp4"]')
    monkeypatch.setattr(crew, "start", None)
    alone = lecture(tmp_path / "alone", 'to = ["vtt", "md"]')
    assert set(alone) == {"lecture.vtt", "lecture.md", "lecture-blank.md", "clips/conv1d.vtt"}
    assert alone == {name: beside[name] for name in alone}
    assert set(lecture(tmp_path / "few", 'to = ["vtt"]\nclips_to = []')) == {"lecture.vtt"}


@pytest.mark.usefixtures("nobody")
def test_pictures_of_clips_that_are_asked_for_are_drawn(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a process that draws was started"):
        lecture(tmp_path / "lecture", 'to = ["vtt"]\nclips_to = ["mp4"]')


#: Runs a command and says which of these it imported.
IMPORTED = (
    "import sys; from cli import main; main(sys.argv[1:], standalone_mode=False); print([m for m in ('manim', 'av') if m in sys.modules])"
)


def test_the_command_imports_nothing_that_draws(tmp_path: Path) -> None:
    command: list[Any] = [sys.executable, "-c", IMPORTED, "render", "conv1d", "--input", "[1,2]", "--weight", "[3]", "--to", "vtt,md"]
    done = subprocess.run([*command, "-o", tmp_path / "clip"], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stdout.splitlines()[-1] == "[]"
