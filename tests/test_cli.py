from __future__ import annotations

import importlib.metadata
import inspect
import json
import math
import pickle
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from click.testing import CliRunner, Result

import engine
import studio.files
import studio.progress
from cli import main
from engine.catalogue import concepts, single
from engine.inputs.arguments import open_example
from engine.inputs.load import load

ROOT = Path(__file__).parents[1]
INPUT, WEIGHT = "[[1,2,3],[4,5,6],[7,8,9]]", "[[1,0],[0,-1]]"
SMALL = ["--input", INPUT, "--weight", WEIGHT]
QUICK = ["-q", "480p", "--fps", "5", "--seconds", "8"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="tensorreel")


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def traced(*arguments: str) -> Any:
    """What ``trace ... --format json`` prints, read by the letter of the standard."""
    return json.loads(printed("trace", *arguments, "--format", "json"), parse_constant=refuse_constant)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- help, lists, descriptions -----------------------------------------------------------------------------------------------------------


def test_help_names_every_command() -> None:
    text = printed("--help")
    listed = re.findall(r"^  (\w+)  ", text.split("Commands:")[1], re.MULTILINE)
    assert listed == ["cache", "doctor", "insert", "lecture", "list", "model", "render", "show", "trace"]
    assert printed("-h") == text


def test_version() -> None:
    assert printed("--version") == f"tensorreel {importlib.metadata.version('tensorreel')}\n"


def test_list_has_a_line_for_every_concept() -> None:
    lines = printed("list").splitlines()
    assert [line.split()[0] for line in lines] == list(concepts())
    for line, concept in zip(lines, concepts().values(), strict=True):
        assert line.endswith(f"  {concept.summary}")


@pytest.mark.parametrize("name", ["conv1d", "conv2d"])
def test_show_names_every_option_with_its_default(name: str) -> None:
    text = printed("show", name)
    entries = dict(re.findall(r"^  --([\w-]+)(?:  \((.*)\))?\n", text, re.MULTILINE))
    signature = inspect.signature(getattr(engine, name)).parameters
    assert list(entries) == [parameter.replace("_", "-") for parameter in signature]
    for parameter in signature.values():
        notes = entries[parameter.name.replace("_", "-")].split("; ")
        if parameter.default is inspect.Parameter.empty:
            assert notes == ["tensor", "required"]
        elif parameter.default is False:
            assert notes == ["flag"]
        elif parameter.default is not None:
            assert notes[-1] == f"default {parameter.default}"
    assert concepts()[name].summary in text
    assert f"Result:\n  {concepts()[name].returns}" in text
    assert "filters x" in concepts()[name].returns
    assert "one of zeros, reflect, replicate, circular" in entries["padding-mode"]
    for line in text.split("Options:\n")[1].split("\n\nResult:")[0].splitlines()[1::2]:
        assert line.startswith("      ")
        assert line.strip()


@pytest.mark.parametrize("name", single())
def test_the_example_runs_as_it_is_printed(name: str) -> None:
    example = printed("show", name).split("\nExample:\n")[1]
    program, command, *arguments = shlex.split(example)
    assert (program, command, arguments[0]) == ("tensorreel", "render", name)
    trace = traced(*arguments)
    assert trace["concept"] == name
    assert [step["index"] for step in trace["steps"]] == list(range(len(trace["steps"])))
    written = [(path, tuple(cell)) for step in trace["steps"] for path, found in step["writes"].items() for cell in found]
    computed = {path for path, _ in written}
    shapes = shapes_by_path(trace["outputs"])
    opened = open_example(name)
    assert shapes.keys() - computed == set(getattr(opened, "plain", ()))
    cells = {(path, cell) for path in computed for cell in product(*map(range, shapes[path]))}
    assert set(written) <= cells
    # Of some outputs a part is as it was.
    whole = {path for path in computed if path not in getattr(opened, "partly", ())}
    written, cells = [one for one in written if one[0] in whole], {one for one in cells if one[0] in whole}
    if not any(step.get("accumulate") for step in trace["steps"]):
        assert len(written) == len(cells)


def shapes_by_path(tensors: dict[str, Any], prefix: str = "") -> dict[str, list[int]]:
    found = {}
    for name, value in tensors.items():
        found |= {prefix + name: value["shape"]} if value.keys() == {"shape", "data"} else shapes_by_path(value, f"{prefix}{name}.")
    return found


@pytest.mark.parametrize("command", ["render", "trace"])
@pytest.mark.parametrize("name", ["conv1d", "conv2d"])
def test_options_are_those_of_the_signature(command: str, name: str) -> None:
    text = printed(command, name, "--help").split("Options:\n")[1]
    offered = re.findall(r"^  (?:-\w, )?--([\w-]+)", text, re.MULTILINE)
    signature = inspect.signature(getattr(engine, name)).parameters
    assert offered[: len(signature)] == [parameter.replace("_", "-") for parameter in signature]
    assert len(set(offered)) == len(offered)
    assert text.count("[required]") == 2
    assert "[zeros|reflect|replicate|circular]" in text


@pytest.mark.parametrize("command", ["render", "trace"])
def test_help_of_a_group_lists_the_concepts(command: str) -> None:
    listed = printed(command, "--help").split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed if not line.startswith("   ")] == list(concepts())


STARTUP = """
import sys
import cli

cli.main(sys.argv[1:], prog_name="tensorreel", standalone_mode=False)
print(sorted({"torch", "manim", "numpy"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        ("--help", []),
        ("--version", []),
        ("list", []),
        ("render --help", []),
        ("render conv2d --help", []),
        ("insert --help", []),
        ("trace conv1d --help", []),
        ("show conv2d", []),
        ("trace conv1d --input [1] --weight [1]", ["numpy", "torch"]),
    ],
)
def test_only_what_computes_imports_torch(arguments: str, imported: list[str]) -> None:
    command = [sys.executable, "-c", STARTUP, *arguments.split()]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert len(result.stdout.splitlines()) > 1
    assert result.stdout.splitlines()[-1] == str(imported)


# --- trace -------------------------------------------------------------------------------------------------------------------------------


def test_json_keeps_the_contract() -> None:
    trace = traced("conv2d", *SMALL, "--bias", "[0.1]")
    image, kernel = (torch.tensor(json.loads(text), dtype=torch.float64)[None, None] for text in (INPUT, WEIGHT))
    expected = F.conv2d(image, kernel, torch.tensor([0.1]).double())[0]
    assert list(trace) == ["concept", "params", "device", "dtype", "inputs", "steps", "outputs", "reference"]
    assert trace["concept"] == "conv2d"
    assert trace["params"] == {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros", "flip": False}
    assert trace["device"] == "cpu"
    assert trace["dtype"] == "float64"
    assert trace["inputs"] == {
        "input": {"shape": [1, 3, 3], "data": [json.loads(INPUT)]},
        "weight": {"shape": [1, 1, 2, 2], "data": [[json.loads(WEIGHT)]]},
        "bias": {"shape": [1], "data": [0.1]},
    }
    assert trace["outputs"].keys() == {"output"}
    assert trace["outputs"]["output"]["shape"] == [1, 2, 2]
    assert torch.allclose(torch.tensor(trace["outputs"]["output"]["data"]).double(), expected)
    assert trace["reference"].keys() == {"name", "max_abs_error"}
    assert trace["reference"]["name"] == "torch.nn.functional.conv2d"
    assert 0 <= trace["reference"]["max_abs_error"] < 1e-14

    assert len(trace["steps"]) == 4
    for k, step in enumerate(trace["steps"]):
        y, x = divmod(k, 2)
        corners = [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)]
        assert list(step) == ["index", "phase", "reads", "terms", "value", "writes", "formula", "say"]
        assert (step["index"], step["phase"]) == (k, "output")
        assert step["reads"] == {
            "input": [[0, *at] for at in corners],
            "weight": [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 1]],
            "bias": [[0]],
        }
        assert step["terms"] == [[3 * r + c + 1, w] for (r, c), w in zip(corners, [1, 0, 0, -1], strict=True)] + [[0.1]]
        assert step["value"] == trace["outputs"]["output"]["data"][0][y][x] == pytest.approx(-3.9)
        assert step["writes"] == {"output": [[0, y, x]]}
    opened = engine.conv2d(json.loads(INPUT), json.loads(WEIGHT), [0.1])
    assert [(step["formula"], step["say"]) for step in trace["steps"]] == [(step.formula, step.say) for step in opened]


def test_json_floats_read_back_the_same() -> None:
    given = {"input": "randn:2x5x5", "weight": "randn:3x2x2x2", "bias": "rand:3"}
    trace = traced("conv2d", *(part for name, text in given.items() for part in (f"--{name}", text)), "--seed", "7", "--padding", "2,1")
    tensors = {name: load(text, name=name, seed=7) for name, text in given.items()}
    for name, tensor in tensors.items():
        assert trace["inputs"][name] == {"shape": list(tensor.shape), "data": tensor.tolist()}
    assert trace["params"]["padding"] == [2, 1]
    output = torch.tensor(trace["outputs"]["output"]["data"], dtype=torch.float64)
    assert torch.allclose(output, F.conv2d(tensors["input"], tensors["weight"], tensors["bias"], padding=(2, 1)), atol=1e-13)
    written = {tuple(step["writes"]["output"][0]): step["value"] for step in trace["steps"]}
    assert all(output[cell].item() == value for cell, value in written.items())
    assert len(written) == output.numel()


def test_a_pipe_gets_valid_json() -> None:
    command = [sys.executable, "-m", "cli", "trace", "conv1d", "--input", "[1,2,3]", "--weight", "[1,-1]", "--format", "json"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert json.loads(result.stdout)["outputs"]["output"]["data"] == [[-1.0, -1.0]]
    assert result.stderr == ""


def test_json_with_nan_is_still_json() -> None:
    given = ["--input", "[[NaN,1,Infinity,-Infinity]]", "--weight", "[[1]]", "--allow-nan"]
    trace = traced("conv2d", *given)
    values = ["NaN", 1.0, "Infinity", "-Infinity"]
    assert trace["inputs"]["input"]["data"] == [[values]]
    assert [step["value"] for step in trace["steps"]] == values
    assert [step["terms"] for step in trace["steps"]] == [[[value, 1.0]] for value in values]
    assert trace["outputs"]["output"]["data"] == [[values]]
    assert [float(value) for value in values[1:]] == [1.0, math.inf, -math.inf]


@pytest.mark.parametrize(
    ("steps", "indices"),
    [("0:3", [0, 1, 2]), ("-1:", [3]), (":", [0, 1, 2, 3]), ("1:3", [1, 2]), (":-2", [0, 1]), ("2:99", [2, 3]), ("3:1", [])],
)
def test_steps_are_a_slice(steps: str, indices: list[int]) -> None:
    trace = traced("conv2d", *SMALL, "--steps", steps)
    assert [step["index"] for step in trace["steps"]] == indices
    assert trace["outputs"]["output"]["data"] == [[[-4.0, -4.0], [-4.0, -4.0]]]


def test_no_outputs() -> None:
    trace = traced("conv2d", *SMALL, "--no-outputs")
    assert list(trace) == ["concept", "params", "device", "dtype", "inputs", "steps", "reference"]
    for form in ("text", "md"):
        with_outputs = printed("trace", "conv2d", *SMALL, "--format", form)
        without = printed("trace", "conv2d", *SMALL, "--format", form, "--no-outputs")
        assert "output 1×2×2" in with_outputs
        assert "output 1×2×2" not in without
        assert len(without) < len(with_outputs)


def test_float32() -> None:
    trace = traced("conv2d", "--input", "rand:3x3", "--weight", "rand:2x2", "--dtype", "float32", "--device", "cpu")
    assert trace["dtype"] == "float32"
    data = torch.tensor(trace["inputs"]["input"]["data"], dtype=torch.float64)
    assert torch.equal(data, data.float().double())


def test_a_flag_and_a_choice_reach_the_concept() -> None:
    given = ["--input", "[1,2,3]", "--weight", "[1,10]", "--padding", "1", "--padding-mode", "circular", "--flip", "--device", "cpu"]
    trace = traced("conv1d", *given)
    assert (trace["params"]["flip"], trace["params"]["padding_mode"]) == (True, "circular")
    assert trace["outputs"]["output"]["data"] == [[31.0, 12.0, 23.0, 31.0]]


SHEET = ["--input", "[[1,-2,0.5],[4,5,-6],[7,8,9]]", "--weight", "[[1,0.25],[-3,2]]", "--bias", "[0.5]", "--stride", "2", "--padding", "1"]


def number(text: str) -> Decimal:
    return Decimal(text.strip("()").replace("−", "-"))


def total(terms: str) -> Decimal:
    """The sum of products as a reader works it out."""
    return sum((math.prod((number(part) for part in term.split("·")), start=Decimal(1)) for term in terms.split(" + ")), Decimal(0))


@pytest.mark.parametrize("form", ["text", "md"])
def test_a_worksheet_holds_the_right_sums(form: str) -> None:
    text = printed("trace", "conv2d", *SHEET, "--format", form).replace("\u00a0", " ")
    found = re.findall(r"^ +`?(output\[[^\]]*\]) = (.*) = ([^ `\n]*)`?$", text, re.MULTILINE)
    image, kernel = (torch.tensor(json.loads(SHEET[k]), dtype=torch.float64)[None, None] for k in (1, 3))
    output = F.conv2d(image, kernel, torch.tensor([0.5]).double(), stride=2, padding=1)[0]
    cells = [f"output[0, {y}, {x}]" for y in range(2) for x in range(2)]
    assert [name for name, _, _ in found] == cells
    for (_, terms, value), right in zip(found, output.flatten().tolist(), strict=True):
        assert total(terms) == number(value) == Decimal(str(right))
        assert len(terms.split(" + ")) == 5
    for line in ("input 1×3×3", "weight 1×1×2×2", "output 1×2×2"):
        assert len(re.findall(rf"^(?:### )?{line}$", text, re.MULTILINE)) == 1
    for k in range(1, 5):
        assert (f"\n{k}. " if form == "text" else f"\n- **Step {k}.** ") in text
    assert text.splitlines()[0] == ("2-D convolution" if form == "text" else "# 2-D convolution")


def test_markdown_tables_hold_the_tensors() -> None:
    text = printed("trace", "conv2d", *SHEET, "--format", "md")
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    # Below the columns and the rule; the rows of a matrix begin with their number.
    lines = [re.sub(r"^\| \*\*\d+\*\* ", "", line) for table in tables for line in table[2:]]
    rows = [[number(cell) for cell in line.strip("| ").split(" | ")] for line in lines]
    output = [[Decimal(str(value)) for value in row] for row in traced("conv2d", *SHEET)["outputs"]["output"]["data"][0]]
    given = [[[Decimal(str(value)) for value in row] for row in json.loads(SHEET[k])] for k in (1, 3)]
    assert rows == [*given[0], *given[1], [Decimal("0.5")], *output]


def test_text_is_the_default() -> None:
    assert printed("trace", "conv2d", *SMALL) == printed("trace", "conv2d", *SMALL, "--format", "text")


# --- render ------------------------------------------------------------------------------------------------------------------------------


def test_render_writes_a_clip_and_its_captions(folder: Path) -> None:
    result = run("render", "conv2d", *SMALL, *QUICK, "-o", "clip.mp4")
    assert result.exit_code == 0, result.output
    assert result.stdout == "clip.mp4 and clip.vtt (8.0 s)\n"
    assert result.stderr.startswith("  0%  beat 1 of ")
    assert names(folder) == {"clip.mp4", "clip.vtt"}
    assert (folder / "clip.mp4").read_bytes()[4:8] == b"ftyp"
    assert (folder / "clip.vtt").read_text(encoding="utf-8").startswith("WEBVTT\n")


def test_without_a_name_clips_go_to_renders(folder: Path) -> None:
    result = run("render", "conv1d", "--input", "[1,2,3]", "--weight", "[1,-1]", *QUICK, "--theme", "light", "--detail", "0")
    assert result.exit_code == 0, result.output
    assert names(folder) == {"renders", str(Path("renders", "conv1d.mp4")), str(Path("renders", "conv1d.vtt"))}


class BrokenError(Exception):
    """What goes wrong in the middle."""


def break_join(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    import studio.join

    def broken(path: Path, *_: Any) -> None:
        path.write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(studio.join, "join", broken)


def break_frame(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def frame(self: studio.progress.ProgressLines, frames: int) -> None:
        if frames >= 5:
            raise error

    monkeypatch.setattr(studio.progress.ProgressLines, "frame", frame)


def break_beat(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def beat(self: studio.progress.ProgressLines, number: int, beat: Any) -> None:
        if number == 1:
            raise error

    monkeypatch.setattr(studio.progress.ProgressLines, "beat", beat)


def break_captions(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def webvtt(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr("studio.forms.vtt.webvtt", webvtt)


@pytest.mark.parametrize("error", [BrokenError("the disk is full"), KeyboardInterrupt()], ids=["error", "interrupt"])
@pytest.mark.parametrize("break_it", [break_join, break_frame, break_beat, break_captions])
@pytest.mark.parametrize("older", [False, True], ids=["new", "older"])
def test_a_broken_render_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, break_it: Callable[..., None], error: BaseException, older: bool
) -> None:
    scratch, clips = folder / "scratch", folder / "clips"
    scratch.mkdir()
    clips.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    kept = {"clip.mp4": b"an older clip", "clip.vtt": b"its captions"} if older else {}
    for name, content in kept.items():
        (clips / name).write_bytes(content)
    break_it(monkeypatch, error)
    result = run("render", "conv2d", *SMALL, *QUICK, "-o", "clips/clip.mp4")
    if isinstance(error, KeyboardInterrupt):
        assert result.exit_code == 130
        assert "Aborted!" in result.stderr
    else:
        assert result.exit_code == 1
        assert "a bug of tensorreel's in studio/" in result.stderr
        assert "(BrokenError: the disk is full); please report the command" in result.stderr
    assert {path.name: path.read_bytes() for path in clips.iterdir()} == kept
    assert names(scratch) == set()


def test_a_killed_render_leaves_nothing(folder: Path) -> None:
    """The process itself, since a signal goes to a process."""
    clips = folder / "clips"
    clips.mkdir()
    command = [sys.executable, "-m", "cli", "render", "conv2d", *SMALL, "--seconds", "600", "-o", str(clips / "clip.mp4")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"beat 1 of" in process.stderr.readline()
        assert [path.name[:6] for path in clips.iterdir()] == [".clip."]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert names(clips) == set()


# --- what is refused ---------------------------------------------------------------------------------------------------------------------


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self.path,)


@pytest.fixture
def inputs(folder: Path) -> Path:
    (folder / "ragged.csv").write_text("1,2\n3\n")
    (folder / "words.csv").write_text("1,two\n3,4\n")
    (folder / "nan.csv").write_text("1,2\n3,nan\n")
    (folder / "empty.csv").touch()
    (folder / "folder.csv").mkdir()
    for name in ("huge.npy", "huge.csv"):
        with (folder / name).open("wb") as file:
            file.truncate(2 * 2**30)
    torch.save({"weight": Bomb(folder / "exploded")}, folder / "bomb.pt")
    (folder / "old_bomb.pt").write_bytes(pickle.dumps(Bomb(folder / "exploded")))
    (folder / "clips.mp4").mkdir()
    (folder / "taken.vtt").mkdir()
    return folder


def refused(folder: Path, *arguments: str) -> str:
    """The one line that says why; nothing is left behind."""
    before = names(folder)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1
    assert lines[-1] == errors[0]
    assert names(folder) == before
    return errors[0]


BAD_INPUTS = {
    "ragged list": (["--input", "[[1,2],[3]]"], ["--input", "row 1 has 1 value"]),
    "ragged file": (["--input", "ragged.csv"], ["--input", "line 2", "ragged.csv"]),
    "words": (["--input", "words.csv"], ["--input", "'two'", "line 1, column 2"]),
    "nan": (["--input", "nan.csv"], ["--input", "NaN at index [1, 1]", "--allow-nan"]),
    "inline nan": (["--input", "[[1,NaN]]"], ["--input", "NaN at index [0, 1]", "--allow-nan"]),
    "a number": (["--input", "5"], ["input", "height x width"]),
    "one axis": (["--input", "[1,2,3]"], ["input has shape 3"]),
    "five axes": (["--input", "ones:1x1x1x3x3"], ["input has shape 1x1x1x3x3"]),
    "rank of weight": (["--weight", "[1,2]"], ["weight has shape 2"]),
    "channels": (["--input", "ones:3x4x4", "--weight", "ones:1x2x2x2"], ["2 channels per filter", "3 channels"]),
    "groups": (["--input", "ones:3x4x4", "--weight", "ones:2x2", "--groups", "2"], ["groups is 2"]),
    "large kernel": (["--weight", "ones:6x6", "--padding", "1"], ["kernel of size 6", "padded input of size 5"]),
    "dilated kernel": (["--weight", "ones:2x2", "--dilation", "3"], ["dilated by 3 to 4"]),
    "stride 0": (["--stride", "0"], ["stride is 0", "at least 1"]),
    "stride as a word": (["--stride", "fast"], ["--stride is 'fast'"]),
    "three strides": (["--stride", "1,2,3"], ["stride is [1, 2, 3]"]),
    "padding": (["--padding", "-1"], ["padding is -1", "at least 0"]),
    "padding as a word": (["--padding", "some"], ["--padding is 'some'", "'same'"]),
    "same with stride": (["--padding", "same", "--stride", "2"], ["padding is 'same'", "stride 2"]),
    "reflection": (["--padding", "3", "--padding-mode", "reflect"], ["padding is 3", "'reflect'"]),
    "huge padding": (["--padding", "1000000"], ["padded cells", "would take about", "at most about"]),
    "groups as a fraction": (["--groups", "1.5"], ["--groups is '1.5'"]),
    "bias": (["--bias", "[1,2]"], ["bias has shape 2", "1 in all"]),
    "missing file": (["--input", "missing.csv"], ["--input", "no file 'missing.csv'"]),
    "empty file": (["--input", "empty.csv"], ["--input", "'empty.csv' is an empty file"]),
    "folder": (["--input", "folder.csv"], ["--input", "'folder.csv' is a folder"]),
    "here": (["--input", "."], ["--input", "'.' is a folder"]),
    "huge array": (["--input", "huge.npy"], ["--input", "2147483648 bytes"]),
    "huge table": (["--input", "huge.csv"], ["--input", "2147483648 bytes"]),
    "bomb": (["--weight", "bomb.pt"], ["--weight", "'bomb.pt'", "more than tensors"]),
    "old bomb": (["--weight", "old_bomb.pt"], ["--weight", "'old_bomb.pt'", "more than tensors"]),
    "near a kernel": (["--weight", "sobel_xx"], ["--weight", "did you mean sobel_"]),
    "no text": (["--input", ""], ["--input", "empty"]),
    "bad size": (["--size", "9x"], ["--size", "'9x'", "48x64"]),
    "size 0": (["--size", "0"], ["--size", "size 0 ", "from 1 to 4096"]),
}


@pytest.mark.parametrize("case", BAD_INPUTS)
@pytest.mark.parametrize("command", [["trace"], ["render", "-o", "clip.mp4"]], ids=["trace", "render"])
def test_bad_inputs(inputs: Path, command: list[str], case: str) -> None:
    given, holds = BAD_INPUTS[case]
    line = refused(inputs, command[0], "conv2d", *SMALL, *given, *command[1:])
    for words in holds:
        assert words in line


@pytest.mark.parametrize("steps", ["3", "a:b", "1:2:3", "", "1.5:", "::"])
def test_bad_steps(folder: Path, steps: str) -> None:
    line = refused(folder, "trace", "conv2d", *SMALL, "--steps", steps)
    assert f"--steps is {steps!r}" in line
    assert "A:B" in line


BAD_RENDERS = {
    "no folder": (["-o", "nowhere/clip.mp4"], ["'nowhere/clip.mp4'", "no folder 'nowhere'"]),
    "is a folder": (["-o", "clips.mp4"], ["'clips.mp4', which is to be written, is a folder"]),
    "captions are a folder": (["-o", "taken.mp4"], ["'taken.mp4'", "'taken.vtt'", "folder"]),
    "suffix": (["-o", "clip.avi"], ["'clip.avi'", ".mp4", "--to"]),
    "a form": (["--to", "mp4,avi"], ["'mp4,avi'", "mp4, "]),
    "no form": (["--to", ""], ["--to is ''"]),
    "no name": (["-o", "clips/"], ["'clips/'", "names no file"]),
    "long name": (["-o", f"{'a' * 300}.mp4"], ["-o is 'aaa", "name too long"]),
    "under a file": (["-o", "words.csv/clip.mp4"], ["no folder 'words.csv'"]),
    "no frames": (["--fps", "0"], ["--fps is 0"]),
    "negative frames": (["--fps", "-5"], ["--fps is -5"]),
    "many frames": (["--fps", "1000"], ["--fps is 1000"]),
    "one second": (["--seconds", "1"], ["--seconds is 1", "at least 7 "]),
    "no number of seconds": (["--seconds", "nan"], ["--seconds is 'nan'; give a finite number"]),
    "endless": (["--seconds", "inf"], ["--seconds is 'inf'; give a finite number"]),
    "detail": (["--detail", "-1"], ["--detail is -1"]),
    "quality": (["-q", "900p"], ["'900p'", "'1080p'"]),
    "theme": (["--theme", "pink"], ["'pink'", "'dark'"]),
}


@pytest.mark.parametrize("case", BAD_RENDERS)
def test_bad_renders(inputs: Path, case: str) -> None:
    given, holds = BAD_RENDERS[case]
    target = [] if "-o" in given else ["-o", "clip.mp4"]
    line = refused(inputs, "render", "conv2d", *SMALL, *target, *given)
    for words in holds:
        assert words in line


def test_a_folder_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(studio.files.tempfile, "NamedTemporaryFile", denied)
    line = refused(folder, "render", "conv2d", *SMALL, "-o", "clip.mp4")
    assert "'clip.mp4', where nothing can be written (Permission denied)" in line


@pytest.mark.parametrize(
    ("arguments", "holds"),
    [
        (["trace", "conv3d"], ["'conv3d'", "did you mean 'conv2d'?"]),
        (["render", "conv2", "-o", "clip.mp4"], ["'conv2'", "did you mean 'conv"]),
        (["show", "conv_1d"], ["'conv_1d'", "did you mean 'conv1d'?"]),
        (["show", "zzz"], ["'zzz'", "conv1d", "conv2d"]),
        (["rendr"], ["'rendr'", "'render'"]),
        (["trace", "conv2d", "--input", "[[1]]"], ["Missing option '--weight'"]),
        (["render", "conv2d", "--weight", "[[1]]"], ["Missing option '--input'"]),
        (["trace", "conv2d", *SMALL, "--strid", "2"], ["--strid", "--stride"]),
        (["trace", "conv2d", *SMALL, "--format", "yaml"], ["'yaml'", "'json'"]),
        (["trace", "conv2d", *SMALL, "--padding-mode", "mirror"], ["'mirror'", "'reflect'"]),
        (["trace", "conv2d", *SMALL, "--seed", "x"], ["--seed", "'x'"]),
    ],
)
def test_bad_commands(folder: Path, arguments: list[str], holds: list[str]) -> None:
    line = refused(folder, *arguments)
    for words in holds:
        assert words in line


@pytest.mark.parametrize(
    ("device", "has_mps", "holds"),
    [("cuda", False, "no CUDA GPU"), ("mps", False, "no Apple GPU"), ("mps", True, "no float64")],
)
def test_a_device_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch, device: str, has_mps: bool, holds: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    line = refused(folder, "trace", "conv2d", *SMALL, "--device", device)
    assert f"--device is {device!r}" in line
    assert holds in line
