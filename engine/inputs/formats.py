"""Which reader takes a file: the table of accepted endings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from engine.checks import shown
from engine.errors import InputError
from engine.inputs.archives import read_npy, read_npz, read_pt, read_safetensors
from engine.inputs.files import BINARY_LIMIT, TEXT_LIMIT, Source
from engine.inputs.nested import read_json
from engine.inputs.pictures import FILE_LIMIT, read_picture
from engine.inputs.tables import read_table
from engine.shapes import PictureSize

PATH_LIMIT = 4096  # characters; a longer text is no path on any system


GREYS = ("grey", "gray")


class _Format(NamedTuple):
    read: Callable[[Source], torch.Tensor]
    limit: int  # bytes
    keyed: bool


def places_in(text: str) -> Iterator[tuple[Path, str | None]]:
    """Every way to read the text as a file and a key, where the file has an accepted ending; the longest path first."""
    if len(text) > PATH_LIMIT:
        return
    cuts = [position for position, character in enumerate(text) if character == "#"]
    for cut in [len(text), *reversed(cuts)]:
        path = Path(text[:cut])
        if path.suffix.lower() in FORMATS:
            yield path, text[cut + 1 :] or None


def read_file(path: Path, key: str | None, given: str, size: PictureSize | None) -> torch.Tensor:
    """The tensor in a file of an accepted ending."""
    form = FORMATS[path.suffix.lower()]
    if key is not None and not form.keyed:
        raise InputError(f"{given} names a key, but a {path.suffix} file holds a single tensor; leave out '#' and what follows")
    return form.read(Source(path, key, given, size))


def _read_image(source: Source) -> torch.Tensor:
    if source.key not in (None, *GREYS):
        raise InputError(f"{source.given} asks for {shown(source.key or '')} of a picture; only '#grey' may follow its name")
    return read_picture(source.path, source.given, grey=source.key in GREYS, size=source.size)


FORMATS: dict[str, _Format] = {
    ".json": _Format(read_json, TEXT_LIMIT, keyed=False),
    ".csv": _Format(read_table, TEXT_LIMIT, keyed=False),
    ".tsv": _Format(read_table, TEXT_LIMIT, keyed=False),
    ".npy": _Format(read_npy, BINARY_LIMIT, keyed=False),
    ".npz": _Format(read_npz, BINARY_LIMIT, keyed=True),
    ".pt": _Format(read_pt, BINARY_LIMIT, keyed=True),
    ".pth": _Format(read_pt, BINARY_LIMIT, keyed=True),
    ".ckpt": _Format(read_pt, BINARY_LIMIT, keyed=True),
    ".bin": _Format(read_pt, BINARY_LIMIT, keyed=True),
    ".safetensors": _Format(read_safetensors, BINARY_LIMIT, keyed=True),
    ".png": _Format(_read_image, FILE_LIMIT, keyed=True),
    ".jpg": _Format(_read_image, FILE_LIMIT, keyed=True),
    ".jpeg": _Format(_read_image, FILE_LIMIT, keyed=True),
}
