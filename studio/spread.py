"""A film spread over the slides of a deck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.cut import cut
from studio.deck import DeckBuilder, Files, Frame, layout
from studio.slides import Slide
from studio.stills import stills


def spread(deck: Any, film: Path, fps: float, slides: Sequence[Slide], folder: Path, taken: Iterable[str] = ()) -> list[str]:
    """Cuts the film, adds the slides to the parts of a deck and returns the ids of their relationships.

    The pieces and pictures are written to ``folder``, where they must stay until the deck is written. ``taken`` are names of parts that
    python-pptx does not see.
    Raises ``ValueError`` if the film does not have the frames, or where a slide begins no frame that stands alone.
    """
    pieces = {slide: folder / f"{number}.mp4" for number, slide in enumerate(slides) if not slide.stands}
    cut(film, ((slide.frames, path) for slide, path in pieces.items()))
    return lay(deck, film, fps, slides, pieces, folder, taken)


def lay(
    deck: Any, film: Path, fps: float, slides: Sequence[Slide], pieces: Mapping[Slide, Path], folder: Path, taken: Iterable[str] = ()
) -> list[str]:
    """Adds slides whose films are cut already."""
    pictures = {}
    for number, picture in stills(film, (slide.shown for slide in slides)):
        pictures[number] = folder / f"{number}.png"
        picture.save(pictures[number])
        # Around the film there is to be the theme's ground as a player shows it, a little off what was drawn: else there is a seam.
        ground: Any = picture.getpixel((0, 0))
        frame = Frame(*picture.size, fps, ground)
    builder = DeckBuilder(deck, layout(deck), frame, taken)
    return [builder.add(slide, Files(pictures[slide.shown], pieces.get(slide))) for slide in slides]
