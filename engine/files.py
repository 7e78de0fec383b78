"""A file before its content is known: whether it is there, may be read and is of a sensible size, and its text."""

from __future__ import annotations

import difflib
import itertools
import stat
from pathlib import Path
from typing import NamedTuple

from engine.checks import shown
from engine.errors import InputError
from engine.shapes import PictureSize

TEXT_LIMIT = 64 * 2**20  # bytes
BINARY_LIMIT = 2**30  # bytes


class Source(NamedTuple):
    """A file to read: ``key`` picks one tensor of several, ``given`` is what messages call it, ``size`` is for pictures."""

    path: Path
    key: str | None
    given: str
    size: PictureSize | None


def is_there(path: Path) -> bool:
    """Whether anything, a file or not, is at the path."""
    try:
        path.stat()
    except (OSError, ValueError):  # also a name too long for the system, or one in a folder that may not be entered
        return False
    return True


def check_file(path: Path, given: str, limit: int) -> None:
    """Everything that can be known without reading: a huge or endless file is refused at once."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise InputError(f"{given} is a folder; give a file in it")
        if not stat.S_ISREG(info.st_mode):
            raise InputError(f"{given} is not a regular file; copy its content into one")
        if info.st_size > limit:
            raise InputError(f"{given} has {info.st_size} bytes, too many to read; give a file of at most {limit} bytes")
        if info.st_size == 0:
            raise InputError(f"{given} is an empty file; give one that holds numbers")
        path.open("rb").close()
    except InputError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"no file {given}; {_nearby(path)}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise InputError(f"{given} cannot be read ({reason}); check the path and its permissions") from error


def read_text(source: Source) -> str:
    """The whole file as text, without a byte-order mark."""
    try:
        return source.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} of {source.given} is not UTF-8 text; save the file as UTF-8") from error


def _nearby(path: Path) -> str:
    try:
        names = [entry.name for entry in itertools.islice(path.parent.iterdir(), 10_000)]
    except (OSError, ValueError):
        return f"check the path, as the folder {shown(str(path.parent))} cannot be read"
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {shown(close[0])} in the same folder?" if close else "check the path"
