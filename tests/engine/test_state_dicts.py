"""State dicts as people save them."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine import attention, lstm
from engine.errors import InputError
from engine.inputs.archives import read_all
from engine.inputs.files import Source

X = [[0.5, -1.0], [2.0, 0.25]]


def saved(tmp_path: Path, content: Any, name: str = "model.pt") -> str:
    torch.save(content, tmp_path / name)
    return str(tmp_path / name)


def read(text: str) -> dict[str, torch.Tensor]:
    return read_all(Source(Path(text), None, repr(text), None))


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        read(text)
    assert str(refused.value).isprintable()
    return str(refused.value)


class Pair(nn.Module):
    """Two LSTMs and two attentions."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.ModuleDict({"rnn": nn.LSTM(2, 2)}), nn.ModuleDict({"rnn": nn.LSTM(2, 2)})
        self.head = nn.Linear(2, 2)
        self.first, self.second = nn.MultiheadAttention(2, 1), nn.MultiheadAttention(2, 1)


def test_prefixes_are_stripped() -> None:
    for module, concept, arguments in ((nn.LSTM(2, 3), lstm, {}), (nn.MultiheadAttention(2, 1), attention, {})):
        bare = concept(X, state_dict=module.state_dict(), **arguments)
        for prefix in ("module.", "encoder.rnn.", "state_dict.net.0."):
            state = {f"{prefix}{name}": tensor for name, tensor in module.state_dict().items()}
            found = concept(X, state_dict={**state, "head.weight": torch.ones(1, 2), "steps": torch.ones(1)}, **arguments)
            assert torch.equal(found.outputs["output"], bare.outputs["output"])


def test_modules_are_asked_for_their_state_dicts() -> None:
    for module, concept in ((nn.LSTM(2, 2), lstm), (nn.MultiheadAttention(2, 1), attention)):
        with pytest.raises(InputError, match=r"state_dict is .*; give the state_dict\(\) of a trained module"):
            concept(X, state_dict=module)


def test_one_of_several_modules_is_named_behind_the_file(tmp_path: Path) -> None:
    model = Pair()
    path = saved(tmp_path, {"state_dict": model.state_dict(), "epoch": 3}, "a.ckpt")
    with pytest.raises(
        InputError, match=r"has the weights of 2 LSTMs \('state_dict.encoder.rnn' and 'state_dict.decoder.rnn'\); name one, as in"
    ):
        lstm(X, state_dict=read(path))
    with pytest.raises(InputError, match=r"2 nn.MultiheadAttentions \('state_dict.first' and 'state_dict.second'\); name one, as in FILE#"):
        attention(X, state_dict=read(path))
    chosen = lstm(X, state_dict=read(f"{path}#state_dict.decoder.rnn"))
    assert torch.equal(chosen.outputs["output"], lstm(X, state_dict=model.decoder["rnn"].state_dict()).outputs["output"])
    assert torch.equal(
        attention(X, state_dict=read(f"{path}#state_dict.second")).outputs["output"],
        attention(X, state_dict=model.second.state_dict()).outputs["output"],
    )
    assert "no module 'rnn' in" in refusal(f"{path}#rnn")
    assert "'state_dict.encoder.rnn'" in refusal(f"{path}#rnn")


def test_what_stands_beside_tensors_is_left_out(tmp_path: Path) -> None:
    beside = {
        "epoch": np.int64(3),
        "loss": np.float32(0.5),
        "seen": np.eye(2),
        "args": argparse.Namespace(lr=1),
        "where": tmp_path,
        "n": None,
    }
    for name in ("a.pt", "a.ckpt", "a.bin", "a.pth"):
        path = saved(tmp_path, {"model": nn.LSTM(2, 2).state_dict(), **beside}, name)
        assert sorted(read(path)) == ["model.bias_hh_l0", "model.bias_ih_l0", "model.weight_hh_l0", "model.weight_ih_l0"]


@pytest.mark.parametrize(("module", "kind", "rows"), [(nn.GRU(2, 3), "nn.GRU", "9x3"), (nn.RNN(2, 3), "nn.RNN", "3x3")])
def test_other_layers_are_named(module: nn.Module, kind: str, rows: str) -> None:
    state = {f"rnn.{name}": tensor for name, tensor in module.state_dict().items()}
    with pytest.raises(
        InputError, match=rf"state_dict is of an {kind} \(rnn.weight_hh_l0 is {rows}\); give that of an nn.LSTM, which has 12 rows"
    ):
        lstm(X, state_dict=state)


def test_files_are_named_for_what_they_are(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(nn.Linear(2, 2)).save(tmp_path / "script.pt")
    assert "is a TorchScript archive, which holds code; only tensors are loaded" in refusal(f"{tmp_path}/script.pt")
    assert "holds a whole module, as torch.save(model) writes it; only tensors" in refusal(saved(tmp_path, nn.Linear(2, 2)))
    assert "holds more than tensors, an object of 'tests.engine.test_state_dicts.Pair'" in refusal(old(tmp_path))


def old(tmp_path: Path) -> str:
    """In the form before torch 1.6."""
    torch.save(Pair(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    return f"{tmp_path}/old.pt"


def test_stand_ins_are_of_no_consequence(tmp_path: Path) -> None:
    """What else is loaded with torch meanwhile still gets numpy's own objects."""
    path = saved(tmp_path, {"w": torch.ones(1), "n": np.float64(2.5)})
    assert read(path)["w"].tolist() == [1]
    assert torch.load(path, weights_only=False)["n"] == 2.5
