from __future__ import annotations

import os
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from engine.errors import InputError
from studio.lecture.spec import ClipPart, Lecture, TextCard, TitleCard, read_lecture

CARD = '[[parts]]\nkind = "title"\ntitle = "T"\n'
CLIP = '[[parts]]\nkind = "clip"\nconcept = "conv1d"\ninputs.input = [1, 2]\ninputs.weight = [1]\n'


def lecture(tmp_path: Path, text: str) -> Lecture:
    path = tmp_path / "lecture.toml"
    path.write_text(text, encoding="utf-8")
    return read_lecture(path)


def test_a_lecture(tmp_path: Path) -> None:
    found = lecture(tmp_path, f'title = "L"\ntheme = "light"\n{CARD}{CLIP}seconds = 9\n')
    assert (found.title, found.theme, found.quality, found.fps) == ("L", "light", "1080p", 30)
    assert found.to == ["mp4", "html", "pptx", "vtt"]
    card, clip = found.parts
    assert isinstance(card, TitleCard)
    assert isinstance(clip, ClipPart)
    assert (clip.concept, clip.inputs, clip.seconds) == ("conv1d", {"input": [1, 2], "weight": [1]}, 9)


BAD = {
    "no TOML": ("title = ", r"is not TOML \(Invalid value.*\); mend it there"),
    "no title": (CARD, r"title is missing; a lecture needs it"),
    "no parts": ('title = "L"', r"parts is missing"),
    "empty parts": ('title = "L"\nparts = []', r"parts is \[\]; .*at least 1 item"),
    "theme": (f'title = "L"\ntheme = "pink"\n{CARD}', r"theme is 'pink'; give 'dark', 'light' or 'print'"),
    "quality": (f'title = "L"\nquality = "4k"\n{CARD}', r"quality is '4k'; give '480p', "),
    "fps": (f'title = "L"\nfps = 0\n{CARD}', r"fps is 0; input should be greater than or equal to 1"),
    "a key": (f'title = "L"\nteme = "dark"\n{CARD}', r"teme is not known; a lecture has title, .*did you mean 'theme'\?"),
    "a form": (f'title = "L"\nto = ["avi"]\n{CARD}', r"to has 'avi'; give .*mp4"),
    "an option": (f'title = "L"\noptions.colour = 3\n{CARD}', r"options has 'colour'; give "),
    "kind": (f'title = "L"\n{CARD}[[parts]]\nkind = "film"', r"parts\[2\]\.kind is 'film'; give 'title', 'text', 'clip'"),
    "no kind": ('title = "L"\n[[parts]]\ntitle = "x"', r"parts\[1\]\.kind is missing; give 'title', 'text' or 'clip'"),
    "a key of a card": (f'title = "L"\n{CARD}text = "x"', r"parts\[1\]\.text is not known; a title card has kind, title, subtitle"),
    "a card's seconds": (f'title = "L"\n{CARD}seconds = "long"', r"parts\[1\]\.seconds is 'long'; input should be a valid number"),
    "an endless card": (f'title = "L"\n{CARD}seconds = inf', r"parts\[1\]\.seconds is inf; "),
    "concept": (f'title = "L"\n{CARD}{CLIP.replace("conv1d", "conv3d")}', r"parts\[2\]\.concept is 'conv3d': .*did you mean 'conv2d'\?"),
    "an input": (f'title = "L"\n{CLIP}inputs.wieght = 1', r"parts\[1\]\.inputs\.wieght is no input of conv1d; .*did you mean 'weight'\?"),
    "no input": (f'title = "L"\n{CLIP.replace("inputs.weight = [1]", "")}', r"parts\[1\]\.inputs\.weight is missing, which conv1d needs"),
    "dtype": (f'title = "L"\n{CLIP}dtype = "half"', r"parts\[1\]\.dtype is 'half'; give 'float64' or 'float32'"),
    "short": (f'title = "L"\n{CLIP}seconds = 0', r"parts\[1\]\.seconds is 0; input should be greater than 0"),
    "a file's name": (f'title = "L"\n{CLIP}name = "../x"', r"parts\[1\]\.name is '../x'; "),
    "a formula": (
        'title = "L"\n[[parts]]\nkind = "text"\ntitle = "T"\nformula = "#x"',
        r"parts\[1\]\.formula has '#' at character 1 of the formula '#x'; no code is run",
    ),
    "a dollar": ('title = "L"\n[[parts]]\nkind = "text"\ntitle = "T"\ntext = "$x"', r"parts\[1\]\.text has a \$ without"),
    "two": ('title = "L"\ntheme = 1\nfps = 0\nparts = []', r"theme is 1; .* \(2 more such in this file\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(tmp_path: Path, case: str) -> None:
    text, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        lecture(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert "lecture.toml" in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*none.toml'; .*lecture new"):
        read_lecture(tmp_path / "none.toml")


def test_the_starter_is_a_lecture_and_names_every_key_with_its_default(tmp_path: Path) -> None:
    text = files("studio.lecture").joinpath("starter.toml").read_text(encoding="utf-8")
    assert lecture(tmp_path, text).parts
    told = set(re.findall(r"^#? ?(\w+) = ", text, re.MULTILINE))
    for model in (Lecture, TitleCard, TextCard, ClipPart):
        assert set(model.model_fields) - {"parts", "options", "inputs"} <= told
    for model, start in ((Lecture, "# A lecture"), (ClipPart, 'kind = "clip"')):
        section = re.split(r"\n(?:# )?\[", text[text.index(start) :], maxsplit=1)[0]
        for name, written in re.findall(r"^# (\w+) = (.*?)(?:  +#.*)?$", section, re.MULTILINE):
            if name not in ("size", "model"):  # these have none
                assert tomllib.loads(f"x = {written}")["x"] == model.model_fields[name].get_default()


@pytest.mark.parametrize("name", ["cnn", "attention"])
def test_the_examples_are_lectures(name: str) -> None:
    found = read_lecture(Path(__file__).parents[3] / "examples" / "lectures" / f"{name}.toml")
    assert len([part for part in found.parts if isinstance(part, ClipPart)]) >= 7


def told(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_lecture(path)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.toml").write_bytes('title = "Ä"\n[[parts]]\nkind = "title"\ntitle = "B"\n'.encode(encoding))
    assert read_lecture(tmp_path / "a.toml").title == "Ä"


def test_what_is_no_regular_file_or_too_large_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="is not a regular file"):
        read_lecture(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="is not a regular file"):
        read_lecture(Path("/dev/zero"))
    assert "too many to read" in told(tmp_path / "a.toml", b"#" * (4 * 2**20 + 1))
    assert "is an empty file; give a lecture's file, or begin one" in told(tmp_path / "a.toml", b"")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 100_000 + "]" * 100_000,
        "x = " + "[" * 60 + "]" * 60,
        ".".join("a" * 1_000_000) + " = 1",
        "x = { " + " . ".join("a" * 500_000) + " = 1 }",
        "[" + ".".join("a" * 1_000_000) + "]",
        ".".join("a" * 60) + " = 1",
        "x = " + "{a = " * 100 + "1" + "}" * 100,
    ],
    ids=["lists", "some lists", "keys", "keys within", "headers", "some keys", "tables"],
)
def test_deep_nesting(tmp_path: Path, text: str) -> None:
    assert "too deep in one another" in told(tmp_path / "a.toml", text.encode())


@pytest.mark.parametrize("value", ["1979-05-27", "1979-05-27T07:32:00Z", "[[1, 07:32:00]]", "{ x = [1979-05-27] }"])
def test_dates_are_refused_wherever_they_stand(tmp_path: Path, value: str) -> None:
    text = f'title = "T"\n[[parts]]\nkind = "clip"\nconcept = "conv1d"\n[parts.inputs]\ninput = {value}\nweight = [1]\n'
    assert re.search(r"parts\[1\]\.inputs\.input\S* is \S+.*, a date or time; give it in quotes", told(tmp_path / "a.toml", text.encode()))


def test_control_characters_of_keys_and_values_are_escaped(tmp_path: Path) -> None:
    begin = b'title = "T"\n'
    assert r"'a\x1b[31m\nb' is not known" in told(tmp_path / "a.toml", begin + rb'"a\u001b[31m\nb" = 1' + b"\n" + CARD.encode())
    part = begin + b'[[parts]]\nkind = "title"\ntitle = "x"\n'
    assert r"parts[1].'\x1b' is not known" in told(tmp_path / "a.toml", part + rb'"\u001b" = 1')
    clip = begin + b'[[parts]]\nkind = "clip"\nconcept = "conv1d"\n[parts.inputs]\n'
    assert r"inputs.'\x07' is no input" in told(tmp_path / "a.toml", clip + rb'"\u0007" = 1')
    assert "a value of type int that cannot be shown" in told(
        tmp_path / "a.toml", begin + b"fps = 0x" + b"f" * 9000 + b"\n" + CARD.encode()
    )
