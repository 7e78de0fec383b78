"""Words that fit nowhere, in the place of every option of every command."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from cli import main
from engine.catalogue import concepts, find
from studio.options import ConceptGroup, example_options
from tests.campaign.commands import called, fault

TITLE = "commands with words that fit nowhere"
SMALL, LARGE = 120, 2_500

#: Numbers, lists, names, files and noise: for each option most of them are wrong.
WORDS = (
    *("", " ", "-", "--", "=", ":", ",", "x", "0", "-1", "1.5", "1e5", "1e999", "-1e999", "nan", "inf", "-inf", "٣", "½", "0x10", "1_000"),
    *("9" * 20, "-" + "9" * 20, "9" * 5000, "1" * 400 + ".5", "5e-324", "1e308", "0.1", "True", "true", "None", "null", "global", "same"),
    *("[]", "[[]]", "[1,[2]]", "[1,2", "[1,2]]", '["a"]', "[null]", "[true]", "[NaN]", "[1e400]", "[[1,2],[3]]", "{}", '{"a": 1}', "[1 2]"),
    *("[" * 5000 + "]" * 5000, "(" * 5000 + "1" + ")" * 5000, "x=", "=1", "x=1", "x=[1", "x=x", "x==1", "x y=1", "ẍ=1", "__import__=1"),
    *(
        "randn:",
        "randn:0x3",
        "randn:3x",
        "randn:-1",
        "randn:99999x99999",
        "randn:9999999999",
        "zeros:1x1x1x1x1x1x1x1x1",
        "randm:3",
        "ones:2",
    ),
    *(
        "sobel",
        "sobel_x",
        "sobel_x#grey",
        "missing.png",
        "missing.csv#a",
        "/dev/null",
        "/dev/zero",
        ".",
        "..",
        "/",
        "~",
        "a" * 300 + ".csv",
    ),
    *(
        "a\nb",
        "a\x00b".replace("\x00", "\x01"),
        "\x1b[31mred",
        "\u202eabc",
        "\ud800".encode("utf-8", "replace").decode(),
        "𝕏",
        "猫",
        "<b>",
        "&amp;",
    ),
    *("$x$", "#panic()", '"', "'", "\\", "`", "y = ", "= y", "y = x", "y = x +", "y = import os", "y = x.__class__", "y = [i for i in x]"),
    *(
        "y = 1/0",
        "y = log(-1)",
        "y = x**1e9",
        "y = x@x",
        "y = sum(x, 99)",
        "y = mean()",
        "L = 1; L = 2",
        "y = " + "x+" * 3000 + "x",
        "y=" + "-" * 3000 + "1",
    ),
    *(
        "1,2,3,4,5",
        "1x1x1",
        "1,",
        ",1",
        "1,a",
        "valid",
        "0:3",
        "3:0",
        "::",
        "a:b",
        "0:1:2",
        "480p",
        "dark",
        "mp4",
        "mp4,",
        "mp4,mp5",
        "vtt,md",
    ),
)


def cases(count: int, seed: int) -> Iterator[str | None]:
    """One option of a command that works is given a word, or two are."""
    source = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        before = Path.cwd()
        os.chdir(name)  # what is refused writes nothing, but a word may be a good name
        try:
            for _ in range(count):
                arguments = _arguments(source)
                yield fault(arguments, called(arguments))
        finally:
            os.chdir(before)


def _arguments(source: random.Random) -> list[str]:
    if source.random() < 0.15:
        return _other(source)
    name = source.choice(sorted(concepts()))
    options = dict(_pairs(example_options(find(name))))
    for _ in range(source.choice((1, 1, 1, 2))):
        options[source.choice(_flags(name))] = source.choice(WORDS)
    return ["trace", name, "--steps", ":3", *(word for option, value in options.items() for word in (option, value))]


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    return zip(words[::2], words[1::2], strict=True)


def _flags(concept: str) -> list[str]:
    group = main.commands["trace"]
    assert isinstance(group, ConceptGroup)
    command = group.get_command(click.Context(group, info_name="trace"), concept)
    assert command is not None
    return [option.opts[0] for option in command.params]


def _other(source: random.Random) -> list[str]:
    """Commands that read or write files, of which only words that are refused are tried."""
    word, more = source.choice(WORDS), source.choice(WORDS)
    return source.choice(
        (
            ["show", word],
            ["trace", word],
            ["list", word],
            [word],
            ["lecture", f"{word}.missing"],
            ["lecture", "new", f"/dev/null/{word}"],
            ["insert", f"{word}.mp4", f"{more}.pptx", "--after", word],
            ["render", "conv1d", "--input", word, "--weight", "[[1", "-o", more],
            [
                "render",
                "conv1d",
                "--input",
                "[1",
                "--weight",
                "[1]",
                source.choice(("--fps", "--detail", "--seconds", "--to", "--jobs", "-q")),
                word,
            ],
        )
    )
