"""The opener of files, archives, and how messages show what they hold."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import checks
from engine.errors import InputError
from engine.inputs import archives, files, packages
from engine.inputs.files import decoded, digest, open_file, read_bytes
from engine.inputs.load import load
from engine.inputs.packages import open_package
from engine.shown import bare, listed, one_line, shown


def refusal(path: Path, limit: int = 100) -> str:
    with pytest.raises(InputError) as refused:
        open_file(path, shown(path.name), limit)
    return str(refused.value)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert all("is not a regular file" in refusal(tmp_path / name) for name in ("pipe", "socket", "zero"))
    assert "cannot be read (Too many levels of symbolic links)" in refusal(tmp_path / "loop")
    assert "is a folder" in refusal(tmp_path)


def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, path = os.open, tmp_path / "a"
    path.write_bytes(b"1")

    def swapped(name: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return usual(name, flags)

    monkeypatch.setattr(files.os, "open", swapped)
    assert "is not a regular file" in refusal(path)


def test_sizes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    assert read_bytes(path, "a", 100) == bytes(100)
    assert digest(path, "a", 100) == digest(path, "a", 1000)
    assert "has 100 bytes, too many to read; give a file of at most 99 bytes" in refusal(path, 99)
    with pytest.raises(InputError, match="too many to read"):
        digest(path, "a", 99)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    monkeypatch.setattr(files.os, "fstat", lambda _: os.stat_result((0o100644, 0, 0, 1, 0, 0, 50, 0, 0, 0)))
    with pytest.raises(InputError, match="over 60 bytes, too many to read"):
        read_bytes(path, "a", 60)


@pytest.mark.parametrize("name", ["a.pt", "a.png", "a.csv", "a.npz", "a.safetensors", "a.bin"])
def test_pointers_of_git_lfs_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(InputError, match="is a Git LFS pointer, not the file; run git lfs pull"):
        load(str(tmp_path / name))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding: str) -> None:
    assert decoded("[1] é".encode(encoding), "a") == "[1] é"
    assert decoded("\ufeff[1]".encode("utf-16-be"), "a") == "[1]"


@pytest.mark.parametrize(("content", "place"), [(b"\xff\xfe1\x002", "byte 4 of a is not UTF-16"), (b"ab\xff", "byte 2 of a is not UTF-8")])
def test_what_is_no_text(content: bytes, place: str) -> None:
    with pytest.raises(InputError, match=place):
        decoded(content, "a")


# Archives


def archive(packing: int = zipfile.ZIP_DEFLATED, size: int = 1000) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        made.writestr("a", bytes(size))
    return file


def test_archives_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_package(archive(), "a", 1000) as found:
        assert found.read("a") == bytes(1000)
    with pytest.raises(InputError, match="a unpacks to 1000 bytes, too many to read; give a file of at most 999 bytes"):
        open_package(archive(), "a", 999)
    for packing in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # of which a small piece may unpack to gigabytes at once
        with pytest.raises(InputError, match="packed in an unusual way"):
            open_package(archive(packing), "a", 1000)
    monkeypatch.setattr(packages, "CONTENTS_LIMIT", 40)
    with pytest.raises(ValueError, match="at once"):
        open_package(archive(), "a", 1000)


def test_no_more_is_unpacked_than_is_stated(tmp_path: Path) -> None:
    """The list of contents says 10 bytes, there are 1000."""
    content = archive().getvalue()
    at = content.rindex(b"PK\x01\x02") + 24
    lying = io.BytesIO(content[:at] + struct.pack("<I", 10) + content[at + 4 :])
    with open_package(lying, "a", 100) as found, pytest.raises(zipfile.BadZipFile):
        found.read("a")


@pytest.mark.parametrize("form", ["npz", "pt", "safetensors"])
def test_all_tensors_of_a_file_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    from safetensors.torch import save_file

    path = tmp_path / f"a.{form}"
    tensors = {f"t{n}": torch.ones(40) for n in range(3)}
    saves: dict[str, Callable[[], object]] = {
        "npz": lambda: np.savez_compressed(path, **{name: one.numpy() for name, one in tensors.items()}),
        "pt": lambda: torch.save(tensors, path),
        "safetensors": lambda: save_file(tensors, path),
    }
    saves[form]()
    source = files.Source(path, None, "a", None)
    assert sorted(archives.read_all(source)) == ["t0", "t1", "t2"]
    monkeypatch.setattr(checks, "VALUE_LIMIT", 100)
    with pytest.raises(InputError, match="120 values in a are too many; give at most 100"):
        archives.read_all(source)


# Messages


def test_how_values_are_shown() -> None:
    assert shown("a\x1b[2J\nb") == r"'a\x1b[2J\nb'"
    assert shown("\u202eabc\x9b") == r"'\u202eabc\x9b'"
    assert shown("9" * 5000) == "'" + "9" * 27 + "..." + "9" * 28 + "'"
    assert shown(0xF**9000) == "a value of type int that cannot be shown"
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert shown(deep) == "a value of type list that cannot be shown"
    assert (bare("encoder.rnn-1"), bare("a b"), bare("")) == ("encoder.rnn-1", "'a b'", "''")
    assert listed([f"\n{n}" for n in range(10)]).endswith(r"'\n7' and 2 more")
    assert one_line("a\n\tb\x1b" + "c" * 300, 20) == r"a b\x1bcccccccccc..."


def test_names_in_files_do_not_reach_a_message_as_they_are(tmp_path: Path) -> None:
    torch.save({"\x1b[31m\nweight_ih_l0x": torch.ones(2), "\x07": torch.ones(1)}, tmp_path / "a.pt")
    for spec in (f"{tmp_path}/a.pt", f"{tmp_path}/a.pt#b"):
        with pytest.raises(InputError) as refused:
            load(spec)
        assert str(refused.value).isprintable()
    found = archives.read_all(files.Source(tmp_path / "a.pt", None, "a", None))
    from engine import attention, lstm

    for refuses in (lambda: lstm([[1.0]], state_dict=found), lambda: attention([[1.0]], state_dict=found)):
        with pytest.raises(InputError) as refused:
            refuses()
        assert str(refused.value).isprintable()


def test_json_that_is_nested_without_end(tmp_path: Path) -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, json.dumps([[1]]).replace("1", "[" * 5000 + "]" * 5000)):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(InputError, match=r"nested too deeply|levels deep"):
            load(f"{tmp_path}/a.json")
