"""Whole numbers that say places, as a model of words reads them: ``ids:101,2023``, or ``ids:`` and whatever else is a tensor."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from engine.checks import first_true
from engine.errors import InputError
from engine.inputs.load import load
from engine.shown import shown

MARK = "ids:"
_ROW = re.compile(r"\s*-?[0-9]+(\s*,\s*-?[0-9]+)*\s*")


def are_ids(text: str) -> bool:
    """Whether a text is marked as whole numbers."""
    return text.strip().startswith(MARK)


def ids_of(name: str, text: str, seed: int = 0) -> Tensor:
    """The numbers as int64, in the shape that is written: one axis for a row with commas.

    Raises :class:`InputError` for numbers that are not whole.
    """
    written = text.strip().removeprefix(MARK)
    found = load(f"[{written}]" if _ROW.fullmatch(written) else written, name=name, seed=seed)
    torn = found != found.trunc()
    if bool(torn.any()):
        value = float(found[tuple(first_true(torn))])
        raise InputError(f"{shown(text)} holds {value:g}; give whole numbers behind ids:, such as ids:101,2023")
    return found.to(torch.int64)
