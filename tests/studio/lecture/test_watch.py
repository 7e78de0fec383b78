from __future__ import annotations

import threading
import time
from collections.abc import Collection
from pathlib import Path

from studio.lecture.watch import watch


def test_saving_a_file_makes_it_again(tmp_path: Path) -> None:
    file, other, inner = tmp_path / "lecture.toml", tmp_path / "other.txt", tmp_path / "inputs" / "values.csv"
    inner.parent.mkdir()
    for path in (file, other, inner):
        path.write_text("0")
    built, stopped = threading.Semaphore(0), threading.Event()
    seen: list[str] = []

    def build() -> Collection[Path]:
        seen.append(f"{file.read_text()} {inner.read_text()}")
        built.release()
        return [file, inner]

    thread = threading.Thread(target=watch, args=(build, stopped))
    thread.start()
    try:
        assert built.acquire(timeout=10)
        # What is not read makes nothing; the next build is that of the file. (Until the folders are watched it would make nothing anyway.)
        time.sleep(0.5)
        other.write_text("1")
        assert not built.acquire(timeout=0.8)
        file.write_text("1")
        assert built.acquire(timeout=10)
        inner.write_text("2")
        assert built.acquire(timeout=10)
        # Editors write another file and move it to its place.
        (tmp_path / "lecture.tmp").write_text("3")
        (tmp_path / "lecture.tmp").replace(file)
        assert built.acquire(timeout=10)
    finally:
        stopped.set()
        thread.join(timeout=10)
    assert not thread.is_alive()
    assert seen == ["0 0", "1 0", "1 2", "3 2"]


def test_what_is_saved_while_it_is_made_counts(tmp_path: Path) -> None:
    file, stopped = tmp_path / "lecture.toml", threading.Event()
    file.write_text("0")
    seen: list[str] = []

    def build() -> Collection[Path]:
        seen.append(file.read_text())
        if len(seen) == 1:
            file.write_text("1")
        else:
            stopped.set()
        return [file]

    thread = threading.Thread(target=watch, args=(build, stopped))
    thread.start()
    thread.join(timeout=10)
    stopped.set()
    assert not thread.is_alive()
    assert seen == ["0", "1"]
