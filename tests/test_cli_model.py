"""A model of one's own from the command line: what fails, what reads a text, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from studio.lecture.origin import script_of

NET = """
import torch
import torch.nn.functional as F
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc = nn.Conv2d(1, 2, 2), nn.Linear(7, 4)
    def forward(self, x):
        x = F.relu(self.conv1(x))
        return self.fc(x.flatten(1))

class Wide(nn.Module):
    def __init__(self, width):
        super().__init__()

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(4, 2)
    def forward(self, ids):
        x = self.words(ids)
        return F.scaled_dot_product_attention(x, x, x)
"""
FAILS = (
    "net.py, line 12: self.fc(x.flatten(1)) gets 1x8, but its weight is 4x7: "
    "mat1 and mat2 shapes cannot be multiplied (1x8 and 7x4); give it 7 features, or make the layer nn.Linear(8, 4) (given: x 1x1x3x3)"
)
SHORT = "self.fc(x.flatten(1)) gets 1x8, but its weight is 4x7 (net.py, line 12)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "words.txt").write_text("[UNK]\nthe\ncat\nsat\n", encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="tensorreel")


def traced(*arguments: str) -> Any:
    result = run("trace", "model", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_forward_that_fails_is_one_sentence(folder: Path) -> None:
    result = run("model", "net.py:Net", "--input", "ones:1x1x3x3", "--to", "vtt")
    assert (result.exit_code, result.stderr) == (2, f"Error: {FAILS}\n")
    assert not (folder / "renders").exists()


def test_and_a_clip_up_to_that_line_if_that_is_wanted(folder: Path) -> None:
    quick = ["-q", "480p", "--fps", "4", "--seconds", "22", "--jobs", "1", "--no-cache"]
    result = run("model", "net.py:Net", "--input", "ones:1x1x3x3", "--film-error", *quick, "--to", "mp4,vtt,md", "-o", "failed")
    assert result.exit_code == 0, result.output
    said = script_of(folder / "failed.mp4")
    assert said is not None
    assert [phase for phase, _, _ in said.chapters][-2:] == ["fc: linear fails", "result"]
    assert said.marks[-1].say.startswith(SHORT)
    assert SHORT in (folder / "failed.vtt").read_text(encoding="utf-8").replace("\n", " ")
    assert "\n## fc: linear fails\n" in (folder / "failed-blank.md").read_text(encoding="utf-8")


def test_steps_of_a_trace_that_fails(folder: Path) -> None:
    found = traced("--net", "net.py:Net", "--input", "ones:1x1x3x3", "--film-error", "--steps=-2:")
    assert [(act["name"], len(act["steps"])) for act in found["acts"]] == [("conv1", 0), ("relu", 1), ("fc: linear fails", 1)]
    assert found["acts"][-1]["steps"][0]["value"] == "NaN"
    assert found["outputs"] == {}


def test_a_text_is_numbers_and_names(folder: Path) -> None:
    (folder / "words.json").write_text('{"the": 1, "cat": 2, "sat": 3}', encoding="utf-8")
    for vocabulary in ("words.txt", "words.json"):
        found = traced("--net", "net.py:Reader", "--tokens", "the cat sat", "--vocabulary", vocabulary)
        assert found["params"] == {"net": "Reader", "tokens": "the cat sat"}
        attention = next(act for act in found["acts"] if act["concept"] == "attention")
        assert attention["params"]["labels"] == ["the", "cat", "sat"]
        rows = [step["reads"]["weight"][0][0] for step in found["acts"][0]["steps"]]
        assert rows == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.py:Net", "--input", "[1]"], "no file none.py; did you mean 'net.py'"),
        (["net.py:Nett", "--input", "[1]"], "there is no 'Nett' in net.py; did you mean Net?"),
        (["net.py", "--input", "[1]"], "net.py is a file; say what in it is the model, such as net.py:Net"),
        (["net.py:Wide", "--input", "[1]"], "net.py:Wide needs width; write them, as in net.py:Wide(width=8)"),
        (["net.py:Net"], "the model is given nothing; give its input, or tokens and a vocabulary"),
        (["net.py:Net", "--input", "y=[1]"], "Net takes no y; give x"),
        (
            ["net.py:Reader", "--tokens", "the"],
            "tokens is given, but no vocabulary, and net.py has no function tokenize; give",
        ),
        (["net.py:Reader", "--tokens", "the", "--vocabulary", "none.txt"], "no file 'none.txt'; check the path"),
        (["net.py:Reader", "--tokens", " ", "--vocabulary", "words.txt"], "tokens is ' ', in which there is no word; give words"),
        (["net.py:Reader", "--vocabulary", "words.txt", "--input", "ids:1"], "vocabulary is 'words.txt', but no tokens are given to read"),
        (
            ["net.py:Reader", "--input", "ids:9"],
            "net.py, line 23: self.words(ids) gets place 9, but has 4 rows: index out of range",
        ),
        (["net.py:Reader", "--input", "[1.5]"], "net.py, line 23: self.words(ids) reads places, but gets float"),
    ],
)
def test_what_is_refused(folder: Path, arguments: list[str], sentence: str) -> None:
    result = run("model", *arguments, "--to", "vtt")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"Error: {sentence}")
    assert "Traceback" not in result.output
    assert {path.name for path in folder.iterdir()} <= {"net.py", "words.txt"}
