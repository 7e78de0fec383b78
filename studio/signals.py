"""Polite ways to end a process: Ctrl-C (SIGINT), a kill (SIGTERM), a terminal that is closed (SIGHUP)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

POLITE = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
#: What a process has that did not ask for anything else; who ignores a signal (``nohup``) goes on doing so.
USUAL = (signal.SIG_DFL, signal.default_int_handler)


class _Later:
    """Signals that came while nothing might be interrupted."""

    depth = 0
    came: int | None = None


def _end(number: int, frame: FrameType | None = None) -> None:
    if _Later.depth:
        _Later.came = number
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        raise SystemExit(128 + number)


@contextmanager
def tidy_when_killed() -> Iterator[None]:
    """Lets polite signals end the block as an error does, through its clean-up; by default a process just stops."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in POLITE}
    ours = [number for number in POLITE if before[number] in USUAL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Polite signals wait until the block is through."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with tidy_when_killed():
        _Later.depth += 1
        try:
            yield
        finally:
            _Later.depth -= 1
            if not _Later.depth and _Later.came is not None:
                came, _Later.came = _Later.came, None
                _end(came)
