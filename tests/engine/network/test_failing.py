"""A forward that fails: one sentence with the line, both shapes, torch's words and what would work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.network.code import network
from engine.network.failing import explained
from engine.network.given import arguments
from engine.network.network import Network
from engine.network.weights import at_work
from engine.recorder.failed import stopped
from engine.recorder.record import record

HEAD = """import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(400, 10)
        self.net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(3, 3))
        self.emb, self.lstm, self.norm = nn.Embedding(5, 2), nn.LSTM(3, 4), nn.BatchNorm2d(3)
        self.grouped, self.transposed = nn.Conv2d(4, 4, 3, groups=2), nn.ConvTranspose2d(3, 2, 2)

    def forward(self, x):
"""
LINE = HEAD.count("\n") + 1
CHECK = "check the sizes on the way there"
LOOK = "look at what comes to this line"


def failed(source: Network, value: Any) -> tuple[Exception, InputError]:
    args, kwargs, names = arguments(source, value)

    def run() -> None:
        record(source.call, *args, **kwargs)

    with pytest.raises(Exception) as found, at_work(source):  # whatever torch raises
        run()
    return found.value, explained(found.value, source, names)


def told(folder: Path, code: str, value: Any) -> str:
    (folder / "net.py").write_text(HEAD + "".join(f"        {line}\n" for line in code.split("\n")), encoding="utf-8")
    return str(failed(network("net.py:Net"), value)[1])


def ones(*shape: int) -> Tensor:
    return torch.ones(shape)


@pytest.mark.parametrize(
    ("code", "value", "before", "after"),
    [
        (
            "self.fc(x)",
            (1, 784),
            "self.fc(x) gets 1x784, but its weight is 10x400: mat1 and mat2 shapes cannot be multiplied (1x784 and 400x10)",
            "give it 400 features, or make the layer nn.Linear(784, 10) (given: x 1x784)",
        ),
        (
            "F.linear(x, self.fc.weight[0])",
            (2,),
            "F.linear(x, self.fc.weight[0]) gets 2, but its weight is 400: ",
            "give it 400 features, or make the layer nn.Linear(2, 1) (given: x 2)",
        ),
        (
            "self.fc(x)",
            [[1] * 400],
            "self.fc(x) gets int64 and float32 numbers: mat1 and mat2 must have the same dtype",
            "write numbers without ids:, or convert them with .float() (given: x 1x400)",
        ),
        (
            "x.double() @ self.fc.weight",
            (1, 10),
            "x.double() @ self.fc.weight gets float64 and float32 numbers: ",
            "convert one with .to(other.dtype) (given: x 1x10)",
        ),
        (
            "self.net(x)",
            (1, 3, 8, 8),
            "self.net(x), in net.0, a Conv2d, gets 1x3x8x8, but its weight is 2x1x3x3: Given groups=1, weight of size [2, 1, 3, 3], ",
            "give it 1 channel, or make the layer one that takes 3 (given: x 1x3x8x8)",
        ),
        ("self.net(x)", (1, 1, 2, 2), "self.net(x), in net.0, a Conv2d, gets 1x1x2x2, but", "give a larger input, or padding"),
        ("self.net(x)", (2, 2), "self.net(x), in net.0, a Conv2d, gets 2x2, but", "give it channels x height x width, with or without"),
        ("self.net(x)", (1, 1, 8, 8), "self.net(x), in net.2, a Linear, gets 1x2x6x6, but its weight is 3x3: ", "give it 3 features"),
        ("self.grouped(x)", (1, 2, 5, 5), "self.grouped(x) gets 1x2x5x5, but its weight is 4x2x3x3: ", "give it 4 channels, or"),
        ("self.transposed(x)", (1, 2, 5, 5), "self.transposed(x) gets 1x2x5x5, but its weight is 3x2x2x2: ", "give it 3 channels"),
        ("F.conv1d(x, x)", (3,), "F.conv1d(x, x) gets 3 and 3: ", CHECK),
        ("F.conv1d(x, x[:2, None, None])", (3,), "F.conv1d(x, x[:2, None, None]) gets 3, but", "give it channels x length, with"),
        ("self.norm(x)", (1, 2, 5, 5), "self.norm(x) gets 1x2x5x5, but is for 3 channels: ", "make the layer one for 2"),
        ("self.emb(x)", (1, 3), "self.emb(x) reads places, but gets float32 numbers: ", "write whole numbers, as in ids:101,2023"),
        ("self.emb(x)", [1, 9], "self.emb(x) gets place 9, but has 5 rows: index out of range", "from 0 to 4 (given: x 2)"),
        ("self.emb(x)", [-1, 2], "self.emb(x) gets place -1, but has 5 rows: ", "give whole numbers from 0 to 4"),
        ("x @ x", (2, 3), "x @ x multiplies 2x3 by 2x3: ", "the last size of the first must be the last but one of the second"),
        ("torch.bmm(x, x)", (1, 2, 3), "torch.bmm(x, x) multiplies 1x2x3 by 1x2x3: ", "which .mT exchanges (given: x 1x2x3)"),
        ("x + torch.ones(7)", (2, 3), "x + torch.ones(7) gets 2x3 and 7: ", "from the last axis on, sizes must be alike or 1"),
        ("x += torch.ones(7)", (2, 3), "x += torch.ones(7) gets 2x3 and 7: ", "from the last axis on, sizes must be alike or 1"),
        ("torch.cat([x, x[:, :1]])", (2, 3), "torch.cat([x, x[:, :1]]) joins 2x3 and 2x1: ", "but the one along which they are joined"),
        ("torch.stack([x, x[:1]])", (2, 3), "torch.stack([x, x[:1]]) joins 2x3 and 1x3: ", "all sizes must be alike (given: x 2x3)"),
        (
            "x.view(-1, 300)",
            (1, 16, 5, 5),
            "x.view(-1, 300) gets 1x16x5x5, which is 400 numbers, for a shape of -1x300: ",
            "give it sizes with a product of 400, or write flatten(1) (given: x 1x16x5x5)",
        ),
        ("x.T.view(-1)", (4, 3), "x.T.view(-1) gets 3x4, which is 12 numbers, for a shape of -1: ", "write .reshape in place of .view"),
        ("torch.einsum('ij,jk->ik', x, x)", (4, 3), "torch.einsum('ij,jk->ik', x, x) gets 4x3 and 4x3: einsum(): subscript j", CHECK),
        ("x[7]", (1, 3), "x[7] gets 1x3: index 7 is out of bounds for dimension 0 with size 1", CHECK),
        ("self.lstm(x)", (2, 4), "self.lstm(x): input.size(-1) must be equal to input_size. Expected 3, got 4", LOOK),
        ("assert len(x) == 2, 'two'", (1, 3), "len(x) == 2: AssertionError: two", LOOK),
        ("self.missing(x)", (1, 3), "self.missing: AttributeError: 'Net' object has no attribute 'missing'", LOOK),
        ("a, b, c = x.shape", (1, 3), "a, b, c: not enough values to unpack (expected 3, got 2)", LOOK),
        ("raise ValueError", (1, 3), "raise ValueError: ValueError", LOOK),
    ],
)  # fmt: skip
def test_a_sentence_with_the_line(folder: Path, code: str, value: tuple[int, ...] | list[Any], before: str, after: str) -> None:
    x = torch.ones(value) if isinstance(value, tuple) else torch.tensor(value)
    sentence = told(folder, code, x)
    assert sentence.startswith(f"net.py, line {LINE}: {before}")
    assert after in sentence.rpartition("; ")[2]
    assert sentence.endswith(f" (given: x {'x'.join(map(str, x.shape))})")
    assert "\n" not in sentence


def test_an_error_that_was_raised_for_another_has_its_shapes(folder: Path) -> None:
    code = "try:\n    return self.fc(x)\nexcept RuntimeError as error:\n    raise ValueError('wrong picture') from error"
    sentence = told(folder, code, ones(1, 784))
    assert sentence.startswith(f"net.py, line {LINE + 1}: self.fc(x) gets 1x784, but its weight is 10x400: wrong picture; give it 400")


def test_an_error_after_one_that_was_caught_has_none_of_its_shapes(folder: Path) -> None:
    code = "try:\n    self.fc(x)\nexcept RuntimeError:\n    pass\nraise ValueError('later')"
    assert told(folder, code, ones(1, 784)) == f"net.py, line {LINE + 4}: raise ValueError('later'): later; {LOOK} (given: x 1x784)"


def test_torchs_modules_alone_have_no_line() -> None:
    _, sentence = failed(network(nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 6))), ones(1, 3))
    assert str(sentence).startswith("module 1, a Linear, gets 1x4, but its weight is 6x5: mat1 and mat2")
    _, sentence = failed(network(nn.Linear(3, 4)), ones(1, 2))
    assert str(sentence).startswith("Linear gets 1x2, but its weight is 4x3: ")


def test_the_line_is_that_of_the_users_code_and_not_of_a_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = folder / "site-packages"
    room.mkdir()
    (room / "package_of_tests.py").write_text("def double(x):\n    return x @ x\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(room))
    (folder / "net.py").write_text("from package_of_tests import double\ndef net(x):\n    return double(x)\n", encoding="utf-8")
    assert str(failed(network("net.py:net"), ones(2, 3))[1]).startswith("net.py, line 3: double(x) multiplies 2x3 by 2x3: ")


def test_without_a_recording_the_line_alone_is_told(folder: Path) -> None:
    (folder / "net.py").write_text(f"{HEAD}        return self.fc(x)\n", encoding="utf-8")
    source, x = network("net.py:Net"), ones(1, 784)
    with pytest.raises(RuntimeError) as found:
        source.call(x)
    sentence = str(explained(found.value, source, {"x": x}))
    assert sentence.startswith(f"net.py, line {LINE}: self.fc(x): mat1 and mat2 shapes cannot be multiplied (1x784 and 400x10); {LOOK}")


def test_a_sentence_of_ours_stays() -> None:
    error = InputError("as it is")
    assert explained(error, network(nn.ReLU()), {}) is error


def test_what_was_recorded_before_is_there() -> None:
    layer = nn.Linear(3, 2)

    def code(x: Tensor) -> Tensor:
        y = layer(x)
        return y + torch.ones(5)

    error, _ = failed(network(code), ones(1, 3))
    found = stopped(error)
    assert found is not None
    assert [(one.name, one.names) for one in found.recording.operations] == [("linear", ["y"]), ("ones", [""])]
    assert found.call is not None
    assert (found.call.name, found.call.text, found.call.file) == ("add", "y + torch.ones(5)", __file__)
    assert [one.shape for one in found.call.tensors] == [(1, 2), (5,)]
    assert found.call.args[0].source == 0
    assert stopped(ValueError()) is None
