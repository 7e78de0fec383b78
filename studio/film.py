"""A rendered clip, from which all forms are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.script import Script

if TYPE_CHECKING:
    from engine.trace import Trace


@dataclass(frozen=True)
class Film:
    """A film with its script. ``traces`` are those of its parts by their names, as far as they are at hand.

    ``path`` is an mp4; ``alpha`` the same film on a ground that one sees through, if that was asked for. Where no form needs the mp4,
    ``path`` is that film too. Where no form shows pictures, there is no film at ``path``.
    """

    path: Path
    script: Script
    traces: Mapping[str, Trace]
    alpha: Path | None = None
