"""Words as numbers, by vocabularies of every kind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.inputs.vocabulary import tokens

WORDS = {"the": 0, "cat": 1, "sat": 2, ".": 3, "it's": 4}


def file(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return str(folder / name)


def read(text: str, vocabulary: Any) -> tuple[list[int], list[str]]:
    found = tokens(text, vocabulary)
    assert found.ids.dtype == torch.int64
    assert found.ids.shape == (1, len(found.words))
    return found.ids[0].tolist(), found.words


def test_a_file_with_a_word_on_each_line(tmp_path: Path) -> None:
    place = file(tmp_path, "vocab.txt", "[UNK]\nthe\ncat\nsat\nthe\n")
    assert read("the cat sat", place) == ([1, 2, 3], ["the", "cat", "sat"])
    assert read("the dog sat", place) == ([1, 0, 3], ["the", "dog", "sat"])


def test_a_mapping_and_a_list(tmp_path: Path) -> None:
    for vocabulary in (WORDS, file(tmp_path, "v.json", json.dumps(WORDS)), file(tmp_path, "l.json", json.dumps(list(WORDS)))):
        assert read("The cat  sat.", vocabulary) == ([0, 1, 2, 3], ["The", "cat", "sat", "."])
        assert read("it's the cat", vocabulary) == ([4, 0, 1], ["it's", "the", "cat"])


def test_characters() -> None:
    known = {"<unk>": 0, "a": 1, "b": 2, " ": 3}
    assert read("ab ac", known) == ([1, 2, 3, 1, 0], ["a", "b", " ", "a", "c"])


@given(st.lists(st.sampled_from(sorted(WORDS)), min_size=1))
def test_numbers_are_those_of_the_words(words: list[str]) -> None:
    assert read(" ".join(words), WORDS) == ([WORDS[word] for word in words], words)


def test_a_tokenizers_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps({"version": "1.0", "model": {"type": "WordPiece"}})
    place = file(tmp_path, "tokenizer.json", content)

    def from_str(text: str) -> Any:
        assert text == content
        return SimpleNamespace(encode=lambda text: SimpleNamespace(ids=[101, 7, 102], tokens=["[CLS]", text, "[SEP]"]))

    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace(Tokenizer=SimpleNamespace(from_str=from_str)))  # type: ignore[arg-type]
    assert read("hi", place) == ([101, 7, 102], ["[CLS]", "hi", "[SEP]"])


def test_a_tokenizers_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = file(tmp_path, "tokenizer.json", '{"model": {}}')
    monkeypatch.setitem(sys.modules, "tokenizers", None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is a tokenizer's file, for which tokenizers is not installed; pip install tokenizers"):
        tokens("hi", place)

    def from_str(text: str) -> Any:
        raise Exception("no model")  # as the package does

    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace(Tokenizer=SimpleNamespace(from_str=from_str)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"cannot be read as a tokenizer's file \(no model\); give a .txt file"):
        tokens("hi", place)


@pytest.mark.parametrize(
    ("text", "vocabulary", "sentence"),
    [
        ("the cut", WORDS, "'cut' is not in the vocabulary; did you mean 'cat'?"),
        ("zzz", WORDS, "'zzz' is not in the vocabulary; use its words, such as 'the'"),
        (" ", WORDS, "tokens is ' ', in which there is no word; give words such as 'the cat sat'"),
        ("a", {"a": 1.5}, "vocabulary is no mapping of words to whole numbers; give a .txt file with one word a line"),
        ("a", {}, "vocabulary is no mapping of words to whole numbers; give a .txt file"),
        ("a", {"a": -1}, "vocabulary gives 'a' the number -1; give numbers from 0 on"),
    ],
)
def test_what_has_no_number(text: str, vocabulary: Any, sentence: str) -> None:
    with pytest.raises(InputError) as found:
        tokens(text, vocabulary)
    assert str(found.value).startswith(sentence)


def test_files_that_are_none(tmp_path: Path) -> None:
    for name, content, reason in (
        ("a.json", "{", " is no JSON (Expecting property name"),
        ("b.json", "3", " is no mapping of words to whole numbers; give a .txt file"),
    ):
        with pytest.raises(InputError) as found:
            tokens("a", file(tmp_path, name, content))
        assert reason in str(found.value)
    with pytest.raises(InputError, match="no file"):
        tokens("a", str(tmp_path / "none.txt"))
