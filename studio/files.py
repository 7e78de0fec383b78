"""Names of files to write, and whether they can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from engine.errors import InputError
from engine.shown import shown
from studio.troubles import reason, remedy

FOLDER = Path("renders")
SLASHES = tuple(filter(None, (os.sep, os.altsep)))


def target(given: str | None, default: str, endings: Sequence[str], known: Collection[str] = ()) -> Path:
    """What the names of the files to write begin with: ``given``, or ``default`` in the folder ``renders``, which need not be there.

    A ``known`` ending is taken off; each of the ``endings``, if there are any, will be put behind it.

    Raises :class:`InputError` if nothing can be written there.
    """
    base = without_ending(Path(given), known) if given is not None else FOLDER / default
    called = f"-o is {shown(given)}" if given is not None else f"there is no -o, so that {shown(str(base))} is to be written"
    if not base.name or base.name == ".." or (given or "").endswith(SLASHES):
        raise InputError(f"{called}, which names no file; give a name such as clip.mp4")
    check_text(str(base), called)
    for other in (ended(base, ending) for ending in endings):
        if _is_dir(other, called):
            raise InputError(f"{called}, but {shown(str(other))}, which is to be written, is a folder; choose another name")
    if given is None and not os.path.lexists(FOLDER):
        check_writable(FOLDER, called)
    elif not _is_dir(base.parent, called):
        how = "make it first, or choose another" if given is not None else "remove what is in its place, or give a name by -o"
        raise InputError(f"{called}, but there is no folder {shown(str(base.parent))}; {how}")
    else:
        check_writable(ended(base, endings[0] if endings else ""), called)
    return base


def without_ending(path: Path, known: Collection[str]) -> Path:
    """``path`` without its ending if that is one of ``known``."""
    return path.with_suffix("") if path.suffix[1:].lower() in known and path.suffix[1:] else path


def ended(base: Path, ending: str) -> Path:
    """``base`` with something behind its name, which may have dots in it."""
    return base.with_name(base.name + ending)


def check_text(name: str, called: str) -> None:
    """Raises :class:`InputError` for a name that is no text: those who write films take none."""
    if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
        raise InputError(f"{called}, which is not text in UTF-8; give another name")


def _is_dir(path: Path, called: str) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # a name that is too long, for example
        raise InputError(f"{called}, which cannot be written ({reason(error)}); give another name") from error


def check_writable(path: Path, called: str) -> None:
    """Raises :class:`InputError`, which begins with ``called``, if its folder, or the first above it that is there, takes no file."""
    folder = next((one for one in path.absolute().parents if os.path.lexists(one)), Path.cwd())
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{path.stem[:50]}."):
            pass
    except OSError as error:
        raise InputError(f"{called}, where nothing can be written ({reason(error)}); {remedy(error)}") from error
