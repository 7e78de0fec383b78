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


def concepts() -> dict[str, Concept]:
    """Every concept that can be read, by name: the functions marked with ``@concept`` that bear the name of their file."""
    return _all()[0]


def unreadable() -> dict[str, str]:
    """What is wrong with the files of the other ones, a sentence each, by the names that they would have."""
    return _all()[1]


@functools.cache
def _all() -> tuple[dict[str, Concept], dict[str, str]]:
    found: dict[str, Concept] = {}
    wrong: dict[str, str] = {}
    for path in sorted(FOLDER.rglob("*.py"), key=lambda path: path.stem):
        try:
            read = _read(path)
        except SyntaxError as error:
            wrong[path.stem] = f"{path}, line {error.lineno}: {error.msg}"
        except UnicodeDecodeError:
            wrong[path.stem] = f"{path}: it is no text in UTF-8"
        except _UnreadableError as error:
            wrong[path.stem] = f"{path}, line {error.line}: {error}"
        else:
            if read is not None:
                found[read.name] = read
    return found, wrong


def module_of(name: str) -> str | None:
    """The module of a concept; none if there is no such concept."""
    for path in FOLDER.rglob(f"{name}.py") if name.isidentifier() else ():
        if _MARK in path.read_text(encoding="utf-8"):
            return ".".join(("engine", *path.relative_to(FOLDER.parent).with_suffix("").parts))
    return None


def find(name: str) -> Concept:
    """The concept of that name.

    Raises :class:`InputError` that names the nearest one, or what is wrong with its file.
    """
    known = concepts()
    if name in known:
        return known[name]
    if name in unreadable():
        raise InputError(f"the concept {name} cannot be read: {unreadable()[name]}")
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(known)}"
    raise InputError(f"there is no concept {shown(name)}; {hint}")


class _UnreadableError(Exception):
    """Something in the source of a concept that cannot be read without running it."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


def _literal(node: ast.expr, what: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise _UnreadableError(f"{what} is {shown(ast.unparse(node))}; give a number, a text or another literal", node.lineno) from None


def _read(path: Path) -> Concept | None:
    source = path.read_text(encoding="utf-8")
    if _MARK not in source:
        return None
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == path.stem:
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "concept":
                    return _concept(node, mark)
    return None


def _concept(node: ast.FunctionDef, mark: ast.Call) -> Concept:
    marked = {k.arg: _literal(k.value, f"{k.arg} of @concept") for k in mark.keywords if k.arg}
    for wanted in ("title", "example"):
        if wanted not in marked:
            raise _UnreadableError(f"@concept has no {wanted}; give one", mark.lineno)
    if node.args.vararg or node.args.kwarg:
        raise _UnreadableError(f"{node.name} takes any number of arguments; name all of them", node.lineno)
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
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return [
        Parameter(
            a.arg,
            ast.unparse(a.annotation) if a.annotation else "str",
            None if default is None else _literal(default, f"the default of {a.arg}"),
            default is None,
            lines.get(a.arg, ""),
            options.get(a.arg, a.arg.replace("_", "-")),
        )
        for a, default in pairs
    ]


def _section(doc: str, name: str) -> str:
    """The indented lines under a heading of the docstring."""
    found = re.search(rf"^{name}:\n((?:[ ]+.*\n?)+)", doc, re.MULTILINE)
    return found.group(1) if found else ""


def _entries(doc: str, name: str) -> dict[str, str]:
    """The entries of such a section, by name."""
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", _section(doc, name), re.MULTILINE)
    return {entry: " ".join(text.split()) for entry, text in entries}
