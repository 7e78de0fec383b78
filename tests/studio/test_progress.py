from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import studio.progress
from scenes.parts.beat import Beat
from studio.progress import PATIENCE, Bar, ProgressLines, progress

BEATS = [
    Beat("opening", 0, 0, "setup", "Hello.", 10),
    Beat("full", 0, 1, "all", "Step 0.", 20),
    Beat("sweep", 1, 2000, "all", "The rest.", 10),
    Beat("closing", 2000, 2000, "result", "Goodbye.", 10),
]


def walk(watcher: ProgressLines) -> None:
    """A rendering, as it is reported."""
    frames = 0
    with watcher:
        for number, beat in enumerate(BEATS):
            watcher.beat(number, beat)
            for _ in range(beat.frames):
                frames += 1
                watcher.frame(frames)


def test_plain_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.progress, "PATIENCE", 0.0)
    walk(ProgressLines(BEATS, 2000))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "  0%  beat 1 of 4 (opening), 2,000 steps",
        " 20%  beat 2 of 4 (full), step 1 of 2,000",
        " 60%  beat 3 of 4 (sweep), step 2 of 2,000",
        " 80%  beat 4 of 4 (closing), 2,000 steps",
    ]


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(studio.progress.time, "monotonic", lambda: now)
    watcher = ProgressLines(BEATS, 2000)
    watcher.beat(0, BEATS[0])
    now += PATIENCE * 0.9
    watcher.beat(1, BEATS[1])
    now += PATIENCE * 0.2
    watcher.beat(2, BEATS[2])
    assert [line.split("beat ")[1][0] for line in capsys.readouterr().err.splitlines()] == ["1", "3"]


@pytest.mark.parametrize("forced", [False, True])
def test_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, forced: bool) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if forced:
        monkeypatch.setenv("FORCE_COLOR", "1")
    watcher = progress(BEATS, 2000)
    assert type(watcher) is ProgressLines
    walk(watcher)
    assert "\x1b" not in capsys.readouterr().err


def everything(terminal: int) -> str:
    """What arrives at a pseudo-terminal, which comes in pieces, until its other end is closed."""
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux ends a pseudo-terminal with EIO
            piece = b""
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    outer, inner = os.openpty()
    with ThreadPoolExecutor() as reader:
        shown = reader.submit(everything, outer)
        with os.fdopen(inner, "w", encoding="utf-8") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            watcher = progress(BEATS, 2000)
            assert type(watcher) is Bar
            walk(watcher)
            monkeypatch.undo()
    os.close(outer)
    assert "beat 4 of 4 (closing), 2,000 steps" in shown.result()
    assert "100%" in shown.result()
    assert watcher.bar.tasks[0].completed == watcher.total == 50
    assert watcher.bar.finished


def test_a_bar_is_taken_down_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(BEATS, 2000)
    with pytest.raises(KeyboardInterrupt), bar:
        raise KeyboardInterrupt
    assert not bar.bar.live.is_started
    assert capsys.readouterr().out == ""
