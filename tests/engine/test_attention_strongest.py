"""Which rows of an attention count most."""

from __future__ import annotations

import numpy as np

from engine.concepts.attention.strongest import strengths, strongest


def test_the_largest_come_first_and_of_equal_ones_the_first() -> None:
    assert strongest(np.array([1.0, 3.0, -5.0, 3.0]), 3) == [1, 3, 0]


def test_one_that_is_needed_takes_the_last_place() -> None:
    strength = np.array([1.0, 3.0, 2.0, 0.0])
    assert strongest(strength, 2, needed=3) == [1, 3]
    assert strongest(strength, 2, needed=2) == [1, 2]


def test_a_product_counts_whatever_its_sign() -> None:
    assert strengths(np.array([-1.0, 2.0]), np.array([3.0, -4.0])).tolist() == [3, 8]
    assert strengths(np.array([-1.0, 2.0])).tolist() == [1, 2]
