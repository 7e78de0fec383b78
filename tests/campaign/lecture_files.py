"""Lectures with a key that is wrong, missing or unknown; everything before the drawing is done with them."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue import concepts
from engine.inputs.arguments import SHARED
from studio.lecture.build import LectureBuilder
from tests.campaign.command_lines import WORDS
from tests.campaign.commands import called, fault

TITLE = "lectures whose file has a key that is wrong, missing or unknown"
SMALL, LARGE = 80, 1_500

#: As they stand in a file: TOML knows more than JSON.
RAW = (
    *(
        "nan",
        "inf",
        "-inf",
        "true",
        "false",
        "0",
        "-1",
        "1",
        "3",
        "1e300",
        "-0.0",
        "1e-320",
        "9" * 19,
        "-" + "9" * 19,
        "9" * 30,
        "0x1F",
        "1_000",
    ),
    *("2026-01-01", "07:32:00", "2026-01-01T07:32:00Z", "[2026-01-01]", "[[1, 2026-01-01]]", "[]", "[[]]", "[1, [2]]", "[[1, 2], [3]]"),
    *(
        "{}",
        "{ a = 1 }",
        "{ x = [1], y = { z = 2 } }",
        '["a"]',
        "[true]",
        "[nan]",
        "[[1, inf]]",
        '"""\na\n"""',
        "'C:\\x'",
        '"\\u0007"',
        '"\\U0001F600"',
    ),
    *(
        "[" * 300 + "]" * 300,
        "{ a = " * 200 + "1" + " }" * 200,
        '["mp4", "mp4", "html"]',
        '["mp5"]',
        '"mp4"',
        '"$5 and $6"',
        '"$x_1$ and #panic()"',
    ),
)
KEYS = (
    "kind",
    "title",
    "seed",
    "dtype",
    "inputs",
    "seconds",
    "a key",
    "\n",
    "\u001b[31m",
    "x" * 500,
    "__class__",
    "self",
    "say",
    "",
    "fps",
    "detail",
)


def cases(count: int, seed: int) -> Iterator[str | None]:
    """The first lecture can be made; of the others one key or two are changed."""
    source = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.chdir(name)
        patch.setattr(LectureBuilder, "draw", lambda *_: None)
        patch.setattr(LectureBuilder, "whole", lambda _: [])
        for number in range(count):
            file = Path(name) / f"{number}.toml"
            lecture = _lecture(source)
            for _ in range(source.choice((1, 1, 2)) if number else 0):
                _change(lecture, source)
            file.write_text(_toml(lecture), encoding="utf-8")
            found = fault(
                ["lecture", str(file)], called(["lecture", str(file), "--jobs", "1", "--no-cache"]), refused=None if number else False
            )
            yield None if found is None else f"{found}\n{_toml(lecture)[:2000]}"
            file.unlink()


def _lecture(source: random.Random) -> dict[str, Any]:
    concept = concepts()[source.choice(sorted(concepts()))]
    spelled = {parameter.name: parameter.option for parameter in concept.parameters}
    inputs: dict[str, Any] = {
        spelled[name]: dict(value) if isinstance(value, dict) else _Raw(json.dumps(value))
        for name, value in concept.example.items()
        if name not in SHARED
    }
    settings = {name: _Raw(concept.example[name]) for name in SHARED if name in concept.example}
    clip = {"kind": "clip", "concept": concept.name, "title": "One", "name": "one", "seconds": 9, "detail": 1, **settings, "inputs": inputs}
    text = {"kind": "text", "title": "Words", "text": "Of $n$ cells\n\n- one\n- two", "formula": "a_1 / 2", "say": "Words.", "seconds": 5}
    title = {"kind": "title", "title": "Numbers", "subtitle": "and pictures", "seconds": 3}
    head = {"title": "All", "author": "us", "theme": "light", "quality": "480p", "fps": 10, "burn_captions": False, "to": ["mp4"]}
    return {**head, "clips_to": ["mp4"], "options": {"gif_width": 480}, "parts": [title, text, clip]}


class _Raw(str):
    """Stands in the file as it is."""


def _change(lecture: dict[str, Any], source: random.Random) -> None:
    table = source.choice(list(_tables(lecture)))
    key = source.choice([*table, *KEYS])
    what = source.random()
    if what < 0.15 and key in table:
        del table[key]
    elif what < 0.55:
        table[key] = _Raw(source.choice(RAW))
    else:
        table[key] = source.choice([word for word in WORDS if len(word) < 6000])


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tables(one)


def _toml(value: Any) -> str:
    """The keys of a table, a line each; tables in it in one line."""
    return "".join(f"{json.dumps(key)} = {_inline(one)}\n" for key, one in copy.deepcopy(value).items())


def _inline(value: Any) -> str:
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
