"""A user's file of code, imported: as it is now, with the files beside it, and leaving the paths of Python as they were."""

from __future__ import annotations

import linecache
import sys
import traceback
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from engine.errors import InputError
from engine.inputs.files import TEXT_LIMIT, read_bytes
from engine.shown import one_line

#: Modules from beside the files that were imported: they are read anew with the next file, which may have others of these names.
_beside: dict[str, ModuleType] = {}


def imported(file: Path, given: str = "") -> ModuleType:
    """The file as a module of its own; nothing is written beside it, and what was changed within a second is seen.

    ``given`` is what messages call it. Raises :class:`InputError` for no such file, and with the line at which it fails.
    """
    file, given = file.absolute(), given or str(file)
    content = read_bytes(file, given, TEXT_LIMIT, "give one with code")
    linecache.checkcache(str(file))
    module = ModuleType(f"tensorreel_own_{file.stem}_{zlib.crc32(str(file).encode()):x}")
    module.__file__ = str(file)
    module.__package__ = _package(file)
    sys.modules[module.__name__] = module
    with importable(file), told(file, given):
        exec(compile(content, str(file), "exec", dont_inherit=True), module.__dict__)
    return module


@contextmanager
def importable(file: Path) -> Iterator[None]:
    """Lets a file import what lies beside it, or above it if it is in a package."""
    for name, module in _beside.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]
    _beside.clear()
    paths, known, root = list(sys.path), set(sys.modules), _root(file)
    sys.path[:0] = dict.fromkeys(map(str, (file.parent, root)))
    try:
        yield
    finally:
        sys.path[:] = paths
        _beside.update({name: sys.modules[name] for name in sys.modules.keys() - known if _lies_in(name, (file.parent, root))})


@contextmanager
def told(file: Path, given: str) -> Iterator[None]:
    """Raises :class:`InputError` in place of whatever a user's code raises, with the line of the file."""
    try:
        yield
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        instead = ""
        if isinstance(error, ModuleNotFoundError) and error.name:
            instead = f"; install it, or put {error.name.partition('.')[0]}.py beside the file"
        reason = f"{type(error).__name__}: {one_line(_reason(error, file))}".rstrip(": ")
        raise InputError(f"{given}{_where(error, file)}: {reason}{instead}") from error


def _reason(error: BaseException, file: Path) -> str:
    if not isinstance(error, SyntaxError):
        return str(error)
    return error.msg if error.filename == str(file) else f"{error.msg} ({Path(error.filename or '').name}, line {error.lineno})"


def _where(error: BaseException, file: Path) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines.append(error.lineno)
    return f", line {lines[-1]}" if lines else ""


def _root(file: Path) -> Path:
    """The folder from which a package is imported that the file is in; its own folder if it is in none."""
    return next(folder for folder in file.parents if not (folder / "__init__.py").exists())


def _package(file: Path) -> str:
    return ".".join(file.parent.relative_to(_root(file)).parts)


def _lies_in(name: str, folders: tuple[Path, ...]) -> bool:
    """Whether a module, or the package that it is in, lies directly in a folder: what is installed below it does not."""
    top = sys.modules.get(name.partition(".")[0])
    file, within = getattr(top, "__file__", None), list(getattr(top, "__path__", ()))
    place = Path(within[0]) if within else Path(file) if file else None
    return place is not None and place.parent in folders
