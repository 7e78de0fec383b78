"""A handout as PDF."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from studio.files import ended
from studio.film import Film

SUMMARY = "handout (PDF), the last picture of each step with its sentence; --theme print is made for paper"
ENDINGS = (".pdf",)
ALPHA = False
OPTIONS: Sequence[click.Option] = (
    click.Option(["--handout-paper"], type=click.Choice(["a4", "us-letter"]), default="a4", show_default=True, help="pdf: the paper."),
    click.Option(
        ["--handout-per-page"],
        type=click.Choice(["2", "3", "6"]),
        default="3",
        show_default=True,
        help="pdf: pictures on a page; beside three there is room for formulas and notes.",
    ),
)


def write(film: Film, base: Path, *, handout_paper: str = "a4", handout_per_page: str = "3") -> None:
    """All marks in their order."""
    from studio.handout import handout

    with tempfile.TemporaryDirectory(dir=base.parent, prefix=".handout.") as name:
        handout(film, ended(base, ".pdf"), Path(name), handout_paper, int(handout_per_page))
