"""Makes a lecture again whenever its file, or a file that it reads, is saved."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

#: Editors write a file in several strokes; it is read when none came for so long (seconds).
QUIET = 0.3


class _Bell(FileSystemEventHandler):
    """Rings when one of the files is written, or another one is moved to its place."""

    def __init__(self) -> None:
        self.rung = threading.Event()
        self.files: set[Path] = set()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called from the observer's thread."""
        if event.event_type in ("modified", "created", "moved", "deleted"):
            paths = {Path(str(path)).absolute() for path in (event.src_path, event.dest_path) if path}
            if paths & self.files:
                self.rung.set()


def watch(build: Callable[[], Collection[Path]], stopped: threading.Event | None = None) -> None:
    """Calls ``build``, which returns the files that it read, and again each time one of them changes, until ``stopped`` or Ctrl-C."""
    bell, observer = _Bell(), Observer()
    folders: set[Path] = set()
    observer.start()
    try:
        while not (stopped and stopped.is_set()):
            bell.rung.clear()
            begun = time.time_ns()
            bell.files = {path.absolute() for path in build()}
            for folder in {path.parent for path in bell.files} - folders:
                if folder.is_dir():
                    observer.schedule(bell, str(folder))
                    folders.add(folder)
            if any(_saved(path) > begun for path in bell.files):
                bell.rung.set()  # while it was made, when nobody watched its folder yet
            while not bell.rung.wait(0.2):
                if stopped and stopped.is_set():
                    return
            while bell.rung.is_set():
                bell.rung.clear()
                bell.rung.wait(QUIET)
    finally:
        observer.stop()
        observer.join()


def _saved(path: Path) -> int:
    """When, in nanoseconds; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
