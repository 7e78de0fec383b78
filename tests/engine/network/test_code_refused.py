"""Texts that name no network, and values that are none: a sentence for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engine.errors import InputError
from engine.network.code import names_code, network
from engine.network.network import Network


def refused(source: Any) -> str:
    with pytest.raises(InputError) as found:
        network(source)
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nett.py:Net", "no file nett.py; did you mean 'net.py' in the same folder?"),
        ("net.py", "net.py is a file; say what in it is the model, such as net.py:Net"),
        ("net.py:", "net.py is a file; say what in it is the model, such as net.py:Net"),
        ("net.py:Nett", "there is no 'Nett' in net.py; did you mean Net?"),
        ("net.py:model.fd", "there is no 'model.fd' in net.py; did you mean model?"),
        ("net.py:2", "'2' is no name in net.py; write net.py:Net, or a call such as net.py:make(3)"),
        ("net.py:make(3", "'make(3' is no name in net.py; write net.py:Net, or a call such as net.py:make(3)"),
        ("net.py:make()()", "'make()()' is no name in net.py; write net.py:Net, or a call such as net.py:make(3)"),
        (
            "net.py:Wide",
            "net.py:Wide needs width and depth; write them, as in net.py:Wide(width=8, depth=8), or write make()",
        ),
        ("net.py:Wide(3)", "net.py:Wide needs depth; write them, as in net.py:Wide(depth=8), or write make() that makes one"),
        ("net.py:make(1, 2, 3)", "net.py:make takes (width=3, hidden=4): too many positional arguments; write its"),
        (
            "net.py:make(x=3)",
            "net.py:make takes (width=3, hidden=4): got an unexpected keyword argument 'x'; write its",
        ),
        ("net.py:make(torch.float32)", "'torch.float32' in a call of net.py is no literal; write numbers and texts, or a function make()"),
        ("net.py:make(*size)", "'make(*size)' has a star; write each argument, or a function make() that needs none"),
        ("net.py:make(**{})", "'make(**{})' has a star; write each argument"),
        ("net.py:Config", "net.py:Config is a class, but not one of nn.Module; name a module, a function, or a call that makes one"),
        ("net.py:size", "net.py:size is 3, which is neither a module nor a function; name one that is"),
        ("net.py:size()", "net.py:size is not made by a call; leave out the parentheses"),
        ("net.py:model()", "net.py:model is not made by a call; leave out the parentheses"),
        ("net.py:pair", "net.py:pair() gives (1, 2), which is neither a module nor a function; let it return the model"),
        ("net.py:pair()", "net.py:pair() gives (1, 2), which is neither a module nor a function; let it return the model"),
        ("net.py:broken()", "net.py, line 37: ZeroDivisionError: division by zero"),
        ("net.py:broken", "net.py, line 37: ZeroDivisionError: division by zero"),
        (
            "torchvision_.models:resnet18",
            "there is no module 'torchvision_' to import; install torchvision_, or give a file",
        ),
        ("torch.nowhere:Net", "there is no module 'torch.nowhere' to import; look for another in torch, or give a file"),
        ("torch.nn:Lineal(3, 4)", "there is no 'Lineal' in torch.nn; did you mean Linear?"),
        ("torch.nn:Linear", "torch.nn:Linear needs in_features and out_features; write them"),
        ("linear(4) relu", "the model is 'linear(4) relu'; give a file and a name in it such as net.py:Net, or layers"),
    ],
)
def test_a_text_that_names_none(folder: Path, text: str, sentence: str) -> None:
    assert refused(text).startswith(sentence)


def test_the_names_that_there_are(folder: Path) -> None:
    assert refused("net.py:q").startswith("there is no 'q' in net.py; it has 'Net', 'Wide', 'make', 'built', 'layer_norm', 'shift', ")
    (folder / "none.py").write_text("x = 3\n", encoding="utf-8")
    assert refused("none.py:quux") == "there is no 'quux' in none.py; it has no module and no function"


@pytest.mark.parametrize("value", [3, None, [nn.ReLU()], int])
def test_what_is_neither(value: object) -> None:
    assert refused(value).endswith("; give a module, a function, or a text such as 'net.py:Net'")


INSTALL = "install it, or put nowhere.py beside the file"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("x = 1\ny = x +\n", "odd.py, line 2: SyntaxError: invalid syntax"),
        ("x = 1\n\ny = q\n", "odd.py, line 3: NameError: name 'q' is not defined"),
        ("import torch\nimport nowhere.inner\n", "odd.py, line 2: ModuleNotFoundError: No module named 'nowhere'; " + INSTALL),
        ("\nimport torn\n", "odd.py, line 2: SyntaxError: '(' was never closed (torn.py, line 1)"),
        ("import sys\nsys.exit('no')\n", "odd.py, line 2: SystemExit: no"),
        ("raise ValueError\n", "odd.py, line 1: ValueError"),
        ("", "odd.py is an empty file; give one with code"),
    ],
)  # fmt: skip
def test_a_file_that_fails(folder: Path, code: str, sentence: str) -> None:
    (folder / "torn.py").write_text("x = (\n", encoding="utf-8")
    (folder / "odd.py").write_text(code, encoding="utf-8")
    assert refused("odd.py:Net") == sentence


def test_a_module_that_fails_when_it_is_imported(folder: Path) -> None:
    (folder / "wants.py").write_text("import no_such_package\n", encoding="utf-8")
    assert refused("wants:Net").startswith("wants: ModuleNotFoundError: No module named 'no_such_package'; install it")


def test_a_class_from_python_that_needs_arguments() -> None:
    assert refused(nn.Linear).startswith("Linear needs in_features and out_features; write them, as in Linear(in_features=8,")


def test_which_texts_name_code() -> None:
    for text in ("net.py:Net", "a b/net.py:make(3)", "C:\\nets\\net.py:Net", "net.py", "torchvision.models:resnet18", "m:f()", "x.py:"):
        assert names_code(text), text
    for text in (
        "linear(10)",
        "conv2d(8, 3) relu",
        "nn.Linear(3, 4), nn.ReLU()",
        "(0): Linear(3, 4)",
        "relu",
        "",
        "a: b",
        "flatten -> linear(2)",
    ):
        assert not names_code(text), text


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab:().py ,3*'\"=[]\n"), max_size=20))
def test_any_text_is_taken_or_refused_in_a_sentence(text: str) -> None:
    try:
        found = network(text)
    except InputError as error:
        found = str(error)  # type: ignore[assignment]
    assert isinstance(found, Network) or "\n" not in found
