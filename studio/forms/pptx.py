"""Slides for PowerPoint: on each a stretch of the film that starts by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from studio.files import ended
from studio.film import Film
from studio.slides import PER, Per

LONGEST = 255  # of what a deck says of itself
SUMMARY = "PowerPoint slides with films that start by themselves, and notes"
ENDINGS = (".pptx",)
ALPHA = False
OPTIONS: Sequence[click.Option] = (
    click.Option(["--slides-per"], type=click.Choice(PER), default=PER[0], show_default=True, help="pptx: what has a slide of its own."),
    click.Option(
        ["--slide-size"],
        type=click.Choice(["16:9", "4:3"]),
        default="16:9",
        show_default=True,
        help="pptx: width and height of the slides.",
    ),
)


def write(film: Film, base: Path, slides_per: Per = "phase", slide_size: str = "16:9") -> None:
    """A slide for each phase or beat; a lecture of several parts begins with its title and contents, unless it has a card for that."""
    from scenes.parts.theme import THEMES
    from studio.blank import blank
    from studio.contents import contents
    from studio.deck import put
    from studio.package import save_package
    from studio.sections import divide_deck
    from studio.slides import line, slides_of
    from studio.spread import spread

    script = film.script
    deck = blank(THEMES[script.theme], slide_size)
    said = deck.core_properties
    said.title, said.subject, said.author = line(script.title)[:LONGEST], line(script.summary)[:LONGEST], "tensorreel"
    slides = slides_of(script, slides_per)
    with tempfile.TemporaryDirectory(dir=base.parent, prefix=".slides") as folder:
        titled = len(script.parts) > 1 and script.marks[0].kind != "card"
        first = [contents(deck, line(script.title), [line(part.title) for part in script.parts])] if titled else []
        ids = put(deck, [*first, *spread(deck, film.path, script.fps, slides, Path(folder))], 0)
        if len(script.parts) > 1:
            begins, ids = ids[: len(first)], ids[len(first) :]
            of_part = [[one for one, slide in zip(ids, slides, strict=True) if slide.part == k] for k in range(len(script.parts))]
            of_part[0] = begins + of_part[0]
            divide_deck(deck, zip((line(part.title) for part in script.parts), of_part, strict=True))
        save_package(deck, ended(base, ".pptx"))
