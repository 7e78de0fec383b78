"""Arguments that read otherwise on the command line, in a lecture and in Python: all three open the same trace."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

import engine
from cli import main
from engine.catalogue import find
from engine.inputs.arguments import opened_from
from studio.lecture.inputs import texts_of
from studio.lecture.spec import ClipPart
from studio.options import ConceptGroup

PICTURE = [[1.0, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]]
X = [[1.0, 0], [0, 1], [2, 1]]
INF = math.inf

#: By name: the concept, arguments in Python, options as they are typed beyond those that are written alike, the same in TOML.
CASES: dict[str, tuple[str, dict[str, Any], list[str], str]] = {
    "sides": (
        "conv2d",
        {"input": PICTURE, "weight": [[1.0, 2], [3, 4]], "padding": [[1, 0], [2, 1]]},
        ["--padding", "1:0,2:1"],
        "padding = [[1, 0], [2, 1]]",
    ),
    "sides as a word": (
        "conv2d",
        {"input": PICTURE, "weight": [[1.0, 2], [3, 4]], "padding": [[0, 2], [1, 1]], "padding_mode": "reflect"},
        ["--padding", "[[0,2],1]", "--padding-mode", "reflect"],
        'padding = "0:2,1"\npadding_mode = "reflect"',
    ),
    "sides on the way back": (
        "conv2d_backward",
        {"grad_output": [[1.0] * 5] * 4, "input": PICTURE, "weight": [[1.0, 2], [3, 4]], "padding": [(0, 1), (2, 0)]},
        ["--padding", "0:1,2:0"],
        "padding = [[0, 1], [2, 0]]",
    ),
    "sides of a sequence": (
        "conv1d",
        {"input": [1.0, 2, 3], "weight": [1.0, 2], "padding": [[3, 0]]},
        ["--padding", "3:0"],
        "padding = [[3, 0]]",
    ),
    "causal": (
        "conv1d",
        {"input": [1.0, 2, 3], "weight": [1.0, 2], "padding": "causal", "dilation": 2},
        ["--padding", "causal", "--dilation", "2"],
        'padding = "causal"\ndilation = 2',
    ),
    "divisor": (
        "avg_pool2d",
        {"input": PICTURE, "kernel_size": 2, "divisor_override": 3},
        ["--kernel-size", "2", "--divisor-override", "3"],
        "kernel_size = 2\ndivisor_override = 3",
    ),
    "divisor on the way back": (
        "avg_pool2d_backward",
        {"grad_output": [[1.0, 2], [3, 4]], "input": PICTURE, "kernel_size": 2, "divisor_override": -3},
        ["--kernel-size", "2", "--divisor-override", "-3"],
        "kernel_size = 2\ndivisor_override = -3",
    ),
    **{
        f"{concept} by its output": (
            concept,
            {**({"grad_output": [[1.0] * 3] * 2} if "backward" in concept else {}), "input": PICTURE, "output_size": (2, 3)},
            ["--output-size", "2x3"],
            "output_size = [2, 3]",
        )
        for concept in ("max_pool2d", "avg_pool2d", "max_pool2d_backward", "avg_pool2d_backward")
    },
    "a mask that is added": (
        "attention",
        {"query": X, "mask": [[0.5, -INF, 0.0], [0, 1, -2], [3, 0, -INF]]},
        ["--mask", "[[0.5,-Infinity,0],[0,1,-2],[3,0,-Infinity]]"],
        "mask = [[0.5, -inf, 0.0], [0, 1, -2], [3, 0, -inf]]",
    ),
    "ones that are added": (
        "attention",
        {"query": X, "mask": [[1.0, 0, 1], [1, 1, 1], [0, 0, 0]], "mask_kind": "additive"},
        ["--mask", "[[1,0,1],[1,1,1],[0,0,0]]", "--mask-kind", "additive"],
        'mask = [[1, 0, 1], [1, 1, 1], [0, 0, 0]]\nmask_kind = "additive"',
    ),
    "a bias": (
        "attention",
        {"query": X, "bias_k": [1.0, 2], "bias_v": [3.0, 4]},
        ["--bias-k", "[1,2]", "--bias-v", "[3,4]"],
        "bias_k = [1, 2]\nbias_v = [3, 4]",
    ),
    "the way back": (
        "attention_backward",
        {"grad_output": X, "query": X, "mask": [[0.5, -INF, 0], [0, 1, -2], [3, 0, -INF]], "bias_k": [1.0, 2], "bias_v": [3.0, 4]},
        ["--mask", "[[0.5,-Infinity,0],[0,1,-2],[3,0,-Infinity]]", "--bias-k", "[1,2]", "--bias-v", "[3,4]"],
        "mask = [[0.5, -inf, 0.0], [0, 1, -2], [3, 0, -inf]]\nbias_k = [1, 2]\nbias_v = [3, 4]",
    ),
}
#: These are written alike everywhere.
TENSORS = ("grad_output", "input", "weight", "query")


def from_command_line(concept: str, arguments: list[str]) -> Any:
    found: list[Any] = []

    def body(about: Any, texts: dict[str, Any]) -> None:
        found.append(opened_from(about, texts, device="cpu"))

    result = CliRunner().invoke(ConceptGroup("trace", body=body), [concept, *arguments])
    assert result.exit_code == 0, result.output or result.exception
    return found[0]


@pytest.mark.parametrize(("concept", "arguments", "options", "toml"), CASES.values(), ids=CASES)
def test_one_trace(concept: str, arguments: dict[str, Any], options: list[str], toml: str) -> None:
    python = getattr(engine, concept)(**arguments)
    tensors = {name: arguments[name] for name in TENSORS if name in arguments}
    words = [word for name, value in tensors.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    clip = ClipPart(kind="clip", concept=concept, inputs={**tensors, **tomllib.loads(toml)})
    for other in (from_command_line(concept, [*words, *options]), opened_from(find(concept), texts_of(clip, Path()), device="cpu")):
        assert other.params == python.params
        assert other.inputs.keys() == python.inputs.keys()
        for name, tensor in {**python.inputs, **python.outputs}.items():
            assert torch.equal({**other.inputs, **other.outputs}[name], tensor), name
        assert [step.say for step in other] == [step.say for step in python]


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["trace", *arguments], prog_name="tensorreel")
    assert result.exit_code == 2
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["max_pool2d", "--input", "[[1]]"], "there is no kernel_size; give one such as 2, or output_size"),
        (
            ["max_pool2d", "--input", "[[1]]", "--output-size", "a"],
            "--output-size is 'a'; give a whole number, or one per axis such as 2,1",
        ),
        (
            ["avg_pool2d", "--input", "[[1]]", "--kernel-size", "1", "--divisor-override", "x"],
            "--divisor-override is 'x'; give a whole number",
        ),
        (["conv2d", "--input", "[[1]]", "--weight", "[[1]]", "--padding", "1:x"], "--padding is '1:x'; give a whole number, one per axis"),
        (["attention", "--query", "[[1]]", "--mask", "[[NaN]]"], "mask holds nan; give numbers that are added to the scores"),
        (["attention", "--query", "[[1]]", "--mask", "[[-Infinity]]"], "mask hides every key from row 0"),
        (["attention", "--query", "[[-Infinity]]"], "infinity at index [0, 0] in '[[-Infinity]]'; give finite numbers"),
        (
            ["attention", "--query", "[[1]]", "--mask", "[[1]]", "--mask-kind", "float"],
            "'float' is not one of 'auto', 'boolean', 'additive'",
        ),
    ],
)
def test_refusals(arguments: list[str], sentence: str) -> None:
    assert sentence in refused(*arguments)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".npz"])
def test_the_state_of_a_module_with_keys_and_values_of_other_widths(tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(0)
    module = torch.nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, dtype=torch.float64)
    path = tmp_path / f"trained{suffix}"
    if suffix == ".pt":
        torch.save(module.state_dict(), path)
    elif suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(module.state_dict(), path)
    else:
        import numpy as np

        np.savez(path, **{name: tensor.numpy() for name, tensor in module.state_dict().items()})
    arguments = ["--query", "ones:2x4", "--key", "ones:3x3", "--value", "arange:3x5", "--heads", "2", "--state-dict", str(path)]
    trace = from_command_line("attention", arguments)
    query, key, value = torch.ones(2, 4), torch.ones(3, 3), torch.arange(15.0).reshape(3, 5)
    with torch.no_grad():
        output, _ = module(query.double(), key.double(), value.double())
    torch.testing.assert_close(trace.outputs["output"], output, rtol=1e-10, atol=1e-10)
    assert trace.labels[1] == ["k0", "k1", "k2", "bias"]


@pytest.mark.parametrize("concept", ["attention", "attention_backward"])
def test_words_name_the_rows_of_own_vectors(concept: str, tmp_path: Path) -> None:
    back = ["--grad-output", "ones:2x3"] if concept.endswith("backward") else []
    (words := tmp_path / "words.txt").write_text("ice cream\ntea\nbread\n", encoding="utf-8")
    given = ["--query", "ones:2x4", "--key", "ones:3x4", "--value", "arange:3x3", "--labels", "cat dog", "--key-labels", str(words)]
    assert from_command_line(concept, [*back, *given]).labels == (["cat", "dog"], ["ice cream", "tea", "bread"])


@pytest.mark.parametrize(
    ("concept", "said"),
    [
        ("conv1d", ["(or causal; default 0)", "before:after such as 2:0"]),
        ("conv2d", ["top:bottom,left:right such as 1:0,2:1", "the one more is at the bottom, or at the right"]),
        ("conv2d_backward", ["top:bottom,left:right such as 1:0,2:1"]),
        ("avg_pool2d", ["--divisor-override", "--output-size"]),
        ("max_pool2d_backward", ["--output-size", "torch's adaptive pooling"]),
        ("attention", ["--mask-kind  (one of auto, boolean, additive; default auto)", "--bias-k  (tensor)", "also one with kdim and vdim"]),
        ("attention_backward", ["--mask-kind", "--bias-v  (tensor)", "numbers that are added to the scores, -Infinity"]),
    ],
)
def test_they_are_told(concept: str, said: list[str]) -> None:
    told = CliRunner().invoke(main, ["show", concept]).stdout
    for words in said:
        assert words in told
