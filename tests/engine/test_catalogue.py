"""Concepts are read from their source; one that cannot be read is named with file and line, and stops no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from engine import catalogue
from engine.errors import InputError

GOOD = '''
@concept(title="Doubling", example={"input": "[1,2]"})
def double(input: TensorLike, times: int = 2, *, name: str | None = None) -> Trace:
    """Every number is doubled.

    Args:
        input: numbers.
        times: how often.
    """
'''
Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """Writes a file among the concepts, of which there are no others."""
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue._all.cache_clear()

    def written(name: str, text: str) -> Path:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return tmp_path / f"{name}.py"

    yield written
    catalogue._all.cache_clear()


def test_a_concept_is_read_without_running_it(put: Put) -> None:
    put("double", GOOD)
    found = catalogue.find("double")
    assert (found.title, found.summary, found.example) == ("Doubling", "Every number is doubled.", {"input": "[1,2]"})
    assert [(p.name, p.annotation, p.default, p.required, p.doc) for p in found.parameters] == [
        ("input", "TensorLike", None, True, "numbers."),
        ("times", "int", 2, False, "how often."),
        ("name", "str | None", None, False, ""),
    ]
    assert catalogue.unreadable() == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("times: int = 2", "times: int = TWO", "line 3: the default of times is 'TWO'; give a number, a text or another literal"),
        ("times: int = 2", "times: int = [2] * 3", r"line 3: the default of times is '\[2\] \* 3'; give a number"),
        ('title="Doubling"', "title=NAME", "line 2: title of @concept is 'NAME'; give a number, a text"),
        ('title="Doubling", ', "", "line 2: @concept has no title; give one"),
        (', example={"input": "[1,2]"}', "", "line 2: @concept has no example; give one"),
        ("*, name: str", "*names, name: str", "line 3: double takes any number of arguments; name all of them"),
        ("-> Trace:", "-> Trace", "line 3: expected ':'"),
    ],
)
def test_what_cannot_be_read_is_named_and_stops_no_other(put: Put, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = put("double", GOOD.replace(old, new))
    put("triple", GOOD.replace("double", "triple"))
    sentence = re.escape(f"{path}, ") + said
    with pytest.raises(InputError, match=f"^the concept double cannot be read: {sentence}"):
        catalogue.find("double")
    assert catalogue.find("triple").name == "triple"
    listed = CliRunner().invoke(main, ["list"])
    assert (listed.exit_code, listed.stdout) == (0, "triple  Every number is tripled.\n")
    assert re.match(f"double cannot be read: {sentence}", listed.stderr)
    shown = CliRunner().invoke(main, ["show", "double"])
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "cannot be read" in shown.stderr


def test_a_file_that_is_no_text(put: Put) -> None:
    path = put("double", "")
    path.write_bytes(b"@concept(\xff")
    with pytest.raises(InputError, match=r"double\.py: it is no text in UTF-8$"):
        catalogue.find("double")


def test_a_file_without_a_concept_is_none(put: Put) -> None:
    put("parts", "# @concept( is only mentioned here\ndef parts(): ...\n")
    assert catalogue.concepts() == {}
    assert catalogue.unreadable() == {}


def test_functions_by_names() -> None:
    function = catalogue.function_of("conv2d")
    assert (function.__module__, function.__name__) == ("engine.concepts.convolution.conv2d", "conv2d")
    assert catalogue.function_of("forward") is None
    assert catalogue.function_of("../conv2d") is None
    assert catalogue.function_of("rms_norm_backward") is catalogue.function_of("rms_norm").back
    assert catalogue.function_of("max_pool2d_backward").__module__ == "engine.concepts.pooling.max_pool2d_backward"
    assert catalogue.function_of("backprop_backward") is None
