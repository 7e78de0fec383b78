"""The source of torch code: the statement that stands in a line, and what is said of it."""

from __future__ import annotations

import ast
import functools
import io
import linecache
import tokenize
from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A statement as one line of ``text``; ``comment`` is what stands behind it."""

    text: str = ""
    comment: str = ""


def statement(file: str, line: int) -> Statement:
    """The statement in a line of a file; an empty one where there is no source."""
    return _statements(file, tuple(linecache.getlines(file))).get(line, Statement())


@functools.lru_cache(maxsize=8)
def _statements(file: str, lines: tuple[str, ...]) -> dict[int, Statement]:
    """By their lines; of statements in one another the innermost."""
    source = "".join(lines)
    try:
        tree = ast.parse(source)
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError):  # a cell of a notebook may begin with a command of its own
        return {}
    found: dict[int, Statement] = {}
    for node in ast.walk(tree):  # from the outside in
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            last = node.end_lineno or node.lineno
            one = Statement(ast.unparse(node), comments.get(last, ""))
            found |= dict.fromkeys(range(node.lineno, last + 1), one)
    return found


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("#: ").rstrip(" .") for token in tokens if token.type == tokenize.COMMENT}
