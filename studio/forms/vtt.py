"""Captions as WebVTT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from studio.captions import webvtt
from studio.files import ended
from studio.film import Film

SUMMARY = "captions (WebVTT)"
ENDINGS = (".vtt",)
ALPHA = PICTURES = False
OPTIONS: Sequence[click.Option] = ()


def write(film: Film, base: Path) -> None:
    """What is said."""
    ended(base, ".vtt").write_text(webvtt(film.script), encoding="utf-8")
