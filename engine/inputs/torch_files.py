"""What torch.save wrote, read without running any code in it; what cannot be read so is named for what it is."""

from __future__ import annotations

import re
import zipfile
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any

import torch

from engine.errors import InputError
from engine.inputs.files import BINARY_LIMIT
from engine.inputs.packages import open_package
from engine.shown import shown

INSTEAD = "only tensors are loaded and no code is run, so save a state_dict() with torch.save"
#: So much is looked through for the marks of a whole module (bytes).
LOOKED_THROUGH = 16 * 2**20

#: Objects that often stand beside tensors. In their place stands one that holds nothing and does nothing.
BESIDE = (
    *(f"numpy{core}.multiarray.{name}" for core in (".core", "._core") for name in ("scalar", "_reconstruct")),
    "numpy.dtype",
    "numpy.ndarray",
    *(f"numpy.dtypes.{name}DType" for name in ("Float64", "Float32", "Int64", "Int32", "Bool", "UInt8")),
    "argparse.Namespace",
    *(f"pathlib.{name}" for name in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")),
    *(f"{room}.utilities.{part}.AttributeDict" for room, part in (("lightning.fabric", "data"), ("lightning_fabric", "data"))),
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
)


class _Nothing:
    """Takes what the object that it stands for would be given, and leaves it."""

    def __new__(cls, *_: object) -> _Nothing:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


_STAND_INS: list[Any] = [type(name.rpartition(".")[2], (_Nothing,), {"__module__": name.rpartition(".")[0]}) for name in BESIDE]


def read_pickled(file: IO[bytes], given: str) -> object:
    """What a file holds: tensors, in dicts and lists.

    Raises :class:`InputError` for what is damaged, too large unpacked, or more than tensors.
    """
    try:
        if zipfile.is_zipfile(file):
            file.seek(0)
            _check_archive(file, given)
        file.seek(0)
        with _allowed():
            return torch.load(file, weights_only=True, map_location="cpu")
    except InputError:
        raise
    except Exception as error:  # damage and forbidden content surface as many different errors
        raise InputError(_reason(str(error), given)) from error


def _allowed() -> AbstractContextManager[Any]:
    globals_ = getattr(torch.serialization, "safe_globals", None)  # since torch 2.5
    return globals_(_STAND_INS) if globals_ else nullcontext()


def _check_archive(file: IO[bytes], given: str) -> None:
    with open_package(file, given, BINARY_LIMIT) as archive:
        names = archive.namelist()
        pickled = next((name for name in names if name.endswith("data.pkl")), None)
        if any(re.search(r"(^|/)(code/|constants\.pkl$)", name) for name in names) and pickled:
            raise InputError(f"{given} is a TorchScript archive, which holds code; {INSTEAD}")
        if pickled is None:
            return
        with archive.open(pickled) as member:
            head = member.read(LOOKED_THROUGH)
        if b"_parameters" in head and b"_modules" in head and b"training" in head:
            raise InputError(f"{given} holds a whole module, as torch.save(model) writes it; {INSTEAD}")


def _reason(error: str, given: str) -> str:
    found = re.search(r"GLOBAL (\S+) was not an allowed global", error)
    if found:
        return f"{given} holds more than tensors, an object of {shown(found[1])}; {INSTEAD}"
    return f"{given} is damaged or holds more than tensors; {INSTEAD}"
