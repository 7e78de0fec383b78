from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import main
from engine.errors import CheckError, InputError
from studio.troubles import shown, unwritten
from studio.way_out import DEBUG_VARIABLE, LONGEST, code_of, sentence

ROOT = Path(__file__).parents[2]
NUMBERS = ["--input", "randn:1x30x30", "--weight", "sobel_x"]


def encoding_error() -> UnicodeEncodeError:
    try:
        "caf\udce9".encode()
    except UnicodeEncodeError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("x is 3;\n give \x1b[31m2"), 2, "Error: x is 3; give \\x1b[31m2\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "a\nb"),
            2,
            "Error: 'a\\nb' cannot be used (No space left on device); make room there, ",
        ),
        (OSError(errno.EROFS, "Read-only file system"), 2, "Error: the system refuses (Read-only file system); choose another place"),
        (
            OSError(errno.EMFILE, "Too many open files", b"x"),
            2,
            "Error: 'x' cannot be used (Too many open files); close other programs, or raise",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "x"),
            2,
            "Error: 'x' cannot be used (Permission denied); choose another place, or see",
        ),
        (
            RuntimeError("can't start new thread"),
            2,
            "Error: the system starts no more processes (can't start new thread); close other programs",
        ),
        (MemoryError(), 2, "Error: there is not enough memory for this; give smaller inputs"),
        (encoding_error(), 2, "Error: 'caf\\udce9' is not text that can be written in utf-8; give names"),
        (CheckError("off by 1"), 1, "Error: nothing is shown, for what was computed differs from torch: off by 1; please report"),
        (KeyError("grad"), 1, "Error: this is a bug of tensorreel's in studio/way_out.py:"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, "Error: this is a bug of tensorreel's in studio/way_out.py:"),
        (KeyboardInterrupt(), 130, "Aborted!\n"),
        (click.Abort(), 130, "Aborted!\n"),
        (click.UsageError("no such thing"), 2, "Error: no such thing\n"),
        (SystemExit(143), 143, ""),
        (SystemExit("words"), 1, ""),
        (SystemExit(None), 0, ""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_whatever_ends_a_command(error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise error

    assert code_of(command) == code
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith(said)
    assert found.err.count("\n") == (1 if said else 0)


@pytest.mark.parametrize(("found", "code"), [(None, 0), (0, 0), (2, 2), ("words", 0)])
def test_what_a_command_returns(found: object, code: int) -> None:
    assert code_of(lambda: found) == code


def test_a_bug_shows_where_it_is_only_if_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise KeyError("grad")

    code_of(command)
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    assert code_of(command) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.splitlines()[-1].startswith("Error: this is a bug")


def test_without_the_process_errors_come_as_they_are() -> None:
    """For programs that call it, and for tests."""
    with pytest.raises(InputError, match="no concept 'conv9'"):
        main(["show", "conv9"], standalone_mode=False)


def test_a_line_is_one_line_and_not_too_long() -> None:
    assert sentence(" a\r\n\tb\u2028c\x00\u202ed é 猫 ") == "a b c\\x00\\u202ed é 猫"
    long = sentence("x" * 10_000 + "end")
    assert len(long) == LONGEST
    assert long.endswith("xend")
    assert " ... " in long


def test_values_are_quoted_and_shortened() -> None:
    assert shown("a\nb") == "'a\\nb'"
    assert shown("caf\udce9") == "'caf\\udce9'"
    assert shown(7) == "7"
    assert len(shown("9" * 5000)) == 60
    assert unwritten(Path("x"), OSError(errno.EDQUOT, "Disk quota exceeded")) == (
        "'x' cannot be written (Disk quota exceeded); make room there, or choose another place"
    )


# --- processes ---------------------------------------------------------------------------------------------------------------------------


def piped(command: str, reader: str) -> tuple[str, str]:
    """What bash says of the command in a pipe, and what is said on standard error."""
    script = f"{sys.executable} -m cli {command} | {reader}; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    return done.stdout.decode().splitlines()[-1], done.stderr.decode()


@pytest.mark.parametrize("command", [f"trace conv2d {' '.join(NUMBERS)}", f"trace conv2d {' '.join(NUMBERS)} --format json"])
def test_a_reader_that_has_enough(command: str) -> None:
    """As programs end that know nothing of pipes: 128 + SIGPIPE."""
    assert piped(command, "head -c 10 >/dev/null") == ("141", "")


def test_a_reader_that_is_gone_before_anything_is_said() -> None:
    assert piped("--help", "(exec 0<&-; sleep 1)") == ("141", "")
