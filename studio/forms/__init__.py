"""The forms in which a clip is given out, one module each, under the name that ``--to`` takes. A module is found by being there. It has

- ``SUMMARY``, one sentence for ``--help``;
- ``ENDINGS``, what stands behind the name of the files that it always writes;
- ``ALPHA``, whether it can be transparent;
- ``OPTIONS``, its own options on the command line, each with a name that says which form it belongs to;
- ``write(film, base, **options)``, which writes the files, whose names begin with ``base``;
- ``PICTURES = False`` if it is made from the script alone.

A module imports what is slow to import only when it writes.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import click

from engine.errors import InputError
from engine.shown import shown
from studio.film import Film

USUAL = ("mp4", "vtt")
_EMPTY = click.Context(click.Command("render"))


class Form(Protocol):
    """What a module of this package has."""

    SUMMARY: str
    ENDINGS: Sequence[str]
    ALPHA: bool
    OPTIONS: Sequence[click.Option]

    def write(self, film: Film, base: Path, **options: Any) -> None:
        """Writes the files."""


@functools.cache
def forms() -> dict[str, Form]:
    """All forms by their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}") for name in names}


def chosen(text: str | None, output: str | None = None) -> list[str]:
    """The forms named by ``--to``, with commas between them; without it the one that ``-o`` ends in, and the captions with an mp4.

    Raises :class:`InputError` for a form that there is not.
    """
    if text is None:
        suffix = Path(output or "").suffix
        if suffix and suffix[1:].lower() not in forms():
            raise InputError(f"-o is {shown(output)}; give a name that ends in one of {_listed('.')}, or say which forms to write by --to")
        return list(USUAL) if not suffix or suffix.lower() == ".mp4" else [suffix[1:].lower()]
    names = [word.strip().lower().removeprefix(".") for word in text.split(",")]
    for name in names:
        if name not in forms():
            raise InputError(f"--to is {shown(text)}; give one or more of {_listed()}, with commas between them")
    return list(dict.fromkeys(names))


def _listed(before: str = "") -> str:
    return ", ".join(before + name for name in forms())


def check_transparent(names: Sequence[str]) -> None:
    """Raises :class:`InputError` if none of these forms can be transparent."""
    if not any(forms()[name].ALPHA for name in names):
        able = ", ".join(name for name, form in forms().items() if form.ALPHA)
        raise InputError(f"--transparent is given, but none of {', '.join(names)} can be transparent; choose among {able} by --to")


def any_drawn(names: Sequence[str]) -> bool:
    """Whether any of these forms shows pictures; the others are made from the script and the traces alone."""
    return any(getattr(forms()[name], "PICTURES", True) for name in names)


def need_ground(names: Sequence[str]) -> bool:
    """Whether any of these forms shows pictures and cannot be transparent."""
    return any(not forms()[name].ALPHA and any_drawn([name]) for name in names)


def endings(names: Sequence[str]) -> list[str]:
    """Of all files that these forms write in any case."""
    return [ending for name in names for ending in forms()[name].ENDINGS]


def options() -> list[click.Option]:
    """Of all forms."""
    return [option for form in forms().values() for option in form.OPTIONS]


@functools.cache
def _defaults(name: str) -> dict[str, Any]:
    """The values that a form's options have if none are given."""
    return click.Command(name, params=list(forms()[name].OPTIONS)).make_context(name, []).params


def checked_options(given: dict[str, Any]) -> dict[str, Any]:
    """Values of options by their names, as the command line would read them.

    Raises :class:`InputError` for an option that there is not, or a value that it does not take.
    """
    known = {str(option.name): option for option in options()}
    for name in given:
        if name not in known:
            raise InputError(f"{name} is no option of a form; give one of {', '.join(sorted(known))}")
    try:
        return {name: known[name].type_cast_value(_EMPTY, value) for name, value in given.items()}
    except click.BadParameter as error:
        raise InputError(f"{error.param.name if error.param else 'an option'} cannot be used: {error.message}") from error


def write(names: Sequence[str], film: Film, base: Path, given: Mapping[str, Any]) -> None:
    """Writes the film in these forms; ``given`` are values of options by their names, the others have their defaults."""
    for name in names:
        usual = _defaults(name)
        forms()[name].write(film, base, **{key: given.get(key, default) for key, default in usual.items()})
