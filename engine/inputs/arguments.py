"""From the texts of a command line to the arguments of a concept, by the annotation of each parameter."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue import Concept, Parameter, find, trace_of
from engine.errors import InputError
from engine.inputs.files import is_there
from engine.inputs.plain import READERS, word
from engine.shapes import PictureSize
from engine.shown import shown
from engine.signature import read_argument, words

if TYPE_CHECKING:
    from torch import Tensor

    from engine.trace import Trace


@dataclass(frozen=True)
class Wording:
    """Where texts come from, and how they are called there: ``input`` names an argument, ``setting`` says how one of what is the same for
    all concepts is given.
    """

    input: Callable[[str], str]
    setting: Callable[[str, str], str]

    def called(self, name: str) -> str:
        """The name alone of such a setting."""
        return self.setting(name, "").rstrip(" =")


COMMAND = Wording(lambda option: f"--{option}", lambda name, value: f"--{name.replace('_', '-')} {value}".removesuffix(" true"))


@dataclass(frozen=True)
class Numbers:
    """What all tensors of a trace are read as."""

    device: str = "cpu"
    dtype: str = "float64"
    seed: int = 0
    size: PictureSize | None = None
    allow_nan: bool = False


def parse(
    concept: Concept, texts: Mapping[str, str | Sequence[str]], numbers: Numbers = Numbers(), place: Wording = COMMAND
) -> dict[str, Any]:
    """The arguments of ``concept`` that ``texts`` gives, tensors as ``numbers`` says.

    Raises :class:`InputError`, naming the option, for a text that cannot be read as what its parameter takes.
    """
    from engine.ground import ground

    reading = _Reading(concept, numbers, place)
    with ground():
        return {p.name: reading.argument(p, texts[p.name]) for p in concept.parameters if p.name in texts}


@dataclass
class _Reading:
    """Reads the arguments one after the other; ``held`` counts their values."""

    concept: Concept
    numbers: Numbers
    place: Wording
    held: int = 0

    def argument(self, parameter: Parameter, text: Any) -> Any:
        """One argument, by what its parameter takes."""
        option, named = parameter.option, self.place.input(parameter.option)
        if parameter.is_tensor:
            return self.tensor(option, text, mask=parameter.is_mask, infinite=parameter.name in self.concept.infinite)
        if parameter.is_many:
            return {name: self.tensor(f"{option} {name}", one) for name, one in _named(named, text).items()}
        if parameter.is_inputs:
            return self.inputs(option, [text] if isinstance(text, str) else text)
        if kind(parameter) == "StateDict":
            return self.state_dict(named, text)
        return text if text in choices(parameter) else _reader(parameter)(named, text)

    def inputs(self, option: str, texts: Sequence[str]) -> Any:
        """What a network is called with: one tensor, several in a row, or all of them by their names."""
        named = self.place.input(option)
        are_named = [names_tensor(text) for text in texts]
        if any(are_named) and not all(are_named):
            plain = shown(texts[are_named.index(False)])
            raise InputError(f"{named} gives {plain} without a name, but others by theirs; give a name for each, as in x=[1,2]")
        if all(are_named):
            return {name: self.one_input(f"{option} {name}", one) for name, one in _named(named, texts).items()}
        found = tuple(self.one_input(option, text) for text in ([texts] if isinstance(texts, str) else texts))
        return found[0] if len(found) == 1 else found

    def one_input(self, name: str, text: str) -> Tensor:
        """Numbers, or whole ones that say places."""
        from engine.inputs.ids import are_ids, ids_of

        if not are_ids(text):
            return self.tensor(name, text)
        try:
            return ids_of(name, text, self.numbers.seed).to(self.numbers.device)
        except InputError as error:
            raise InputError(f"{self.place.input(name)}: {str(error).removeprefix(f'--{name}: ')}") from error.__cause__

    def tensor(self, name: str, text: str, *, mask: bool = False, infinite: bool = False) -> Tensor:
        """One tensor, which may hold −∞ if ``infinite``; a mask is asked for −∞, and refuses by itself what it cannot take."""
        from engine.inputs.load import announced, check_total, load

        try:
            check_total(name, self.held + announced(text))
            found = load(text, name=name, seed=self.numbers.seed, size=self.numbers.size, allow_nan=True)
            self.held += found.numel()
            check_total(name, self.held)
            return self.ready(found, shown(text), allow_nan=self.numbers.allow_nan or mask, infinite=infinite)
        except InputError as error:
            raise InputError(f"{self.place.input(name)}: {str(error).removeprefix(f'--{name}: ')}") from error.__cause__

    def state_dict(self, named: str, text: str) -> dict[str, Tensor]:
        """The tensors of a file by their names."""
        from engine.inputs.archives import read_all
        from engine.inputs.files import Source

        try:
            found = read_all(Source(Path(text), None, shown(text), None))
            of = shown(text)
            return {name: self.ready(one, f"{shown(name)} of {of}", allow_nan=self.numbers.allow_nan) for name, one in found.items()}
        except InputError as error:
            raise InputError(f"{named}: {error}") from error.__cause__

    def ready(self, tensor: Tensor, given: str, *, allow_nan: bool, infinite: bool = False) -> Tensor:
        """A tensor that was read as it is computed with; it is looked at after the conversion, which may make infinity of a number."""
        from engine.checks import check_finite
        from engine.reader import converted

        numbers, place = self.numbers, self.place
        found = converted(tensor, given, numbers.dtype, numbers.device, place.setting("dtype", "float64"))
        if not allow_nan:
            check_finite(
                found.masked_fill(found == -math.inf, 0) if infinite else found,
                given,
                "" if self.concept.finite else f", or let it through: {place.setting('allow_nan', 'true')}",
            )
        return found


#: Settings that are arguments of some concepts too.
SHARED = ("device", "dtype", "seed")


def opened_from(
    concept: Concept,
    texts: Mapping[str, str | Sequence[str]],
    *,
    device: str = "auto",
    dtype: str = "float64",
    seed: int = 0,
    size: str | None = None,
    allow_nan: bool = False,
    place: Wording = COMMAND,
) -> Trace:
    """The trace of ``concept`` with the arguments that ``texts`` gives: the one way in for commands and lectures.

    Raises :class:`InputError` for texts and values that cannot be used.
    """
    from engine.inputs.load import parse_size

    check_seed(seed, place)
    numbers = Numbers(pick_device(device, dtype, place), dtype, seed, parse_size(size) if size is not None else None, allow_nan)
    own = {parameter.name for parameter in concept.parameters}
    settings = {name: str(getattr(numbers, name)) for name in SHARED if name in own}
    return trace_of(concept, parse(concept, {**texts, **settings}, numbers, place))


def check_seed(seed: int, place: Wording = COMMAND) -> None:
    """Raises :class:`InputError` for one that torch does not take."""
    read_argument(place.called("seed"), seed, ["int"])


def names_tensor(text: str) -> bool:
    """Whether a text is a name, = and a tensor; a file of that name wins."""
    return bool(re.match(r"\s*[^\W\d]\w*\s*=", text)) and not is_there(Path(text))


def _named(named: str, texts: Sequence[str]) -> dict[str, str]:
    """Texts such as ``x=[1,2]`` by their names."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise InputError(f"{named} is {shown(text)}; give a name, = and numbers, such as x=[1,2]")
        if name in found:
            raise InputError(f"{named} gives {name} twice, {shown(found[name])} and {shown(value)}; give it once")
        found[name] = value
    return found


def open_example(name: str) -> Trace:
    """The trace of a concept's own example."""
    found = find(name)
    return trace_of(found, parse(found, {name: example_texts(value) for name, value in found.example.items()}))


def example_texts(value: Any) -> str | list[str]:
    """An argument of an example as it is written on the command line; tensors by their names are several texts."""
    return [f"{name}={one}" for name, one in value.items()] if isinstance(value, Mapping) else str(value)


def kind(parameter: Parameter) -> str:
    """The annotation without ``| None``."""
    return parameter.annotation.removesuffix(" | None")


def choices(parameter: Parameter) -> list[str]:
    """The words that a ``Literal`` of the annotation names; empty if there is none."""
    return words(parameter.annotation)


def base(parameter: Parameter) -> str:
    """The annotation without its words: ``Size | Literal['global']`` is ``Size``; empty if there are only words."""
    return " | ".join(part for part in kind(parameter).split(" | ") if not part.startswith("Literal["))


def _reader(parameter: Parameter) -> Callable[[str, str], Any]:
    known = choices(parameter)
    reader = READERS.get(base(parameter), word)
    if not known:
        return reader

    def either(name: str, text: str) -> Any:
        try:
            return reader(name, text)
        except InputError as error:
            raise InputError(f"{error}, or {' or '.join(map(repr, known))}") from None

    return either


def pick_device(name: str, dtype: str, place: Wording = COMMAND) -> str:
    """The torch device for ``auto``, ``cpu``, ``cuda`` or ``mps``; ``auto`` is a GPU if one is present that has the dtype.

    Raises :class:`InputError` if the device is not there.
    """
    import torch

    given, cpu = f"{place.called('device')} is {name!r}", place.setting("device", "cpu")
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if has_mps and dtype == "float32" else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(f"{given}, but torch sees no CUDA GPU here; use {cpu}, or auto")
    if name == "mps" and not has_mps:
        raise InputError(f"{given}, but torch sees no Apple GPU here; use {cpu}, or auto")
    if name == "mps" and dtype == "float64":
        raise InputError(f"{given}, which has no float64; add {place.setting('dtype', 'float32')}")
    return name
