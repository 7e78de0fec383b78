"""A film put into a deck that is there already; all that is in the deck stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.shown import one_line, shown
from studio.deck import put
from studio.files import check_text, check_writable
from studio.opened import Deck, opened_deck, opened_film
from studio.package import names, save_with
from studio.sections import enter
from studio.sets import scratch, whole
from studio.slides import Per, Slide, line, slides_of
from studio.spread import lay, spread


def insert(clip: Path, deck: Path, after: int | None = None, per: Per = "phase", output: Path | None = None) -> range:
    """Puts the slides of a clip behind slide number ``after`` of a deck (0 for the front; by default behind the last one).

    ``output`` is the deck itself if not given. Of an mp4 that is no clip of ours there is one slide. Returns the numbers of the new slides.
    Raises :class:`InputError` if one of the files cannot be used; the deck is then as it was.
    """
    for what, path in (("CLIP", clip), ("DECK", deck), ("-o", output)):
        check_text(str(path), f"{what} is {shown(str(path))}")
    with opened_deck(deck) as original:
        return _inserted(clip, deck, original, after, per, output)


def _inserted(clip: Path, deck: Path, original: Deck, after: int | None, per: Per, output: Path | None) -> range:
    found, package, rights = original
    made = _checked(deck, output)
    count = len(found.part._element.get_or_add_sldIdLst())
    place = count if after is None else after
    if not 0 <= place <= count:
        slides = "1 slide" if count == 1 else f"{count} slides"
        raise InputError(f"--after is {after}, but {shown(str(deck))} has {slides}; give 0 for the front, or up to {count}")
    with whole(made) as target:
        ids = put(found, _laid(found, clip, per, scratch(target.parent), names(package)), place)
        enter(found, ids, place)
        save_with(found, package, target)
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


def _laid(deck: Any, clip: Path, per: Per, folder: Path, taken: list[str]) -> list[str]:
    name = shown(str(clip))
    found = opened_film(clip, name)
    script = found.script
    if script is not None and script.frames != found.frames:
        raise InputError(f"{name} has {found.frames} frames, but was rendered with {script.frames}; render it again")
    try:
        if script is not None:
            return spread(deck, clip, script.fps, slides_of(script, per), folder, taken)
        slide = Slide(line(found.title) or "Film", (), range(max(1, found.frames)), False, 0)
        return lay(deck, clip, len(slide.frames) / found.seconds, [slide], {slide: clip}, folder, taken)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever a decoder stumbles over
        how = "render it again" if script is not None else "convert it to an mp4 with H.264"
        raise InputError(f"{name} cannot be cut into slides ({one_line(str(error))}); {how}") from error
