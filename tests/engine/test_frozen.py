"""What other programs read of a trace is what it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalogue import concepts
from tests.engine.frozen import CASES, FOLDER, lines, read, trace

#: Sums may be added up in another order: their last digits say nothing.
NEAR = 1e-12


def alike(got: Any, expected: Any, where: str) -> None:
    """The same names in the same order, the same texts, and numbers but for their last digits."""
    if isinstance(expected, Mapping):
        assert list(got) == list(expected), where
        for name in expected:
            alike(got[name], expected[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(got) == len(expected), where
        for number, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
            alike(mine, theirs, f"{where}[{number}]")
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, rel=NEAR, abs=NEAR), where
    else:
        assert (type(got), got) == (type(expected), expected), where


@pytest.mark.parametrize("name", CASES)
def test_a_trace_is_what_it_was(name: str) -> None:
    found, expected = [json.loads(line) for line in lines(trace(name))], read(name)
    (_, head, *steps), (beside, then, *before) = found, expected
    # The largest error is rounding alone.
    for one in (head, then):
        one["reference"].pop("max_abs_error")
    alike([found[0], head], [beside, then], name)
    alike(steps, before, "steps")


def test_every_file_is_a_case_and_every_concept_that_was_there_has_one() -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(CASES)
    assert {name.partition("-")[0] for name in CASES} <= set(concepts())
