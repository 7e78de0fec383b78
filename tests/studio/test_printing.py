from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import studio.printing
from studio.printing import ASCII, SPELLED, SPELLING, murmur, put

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        (ASCII, "−0.5 × 2 ≈ −1 … café", b"-0.5 x 2 ~= -1 ... caf\\xe9"),
        ("latin-1", "−0.5 × 2 · 3", b"-0.5 \xd7 2 \xb7 3"),
        ("cp1252", "−1 … “a”", b"-1 \x85 \x93a\x94"),
        (ASCII, "猫😀", b"\\u732b\\U0001f600"),
        ("utf-8", "caf\udce9 −", b"caf\xe9 \xe2\x88\x92"),
        ("cp1252", "caf\udce9", b"caf\xe9"),
    ],
)
def test_what_an_encoding_does_not_have_is_spelled_out(encoding: str, text: str, expected: bytes) -> None:
    assert text.encode(encoding, SPELLING) == expected


def test_spellings_are_ascii() -> None:
    assert all(len(sign) == 1 and spelling.isascii() and spelling.isprintable() for sign, spelling in SPELLED.items())


def test_every_sign_of_ours_has_a_spelling() -> None:
    """But for letters of names, and what only pictures have."""
    signs = {sign for room in ("engine", "studio") for path in (ROOT / room).rglob("*.py") for sign in path.read_text(encoding="utf-8")}
    assert {sign for sign in signs if not sign.isascii()} - set(SPELLED) - {"é"} == set()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16-le", "utf-8"])
@pytest.mark.parametrize("text", ["−1 × 2", "😀", "caf\udce9", 'a "b" \\ c'])
def test_json_is_the_same_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, text: str) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding, SPELLING))
    put([json.dumps({"say": text}, ensure_ascii=False)], is_json=True)
    assert json.loads(kept.getvalue().decode(encoding)) == {"say": text}
    if encoding == "utf-8" and text.isprintable():
        assert text in kept.getvalue().decode() or "\\" in text  # who reads it sees signs, not numbers


def run(body: str, streams: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    code = f"import os, sys, click\nfrom studio.printing import prepared\nwith prepared() as kept_back:\n    {body}"
    command = ["sh", "-c", f'"$@" {streams}', "sh", sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False)


TRY = """
    try:
        print("one", flush=True)
    except OSError as error:
        click.echo(type(kept_back()).__name__ + " " + str(kept_back() is error), err=True)
    print("two", flush=True)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("streams", [">/dev/full", ">&-", "0<&- >&-"])
def test_an_output_that_takes_nothing_fails_once(streams: str, unbuffered: str) -> None:
    """And Python says nothing of it at its end."""
    done = run(TRY.strip(), streams, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (0, b"OSError True\n")


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-"])
def test_errors_that_nobody_can_read_are_lost(streams: str) -> None:
    done = run("print('lost', file=sys.stderr, flush=True); print('done')", streams)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")


def test_no_file_takes_the_number_of_a_closed_stream() -> None:
    done = run("print(open('LICENSE').fileno() > 2, file=sys.stderr)", "0<&- >&-")
    assert done.stderr == b"True\n"


def test_click_writes_ascii_where_ascii_is_wanted() -> None:
    done = run("click.echo('−1'); click.echo('−2', err=True)", "", PYTHONIOENCODING="ascii")
    assert (done.stdout, done.stderr) == (b"-1\n", b"-2\n")


def test_a_murmur_fails_never(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(studio.printing.click, "echo", fail)
    murmur("nobody listens")
