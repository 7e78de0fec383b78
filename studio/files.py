"""Files that exist whole or not at all."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import InputError

FOLDER = Path("renders")


def target(given: str | None, default: str, suffix: str, *beside: str) -> Path:
    """Where to write: ``given``, or ``default`` in the folder ``renders``, which is made; files that end in ``beside`` come with it.

    Raises :class:`InputError` if nothing can be written there.
    """
    path = Path(given) if given is not None else FOLDER / default
    if given is None:
        with suppress(OSError):
            FOLDER.mkdir(exist_ok=True)
    if path.suffix.lower() != suffix:
        raise InputError(f"-o is {str(path)!r}; give a file name that ends in {suffix}")
    if _is_dir(path):
        raise InputError(f"-o is {str(path)!r}, which is a folder; give the name of a file in it")
    for other in map(path.with_suffix, beside):
        if _is_dir(other):
            raise InputError(f"-o is {str(path)!r}, but {str(other)!r}, which is written too, is a folder; choose another name")
    if not _is_dir(path.parent):
        raise InputError(f"-o is {str(path)!r}, but there is no folder {str(path.parent)!r}; make it first, or choose another")
    check_writable(path)
    return path


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # a name that is too long, for example
        raise InputError(f"-o is {_short(path)!r}, which cannot be written ({error.strerror}); give another name") from error


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 60 else f"{text[:28]}...{text[-29:]}"


def check_writable(path: Path) -> None:
    """Raises :class:`InputError` if no file can be made in the folder of ``path``."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem[:50]}."):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"-o is {str(path)!r}, where nothing can be written ({reason}); choose a folder that you may write to") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``, moved into its place if the block succeeds and removed if it does not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:50]}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner may read.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def tidy_when_killed() -> Iterator[None]:
    """Lets a polite kill (SIGTERM) end the block as Ctrl-C does, through its clean-up; by default a process just stops."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
