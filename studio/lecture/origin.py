"""What a film was made from: the script that it bears, and a name for the code that made it."""

from __future__ import annotations

import functools
import hashlib
import itertools
from pathlib import Path

import studio
from engine.errors import InputError
from engine.shown import shown
from studio.opened import opened_film
from studio.script import Script

#: What the look and the words of a clip depend on, besides its inputs.
ROOMS = ("engine", "scenes", "studio")


def unique(name: str, taken: set[str]) -> str:
    """``name``, with a number behind it if it is taken; it is taken from now on."""
    found = next(one for one in itertools.chain([name], (f"{name}-{count}" for count in itertools.count(2))) if one not in taken)
    taken.add(found)
    return found


def script_of(path: Path) -> Script | None:
    """The script that a film bears; none if there is no such film, or none of ours."""
    try:
        return opened_film(path, shown(str(path))).script
    except InputError:
        return None


@functools.cache
def code_digest() -> str:
    """A name for the code that makes clips: of another version they may look different."""
    root = Path(studio.__file__).parent.parent
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in (".py", ".js", ".css", ".html")):
        found.update(path.read_bytes())
    return found.hexdigest()
