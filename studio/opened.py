"""Decks and films of a user, opened: what they hold is bounded before it is read, and nothing in them is taken on trust."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

from engine.errors import InputError
from engine.inputs.files import BINARY_LIMIT, open_file
from engine.inputs.packages import open_package
from engine.shown import shown
from studio.script import Script

OLE = b"\xd0\xcf\x11\xe0"
ENDINGS = (".pptx", ".pptm")
FILM_LIMIT = 2**31  # bytes
#: XML takes some thirty times its size when it is read (bytes, of all parts of a deck together).
XML_LIMIT = 64 * 2**20
#: The largest picture of a film, in pixels: a little over 8K.
PIXEL_LIMIT = 2**26
#: A film without a length is shown for so long (seconds).
USUAL = 1.0


class Deck(NamedTuple):
    """A deck as python-pptx has it, the package that it was read from, and the rights of its file."""

    deck: Any
    package: ZipFile
    rights: int


@contextmanager
def opened_deck(path: Path) -> Iterator[Deck]:
    """Reads a deck; the package stays open meanwhile.

    Raises :class:`InputError` for what is no deck, and for one that unpacks to more than is read.
    """
    name = shown(str(path))
    instead = "give a deck that ends in .pptx"
    with open_file(path, name, BINARY_LIMIT, instead) as file:
        if path.suffix.lower() not in ENDINGS:
            raise InputError(f"{name} does not end in .pptx or .pptm; save it as a PowerPoint presentation (.pptx)")
        if file.peek(len(OLE)).startswith(OLE):
            raise InputError(f"{name} is protected by a password, or an old .ppt; save it as .pptx without a password")
        try:
            package = open_package(file, name, BINARY_LIMIT)
            _check_xml(package, name)
            deck = _deck(file)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # whatever zipfile and python-pptx stumble over
            raise InputError(
                f"{name} is no PowerPoint presentation that can be read; open it in PowerPoint and save it as .pptx"
            ) from error
        with package:
            yield Deck(deck, package, os.fstat(file.fileno()).st_mode)


def _deck(file: Any) -> Any:
    from pptx import Presentation

    found: Any = Presentation(file)
    found.slide_layouts[0]
    return found


def _check_xml(package: ZipFile, name: str) -> None:
    """What a part is does not show in its name: XML begins with a bracket, behind marks and blanks."""
    total = 0
    for info in package.infolist():
        with package.open(info) as part:
            begin = part.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        total += info.file_size if begin[:1] in (b"<", b"") else 0
    if total > XML_LIMIT:
        raise InputError(f"{name} unpacks to {total} bytes of XML, too many to read; give a deck with at most {XML_LIMIT} bytes of it")


@dataclass(frozen=True)
class Footage:
    """What a film says of itself; ``script`` if it is one of ours."""

    script: Script | None
    title: str
    frames: int
    seconds: float


def opened_film(path: Path, name: str) -> Footage:
    """Looks at an mp4.

    Raises :class:`InputError` for anything else.
    """
    import av

    instead = "give an mp4 rendered by tensorreel"
    with open_file(path, name, FILM_LIMIT, instead) as file:
        try:
            with film_of(file) as film:
                video = film.streams.video[0] if film.streams.video else None
                if video is None:
                    raise InputError(f"{name} is no mp4 with a picture; {instead}")
                if not 0 < video.width * video.height <= PIXEL_LIMIT:
                    raise InputError(f"{name} has pictures of {video.width}x{video.height} pixels; {instead}")
                seconds = max(0.0, float(Fraction(film.duration or 0, av.time_base)))
                title = film.metadata.get("title") or path.stem
                return Footage(Script.from_json(film.metadata.get("synopsis", "")), title, max(0, video.frames), seconds or USUAL)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # whatever a decoder stumbles over
            reason = getattr(error, "strerror", None) or "its data are damaged"
            raise InputError(f"{name} cannot be read as a film ({reason}); {instead}") from error


def film_of(file: Any) -> Any:
    """A film in an open file. No other container than mp4 is tried: some name further files, or addresses, to be read."""
    import av

    return av.open(file, format="mp4", metadata_errors="replace")
