"""What a clip of a lecture says reaches its concept as it does from the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from cli import main
from engine.catalogue import concepts, find
from engine.errors import CheckError, InputError
from engine.inputs.arguments import example_texts
from engine.paper.formats import FORMATS
from studio.lecture import build
from studio.lecture.build import LectureBuilder, LecturePlace
from studio.lecture.spec import read_lecture

#: Inputs in which all that is random is drawn by the seed; those of the example for all other concepts.
DRAWN: dict[str, dict[str, str]] = {
    "conv1d": {"input": "randn:2x6", "weight": "rand:2x3"},
    "conv2d": {"input": "rand:2x5x5", "weight": "randn:2x2", "padding_mode": "reflect", "padding": "1"},
    "conv2d_backward": {"grad_output": "randn:2x2", "input": "randn:3x3", "weight": "randn:2x2"},
    "max_pool2d": {"input": "randn:4x4", "kernel_size": "global"},
    "lstm": {"input": "randn:3x2", "hidden_size": "3"},
    "lstm_backward": {"grad_output": "randn:3x2", "input": "randn:3x2"},
    "attention": {"tokens": "to be or not to be", "heads": "2", "causal": "True"},
    "attention_backward": {"grad_output": "randn:3x2", "query": "randn:3x2", "scale": "0.5"},
}
SETTINGS = {"seed": 7, "dtype": "float32", "device": "cpu", "allow_nan": True, "size": 4}


def built(folder: Path, concept: str, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> LectureBuilder:
    lines = ['title = "One"', "[[parts]]", 'kind = "clip"', f'concept = "{concept}"']
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    for name, value in inputs.items():
        tables = (
            {f'inputs.{name}."{one}"': text for one, text in value.items()} if isinstance(value, Mapping) else {f"inputs.{name}": value}
        )
        lines += [f"{key} = {json.dumps(text)}" for key, text in tables.items()]
    (folder / "one.toml").write_text("\n".join(lines))
    return LectureBuilder(
        read_lecture(folder / "one.toml"), LecturePlace(folder, folder, "one"), print, lambda: pytest.fail("nothing is drawn")
    )


def in_lecture(folder: Path, concept: str, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    builder = built(folder, concept, inputs, settings)
    trace = builder.trace(builder.scenes[0])
    return json.loads("".join(FORMATS["json"](trace, range(len(trace)), outputs=True)))


def by_command(concept: str, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    spelled = {parameter.name: parameter.option for parameter in find(concept).parameters}
    words = ["trace", concept, "--format", "json"]
    for name, value in inputs.items():
        texts = example_texts(value)
        for text in [texts] if isinstance(texts, str) else texts:
            words += [f"--{spelled[name]}", *([] if text == "True" else [text])]
    for name, value in settings.items():
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("concept", concepts())
def test_every_setting_reaches_every_concept(tmp_path: Path, concept: str) -> None:
    example = {name: value for name, value in find(concept).example.items() if name != "seed"}
    inputs: Mapping[str, Any] = DRAWN.get(concept, example)
    spelled = {parameter.name: parameter.option.replace("-", "_") for parameter in find(concept).parameters}
    keys = {spelled[name]: value for name, value in inputs.items()}
    made = in_lecture(tmp_path, concept, keys, SETTINGS)
    assert made == by_command(concept, inputs, SETTINGS)
    # Counts are exact, whatever numbers are computed with.
    assert made["dtype"] == ("float64" if concept == "summary" else "float32")
    if concept in DRAWN and concept not in ("max_pool2d",):
        assert made["outputs"] != in_lecture(tmp_path, concept, keys, {**SETTINGS, "seed": 8})["outputs"]


def test_attention_draws_by_the_seed_of_the_clip(tmp_path: Path) -> None:
    """By hand: halves from −2/2 to 2/2, drawn by torch's generator with that seed."""
    drawn = torch.randint(-2, 3, (2, 4), generator=torch.Generator().manual_seed(7)).float() / 2
    made = in_lecture(tmp_path, "attention", {"tokens": "a b"}, {"seed": 7, "dtype": "float32"})
    assert made["params"]["seed"] == 7
    assert made["inputs"]["embeddings"]["data"] == drawn.tolist()


@pytest.mark.parametrize(
    ("concept", "inputs", "settings", "sentence"),
    [
        (
            "attention",
            {"tokens": "a b", "seed": 7},
            {},
            "parts[1].inputs.seed is no input; give seed beside the inputs, as a key of the clip",
        ),
        ("attention", {"tokens": "a b", "dtype": "float32"}, {}, "parts[1].inputs.dtype is no input; give dtype beside the inputs"),
        (
            "conv1d",
            {"input": "[NaN]", "weight": [1]},
            {},
            "inputs.input: NaN at index [0] in '[NaN]'; give finite numbers, or let it through: allow_nan = true",
        ),
        ("attention", {"query": "[[NaN]]"}, {}, "inputs.query: NaN at index [0, 0] in '[[NaN]]'; give finite numbers"),
        ("backprop", {"expr": "L = x", "set": {"x": "NaN"}}, {}, "inputs.set.x: NaN in 'NaN'; give finite numbers"),
        ("conv1d", {"input": [1e300], "weight": [1]}, {"dtype": "float32"}, 'or dtype = "float64"'),
        ("conv1d", {"input": [1], "weight": [1], "stride": "x"}, {}, "inputs.stride is 'x'; give a whole number"),
        ("lstm", {"input": [[1]], "state_dict": "none.pt"}, {}, "inputs.state_dict: "),
        (
            "conv1d",
            {"input": [1], "weight": [1]},
            {"seed": 10**20},
            "seed is 100000000000000000000, which is too large; give a number from -2**63",
        ),
        (
            "conv1d",
            {"input": [1], "weight": [1]},
            {"device": "cuda"},
            "device is 'cuda', but torch sees no CUDA GPU here; use device = \"cpu\"",
        ),
    ],
)
def test_refusals_name_the_keys_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, concept: str, inputs: dict[str, Any], settings: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError) as refused:
        in_lecture(tmp_path, concept, inputs, settings)
    assert sentence in str(refused.value)
    assert "--" not in str(refused.value)


def test_a_trace_that_differs_from_torch_names_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differs(*_: object, **__: object) -> None:
        raise CheckError("the step values differ")

    monkeypatch.setattr(build, "opened_from", differs)
    with pytest.raises(CheckError, match=r"^parts\[1\], conv1d: the step values differ$"):
        in_lecture(tmp_path, "conv1d", {"input": [1], "weight": [1]}, {})
