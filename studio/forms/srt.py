"""Captions as SubRip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from studio.captions import subrip
from studio.files import ended
from studio.film import Film

SUMMARY = "captions (SubRip)"
ENDINGS = (".srt",)
ALPHA = PICTURES = False
OPTIONS: Sequence[click.Option] = ()


def write(film: Film, base: Path) -> None:
    """What is said."""
    ended(base, ".srt").write_text(subrip(film.script), encoding="utf-8")
