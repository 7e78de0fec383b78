"""Worksheets in Markdown: one with the steps worked out, one with blanks to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from studio.files import ended
from studio.film import Film

SUMMARY = "worksheets (Markdown), one with the steps worked out, one with blanks"
ENDINGS = (".md", "-blank.md")
ALPHA = PICTURES = False
OPTIONS: Sequence[click.Option] = ()


def write(film: Film, base: Path) -> None:
    """The same steps twice, for the teacher and for the student."""
    from studio.worksheet import worksheet

    for ending, blank in zip(ENDINGS, (False, True), strict=True):
        with ended(base, ending).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(worksheet(film.script, film.traces, blank=blank))
