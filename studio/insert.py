"""A film put into a deck that is there already; all that is in the deck stays as it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from pptx import Presentation

from engine.errors import InputError
from studio.deck import put
from studio.files import check_text, check_writable
from studio.package import names, save_with
from studio.script import Script
from studio.sections import enter
from studio.sets import scratch, whole
from studio.slides import Per, Slide, line, planned
from studio.spread import lay, spread
from studio.troubles import shown

OLE = b"\xd0\xcf\x11\xe0"
ENDINGS = (".pptx", ".pptm")


def insert(clip: Path, deck: Path, after: int | None = None, per: Per = "phase", output: Path | None = None) -> range:
    """Puts the slides of a clip behind slide number ``after`` of a deck (0 for the front; by default behind the last one).

    ``output`` is the deck itself if not given. Of an mp4 that is no clip of ours there is one slide. Returns the numbers of the new slides.
    Raises :class:`InputError` if one of the files cannot be used; the deck is then as it was.
    """
    for what, path in (("CLIP", clip), ("DECK", deck), ("-o", output)):
        check_text(str(path), f"{what} is {shown(str(path))}")
    found = _opened(deck)
    made = _checked(deck, output)
    count = len(found.part._element.get_or_add_sldIdLst())
    place = count if after is None else after
    if not 0 <= place <= count:
        slides = "1 slide" if count == 1 else f"{count} slides"
        raise InputError(f"--after is {after}, but {shown(str(deck))} has {slides}; give 0 for the front, or up to {count}")
    rights = deck.stat().st_mode
    with whole(made) as target:
        ids = put(found, _laid(found, clip, per, scratch(target.parent), names(deck)), place)
        enter(found, ids, place)
        save_with(found, deck, target)
    made.chmod(rights)
    return range(place + 1, place + 1 + len(ids))


def _checked(deck: Path, output: Path | None) -> Path:
    """Where to write."""
    made = output or deck
    if made.suffix.lower() != deck.suffix.lower():
        raise InputError(f"-o is {shown(str(output))}; give a name that ends in {deck.suffix}, as the deck's does")
    if made.is_dir():
        raise InputError(f"-o is {shown(str(output))}, which is a folder; give the name of a file")
    if not made.parent.is_dir():
        raise InputError(f"-o is {shown(str(output))}, but there is no folder {shown(str(made.parent))}; make it first, or choose another")
    check_writable(made, f"-o is {shown(str(output))}" if output else f"DECK is {shown(str(deck))}")
    return made.resolve()  # a link stays a link


def _opened(deck: Path) -> Any:
    name = shown(str(deck))
    if not deck.is_file():
        raise InputError(f"there is no file {name}; give a deck that ends in .pptx")
    if deck.suffix.lower() not in ENDINGS:
        raise InputError(f"{name} does not end in .pptx or .pptm; save it as a PowerPoint presentation (.pptx)")
    try:
        with deck.open("rb") as file:
            old = file.read(len(OLE)) == OLE
        if old:
            raise InputError(f"{name} is protected by a password, or an old .ppt; save it as .pptx without a password")
        found: Any = Presentation(str(deck))
        found.slide_layouts[0]
        return found
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); give a deck that you may read") from error
    except Exception as error:  # whatever python-pptx stumbles over
        raise InputError(f"{name} is no PowerPoint presentation that can be read; open it in PowerPoint and save it as .pptx") from error


def _laid(deck: Any, clip: Path, per: Per, folder: Path, taken: list[str]) -> list[str]:
    name = shown(str(clip))
    if not clip.is_file():
        raise InputError(f"there is no file {name}; give an mp4 rendered by tensorreel")
    try:
        with av.open(str(clip)) as film:
            if "mp4" not in film.format.name or not film.streams.video:
                raise InputError(f"{name} is no mp4 with a picture; give an mp4 rendered by tensorreel")
            script = Script.from_json(film.metadata.get("synopsis", ""))
            frames, seconds = film.streams.video[0].frames, Fraction(film.duration or 0, av.time_base)
            title = film.metadata.get("title") or clip.stem
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{name} cannot be read as a film ({error.strerror}); give an mp4 rendered by tensorreel") from error
    if script is not None and not script.marks:
        script = None
    if script is not None and script.frames != frames:
        raise InputError(f"{name} has {frames} frames, but was rendered with {script.frames}; render it again")
    try:
        if script is not None:
            return spread(deck, clip, script.fps, planned(script, per), folder, taken)
        slide = Slide(line(title), (), range(max(1, frames)), False, 0)
        return lay(deck, clip, len(slide.frames) / float(seconds or 1), [slide], {slide: clip}, folder, taken)
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{name} cannot be cut into slides ({error}); render it again") from error
