from __future__ import annotations

from typing import Any

import click
import numpy as np
import pytest

from engine.errors import InputError
from studio.pace import fitted
from studio.quantities import SEEDS, Real, Whole
from tests.studio.test_pace import syllabus

OPTION = click.Option(["-x", "--long"])
DIGITS = "9" * 5000


@pytest.mark.parametrize(("given", "expected"), [("7", 7), (7, 7), (" -7 ", -7), (np.int64(7), 7), ("9" * 20, 10**20 - 1)])
def test_whole_numbers(given: Any, expected: int) -> None:
    found = Whole().convert(given, OPTION, None)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize("given", ["", "1.5", "1e3", "nan", "inf", "0x7", DIGITS, 1.0, True, None, "7\n8"])
def test_what_is_no_whole_number(given: Any) -> None:
    with pytest.raises(InputError, match=r"^--long is .{1,60}; give a whole number$"):
        Whole().convert(given, OPTION, None)


@pytest.mark.parametrize("given", ["0", "11", "-1", "9" * 20, 0])
def test_whole_numbers_out_of_range(given: Any) -> None:
    with pytest.raises(InputError, match=r"^--long is .*; give a whole number from 1 to 10$"):
        Whole(1, 10).convert(given, OPTION, None)
    assert [Whole(1, 10).convert(end, OPTION, None) for end in ("1", "10")] == [1, 10]


def test_seeds_are_those_of_torch_and_of_the_concepts() -> None:
    import torch

    from engine import attention

    for seed in SEEDS:
        torch.Generator().manual_seed(Whole(*SEEDS).convert(str(seed), OPTION, None))
    for outside in (SEEDS[0] - 1, SEEDS[1] + 1):
        with pytest.raises(InputError):
            Whole(*SEEDS).convert(str(outside), OPTION, None)
        with pytest.raises(InputError, match="which is too large; give a number from"):
            attention(tokens="a b", seed=outside)


@pytest.mark.parametrize(("given", "expected"), [("7", 7.0), ("1e3", 1000.0), (7, 7.0), (np.float32(0.5), 0.5), ("-1e-300", -1e-300)])
def test_numbers(given: Any, expected: float) -> None:
    assert Real().convert(given, OPTION, None) == expected


@pytest.mark.parametrize("given", ["", "nan", "inf", "-inf", "1e999", DIGITS, 10**400, True, None, "1,5", float("nan"), "1_0.5.5"])
def test_what_is_no_number(given: Any) -> None:
    with pytest.raises(InputError, match=r"^--long is .{1,60}; give a finite number$"):
        Real().convert(given, OPTION, None)


@pytest.mark.parametrize("given", ["0", "-1", "-0.0"])
def test_numbers_that_are_not_above(given: str) -> None:
    with pytest.raises(InputError, match=rf"^--long is '{given}'; give a finite number above 0$"):
        Real(above=0).convert(given, OPTION, None)
    assert Real(above=0).convert("5e-324", OPTION, None) == 5e-324


def test_more_detail_than_there_are_steps_costs_nothing() -> None:
    one = syllabus([("all", 5)], 2)
    assert fitted(one, 10**20, None) == fitted(one, 5, None)
