"""Files that are not what they should be, given to ``trace``, ``lecture`` and ``insert``: a right answer, or one sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import socket
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.campaign.commands import called, fault

TITLE = "bad files: every format, bent and broken in every way, through trace, lecture and insert"
SMALL, LARGE = 40, 800

ENDINGS = ("json", "csv", "tsv", "npy", "npz", "pt", "pth", "ckpt", "bin", "safetensors", "png", "jpg", "jpeg")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
ESCAPES = ("\x1b[31m", "\a", "\r", "\n", "\u202e", "\x9b", "a'b\"c", "é猫", "x" * 3000)

#: What a file holds; whether it must be refused; none where either is right.
Case = tuple[str, bytes, bool | None]


class _Code:
    """Unpickling this would leave the folder."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (os.chdir, ("/",))


class Makers:
    """Whole files, made once."""

    def __init__(self, folder: Path) -> None:
        import torch
        from PIL import Image
        from safetensors.torch import save

        self.folder = folder
        pixels = np.random.default_rng(1).integers(0, 256, (7, 9, 3), dtype=np.uint8)
        tensors = {"a": torch.eye(2), "lstm.weight_ih_l0": torch.ones(8, 2), "lstm.weight_hh_l0": torch.ones(8, 2)}
        array = np.array([[1.0, 2.0], [3.0, 4.0]])
        self.whole = {
            "json": b"[[1,2],[3,4]]",
            "csv": b"1,2\n3,4\n",
            "tsv": b"1\t2\n3\t4\n",
            "npy": _bytes(lambda file: np.save(file, array)),
            "npz": _bytes(lambda file: np.savez_compressed(file, a=array)),
            "safetensors": save(tensors),
            "png": _bytes(lambda file: Image.fromarray(pixels).save(file, "PNG")),
            "jpg": _bytes(lambda file: Image.fromarray(pixels).save(file, "JPEG")),
            "pt": _bytes(lambda file: torch.save(torch.eye(2), file)),
            "toml": b'title = "T"\nto = ["vtt"]\n[[parts]]\nkind = "title"\ntitle = "Begin"\nsecond = 3\n',
        }
        self.whole |= {"jpeg": self.whole["jpg"], **dict.fromkeys(("pth", "ckpt", "bin"), self.whole["pt"])}
        self.tensors = _bytes(lambda file: torch.save({"state_dict": tensors}, file))
        self.deck = _deck()
        self.film = _film(folder / "made.mp4", {})

    @cache  # noqa: B019  # there is one, as long as the campaign
    def bomb(self, ending: str) -> bytes:
        """A deck that unpacks to over 80 MB of XML, or to over 1 GB of other things."""
        piece, count = (b"<a>" + b"<b/>" * 2**20 + b"</a>", 20) if ending == ".xml" else (bytes(2**26), 17)
        file = io.BytesIO(self.deck)
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
            for number in range(count):
                package.writestr(f"ppt/media/{number}{ending}", piece)
        return file.getvalue()


def _bytes(write: Callable[[Any], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def _deck() -> bytes:
    from pptx import Presentation

    return _bytes(Presentation().save)


def _film(path: Path, metadata: dict[str, str]) -> bytes:
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "use_metadata_tags"} if "synopsis" not in metadata else {}) as film:
        film.metadata.update(metadata)
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(2):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        film.mux(stream.encode(None))
    return path.read_bytes()


# --- contents ----------------------------------------------------------------------------------------------------------------------------


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def _flipped(chance: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _stuffed(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + chance.randbytes(chance.choice((1, 4, 100))) + content[at + chance.choice((0, 4)) :]


def _huge(chance: random.Random, content: bytes) -> bytes:
    """Some four bytes become a huge number: most formats state their sizes somewhere."""
    at = chance.randrange(max(1, len(content) - 4))
    return content[:at] + chance.choice((b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\xff" * 8, b"\x00\x00\x00\x80")) + content[at + 4 :]


CHANGES = (_cut, _flipped, _stuffed, _huge)


def _odd(chance: random.Random, makers: Makers) -> Case:
    """Content that no file of the ending should have."""
    deep = chance.choice((100, 3000, 100_000))
    words = chance.choice(ESCAPES)
    options: list[Callable[[], tuple[str, bytes]]] = [
        lambda: (chance.choice(ENDINGS), POINTER),
        lambda: (chance.choice(ENDINGS), b""),
        lambda: (chance.choice(ENDINGS), chance.randbytes(500)),
        lambda: ("json", b"[" * deep + chance.choice((b"", b"1" + b"]" * deep))),
        lambda: ("json", b'{"a":' * deep + b"1" + b"}" * deep),
        lambda: ("json", json.dumps([words]).encode()),
        lambda: ("json", b"[" + b"9" * 6000 + b"]"),
        lambda: ("csv", f"1,{words}\n".encode()),
        lambda: ("csv", f"{words},b\n1,2,3\n".encode()),
        lambda: ("csv", b"1," * 100_000 + b"x"),
        lambda: ("csv", b"\xff\xfe1\x002"),
        lambda: ("npy", _npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10 ** chance.randrange(3, 20)},), }}")),
        lambda: ("npy", _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + pickle.dumps([_Code()])),
        lambda: ("npy", _npy("(" * 500 + ")" * 500)),
        lambda: ("npz", _zip({"a.npy": bytes(50 * 2**20)}, zipfile.ZIP_DEFLATED)),
        lambda: ("npz", _zip({"a.npy": _bytes(lambda file: np.save(file, np.zeros(2**22)))}, zipfile.ZIP_BZIP2)),
        lambda: ("npz", _zip({f"{words}{n}.npy": makers.whole["npy"] for n in range(12)}, zipfile.ZIP_STORED)),
        lambda: ("npz", _lying(makers.whole["npz"])),
        lambda: (chance.choice(("pt", "bin", "ckpt")), pickle.dumps(_Code(), protocol=2)),
        lambda: ("pt", _zip({"a/data.pkl": pickle.dumps(_Code(), protocol=2), "a/version": b"3", "a/byteorder": b"little"})),
        lambda: ("pt", _zip({"a/data.pkl": b"(" * deep + b".", "a/version": b"3"})),
        lambda: ("pt", _zip({"a/code/x.py": b"pass", "a/data.pkl": b".", "a/constants.pkl": b"."})),
        lambda: ("pt", _zip({"a/data.pkl": bytes(60 * 2**20), "a/version": b"3"}, zipfile.ZIP_DEFLATED)),
        lambda: ("safetensors", _tensors({words: {"dtype": "F32", "shape": [1], "data_offsets": [0, 10**15]}})),
        lambda: ("safetensors", _tensors({"a": {"dtype": "F64", "shape": [2**40, 2**40], "data_offsets": [0, 8]}})),
        lambda: ("safetensors", struct.pack("<Q", 2**62) + b"{}"),
        lambda: ("png", _png(chance.choice((2**31 - 1, 70_000, 9000)), chance.choice((1, 9000)), bytes(100))),
        lambda: ("png", _png(9, 9, bytes(100 * 2**20))),
        lambda: ("jpg", b"\xff\xd8" + b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" + b"\xff\xd9"),
    ]
    ending, content = chance.choice(options)()
    # The array itself is whole, so it may be read as well.
    return ending, content, None if content == _lying(makers.whole["npz"]) else True


def _npy(header: str) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _zip(members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _lying(content: bytes) -> bytes:
    """An archive whose list of contents states another size."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", 2**31) + content[at + 28 :]


def _tensors(header: dict[str, Any]) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(8)


def _png(width: int, height: int, rows: bytes) -> bytes:
    from tests.engine.pngs import chunk

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _right(chance: random.Random, makers: Makers) -> Case:
    """Content that is right, however unusual."""
    options = [
        ("csv", chance.choice(("utf-16", "utf-8-sig", "utf-32")), "1;2,5\n"),
        ("csv", "utf-8", "sep=;\r\n# words\r\nx;y\r\n1,5;2\r\n\r\n3;4\r\n"),
        ("csv", "utf-8", "1\t2\r3\t4\r"),
        ("json", "utf-16-be", "[[1,2]]"),
        ("json", "utf-8", "[[1. 2.]\n [3. 4.]]"),
    ]
    ending, encoding, text = chance.choice(options)
    return ending, text.encode(encoding), False


# --- things that are no files -------------------------------------------------------------------------------------------------------------


def _no_file(chance: random.Random, path: Path) -> None:
    kind = chance.choice(("pipe", "folder", "loop", "device", "socket", "nowhere", "full"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to(chance.choice(("/dev/zero", "/dev/random", "/dev/null", "/dev/stdin", "/dev/tty")))
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    elif kind == "nowhere":
        path.symlink_to("nothing-there")
    else:
        with path.open("wb") as file:
            file.truncate(chance.choice((7 * 2**30, 2**42)))


# --- commands -----------------------------------------------------------------------------------------------------------------------------


def _bent(chance: random.Random, makers: Makers) -> Case:
    ending = chance.choice(ENDINGS)
    content = makers.whole[ending]
    change = chance.choice(CHANGES)
    # A number can lose digits and be a number still; every bit of a PNG has its checksum.
    must = True if ending == "png" and change in (_cut, _flipped) else None
    bent = change(chance, content)
    return ending, bent, must if bent != content else None


def _trace(chance: random.Random, makers: Makers, folder: Path) -> tuple[list[str], bool | None]:
    kind = chance.choice((_bent, _bent, _odd, _odd, _right, None))
    if kind is None:
        path = folder / f"a.{chance.choice(ENDINGS)}"
        _no_file(chance, path)
        must: bool | None = True
    else:
        ending, content, must = kind(chance, makers)
        path = folder / f"a.{ending}"
        path.write_bytes(content)
    if kind is not _right and path.suffix in (".pt", ".pth", ".npz", ".ckpt", ".bin", ".safetensors") and chance.random() < 0.4:
        return ["trace", "lstm", "--input", "[[1,2]]", "--state-dict", f"{path}{chance.choice(('', '#lstm', '#a'))}"], must and None
    return ["trace", "max_pool2d", "--input", str(path), "--kernel-size", "1", "--steps", "0:1", "--no-outputs"], must


def _lecture(chance: random.Random, makers: Makers, folder: Path) -> tuple[list[str], bool | None]:
    path = folder / "a.toml"
    deep = chance.choice((50, 2000, 100_000))
    word = chance.choice(ESCAPES)
    begin = 'title = "T"\n'
    clip = f'{begin}[[parts]]\nkind = "clip"\nconcept = "max_pool2d"\n[parts.inputs]\nkernel-size = 1\n'
    basic = json.dumps(word)
    texts = [
        begin + "x = " + "[" * deep + "]" * deep,
        begin + ".".join(["a"] * deep) + " = 1",
        begin + f"x = {'{a = ' * deep}1{'}' * deep}",
        begin + f"{basic} = 1",
        begin + f'[[parts]]\nkind = {basic}\ntitle = "x"',
        begin + f'[[parts]]\nkind = "title"\ntitle = "x"\n{basic} = 3',
        begin + f"fps = 0x{'f' * 9000}",
        begin + f"fps = {'9' * 9000}",
        clip + "input = [[1979-05-27, 2]]",
        clip + "input = 1979-05-27T07:32:00Z",
        clip + f"input = {'[' * deep}1{']' * deep}",
        clip + f"{basic} = [[1]]",
        clip + f"input = {basic}",
        clip + "input = [[" + "inf, nan" + "]]",
        begin + "\x1b[31m",
        "\x00" * 40,
        "parts = 3\ntitle = 4",
    ]
    choice = chance.random()
    if choice < 0.5:
        path.write_bytes(chance.choice(texts).encode(chance.choice(("utf-8", "utf-8", "utf-16", "utf-8-sig")), "surrogatepass"))
    elif choice < 0.65:
        path.write_bytes(chance.choice((POINTER, b"", b"\xff\xfe\x00", b"a = '\xe9'", chance.randbytes(300))))
    elif choice < 0.8:
        path.write_bytes(chance.choice(CHANGES)(chance, makers.whole["toml"]))
    elif choice < 0.9:
        _no_file(chance, path)
    else:
        inner = folder / "in.csv"
        _no_file(chance, inner)
        path.write_text(clip + 'input = "in.csv"\n')
    return ["lecture", str(path), "-o", str(folder / "out"), "--no-cache", "--jobs", "1"], True


def _insert(chance: random.Random, makers: Makers, folder: Path) -> tuple[list[str], bool | None]:
    film, deck, out = folder / "a.mp4", folder / "a.pptx", folder / "out.pptx"
    film.write_bytes(makers.film)
    deck.write_bytes(makers.deck)
    must: bool | None = None
    choice = chance.random()
    if choice < 0.25:
        film.write_bytes(chance.choice(CHANGES)(chance, makers.film))
    elif choice < 0.5:
        deck.write_bytes(chance.choice(CHANGES)(chance, makers.deck))
    elif choice < 0.65:
        spoiled = chance.choice((film, deck))
        spoiled.unlink()
        _no_file(chance, spoiled)
        must = True
    elif choice < 0.75:
        deck.write_bytes(makers.bomb(chance.choice((".xml", ".png"))))
        must = True
    elif choice < 0.85:
        chance.choice((film, deck)).write_bytes(chance.choice((POINTER, b"", b"#EXTM3U\n#EXTINF:1\n/dev/zero\n", chance.randbytes(300))))
        must = True
    else:
        film.write_bytes(_film(film, {"synopsis": _script(chance), "title": chance.choice(ESCAPES[:-1])}))
    return ["insert", str(film), str(deck), "-o", str(out)], must


def _script(chance: random.Random) -> str:
    mark: dict[str, Any] = {"kind": "full", "phase": "p", "say": "s", "first": 0, "after": 2, "start": 0, "stop": 1}
    part: dict[str, Any] = {"title": "t", "name": "n", "concept": "c", "steps": 1, "marks": [mark]}
    whole: dict[str, Any] = {"version": 1, "title": "t", "summary": "s", "fps": 10, "width": 32, "height": 32, "theme": "dark"}
    whole["parts"] = [part]
    place = chance.choice((whole, part, mark))
    place[chance.choice(list(place))] = chance.choice((0, -1, 10**20, None, "x", [], {}, 1e308, [[1]], "\x1b[31m"))
    return "[" * 5000 if chance.random() < 0.1 else json.dumps(whole)


def cases(count: int, seed: int) -> Iterator[str | None]:
    """A file, a command that reads it, and how that ends; also whether anything but the files of the case is left behind."""
    with tempfile.TemporaryDirectory() as room:
        makers = Makers(Path(room))
        for number in range(count):
            chance = random.Random(f"{seed}-{number}")
            with tempfile.TemporaryDirectory(dir=room) as folder:
                kind = chance.choices((_trace, _lecture, _insert), (6, 3, 1))[0]
                arguments, refused = kind(chance, makers, Path(folder))
                here = Path.cwd()
                with redirect_stdout(io.StringIO()):
                    result = called(arguments)
                found = fault(arguments, result, refused=refused)
                if Path.cwd() != here:
                    os.chdir(here)
                    found = f"{arguments}: code of the file was run"
                yield found and f"case {number}: {found}"
