"""Every command that prints, on terminals that do not have all its signs, and with names that are no text."""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner, Result

from cli import main
from engine.catalogue import concepts
from studio.options import example_options
from tests.campaign.commands import PROGRAM, fault, sentence_fault, typed

TITLE = "what is printed in ASCII, Latin-1, cp1252, cp437, Shift JIS and UTF-8, in the C locale, and names that are odd or no text"
SMALL, LARGE = 40, 1500

ROOT = Path(__file__).parents[2]
ENCODINGS = ("ascii", "latin-1", "cp1252", "cp437", "shift_jis", "utf-8")
#: As an argument may come: bytes that are no UTF-8, control characters, directions, long ones.
ODD = (
    "caf\udce9",
    "\udcff\udcfe",
    "a\nb",
    "\x1b[31mred",
    "\u202egnp",
    "猫",
    "é" * 120,
    "x" * 255,
    "x" * 256,
    "😀",
    "−1",
    "a\tb\x7f",
    "\u2028",
    "'\"",
)


def cases(count: int, seed: int) -> Iterator[str | None]:
    """Every kind in its turn."""
    kinds: Sequence[Callable[[random.Random, Path], str | None]] = (
        _worksheet,
        _json,
        _described,
        _named,
        _refused,
        _worksheet,
        _json,
        _named,
    )
    for number in range(count):
        chosen = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory() as name:
            # A process of its own costs as much as a hundred of these.
            yield _process(chosen, Path(name)) if number % 20 == 19 else kinds[number % len(kinds)](chosen, Path(name))


def printed(arguments: Sequence[str], encoding: str) -> Result:
    """As on a terminal of this encoding."""
    return CliRunner(charset=encoding).invoke(main, list(arguments), prog_name="tensorreel")


def _traced(chosen: random.Random, form: str) -> list[str]:
    concept = chosen.choice([*concepts().values()])
    return ["trace", concept.name, *example_options(concept), "--format", form, "--steps", chosen.choice([":", "0:2", "-3:"])]


def _worksheet(chosen: random.Random, folder: Path) -> str | None:
    """The lines and, but for spelling, the words are those of UTF-8."""
    return _same(_traced(chosen, chosen.choice(["text", "md"])), chosen.choice(ENCODINGS))


def _described(chosen: random.Random, folder: Path) -> str | None:
    name = chosen.choice([*concepts()])
    return _same(
        chosen.choice([["list"], ["--help"], ["show", name], ["render", name, "--help"], ["trace", name, "-h"]]), chosen.choice(ENCODINGS)
    )


def _same(arguments: Sequence[str], encoding: str) -> str | None:
    result, whole = printed(arguments, encoding), printed(arguments, "utf-8")
    case = f"{typed(arguments)} in {encoding}"
    if found := fault(arguments, result, refused=False):
        return f"in {encoding}: {found}"
    lines, wanted = result.stdout_bytes.decode(encoding).splitlines(), whole.stdout_bytes.decode().splitlines()
    if len(lines) != len(wanted):
        return f"{case}: {len(lines)} lines instead of {len(wanted)}"
    for line, other in zip(lines, wanted, strict=True):
        # What every encoding has must be there, in its order.
        rest = iter(line)
        if not all(character in rest for character in other if character.isascii()) or "\\x" in line or "\\u" in line:
            return f"{case}: {line!r} for {other!r}"
    return None


def _json(chosen: random.Random, folder: Path) -> str | None:
    """The same values in every encoding, as its bytes stand in a file."""
    arguments, encoding = _traced(chosen, "json"), chosen.choice(ENCODINGS)
    result = printed(arguments, encoding)
    if found := fault(arguments, result, refused=False):
        return f"in {encoding}: {found}"
    if encoding != "utf-8" and not result.stdout_bytes.isascii():
        return f"{typed(arguments)} in {encoding}: not ASCII"
    same = json.loads(result.stdout_bytes) == json.loads(printed(arguments, "utf-8").stdout_bytes)
    return None if same else f"{typed(arguments)} in {encoding}: other values than in UTF-8"


def _named(chosen: random.Random, folder: Path) -> str | None:
    """A file that has an odd name is read; what it is called where it cannot be is one sentence."""
    name, encoding, numbers = chosen.choice(ODD), chosen.choice(ENCODINGS), chosen.choice(["1,2,3\n", "no numbers\n"])
    with chdir(folder):
        there = len(os.fsencode(name)) <= 250
        if there:
            Path(f"{name}.csv").write_text(numbers, encoding="utf-8")
        arguments = ["trace", "conv1d", "--input", f"{name}.csv", "--weight", "[1,-1]", "--format", chosen.choice(["json", "text"])]
        result = printed(arguments, encoding)
    return _fault(arguments, result, encoding, refused=not there or numbers.startswith("no"))


def _refused(chosen: random.Random, folder: Path) -> str | None:
    """Odd words wherever a word may stand."""
    odd, encoding = chosen.choice(ODD), chosen.choice(ENCODINGS)
    numbers = ["--input", "[1,2,3]", "--weight", "[1,-1]"]
    arguments = chosen.choice(
        [
            ["show", odd],
            ["trace", odd],
            [odd],
            ["trace", "conv1d", f"--{odd}"],
            ["trace", "conv1d", *numbers, "--stride", odd],
            ["trace", "conv1d", *numbers, "--steps", odd],
            ["render", "conv1d", *numbers, "--fps", odd],
            ["render", "conv1d", *numbers, "--to", odd],
            ["render", "conv1d", *numbers, "-o", f"{odd}/clip.mp4"],
            ["render", "conv1d", *numbers, "-o", f"{odd}.{odd}"],
            ["lecture", odd],
            ["lecture", "new", odd],
            ["insert", odd, odd],
        ]
    )
    with chdir(folder):
        result = printed(arguments, encoding)
        if found := _fault(arguments, result, encoding, refused=True):
            return found
    return None if not list(folder.iterdir()) else f"{typed(arguments)}: {list(folder.iterdir())} are left"


def _fault(arguments: Sequence[str], result: Result, encoding: str, *, refused: bool) -> str | None:
    try:
        result.stdout_bytes.decode(encoding)
        said = result.stderr_bytes.decode(encoding)
    except UnicodeDecodeError as error:
        return f"{typed(arguments)} in {encoding}: {error}"
    if result.exit_code == 2 and refused:
        return sentence_fault(f"{typed(arguments)} in {encoding}", said)
    return fault(arguments, result, refused=refused)


def _process(chosen: random.Random, folder: Path) -> str | None:
    """As a terminal has it."""
    settings = chosen.choice(
        [
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            {"PYTHONIOENCODING": "ascii"},
            {"PYTHONIOENCODING": "cp1252"},
            {"PYTHONIOENCODING": "latin-1:strict"},
            {"PYTHONIOENCODING": "utf-16"},
            {"LC_ALL": "POSIX", "PYTHONUNBUFFERED": "1"},
            {"PYTHONUTF8": "1", "PYTHONLEGACYWINDOWSSTDIO": "1"},
        ]
    )
    numbers = ["--input", "[1,2,3]", "--weight", "[1,-1]"]
    arguments = chosen.choice(
        [["list"], ["show", "lstm"], ["trace", "conv1d", *numbers], ["trace", "conv1d", *numbers, "--format", "json"]]
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    done = subprocess.run([*PROGRAM, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    case = f"{typed(arguments)} with {settings}"
    if done.returncode or done.stderr:
        return f"{case}: exit code {done.returncode}, {done.stderr.decode('ascii', 'replace')[-300:]}"
    if "json" in arguments:
        encoding = "utf-16" if "utf-16" in settings.values() else "utf-8"
        return None if json.loads(done.stdout.decode(encoding))["concept"] == "conv1d" else f"{case}: no JSON"
    return None if done.stdout else f"{case}: nothing"
