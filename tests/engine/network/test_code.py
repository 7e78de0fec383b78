"""Networks from modules, functions and texts that name code; and the sentence for each text that names none."""

from __future__ import annotations

import linecache
import random
import sys
import types
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.network.code import network
from engine.recorder.record import record
from tests.engine.network.nets import NET

# --- what is taken -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("net.py:Net", "Net", "Net"),
        (" net.py:Net ", "Net", "Net"),
        ("net.py:Net()", "Net()", "Net"),
        ("net.py:make()", "make()", "Linear"),
        ("net.py:make(5, hidden=8)", "make(5, hidden=8)", "Linear"),
        ("net.py:make", "make", "Linear"),
        ("net.py:built", "built", "Net"),
        ("net.py:model", "model", "Net"),
        ("net.py:Wide(3, depth=2)", "Wide(3, depth=2)", "Wide"),
        ("net:Net", "Net", "Net"),
    ],
)
def test_a_text_names_a_module(folder: Path, text: str, name: str, kind: str) -> None:
    found = network(text)
    assert (found.name, type(found.module).__name__, found.file) == (name, kind, folder / "net.py")
    assert found.call is found.module
    assert found.modules == {"": found.module}


def test_arguments_of_a_call_are_literals(folder: Path) -> None:
    module = network("net.py:make(5, hidden=8)").module
    assert isinstance(module, nn.Linear)
    assert (module.in_features, module.out_features) == (5, 8)


@pytest.mark.parametrize("text", ["net.py:layer_norm", "net.py:shift", "net.py:closed(3)"])
def test_a_function_is_the_network_itself(folder: Path, text: str) -> None:
    """Also one that can be called without arguments, but gives no module then; and one that a call gives."""
    found = network(text)
    assert found.module is None
    assert isinstance(found.call, types.FunctionType)
    assert found.modules == {}


def test_a_name_within_a_name(folder: Path) -> None:
    found = network("net.py:model.fc")
    assert (found.name, type(found.module)) == ("model.fc", nn.Linear)


def test_paths_of_every_kind(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inner = tmp_path / "a room"
    inner.mkdir()
    (inner / "net.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for place in ("a room/net.py", "~/a room/net.py", str(inner / "net.py"), "./a room/../a room/net.py"):
        assert network(f"{place}:double").call(2) == 4


def test_importable_names() -> None:
    assert type(network("torch.nn:ReLU").module) is nn.ReLU
    assert network("torch.nn:Linear(3, 4)").name == "Linear(3, 4)"
    assert network("torch.nn.functional:relu").call is torch.nn.functional.relu
    assert network("torch:tanh").call is torch.tanh
    assert network("torch.nn:ReLU").file is None


def test_a_function_of_a_package_that_makes_a_module_is_called(folder: Path) -> None:
    """As ``torchvision.models:resnet18``, which takes keyword arguments that may be left out."""
    room = folder / "zoo"
    room.mkdir()
    (room / "__init__.py").write_text("", encoding="utf-8")
    code = "from torch import nn\ndef resnet18(*, weights=None, progress=True, **kwargs):\n    return nn.ReLU()\n"
    (room / "models.py").write_text(code, encoding="utf-8")
    found = network("zoo.models:resnet18")
    assert (found.name, type(found.module)) == ("resnet18", nn.ReLU)


def test_a_file_in_a_package_has_its_relative_imports(folder: Path) -> None:
    room = folder / "package" / "inner"
    room.mkdir(parents=True)
    for place in (room.parent, room):
        (place / "__init__.py").write_text("", encoding="utf-8")
    (room.parent / "sizes.py").write_text("SIZE = 7\n", encoding="utf-8")
    (room / "net.py").write_text("from ..sizes import SIZE\ndef times(x):\n    return SIZE * x\n", encoding="utf-8")
    assert network("package/inner/net.py:times").call(2) == 14


def test_objects_from_python() -> None:
    module = nn.Linear(2, 2)
    found = network(module)
    assert (found.name, found.call, found.module, found.file) == ("Linear", module, module, None)
    assert network(found) is found

    def twice(x: Tensor) -> Tensor:
        return 2 * module(x)

    assert (network(twice).name, network(twice).module, network(twice).file) == ("twice", None, Path(__file__))
    assert network(twice).modules == {"": module}
    assert network(module.forward).module is module
    assert network(partial(twice)).name == "partial"
    assert network(torch.relu).name == "relu"
    assert type(network(nn.ReLU).module) is nn.ReLU


def test_a_function_that_sees_several_modules_names_them() -> None:
    one, two = nn.Linear(2, 2), nn.ReLU()
    assert network(lambda x: two(one(x))).modules == {"one": one, "two": two}


def test_a_function_sees_what_its_own_functions_see(folder: Path) -> None:
    code = """
import torch
from torch import nn
body, head = nn.Linear(2, 2), nn.ReLU()
def inner(x, again=True):
    return net(body(x), False) if again else x
@torch.no_grad()
def net(x, again=True):
    return head(inner(x, again))
"""
    (folder / "deep.py").write_text(code, encoding="utf-8")
    found = network("deep.py:net")
    assert {name: type(one) for name, one in found.modules.items()} == {"head": nn.ReLU, "body": nn.Linear}
    recording = record(found.call, torch.ones(1, 2))
    assert [read.name for read in recording.operations[0].reads] == ["x", "body.weight", "body.bias"]


# --- how it is loaded --------------------------------------------------------------------------------------------------------------------


def test_weights_are_the_same_each_time_and_draws_go_on(folder: Path) -> None:
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    expected = (torch.rand(2), random.random(), np.random.rand())
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    first, second, third = (network("net.py:Net", seed=seed).module for seed in (0, 0, 1))
    weights = [dict(one.named_parameters())["fc.weight"] for one in (first, second, third) if one]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(torch.rand(2), expected[0])
    assert (random.random(), np.random.rand()) == expected[1:]


def test_nothing_is_left_behind(folder: Path) -> None:
    before = list(sys.path)
    network("net.py:Net")
    with pytest.raises(InputError):
        network("net.py:broken")
    assert sys.path == before
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == ["blocks.py", "net.py"]


def test_a_file_is_read_as_it_is_now(folder: Path) -> None:
    """Also what lies beside it, and within the same second; its source is the new one too."""
    assert network("net.py:make").module is not None
    assert "x.mean()" in "".join(linecache.getlines(str(folder / "net.py")))
    (folder / "blocks.py").write_text("WIDTH = 5\n", encoding="utf-8")
    (folder / "net.py").write_text(NET.replace("x.mean()", "x.amax()"), encoding="utf-8")
    module = network("net.py:Net").module
    assert module is not None
    assert module.fc.in_features == 5  # type: ignore[union-attr]
    assert network("net.py:layer_norm").call(torch.tensor([1.0, 3.0]))[1] == 0
    assert "x.amax()" in "".join(linecache.getlines(str(folder / "net.py")))


def test_a_file_has_the_features_of_python_that_it_asks_for(folder: Path) -> None:
    (folder / "plain.py").write_text("def net(x: int):\n    return x\n", encoding="utf-8")
    assert network("plain.py:net").call.__annotations__ == {"x": int}


def test_files_of_one_name_have_their_own_neighbours(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "net.py").write_text(NET, encoding="utf-8")
    (other / "blocks.py").write_text("WIDTH = 9\n", encoding="utf-8")
    assert [network(f"{place}:model.fc").call.in_features for place in ("net.py", "other/net.py")] == [3, 9]  # type: ignore[attr-defined]


def test_modules_of_the_users_own_process_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "blocks", raising=False)
    sys.path.insert(0, str(folder))
    try:
        blocks = import_module("blocks")

        network("net.py:Net")
        network("net.py:Net")
        assert sys.modules["blocks"] is blocks
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("blocks", None)
