"""What is printed: in any encoding, and to any stream, also one that is full or closed.

A sign that the encoding of the terminal does not have is spelled out (``-`` for ``−``, ``x`` for ``×``), other characters as ``\\\\x..`` or
``\\\\u....``; bytes of a file name that are no text come out as they are. JSON in another encoding than UTF-8 is ASCII, with escapes.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

SPELLED = {
    **{"␣": "_", "↵": "\\n"},
    **{"−": "-", "–": "-", "—": "-", "×": "x", "·": "*", "∗": "*", "÷": "/", "±": "+-", "≈": "~=", "≤": "<=", "≥": ">=", "≠": "!="},
    **{"…": "...", "⋯": "...", "•": "*", "→": "->", "←": "<-", "↓": "v", "↑": "^", "°": " deg", "²": "^2", "³": "^3", "ᵀ": "^T", "⊙": "o"},
    **{"√": "sqrt", "∞": "inf", "∂": "d", "Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod", "σ": "sigmoid", "δ": "delta", "θ": "theta"},
    **{"Φ": "Phi", "α": "alpha", "β": "beta", "γ": "gamma", "ε": "epsilon", "λ": "lambda", "μ": "mu", "′": "'", "\u0302": "^"},
    **{
        "⌊": "floor(",
        "⌋": ")",
        "⌈": "ceil(",
        "⌉": ")",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "□": "[]",
    },
}
SPELLING, ASCII = "tensorreel-spelled", "tensorreel-ascii"
#: Of a file name that is no text: bytes, as Python keeps them in a string.
RAW = range(0xDC80, 0xDD00)


def _spelled(error: UnicodeError) -> tuple[str | bytes, int]:
    """Handles one character that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if ord(character) in RAW:
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return SPELLED.get(character) or character.encode("ascii", "backslashreplace").decode(), error.start + 1


def _ascii(name: str) -> codecs.CodecInfo | None:
    # Click takes a terminal in ASCII for one that is set up wrongly, and writes UTF-8; not if it has another name.
    if name.replace("_", "-") != ASCII:
        return None
    found = codecs.lookup("ascii")
    return codecs.CodecInfo(found.encode, found.decode, None, None, found.incrementalencoder, found.incrementaldecoder, ASCII)


codecs.register_error(SPELLING, _spelled)
codecs.register(_ascii)


class Outlet(io.FileIO):
    """A stream of this process that remembers what kept it from being written, and then takes everything, for Python tries to the end."""

    def __init__(self, number: int, quiet: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self.failed: OSError | None = None
        self.quiet = quiet

    def write(self, data: Any, /) -> int:
        """Raises ``OSError`` at most once, and never if it is quiet."""
        if self.failed is None:
            try:
                return super().write(data) or 0
            except OSError as error:
                self.failed = error
                if not self.quiet:
                    raise
        return len(data)


@contextmanager
def prepared() -> Iterator[Callable[[], OSError | None]]:
    """Within the block, streams of this process are such as the module says; gives a function that says what keeps standard output back."""
    before = sys.stdout, sys.stderr
    outlets = [_prepared("stdout", 1), _prepared("stderr", 2)]
    ours = sys.stdout, sys.stderr
    try:
        yield lambda: outlets[0].failed if outlets[0] else None
    finally:
        for stream in ours:
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        # Streams that were closed stay as they are: Python has none for them.
        sys.stdout, sys.stderr = (new if old is None else old for new, old in zip(ours, before, strict=True))


def _prepared(name: str, number: int) -> Outlet | None:
    stream: Any = getattr(sys, name)
    if stream is None:
        _close(number)
    elif type(stream) is not io.TextIOWrapper or type(getattr(stream.buffer, "raw", stream.buffer)) is not io.FileIO:
        # A stream of a test, a notebook, or Windows' console.
        with suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(encoding=_encoding(stream.encoding), errors=SPELLING)
        return None
    else:
        stream.flush()
        number = stream.fileno()
    outlet = Outlet(number, quiet=name == "stderr")
    encoding = _encoding(stream.encoding if stream else "utf-8")
    fresh = io.TextIOWrapper(io.BufferedWriter(outlet), encoding, SPELLING, line_buffering=name == "stderr" or outlet.isatty())
    setattr(sys, name, fresh)
    return outlet


def _encoding(name: str) -> str:
    return ASCII if codecs.lookup(name).name == "ascii" else name


def _close(number: int) -> None:
    """Has a stream that was closed when the process began fail when it is written to, and no file get its number."""
    with suppress(OSError):
        while (handle := os.open(os.devnull, os.O_RDONLY)) < number:
            pass  # the numbers below it are closed as well
        if handle != number:
            os.close(handle)


def put(pieces: Iterable[str], *, is_json: bool = False) -> None:
    """Prints pieces of a text, or of JSON, in which only strings have characters beyond ASCII."""
    escape = (_BEYOND if codecs.lookup(sys.stdout.encoding).name != "utf-8" else _SURROGATES) if is_json else None
    for piece in pieces:
        sys.stdout.write(escape.sub(_escaped, piece) if escape else piece)
    sys.stdout.flush()


_BEYOND, _SURROGATES = re.compile(r"[^\x00-\x7f]"), re.compile("[\ud800-\udfff]")


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def murmur(text: str) -> None:
    """Says on standard error what nobody must hear."""
    with suppress(OSError, ValueError):
        click.echo(text, err=True)
