"""Which concepts there are: those in ``engine/concepts``, and those of a user in the folders that ``TENSORREEL_PATH`` names."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from engine.declared import BACK, MARK, Concept, Parameter, UnreadableError, declared
from engine.errors import InputError
from engine.imported import imported
from engine.shown import shown

if TYPE_CHECKING:
    from engine.trace import Trace

__all__ = ["Concept", "Parameter", "code_of", "concepts", "find", "function_of", "is_own", "trace_of", "unreadable"]

FOLDER = Path(__file__).parent / "concepts"
#: Folders with a user's own concepts, separated as in ``PATH``.
VARIABLE = "TENSORREEL_PATH"


def concepts() -> dict[str, Concept]:
    """Every concept that can be read, by name: marked functions that bear the name of their file, and ways back of torch code."""
    return _all(os.environ.get(VARIABLE, ""))[0]


def unreadable() -> dict[str, str]:
    """What is wrong with the files of the other ones, a sentence each, by the names that they would have."""
    return _all(os.environ.get(VARIABLE, ""))[1]


@functools.cache
def _all(path: str) -> tuple[dict[str, Concept], dict[str, str]]:
    found: dict[str, Concept] = {}
    wrong: dict[str, str] = {}
    for file in _files(path):
        try:
            own = [one for one in declared(file) if one.name == file.stem or not file.is_relative_to(FOLDER)]
        except SyntaxError as error:
            wrong[file.stem] = f"{file}, line {error.lineno}: {error.msg}"
        except UnicodeDecodeError:
            wrong[file.stem] = f"{file}: it is no text in UTF-8"
        except OSError as error:
            wrong[file.stem] = f"{file}: {error.strerror}"
        except UnreadableError as error:
            wrong[file.stem] = f"{file}, line {error.line}: {error}"
        else:
            wrong |= {one.name: f"{file}: {found[one.name].file} has a concept of that name" for one in own if one.name in found}
            found |= {one.name: one for one in own if one.name not in found}
    backs = [one.back for one in found.values() if one.has_back and one.name + BACK not in found]
    return dict(sorted((found | {one.name: one for one in backs}).items())), wrong


def _files(path: str) -> Iterator[Path]:
    yield from sorted(FOLDER.rglob("*.py"), key=lambda file: file.stem)
    for folder in filter(None, path.split(os.pathsep)):
        yield from sorted(Path(folder).expanduser().absolute().glob("*.py"))


def is_own(name: str) -> bool:
    """Whether a concept is a user's own."""
    return name in concepts() and not concepts()[name].file.is_relative_to(FOLDER)


def single() -> dict[str, Concept]:
    """Those whose trace is no play of others, by their names."""
    return {name: concept for name, concept in concepts().items() if not concept.is_play}


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


def trace_of(concept: Concept, arguments: dict[str, Any]) -> Trace:
    """Imports the concept and opens its trace."""
    trace: Trace = _loaded(concept)(**arguments)
    return trace


def function_of(name: str) -> Callable[..., Any] | None:
    """The function of a concept; none if there is no such concept."""
    if not name.isidentifier():
        return None
    for wanted, read in ((name, _itself), (name.removesuffix(BACK), _back)):
        for file in FOLDER.rglob(f"{wanted}.py"):
            if MARK in file.read_text(encoding="utf-8") and (found := read(getattr(import_module(_module(file)), wanted))):
                return found
    return _loaded(concepts()[name]) if name in concepts() else None


@functools.cache
def code_of(name: str) -> Callable[..., Any] | None:
    """The computation itself of a concept that is torch code; none of others."""
    file = next(FOLDER.rglob(f"{name}.py"), None) if name.isidentifier() else None
    if file is None or not any(one.is_code for one in declared(file)):
        return None
    found: Callable[..., Any] = getattr(import_module(_module(file)), name).__wrapped__
    return found


def _itself(function: Any) -> Callable[..., Any] | None:
    return function  # type: ignore[no-any-return]


def _back(function: Any) -> Callable[..., Any] | None:
    return getattr(function, "back", None)


def _loaded(concept: Concept) -> Callable[..., Any]:
    module = import_module(_module(concept.file)) if concept.file.is_relative_to(FOLDER) else _own(concept.file)
    found: Callable[..., Any] = getattr(module, concept.of).back if concept.of else getattr(module, concept.name)
    return found


def _module(file: Path) -> str:
    return ".".join(("engine", *file.relative_to(FOLDER.parent).with_suffix("").parts))


@functools.cache
def _own(file: Path) -> ModuleType:
    """A user's file, imported. Raises :class:`InputError` with the line at which that fails."""
    return imported(file)
