"""The one opener of files that a user gives: regular files of a sensible size, looked at where they are open; and their text."""

from __future__ import annotations

import codecs
import difflib
import hashlib
import itertools
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from engine.errors import InputError
from engine.shapes import PictureSize
from engine.shown import shown

TEXT_LIMIT = 64 * 2**20  # bytes
BINARY_LIMIT = 2**30  # bytes
#: How a Git LFS pointer begins, which stands in the place of a file that was not downloaded. Source: git-lfs, docs/spec.md.
POINTER = b"version https://git-lfs.github.com/spec/"
NUMBERS = "give one that holds numbers"
#: Without waiting for somebody who writes into a pipe, and without taking over a terminal.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))

#: What a text begins with, by its encoding: the longer marks first, as that of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


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


def open_file(path: Path, given: str, limit: int, instead: str = NUMBERS) -> BufferedReader:
    """The file, open to be read: a regular one of 1 to ``limit`` bytes. What is opened is what was looked at, and nothing is waited for.

    ``given`` is what messages call it, ``instead`` what to give in place of an empty file. Raises :class:`InputError` for anything else,
    also for the pointer that Git LFS left in a file's place.
    """
    try:
        _check_kind(path.stat().st_mode, given)  # a device may do something when it is opened
        file = os.fdopen(os.open(path, FLAGS), "rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"no file {given}; {_nearby(path, 'check the path' if instead == NUMBERS else instead)}") from error
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise InputError(f"{given} cannot be read ({reason}); check the path and its permissions") from error
    try:
        info = os.fstat(file.fileno())
        _check_kind(info.st_mode, given)
        if info.st_size > limit:
            raise InputError(f"{given} has {info.st_size} bytes, too many to read; give a file of at most {limit} bytes")
        if info.st_size == 0:
            raise InputError(f"{given} is an empty file; {instead}")
        if file.peek(len(POINTER)).startswith(POINTER):
            raise InputError(f"{given} is a Git LFS pointer, not the file; run git lfs pull to get it")
    except BaseException:
        file.close()
        raise
    return file


def _check_kind(mode: int, given: str) -> None:
    if stat.S_ISDIR(mode):
        raise InputError(f"{given} is a folder; give a file in it")
    if not stat.S_ISREG(mode):
        raise InputError(f"{given} is not a regular file; copy its content into one")


def read_bytes(path: Path, given: str, limit: int, instead: str = NUMBERS) -> bytes:
    """All that is in the file; see :func:`open_file`."""
    with open_file(path, given, limit, instead) as file:
        content = file.read(limit + 1)
    if len(content) > limit:  # it has grown meanwhile
        raise InputError(f"{given} has over {limit} bytes, too many to read; give a file of at most {limit} bytes")
    return content


def read_text(source: Source) -> str:
    """The whole file as text, without a byte-order mark."""
    return decoded(read_bytes(source.path, source.given, TEXT_LIMIT), source.given)


def decoded(content: bytes, given: str) -> str:
    """The text of a file: UTF-8, or UTF-16 or UTF-32 that says so by a byte-order mark, or UTF-16 that begins with an ASCII character."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if content.startswith(mark)), (b"", "utf-8"))
    if not mark and len(content) > 1 and 0 in content[:2] != b"\0\0":
        encoding = "utf-16-be" if content[0] == 0 else "utf-16-le"
    try:
        return content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding[:6].upper().rstrip("-")
        raise InputError(f"byte {len(mark) + error.start} of {given} is not {name} text; save the file as UTF-8") from error


def digest(path: Path, given: str, limit: int) -> bytes:
    """A name for all that is in the file, read piece by piece; see :func:`open_file`."""
    with open_file(path, given, limit) as file:
        found, left = hashlib.blake2b(), limit
        while left > 0 and (piece := file.read(min(left, 2**20))):
            found.update(piece)
            left -= len(piece)
        return found.digest()


def _nearby(path: Path, instead: str) -> str:
    try:
        names = [entry.name for entry in itertools.islice(path.parent.iterdir(), 10_000)]
    except (OSError, ValueError):
        return f"check the path, as the folder {shown(str(path.parent))} cannot be read"
    close = difflib.get_close_matches(path.name[:255], names, n=1)
    return f"did you mean {shown(close[0])} in the same folder?" if close else instead
