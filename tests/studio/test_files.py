from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import studio.files
from engine.errors import InputError
from studio.files import check_writable, ended, scratch, target, together, whole


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
    assert target("clip", "conv2d", [".mp4"]) == Path("clip")
    assert target(str(tmp_path / "CLIP.v2"), "conv2d", [".mp4"]) == tmp_path / "CLIP.v2"
    assert ended(Path("folder", "CLIP.v2"), "-blank.md") == Path("folder", "CLIP.v2-blank.md")
    assert target("clip.png", "conv2d", [], ["png"]) == Path("clip")
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        assert target(None, "conv2d", [".mp4"]) == Path("renders", "conv2d")
    assert [file.name for file in tmp_path.rglob("*")] == ["renders"]


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


def fail_together(base: Path, error: BaseException) -> None:
    with together(base) as folder:
        (folder / "clip.mp4").write_bytes(b"all of it")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_files_appear_together_or_not_at_all(tmp_path: Path, umask: int, error: BaseException) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(type(error)):
        fail_together(tmp_path / "clip", error)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"clip.mp4": b"old"}
    with together(tmp_path / "clip") as folder:
        assert folder.parent == tmp_path
        for name in ("clip.mp4", "clip.vtt", ".other"):
            (folder / name).write_text(name)
        (scratch(folder) / "clip.mov").write_text("not to be kept")
        assert (tmp_path / "clip.mp4").read_bytes() == b"old"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"clip.mp4": "clip.mp4", "clip.vtt": "clip.vtt"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o666 & ~umask}


def test_renders_taken_by_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "renders").touch()
    with pytest.raises(InputError, match="there is no folder 'renders'"):
        target(None, "conv2d", [".mp4"])


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []

    def denied(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(studio.files.tempfile, "NamedTemporaryFile", denied)
    with pytest.raises(InputError, match=r"nothing can be written \(Permission denied\); choose a folder"):
        check_writable(tmp_path / "clip.mp4")
