"""Which concepts there are and what they take, read from the source: asking costs neither torch nor an import of the concept."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError
from engine.shown import shown

if TYPE_CHECKING:
    from engine.trace import Trace

FOLDER = Path(__file__).parent / "concepts"
_MARK = "@concept("


@dataclass(frozen=True)
class Parameter:
    """An argument of a concept: its annotation as source text, its default unless it is ``required``, its line of the docstring.

    ``option`` is how it is spelled on the command line.
    """

    name: str
    annotation: str
    default: Any
    required: bool
    doc: str
    option: str

    @property
    def is_tensor(self) -> bool:
        """Whether it takes a tensor."""
        return self.annotation.startswith("TensorLike") or self.is_mask

    @property
    def is_mask(self) -> bool:
        """Whether it takes a tensor in which −∞ says something."""
        return self.annotation.startswith("MaskLike")

    @property
    def is_many(self) -> bool:
        """Whether it takes tensors by their names, one option for each."""
        return self.annotation.startswith("Mapping[str, TensorLike]")


@dataclass(frozen=True)
class Concept:
    """A concept as its file describes it; ``about`` is its docstring up to the arguments, ``returns`` what it says of the trace.

    ``finite`` says that only finite numbers make sense.
    """

    name: str
    title: str
    summary: str
    about: str
    returns: str
    example: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    finite: bool = False

    def open(self, arguments: Mapping[str, Any]) -> Trace:
        """Imports the concept and opens its trace."""
        function = getattr(import_module("engine"), self.name)
        trace: Trace = function(**arguments)
        return trace


@functools.cache
def concepts() -> dict[str, Concept]:
    """Every concept by name: the functions marked with ``@concept`` that bear the name of their file."""
    found = (_read(path) for path in sorted(FOLDER.rglob("*.py"), key=lambda path: path.stem))
    return {one.name: one for one in found if one is not None}


def module_of(name: str) -> str | None:
    """The module of a concept; none if there is no such concept."""
    for path in FOLDER.rglob(f"{name}.py") if name.isidentifier() else ():
        if _MARK in path.read_text(encoding="utf-8"):
            return ".".join(("engine", *path.relative_to(FOLDER.parent).with_suffix("").parts))
    return None


def find(name: str) -> Concept:
    """The concept of that name.

    Raises :class:`InputError` that names the nearest one.
    """
    known = concepts()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(known)}"
    raise InputError(f"there is no concept {shown(name)}; {hint}")


def _read(path: Path) -> Concept | None:
    source = path.read_text(encoding="utf-8")
    if _MARK not in source:
        return None
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == path.stem:
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "concept":
                    return _concept(node, {k.arg: ast.literal_eval(k.value) for k in mark.keywords if k.arg})
    return None


def _concept(node: ast.FunctionDef, marked: Mapping[str, Any]) -> Concept:
    doc = ast.get_docstring(node) or ""
    plain = doc.replace("``", "")
    lines = _entries(plain, "Args")
    returns = " ".join(_section(plain, "Returns").split())
    about = plain.split("\nArgs:")[0].strip()
    parameters = tuple(_parameters(node.args, lines, marked.get("options", {})))
    return Concept(
        name=node.name,
        title=marked["title"],
        summary=about.split("\n")[0],
        about=about,
        returns=returns,
        example=marked["example"],
        parameters=parameters,
        finite=marked.get("finite", False),
    )


def _parameters(arguments: ast.arguments, lines: Mapping[str, str], options: Mapping[str, str]) -> list[Parameter]:
    missing = object()
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[Any] = [missing] * (len(positional) - len(arguments.defaults)) + [ast.literal_eval(d) for d in arguments.defaults]
    keyword = [missing if d is None else ast.literal_eval(d) for d in arguments.kw_defaults]
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, keyword, strict=True)]
    return [
        Parameter(
            a.arg,
            ast.unparse(a.annotation) if a.annotation else "str",
            None if d is missing else d,
            d is missing,
            lines.get(a.arg, ""),
            options.get(a.arg, a.arg.replace("_", "-")),
        )
        for a, d in pairs
    ]


def _section(doc: str, name: str) -> str:
    """The indented lines under a heading of the docstring."""
    found = re.search(rf"^{name}:\n((?:[ ]+.*\n?)+)", doc, re.MULTILINE)
    return found.group(1) if found else ""


def _entries(doc: str, name: str) -> dict[str, str]:
    """The entries of such a section, by name."""
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", _section(doc, name), re.MULTILINE)
    return {entry: " ".join(text.split()) for entry, text in entries}
