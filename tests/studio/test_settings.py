"""The settings of a rendering are the same wherever they are given."""

from __future__ import annotations

import inspect
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from cli import main
from engine.errors import InputError
from studio.clip import render
from studio.lecture.spec import ClipPart, Lecture
from studio.settings import Settings

NAMES = [one.name for one in fields(Settings)]


def test_the_command_line_has_all_of_them_with_their_defaults() -> None:
    with main.make_context("tensorreel", ["list"]) as root:
        command = main.commands["render"].get_command(root, "conv2d")  # type: ignore[attr-defined]
        given = command.make_context("conv2d", ["--input", "[[1]]", "--weight", "[[1]]"]).params
    settings, rest = Settings.apart(given)
    assert (settings, {*NAMES, "output", "to", "input"} - {*given}, {*NAMES} & {*rest}) == (Settings(), set(), set())


def test_python_has_all_of_them_and_a_picture_for_a_notebook() -> None:
    shown = {name: one.default for name, one in inspect.signature(render).parameters.items()}
    assert {name: shown[name] for name in NAMES} == {**asdict(Settings()), "quality": "720p"}
    assert [*shown][:3] == ["trace", "path", "to"]


def test_a_lecture_has_the_same_defaults() -> None:
    known = {name: one.default for model in (Lecture, ClipPart) for name, one in model.model_fields.items()}
    shared = {name: known[name] for name in NAMES if name in known}
    assert shared == {name: getattr(Settings(), name) for name in ("quality", "fps", "detail", "seconds", "theme", "burn_captions", "code")}


@pytest.mark.parametrize(("chosen", "shown"), [(None, [False, True]), (True, [True, True]), (False, [False, False])])
def test_lines_of_torch_are_shown_of_own_concepts_unless_something_else_is_chosen(
    chosen: bool | None, shown: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = 'from torch import Tensor\nfrom engine import concept\n\n@concept(title="Twice", example={"input": "[1]"})\n'
    (tmp_path / "twice_own.py").write_text(own + 'def twice_own(input: Tensor) -> Tensor:\n    """Twice."""\n    return 2 * input\n')
    monkeypatch.setenv("TENSORREEL_PATH", str(tmp_path))
    assert [Settings(code=chosen).shows_code(name) for name in ("linear", "twice_own")] == shown


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("fps", "30", "fps is '30'; give a whole number"), ("jobs", 1.5, "jobs is 1.5; give a whole number"), ("seconds", "9", "a number")],
)
def test_what_is_no_number_is_refused(name: str, value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Settings.apart({name: value})
