from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from studio.lecture.origin import script_of
from tests.processes import heed_signals

ROOT = Path(__file__).parent.parent
LECTURE = """
title = "A lecture"
quality = "480p"
fps = 4
to = ["mp4", "html", "pptx", "vtt"]

[[parts]]
kind = "title"
title = "Hello"
seconds = 1

[[parts]]
kind = "clip"
concept = "conv1d"
seconds = 8
inputs.input = [1, 2, 3]
inputs.weight = [1, -1]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.toml").write_text(LECTURE)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lecture", *arguments])


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_lecture_is_made(folder: Path) -> None:
    result = run("talk.toml", "--jobs", "1")
    assert result.exit_code == 0, result.output
    made = {f"renders/talk/talk.{ending}" for ending in ("mp4", "html", "pptx", "vtt")}
    made |= {f"renders/talk/clips/conv1d.{ending}" for ending in ("mp4", "vtt")}
    assert names(folder) == {"talk.toml", *made}
    assert {Path(line).as_posix() for line in result.stdout.splitlines()} == made
    assert "1 of 1: conv1d\n" in result.stderr
    again = run("make", "talk.toml", "-o", "renders/talk")
    assert again.exit_code == 0, again.output
    assert again.stderr.splitlines() == ["1 of 1: conv1d is unchanged", "talk is unchanged"]
    assert again.stdout == result.stdout


def test_a_new_one_is_written_and_can_be_made(folder: Path) -> None:
    result = run("new", "mine.toml")
    assert result.exit_code == 0, result.output
    assert result.stdout == "mine.toml; make the lecture by: tensorreel lecture mine.toml\n"
    text = (folder / "mine.toml").read_text()
    assert "tensorreel lecture mine.toml --watch" in text
    assert "renders/mine" in text
    again = run("new", "mine.toml")
    assert again.exit_code == 2
    assert "'mine.toml' is there already" in again.stderr
    assert (folder / "mine.toml").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "holds"),
    [
        (["none.toml"], ["no file 'none.toml'", "lecture new"]),
        (["talk.toml", "-o", "talk.toml"], ["-o is 'talk.toml'", "nothing can be written (Not a directory)"]),
        (["talk.toml", "-o", "talk.toml/x"], ["-o is 'talk.toml/x'", "nothing can be written (Not a directory)"]),
        (["talk.toml", "--jobs", "0"], ["--jobs is 0"]),
        (["new", "talk.txt"], ["'talk.txt'", ".toml"]),
        (["new", "none/talk.toml"], ["no folder 'none'"]),
        (["new"], ["Missing argument"]),
        (["talk.toml", "--wach"], ["--wach"]),
    ],
)
def test_what_is_refused(folder: Path, arguments: list[str], holds: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    for words in holds:
        assert words in result.stderr
    assert names(folder) == {"talk.toml"}


@pytest.mark.parametrize("place", [[], ["-o", "deep/er"]])
def test_a_refused_lecture_leaves_no_folder(folder: Path, place: list[str]) -> None:
    """A kernel that is longer than the input is found when the trace is opened."""
    (folder / "talk.toml").write_text(LECTURE.replace("[1, -1]", "[1, 2, 3, 4]"), encoding="utf-8")
    result = run("talk.toml", *place)
    assert result.exit_code == 2
    assert "parts[2], conv1d:" in result.stderr
    assert [path.name for path in folder.rglob("*")] == ["talk.toml"]


def test_help_says_how() -> None:
    for arguments in ([], ["-h"]):
        assert "FILE.toml" in run(*arguments).output
    assert "--watch" in run("make", "-h").output


def test_watching_makes_it_again_and_survives_mistakes(folder: Path) -> None:
    """As a process, since Ctrl-C goes to a process."""
    file, film = folder / "talk.toml", folder / "renders" / "talk" / "talk.mp4"
    file.write_text(LECTURE.replace('"mp4", "html", "pptx", "vtt"', '"mp4"'))
    command = [sys.executable, "-m", "cli", "lecture", str(file), "-o", str(film.parent), "--watch", "--jobs", "1"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment, preexec_fn=heed_signals, **streams) as process:
        assert process.stdout
        assert process.stderr
        assert b"is watched, Ctrl-C ends it" in process.stdout.readline()
        assert titles(film) == ["Hello", "1-D convolution"]
        file.write_text(file.read_text().replace('"Hello"', "3"))
        while b"Error: " not in (line := process.stderr.readline()):
            assert line
        assert b"parts[1].title is 3" in line
        assert titles(film) == ["Hello", "1-D convolution"]
        time.sleep(0.5)
        file.write_text(file.read_text().replace("title = 3", 'title = "Welcome"'))
        assert b"is watched, Ctrl-C ends it" in process.stdout.readline()
        assert titles(film) == ["Welcome", "1-D convolution"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def titles(film: Path) -> list[str]:
    said = script_of(film)
    return [part.title for part in said.parts] if said else []


def test_a_killed_lecture_goes_on_where_it_was(folder: Path) -> None:
    clip = LECTURE[LECTURE.index('[[parts]]\nkind = "clip"') :]
    long = LECTURE + clip.replace("[1, -1]", "[2, 1]").replace("seconds = 8", "seconds = 600")
    file, target = folder / "talk.toml", folder / "made"
    file.write_text(long.replace('"mp4", "html", "pptx", "vtt"', '"mp4"'))
    command = [sys.executable, "-m", "cli", "lecture", str(file), "-o", str(target), "--jobs", "1"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.stderr
        while b"2 of 2: conv1d-2" not in (line := process.stderr.readline()):
            assert line
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert names(target) == {"clips/conv1d.mp4", "clips/conv1d.vtt"}
    file.write_text(file.read_text().replace("seconds = 600", "seconds = 9"))
    result = run(str(file), "-o", str(target), "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "1 of 2: conv1d is unchanged\n" in result.stderr
    assert "2 of 2: conv1d-2\n" in result.stderr


def test_inputs_that_cannot_be_read_are_refused_with_their_place(folder: Path) -> None:
    """Also one of 6 GB, of which nothing is read to see whether it changed."""
    file = folder / "talk.toml"
    file.write_text(LECTURE.replace("[1, -1]", '"big.csv"'))
    with (folder / "big.csv").open("wb") as big:
        big.truncate(6 * 2**30)
    os.mkfifo(folder / "pipe.csv")
    for name, words in (("big", "has 6442450944 bytes, too many to read"), ("pipe", "is not a regular file")):
        file.write_text(file.read_text().replace("big.csv", f"{name}.csv"))
        result = run(str(file), "-o", str(folder / "made"))
        assert result.exit_code == 2
        assert re.match(rf"Error: parts\[\d\], conv1d: .*{name}.csv' {words}", result.stderr.splitlines()[-1])
