"""Options that take several tensors: by their names, or a file of a trained module."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.catalogue import Concept, Parameter, find
from engine.errors import InputError
from engine.inputs.arguments import Numbers, example_texts, parse


def concept(annotation: str, option: str) -> Concept:
    return Concept("test", "Test", "", "", "", {}, (Parameter("given", annotation, None, True, "", option),))


NAMED, STATE = concept("Mapping[str, TensorLike]", "set"), concept("StateDict | None", "state-dict")


def test_tensors_by_their_names() -> None:
    given = parse(NAMED, {"given": ["x=[1,2]", " y = 0.5", "w=randn:2x3"]}, Numbers(dtype="float32", seed=4))["given"]
    assert given["x"].tolist() == [1, 2]
    assert given["y"].shape == ()
    assert {tensor.dtype for tensor in given.values()} == {torch.float32}
    again = parse(NAMED, {"given": ["w=randn:2x3", "v=randn:2x3"]}, Numbers(dtype="float32", seed=4))["given"]
    assert torch.equal(again["w"], given["w"])
    assert not torch.equal(again["v"], given["w"])


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["x"], "--set is 'x'; give a name, = and numbers, such as x=[1,2]"),
        (["=3"], "--set is '=3'; give a name, = and numbers, such as x=[1,2]"),
        (["x="], "--set is 'x='; give a name, = and numbers, such as x=[1,2]"),
        (["x=1", "x=2"], "--set gives x twice, '1' and '2'; give it once"),
        (["x=[1,"], "--set x: invalid JSON at character 3 in '[1,'; write it like [[1,2],[3,4]]"),
    ],
)
def test_names_without_tensors_are_refused(texts: list[str], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(NAMED, {"given": texts})
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "padding"),
    [
        ("2", 2),
        ("2,1", [2, 1]),
        ("[2, 1]", [2, 1]),
        ("1:0,2:1", [[1, 0], [2, 1]]),
        (" 1:0 , 2", [[1, 0], [2, 2]]),
        ("[[1,0],[2,1]]", [[1, 0], [2, 1]]),
        ("[[1, 0], 2]", [[1, 0], [2, 2]]),
        ("same", "same"),
    ],
)
def test_padding(text: str, padding: object) -> None:
    assert parse(concept("Padding", "padding"), {"given": text})["given"] == padding


@pytest.mark.parametrize("text", ["1:", ":", "1:2:3", "[[1.5,0]]", "[[true,0]]", "[[1,0]", "[[[1]]]", "[[]]", "a:b", "causal", "[" * 9999])
def test_padding_that_is_none(text: str) -> None:
    with pytest.raises(InputError, match=r"^--padding is .*; give a whole number, one per axis such as 2,1, before:after for each such as"):
        parse(concept("Padding", "padding"), {"given": text})


def test_causal_padding_is_for_sequences() -> None:
    assert parse(find("conv1d"), {"padding": "causal"}) == {"padding": "causal"}
    assert parse(find("conv1d"), {"padding": "2:0"}) == {"padding": [[2, 0]]}


def test_examples_are_written_as_options() -> None:
    assert example_texts({"x": 1, "w": "[1,2]"}) == ["x=1", "w=[1,2]"]
    assert example_texts(2) == "2"


TENSORS = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.tensor([0.5, -1.0])}


@pytest.mark.parametrize("ending", [".pt", ".pth", ".npz", ".safetensors"])
def test_files_of_named_tensors(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"trained{ending}"
    if ending == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in TENSORS.items()})
    elif ending == ".safetensors":
        save_file(TENSORS, path)
    else:
        torch.save(TENSORS, path)
    given = parse(STATE, {"given": str(path)})["given"]
    assert given.keys() == TENSORS.keys()
    for name, tensor in given.items():
        assert tensor.dtype == torch.float64
        assert torch.equal(tensor, TENSORS[name].double())


def test_other_files_are_refused(tmp_path: Path) -> None:
    torch.save(torch.ones(3), tmp_path / "one.pt")
    torch.save(torch.nn.Linear(1, 1), tmp_path / "module.pt")
    (tmp_path / "numbers.json").write_text("[1]")
    for name, words in {
        "one.pt": "holds no named tensors; save a state_dict() with torch.save",
        "module.pt": "holds a whole module, as torch.save(model) writes it; only tensors are loaded",
        "numbers.json": "does not end like a file of named tensors; use one of .npz, .pt, .pth, .ckpt, .bin, .safetensors",
        "missing.pt": "no file",
    }.items():
        with pytest.raises(InputError, match=r"^--state-dict: ") as refused:
            parse(STATE, {"given": str(tmp_path / name)})
        assert words in str(refused.value)
