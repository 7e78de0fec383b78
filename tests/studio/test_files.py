from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import studio.files
from engine.errors import InputError
from studio.files import check_writable, target, whole


@pytest.fixture(params=[0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_file_appears_whole_and_as_any_other(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "clip.mp4"
    with whole(path) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".mp4"
        assert temporary.name.startswith(".")
        temporary.write_bytes(b"frames")
        assert not path.exists()
    assert path.read_bytes() == b"frames"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert list(tmp_path.iterdir()) == [path]
    assert os.umask(umask) == umask


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    with whole(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def fail_in(path: Path, error: BaseException) -> None:
    with whole(path) as temporary, whole(path.with_suffix(".vtt")) as other:
        temporary.write_bytes(b"half of it")
        other.write_bytes(b"all of it")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
@pytest.mark.parametrize("older", [b"old", None])
def test_nothing_remains_of_a_failure(tmp_path: Path, error: BaseException, older: bytes | None) -> None:
    path = tmp_path / "clip.mp4"
    if older:
        path.write_bytes(older)
    with pytest.raises(type(error)):
        fail_in(path, error)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ({"clip.mp4": older} if older else {})


def test_a_long_name(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 120}.mp4"
    with whole(path) as temporary:
        temporary.write_bytes(b"frames")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert target("clip.mp4", "conv2d.mp4", ".mp4") == Path("clip.mp4")
    assert target(str(tmp_path / "CLIP.MP4"), "conv2d.mp4", ".mp4") == tmp_path / "CLIP.MP4"
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        assert target(None, "conv2d.mp4", ".mp4") == Path("renders", "conv2d.mp4")
    assert [file.name for file in tmp_path.rglob("*")] == ["renders"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("clip.avi", r"-o is 'clip.avi'; give a file name that ends in .mp4"),
        ("", r"ends in .mp4"),
        ("folder.mp4", r"-o is 'folder.mp4', which is a folder; give"),
        ("beside.mp4", r"-o is 'beside.mp4', but 'beside.vtt', which is written too, is a folder; choose"),
        ("no/clip.mp4", r"-o is 'no/clip.mp4', but there is no folder 'no'; make it first"),
        ("file/clip.mp4", r"there is no folder 'file'"),
        (f"{'long' * 100}.mp4", r"^-o is 'long.{10,80}', which cannot be written \(.*too long\); give another name$"),
    ],
)
def test_bad_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "beside.vtt").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message):
        target(given, "conv2d.mp4", ".mp4", ".vtt")
    assert {file.name for file in tmp_path.iterdir()} == {"folder.mp4", "beside.vtt", "file"}


def test_renders_taken_by_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "renders").touch()
    with pytest.raises(InputError, match="there is no folder 'renders'"):
        target(None, "conv2d.mp4", ".mp4")


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []

    def denied(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(studio.files.tempfile, "NamedTemporaryFile", denied)
    with pytest.raises(InputError, match=r"nothing can be written \(Permission denied\); choose a folder"):
        check_writable(tmp_path / "clip.mp4")
