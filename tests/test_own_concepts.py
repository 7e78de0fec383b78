"""Concepts of a user's own: a file with torch code in a folder that ``TENSORREEL_PATH`` names is all that it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from click.testing import CliRunner, Result

from cli import main
from engine import catalogue
from engine.catalogue import VARIABLE

OWN = '''
from engine import concept


@concept(title="Score", example={"x": "[[1,-2],[3,4]]", "w": "[0.5,1]"}, grad="[1,2]")
def score(x, w, shift: float = 1.0):
    """A weighted row, squashed.

    Args:
        x: rows.
        shift: is added.
    """
    z = x @ w + shift  # the weighted sum
    return z * z
'''
INPUT = ("--x", "[[1,-2],[3,4]]", "--w", "[0.5,1]")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a concept."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    yield tmp_path
    catalogue._all.cache_clear()
    catalogue._own.cache_clear()


def run(*arguments: str) -> Result:
    catalogue._all.cache_clear()
    return CliRunner().invoke(main, arguments)


def test_it_is_listed_shown_and_traced(folder: Path) -> None:
    listed = run("list").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in listed if line.startswith("score")] == [
        ["score", "A weighted row, squashed."],
        ["score_backward", "What comes back through score: the adjoint of everything that its result depends on."],
    ]
    shown = run("show", "score").stdout
    assert "--x  (tensor; required)\n      rows.\n" in shown
    assert "--shift  (default 1.0)\n      is added.\n" in shown
    assert "Result" not in shown
    found = json.loads(run("trace", "score", *INPUT, "--format", "json").stdout)
    assert [step["value"] for step in found["steps"]] == [-0.5, 6.5, 0.25, 42.25]
    assert found["steps"][0]["say"] == "z[0], the weighted sum: 1·0.5 + (−2)·1 + 1 = −0.5."


def test_its_way_back(folder: Path) -> None:
    found = json.loads(run("trace", "score_backward", *INPUT, "--grad-output", "[1,2]", "--format", "json").stdout)
    assert found["outputs"]["grad_z"]["data"] == [-1.0, 26.0]
    assert found["outputs"]["grad_x"]["data"] == [[-0.5, -1.0], [13.0, 26.0]]
    assert found["outputs"]["grad_w"]["data"] == [77.0, 106.0]
    assert found["reference"]["name"].startswith("torch.autograd.grad of score")


@pytest.mark.parametrize("name", ["score", "score_backward"])
def test_its_film(folder: Path, name: str) -> None:
    done = run("render", name, *INPUT, "--seconds", "8", "--quality", "480p", "-o", str(folder / "film"))
    assert done.exit_code == 0, done.stderr
    with av.open(str(folder / "film.mp4")) as film:
        assert film.streams.video[0].frames >= 30


PLAY = '''
from mine import score
from engine import concept
from engine.play import Act, Play, play
from engine.trace import TensorLike


@concept(title="Twice", example={"x": "[[1,-2],[3,4]]", "w": "[0.5,1]"})
def twice(x: TensorLike, w: TensorLike) -> Play:
    """A score, and the score of that.

    Args:
        x: rows.
        w: weights.
    """
    first = score(x, w)
    second = score(x, first.outputs["output"])
    acts = [Act("once", first), Act("again", second, {"w": ("once", "output"), "x": ("once", "x")})]
    return play(acts, params={}, reference=second.reference, opening="Once, then again.", closing="Done.")
'''


def test_a_play(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed, printed and rendered as any other concept."""
    monkeypatch.syspath_prepend(str(folder))
    (folder / "twice.py").write_text(PLAY, encoding="utf-8")
    assert "twice" in run("list").stdout
    assert "twice_backward" not in run("list").stdout
    found = json.loads(run("trace", "twice", *INPUT, "--format", "json", "--steps", "3:6").stdout)
    assert [(act["name"], [step["index"] for step in act["steps"]]) for act in found["acts"]] == [("once", [3]), ("again", [4, 5])]
    assert found["acts"][1]["takes"] == {"w": ["once", "output"], "x": ["once", "x"]}
    done = run("render", "twice", *INPUT, "--seconds", "14", "--quality", "480p", "-o", str(folder / "film"))
    assert done.exit_code == 0, done.stderr
    with av.open(str(folder / "film.mp4")) as film:
        assert film.streams.video[0].frames == 420
        chapters = [chapter["metadata"]["title"] for chapter in film.chapters()]
    assert chapters == ["once: z", "once: z to output", "again: z", "again: z to output", "result"]
    refused = run("render", "twice", *INPUT, "--seconds", "5", "--quality", "480p", "-o", str(folder / "film"))
    assert "--seconds is 5; give at least 7.8 for 2 acts and at most a day" in refused.stderr


def test_it_is_imported_by_its_name(folder: Path) -> None:
    import engine

    catalogue._all.cache_clear()
    try:
        assert len(engine.score([[1, 2]], [3, 4])) == 2
    finally:
        vars(engine).pop("score", None)


HEAD = "from engine import concept\n@concept(title='T', example={})\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("torn", f"{HEAD}def torn(x:\n", r"line 3: '\(' was never closed"),
        ("lost", f"{HEAD}def lost(x): return x\nimport nowhere\n", "line 4: ModuleNotFoundError: No module named 'nowhere'"),
        ("odd", f"{HEAD.replace('T', 'x').replace(chr(39), '')}def odd(x): return x\n", "line 2: title of @concept is 'x'; give"),
        ("wrong", f"{HEAD}def wrong(x):\n    return x.frob()\n", "line 4, cannot be computed with x 1: 'Tensor' object has no"),
    ],
)
def test_bad_code_is_one_sentence_and_stops_nothing_else(folder: Path, name: str, text: str, said: str) -> None:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    done = run("trace", name, "--x", "[1]")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{name}.py" in done.stderr
    assert re.search(said, done.stderr), done.stderr
    assert done.stderr.count("\n") <= 4
    assert "score" in run("list").stdout
    assert run("trace", "score", *INPUT).exit_code == 0


def test_a_name_that_is_taken_is_refused(folder: Path) -> None:
    (folder / "conv.py").write_text(OWN.replace("def score", "def conv2d"), encoding="utf-8")
    done = run("list")
    assert "conv2d cannot be read" in done.stderr
    assert "has a concept of that name" in done.stderr
    assert "score" in done.stdout


def test_a_folder_that_is_not_there_has_no_concepts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(folder / "nowhere"))
    done = run("list")
    assert "\nscore" not in done.stdout
    assert done.stderr == ""
