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
    """An mp4 with its script. ``traces`` are those of its parts by their names, as far as they are at hand."""

    path: Path
    script: Script
    traces: Mapping[str, Trace]
