"""The rules of the house: who may import whom, what a scene may not do, and that a new file is all that a new concept takes."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.catalogue import concepts, find
from scenes.parts.cast import scene_class

ROOT = Path(__file__).parents[1]
#: From the ground up: each may import those before it.
FLOORS = ("engine", "scenes", "studio", "cli")
#: What only the floors above may know of.
NOT_HERE = {"engine": ("manim", "av", "click", "rich", "tests"), "scenes": ("av", "click", "rich", "tests")}
MODULES = [*(path for floor in FLOORS[:-1] for path in sorted((ROOT / floor).rglob("*.py"))), ROOT / "cli.py"]
SCENES = sorted(path for path in (ROOT / "scenes").glob("*.py") if path.name != "__init__.py")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(module: ast.Module) -> Iterator[str]:
    """The first part of every module that is imported anywhere, also inside of functions and by name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield ast.unparse(node.args[0]).strip("'\"f").split(".")[0]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


#: All modules, as imports name them.
NAMES = {*map(dotted, MODULES)}


def test_every_module_is_seen() -> None:
    assert {relative(path).split("/")[0].removesuffix(".py") for path in MODULES} == set(FLOORS)
    assert set(imports(tree(ROOT / "cli.py"))) >= {"click", "engine", "studio"}
    assert "scenes" in set(imports(tree(ROOT / "studio" / "render.py")))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_go_one_way(path: Path) -> None:
    floor = relative(path).split("/")[0].removesuffix(".py")
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    forbidden = {*above, *NOT_HERE.get(floor, ())}
    assert not forbidden & set(imports(tree(path)))


def imported(path: Path) -> set[str]:
    """The modules of the house that a module imports, at its top or inside of a function."""
    found: set[str] = set()
    left: list[ast.AST] = [tree(path)]
    while left:
        node = left.pop()
        # What is imported for annotations alone is never run: a record may say that it is made of a trace, which makes records.
        is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        left += [] if is_for_types else ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one if one in NAMES else str(node.module) for one in inner}
    return found & NAMES


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """What is left when all is taken away, again and again, that leads to nothing else or that nothing else leads to."""
    left = dict(arrows)
    while True:
        led_to = set().union(*left.values())
        kept = {name: others & left.keys() for name, others in left.items() if name in led_to and others & left.keys()}
        if len(kept) == len(left):
            return sorted(kept)
        left = kept


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == ["a", "b", "c"]
    assert circle({"a": {"b"}, "b": {"a", "c"}, "c": set(), "d": {"a"}}) == ["a", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_there_is_no_circle_of_imports_inside_a_room(floor: str) -> None:
    own = [path for path in MODULES if relative(path).startswith(f"{floor}/") and path.name != "__init__.py"]
    arrows = {dotted(path): imported(path) for path in own}
    assert sum(map(len, arrows.values())) > len(arrows)
    assert not circle(arrows)


# --- sizes and words ---------------------------------------------------------------------------------------------------------------------

#: Lines of a file; of a function from its ``def`` to its end, without the docstring; of the body of half of all functions.
MOST_OF_A_FILE, MOST_OF_A_FUNCTION, MEDIAN = 300, 40, 5


def functions(module: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]


def without_docstring(function: ast.FunctionDef, first: int) -> int:
    """Lines from ``first`` to the end of a function, those of its docstring left out."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    said = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or first) - first + 1 - said


def test_lines_are_counted() -> None:
    (function,) = functions(ast.parse('@mark\ndef f(\n    x\n):\n    """Says\n    two."""\n    y = x\n\n    return y'))
    assert without_docstring(function, function.lineno) == 6
    assert without_docstring(function, function.body[0].lineno) == 3


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_OF_A_FILE
    lengths = {function.name: without_docstring(function, function.lineno) for function in functions(tree(path))}
    assert {name: length for name, length in lengths.items() if length > MOST_OF_A_FUNCTION} == {}


def test_half_of_all_functions_are_very_short() -> None:
    found = [function for path in MODULES for function in functions(tree(path))]
    assert statistics.median(without_docstring(function, function.body[0].lineno) for function in found) <= MEDIAN


def code_lines(path: Path) -> int:
    """Lines of a file that are neither empty nor part of a docstring."""
    text, module = path.read_text(encoding="utf-8"), tree(path)
    said: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            said |= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    return sum(bool(line.strip()) and number not in said for number, line in enumerate(text.splitlines(), start=1))


@pytest.mark.parametrize("name", ["softmax", "losses/cross_entropy", "normalization/layer_norm", "rms_norm", "linear"])
def test_a_concept_that_is_torch_code_is_short(name: str) -> None:
    own, picture = (code_lines(ROOT / place) for place in (f"engine/concepts/{name}.py", f"scenes/{name.split('/')[-1]}.py"))
    assert 10 < own <= 41
    assert own + picture <= 60


def types(module: ast.Module) -> Iterator[str]:
    """The classes at the top of a module, and what it calls types: names such as ``Cell``."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and re.fullmatch("[A-Z][a-z]+.+", node.targets[0].id):
            yield node.targets[0].id


def test_a_class_or_type_has_one_meaning() -> None:
    seen = [name for path in MODULES for name in types(tree(path)) if not name.startswith("_")]
    assert len(seen) > 200
    assert {name for name in seen if seen.count(name) > 1} == set()


@pytest.mark.parametrize("path", SCENES, ids=relative)
def test_scenes_neither_compute_nor_write_numbers(path: Path) -> None:
    module = tree(path)
    assert "torch" not in set(imports(module))
    for node in ast.walk(module):
        assert not (isinstance(node, ast.FormattedValue) and node.format_spec is not None), f"line {node.lineno} formats a number"
        assert not (isinstance(node, ast.Name) and node.id in ("torch", "format", "round")), f"line {node.lineno}: {node.id}"
        assert not (isinstance(node, ast.Attribute) and node.attr == "format"), f"line {node.lineno} formats a number"
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant | ast.JoinedStr)), (
            f"line {node.lineno} formats a number"
        )


@pytest.mark.parametrize("name", concepts())
def test_every_concept_has_a_scene_and_tests(name: str) -> None:
    assert scene_class(name).concept == name
    name = find(name).of or name
    assert "def test_" in (ROOT / "tests" / "engine" / f"test_{name}.py").read_text(encoding="utf-8")


def test_every_scene_has_a_concept() -> None:
    assert {path.stem for path in SCENES} <= {*concepts(), "whole", "failed"}  # what is not worked out is no concept, but it is seen


# --- a third concept ---------------------------------------------------------------------------------------------------------------------

SCALE = '''
"""Scaling."""

from __future__ import annotations

from engine.blocks import Blocks
from engine.stage import Stage, Work, number
from engine.mark import concept
from engine.trace import Cell, TensorLike, Trace, compare, floating, largest


@concept(title="Scaling", example={"input": "[1,2,3]", "factor": 0.5})
def scale(input: TensorLike, factor: float = 2.0) -> Trace:
    """Every number is multiplied by the same factor.

    Args:
        input: any shape.
        factor: what every number
            is multiplied by.
    """
    x = floating("input", input).flatten()
    y = x * factor

    def work(cell: Cell) -> Work:
        return Work([(number(float(x[cell]), "input", cell), number(factor))])

    stage = Stage(path="output", values=y, work=work, say=lambda cell, *_: f"Number {cell[0]}.")
    blocks = Blocks()
    blocks.box("scaled", "all", (0,), tuple(y.shape))
    return Trace(
        params={"factor": factor},
        inputs={"input": x},
        outputs={"output": y},
        reference=compare("torch.mul", y, x * factor, largest(x)),
        stages={"scaled": stage},
        blocks=blocks,
        opening="Numbers.",
        closing="All is done.",
        formula="x",
    )
'''
SCALE_SCENE = """
from scenes.parts.motion import switch
from scenes.parts.reel import Reel


class Scale(Reel):
    concept = "scale"

    def layout(self, trace):
        self.place([], [])

    def show(self, beat):
        return [switch(0.5, lambda late: None)]
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages with one concept more."""
    for floor in FLOORS[:-1]:
        shutil.copytree(ROOT / floor, tmp_path / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "cli.py", tmp_path)
    (tmp_path / "engine" / "concepts" / "scale.py").write_text(SCALE, encoding="utf-8")
    (tmp_path / "scenes" / "scale.py").write_text(SCALE_SCENE, encoding="utf-8")
    return tmp_path


def tensorreel(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "cli", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_concept_needs_no_edit(copy: Path) -> None:
    listed = tensorreel(copy, "list").splitlines()
    assert [line.split()[0] for line in listed] == sorted([*concepts(), "scale"])
    assert ["scale", "Every number is multiplied by the same factor."] in [line.split(maxsplit=1) for line in listed]

    shown = tensorreel(copy, "show", "scale")
    assert "  --input  (tensor; required)\n      any shape.\n" in shown
    assert "  --factor  (default 2.0)\n      what every number is multiplied by.\n" in shown
    assert "tensorreel render scale --input '[1,2,3]' --factor 0.5\n" in shown

    helped = tensorreel(copy, "render", "scale", "--help")
    assert "--factor X" in helped
    assert "[default: 2.0]" in helped

    trace = json.loads(tensorreel(copy, "trace", "scale", "--input", "[1,2]", "--factor", "3", "--format", "json"))
    assert trace["params"] == {"factor": 3.0}
    assert trace["outputs"] == {"output": {"shape": [2], "data": [3.0, 6.0]}}
    assert [step["terms"] for step in trace["steps"]] == [[[1.0, 3.0]], [[2.0, 3.0]]]

    written = tensorreel(copy, "render", "scale", "--input", "[1,2]", "-q", "480p", "--fps", "5", "--seconds", "8")
    assert written == f"{Path('renders', 'scale.mp4')} and {Path('renders', 'scale.vtt')} (8.0 s)\n"
    assert (copy / "renders" / "scale.mp4").stat().st_size > 1000


def test_the_concept_of_the_contributing_guide_works(copy: Path) -> None:
    """Its three files, as they stand there."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    places = ["engine/concepts/cumsum.py", "scenes/cumsum.py", "test_cumsum.py"]
    for place, block in zip(places, blocks, strict=True):
        (copy / place).write_text(block, encoding="utf-8")
    trace = json.loads(tensorreel(copy, "trace", "cumsum", "--input", "[3,-1,4]", "--format", "json"))
    assert trace["concept"] == "cumsum"
    assert trace["outputs"]["output"]["data"] == [3.0, 2.0, 6.0]
    tensorreel(copy, "render", "cumsum", "--input", "[3,-1,4]", "-q", "480p", "--fps", "5", "--seconds", "8")
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_cumsum.py"], cwd=copy, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()
