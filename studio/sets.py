"""Files that appear together or not at all. They are made in a hidden folder beside their target and moved out of it at the end.

The folder, ``.NAME.xxxxxxxx.tensorreel``, has

- ``lock``, locked while its process lives: a folder with a free lock was left by a process that was killed;
- ``new``, the files by their names;
- when they are moved, ``old``, the files that they replace, and ``forward``, the list of their names. From then on the new ones count: who
  finds the folder left puts into place what is not there yet. If one cannot be moved, the list becomes ``back``, and the old ones return.

Disks that have no locks (Windows, some networks) keep what killed processes leave.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import InputError
from studio.locks import alone, free, locked
from studio.signals import tidy_when_killed, uninterrupted
from studio.troubles import KNOWN, unwritten

MARK = ".tensorreel"
LOCK, NEW, OLD, FORWARD, BACK = "lock", "new", "old", "forward", "back"
#: Names of files, and whether there is an older one.
Moves = Mapping[str, bool]


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place for a file that is moved to ``path`` if the block succeeds, and removed if it does not.

    Raises :class:`InputError` if there is no room for it, or it may not be written.
    """
    with _hidden(path) as folder:
        yield folder / NEW / path.name
        _commit(folder, [path.name], path.parent)


@contextmanager
def all_at_once(base: Path) -> Iterator[Path]:
    """A folder; if the block succeeds, the files in it whose names begin as that of ``base`` are moved to its side.

    Raises :class:`InputError` if there is no room for them, or they may not be written.
    """
    with _hidden(base) as folder:
        yield folder / NEW
        _commit(folder, [file.name for file in made(folder / NEW, base)], base.parent)


def scratch(folder: Path) -> Path:
    """A folder in ``folder`` for what is not to be kept."""
    path = folder / "scratch"
    path.mkdir(exist_ok=True)
    return path


def made(folder: Path, base: Path) -> list[Path]:
    """The files in ``folder`` whose names begin as that of ``base``."""
    return sorted(file for file in folder.iterdir() if file.name.startswith(base.name) and file.is_file())


def tidied(place: Path) -> None:
    """Finishes or undoes what killed processes began in a folder, and removes what they left."""
    with alone(place) as sure:
        if sure:
            _tidy(place)


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Makes a folder, and those above it; if the block fails, those that it made are removed again unless they are used."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in missing:
            with suppress(OSError):
                one.rmdir()
        raise


@contextmanager
def _hidden(base: Path) -> Iterator[Path]:
    """A hidden folder beside ``base``, which goes with the block."""
    with tidy_when_killed(), _told(base), present(base.parent):
        with alone(base.parent) as sure:
            if sure:
                _tidy(base.parent)
            folder = Path(tempfile.mkdtemp(dir=base.parent, prefix=f".{base.name[:50]}.", suffix=MARK))
            try:
                lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            except BaseException:
                folder.rmdir()
                raise
            locked(lock)
        try:
            (folder / NEW).mkdir()
            yield folder
        finally:
            os.close(lock)
            # What could be moved neither forward nor back is left to the next one.
            if _listed(folder) is None:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(base: Path) -> Iterator[None]:
    """Makes a sentence of what the system has against the files."""
    try:
        yield
    except OSError as error:
        about = error.filename2 or error.filename
        if error.errno in KNOWN and (about is None or MARK in str(about)):
            raise InputError(unwritten(base, error)) from error
        raise


def _commit(folder: Path, names: Sequence[str], place: Path) -> None:
    """Moves new files to their place: all or none, even if the process is killed."""
    for name in names:
        # mkstemp and those who take its part make files that only their owner may read.
        (folder / NEW / name).chmod(0o666 & ~_umask())
    with uninterrupted(), alone(place):
        for name in names:
            if (place / name).is_dir():
                raise InputError(f"{str(place / name)!r}, which is to be written, is a folder; choose another name, or remove it")
        moves = {name: os.path.lexists(place / name) for name in names}
        if len(moves) > 1:
            _prepare(folder, moves, place)
        try:
            _forward(folder, moves, place)
        except BaseException:
            if len(moves) > 1:
                (folder / FORWARD).replace(folder / BACK)
                _back(folder, moves, place)
                (folder / BACK).unlink()
            raise
        (folder / FORWARD).unlink(missing_ok=True)


def _prepare(folder: Path, moves: Moves, place: Path) -> None:
    """Keeps the old files, and lists what is to be moved."""
    (folder / OLD).mkdir()
    for name in (name for name, replaces in moves.items() if replaces):
        keep(place / name, folder / OLD / name)
    draft = folder / f"{FORWARD}.draft"
    draft.write_text(json.dumps(moves), encoding="ascii")
    draft.replace(folder / FORWARD)


def keep(path: Path, kept: Path) -> None:
    """Another name for a file, which stays when the first one is replaced."""
    try:
        os.link(path, kept, follow_symlinks=False)
    except (OSError, NotImplementedError):  # not every disk has files of two names
        shutil.copy2(path, kept, follow_symlinks=False)


def _forward(folder: Path, moves: Moves, place: Path) -> None:
    """May be done again from any point."""
    for name in moves:
        if (folder / NEW / name).exists():
            (folder / NEW / name).replace(place / name)


def _back(folder: Path, moves: Moves, place: Path) -> None:
    """May be done again from any point."""
    for name, replaced in moves.items():
        if replaced:
            if os.path.lexists(folder / OLD / name):
                (folder / OLD / name).replace(place / name)
        elif not (folder / NEW / name).exists() and (place / name).exists():
            (place / name).replace(folder / NEW / name)


def _tidy(place: Path) -> None:
    """Of folders that nobody uses any more; ``place`` must be this process's alone."""
    with suppress(OSError), os.scandir(place) as entries:
        left = [Path(entry.path) for entry in entries if entry.name.startswith(".") and entry.name.endswith(MARK)]
        for folder in left:
            with suppress(OSError):
                if folder.is_dir() and not folder.is_symlink() and (free(folder / LOCK) or not (folder / LOCK).exists()):
                    _finish(folder, place)
                    shutil.rmtree(folder, ignore_errors=True)


def _finish(folder: Path, place: Path) -> None:
    """What was begun: forward, or back."""
    if (found := _listed(folder)) is not None:
        moves = json.loads((folder / found).read_text(encoding="ascii"))
        {FORWARD: _forward, BACK: _back}[found](folder, {name: moves[name] for name in moves if Path(name).name == name}, place)
        (folder / found).unlink()


def _listed(folder: Path) -> str | None:
    """Where names are listed that are to be moved."""
    return next((name for name in (FORWARD, BACK) if (folder / name).exists()), None)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
