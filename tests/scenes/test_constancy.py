"""What has been shown stays what it is: a tensor keeps its form, a number its spelling, and a result does not go away."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import avg_pool2d, conv2d, max_pool2d
from engine.catalogue import concepts
from engine.paths import by_path
from engine.record import as_arrays
from engine.trace import Trace
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.walk import grids, opened_with_ends, sizes, trace_of, walked

CASES = [(name, size) for name in concepts() for size in sizes(name)]
#: Tensors whose form is still to be mended.
FORMS_OWED = {
    # What is given has less room beside the code, before the first step, than later.
    ("batch_norm", "middle"): {"running_mean", "running_var", "weight", "bias"},
    ("binary_cross_entropy_with_logits", "middle"): {"input", "target"},
    ("binary_cross_entropy_with_logits_backward", "middle"): {"input", "target", "log_p", "log_not_p", "no"},
    ("dropout", "middle"): {"input", "mask"},
    ("layer_norm", "middle"): {"input"},
    ("softmax_backward", "middle"): {"exp"},
    # Of many rows a few are chosen and can be read; all of them together are coloured.
    ("attention", "large"): {"keys", "values", "output"},
    # Every product has a picture of its own, in which a matrix has the room that the others leave.
    ("attention_backward", "middle"): {"dO", "Q", "K", "V"},
}
#: Results that are still to be shown at the end.
RESULTS_OWED = {
    # There is one part of the way back at a time, and at the end the last one.
    "conv2d_backward": {"grad_weight", "grad_bias"},
    # What is asked for stands there, what is computed on the way to it does not.
    "lstm_backward": {"grad_h", "grad_c"},
    "attention_backward": {"grad_weights", "grad_scores"},
    # Of several planes that do not stand side by side one can be seen.
    "group_norm": {"output"},
    "group_norm_backward": {"grad_input"},
    # What was drawn at random stands in the picture of the units.
    "dropout": {"mask"},
    # Of several filters or channels one can be seen.
    "many filters": {"output"},
    "many channels": {"output"},
    "many channels, means": {"output"},
}
MANY = {
    "many filters": lambda: conv2d(_picture(), torch.eye(9, dtype=torch.float64).reshape(9, 1, 3, 3)[::4]),
    "many channels": lambda: max_pool2d(torch.stack([_picture() * n for n in (1, 2, 3)]), 2),
    "many channels, means": lambda: avg_pool2d(torch.stack([_picture() * n for n in (1, 2, 3)]), 2),
}


def _picture() -> torch.Tensor:
    return torch.arange(36, dtype=torch.float64).reshape(6, 6)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_tensor_keeps_its_form_through_a_clip(name: str, size: str) -> None:
    changed = {called: found for called, found in walked(name, size).forms.items() if len(found) > 1}
    assert {called: found for called, found in changed.items() if called not in FORMS_OWED.get((name, size), ())} == {}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_number_in_its_cell_is_the_one_on_the_strip_or_that_with_fewer_digits(name: str, size: str) -> None:
    for text, cell in walked(name, size).spelled:
        assert is_short_for(cell, text), f"{cell} in the cell, {text} on the strip"


def is_short_for(short: str, text: str) -> bool:
    """Whether a spelling is another one, or that rounded to fewer digits; which may end in a 0 that was left out."""
    if short == text or text == "":
        return True
    a, b = decimal(short), decimal(text)
    # A number that has been rounded once is no more than half of its last digit off; of ≈0 that is a tenth.
    last = Decimal(1).scaleb(int(a.as_tuple().exponent)) if "≈" not in short else Decimal("0.1")
    before = Decimal(1).scaleb(int(b.as_tuple().exponent))
    return abs(a - b) <= max(last, before) / 2 + before / 2 and len(short) <= len(text)


def test_a_short_spelling_is_told_from_another_number() -> None:
    assert all(is_short_for(short, text) for short, text in [("1.57", "1.5667"), ("−0.9", "−0.8944"), ("0.2", "0.2014"), ("≈0", "−0.03")])
    assert not any(is_short_for(short, text) for short, text in [("1.56", "1.5667"), ("0.9", "−0.8944"), ("2.1", "2"), ("≈0", "−0.3")])


def lost(trace: Trace, shown: np.ndarray) -> set[str]:
    """Results with numbers that are not among those that are shown. A curve is drawn, not written."""
    made = {path: values for path, values in by_path(as_arrays(trace.outputs)) if path != "curve"}
    named = getattr(trace, "results", ()) or [path for path in made if path.startswith(("output", "grad_")) or path in ("h", "c")]
    known = np.unique(np.round(shown, 9))
    return {path for path in named if path in made and not np.isin(np.round(made[path], 9), known).all()}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_result_is_there_at_the_end(name: str, size: str) -> None:
    assert lost(trace_of(name, size), walked(name, size).ending) <= RESULTS_OWED.get(name, set())


@pytest.mark.parametrize("name", MANY)
def test_what_is_finished_stays(name: str) -> None:
    trace = MANY[name]()
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace)
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        assert lost(trace, np.concatenate([mark.shown[0][mark.shown[1]] for mark in grids(scene)])) <= RESULTS_OWED[name]
