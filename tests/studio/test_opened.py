"""Decks and films of a user: within bounds, and not taken at their word."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pptx import Presentation

from engine.errors import InputError
from studio import opened
from studio.opened import opened_deck, opened_film
from studio.script import Script

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def deck(path: Path, **members: bytes) -> Path:
    file = io.BytesIO()
    Presentation().save(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(f"ppt/{name}.bin", content)
    path.write_bytes(file.getvalue())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused, opened_deck(path):
        pass
    assert str(refused.value).isprintable()
    return str(refused.value)


def test_decks_that_unpack_to_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = deck(tmp_path / "a.pptx", one=bytes(10**6), two=b"\xef\xbb\xbf \n<a>" + b"<b/>" * 10**5 + b"</a>")
    with opened_deck(path) as found:
        assert "ppt/two.bin" in found.package.namelist()
    monkeypatch.setattr(opened, "XML_LIMIT", 10**5)
    assert "bytes of XML, too many to read" in refusal(path)
    monkeypatch.setattr(opened, "BINARY_LIMIT", 10**6)
    assert "too many to read; give a file of at most 1000000 bytes" in refusal(path)


def test_what_is_no_file_is_no_deck_and_no_film(tmp_path: Path) -> None:
    for name in ("a.pptx", "a.mp4"):
        os.mkfifo(tmp_path / name)
    assert "is not a regular file" in refusal(tmp_path / "a.pptx")
    with pytest.raises(InputError, match="is not a regular file"):
        opened_film(tmp_path / "a.mp4", "a")
    for name in ("b.pptx", "b.mp4"):
        (tmp_path / name).write_bytes(POINTER)
    assert "is a Git LFS pointer" in refusal(tmp_path / "b.pptx")
    with pytest.raises(InputError, match="is a Git LFS pointer"):
        opened_film(tmp_path / "b.mp4", "b")


# Films


def film(path: Path, **metadata: str) -> Path:
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata.update(metadata)
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_what_a_film_says_of_itself(tmp_path: Path) -> None:
    found = opened_film(film(tmp_path / "a.mp4", title="T\x07"), "a")
    assert (found.script, found.frames, found.seconds) == (None, 2, 0.2)
    assert found.title.startswith("T")


def test_a_list_of_films_is_no_film(tmp_path: Path) -> None:
    """Such a list names files and addresses, which would be read."""
    film(tmp_path / "a.mp4")
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError, match="cannot be read as a film"):
        opened_film(tmp_path / "list.mp4", "list")


def values() -> dict[str, Any]:
    mark = {"kind": "full", "phase": "p", "say": "s", "first": 0, "after": 2, "start": 0, "stop": 1, "formula": ""}
    mark |= {"lines": ["1 = 1"], "caption": "c"}
    part = {"title": "t", "name": "n", "concept": "c", "steps": 1, "marks": [mark]}
    return {
        "version": 1,
        **{"title": "t", "summary": "s", "fps": 10, "width": 32, "height": 32, "theme": "dark", "made_from": ""},
        "parts": [part],
    }


def test_a_script_comes_back_as_it_was() -> None:
    found = Script.from_json(json.dumps(values()))
    assert found is not None
    assert json.loads(found.to_json()) == values()


@pytest.mark.parametrize("level", ["whole", "part", "mark"])
@pytest.mark.parametrize("wrong", [0, -1, 10**20, None, [], {}, [[1]], "a\x1b", 1e308])
def test_scripts_with_anything_in_a_place_are_sound_or_none(tmp_path: Path, level: str, wrong: Any) -> None:
    for key in {"whole": values(), "part": values()["parts"][0], "mark": values()["parts"][0]["marks"][0]}[level]:
        changed = values()
        place = {"whole": changed, "part": changed["parts"][0], "mark": changed["parts"][0]["marks"][0]}[level]
        place[key] = wrong
        found = Script.from_json(json.dumps(changed))
        if found is not None:
            assert found.fps > 0
            assert found.frames > 0
            assert all(isinstance(mark.say, str) and 0 <= mark.start <= mark.stop for mark in found.marks)


def test_scripts_that_no_film_has() -> None:
    assert Script.from_json("[" * 100_000) is None
    assert Script.from_json('{"version":' * 100_000) is None
    for key, wrong in (("fps", 0), ("fps", -5), ("width", 0), ("height", 10**9), ("parts", [])):
        assert Script.from_json(json.dumps({**values(), key: wrong})) is None
    gap = values()
    gap["parts"][0]["marks"] *= 2
    assert Script.from_json(json.dumps(gap)) is None
