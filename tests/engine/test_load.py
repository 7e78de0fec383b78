"""Command-line texts to tensors: every good form, and every bad one with its message."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file

from engine.errors import InputError
from engine.inputs.kernels import KERNELS, kernel
from engine.inputs.load import load, parse_size


def refusal(spec: str, **options: Any) -> str:
    """The message for a text that must be refused, after the checks that hold for every message."""
    name = options.get("name", "input")
    with pytest.raises(InputError) as caught:
        load(spec, **options)
    message = str(caught.value)
    assert message.startswith(f"--{name}: ")
    assert message.isprintable()
    assert repr(spec)[1:-1][-25:] in message
    assert ". " not in message
    assert len(message) < 330
    return message


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, data, b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


# Inline numbers


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("  [1, -2.5, 3e2]\n", [1, -2.5, 300]),
        ("[[[1]],[[2]]]", [[[1]], [[2]]]),
        ("3", 3),
        ("-2.5", -2.5),
        ("1e-3", 0.001),
        ("[9007199254740992]", [2.0**53]),
        ("[18446744073709551616]", [2.0**64]),
        ("[[[[[[[[7]]]]]]]]", [[[[[[[[7]]]]]]]]),
        ("[[1.,2.]]", [[1, 2]]),
        ("[[1. 2.]\n [3. 4.]]", [[1, 2], [3, 4]]),
        ("[[ 1.5  -2. ]\n [ 3e-1 .5]]", [[1.5, -2], [0.3, 0.5]]),
        ("[1 2\n 3]", [1, 2, 3]),
        ("array([[1., 2.],\n       [3., 4.]])", [[1, 2], [3, 4]]),
        ("array([1, 2], dtype=int8)", [1, 2]),
        ("tensor([[1., 2.]])", [[1, 2]]),
        ("tensor([[1., 2.]], dtype=torch.float64, requires_grad=True)", [[1, 2]]),
        ("tensor(3.)", 3),
        ("5.", 5),
    ],
)
def test_inline_numbers(spec: str, expected: Any) -> None:
    value = load(spec)
    assert value.dtype == torch.float64
    assert value.device.type == "cpu"
    assert value.tolist() == expected


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("[[1,2],[1,2,3]]", "row 1 has 3 values but row 0 has 2 in '[[1,2],[1,2,3]]'; give every row the same length"),
        ("[[[1],[2]],[[1],[2,3]]]", "row [1][1] has 2 values but row [0][0] has 1"),
        ("[[1],2]", "row 1 is a single number but row 0 has 1"),
        ("[1,[2]]", "row 1 has 1 value but row 0 is a single number"),
        ("[[],[1]]", "row 1 has 1 value but row 0 has 0"),
        ("[1,true]", "a boolean where a number is expected at index [1]"),
        ("[[true,0],[1,1]]", "a boolean where a number is expected at index [0, 0]"),
        ('[[1],["a"]]', "a string where a number is expected at index [1, 0]"),
        ('[[1],"a"]', "a string where a number is expected at index [1]"),
        ("[1,null]", "null where a number is expected at index [1]"),
        ('[{"a":1}]', "an object where a number is expected at index [0]"),
        ('{"a":1}', "an object where a number is expected in"),
        ("null", "null"),
        ('"word"', "a string"),
        ("[1,2", "invalid JSON at character 4"),
        ("[1,,2]", "invalid JSON at character 3"),
        ("[1,]", "invalid JSON at character 3"),
        ("[1] x", "invalid JSON at character 4"),
        ("+3", "invalid JSON at character 0"),
        ("[", "invalid JSON at character 1"),
        ("[1.5 2.5,3.5]", "invalid JSON at character 5"),
        ("[[1.5 2.5]", "invalid JSON at character 6"),
        ("[1.5\n ...\n 9.5]", "is printed with dots in place of most numbers"),
        ("tensor([1., nan])", "NaN at index [1]"),
        ("[1.5 2.5 x]", "invalid JSON"),
        ("tensor([", "invalid JSON"),
        ("[1,2 3]", "invalid JSON at character 5"),
        ("tensor([[1., 2.][3., 4.]])", "invalid JSON"),
        ("tensor([], size=(0, 3))", "no values"),
        ("[1,\n]", "invalid JSON at character 4 in '[1,\\n]'"),
        ("[]", "no values in '[]' (shape [0])"),
        ("[[],[]]", "no values in '[[],[]]' (shape [2, 0])"),
        ("[[[]]]", "no values"),
        ("[[1,2],[3,NaN]]", "NaN at index [1, 1]"),
        ("[1,Infinity]", "infinity at index [1]"),
        ("[-Infinity]", "infinity at index [0]"),
        ("NaN", "NaN in 'NaN'"),
        ("[1e999]", "infinity at index [0]"),
        ("[9007199254740993]", "9007199254740993 at index [0] in '[9007199254740993]' is not exact"),
        ("[1.5, 9007199254740993]", "9007199254740993 at index [1]"),
        ("[" + "9" * 400 + "]", "an integer of over 30 digits at index [0]"),
        ("[" + "9" * 5000 + "]", "an integer with too many digits"),
        ("[" * 9 + "1" + "]" * 9, "over 8 levels"),
        ("[" * 500 + "]" * 500, "over 8 levels"),
        ("[" * 100_000, "nested too deeply"),
        ("[1," * 100_000 + "1" + "]" * 100_000, "nested too deeply"),
    ],
    ids=lambda text: text[:24],
)
def test_bad_inline_numbers(spec: str, part: str) -> None:
    assert part in refusal(spec)


@pytest.mark.parametrize("spec", ["[1,NaN]", "[1,Infinity]"])
def test_refused_infinities_name_the_option_that_lets_them_through(spec: str) -> None:
    assert refusal(spec).endswith("give finite numbers")


def test_allow_nan_in_json() -> None:
    value = load("[[NaN,1],[Infinity,-Infinity]]", allow_nan=True)
    assert value.isnan().tolist() == [[True, False], [False, False]]
    assert value[1].tolist() == [float("inf"), float("-inf")]


def test_an_inexact_integer_behind_a_nan_is_found() -> None:
    assert "not exact" in refusal("[NaN,9007199254740993]", allow_nan=True)


def test_long_texts_are_shortened() -> None:
    message = refusal("[" + "1," * 5000 + "x]")
    assert "'[1,1,1" in message
    assert "..." in message
    assert len(message) < 150


def test_control_characters_are_escaped() -> None:
    assert r"\x1b[2J\x00\r" in refusal("a\x1b[2J\x00\rb")


def test_name_begins_the_message() -> None:
    assert refusal("[1,[2]]", name="kernel").startswith("--kernel: row 1")


# Text files


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.json", b"[[1,2],[3,4]]\n", [[1, 2], [3, 4]]),
        ("bom.json", b"\xef\xbb\xbf[1]", [1]),
        ("a.csv", b"1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("noend.csv", b"1,2\n3,4", [[1, 2], [3, 4]]),
        ("crlf.csv", b"1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("bom.csv", b"\xef\xbb\xbf1,2\n", [[1, 2]]),
        ("row.csv", b"1,2,3\n", [[1, 2, 3]]),
        ("head.csv", b"x,y\n1,2\n", [[1, 2]]),
        ("quoted-head.csv", b'"width, cm";"height"\n1;2\n', [[1, 2]]),
        ("decimal.csv", b"1,5;2,25\n-3,0;4\n", [[1.5, 2.25], [-3, 4]]),
        ("decimal-points.csv", b"1.5;2\n", [[1.5, 2]]),
        ("sep.csv", b"sep=;\r\n1,5;2\r\n", [[1.5, 2]]),
        ("sep-comma.csv", b"sep=,\n1,5\n", [[1, 5]]),
        ("tabs.csv", b"1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("rounds.csv", b"1,0\n2,10\n", [[1, 0], [2, 10]]),
        ("tabs-decimal.csv", b"1,5\t2\n", [[1.5, 2]]),
        ("tabs-behind.csv", b"1,\t2\n3,\t4\n", [[1, 2], [3, 4]]),
        ("comments.csv", b"# made on Monday\n1,2\n  # more\n3,4\n", [[1, 2], [3, 4]]),
        ("gaps.csv", b"\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
        ("tail.csv", b"1,2\n3,4\n,\n,\n", [[1, 2], [3, 4]]),
        ("one.csv", b"1,5\n2,5\n", [[1, 5], [2, 5]]),
        ("decimal.tsv", b"1,5\t2\n", [[1.5, 2]]),
        ("mac.csv", b"1,2\r3,4\r", [[1, 2], [3, 4]]),
        ("utf16.csv", "1,2\n3,4\n".encode("utf-16"), [[1, 2], [3, 4]]),
        ("utf16be.csv", "\ufeff1,2\n".encode("utf-16-be"), [[1, 2]]),
        ("utf16bare.json", "[1,2]".encode("utf-16-le"), [1, 2]),
        ("utf32.json", "\ufeff[1,2]".encode("utf-32-le"), [1, 2]),
        ("numpy.json", b"[[1. 2.]\n [3. 4.]]", [[1, 2], [3, 4]]),
        ("column.csv", b"1\n2\n3\n", [[1], [2], [3]]),
        ("blank.csv", b"1,2\n\n  \n\n", [[1, 2]]),
        ("semicolon.csv", b"1;2.5\n3;4\n", [[1, 2.5], [3, 4]]),
        ("spaces.csv", b" 1 , -2e1\n", [[1, -20]]),
        ("quoted.csv", b'"1","2"\n', [[1, 2]]),
        ("a.tsv", b"1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("UPPER.CSV", b"1,2\n", [[1, 2]]),
        ("large.csv", b"9007199254740994,1e300\n", [[9007199254740994, 1e300]]),
        ("with#sign.csv", b"5\n", [[5]]),
        ("ends.npz#key.csv", b"6\n", [[6]]),
        (" space .csv", b"7\n", [[7]]),
        ("[1,2].csv", b"8\n", [[8]]),
        ("randn:3x3.csv", b"9\n", [[9]]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, expected: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    value = load(name)
    assert value.dtype == torch.float64
    assert value.tolist() == expected


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("ragged.json", b"[[1,2],[3]]", "row 1 has 1 value but row 0 has 2"),
        ("broken.json", b"[1,", "invalid JSON at character 3"),
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("latin.json", b"[1,\xff]", "byte 3 of 'latin.json' is not UTF-8"),
        ("blank.json", b" \n", "invalid JSON"),
        ("key.json#a", b"[1]", "holds a single tensor"),
        ("word.csv", b"1,2\n3,four\n", "the word 'four' at line 2, column 2"),
        ("head.csv", b"x,y\n1,2,3\n", "line 1 of 'head.csv' is a header row: 'x', 'y', but the rows below it have 3 values"),
        ("only.csv", b"x,y\n", "is a header row: 'x', 'y', but there is no row of numbers below it"),
        ("heads.csv", b"x,y\n1,2\nz,w\n", "the word 'z' at line 3, column 1"),
        ("names.csv", b"a,1\nb,2\n", "the word 'a' at line 1, column 1"),
        ("esc.csv", b"1,\x1b[31m\n", r"the word '\x1b[31m' at line 1, column 2"),
        ("true.csv", b"1,true\n", "the word 'true'"),
        ("under.csv", b"1_000\n", "the word '1_000'"),
        ("long.csv", b"1," + b"w" * 5000, "at line 1, column 2"),
        ("decimals.csv", b"1,05\n2,50\n", "'1,05' in 'decimals.csv' may be two columns or a number with a decimal comma; write 1.05"),
        ("cell.csv", b"1,2\n3,\n", "an empty cell at line 2, column 2"),
        ("thousands.csv", b"1.000,5;2\n", "the word '1.000,5' at line 1, column 1"),
        ("commas.csv", b"1,000,000;2\n", "the word '1,000,000'"),
        ("blanks.csv", b"1 2\n3 4\n", "the word '1 2' at line 1, column 1"),
        (
            "one.csv",
            b"1,5\n2\n",
            "line 2 has 1 value but the lines above have 2 in 'one.csv'; give every line the same length (1,5 are two columns",
        ),
        ("gap.csv", b"1\n\n3\n", "an empty cell at line 2, column 1"),
        ("missing.csv", b"1,2\n,\n3,4\n", "an empty cell at line 2, column 1"),
        ("sep.csv", b"sep=;\n1,2,3\n", "the word '1,2,3' at line 2"),
        ("ragged.csv", b"1,2\n3,4\n5,6,7\n", "line 3 has 3 values but the lines above have 2"),
        ("blank.csv", b"\n \n", "no values"),
        ("nan.csv", b"1,2\n3,nan\n", "NaN at index [1, 1]"),
        ("inf.csv", b"1,-inf\n", "infinity at index [0, 1]"),
        ("big.csv", b"1,2\n3,9007199254740993\n", "9007199254740993 at index [1, 1]"),
        ("latin.csv", b"1,\xe9\n", "byte 2 of 'latin.csv' is not UTF-8"),
        ("field.csv", b"1" * 200_000, "line 1 of 'field.csv' is not a line of a table"),
        ("key.csv#a", b"1", "holds a single tensor"),
        ("words.tsv", b"1,2\n", "the word '1,2' at line 1, column 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_text_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, part: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name.partition("#")[0]).write_bytes(content)
    assert part in refusal(name)


def test_allow_nan_in_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,nan\ninf,-inf\n")
    assert load(str(tmp_path / "a.csv"), allow_nan=True).isfinite().tolist() == [[True, False], [False, False]]


# Files that are not there, or not to be read


def test_missing_file_suggests_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "weights.csv").write_text("1\n")
    assert "did you mean 'weights.csv' in the same folder" in refusal(str(tmp_path / "wieghts.csv"))


def test_missing_file_without_a_near_name(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "zzz.npy")).endswith("check the path")


def test_missing_file_with_a_key(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"x")
    assert "did you mean 'model.npz'" in refusal(str(tmp_path / "modle.npz") + "#w")


def test_missing_folder(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(str(tmp_path / "none" / "a.csv"))


def test_windows_path_is_a_path() -> None:
    assert refusal(r"C:\data\missing.csv").startswith("--input: no file ")


def test_a_file_used_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    assert "no file" in refusal(str(tmp_path / "a.csv" / "b.csv"))


@pytest.mark.parametrize("name", ["folder", "folder.csv", "folder.npz"])
def test_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert "is a folder" in refusal(str(tmp_path / name))


@pytest.mark.parametrize("suffix", [".json", ".csv", ".tsv", ".npy", ".npz", ".pt", ".pth", ".safetensors", ".png", ".jpg", ".jpeg"])
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.touch()
    assert "is an empty file" in refusal(str(path))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pt", ".safetensors", ".png", ".csv", ".json"])
def test_damaged_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"\x93garbage \xff\x00" * 40)
    refusal(str(path))


@pytest.mark.parametrize(("suffix", "limit"), [(".npy", 2**30), (".pt", 2**30), (".png", 2**29), (".safetensors", 2**30), (".csv", 2**26)])
def test_huge_file_is_refused_unread(tmp_path: Path, suffix: str, limit: int) -> None:
    path = tmp_path / f"a{suffix}"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    start = time.perf_counter()
    message = refusal(str(path))
    assert time.perf_counter() - start < 1.0
    assert f"has {2 * 2**30} bytes" in message
    assert f"at most {limit} bytes" in message


def test_text_just_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(2**26 + 1)
    assert "too many to read" in refusal(str(path))


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    monkeypatch.setattr(os, "open", raise_permission_error)  # file modes do not stop every user, such as root
    assert "cannot be read (Permission denied)" in refusal(str(path))


def raise_permission_error(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    os.mkfifo(path)
    assert "is not a regular file" in refusal(str(path))


@pytest.mark.parametrize("spec", ["x" * 300 + ".csv", "a\0b.csv"])
def test_impossible_path(spec: str) -> None:
    assert "cannot be read" in refusal(spec)


@pytest.mark.parametrize("name", ["notes.txt", "noending", "model.onnx"])
def test_unknown_ending_lists_the_accepted_ones(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("1")
    message = refusal(str(path))
    assert ".json, .csv, .tsv, .npy, .npz, .pt, .pth, .ckpt, .bin, .safetensors, .png, .jpg, .jpeg" in message


@pytest.mark.parametrize("spec", ["missing.txt", "folder/missing", "https://example.org/a.gif"])
def test_unknown_ending_of_a_missing_file(spec: str) -> None:
    assert "use one of .json" in refusal(spec)


# NumPy files


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6, dtype=np.float32).reshape(3, 2).T,
        np.array([[1, 2]], dtype=">i2"),
        np.array([1, 2], dtype=np.uint16),
        np.array([1, 2], dtype=np.uint32),
        np.array([1.5], dtype=np.float16),
        np.array([True, False]),
        np.array([2**53, -(2**63), 2**63 - 1024]),
        np.array([2**64 - 2048, 5], dtype=np.uint64),
        np.array(4.0),
    ],
    ids=lambda array: f"{array.dtype.str}-{array.ndim}",
)
def test_npy(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    np.save(tmp_path / "a.npy", array)
    value = load(str(tmp_path / "a.npy"))
    assert value.dtype == torch.float64
    assert value.shape == array.shape
    assert np.array_equal(value.numpy(), array.astype(np.float64))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (npy(np.array([1, "a"], dtype=object)), "type 'object'"),
        (npy(np.array([1j])), "type 'complex128'"),
        (npy(np.array(["a"])), "type '<U1'"),
        (npy(np.array(["2020-01-01"], dtype="M8[D]")), "type 'datetime64[D]'"),
        (npy(np.zeros(2, dtype=[("x", "f8")])), "cannot be shown"),
        (npy(np.zeros((0, 3))), "no values"),
        (npy(np.zeros((1,) * 9)), "9 dimensions"),
        (npy(np.array([1, 2**53 + 1])), "9007199254740993 at index [1]"),
        (npy(np.array([2**63 - 1])), "9223372036854775807 at index [0]"),
        (npy(np.array([[1, 2**64 - 1]], dtype=np.uint64)), "18446744073709551615 at index [0, 1]"),
        (npy(np.array([2**64 - 1024], dtype=np.uint64)), "18446744073709550592 at index [0]"),
        (npy(np.array([[1.0, np.nan]])), "NaN at index [0, 1]"),
        (npy(np.arange(100.0))[:-8], "cut short"),
        (npy(np.arange(100.0))[:40], "damaged"),
        (npy(np.arange(3.0)).replace(b"(3,)", b"(-3,"), "damaged"),
        (npy(np.arange(3.0)).replace(b"(3,), }           ", b"(99999999999999,),}"), "too many"),
        (npy(np.arange(3.0)).replace(b"(3,), }       ", b"(99999999,), }"), "cut short"),
        (b"PK\x03\x04" + b"\0" * 90, "damaged"),
        (pickle.dumps([1, 2]), "damaged"),
    ],
)
def test_bad_npy(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    assert part in refusal(str(tmp_path / "a.npy"))


def test_npy_of_any_file_is_no_longer_tied_to_it(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(3))
    value = load(str(tmp_path / "a.npy"))
    value += 1
    assert load(str(tmp_path / "a.npy")).tolist() == [1, 1, 1]


def test_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", w=np.eye(2))
    np.savez_compressed(tmp_path / "two.npz", a=np.ones(2), **{"b.c": np.zeros((1, 2))})
    assert load(f"{tmp_path}/one.npz").tolist() == [[1, 0], [0, 1]]
    assert load(f"{tmp_path}/one.npz#w").tolist() == [[1, 0], [0, 1]]
    assert load(f"{tmp_path}/two.npz#b.c").tolist() == [[0, 0]]


def test_hash_in_a_file_name_with_a_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "run#3.npz", a=np.ones(1), b=np.zeros(1), **{"x#y": np.full(1, 5.0)})
    assert load(f"{tmp_path}/run#3.npz#b").tolist() == [0]
    assert load(f"{tmp_path}/run#3.npz#x#y").tolist() == [5]


def test_npz_keys_are_listed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{f"k{i}": np.ones(1) for i in range(10)})
    message = refusal(f"{tmp_path}/a.npz")
    assert "no key is given" in message
    assert "'k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7' and 2 more" in message
    assert "no key 'k11' in" in refusal(f"{tmp_path}/a.npz#k11")


def test_npz_keys_are_escaped(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"a\nb": np.ones(1), "c" * 500: np.ones(1)})
    assert r"'a\nb'" in refusal(f"{tmp_path}/a.npz")


def test_bad_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "none.npz")
    np.savez(tmp_path / "object.npz", a=np.array([None]))
    np.savez(tmp_path / "good.npz", a=np.arange(50.0))
    damaged = bytearray((tmp_path / "good.npz").read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    (tmp_path / "damaged.npz").write_bytes(damaged)
    (tmp_path / "cut.npz").write_bytes(damaged[:-30])
    assert "no tensor" in refusal(f"{tmp_path}/none.npz")
    assert "type 'object'" in refusal(f"{tmp_path}/object.npz")
    assert "damaged" in refusal(f"{tmp_path}/damaged.npz")
    assert "damaged or not a .npz file" in refusal(f"{tmp_path}/cut.npz")


def test_npz_bomb(tmp_path: Path) -> None:
    """A few kilobytes that claim, and would unpack to, over 2**27 values."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"shape": (2**27 + 1,), "fortran_order": False, "descr": "|u1"})
    assert "134217729 values" in refusal(f"{tmp_path}/a.npz")


# Torch files


class Bomb:
    """Unpickling this would write a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (self.marker,))


def model_file(tmp_path: Path, suffix: str = ".pt") -> str:
    content = {
        "epoch": 3,
        "conv.weight": torch.ones(1, 2, dtype=torch.float32),
        "model": {"layers": [torch.zeros(1), torch.full((2,), 7, dtype=torch.int32)], "scale": torch.nn.Parameter(torch.tensor(2.0))},
        "half": torch.ones(2, dtype=torch.bfloat16),
        "sparse": torch.eye(2).to_sparse(),
        "complex": torch.ones(2, dtype=torch.complex64),
        "meta": torch.ones(2, device="meta"),
        "wide": torch.zeros(1).expand(2**28),
        "large": torch.tensor([2**53 + 1]),
        "empty": torch.zeros(0),
    }
    path = tmp_path / f"model{suffix}"
    torch.save(content, path)
    return str(path)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("conv.weight", [[1, 1]]), ("model.layers.0", [0]), ("model.layers.1", [7, 7]), ("model.scale", 2), ("half", [1, 1])],
)
def test_pt(tmp_path: Path, key: str, expected: Any) -> None:
    value = load(f"{model_file(tmp_path)}#{key}")
    assert value.dtype == torch.float64
    assert not value.requires_grad
    assert value.tolist() == expected


def test_pt_with_one_tensor_needs_no_key(tmp_path: Path) -> None:
    torch.save(torch.eye(2), tmp_path / "bare.pt")
    torch.save({"name": "x", "w": torch.ones(1)}, tmp_path / "dict.pth")
    torch.save(torch.ones(2), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert load(f"{tmp_path}/bare.pt").tolist() == [[1, 0], [0, 1]]
    assert load(f"{tmp_path}/dict.pth").tolist() == [1]
    assert load(f"{tmp_path}/old.pt").tolist() == [1, 1]


def test_pt_that_holds_itself(tmp_path: Path) -> None:
    content: list[Any] = [torch.ones(1)]
    content.append(content)
    torch.save(content, tmp_path / "loop.pt")
    assert load(f"{tmp_path}/loop.pt").tolist() == [1]


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("", "no key is given for"),
        ("#none", "no key 'none' in"),
        ("#epoch", "no key 'epoch' in"),
        ("#model", "no key 'model' in"),
        ("#sparse", "is sparse, quantized or without values"),
        ("#meta", "is sparse, quantized or without values"),
        ("#complex", "type complex64"),
        ("#wide", "268435456 values"),
        ("#large", "9007199254740993 at index [0]"),
        ("#empty", "no values"),
    ],
)
def test_bad_pt_keys(tmp_path: Path, key: str, part: str) -> None:
    message = refusal(model_file(tmp_path, ".pth") + key)
    assert part in message
    if "no key" in part:
        assert "'conv.weight', 'model.layers.0', 'model.layers.1', 'model.scale'" in message


def test_pt_bare_tensor_has_no_key(tmp_path: Path) -> None:
    torch.save(torch.ones(1), tmp_path / "a.pt")
    assert "it is one tensor" in refusal(f"{tmp_path}/a.pt#w")


def test_pt_without_tensors(tmp_path: Path) -> None:
    torch.save({"epoch": 1}, tmp_path / "a.pt")
    assert "no tensor" in refusal(f"{tmp_path}/a.pt")


@pytest.mark.parametrize("form", ["torch", "pickle"])
def test_pt_never_runs_code(tmp_path: Path, form: str) -> None:
    marker = tmp_path / "executed"
    path = tmp_path / "bomb.pt"
    if form == "torch":
        torch.save({"w": Bomb(marker)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(marker)))
    assert "only tensors are loaded and no code is run" in refusal(str(path))
    assert not marker.exists()
    pickle.loads(pickle.dumps(Bomb(marker)))
    assert marker.exists()  # so the bomb is live


def test_pt_damaged(tmp_path: Path) -> None:
    content = Path(model_file(tmp_path)).read_bytes()
    (tmp_path / "cut.pt").write_bytes(content[: len(content) // 2])
    assert "damaged" in refusal(f"{tmp_path}/cut.pt")


def test_pt_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a/data/0", "w") as file:
        for _ in range(1025):
            file.write(bytes(2**20))
    assert "unpacks to 1074790400 bytes" in refusal(str(path))


# Safetensors


def test_safetensors(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2, dtype=torch.float16)}, tmp_path / "one.safetensors")
    save_file({"a.w": torch.eye(2), "b": torch.tensor([1, 2])}, tmp_path / "two.safetensors")
    assert load(f"{tmp_path}/one.safetensors").tolist() == [1, 1]
    assert load(f"{tmp_path}/two.safetensors#a.w").tolist() == [[1, 0], [0, 1]]
    assert load(f"{tmp_path}/two.safetensors#b").dtype == torch.float64


def test_bad_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.ones(3), "b": torch.tensor([2**53 + 1]), "c": torch.ones(1, dtype=torch.complex64)}, path)
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-4])
    save_file({}, tmp_path / "none.safetensors")
    assert "one of 'a', 'b', 'c'" in refusal(str(path))
    assert "no key 'd' in" in refusal(f"{path}#d")
    assert "9007199254740993 at index [0]" in refusal(f"{path}#b")
    assert "type complex64" in refusal(f"{path}#c")
    assert "damaged or not a .safetensors file" in refusal(f"{tmp_path}/cut.safetensors")
    assert "no tensor" in refusal(f"{tmp_path}/none.safetensors")


# Pictures


def picture(tmp_path: Path, pixels: Any, mode: str | None = None, name: str = "a.png", **options: Any) -> str:
    image = Image.fromarray(np.asarray(pixels))
    (image.convert(mode) if mode else image).save(tmp_path / name, **options)
    return str(tmp_path / name)


GREY = np.array([[0, 51], [102, 255], [255, 0]], dtype=np.uint8)
COLOUR = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], dtype=np.uint8)


def test_grey_picture(tmp_path: Path) -> None:
    value = load(picture(tmp_path, GREY))
    assert value.dtype == torch.float64
    assert value.shape == (1, 3, 2)
    torch.testing.assert_close(value[0], torch.from_numpy(GREY) / 255, check_dtype=False)


def test_colour_picture(tmp_path: Path) -> None:
    value = load(picture(tmp_path, COLOUR))
    assert value.shape == (3, 2, 2)
    assert value[0].tolist() == [[1, 0], [0, 1]]
    assert value[2].tolist() == [[0, 0], [1, 1]]


def test_colour_to_grey(tmp_path: Path) -> None:
    value = load(picture(tmp_path, COLOUR) + "#grey")
    torch.testing.assert_close(value, torch.tensor([[[0.299, 0.587], [0.114, 1.0]]], dtype=torch.float64))
    assert float(value.max()) <= 1.0


def test_grey_to_grey(tmp_path: Path) -> None:
    path = picture(tmp_path, GREY)
    assert torch.equal(load(path + "#grey"), load(path))


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg", "A.JPG"])
def test_jpeg(tmp_path: Path, name: str) -> None:
    value = load(picture(tmp_path, np.full((8, 16, 3), 200, dtype=np.uint8), name=name))
    assert value.shape == (3, 8, 16)
    assert float((value - 200 / 255).abs().max()) < 0.02


def test_cmyk_jpeg(tmp_path: Path) -> None:
    assert load(picture(tmp_path, COLOUR, "CMYK", "a.jpg")).shape == (3, 2, 2)


def test_sixteen_bit_grey(tmp_path: Path) -> None:
    value = load(picture(tmp_path, np.array([[0, 65535, 12345]], dtype=np.uint16)))
    assert value.tolist() == [[[0, 1, 12345 / 65535]]]


def test_one_bit(tmp_path: Path) -> None:
    assert load(picture(tmp_path, np.array([[0, 255]], dtype=np.uint8), "1")).tolist() == [[[0, 1]]]


def test_palette(tmp_path: Path) -> None:
    assert torch.equal(load(picture(tmp_path, COLOUR, "P")), load(picture(tmp_path, COLOUR, name="b.png")))


def test_palette_with_a_clear_colour(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=0)
    assert load(f"{tmp_path}/a.png")[:, 0, :].tolist() == [[1, 0], [1, 1], [1, 0]]


def test_alpha_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 51]]], dtype=np.uint8)
    value = load(picture(tmp_path, pixels))
    torch.testing.assert_close(value[:, 0, :], torch.tensor([[1, 1, 0.8], [0, 1, 0.8], [0, 1, 0.8]], dtype=torch.float64))


def test_grey_alpha_stays_grey(tmp_path: Path) -> None:
    value = load(picture(tmp_path, np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], dtype=np.uint8), "LA"))
    assert value.tolist() == [[[0, 1]]]


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_exif_orientation(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to view
    pixels = np.zeros((8, 16), dtype=np.uint8)
    pixels[:, :8] = 255
    value = load(picture(tmp_path, pixels, name=name, exif=exif))
    assert value.shape == (1, 16, 8)
    assert float(value[0, :8].min()) > 0.9
    assert float(value[0, 8:].max()) < 0.1


def test_resize(tmp_path: Path) -> None:
    steps = np.repeat(np.array([[0, 255]], dtype=np.uint8), 8, axis=1).repeat(4, axis=0)
    path = picture(tmp_path, steps)
    value = load(path, size=(10, 40))
    assert value.shape == (1, 10, 40)
    assert value.dtype == torch.float64
    assert value.min() == 0.0  # LANCZOS overshoots at the step, the result must not
    assert value.max() == 1.0
    small = np.asarray(Image.fromarray(steps).resize((40, 10), Image.Resampling.LANCZOS)) / 255
    assert float((value[0] - torch.from_numpy(small)).abs().max()) < 0.01


def test_resize_to_the_same_size_is_exact(tmp_path: Path) -> None:
    path = picture(tmp_path, COLOUR)
    assert torch.equal(load(path, size=(2, 2)), load(path))


@pytest.mark.parametrize(
    ("shape", "longer", "expected"), [((4, 16), 8, (2, 8)), ((16, 4), 8, (8, 2)), ((4, 16), 32, (8, 32)), ((1, 90), 9, (1, 9))]
)
def test_one_number_is_the_longer_side_and_keeps_the_proportions(
    tmp_path: Path, shape: tuple[int, int], longer: int, expected: tuple[int, int]
) -> None:
    path = picture(tmp_path, np.full(shape, 51, dtype=np.uint8))
    value = load(path, size=longer)
    assert value.shape == (1, *expected)
    assert float((value - 0.2).abs().max()) < 1e-6


def test_resize_in_grey(tmp_path: Path) -> None:
    assert load(picture(tmp_path, COLOUR) + "#grey", size=(3, 5)).shape == (1, 3, 5)


def test_size_leaves_other_forms_alone() -> None:
    assert load("arange:2x3", size=(9, 9)).shape == (2, 3)


@pytest.mark.parametrize("size", [(0, 4), (4, -1), (4097, 1), 0, 4097])
def test_bad_size(tmp_path: Path, size: int | tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"^--input: size .* is out of range"):
        load(picture(tmp_path, GREY), size=size)


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (50_000_001, 1), (12_000, 12_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_undecoded(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "a.png").write_bytes(png(width, height))
    assert "at most 50000000 pixels" in refusal(f"{tmp_path}/a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_truncated_picture(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = Path(picture(tmp_path, noise, name=name))
    path.write_bytes(path.read_bytes()[:-2000])
    assert "cut short" in refusal(str(path))


def test_picture_without_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(10, 10))
    assert "damaged" in refusal(f"{tmp_path}/a.png")


def test_gif_in_disguise(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "a.png")
    assert "not a PNG or JPEG" in refusal(f"{tmp_path}/a.png")


def test_picture_with_another_key(tmp_path: Path) -> None:
    assert "only '#grey' may follow" in refusal(picture(tmp_path, GREY) + "#red")


# Generators and kernels


def test_constant_generators() -> None:
    assert load("zeros:3x3").tolist() == [[0.0] * 3] * 3
    assert load("ones:2").tolist() == [1, 1]
    assert load("arange:2x3").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_random_generators() -> None:
    normal, uniform = load("randn:100x100"), load("rand:3x8x8")
    assert normal.dtype == uniform.dtype == torch.float64
    assert abs(float(normal.mean())) < 0.05
    assert abs(float(normal.std()) - 1) < 0.05
    assert uniform.shape == (3, 8, 8)
    assert 0 <= float(uniform.min()) < float(uniform.max()) < 1


def test_random_streams() -> None:
    first = load("randn:8", name="input", seed=1)
    assert torch.equal(first, load("randn:8", name="input", seed=1))
    assert not torch.equal(first, load("randn:8", name="input", seed=2))
    assert not torch.equal(first, load("randn:8", name="kernel", seed=1))


def test_random_values_do_not_depend_on_the_process() -> None:
    seed = zlib.crc32(b"7:input")
    assert torch.equal(load("randn:4", seed=7), torch.randn(4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1]
    load("randn:8")
    load("rand:8")
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert np.array_equal(before[2], np.random.get_state()[1])


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ("randn:3xx8", "bad shape '3xx8' in 'randn:3xx8'; write it like randn:3x8x8"),
        ("randn:", "bad shape ''"),
        ("rand:x3", "bad shape 'x3'"),
        ("zeros:3x-1", "bad shape '3x-1'"),
        ("ones:2.5", "bad shape '2.5'"),
        ("arange:3,3", "bad shape '3,3'"),
        ("zeros:3x0", "give 1 to 8 sizes of at least 1"),
        ("ones:0", "give 1 to 8 sizes of at least 1"),
        ("ones:1x1x1x1x1x1x1x1x1", "give 1 to 8 sizes"),
        ("randn:134217729", "134217729 values"),
        ("zeros:99999x99999", "9999800001 values"),
        ("zeros:" + "9" * 400, "bad shape"),
        ("rndn:3x3", "did you mean randn:3x8x8"),
        ("sobelx", "did you mean sobel_x"),
        ("Sobel_Y", "did you mean sobel_y"),
        ("guassian5", "did you mean gaussian5"),
        ("nonsense", "give numbers such as [[1,2],[3,4]], a file such as image.png, a generator such as randn:3x8x8 or a kernel"),
        ("1,2,3", "'1,2,3' is several numbers with commas between them; write [1,2,3]"),
        ("1,5", "'1,5' is several numbers with commas between them; write [1,5], or 1.5 if the comma is decimal"),
        ("x" * 9000, "is neither numbers"),
        ("#", "is neither numbers"),
    ],
    ids=lambda text: text[:24],
)
def test_bad_generators_and_names(spec: str, part: str) -> None:
    assert part in refusal(spec)


@pytest.mark.parametrize("name", list(KERNELS))
def test_kernel_names(name: str) -> None:
    assert torch.equal(load(name), kernel(name))


def test_names_win_over_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("identity").mkdir()
    Path("3").write_text("")
    assert load("identity").shape == (3, 3)
    assert load("3").tolist() == 3


# Sizes


@pytest.mark.parametrize(("text", "size"), [("64", 64), ("48x64", (48, 64)), ("1x4096", (1, 4096)), (" 7 ", 7)])
def test_parse_size(text: str, size: int | tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "4097", "1x0", "x", "3x", "3x4x5", "-3", "3.5", "a\nb", "٣", "9" * 5000])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_size(text)
    assert str(caught.value).startswith("--size: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


# Any text at all


@given(st.text(max_size=80) | st.text(alphabet='[]0123456789,.-eEx#:NanInfity"{} \n', max_size=40))
@settings(max_examples=300)
def test_any_text_gives_a_tensor_or_one_sentence(text: str) -> None:
    message, value = "", torch.zeros(0)
    try:
        value = load(text)
    except InputError as error:
        message = str(error)
    if message:
        assert message.startswith("--input: ")
        assert message.isprintable()
    else:
        assert value.dtype == torch.float64
        assert bool(value.isfinite().all())


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1, max_size=4))
def test_numbers_survive_the_way_through_json(rows: list[list[float]]) -> None:
    assert load(json.dumps(rows)).tolist() == rows
