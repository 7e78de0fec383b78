"""Which steps a beat shows, and which a scene may look at meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scenes.parts.beat import Beat


def beat(kind: Any, start: int, stop: int, frames: int = 30, before: int | None = None) -> Beat:
    return Beat(kind, start, stop, "all", "Words.", frames, before)


@pytest.mark.parametrize(
    ("given", "name", "pictures", "steps"),
    [
        (beat("opening", 0, 0), "opening", [], {0}),
        (beat("closing", 9, 9), "closing", [], {8}),
        (beat("closing", 9, 9, before=8), "closing", [], {8}),
        (beat("closing", 9, 9, before=5), "closing", [], {5, 8}),
        (beat("full", 0, 1), "full 0", [0], {0}),
        (beat("full", 7, 8, before=6), "full 7", [7], {6, 7}),
        (beat("full", 7, 8, before=0), "full 7", [7], {0, 7}),
        (beat("quick", 7, 8), "quick 7", [7], {7}),
        (beat("quick", 7, 8, frames=1, before=3), "quick 7", [7], {3, 7}),
        (beat("quick", 4, 9, frames=1), "quick 4 to 8", [4, 5, 6, 7, 8], {4, 5, 6, 7, 8}),
        # ten pictures of three frames each; then one of them less
        (beat("sweep", 5, 15, frames=30), "sweep 5 to 14", [*range(5, 15)], {*range(5, 15)}),
        (beat("sweep", 5, 15, frames=300), "sweep 5 to 14", [*range(5, 15)], {*range(5, 15)}),
        # four pictures of steps 10 to 19: a share of 0, 1/9, 4/9 and 9/9 of nine steps
        (beat("sweep", 10, 20, frames=12), "sweep 10 to 19", [10, 11, 14, 19], {10, 11, 14, 19}),
        (beat("sweep", 10, 20, frames=14, before=9), "sweep 10 to 19", [10, 11, 14, 19], {9, 10, 11, 14, 19}),
        # three: a share of 0, 1/4 and 1 of 400 steps
        (beat("sweep", 0, 401, frames=9), "sweep 0 to 400", [0, 100, 400], {0, 100, 400}),
        (beat("sweep", 3, 8, frames=6), "sweep 3 to 7", [3, 7], {3, 7}),
        # with time for one, it is the result
        (beat("sweep", 3, 8, frames=5), "sweep 3 to 7", [7], {7}),
        (beat("sweep", 3, 8, frames=1, before=2), "sweep 3 to 7", [7], {2, 7}),
        (beat("sweep", 3, 4, frames=30), "sweep 3", [3], {3}),
    ],
    ids=lambda value: value.name if isinstance(value, Beat) else "",
)
def test_beats(given: Beat, name: str, pictures: list[int], steps: set[int]) -> None:
    assert given.name == name
    assert given.pictures == pictures
    assert given.steps == steps


def test_nothing_was_shown_before_unless_it_is_said() -> None:
    assert Beat("quick", 1, 2, "all", "Words.", 30).before is None


@settings(max_examples=300, derandomize=True)
@given(st.integers(0, 5000), st.integers(1, 40) | st.integers(1, 100_000), st.integers(1, 500), st.booleans())
@example(0, 10, 29, True)
@example(0, 2, 3, False)
@example(7, 1, 1, True)
def test_sweeps(start: int, count: int, frames: int, moves: bool) -> None:
    sweep = beat("sweep", start, start + count, frames, start - 1 if moves else None)
    pictures = sweep.pictures
    assert 1 <= len(pictures) <= max(1, frames // 3)
    assert len(pictures) == min(count, max(1, frames // 3))
    assert pictures[-1] == start + count - 1
    if len(pictures) > 1:
        assert pictures[0] == start
    jumps = [b - a for a, b in pairwise(pictures)]
    assert all(jump >= 0 for jump in jumps)
    # Faster and faster, but for the rounding to whole steps.
    assert all(later >= most - 1 for later, most in zip(jumps[1:], running_most(jumps), strict=False))
    if count <= frames // 3:
        assert pictures == list(range(start, start + count))
    assert sweep.steps == {*pictures, start - 1} if moves else sweep.steps == {*pictures}


def running_most(numbers: list[int]) -> list[int]:
    """The largest number so far, at every place."""
    return [max(numbers[: k + 1]) for k in range(len(numbers))]
