"""Pictures of every kind against value / maximum; what is damaged or cut short is refused."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from engine.errors import InputError
from engine.inputs import pictures
from engine.inputs.load import load
from tests.engine.pngs import SAMPLES, chunk, made

KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]


def samples(colour: int, bits: int, height: int = 11, width: int = 13) -> np.ndarray:
    """All kinds of values, the smallest and the largest among them."""
    found = np.random.default_rng(10 * colour + bits).integers(0, 2**bits, (height, width, SAMPLES[colour]))
    found[0, 0], found[-1, -1] = 0, 2**bits - 1
    return found


def expected(values: np.ndarray, bits: int, colour: int, palette: np.ndarray | None, clear: tuple[int, ...]) -> np.ndarray:
    """Value / maximum, over white, as [channels, H, W], in plain arithmetic."""
    alpha = np.ones(values.shape[:2])
    if palette is not None:
        wanted = palette[values[:, :, 0]] / 255
        alpha = np.array([*clear, *[255] * len(palette)])[values[:, :, 0]] / 255
    else:
        wanted = values / (2**bits - 1)
        if colour in (4, 6):
            wanted, alpha = wanted[:, :, :-1], wanted[:, :, -1]
        elif clear:
            alpha = 1.0 - (values == np.array(clear)).all(axis=2)
    return np.moveaxis(wanted * alpha[:, :, None] + (1 - alpha[:, :, None]), 2, 0)


@pytest.mark.parametrize(("colour", "bits"), KINDS)
@pytest.mark.parametrize("is_clear", [False, True])
@pytest.mark.parametrize("interlaced", [False, True])
def test_every_kind_of_png(tmp_path: Path, colour: int, bits: int, is_clear: bool, interlaced: bool) -> None:
    for height, width in ((11, 13), (1, 1), (3, 2)):
        values = samples(colour, bits, height, width)
        palette = np.random.default_rng(bits).integers(0, 256, (2**bits, 3)) if colour == 3 else None
        clear: tuple[int, ...] = ()
        if is_clear and colour in (0, 2):
            clear = tuple(map(int, values[height // 2, width // 2]))
        elif is_clear and colour == 3:
            clear = (0, 128) if bits == 1 else (0, 128, 7)
        key = bytes(clear) if colour == 3 else b"".join(struct.pack(">H", value) for value in clear)
        flat = () if palette is None else [int(x) for x in palette.flatten()]
        (tmp_path / "a.png").write_bytes(made(values, bits, colour, interlaced=interlaced, palette=flat, clear=key))
        found = load(str(tmp_path / "a.png"))
        np.testing.assert_array_equal(found.numpy(), expected(values, bits, colour, palette, clear))


def test_sixteen_bits_in_colour_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made(np.array([[[0x1234, 0x00FF, 0xFF01]]]), 16, 2))
    assert load(f"{tmp_path}/a.png").flatten().tolist() == [0x1234 / 65535, 0x00FF / 65535, 0xFF01 / 65535]


def test_our_files_are_what_others_read(tmp_path: Path) -> None:
    """The encoder of these tests against Pillow, where Pillow keeps all bits."""
    for interlaced in (False, True):
        for colour, bits in ((0, 8), (0, 16), (2, 8), (4, 8), (6, 8)):
            values = samples(colour, bits)
            image = Image.open(io.BytesIO(made(values, bits, colour, interlaced=interlaced)))
            np.testing.assert_array_equal(np.asarray(image).reshape(values.shape), values)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_orientations(tmp_path: Path, orientation: int, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.kron(np.array([[0, 60, 120], [180, 220, 255]]), np.ones((16, 16))).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / name, exif=exif, quality=95)
    with Image.open(tmp_path / name) as image:
        seen = np.asarray(ImageOps.exif_transpose(image)) / 255
    np.testing.assert_array_equal(load(str(tmp_path / name))[0].numpy(), seen)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg(tmp_path: Path, mode: str, options: dict[str, int]) -> None:
    pixels = np.kron(np.random.default_rng(1).integers(0, 256, (3, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    Image.fromarray(pixels).convert(mode).save(tmp_path / "a.jpg", quality=95, **options)
    with Image.open(tmp_path / "a.jpg") as image:
        seen = np.asarray(image if mode != "CMYK" else image.convert("RGB")) / 255
    found = load(f"{tmp_path}/a.jpg").numpy()
    np.testing.assert_array_equal(np.moveaxis(found, 0, 2).reshape(seen.shape), seen)


def refused(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        load(str(path))
    except InputError as error:
        return str(error).isprintable()
    return False


def test_a_png_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    content = made(samples(2, 8, 5, 4), 8, 2)
    assert not refused(tmp_path / "a.png", content)
    assert all(refused(tmp_path / "a.png", content[:length]) for length in range(len(content)))


def test_a_png_with_any_wrong_bit_is_refused(tmp_path: Path) -> None:
    content = made(samples(0, 8, 4, 4), 8, 0, clear=b"\0\7")
    for at, bit in product(range(len(content)), (1, 128)):
        changed = bytearray(content)
        changed[at] ^= bit
        assert refused(tmp_path / "a.png", bytes(changed)), f"bit {bit} of byte {at}"


def test_a_jpeg_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    assert not refused(tmp_path / "a.jpg", content + b"a camera's own data")
    assert all(refused(tmp_path / "a.jpg", content[:length]) for length in range(len(content)))


@pytest.mark.parametrize("data", [b"", bytes(20), zlib.compress(bytes(3)), zlib.compress(bytes(5)), zlib.compress(bytes(4))[:-1]])
def test_a_png_of_other_rows_is_refused(tmp_path: Path, data: bytes) -> None:
    """Two rows of one grey pixel are four bytes."""
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 0, 0, 0, 0))
    assert refused(tmp_path / "a.png", head + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    assert not refused(tmp_path / "a.png", head + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b""))


def test_a_colour_beyond_the_palette_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "a.png", made(np.array([[[2]]]), 8, 3, palette=[0] * 6))


def test_gray_is_grey(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made(samples(2, 8), 8, 2))
    assert torch.equal(load(f"{tmp_path}/a.png#gray"), load(f"{tmp_path}/a.png#grey"))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_large_pictures_are_averaged_before_the_resize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    values = np.kron(np.array([[0, 255], [51, 102]]), np.ones((32, 48))).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / name, quality=95)
    usual = load(str(tmp_path / name), size=(8, 12))
    monkeypatch.setattr(pictures, "PIXEL_LIMIT", 1000)
    monkeypatch.setattr(pictures, "AT_ONCE", 500)
    with pytest.raises(InputError, match=r"64x96 pixels in .* are too many; .* or give --size"):
        load(str(tmp_path / name))
    found = load(str(tmp_path / name), size=(8, 12))
    assert found.shape == (1, 8, 12)
    # Away from the edges, where any two filters agree.
    corners = found[0, ::7, ::11]
    torch.testing.assert_close(corners, usual[0, ::7, ::11], atol=0.01, rtol=0)
    torch.testing.assert_close(corners.flatten(), torch.tensor([0, 1, 0.2, 0.4], dtype=torch.float64), atol=0.02, rtol=0)
    monkeypatch.setattr(pictures, "SIZED_LIMIT", 6000)
    with pytest.raises(InputError, match="at most 6000 pixels"):
        load(str(tmp_path / name), size=(8, 12))


def test_blocks_at_the_ends_are_averaged_too() -> None:
    pixels = np.arange(15.0).reshape(3, 5, 1)
    assert pictures._averaged(pixels, 2)[:, :, 0].tolist() == [[3, 5, 6.5], [10.5, 12.5, 14]]
