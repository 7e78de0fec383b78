"""Commands as a user gives them, and whether a refusal is what it should be."""

from __future__ import annotations

import re
import shlex
import sys
import traceback
from collections.abc import Sequence

from click.testing import CliRunner, Result

from cli import main

#: Longer than this no sentence need be.
LONGEST = 700


def called(arguments: Sequence[str]) -> Result:
    """In this process, as ``tensorreel ARGUMENTS``."""
    return CliRunner().invoke(main, list(arguments), prog_name="tensorreel")


def typed(arguments: Sequence[str]) -> str:
    """The command line, shortened."""
    line = shlex.join(["tensorreel", *arguments])
    return line if len(line) <= 400 else f"{line[:200]} ... {line[-190:]}"


def fault(arguments: Sequence[str], result: Result, *, refused: bool | None = None) -> str | None:
    """What is wrong with how a command ended: it answers with exit code 0, or with 2 and one sentence.

    With ``refused``, which of the two it must be.
    """
    case = typed(arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        last = traceback.format_exception(*result.exc_info)[-1].strip() if result.exc_info else repr(result.exception)
        return f"{case}: {last}"
    if result.exit_code not in (0, 2) or (refused is not None and (result.exit_code == 2) != refused):
        return f"{case}: exit code {result.exit_code} ({result.output[-200:]!r})"
    return None if result.exit_code == 0 else sentence_fault(case, result.stderr)


def sentence_fault(case: str, printed: str) -> str | None:
    """What is wrong with a refusal as it stands in the terminal; usage lines of the command line's own errors may stand before it."""
    message = printed.rpartition("Error: ")[2].removesuffix("\n")
    if "Error: " not in printed or "Traceback" in printed:
        return f"{case}: no sentence but {printed[-200:]!r}"
    if "\n" in message or re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", message):
        return f"{case}: more than a line, or control characters: {message[:200]!r}"
    if len(message) > LONGEST:
        return f"{case}: {len(message)} characters: {message[:100]!r}"
    return None


#: A small picture, quickly drawn, and a short lecture.
NUMBERS = ["--input", "[[1,2,3],[4,5,6],[7,8,9]]", "--weight", "[[1,0],[0,-1]]"]
LOOK = ["-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "1"]
LECTURE = """
title = "A lecture"
quality = "480p"
fps = 5
to = ["mp4", "html", "vtt"]
parts = [
    { kind = "title", title = "Beginning", seconds = 1 },
    { kind = "clip", concept = "conv1d", seconds = 8, inputs = { input = [1, 2, 3], weight = [1, -1] } },
]
"""

#: Begins a command line in a process of its own.
PROGRAM = (sys.executable, "-m", "cli")
