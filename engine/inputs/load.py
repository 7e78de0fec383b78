"""One command-line text to one float64 tensor: inline numbers, a file, a generator or a kernel name."""

from __future__ import annotations

import difflib
import math
import re
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import torch

from engine import budget
from engine.budget import Cost
from engine.checks import RANK_LIMIT, check_count, checked, shown
from engine.errors import InputError
from engine.inputs.files import is_there
from engine.inputs.formats import FORMATS, places_in, read_file
from engine.inputs.kernels import KERNELS, kernel
from engine.inputs.nested import from_json
from engine.shapes import PictureSize

SIDE_LIMIT = 4096
_JSON_WORD = re.compile(
    r"[\[{\"].*|[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|-?Infinity|NaN|true|false|null"
    r"|(?:torch\.|np\.|numpy\.)?(?:tensor|array)\(.*",
    re.DOTALL,
)
_COMMAS = re.compile(r"[-+]?[0-9.]+(\s*,\s*[-+]?[0-9.]+){1,100}")
_SHAPE = re.compile(r"[0-9]{1,9}(x[0-9]{1,9})*")
_FORMS = "give numbers such as [[1,2],[3,4]], a file such as image.png, a generator such as randn:3x8x8 or a kernel such as sobel_x"


def load(
    spec: str,
    *,
    name: str = "input",
    seed: int = 0,
    size: PictureSize | None = None,
    allow_nan: bool = False,
) -> torch.Tensor:
    """The tensor that one command-line text stands for: CPU, float64, at least one value, at most 8 dimensions.

    ``spec`` is nested JSON, a file (``#key`` picks one tensor of several, ``#grey`` makes a picture grey), a generator (``randn:3x8x8``) or
    a kernel name. ``name`` is the option, which begins every message and gives the option its own random stream. ``size`` is (height,
    width) in pixels, or the longer side, and resizes pictures only.

    Raises :class:`InputError`, one sentence, for anything else.
    """
    given = shown(spec)
    try:
        _check_size(size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # readers warn about old files that are checked here anyway
            return checked(_tensor(spec, given, name, seed, size), given, allow_nan)
    except InputError as error:
        raise InputError(f"--{name}: {error}") from error.__cause__


def announced(spec: str) -> int:
    """How many values a generator will make; 0 for what is none."""
    generator, colon, shape = spec.strip().partition(":")
    return math.prod(map(int, shape.split("x"))) if colon and generator in GENERATORS and _SHAPE.fullmatch(shape) else 0


def check_total(name: str, count: int) -> None:
    """Refuses more values than can be held, of all options up to ``name`` together, before they are."""
    what = f"--{name}: {count:,} values, with those of the options before it,"
    budget.ask(what, lambda values: Cost(values=4 * values, moved=7 * values), {"values": count}, {("values",): "at most about {} in all"})


def parse_size(text: str) -> PictureSize:
    """What ``--size`` gives in pixels: 64 from "64", the longer side, or (48, 64) from "48x64", height x width; each from 1 to 4096.

    Raises :class:`InputError` otherwise.
    """
    if not re.fullmatch(r"[0-9]{1,4}(x[0-9]{1,4})?", text.strip()):
        raise InputError(f"--size: {shown(text)} is not a size; give the longer side such as 64 or height x width such as 48x64")
    height, _, width = text.strip().partition("x")
    size = (int(height), int(width)) if width else int(height)
    try:
        _check_size(size)
    except InputError as error:
        raise InputError(f"--size: {error}") from None
    return size


def _check_size(size: PictureSize | None) -> None:
    sides = () if size is None else (size,) if isinstance(size, int) else size
    if not all(1 <= side <= SIDE_LIMIT for side in sides):
        raise InputError(f"size {'x'.join(map(str, sides))} is out of range; give sides from 1 to {SIDE_LIMIT}")


def _tensor(spec: str, given: str, name: str, seed: int, size: PictureSize | None) -> torch.Tensor:
    text = spec.strip()
    if not text:
        raise InputError(f"the text {given} is empty; {_FORMS}")
    places = [*places_in(spec), *places_in(text)]
    # A file that exists wins over every other reading, so that no name on disk is out of reach.
    for place in [place for place in places if is_there(place[0])]:
        return read_file(*place, given, size)
    generator, colon, shape = text.partition(":")
    if colon and generator in GENERATORS:
        return _generated(generator, shape, given, f"{seed}:{name}")
    if text in KERNELS:
        return kernel(text)
    for place in places:
        return read_file(*place, given, size)
    if _JSON_WORD.fullmatch(text):
        return from_json(text, given)
    if _COMMAS.fullmatch(text):
        one = "" if text.count(",") > 1 else f", or {text.replace(',', '.')} if the comma is decimal"
        raise InputError(f"{given} is several numbers with commas between them; write [{text}]{one}")
    raise _unknown(text, given)


GENERATORS: dict[str, Callable[[list[int], torch.Generator], torch.Tensor]] = {
    "randn": lambda shape, random: torch.randn(shape, generator=random, dtype=torch.float64),
    "rand": lambda shape, random: torch.rand(shape, generator=random, dtype=torch.float64),
    "zeros": lambda shape, _: torch.zeros(shape, dtype=torch.float64),
    "ones": lambda shape, _: torch.ones(shape, dtype=torch.float64),
    "arange": lambda shape, _: torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape),
}


def _generated(generator: str, shape: str, given: str, stream: str) -> torch.Tensor:
    if not _SHAPE.fullmatch(shape):
        raise InputError(f"bad shape {shown(shape)} in {given}; write it like {generator}:3x8x8")
    sides = [int(side) for side in shape.split("x")]
    if 0 in sides or len(sides) > RANK_LIMIT:
        raise InputError(f"bad shape {shown(shape)} in {given}; give 1 to {RANK_LIMIT} sizes of at least 1")
    check_count(sides, given)
    # Its own generator: equal seeds give equal tensors whatever else was drawn, and other options stay independent.
    return GENERATORS[generator](sides, torch.Generator().manual_seed(zlib.crc32(stream.encode())))


def _unknown(text: str, given: str) -> InputError:
    path = Path(text.partition("#")[0] or text)
    exists = is_there(path)
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
