"""The inputs of a clip: values of a lecture's file as the texts that a command line would give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.catalogue import Parameter, find
from engine.errors import InputError
from engine.inputs.arguments import Wording, base
from engine.shown import shown
from studio.lecture.code import code_files, placed
from studio.lecture.spec import ClipPart

#: What takes a file besides tensors.
FILES = ("StateDict", "Vocabulary")

Texts = dict[str, str | tuple[str, ...]]

#: How a lecture's file calls what a command line gives by options.
KEYS = Wording(
    lambda option: f"inputs.{option.replace('-', '_').replace(' ', '.')}",
    lambda name, value: f"{name} = {value if value in ('', 'true') else json.dumps(value)}",
)


def texts_of(clip: ClipPart, folder: Path) -> Texts:
    """By the names of the concept's parameters; files are those of ``folder``.

    Raises :class:`InputError` where a table is needed, or where there must be none.
    """
    found: Texts = {}
    for parameter, key, value in _given(clip):
        if (parameter.is_many or parameter.is_inputs) and isinstance(value, dict):
            found[parameter.name] = tuple(f"{name}={_text(one, folder)}" for name, one in value.items())
        elif parameter.is_many:
            raise InputError(f"inputs.{key} is {shown(value)}; give names with values, such as {{ x = [1, 2] }}")
        elif parameter.is_inputs:
            found[parameter.name] = (_text(value, folder),)
        elif isinstance(value, dict):
            raise InputError(f"inputs.{key} is {shown(value)}; give a value without names")
        elif is_network(parameter):
            found[parameter.name] = placed(str(value), folder)
        else:
            found[parameter.name] = _text(value, folder) if _may_be_file(parameter) else _plain(value)
    return found


def files_of(clip: ClipPart, folder: Path) -> Iterator[Path]:
    """The files that its inputs name, whether or not they are there."""
    for parameter, _, value in _given(clip):
        if _may_be_file(parameter):
            for one in value.values() if isinstance(value, dict) else [value]:
                if isinstance(one, str) and _names_file(one):
                    yield folder / one.partition("#")[0]
        elif is_network(parameter):
            yield from code_files(str(value), folder)


def networks_of(clip: ClipPart) -> Iterator[str]:
    """The networks that its inputs name."""
    yield from (str(value) for parameter, _, value in _given(clip) if is_network(parameter))


def _given(clip: ClipPart) -> Iterator[tuple[Parameter, str, Any]]:
    by_option = {parameter.option: parameter for parameter in find(clip.concept).parameters}
    for key, value in clip.inputs.items():
        yield by_option[key.replace("_", "-")], key, value


def is_network(parameter: Parameter) -> bool:
    """Whether a parameter takes a network, which may be code."""
    return base(parameter) == "Network"


def _may_be_file(parameter: Parameter) -> bool:
    return parameter.is_tensor or parameter.is_many or parameter.is_inputs or parameter.annotation.startswith(FILES)


def _names_file(text: str) -> bool:
    """Whether it ends as a file does: a generator, a kernel's name or JSON do not."""
    suffix = Path(text.partition("#")[0]).suffix
    return suffix[1:].isalnum() and not suffix[1:].isdigit() and not text.lstrip().startswith("[")


def _text(value: Any, folder: Path) -> str:
    return str(folder / value) if isinstance(value, str) and _names_file(value) else _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list) else str(value)
