"""Saved tensors: the files of numpy, torch and safetensors, of which some hold several tensors. No code in them is run."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import torch

from engine.checks import check_count, dense
from engine.errors import InputError
from engine.inputs.files import BINARY_LIMIT, Source, is_there, open_file
from engine.inputs.packages import open_package
from engine.inputs.torch_files import read_pickled
from engine.shown import listed, shown


def read_npy(source: Source) -> torch.Tensor:
    """The array of a .npy file; nothing is unpickled."""
    with open_file(source.path, source.given, BINARY_LIMIT) as file:
        return _numpy_array(file, os.fstat(file.fileno()).st_size, source.given)


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

    Behind a ``#`` may stand the name of one of the modules in it, or the beginning of that: ``model.pt#encoder.rnn`` gives the tensors
    whose names begin with ``encoder.rnn.``, without that.

    Raises :class:`InputError` for a file of another kind, and for more values than can be held.
    """
    path, module = _parted(source.path)
    reader = NAMED.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{source.given} does not end like a file of named tensors; use one of {', '.join(NAMED)}")
    source = Source(path, module or None, source.given, None)
    found = reader(source, _of_module)
    if not found or "" in found:
        raise InputError(f"{source.given} holds no named tensors; save a state_dict() with torch.save")
    return {name.removeprefix(f"{module}."): tensor for name, tensor in found.items()}


def _parted(path: Path) -> tuple[Path, str]:
    """The file, and the module that is named behind it."""
    text = str(path)
    if is_there(path) or "#" not in text:
        return path, ""
    cuts = [text.rpartition("#")[::2], text.partition("#")[::2]]
    name, module = next((cut for cut in cuts if is_there(Path(cut[0]))), cuts[1])
    return Path(name), module.rstrip(".")


def _of_module(keys: list[str], source: Source) -> list[str]:
    if source.key is None:
        return keys
    found = [key for key in keys if key.startswith(f"{source.key}.")]
    if not found:
        modules = list(dict.fromkeys(key.rpartition(".")[0] for key in keys if "." in key))
        have = f"it has {listed(modules)}" if modules else "it has no modules, so leave out '#' and what follows"
        raise InputError(f"no module {shown(source.key)} in {source.given}; {have}")
    return found


def _only(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    (tensor,) = tensors.values()
    return tensor


def _npz(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    try:
        with open_file(source.path, source.given, BINARY_LIMIT) as file, open_package(file, source.given, None) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")}
            held = _Held(source)
            for key in choose(list(members), source):
                with archive.open(members[key]) as member:
                    held.add(key, _numpy_array(member, members[key].file_size, source.given, held.count))
                    member.read(1)  # at its end the checksum is looked at
            return held.found
    except InputError:
        raise
    except Exception as error:  # each kind of compression reports damage as its own error
        raise _damaged(source, "numpy.savez") from error


def _pt(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    with open_file(source.path, source.given, BINARY_LIMIT) as file:
        tensors = _named_tensors(read_pickled(file, source.given))
    held = _Held(source)
    for key in choose(list(tensors), source):
        check_count([held.count + tensors[key].numel()], source.given)
        held.add(key, dense(tensors[key], source.given))
    return held.found


def _safetensors(source: Source, choose: Choose) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError, safe_open

    held = _Held(source)
    try:
        with open_file(source.path, source.given, BINARY_LIMIT), safe_open(source.path, framework="pt", device="cpu") as file:
            keys = choose(list(file.keys()), source)
            for key in keys:
                check_count([held.count + math.prod(file.get_slice(key).get_shape())], source.given)
                held.add(key, dense(file.get_tensor(key), source.given))
    except InputError:
        raise
    except (SafetensorError, OSError, KeyError, AttributeError, RuntimeError, ValueError, TypeError) as error:
        raise _damaged(source, "safetensors.torch.save_file") from error
    return held.found


#: What may hold several tensors, by the endings of files.
NAMED: dict[str, Callable[[Source, Choose], dict[str, torch.Tensor]]] = {
    ".npz": _npz,
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), _pt),
    ".safetensors": _safetensors,
}


class _Held:
    """The tensors of a file that are held, and how many values these are together."""

    def __init__(self, source: Source) -> None:
        self.source, self.found, self.count = source, dict[str, torch.Tensor](), 0

    def add(self, key: str, tensor: torch.Tensor) -> None:
        self.count += tensor.numel()
        check_count([self.count], self.source.given)
        self.found[key] = tensor


def _numpy_array(file: IO[bytes], size: int, given: str, held: int = 0) -> torch.Tensor:
    """One array in .npy form; the header is checked first, so that nothing is unpickled and no false size reserved.

    ``held`` values of the file are held already.
    """
    import numpy as np

    heads = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, fortran, dtype = heads[np.lib.format.read_magic(file)](file)
    except Exception as error:  # the header is parsed as Python text, which fails in many ways
        raise InputError(f"the array in {given} is damaged; save it again with numpy.save") from error
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise InputError(f"values of type {shown(str(dtype))} in {given} cannot be shown; save real numbers such as float64")
    check_count([held + math.prod(shape)], given)
    length = math.prod(shape) * dtype.itemsize
    data = file.read(length) if 0 <= length <= min(size, BINARY_LIMIT) else b""
    if len(data) != length or min(shape, default=1) < 0 or len(shape) > 64:
        raise InputError(f"the array in {given} is damaged or cut short; save it again with numpy.save")
    array = np.ndarray(shape, dtype, data, order="F" if fortran else "C")
    return dense(torch.from_numpy(array.astype(dtype.newbyteorder("="), order="C")), given)


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
            waiting += [(f"{path}.{key}" if path else key, item) for key, item in reversed([*_items(value)])]
    return found


def _items(value: Mapping[object, object] | list[object] | tuple[object, ...]) -> Iterable[tuple[str, object]]:
    """The parts of a value with their names; keys of a dict that are no names have none."""
    pairs: Iterable[tuple[object, object]] = value.items() if isinstance(value, Mapping) else enumerate(value)
    return ((str(key), item) for key, item in pairs if isinstance(key, str | int))


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
    raise InputError(f"{what} {source.given}; append '#' and one of {listed(keys)}")


def _damaged(source: Source, writer: str) -> InputError:
    return InputError(f"{source.given} is damaged or not a {source.path.suffix} file; save it again with {writer}")
