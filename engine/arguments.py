"""From the texts of a command line to the arguments of a concept, by the annotation of each parameter."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue import Concept, Parameter, find
from engine.errors import InputError
from engine.shapes import PictureSize

if TYPE_CHECKING:
    from engine.trace import Trace


def parse(
    concept: Concept,
    texts: Mapping[str, str | Sequence[str]],
    *,
    device: str = "cpu",
    dtype: str = "float64",
    seed: int = 0,
    size: PictureSize | None = None,
    allow_nan: bool = False,
) -> dict[str, Any]:
    """The arguments of ``concept`` that ``texts`` gives, tensors on ``device`` in ``dtype``.

    Raises :class:`InputError`, naming the option, for a text that cannot be read as what its parameter takes.
    """
    import torch

    from engine.load import announced, check_total, load

    number = getattr(torch, dtype)
    held = 0

    def tensor(name: str, text: str, infinite: bool = False) -> torch.Tensor:
        nonlocal held
        check_total(name, held + announced(text))
        found = load(text, name=name, seed=seed, size=size, allow_nan=allow_nan or infinite).to(device=device, dtype=number)
        held += found.numel()
        check_total(name, held)
        return found

    arguments: dict[str, Any] = {}
    for parameter in concept.parameters:
        text: Any = texts.get(parameter.name)
        if text is None:
            continue
        if parameter.is_tensor:
            # A mask is asked for −∞, and refuses by itself what it cannot take.
            arguments[parameter.name] = tensor(parameter.option, text, parameter.is_mask)
        elif parameter.is_many:
            arguments[parameter.name] = {name: tensor(f"{parameter.option} {name}", one) for name, one in _named(parameter, text).items()}
        elif kind(parameter) == "StateDict":
            arguments[parameter.name] = {name: one.to(device=device, dtype=number) for name, one in _state_dict(parameter, text).items()}
        else:
            arguments[parameter.name] = text if text in choices(parameter) else _reader(parameter)(parameter.option, text)
    return arguments


def opened(
    concept: Concept,
    texts: Mapping[str, str | Sequence[str]],
    *,
    device: str = "auto",
    dtype: str = "float64",
    seed: int = 0,
    size: str | None = None,
    allow_nan: bool = False,
) -> Trace:
    """The trace of ``concept`` with the arguments that ``texts`` gives.

    Raises :class:`InputError` for texts and values that cannot be used.
    """
    from engine.load import parse_size

    chosen = pick_device(device, dtype)
    if "device" in texts:
        texts = {**texts, "device": chosen}
    pixels = parse_size(size) if size is not None else None
    return concept.open(parse(concept, texts, device=chosen, dtype=dtype, seed=seed, size=pixels, allow_nan=allow_nan))


def _named(parameter: Parameter, texts: Sequence[str]) -> dict[str, str]:
    """Texts such as ``x=[1,2]`` by their names."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise InputError(f"--{parameter.option} is {text!r}; give a name, = and numbers, such as x=[1,2]")
        if name in found:
            raise InputError(f"--{parameter.option} gives {name} twice, {found[name]!r} and {value!r}; give it once")
        found[name] = value
    return found


def _state_dict(parameter: Parameter, text: str) -> dict[str, Any]:
    from engine.archives import read_all
    from engine.checks import shown
    from engine.files import Source

    try:
        return read_all(Source(Path(text), None, shown(text), None))
    except InputError as error:
        raise InputError(f"--{parameter.option}: {error}") from error.__cause__


def open_example(name: str) -> Trace:
    """The trace of a concept's own example."""
    found = find(name)
    return found.open(parse(found, {name: example_texts(value) for name, value in found.example.items()}))


def example_texts(value: Any) -> str | list[str]:
    """An argument of an example as it is written on the command line; tensors by their names are several texts."""
    return [f"{name}={one}" for name, one in value.items()] if isinstance(value, Mapping) else str(value)


def kind(parameter: Parameter) -> str:
    """The annotation without ``| None``."""
    return parameter.annotation.removesuffix(" | None")


def choices(parameter: Parameter) -> list[str]:
    """The words that a ``Literal`` of the annotation names; empty if there is none."""
    found = re.search(r"Literal(\[[^]]*\])", parameter.annotation)
    return [str(word) for word in ast.literal_eval(found.group(1))] if found else []


def base(parameter: Parameter) -> str:
    """The annotation without its words: ``Size | Literal['global']`` is ``Size``; empty if there are only words."""
    return " | ".join(part for part in kind(parameter).split(" | ") if not part.startswith("Literal["))


def _reader(parameter: Parameter) -> Callable[[str, str], Any]:
    words = choices(parameter)
    read = READERS.get(base(parameter), _word)
    if not words:
        return read

    def either(name: str, text: str) -> Any:
        try:
            return read(name, text)
        except InputError as error:
            raise InputError(f"{error}, or {' or '.join(map(repr, words))}") from None

    return either


def pick_device(name: str, dtype: str) -> str:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``mps``; ``auto`` is a GPU if one is present that has the dtype.

    Raises :class:`InputError` if the device is not there.
    """
    import torch

    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if has_mps and dtype == "float32" else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device is 'cuda', but torch sees no CUDA GPU here; use --device cpu, or auto")
    if name == "mps" and not has_mps:
        raise InputError("--device is 'mps', but torch sees no Apple GPU here; use --device cpu, or auto")
    if name == "mps" and dtype == "float64":
        raise InputError("--device is 'mps', which has no float64; add --dtype float32")
    return name


def _word(name: str, text: str) -> str:
    return text


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--{name} is {text!r}; give a whole number") from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--{name} is {text!r}; give a number") from None


def _size(name: str, text: str) -> int | list[int]:
    parts = text.replace("x", ",").strip("[]() ").split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        raise InputError(f"--{name} is {text!r}; give a whole number, or one per axis such as 2,1") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _padding(name: str, text: str) -> Any:
    """Numbers, ``1:0,2:1``, or the same as JSON, ``[[1,0],[2,1]]``; a word."""
    if text in ("valid", "same"):
        return text
    try:
        return _sides(text) if ":" in text or text.count("[") > 1 else _size(name, text)
    except (InputError, ValueError, RecursionError):
        raise InputError(
            f"--{name} is {text!r}; give a whole number, one per axis such as 2,1, before:after for each such as 1:0,2:1, "
            "or 'valid' or 'same'"
        ) from None


def _sides(text: str) -> list[list[int]]:
    """Of each axis the numbers before and after it; one number is both."""
    if ":" in text:
        sides = [[int(side) for side in part.split(":")] for part in text.split(",")]
    else:
        sides = [side if isinstance(side, list) else [side] for side in json.loads(text)]
    if not all(len(side) in (1, 2) and all(type(x) is int for x in side) for side in sides):
        raise ValueError(text)
    return [side * 2 if len(side) == 1 else side for side in sides]


def _flag(name: str, text: str) -> bool:
    if text not in ("True", "False"):
        raise InputError(f"--{name} is {text!r}; give True or False")
    return text == "True"


READERS: dict[str, Callable[[str, str], Any]] = {"int": _whole, "float": _number, "Size": _size, "Padding": _padding, "bool": _flag}
