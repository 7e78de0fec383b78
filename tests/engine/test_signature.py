"""Plain arguments from Python: what counts as a number, a flag, a size, a word, and the sentence for what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine import attention, backprop, conv2d, lstm, max_pool2d
from engine.catalogue import concepts
from engine.errors import InputError
from engine.signature import READ, split, words

SIZE = "a whole number, or one per axis such as (2, 1)"
ONE = {"input": [[1.0, 2.0], [3.0, 4.0]], "weight": [[1.0]]}


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("conv2d", {**ONE, "stride": "a"}, "stride is 'a'; give a whole number, or one per axis such as (2, 1)"),
        ("conv2d", {**ONE, "stride": 1.5}, "stride is 1.5; give a whole number, or one per axis such as (2, 1)"),
        ("conv2d", {**ONE, "stride": None}, "stride is None; give a whole number, or one per axis such as (2, 1)"),
        ("conv2d", {**ONE, "stride": True}, "stride is True; give a whole number, or one per axis such as (2, 1)"),
        ("conv2d", {**ONE, "stride": (1, 2.0)}, "stride is (1, 2.0); give a whole number, or one per axis such as (2, 1)"),
        ("conv2d", {**ONE, "padding": {}}, "padding is {}; give a whole number, one per axis such as (2, 1), 'valid' or 'same'"),
        ("conv2d", {**ONE, "flip": 1}, "flip is 1; give True or False"),
        ("conv2d", {**ONE, "flip": "x"}, "flip is 'x'; give True or False"),
        ("conv2d", {**ONE, "groups": 2.0}, "groups is 2.0; give a whole number"),
        (
            "conv2d",
            {**ONE, "groups": 10**30},
            f"groups is {10**30}, which is too large; give a number from -2**63 to 2**63 - 1",
        ),
        ("conv2d", {**ONE, "padding_mode": 3}, "padding_mode is 3; give 'zeros' or 'reflect' or 'replicate' or 'circular'"),
        (
            "max_pool2d",
            {"input": [[1.0]], "kernel_size": "all"},
            f"kernel_size is 'all'; give {SIZE}, or 'global'",
        ),
        ("attention", {"tokens": ["a", "b"]}, "tokens is ['a', 'b']; give text"),
        ("attention", {"query": [[1.0]], "causal": "x"}, "causal is 'x'; give True or False"),
        ("attention", {"query": [[1.0]], "heads": True}, "heads is True; give a whole number"),
        ("attention", {"query": [[1.0]], "scale": "a"}, "scale is 'a'; give a number"),
        ("attention", {"query": [[1.0]], "scale": False}, "scale is False; give a number"),
        ("backprop", {"expr": 3, "values": {}}, "expr is 3; give text"),
        ("backprop", {"expr": "L = x", "values": [1]}, "values is [1]; give tensors by their names, such as {'x': [1, 2]}"),
        ("lstm", {"input": [[1.0]], "state_dict": 3}, "state_dict is 3; give the state_dict() of a trained module"),
        ("lstm", {"input": [[1.0]], "state_dict": {1: 2}}, "state_dict is {1: 2}; give the state_dict() of a trained module"),
        ("lstm", {"input": [[1.0]], "hidden_size": 1.0}, "hidden_size is 1.0; give a whole number"),
    ],
)
def test_wrong_kinds_are_refused(name: str, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        getattr(engine, name)(**arguments)
    assert str(refused.value) == sentence


def test_what_is_long_or_strange_is_shown_short() -> None:
    class Strange:
        def __repr__(self) -> str:
            return "a\nb\x1b[31m" * 100

    for value in (Strange(), "x" * 1000, list(range(1000)), 10**5000):
        with pytest.raises(InputError) as refused:
            conv2d(**ONE, groups=value)  # type: ignore[arg-type]
        assert len(str(refused.value)) < 160
        assert str(refused.value).isprintable()


def test_numpys_and_torchs_numbers_count_as_pythons() -> None:
    usual = conv2d(torch.ones(5, 5), torch.ones(2, 2), stride=(2, 1), padding=1, groups=1, flip=True)
    same = conv2d(
        torch.ones(5, 5), torch.ones(2, 2), stride=np.array([2, 1]), padding=np.int64(1), groups=torch.tensor(1), flip=np.bool_(True)
    )
    assert same.params == usual.params == {**usual.params, "stride": [2, 1], "padding": 1, "flip": True}
    assert {type(value) for value in same.params.values()} == {list, int, str, bool}
    assert max_pool2d(torch.ones(4, 4), np.int8(2), torch.Size([1, 2])).params["stride"] == [1, 2]
    assert attention([[1.0]], scale=np.float32(0.5)).params["scale"] == attention([[1.0]], scale=0.5).params["scale"] == 0.5
    assert lstm([[1.0]], hidden_size=np.int64(3)).params == {"hidden_size": 3}
    assert attention(tokens=np.str_("a b")).params["tokens"] == ["a", "b"]


def test_whoever_forgets_an_argument_is_told_by_python() -> None:
    with pytest.raises(TypeError, match="weight"):
        conv2d([[1.0]])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="strides"):
        conv2d(**ONE, strides=1)  # type: ignore[call-arg]
    with pytest.raises(InputError, match=r"^expr is None; give text$"):
        backprop(None, {})  # type: ignore[arg-type]


def test_every_plain_parameter_of_every_concept_is_looked_at() -> None:
    """A kind that nobody reads would be one that nobody checks."""
    for concept in concepts().values():
        checked = getattr(engine, concept.name).signature.kinds
        plain = {p.name: split(p.annotation) for p in concept.parameters if not p.is_tensor}
        assert checked == plain
        assert all(kind in READ or kind == "None" or words(kind) for kinds in plain.values() for kind in kinds)
