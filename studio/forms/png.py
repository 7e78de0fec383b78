"""Pictures (PNG): a poster of the clip, or one of every beat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.files import ended
from studio.film import Film

if TYPE_CHECKING:
    from studio.script import BeatMark, Script

PER = ("clip", "beat")

SUMMARY = "pictures (PNG): a poster, or one of every beat"
ENDINGS: Sequence[str] = ()
ALPHA = True
OPTIONS: Sequence[click.Option] = (
    click.Option(
        ["--pictures-per"],
        type=click.Choice(PER),
        default=PER[0],
        show_default=True,
        help="png: one poster NAME.png, or NAME-01.png and so on, the end of every beat.",
    ),
)


def write(film: Film, base: Path, *, pictures_per: str = PER[0]) -> None:
    """Pictures that say in their texts what they show."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from studio.frames import frames_at

    marks = film.script.marks if pictures_per == "beat" else [poster(film.script)]
    digits = max(2, len(str(len(marks))))
    for number, (mark, (_, pixels)) in enumerate(
        zip(marks, frames_at(film.alpha or film.path, [m.after - 1 for m in marks]), strict=True), 1
    ):
        info = PngInfo()
        for key, text in (("Title", film.script.title), ("Description", mark.say)):
            # The format ends texts at NUL, which nobody can see anyway.
            info.add_itxt(key, text.replace("\0", ""))
        ending = f"-{number:0{digits}}.png" if pictures_per == "beat" else ".png"
        Image.fromarray(pixels).save(ended(base, ending), pnginfo=info)


def poster(script: Script) -> BeatMark:
    """The beat at whose end most is to be seen.

    That is the last step, if it is shown with its numbers: all is computed, and one sees how. Else it is the closing, and of a lecture its
    first page, which names it.
    """
    marks = script.marks
    if marks[0].kind == "card" or len(marks) == 1:
        return marks[0]
    return marks[-2] if marks[-2].kind in ("full", "quick") else marks[-1]
