"""What the file of a concept says of it, read from the source: asking costs neither torch nor an import of the concept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.shown import shown
from engine.signature import unannotated

MARK = "@concept("
BACK = "_backward"
#: What a way back begins with.
ADJOINT = "grad_output"
#: What the annotation of a result ends in where a function opens a trace, or a play of several.
PLAYS = "Play"
TRACES = ("Trace", PLAYS)
#: Annotations of tensors: as a user gives them, and as torch code has them.
TENSORS = ("TensorLike", "MaskLike", "Tensor", "Mask", "Indices")


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
        return self.annotation.split(" | ")[0] in TENSORS

    @property
    def is_mask(self) -> bool:
        """Whether it takes a tensor in which −∞ says something."""
        return self.annotation.startswith("MaskLike")

    @property
    def is_many(self) -> bool:
        """Whether it takes tensors by their names, one option for each."""
        return self.annotation.startswith("Mapping[str, TensorLike]")

    @property
    def is_inputs(self) -> bool:
        """Whether it takes what a network is called with: a tensor, or tensors by their names, one option for each."""
        return self.annotation.startswith("Inputs")


@dataclass(frozen=True)
class Concept:
    """A concept as its file describes it; ``about`` is its docstring up to the arguments, ``returns`` what it says of the trace.

    ``finite`` says that only finite numbers make sense, ``infinite`` names tensors in which −∞ is ordinary; ``is_code`` says that the
    function in its ``file`` is the computation itself, ``is_play`` that it opens a play of other traces, and ``grad`` is the adjoint with
    which its example goes back. A concept ``of`` another one is the way back of that.
    """

    name: str
    title: str
    summary: str
    about: str
    returns: str
    example: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    finite: bool = False
    infinite: tuple[str, ...] = ()
    file: Path = Path()
    is_code: bool = False
    is_play: bool = False
    grad: str | None = None
    of: str = ""

    @property
    def has_back(self) -> bool:
        """Whether its way back can be found; what takes an adjoint is one itself."""
        return self.is_code and all(one.name != ADJOINT for one in self.parameters)

    @property
    def back(self) -> Concept:
        """The way back of torch code."""
        about = f"What comes back through {self.name}: the adjoint of everything that its result depends on."
        doc = "the adjoint of the result, in its shape; ones if not given."
        return replace(
            self,
            name=self.name + BACK,
            title=f"{self.title}, backward",
            summary=about,
            about=about,
            returns=f"A trace; its outputs are grad_ and the name of each argument, and of what {self.name} computes on the way.",
            example={**({ADJOINT: self.grad} if self.grad is not None else {}), **self.example},
            parameters=(Parameter(ADJOINT, "Tensor | None", None, False, doc, "grad-output"), *self.parameters),
            is_code=False,
            of=self.name,
        )


#: What is read of a mark.
READ = ("title", "example", "options", "finite", "infinite", "grad")


class UnreadableError(Exception):
    """Something in the source of a concept that cannot be read without running it."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


def _literal(node: ast.expr, what: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise UnreadableError(f"{what} is {shown(ast.unparse(node))}; give a number, a text or another literal", node.lineno) from None


def declared(path: Path) -> Iterator[Concept]:
    """The concepts of a file. Raises :class:`UnreadableError` for one that cannot be read without running it."""
    source = path.read_text(encoding="utf-8")
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)] if MARK in source else []
    for node in functions:
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "concept":
                yield _concept(node, mark, path)


def _concept(node: ast.FunctionDef, mark: ast.Call, path: Path) -> Concept:
    marked = {k.arg: _literal(k.value, f"{k.arg} of @concept") for k in mark.keywords if k.arg in READ}
    for wanted in ("title", "example"):
        if wanted not in marked:
            raise UnreadableError(f"@concept has no {wanted}; give one", mark.lineno)
    if node.args.vararg or node.args.kwarg:
        raise UnreadableError(f"{node.name} takes any number of arguments; name all of them", node.lineno)
    doc = ast.get_docstring(node) or ""
    plain = doc.replace("``", "")
    lines = _entries(plain, "Args")
    returns = " ".join(_section(plain, "Returns").split())
    about = plain.split("\nArgs:")[0].strip()
    parameters = tuple(_parameters(node.args, lines, marked.get("options", {})))
    opens = "" if node.returns is None else ast.unparse(node.returns).strip("'\"")
    return Concept(
        name=node.name,
        title=marked["title"],
        summary=about.split("\n")[0],
        about=about,
        returns=returns,
        example=marked["example"],
        parameters=parameters,
        finite=marked.get("finite", False),
        infinite=tuple(marked.get("infinite", ())),
        file=path,
        is_code=not opens.endswith(TRACES),
        is_play=opens.endswith(PLAYS),
        grad=marked.get("grad"),
    )


def _parameters(arguments: ast.arguments, lines: Mapping[str, str], options: Mapping[str, str]) -> list[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return [
        Parameter(
            a.arg,
            _annotation(a.annotation, default),
            None if default is None else _literal(default, f"the default of {a.arg}"),
            default is None and not _annotation(a.annotation, default).endswith(" | None"),
            lines.get(a.arg, ""),
            options.get(a.arg, a.arg.replace("_", "-")),
        )
        for a, default in pairs
    ]


def _annotation(node: ast.expr | None, default: ast.expr | None) -> str:
    if node is not None:
        return ast.unparse(node).strip("'\"").replace("torch.Tensor", "Tensor")
    return unannotated(None if default is None else _literal(default, "a default"), default is None)


def _section(doc: str, name: str) -> str:
    """The indented lines under a heading of the docstring."""
    found = re.search(rf"^{name}:\n((?:[ ]+.*\n?)+)", doc, re.MULTILINE)
    return found.group(1) if found else ""


def _entries(doc: str, name: str) -> dict[str, str]:
    """The entries of such a section, by name."""
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", _section(doc, name), re.MULTILINE)
    return {entry: " ".join(text.split()) for entry, text in entries}
