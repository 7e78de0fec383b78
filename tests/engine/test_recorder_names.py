"""Variables, expressions, modules and paths in a recording are those of the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.recorder.record import record
from tests.engine.models import Classified, gelu, named, recorded


def test_a_block_of_a_resnet() -> None:
    recording = recorded("residual")
    assert named(recording) == [
        ("conv2d", "out"),
        ("batch_norm", "out"),
        ("relu", "out"),
        ("conv2d", "out"),
        ("batch_norm", "out"),
        ("conv2d", ""),
        ("batch_norm", "identity"),
        ("add", "out"),
        ("relu", "out"),
    ]
    assert [one.module for one in recording.operations] == [
        "conv1",
        "bn1",
        "relu",
        "conv2",
        "bn2",
        "downsample.0",
        "downsample.1",
        "",
        "relu",
    ]
    add = recording.operations[7]
    assert (add.text, add.writes, [read.source for read in add.reads]) == ("out += identity", True, [4, 6])
    assert Path(add.file).read_text(encoding="utf-8").splitlines()[add.line - 1].strip() == add.text


def test_a_gpt() -> None:
    recording = recorded("gpt")
    block = [
        *[("layer_norm", ""), ("linear", ""), ("view", ""), ("permute", ""), ("unbind", "q", "k", "v")],
        *[("scaled_dot_product_attention", "y"), ("transpose", ""), ("reshape", ""), ("linear", ""), ("add", "x"), ("layer_norm", "")],
        *[("linear", ""), ("mul", ""), ("pow", ""), ("mul", ""), ("add", ""), ("mul", ""), ("tanh", ""), ("add", ""), ("mul", "")],
        *[("linear", ""), ("add", "x")],
    ]
    assert named(recording) == [("embedding", ""), ("add", "x"), *block, *block, ("linear", "")]
    embedding, head = recording.operations[0], recording.operations[-1]
    assert embedding.reads[1].name == head.reads[1].name == "embedding.weight"
    assert [one.module for one in recording.operations if one.name == "tanh"] == ["blocks.0", "blocks.1"]


def test_a_module_called_twice_and_a_branch() -> None:
    assert [one.module for one in recorded("twice").operations] == ["shared", "act", "shared", "act"]
    assert recorded("branch").operations[-1].module == "small"
    assert recorded("other_branch").operations[-1].module == "large"


def test_results_of_an_lstm() -> None:
    assert ("lstm", "output", "", "") in [(*one[:2], "", "") for one in named(recorded("lstm")) if one[0] == "lstm"]
    assert named(recorded("lstm"))[-2:] == [("getitem", "last"), ("linear", "")]


def test_results_have_paths() -> None:
    assert list(recorded("dict").outputs) == ["boxes", "scores", "levels.0", "levels.1"]
    outputs = recorded("dict").outputs
    assert [(read.source, read.name) for read in outputs.values()] == [(2, ""), (3, ""), (1, ""), (None, "x")]
    assert list(recorded("dataclass").outputs) == ["logits", "loss"]
    assert list(recorded("lenet").outputs) == ["output"]
    model = Classified()
    assert list(record(model, torch.randn(2, 3)).outputs) == ["logits"]
    assert isinstance(record(model, torch.randn(2, 3)).result.logits, Tensor)


def loop(x: Tensor) -> Tensor:
    for w in (torch.eye(3), torch.ones(3, 3)):
        x = x @ w
    return x


def helpers(x: Tensor) -> Tensor:
    y = gelu(x)
    z = given(y.exp())
    return y + z


def given(t: Tensor) -> Tensor:
    inner = t.log()
    return inner  # noqa: RET504


def unpacked(x: Tensor) -> tuple[Tensor, Tensor]:
    q, k, v = x.chunk(3)
    a, b = q.sin(), k.cos()
    (c, d), e = x.max(dim=1), v.tan()
    return a + b + c + d + e, x


def aliases(x: Tensor) -> Tensor:
    h = x.exp()
    for _ in range(2):
        new = h.sin()
        h = new
    u = w = h.cos()
    if (n := u.sum()) > -100:
        w = x.exp2() if n > 1e9 else x.tan()
    return w


def containers(x: Tensor) -> dict[str, Any]:
    ys = list(map(torch.sin, [x, x]))
    total = sum(y * 2 for y in ys)
    total = {"total": total}
    x.exp()
    return total


def in_place(x: Tensor) -> Tensor:
    out = torch.empty(3, 3)
    torch.add(x, 1, out=out)
    out.mul_(2)
    out[0] = 0
    out[1] *= 3
    return out


def iterated(x: Tensor) -> Tensor:
    first, *rest = x
    last = first
    for row in rest:
        last = last + row
    return last


class Box:
    value: Tensor


def at_once(x: Tensor) -> tuple[Any, ...]:
    """Variables that hold something else before the next operation."""
    y = F.relu(x)
    y = {"y": y}
    z = x.exp() if x.dim() else x.tan()
    z = {"z": z}
    a, Box.value, c, d = x[0].new_ones(4).chunk(4)
    w = x.cos()
    u = w = x.sin()
    return y, z, a, c, d, w, u


def finished(x: Tensor) -> Iterator[Tensor]:
    yield x.exp()
    return x.sin()


def generated(x: Tensor) -> None:
    for t in finished(x):
        t.cos()


NAMES: dict[Callable[..., Any], list[tuple[str, ...]]] = {
    loop: [("eye", "w"), ("ones", "w"), ("matmul", "x"), ("matmul", "x")],
    helpers: [
        *[("mul", ""), ("pow", ""), ("mul", ""), ("add", ""), ("mul", ""), ("tanh", ""), ("add", ""), ("mul", "y")],
        *[("exp", ""), ("log", "inner"), ("add", "")],
    ],
    unpacked: [
        *[("chunk", "q", "k", "v"), ("sin", "a"), ("cos", "b"), ("max", "c", "d"), ("tan", "e")],
        *[("add", "")] * 4,
    ],
    aliases: [("exp", "h"), ("sin", "new"), ("sin", "new"), ("cos", "u"), ("sum", "n"), ("gt", ""), ("gt", ""), ("tan", "w")],
    containers: [("sin", "y"), ("sin", "y"), ("mul", ""), ("add", ""), ("mul", ""), ("add", "total"), ("exp", "")],
    in_place: [
        *[("empty", "out"), ("add", "out"), ("mul", "out"), ("setitem", "out")],
        *[("getitem", ""), ("mul", ""), ("setitem", "out")],
    ],
    at_once: [
        *[("relu", "y"), ("exp", "z"), ("getitem", ""), ("new_ones", ""), ("chunk", "a", "", "c", "d")],
        *[("cos", "w"), ("sin", "u")],
    ],
    generated: [("exp", "t"), ("cos", ""), ("sin", "")],
    iterated: [("unbind", "first", "row", "row"), ("add", "last"), ("add", "last")],
}


@pytest.mark.parametrize("function", NAMES, ids=lambda function: function.__name__)
def test_variables(function: Callable[..., Any]) -> None:
    assert named(record(function, torch.randn(3, 3))) == NAMES[function]


TEXTS = """
import torch

def spread(x):
    größe = x.exp(); y = torch.cat(
        [größe,
         x],
    )
    return -y[0] if True else y
"""


def test_expressions_are_those_of_the_source(tmp_path: Path) -> None:
    """Over several lines, after letters of more than one byte, of operators and indices; without a source there are none."""
    path = tmp_path / "spread.py"
    path.write_text(TEXTS, encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(TEXTS, str(path), "exec"), names)
    found = record(names["spread"], torch.ones(2))
    assert [one.text for one in found.operations] == ["x.exp()", "torch.cat(\n    [größe,\n     x],\n)", "y[0]", "-y[0]"]
    assert [(one.file, one.line) for one in found.operations] == [(str(path), line) for line in (5, 5, 9, 9)]
    exec(compile(TEXTS, "nowhere.py", "exec"), names)
    assert [one.text for one in record(names["spread"], torch.ones(2)).operations] == [""] * 4
    assert (record(torch.sin, torch.ones(2)).operations[0].file, record(nn.Linear(2, 2), torch.ones(2)).operations[0].text) == ("", "")


def test_names_from_outside() -> None:
    """The first of two names counts; a method knows its module, a function what it sees."""
    x = torch.ones(2, 2)
    linear = nn.Linear(2, 2)

    def seeing(*parts: Tensor, **more: Tensor) -> Tensor:
        return linear(parts[0]) + parts[1] + more["last"]

    names = [
        [read.name for one in found.operations for read in one.reads if read.source is None]
        for found in (
            record(lambda a, b: a + b, x, x),
            record(linear.forward, x),
            record(seeing, x, x.clone(), last=x.clone()),
        )
    ]
    assert names[0] == ["a", "a"]
    assert names[1] == ["input", "weight", "bias"]
    assert names[2] == ["parts.0", "linear.weight", "linear.bias", "parts.1", "more.last"]
