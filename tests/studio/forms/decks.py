"""What the tests of decks share: a film of which every frame is known, and a look into a deck that does not go through our code."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from zipfile import ZipFile

import av
import numpy as np
from lxml import etree

from scenes.parts.theme import THEMES, rgb
from studio.encoder import Encoder
from studio.film import Film
from studio.join import FilmTags, join
from studio.script import BeatMark, Part, Script
from tests.studio.test_encoder import drawing, whole

FPS, WIDTH, HEIGHT = 10, 160, 90
NS = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "p14": "http://schemas.microsoft.com/office/powerpoint/2010/main",
}
RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


BEATS = (
    ("opening", "setup"),
    ("full", "filter 0"),
    ("quick", "filter 0"),
    ("sweep", "filter 0"),
    ("quick", "filter 1"),
    ("closing", "result"),
)


def marks(say: str = "Step {}.") -> tuple[BeatMark, ...]:
    """The beats, of 3 to 8 frames."""
    found, first = [], 0
    for number, (kind, phase) in enumerate(BEATS):
        steps = (number - 1, number + (2 if kind == "sweep" else 0)) if phase.startswith("filter") else (0, 0)
        found.append(BeatMark(kind, phase, say.format(number), first, first + 3 + number, *steps))
        first += 3 + number
    return tuple(found)


def card(title: str, first: int, after: int) -> Part:
    return Part(title, "card", "", 0, (BeatMark("card", title, f"{title}.", first, after, 0, 0),))


def script(*parts: Part, title: str = "A title", theme: str = "dark") -> Script:
    parts = parts or (Part("2-D convolution", "clip", "conv2d", 5, marks()),)
    return Script(title, "All agree.", FPS, WIDTH, HEIGHT, theme, parts)


def film(path: Path, said: Script) -> Film:
    """No two frames of it are the same. Its corners have the colour of the theme's ground, as those of a drawn film."""
    encoder, takes = Encoder(WIDTH, HEIGHT, FPS), []
    for mark in said.marks:
        pictures = [drawing(number, WIDTH, HEIGHT) for number in range(mark.first, mark.after)]
        for picture in pictures:
            picture[:16, :16, :3] = rgb(THEMES[said.theme].ground)
        takes.append(encoder.run([whole(picture) for picture in pictures]))
    join(path, FilmTags(Fraction(FPS), said.title, said.summary, said.chapters, said.to_json()), encoder.header, takes)
    return Film(path, said, {})


def frames(data: Path | bytes) -> list[np.ndarray]:
    """Of an mp4, as RGB."""
    with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def same(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def entries(path: Path) -> dict[str, bytes]:
    """All that is in a package."""
    with ZipFile(path) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert len(set(names)) == len(names)
        return {name: package.read(name) for name in names}


def check_package(path: Path) -> None:
    """Every relationship leads to a part that is there, and every part has a type: what PowerPoint wants to repair otherwise."""
    found = entries(path)
    types = etree.fromstring(found["[Content_Types].xml"])
    overrides = {one.get("PartName") for one in types if one.get("PartName")}
    endings = {one.get("Extension").lower() for one in types if one.get("Extension")}
    assert len(types) == len(overrides) + len(endings)
    assert overrides <= {f"/{name}" for name in found}
    for name, data in found.items():
        assert name == "[Content_Types].xml" or f"/{name}" in overrides or name.rpartition(".")[2].lower() in endings, name
        if not name.endswith(".rels"):
            continue
        folder = posixpath.dirname(posixpath.dirname(name))
        ids = set()
        for one in etree.fromstring(data).iter(RELATIONSHIPS):
            assert one.get("Id") not in ids
            ids.add(one.get("Id"))
            if one.get("TargetMode") != "External":
                target = one.get("Target")
                assert posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") in found, (name, target)
        owner = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
        if owner in found and owner.endswith(".xml"):
            used = {value for one in etree.fromstring(found[owner]).iter() for key, value in one.attrib.items() if NS["r"] in key}
            assert used - {""} <= ids, owner


def shifted(part: Part, frames: int) -> Part:
    """A part that begins so many frames later."""
    return replace(part, marks=tuple(replace(mark, first=mark.first + frames, after=mark.after + frames) for mark in part.marks))
