"""The one way out of the process: whatever ends a command becomes an exit code and one sentence.

0: done. 1: a bug of ours. 2: something that the user can mend. 130: Ctrl-C. 141: who reads what is printed has enough (``| head``).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from engine.errors import CheckError, InputError
from engine.shown import one_line, shown
from studio.printing import murmur, prepared
from studio.troubles import KNOWN, reason, remedy

#: With this in the environment a bug shows where it is.
DEBUG_VARIABLE = "TENSORREEL_DEBUG"
DONE, BUG, REFUSED, INTERRUPTED, ENOUGH = 0, 1, 2, 130, 141
#: A sentence need not be longer.
LONGEST = 600
ROOT, ROOMS = Path(__file__).parents[1], ("engine", "scenes", "studio", "cli.py")


def code_of(command: Callable[[], Any]) -> int:
    """The exit code of a command, after its sentence is said."""
    with prepared() as kept_back:
        try:
            found = command()
            sys.stdout.flush()
            return found if isinstance(found, int) else DONE
        except BaseException as error:
            return _told(error, kept_back())


def _told(error: BaseException, kept_back: OSError | None) -> int:
    """Says what happened; ``kept_back`` is what keeps standard output from being written."""
    if isinstance(kept_back, BrokenPipeError):
        return ENOUGH
    if isinstance(error, KeyboardInterrupt | click.Abort):
        murmur("Aborted!")
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        murmur(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n")
    code, message = _sentence(error) if kept_back is None else (REFUSED, _of_output(kept_back))
    if code == BUG and os.environ.get(DEBUG_VARIABLE):
        murmur("".join(traceback.format_exception(error)))
    murmur(f"Error: {sentence(message)}")
    return code


def _of_output(error: OSError) -> str:
    how = remedy(error) if error.errno in KNOWN else "leave it open, or send it to a file"
    return f"standard output cannot be written ({reason(error)}); {how}"


def _sentence(error: BaseException) -> tuple[int, str]:
    if isinstance(error, click.ClickException):
        return REFUSED, error.format_message()
    if isinstance(error, InputError):
        return REFUSED, str(error)
    if isinstance(error, MemoryError):
        return REFUSED, "there is not enough memory for this; give smaller inputs, or fewer processes by --jobs"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return REFUSED, f"the system starts no more processes ({error}); {remedy(OSError(errno.EAGAIN, ''))}"
    if isinstance(error, UnicodeEncodeError):
        return REFUSED, f"{shown(error.object)} is not text that can be written in {error.encoding}; give names and texts in UTF-8"
    if isinstance(error, OSError) and (error.errno in KNOWN or error.filename):
        about = f"{shown(os.fsdecode(error.filename))} cannot be used" if isinstance(error.filename, str | bytes) else "the system refuses"
        return REFUSED, f"{about} ({reason(error)}); {remedy(error)}"
    if isinstance(error, CheckError):
        return BUG, f"nothing is shown, for what was computed differs from torch: {error}; please report the command"
    where = next((f" in {name}" for name in reversed(_places(error))), "")
    how = f"please report the command, and what it prints with {DEBUG_VARIABLE}=1"
    return BUG, f"this is a bug of tensorreel's{where} ({type(error).__name__}: {error}); {how}"


def _places(error: BaseException) -> list[str]:
    """Where in our files the error went through."""
    found = []
    for frame in traceback.extract_tb(error.__traceback__):
        with suppress(ValueError):
            place = Path(frame.filename).relative_to(ROOT)
            found += [f"{place.as_posix()}:{frame.lineno}"] if place.parts[0] in ROOMS else []
    return found


def sentence(text: str) -> str:
    """A message on one line, without what does not print, and not too long: of a longer one both ends."""
    clean = one_line(text, 10 * len(text) + 1)  # an escape has up to ten characters
    return clean if len(clean) <= LONGEST else f"{clean[: LONGEST - 155]} ... {clean[-150:]}"
