"""Locks that end with their process, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: A folder is held for some renames; whoever holds it longer (seconds) has been stopped, and is not waited for.
PATIENCE = 10.0


def locked(handle: int) -> bool | None:
    """Locks an open file or folder; False if another one has it, None where there are no such locks (Windows, some network disks)."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def free(path: Path) -> bool:
    """Whether a file is locked by nobody any more; not where this cannot be known."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return locked(handle) is True
    finally:
        os.close(handle)


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Waits until no other process is in such a block with the same folder; False where this cannot be had."""
    handle = None
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle is not None and _waited(handle)
    finally:
        if handle is not None:
            os.close(handle)


def _waited(handle: int) -> bool:
    until = time.monotonic() + PATIENCE
    while (found := locked(handle)) is False and time.monotonic() < until:
        time.sleep(0.01)
    return found is True
