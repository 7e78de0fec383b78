"""Hand-checked results, and the public calls that must give them.

``vectors.json`` holds 203 vectors. Every other module here maps some of their ids, in ``RUNS``, to a function that takes the vector and
returns, through the public API, at least what it expects; a new module is found without being named anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

FOLDER = Path(__file__).parent

Vector = Mapping[str, Any]
Run = Callable[[Vector], dict[str, Any]]

VECTORS: dict[str, Vector] = {v["id"]: v for v in json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))}


def runs() -> list[tuple[str, Run]]:
    """Ids with what computes them, from every module of this folder."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules([str(FOLDER)])]
    return [entry for module in modules for entry in module.RUNS.items()]
