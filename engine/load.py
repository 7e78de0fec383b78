"""One command-line text to one float64 tensor: inline numbers, a file, a generator or a kernel name."""

from __future__ import annotations

import contextlib
import csv
import difflib
import io
import itertools
import json
import math
import re
import stat
import warnings
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch

from engine.errors import InputError
from engine.kernels import KERNELS, kernel
from engine.pictures import read_picture

TEXT_LIMIT = 64 * 2**20  # bytes
BINARY_LIMIT = 2**30  # bytes
VALUE_LIMIT = 2**27  # values: 1 GiB as float64
RANK_LIMIT = 8
SIDE_LIMIT = 4096
PATH_LIMIT = 4096  # characters; a longer text is no path on any system

_JSON_WORD = re.compile(r"[\[{\"].*|[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|-?Infinity|NaN|true|false|null", re.DOTALL)
_SHAPE = re.compile(r"[0-9]{1,9}(x[0-9]{1,9})*")
_FORMS = "give numbers such as [[1,2],[3,4]], a file such as image.png, a generator such as randn:3x8x8 or a kernel such as sobel_x"


def load(
    spec: str,
    *,
    name: str = "input",
    seed: int = 0,
    size: tuple[int, int] | None = None,
    allow_nan: bool = False,
) -> torch.Tensor:
    """The tensor that one command-line text stands for: CPU, float64, at least one value, at most 8 dimensions.

    `spec` is nested JSON, a file (`#key` picks one tensor of several, `#grey` makes a picture grey), a generator
    (`randn:3x8x8`) or a kernel name. `name` is the option, which begins every message and gives the option its own
    random stream. `size` is (height, width) in pixels and resizes pictures only.
    Raises InputError, one sentence, for anything else.
    """
    given = _shown(spec)
    try:
        _check_size(size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # readers warn about old files that are checked here anyway
            return _checked(_tensor(spec, given, name, seed, size), given, allow_nan)
    except InputError as error:
        raise InputError(f"--{name}: {error}") from error.__cause__


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) in pixels from "64" (square) or "48x64" (height x width), each from 1 to 4096.

    Raises InputError otherwise.
    """
    if not re.fullmatch(r"[0-9]{1,4}(x[0-9]{1,4})?", text.strip()):
        raise InputError(f"--size: {_shown(text)} is not a size; give one side such as 64 or height x width such as 48x64")
    sides = [int(side) for side in text.strip().split("x")]
    size = (sides[0], sides[-1])
    try:
        _check_size(size)
    except InputError as error:
        raise InputError(f"--size: {error}") from None
    return size


def _check_size(size: tuple[int, int] | None) -> None:
    if size is not None and not all(1 <= side <= SIDE_LIMIT for side in size):
        raise InputError(f"size {size[0]}x{size[1]} is out of range; give a height and a width from 1 to {SIDE_LIMIT}")


def _shown(text: str) -> str:
    """The text as a message may hold it: one line, control characters escaped, about 60 characters."""
    quoted = repr(text)
    return quoted if len(quoted) <= 60 else f"{quoted[:28]}...{quoted[-29:]}"


def _tensor(spec: str, given: str, name: str, seed: int, size: tuple[int, int] | None) -> torch.Tensor:
    text = spec.strip()
    if not text:
        raise InputError(f"the text {given} is empty; {_FORMS}")
    places = [*_places(spec), *_places(text)]
    # A file that exists wins over every other reading, so that no name on disk is out of reach.
    for place in [place for place in places if _exists(place[0])]:
        return _read_file(*place, given, size)
    generator, colon, shape = text.partition(":")
    if colon and generator in GENERATORS:
        return _generated(generator, shape, given, f"{seed}:{name}")
    if text in KERNELS:
        return kernel(text)
    for place in places:
        return _read_file(*place, given, size)
    if _JSON_WORD.fullmatch(text):
        return _from_json(text, given)
    raise _unknown(text, given)


# Values


def _checked(tensor: torch.Tensor, given: str, allow_nan: bool) -> torch.Tensor:
    if tensor.ndim > RANK_LIMIT:
        raise InputError(f"{tensor.ndim} dimensions in {given} are too many; give at most {RANK_LIMIT}")
    if tensor.numel() == 0:
        raise InputError(f"no values in {given} (shape {list(tensor.shape)}); give at least one number")
    finite = torch.isfinite(tensor)
    if not allow_nan and not bool(finite.all()):
        index = _first(~finite)
        what = "NaN" if math.isnan(float(tensor[tuple(index)])) else "infinity"
        raise InputError(f"{what}{_at(index)} in {given}; give finite numbers, or add --allow-nan to let it through")
    return tensor


def _at(index: list[int]) -> str:
    return f" at index {index}" if index else ""  # a single number has no index


def _first(mask: torch.Tensor) -> list[int]:
    """The index of the first true entry in row-major order."""
    flat = int(mask.flatten().to(torch.uint8).argmax())
    return [int(part) for part in torch.unravel_index(torch.tensor(flat), mask.shape)] if mask.ndim else []


def _dense(tensor: torch.Tensor, given: str) -> torch.Tensor:
    """Any real CPU tensor as its own float64 copy; refused if the conversion would change a value."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout != torch.strided or tensor.is_nested or tensor.is_quantized or tensor.device.type != "cpu":
        raise InputError(f"the tensor in {given} is sparse, quantized or without values; save a dense tensor")
    if not re.fullmatch(r"bool|u?int(8|16|32|64)|b?float(8|16|32|64).*", dtype):
        raise InputError(f"values of type {dtype} in {given} cannot be shown; save real numbers such as float32")
    _check_count(tensor.shape, given)
    tensor = tensor.detach()
    if tensor.dtype in (torch.int64, torch.uint64) and tensor.numel():
        _check_exact(tensor, given)
    return tensor.to(torch.float64, copy=True, memory_format=torch.contiguous_format)


def _check_count(shape: Iterable[int], given: str) -> None:
    count = math.prod(shape)
    if count > VALUE_LIMIT:
        raise InputError(f"{count} values in {given} are too many; give at most {VALUE_LIMIT}")


def _check_exact(tensor: torch.Tensor, given: str) -> None:
    signed = tensor.contiguous().view(torch.int64)
    floats = signed.to(torch.float64)
    # 2**63 does not fit back into int64, and what the cast then gives differs between processors: ask before casting.
    fits = floats < 2.0**63
    exact = fits & (torch.where(fits, floats, torch.zeros_like(floats)).to(torch.int64) == signed)
    if tensor.dtype == torch.uint64:  # from 2**63 on, float64 keeps the upper 53 of 64 bits
        exact = torch.where(signed < 0, (signed & 2047) == 0, exact)
    if not bool(exact.all()):
        index = _first(~exact)
        raise _inexact(int(tensor[tuple(index)].item()), index, given)


def _inexact(value: int, index: list[int], given: str) -> InputError:
    return InputError(f"{_shorter(value)}{_at(index)} in {given} is not exact as float64; give integers up to 2**53")


def _shorter(value: int) -> str:
    return str(value) if abs(value) < 10**30 else "an integer of over 30 digits"


# Inline numbers and JSON


def _from_json(text: str, given: str) -> torch.Tensor:
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise InputError(f"lists nested too deeply in {given}; give at most {RANK_LIMIT} levels") from error
    except json.JSONDecodeError as error:
        raise InputError(f"invalid JSON at character {error.pos} in {given}; write it like [[1,2],[3,4]]") from error
    except ValueError as error:  # an integer beyond the digits that Python converts
        raise InputError(f"an integer with too many digits in {given}; give integers up to 2**53") from error
    shape = _shape(value, given)
    values: list[float] = []
    _flatten(value, shape, [], values, given)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def _shape(value: Any, given: str) -> list[int]:
    """The shape along the first row of every level, which all other rows must then match."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > RANK_LIMIT:
            raise InputError(f"lists nested over {RANK_LIMIT} levels deep in {given}; give at most {RANK_LIMIT}")
        value = value[0] if value else None
    return shape


def _flatten(value: Any, shape: list[int], index: list[int], values: list[float], given: str) -> None:
    depth = len(index)
    if depth == len(shape):
        values.append(_leaf(value, index, given))
        return
    if not isinstance(value, list):
        _leaf(value, index, given)  # a word here is a worse fault than its place
    if not isinstance(value, list) or len(value) != shape[depth]:
        raise _ragged(value, shape[depth], index, given)
    if depth == len(shape) - 1 and set(map(type, value)) <= {int, float} and _small(value):
        values.extend(value)  # the same numbers as one by one below, many times faster
        return
    for position, item in enumerate(value):
        _flatten(item, shape, [*index, position], values, given)


def _leaf(value: Any, index: list[int], given: str) -> float:
    if isinstance(value, list):
        raise _ragged(value, None, index, given)
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = {bool: "a boolean", str: "a string", dict: "an object"}.get(type(value), "null")
        raise InputError(f"{kind} where a number is expected{_at(index)} in {given}; give numbers only, like [[1,2],[3,4]]")
    return _exact(value, index, given) if isinstance(value, int) else value


def _small(values: list[Any]) -> bool:
    """Whether every integer among them is surely exact as float64; false for none, and where NaN comes first."""
    return bool(values) and min(values) > -(2**53) and max(values) < 2**53


def _exact(value: int, index: list[int], given: str) -> float:
    if abs(value) <= 2**53:
        return float(value)
    with contextlib.suppress(OverflowError):
        if int(float(value)) == value:
            return float(value)
    raise _inexact(value, index, given)


def _ragged(value: Any, expected: int | None, index: list[int], given: str) -> InputError:
    """`expected` is the length of the first row at this level, or None where numbers stand there."""
    found = f"has {_count(len(value))}" if isinstance(value, list) else "is a single number"
    first = "is a single number" if expected is None else f"has {expected}"
    first_index = [0] * len(index)
    return InputError(f"row {_row(index)} {found} but row {_row(first_index)} {first} in {given}; give every row the same length")


def _count(number: int) -> str:
    return f"{number} value" if number == 1 else f"{number} values"


def _row(index: list[int]) -> str:
    return str(index[0]) if len(index) == 1 else "".join(f"[{position}]" for position in index)


# Files


class _Source(NamedTuple):
    path: Path
    key: str | None
    given: str
    size: tuple[int, int] | None


class _Format(NamedTuple):
    read: Callable[[_Source], torch.Tensor]
    limit: int  # bytes
    keyed: bool


def _places(text: str) -> Iterator[tuple[Path, str | None]]:
    """Every way to read the text as a file and a key, where the file has an accepted ending; the longest path first."""
    if len(text) > PATH_LIMIT:
        return
    cuts = [position for position, character in enumerate(text) if character == "#"]
    for cut in [len(text), *reversed(cuts)]:
        path = Path(text[:cut])
        if path.suffix.lower() in FORMATS:
            yield path, text[cut + 1 :] or None


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):  # also a name too long for the system, or one in a folder that may not be entered
        return False
    return True


def _read_file(path: Path, key: str | None, given: str, size: tuple[int, int] | None) -> torch.Tensor:
    form = FORMATS[path.suffix.lower()]
    _check_file(path, given, form.limit)
    if key is not None and not form.keyed:
        raise InputError(f"{given} names a key, but a {path.suffix} file holds a single tensor; leave out '#' and what follows")
    return form.read(_Source(path, key, given, size))


def _check_file(path: Path, given: str, limit: int) -> None:
    """Everything that can be known without reading: a huge or endless file is refused at once."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise InputError(f"{given} is a folder; give a file in it")
        if not stat.S_ISREG(info.st_mode):
            raise InputError(f"{given} is not a regular file; copy its content into one")
        if info.st_size > limit:
            raise InputError(f"{given} has {info.st_size} bytes, too many to read; give a file of at most {limit} bytes")
        if info.st_size == 0:
            raise InputError(f"{given} is an empty file; give one that holds numbers")
        path.open("rb").close()
    except InputError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"no file {given}; {_nearby(path)}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise InputError(f"{given} cannot be read ({reason}); check the path and its permissions") from error


def _nearby(path: Path) -> str:
    try:
        names = [entry.name for entry in itertools.islice(path.parent.iterdir(), 10_000)]
    except (OSError, ValueError):
        return f"check the path, as the folder {_shown(str(path.parent))} cannot be read"
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {_shown(close[0])} in the same folder?" if close else "check the path"


def _text(source: _Source) -> str:
    try:
        return source.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} of {source.given} is not UTF-8 text; save the file as UTF-8") from error


def _read_json(source: _Source) -> torch.Tensor:
    return _from_json(_text(source), source.given)


def _read_table(source: _Source) -> torch.Tensor:
    """A CSV or TSV file of numbers as a matrix [rows, columns]."""
    text = _text(source)
    comma = ";" if ";" in text and "," not in text else ","
    separator = "\t" if source.path.suffix.lower() == ".tsv" else comma
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        values, width = _rows(((reader.line_num, cells) for cells in reader), source.given)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} of {source.given} is not a line of a table; write numbers only") from error
    return torch.frombuffer(values, dtype=torch.float64).reshape(-1, width).clone()


def _rows(lines: Iterable[tuple[int, list[str]]], given: str) -> tuple[array[float], int]:
    """All values row by row, and the length of a row."""
    values: array[float] = array("d")
    width = 0
    blank: int | None = None
    for line, cells in lines:
        joined = "".join(cells)
        row = len(values) // width if width else 0
        if not joined.strip() and len(cells) <= 1:
            blank = blank or line  # harmless at the end, a gap if a row follows
            continue
        if blank is not None:
            _cell("", blank, [row, 0], given)
        width = width or len(cells)
        numbers = _numbers(cells, joined, line, row, given)
        if len(numbers) != width:
            message = f"line {line} has {_count(len(numbers))} but the lines above have {width} in {given}"
            raise InputError(f"{message}; give every line the same length")
        values.extend(numbers)
    if not values:
        raise InputError(f"no values in {given}; give at least one number")
    return values, width


def _numbers(cells: list[str], joined: str, line: int, row: int, given: str) -> list[float]:
    if "_" not in joined:
        with contextlib.suppress(ValueError):
            numbers = [float(cell) for cell in cells]
            if _small(numbers):
                return numbers
    return [_cell(cell, line, [row, column], given) for column, cell in enumerate(cells)]


def _cell(cell: str, line: int, index: list[int], given: str) -> float:
    try:
        value = float(cell.replace("_", "?"))  # float() would read 1_000 as a thousand
    except ValueError:
        what = f"the word {_shown(cell)}" if cell.strip() else "an empty cell"
        place = f"line {line}, column {index[1] + 1}"
        raise InputError(f"{what} at {place} of {given} is not a number; give numbers only, without a header") from None
    # At 2**53 the text may already be one more, which float() has rounded down.
    if 2**53 <= abs(value) < math.inf and re.fullmatch(r"[-+]?[0-9]+", cell.strip()):
        return _exact(int(cell), index, given)
    return value


def _read_npy(source: _Source) -> torch.Tensor:
    with source.path.open("rb") as file:
        return _numpy_array(file, source.path.stat().st_size, source.given)


def _read_npz(source: _Source) -> torch.Tensor:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")}
            info = members[_picked(list(members), source)]
            with archive.open(info) as file:
                return _numpy_array(file, info.file_size, source.given)
    except InputError:
        raise
    except Exception as error:  # each kind of compression reports damage as its own error
        raise _damaged(source, "numpy.savez") from error


def _numpy_array(file: IO[bytes], size: int, given: str) -> torch.Tensor:
    """One array in .npy form; the header is checked first, so that nothing is unpickled and no false size reserved."""
    import numpy as np

    heads = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        shape, fortran, dtype = heads[np.lib.format.read_magic(file)](file)
    except Exception as error:  # the header is parsed as Python text, which fails in many ways
        raise InputError(f"the array in {given} is damaged; save it again with numpy.save") from error
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise InputError(f"values of type {_shown(str(dtype))} in {given} cannot be shown; save real numbers such as float64")
    _check_count(shape, given)
    length = math.prod(shape) * dtype.itemsize
    data = file.read(length) if 0 <= length <= min(size, BINARY_LIMIT) else b""
    if len(data) != length or min(shape, default=1) < 0 or len(shape) > 64:
        raise InputError(f"the array in {given} is damaged or cut short; save it again with numpy.save")
    array = np.ndarray(shape, dtype, data, order="F" if fortran else "C")
    return _dense(torch.from_numpy(array.astype(dtype.newbyteorder("="), order="C")), given)


def _read_pt(source: _Source) -> torch.Tensor:
    try:
        _check_unpacked(source)
        loaded = torch.load(source.path, weights_only=True, map_location="cpu")
    except InputError:
        raise
    except Exception as error:  # damage and forbidden content surface as many different errors
        works = "only tensors are loaded and no code is run, so save a state_dict() with torch.save"
        raise InputError(f"{source.given} is damaged or holds more than tensors; {works}") from error
    tensors = _named_tensors(loaded)
    return _dense(tensors[_picked(list(tensors), source)], source.given)


def _check_unpacked(source: _Source) -> None:
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


def _read_safetensors(source: _Source) -> torch.Tensor:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(source.path, framework="pt", device="cpu") as file:
            return _dense(file.get_tensor(_picked(list(file.keys()), source)), source.given)
    except (SafetensorError, OSError, KeyError, AttributeError, RuntimeError) as error:
        raise _damaged(source, "safetensors.torch.save_file") from error


def _picked(keys: list[str], source: _Source) -> str:
    """The key that was asked for, or the only one there is."""
    if source.key in keys:
        return source.key or ""
    if not keys:
        raise InputError(f"no tensor in {source.given}; give a file that holds one")
    if source.key is None and len(keys) == 1:
        return keys[0]
    if keys == [""]:
        raise InputError(f"no key {_shown(source.key or '')} in {source.given}; leave out '#' and what follows, as it is one tensor")
    what = "no key is given for" if source.key is None else f"no key {_shown(source.key)} in"
    listed = ", ".join(_shown(key) for key in keys[:8]) + (f" and {len(keys) - 8} more" if len(keys) > 8 else "")
    raise InputError(f"{what} {source.given}; append '#' and one of {listed}")


def _damaged(source: _Source, writer: str) -> InputError:
    return InputError(f"{source.given} is damaged or not a {source.path.suffix} file; save it again with {writer}")


def _read_image(source: _Source) -> torch.Tensor:
    if source.key not in (None, "grey"):
        raise InputError(f"{source.given} asks for {_shown(source.key or '')} of a picture; only '#grey' may follow its name")
    return read_picture(source.path, source.given, grey=source.key == "grey", size=source.size)


FORMATS: dict[str, _Format] = {
    ".json": _Format(_read_json, TEXT_LIMIT, keyed=False),
    ".csv": _Format(_read_table, TEXT_LIMIT, keyed=False),
    ".tsv": _Format(_read_table, TEXT_LIMIT, keyed=False),
    ".npy": _Format(_read_npy, BINARY_LIMIT, keyed=False),
    ".npz": _Format(_read_npz, BINARY_LIMIT, keyed=True),
    ".pt": _Format(_read_pt, BINARY_LIMIT, keyed=True),
    ".pth": _Format(_read_pt, BINARY_LIMIT, keyed=True),
    ".safetensors": _Format(_read_safetensors, BINARY_LIMIT, keyed=True),
    ".png": _Format(_read_image, BINARY_LIMIT, keyed=True),
    ".jpg": _Format(_read_image, BINARY_LIMIT, keyed=True),
    ".jpeg": _Format(_read_image, BINARY_LIMIT, keyed=True),
}


# Generators

GENERATORS: dict[str, Callable[[list[int], torch.Generator], torch.Tensor]] = {
    "randn": lambda shape, random: torch.randn(shape, generator=random, dtype=torch.float64),
    "rand": lambda shape, random: torch.rand(shape, generator=random, dtype=torch.float64),
    "zeros": lambda shape, _: torch.zeros(shape, dtype=torch.float64),
    "ones": lambda shape, _: torch.ones(shape, dtype=torch.float64),
    "arange": lambda shape, _: torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape),
}


def _generated(generator: str, shape: str, given: str, stream: str) -> torch.Tensor:
    if not _SHAPE.fullmatch(shape):
        raise InputError(f"bad shape {_shown(shape)} in {given}; write it like {generator}:3x8x8")
    sides = [int(side) for side in shape.split("x")]
    if 0 in sides or len(sides) > RANK_LIMIT:
        raise InputError(f"bad shape {_shown(shape)} in {given}; give 1 to {RANK_LIMIT} sizes of at least 1")
    _check_count(sides, given)
    # Its own generator: equal seeds give equal tensors whatever else was drawn, and other options stay independent.
    return GENERATORS[generator](sides, torch.Generator().manual_seed(zlib.crc32(stream.encode())))


def _unknown(text: str, given: str) -> InputError:
    path = Path(text.partition("#")[0] or text)
    exists = _exists(path)
    if exists and path.is_dir():
        return InputError(f"{given} is a folder; give a file in it")
    known = [*KERNELS, *GENERATORS]
    close = difflib.get_close_matches(text[:100].partition(":")[0].lower(), known, n=1, cutoff=0.7)
    if close and not path.suffix:
        hint = f"{close[0]}:3x8x8" if close[0] in GENERATORS else close[0]
        return InputError(f"{given} is neither numbers, a file, a generator nor a kernel; did you mean {hint}?")
    if re.search(r"[/\\]|\.[A-Za-z]\w*$", str(path)) or exists:
        return InputError(f"{given} does not end like a file that can be read; use one of {', '.join(FORMATS)}")
    return InputError(f"{given} is neither numbers, a file, a generator nor a kernel; {_FORMS}")
