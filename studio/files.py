"""Files that exist whole or not at all."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import InputError

FOLDER = Path("renders")
SLASHES = tuple(filter(None, (os.sep, os.altsep)))


def target(given: str | None, default: str, endings: Sequence[str], known: Collection[str] = ()) -> Path:
    """What the names of the files to write begin with: ``given``, or ``default`` in the folder ``renders``, which is made.

    A ``known`` ending is taken off; each of the ``endings``, if there are any, will be put behind it.

    Raises :class:`InputError` if nothing can be written there.
    """
    base = without_ending(Path(given), known) if given is not None else FOLDER / default
    if given is None:
        with suppress(OSError):
            FOLDER.mkdir(exist_ok=True)
    if not base.name or base.name == ".." or (given or "").endswith(SLASHES):
        raise InputError(f"-o is {given!r}, which names no file; give a name such as clip.mp4")
    for other in (ended(base, ending) for ending in endings):
        if _is_dir(other):
            raise InputError(f"-o is {str(given)!r}, but {str(other)!r}, which is to be written, is a folder; choose another name")
    if not _is_dir(base.parent):
        raise InputError(f"-o is {str(given)!r}, but there is no folder {str(base.parent)!r}; make it first, or choose another")
    check_writable(ended(base, endings[0] if endings else ""))
    return base


def without_ending(path: Path, known: Collection[str]) -> Path:
    """``path`` without its ending if that is one of ``known``."""
    return path.with_suffix("") if path.suffix[1:].lower() in known and path.suffix[1:] else path


def ended(base: Path, ending: str) -> Path:
    """``base`` with something behind its name, which may have dots in it."""
    return base.with_name(base.name + ending)


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
def together(base: Path) -> Iterator[Path]:
    """A hidden folder beside ``base``; if the block succeeds, the files in it whose names begin as ``base`` are moved out of it."""
    with tempfile.TemporaryDirectory(dir=base.parent, prefix=f".{base.name[:50]}.") as name:
        folder = Path(name)
        yield folder
        for file in made(folder, base):
            file.chmod(0o666 & ~_umask())
            file.replace(base.parent / file.name)


def scratch(folder: Path) -> Path:
    """A folder in ``folder`` for what is not to be kept."""
    path = folder / "scratch"
    path.mkdir(exist_ok=True)
    return path


def made(folder: Path, base: Path) -> list[Path]:
    """The files in ``folder`` whose names begin as ``base``."""
    return sorted(file for file in folder.iterdir() if file.name.startswith(base.name) and file.is_file())


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
