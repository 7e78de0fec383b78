"""Saved tensors: the files of numpy, torch and safetensors, of which some hold several tensors. No code in them is run."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from typing import IO

import torch

from engine.checks import check_count, dense, shown
from engine.errors import InputError
from engine.files import BINARY_LIMIT, Source, check_file


def read_npy(source: Source) -> torch.Tensor:
    """The array of a .npy file; nothing is unpickled."""
    with source.path.open("rb") as file:
        return _numpy_array(file, source.path.stat().st_size, source.given)


#: Which of the tensors of a file are wanted, by their names.
Choose = Callable[[list[str], Source], list[str]]


def read_npz(source: Source) -> torch.Tensor:
    """One array of a .npz file; nothing is unpickled."""
    return _only(_npz(source, _one))


def read_pt(source: Source) -> torch.Tensor:
    """One tensor of a file that torch.save wrote; no code in it is run."""
    return _only(_pt(source, _one))


def read_safetensors(source: Source) -> torch.Tensor:
    """One tensor of a .safetensors file."""
    return _only(_safetensors(source, _one))


def read_all(source: Source) -> dict[str, torch.Tensor]:
    """All tensors of a file by their names, as ``torch.save(model.state_dict(), file)`` writes them; no code in it is run.

    Raises :class:`InputError` for a file of another kind.
    """
    readers = {".npz": _npz, ".pt": _pt, ".pth": _pt, ".safetensors": _safetensors}
    reader = readers.get(source.path.suffix.lower())
    if reader is None:
        raise InputError(f"{source.given} does not end like a file of named tensors; use one of {', '.join(readers)}")
    check_file(source.path, source.given, BINARY_LIMIT)
    found = reader(source, lambda keys, _: keys)
    if not found or "" in found:
        raise InputError(f"{source.given} holds no named tensors; save a state_dict() with torch.save")
    return found


def _only(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    (tensor,) = tensors.values()
    return tensor


def _npz(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")}
            found = {}
            for key in choose(list(members), source):
                with archive.open(members[key]) as file:
                    found[key] = _numpy_array(file, members[key].file_size, source.given)
            return found
    except InputError:
        raise
    except Exception as error:  # each kind of compression reports damage as its own error
        raise _damaged(source, "numpy.savez") from error


def _pt(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    try:
        _check_unpacked(source)
        loaded = torch.load(source.path, weights_only=True, map_location="cpu")
    except InputError:
        raise
    except Exception as error:  # damage and forbidden content surface as many different errors
        works = "only tensors are loaded and no code is run, so save a state_dict() with torch.save"
        raise InputError(f"{source.given} is damaged or holds more than tensors; {works}") from error
    tensors = _named_tensors(loaded)
    return {key: dense(tensors[key], source.given) for key in choose(list(tensors), source)}


def _safetensors(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(source.path, framework="pt", device="cpu") as file:
            return {key: dense(file.get_tensor(key), source.given) for key in choose(list(file.keys()), source)}
    except (SafetensorError, OSError, KeyError, AttributeError, RuntimeError) as error:
        raise _damaged(source, "safetensors.torch.save_file") from error


def _numpy_array(file: IO[bytes], size: int, given: str) -> torch.Tensor:
    """One array in .npy form; the header is checked first, so that nothing is unpickled and no false size reserved."""
    import numpy as np

    heads = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, fortran, dtype = heads[np.lib.format.read_magic(file)](file)
    except Exception as error:  # the header is parsed as Python text, which fails in many ways
        raise InputError(f"the array in {given} is damaged; save it again with numpy.save") from error
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise InputError(f"values of type {shown(str(dtype))} in {given} cannot be shown; save real numbers such as float64")
    check_count(shape, given)
    length = math.prod(shape) * dtype.itemsize
    data = file.read(length) if 0 <= length <= min(size, BINARY_LIMIT) else b""
    if len(data) != length or min(shape, default=1) < 0 or len(shape) > 64:
        raise InputError(f"the array in {given} is damaged or cut short; save it again with numpy.save")
    array = np.ndarray(shape, dtype, data, order="F" if fortran else "C")
    return dense(torch.from_numpy(array.astype(dtype.newbyteorder("="), order="C")), given)


def _check_unpacked(source: Source) -> None:
    if not zipfile.is_zipfile(source.path):
        return
    with zipfile.ZipFile(source.path) as archive:
        total = sum(info.file_size for info in archive.infolist())
    if total > BINARY_LIMIT:
        raise InputError(f"{source.given} unpacks to {total} bytes, too many to read; give a file of at most {BINARY_LIMIT} bytes")


def _named_tensors(loaded: object) -> dict[str, torch.Tensor]:
    """Every tensor in nested dicts and lists by its dotted path; a file that is one bare tensor has the path ""."""
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()  # a pickle may hold a list that holds itself
    waiting: list[tuple[str, object]] = [("", loaded)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, torch.Tensor):
            found.setdefault(path, value)
        elif isinstance(value, Mapping | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            items = list(value.items() if isinstance(value, Mapping) else enumerate(value))
            waiting += [(f"{path}.{key}" if path else str(key), item) for key, item in reversed(items)]
    return found


def _one(keys: list[str], source: Source) -> list[str]:
    return [_picked(keys, source)]


def _picked(keys: list[str], source: Source) -> str:
    """The key that was asked for, or the only one there is."""
    if source.key in keys:
        return source.key or ""
    if not keys:
        raise InputError(f"no tensor in {source.given}; give a file that holds one")
    if source.key is None and len(keys) == 1:
        return keys[0]
    if keys == [""]:
        raise InputError(f"no key {shown(source.key or '')} in {source.given}; leave out '#' and what follows, as it is one tensor")
    what = "no key is given for" if source.key is None else f"no key {shown(source.key)} in"
    listed = ", ".join(shown(key) for key in keys[:8]) + (f" and {len(keys) - 8} more" if len(keys) > 8 else "")
    raise InputError(f"{what} {source.given}; append '#' and one of {listed}")


def _damaged(source: Source, writer: str) -> InputError:
    return InputError(f"{source.given} is damaged or not a {source.path.suffix} file; save it again with {writer}")
