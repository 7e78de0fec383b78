"""What was drawn once, on disk, by what is to be seen. Several renderings may use it at the same time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.errors import InputError
from engine.shown import shown
from studio.locks import free

FOLDER_VARIABLE, LIMIT_VARIABLE = "TENSORREEL_CACHE", "TENSORREEL_CACHE_MB"
LIMIT_MB = 2000
#: After a clean-up so much of the limit is in use, so that not every rendering has to clean up.
KEPT = 0.8
#: No disk has so many megabytes.
DIGITS = 15
#: Files that are being written are left alone; where there are no locks, older than this (seconds) they were given up.
ABANDONED = 3600.0


@dataclass(frozen=True)
class Cache:
    """Files in ``folder``, ``limit`` bytes at the most; those that were not used for longest go first."""

    folder: Path
    limit: int

    @classmethod
    def usual(cls) -> Cache:
        """Where the system keeps caches, or where the environment says.

        Raises :class:`InputError` if the environment gives no number for the limit.
        """
        given, megabytes = os.environ.get(FOLDER_VARIABLE), os.environ.get(LIMIT_VARIABLE, str(LIMIT_MB))
        if not (megabytes.isascii() and megabytes.isdigit() and len(megabytes) <= DIGITS):
            raise InputError(f"{LIMIT_VARIABLE} is {shown(megabytes)}; give a whole number of megabytes, such as {LIMIT_MB}")
        return cls(Path(given) if given else Path(platformdirs.user_cache_dir("tensorreel", appauthor=False)), int(megabytes) * 10**6)

    def files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Every file with its state; some may go while one looks."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.name.endswith((".take", ".tmp")):
                        yield Path(entry.path), entry.stat()

    def usage(self) -> tuple[int, int]:
        """How many takes there are, and their bytes."""
        sizes = [state.st_size for path, state in self.files() if path.suffix == ".take"]
        return len(sizes), sum(sizes)

    def clear(self) -> tuple[int, int]:
        """Removes all takes; how many there were, and their bytes."""
        before = self.usage()
        for path, state in self.files():
            if path.suffix == ".take" or _abandoned(path, state):
                with suppress(OSError):
                    path.unlink()
        return before

    def tidy(self) -> None:
        """Removes what was given up half-written, and the takes that were not used for longest if there are too many."""
        found = sorted(self.files(), key=lambda file: file[1].st_mtime)
        total = sum(state.st_size for _, state in found)
        most = self.limit if total <= self.limit else self.limit * KEPT
        for path, state in found:
            if total > most if path.suffix == ".take" else _abandoned(path, state):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                    total -= state.st_size


def _abandoned(path: Path, state: os.stat_result) -> bool:
    """Whether nobody writes to the file any more. Whoever writes has something in it as soon as it is locked."""
    return (state.st_size > 0 and free(path)) or time.time() - state.st_mtime > ABANDONED


def usable(folder: Path) -> bool:
    """Whether files can be made there; the folder is made if it is not there."""
    if str(folder).startswith("~"):
        return False  # nobody knows where this user is at home
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
