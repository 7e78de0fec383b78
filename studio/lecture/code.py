"""Code that a lecture names, such as ``net.py:Net``: where it stands, and which files it is made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

#: A file and what is named in it.
_FILE = re.compile(r"\s*(?P<file>.*\.py)(?P<name>:.*)?")


def placed(network: str, folder: Path) -> str:
    """A network whose file, if it is code in one, is that of ``folder``."""
    found = _FILE.fullmatch(network)
    return f"{folder / found['file']}{found['name'] or ''}" if found else network


def code_files(network: str, folder: Path) -> Iterator[Path]:
    """The file of a network, and all that it imports from beside it, each once; none of layers."""
    found = _FILE.fullmatch(network)
    waiting, seen = [folder / found["file"]] if found else [], set()
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [beside for name in _imported(file) if (beside := file.parent / f"{name}.py").is_file()]
            yield file


def _imported(file: Path) -> Iterator[str]:
    """The names of modules that it imports; none where it is no code."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from [node.module.partition(".")[0]] if node.module else [alias.name for alias in node.names]
