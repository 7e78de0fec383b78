"""Texts as what a network is called with, and their words as names of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import engine
from engine.errors import InputError
from engine.network.words import Labels

VOCABULARY = {"the": 0, "cat": 1, "sat": 2, "dog": 3, "on": 4}
OWN = """
import torch
from torch import nn

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(5, 4)
    def forward(self, ids, scale=None):
        x = self.words(ids)
        return x if scale is None else x * scale

"""


class Attending(nn.Module):
    """Its 7 numbers for each word are no number of words."""

    def __init__(self, width: int = 7) -> None:
        super().__init__()
        self.words, self.query = nn.Embedding(5, width), nn.Linear(width, width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids)
        q = self.query(x)
        return F.scaled_dot_product_attention(q, x, x)


class ByHand(Attending):
    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids)
        scores = self.query(x) @ x.mT
        return torch.softmax(scores, dim=-1) @ x


def act(play: Any, concept: str) -> Any:
    return next(one.trace for one in play.acts if one.trace.concept == concept)


def test_words_are_numbers_and_name_queries_and_keys() -> None:
    play = engine.model(None, Attending, tokens="the cat sat", vocabulary=VOCABULARY)
    assert play.params == {"net": "Attending", "tokens": "the cat sat"}
    assert play.shapes == {"ids": (1, 3)}
    assert act(play, "attention").labels == (["the", "cat", "sat"], ["the", "cat", "sat"])
    embedded = play.acts[0].trace
    assert embedded[0].caption.startswith("x of “the”: ")
    assert embedded[len(embedded) - 1].caption.startswith("x of “sat”: ")
    without = engine.model(torch.tensor([[0, 1, 2]]), Attending)
    assert act(without, "attention").labels[0] != ["the", "cat", "sat"]


def test_words_name_rows_and_columns_of_attention_by_hand() -> None:
    play = engine.model(None, ByHand, tokens="the cat sat", vocabulary=VOCABULARY, opened="*")
    assert act(play, "softmax").params["labels"] == ["the", "cat", "sat"]
    scores = act(play, "matmul_lines")
    assert scores.params == {"labels": ["the", "cat", "sat"]}
    step = next(one for one in scores if one.writes == {"scores": [(0, 2, 1)]})
    assert step.caption.startswith("scores of “sat” and “cat”")


def test_a_width_of_as_many_numbers_names_nothing_but_queries_and_keys() -> None:
    words = {"tokens": "the cat sat on the cat sat", "vocabulary": VOCABULARY}
    by_hand = engine.model(None, ByHand, **words)
    assert all("labels" not in one.trace.params for one in by_hand.acts)
    assert act(engine.model(None, Attending, **words), "attention").labels[0] == words["tokens"].split()


def test_blanks_and_breaks_can_be_seen() -> None:
    net = nn.Embedding(5, 4)
    from engine.network.network import Network

    assert Labels.of(["a", " ", "\n", "b"], Network("net", net)).words == ["a", "␣", "↵", "b"]


def own(folder: Path, function: str) -> str:
    (folder / "reader.py").write_text(OWN + function, encoding="utf-8")
    return f"{folder / 'reader.py'}:Reader"


@pytest.mark.parametrize(
    "result",
    [
        "torch.tensor([[1, 2]]), ['b', 'c']",
        "{'ids': torch.tensor([[1, 2]]), 'tokens': ['b', 'c']}",
    ],
)
def test_the_file_may_read_a_text_itself(tmp_path: Path, result: str) -> None:
    play = engine.model(None, own(tmp_path, f"def tokenize(text):\n    assert text == 'x y'\n    return {result}\n"), tokens="x y")
    assert play.shapes == {"ids": (1, 2)}
    assert play.acts[0].trace[0].caption.startswith("x of “b”: ")


def test_beside_other_inputs(tmp_path: Path) -> None:
    net = own(tmp_path, "")
    for given in ({"scale": torch.tensor([2.0])}, torch.tensor([2.0])):
        play = engine.model(given, net, tokens="cat", vocabulary=VOCABULARY)
        assert play.shapes == {"ids": (1, 1), "scale": (1,)}


def test_a_text_of_layers_reads_one_too() -> None:
    play = engine.model(None, "embedding(5, 4) linear(2)", tokens="the cat", vocabulary=VOCABULARY)
    assert play.outputs["output"].shape == (1, 2, 2)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "the model is given nothing; give its input, or tokens and a vocabulary"),
    (
        {"vocabulary": VOCABULARY, "input": [1]},
        "vocabulary is \"{'the': 0, 'cat': 1, 'sat': 2, 'dog': 3, 'on': 4}\", but no tokens are given to read with it; "
        "give tokens such as 'the cat'",
    ),
    ({"tokens": "the"}, "tokens is given, but no vocabulary, and reader.py has no function tokenize; give --vocabulary, or write one"),
    (
        {"tokens": "the", "vocabulary": VOCABULARY, "input": {"ids": [[1]], "scale": [1]}},
        "ids and scale are given, and there is no input left for tokens; leave one out",
    ),
    ({"tokens": "the owl", "vocabulary": VOCABULARY}, "'owl' is not in the vocabulary; use its words, such as 'the'"),
    ({"tokens": "the", "vocabulary": 3}, "vocabulary is 3; give a file such as vocab.txt, or numbers by their words, such as {'the': 0}"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_is_refused(tmp_path: Path, arguments: dict[str, Any], sentence: str) -> None:
    given = {**arguments}
    with pytest.raises(InputError) as found:
        engine.model(given.pop("input", None), own(tmp_path, ""), **given)
    assert str(found.value) == sentence


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("return 1 / 0", "reader.py:tokenize, line 16: ZeroDivisionError: division by zero"),
        ("return [1, 2]", "reader.py:tokenize gives [1, 2]; let it return the numbers and the words, or a dict of inputs with a list"),
    ],
)
def test_a_function_of_ones_own_that_fails(tmp_path: Path, function: str, sentence: str) -> None:
    with pytest.raises(InputError) as found:
        engine.model(None, own(tmp_path, f"\n\ndef tokenize(text):\n    {function}\n"), tokens="x")
    assert str(found.value).startswith(sentence)


def test_numbers_by_name_go_with_other_inputs_by_name(tmp_path: Path) -> None:
    net = own(tmp_path, "def tokenize(text):\n    return {'ids': torch.tensor([[1]]), 'tokens': ['b']}\n")
    with pytest.raises(InputError) as found:
        engine.model(torch.tensor([2.0]), net, tokens="x")
    assert str(found.value) == "tokenize gives ids by name; give each other input by its name too"
