"""H.264 in an mp4 that plays while it loads, with a chapter for each phase."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from studio.files import ended
from studio.film import Film

SUMMARY = "video (H.264) with a chapter for each phase"
ENDINGS = (".mp4",)
ALPHA = False
OPTIONS: Sequence[click.Option] = ()


def write(film: Film, base: Path) -> None:
    """The film as it is."""
    shutil.copyfile(film.path, ended(base, ".mp4"))
