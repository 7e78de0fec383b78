from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import studio.files
from engine.errors import InputError
from studio.files import check_writable, ended, target


def test_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert target("clip", "conv2d", [".mp4"]) == Path("clip")
    assert target(str(tmp_path / "CLIP.v2"), "conv2d", [".mp4"]) == tmp_path / "CLIP.v2"
    assert ended(Path("folder", "CLIP.v2"), "-blank.md") == Path("folder", "CLIP.v2-blank.md")
    assert target("clip.png", "conv2d", [], ["png"]) == Path("clip")
    assert target(None, "conv2d", [".mp4"]) == Path("renders", "conv2d")
    assert list(tmp_path.iterdir()) == []  # the folder comes with what is written there
    (tmp_path / "renders").mkdir()
    assert target(None, "conv2d", [".mp4"]) == Path("renders", "conv2d")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", r"-o is '', which names no file; give a name such as clip.mp4"),
        ("clips/", r"-o is 'clips/', which names no file"),
        ("..", r"-o is '..', which names no file"),
        ("folder", r"-o is 'folder', but 'folder.mp4', which is to be written, is a folder; choose another name"),
        ("beside", r"-o is 'beside', but 'beside.vtt', which is to be written, is a folder; choose"),
        ("no/clip", r"-o is 'no/clip', but there is no folder 'no'; make it first"),
        ("file/clip", r"there is no folder 'file'"),
        ("long" * 100, r"^-o is 'long.{10,80}', which cannot be written \(.*too long\); give another name$"),
        ("caf\udce9.mp4", r"^-o is 'caf\\udce9.mp4', which is not text in UTF-8; give another name$"),
        ("a\nb/\x1b[31m", r"^-o is 'a\\nb/\\x1b\[31m', but there is no folder 'a\\nb'"),
        ("zero\0", r"^-o is 'zero\\x00', which is not text in UTF-8; give another name$"),
    ],
)
def test_bad_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "beside.vtt").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message):
        target(given, "conv2d", [".mp4", ".vtt"])
    assert {file.name for file in tmp_path.iterdir()} == {"folder.mp4", "beside.vtt", "file"}


def test_renders_taken_by_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "renders").touch()
    with pytest.raises(InputError, match=r"^there is no -o, so that 'renders/conv2d' is to be written, but there is no folder 'renders'"):
        target(None, "conv2d", [".mp4"])


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_writable(tmp_path / "clip.mp4", "-o is 'clip.mp4'")
    assert list(tmp_path.iterdir()) == []

    def denied(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(studio.files.tempfile, "NamedTemporaryFile", denied)
    with pytest.raises(InputError, match=r"^-o is 'clip', where nothing can be written \(Permission denied\); choose another place"):
        check_writable(tmp_path / "clip.mp4", "-o is 'clip'")
    with pytest.raises(InputError, match=r"^there is no -o, so that 'renders/conv2d' is to be written, where nothing can be written"):
        target(None, "conv2d", [".mp4"])
