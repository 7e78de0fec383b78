"""Campaigns: thousands of inputs that nobody would write down one by one, tried on the program.

Every module of this folder that has a ``TITLE`` is a campaign and is found by being here: ``TITLE`` says what is tried, ``SMALL`` and
``LARGE`` how many cases there are in the test suite and in ``make campaign``, and ``cases(count, seed)`` tries them and gives one outcome
for each: nothing where all went as it should, otherwise the case and what went wrong, as one would type it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Tally:
    """What came of a campaign."""

    title: str
    cases: int
    faults: tuple[str, ...]
    seconds: float


def campaigns() -> dict[str, ModuleType]:
    """By name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if not path.stem.startswith("test_"))
    modules = {name: import_module(f"{__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "TITLE")}


def run(campaign: ModuleType, count: int, seed: int) -> Tally:
    """Tries ``count`` cases."""
    begun = time.monotonic()
    outcomes: Iterator[str | None] = campaign.cases(count, seed)
    tried = list(outcomes)
    return Tally(campaign.TITLE, len(tried), tuple(fault for fault in tried if fault is not None), time.monotonic() - begun)
