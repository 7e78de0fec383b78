"""What the documents say is so: their commands run, their Python gives the results that stand beside it."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from scenes.parts.theme import THEMES

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "docs/guide.md", "examples/README.md"]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (name, body) for name in DOCUMENTS for kind, body in BLOCK.findall((ROOT / name).read_text(encoding="utf-8")) if kind == language
    ]


def commands() -> list[list[str]]:
    lines = [line for _, body in blocks("sh") for line in body.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith((".venv/bin/tensorreel ", "tensorreel "))]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_commands_run(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendering takes long; that the inputs open is what the trace shows."""
    monkeypatch.chdir(ROOT)
    command = [word.replace("photo.jpg", "examples/photo.png") for word in command]
    if command[0] == "render":
        group = main.commands["render"]
        parsed = group.get_command(click.Context(group, info_name="render"), command[1])
        context = parsed.make_context("render", command[2:])
        assert context.params["output"].startswith("renders/")
        shown = {"output", "seconds", "quality", "fps", "detail", "theme"}
        options = [option for option in parsed.params if option.name in shown]
        command = ["trace", command[1], *without(command[2:], {name for option in options for name in option.opts}), "--steps", "0:1"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output


def without(words: list[str], options: set[str]) -> list[str]:
    """The words but for those options and the word after each."""
    left, skip = [], False
    for word in words:
        skip, drop = word in options, skip
        if not skip and not drop:
            left.append(word)
    return left


def test_there_are_commands_to_try() -> None:
    assert len(commands()) >= 5


@pytest.mark.parametrize(("name", "body"), blocks("python"), ids=[name for name, _ in blocks("python")])
def test_python_runs_and_gives_what_is_written(name: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "renders").mkdir()
    monkeypatch.chdir(tmp_path)
    body = body.replace('"720p", 30', '"480p", 4').replace("fps=30", "fps=4")
    names: dict[str, object] = {}
    lines = body.splitlines()
    for node in ast.parse(body).body:
        code = ast.unparse(node)
        comment = lines[node.end_lineno - 1].partition("#")[2].strip()
        if isinstance(node, ast.Expr) and comment:
            value = eval(code, names)
            assert comment == repr(value) or comment.startswith("a torch tensor")
        else:
            exec(code, names)
    assert names["trace"]


def test_every_picture_is_there() -> None:
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in target:
                assert (ROOT / name).parent.joinpath(target).exists(), f"{name} points to {target}"


def test_the_colours_of_the_guide_are_those_of_the_themes() -> None:
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    themes = [THEMES[name] for name in re.findall(r"^\| \| (\w+) \| (\w+) \| (\w+) \|$", text, re.MULTILINE)[0]]
    rows = re.findall(r"^\| (\w+)(?:, \w+)? \| (#\w+) \| (#\w+) \| (#\w+) \|$", text, re.MULTILINE)
    assert {name for name, *_ in rows} == {"input", "weight", "output", "gradient", "query", "key", "value"}
    for name, *colours in rows:
        assert colours == [getattr(theme, name) for theme in themes]
