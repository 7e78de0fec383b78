"""Words beside numbers: from Python, from a command line, from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalogue import find
from engine.errors import InputError
from engine.inputs.arguments import parse
from engine.signature import read_argument
from engine.words import check_words


@pytest.mark.parametrize("given", ["ice  tea", ["ice", "tea"], ("ice", " tea ")])
def test_from_python(given: object) -> None:
    assert read_argument("labels", given, ["Words", "None"]) == ["ice", "tea"]


@pytest.mark.parametrize("given", ["", " ", [], [""], ["a", 1], 3])
def test_what_is_no_word_is_refused(given: object) -> None:
    with pytest.raises(InputError, match=r"labels is .*; give words such as 'cat dog bird'"):
        read_argument("labels", given, ["Words", "None"])


def labels(text: str) -> object:
    return parse(find("softmax"), {"labels": text})["labels"]


def test_from_a_command_line(tmp_path: Path) -> None:
    assert labels("books laptops  elephants") == ["books", "laptops", "elephants"]
    file = tmp_path / "labels.txt"
    file.write_text("\ufeffice cream\n\n tea\r\n", encoding="utf-8")
    assert labels(str(file)) == ["ice cream", "tea"]
    assert labels("x" * 5000) == ["x" * 5000]  # a name that no file can have


def test_refused_on_a_command_line(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(
        InputError, match=r"--labels is the file '.*labels.txt', which cannot be read as text in UTF-8; give a file with one"
    ):
        labels(str(file))
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"--labels is the file '.*labels.txt', in which there is no word; give words such as 'cat dog bird'"
    ):
        labels(str(file))
    with pytest.raises(InputError, match="--labels is ' ', in which there is no word"):
        labels(" ")


def test_their_number() -> None:
    check_words("labels", None, 3, "classes")
    check_words("labels", ["a", "b"], 2, "classes")
    with pytest.raises(InputError, match="labels has 1 word, but there are 2 classes; give 2"):
        check_words("labels", ["a"], 2, "classes")


def test_minus_infinity_may_be_given_where_it_is_ordinary() -> None:
    assert parse(find("softmax"), {"input": "[0,-inf]"})["input"].tolist() == [0, float("-inf")]
    for text in ("[0,inf]", "[0,nan]"):
        with pytest.raises(InputError, match=r"at index \[1\] in .*; give finite numbers"):
            parse(find("softmax"), {"input": text})
    with pytest.raises(InputError, match="infinity at index"):
        parse(find("conv1d"), {"input": "[0,-inf]"})
