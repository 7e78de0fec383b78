"""How a trace is rendered, as the command line, Python and a lecture's file say it: names, defaults and words, which stand here alone.

Limits stand where what they are of is made: :meth:`studio.picture.Picture.of`, :func:`studio.pace.check_pace`,
:func:`studio.crew.check_jobs`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self

import click

from engine.catalogue import is_own
from engine.errors import InputError
from engine.shown import shown
from studio.forms import forms
from studio.pace import DETAIL
from studio.picture import QUALITIES, THEME_NAMES, Quality, ThemeName
from studio.quantities import Real, Whole

BURNT = "Draw the captions of the caption file, large and complete, into the picture, where a long sentence is else cut short."
TRANSPARENT = f"Leave out the page's ground; for forms that can: {', '.join(name for name, form in forms().items() if form.ALPHA)}."
CODE = "Show the line of torch that is executed beside the picture.  [default: for your own concepts]"
JOBS = "Processes that draw.  [default: one per core, 8 at most]"


def _said(words: str, *flags: str, **more: Any) -> dict[str, Any]:
    """What the option of a setting has on the command line besides its name and its default."""
    return {"help": words, "flags": flags, **more}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may be chosen of every rendering.

    Raises :class:`InputError` for what is no number where one is needed.
    """

    quality: Quality = field(default="1080p", metadata=_said("Height of the picture.", "-q", type=click.Choice([*QUALITIES])))
    fps: int = field(default=30, metadata=_said("Frames a second.", type=Whole()))
    detail: int = field(default=DETAIL, metadata=_said("So many steps are shown term by term.", type=Whole(), metavar="N"))
    seconds: float | None = field(
        default=None, metadata=_said("Length of the clip; steps are swept through where time is short.", type=Real(), metavar="S")
    )
    theme: ThemeName = field(default="dark", metadata=_said("Colours: print is for paper and projectors.", type=click.Choice(THEME_NAMES)))
    burn_captions: bool = field(default=False, metadata=_said(BURNT))
    code: bool | None = field(default=None, metadata=_said(CODE, no=True))
    transparent: bool = field(default=False, metadata=_said(TRANSPARENT))
    jobs: int | None = field(default=None, metadata=_said(JOBS, type=Whole(), metavar="N"))
    no_cache: bool = field(default=False, metadata=_said("Draw everything anew, and keep nothing for the next time."))

    def shows_code(self, concept: str) -> bool:
        """Whether lines of torch are shown of a concept: of a user's own ones, unless something else was chosen."""
        return is_own(concept) if self.code is None else self.code

    def __post_init__(self) -> None:
        for one in fields(self):
            value, whole = getattr(self, one.name), isinstance(one.metadata.get("type"), Whole)
            if (whole or one.name == "seconds") and value is not None and not isinstance(value, int if whole else int | float):
                raise InputError(f"{one.name} is {shown(value)}; give a{' whole' if whole else ''} number")

    @classmethod
    def apart(cls, given: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Those that are given, and what else is."""
        own = {one.name for one in fields(cls)}
        rest = {name: value for name, value in given.items() if name not in own}
        return cls(**{name: value for name, value in given.items() if name in own}), rest


#: Where to write, and what.
FILES = [
    click.Option(["-o", "--output"], metavar="NAME", help="Where to write, with or without an ending.  [default: renders/CONCEPT]"),
    click.Option(
        ["--to"],
        metavar="FORM,...",
        help="What to write, of one rendering: "
        + "; ".join(f"{name}: {form.SUMMARY}" for name, form in forms().items())
        + ".  [default: what -o ends in, or mp4,vtt]",
    ),
]


def options(*names: str) -> list[click.Option]:
    """The options of these settings, of all if none is named."""
    return [_option(one) for one in fields(Settings) if not names or one.name in names]


def _option(one: Field[Any]) -> click.Option:
    more = dict(one.metadata)
    flag, has_no = one.name.replace("_", "-"), more.pop("no", False)
    declared = [*more.pop("flags"), f"--{flag}/--no-{flag}" if has_no else f"--{flag}"]
    if one.default is False:
        more["is_flag"] = True
    elif has_no:  # else click takes false for its default
        more["default"] = None
    elif one.default is not None:  # click takes a default of None for a value
        more |= {"default": one.default, "show_default": True}
    return click.Option(declared, **more)


def parameters(**usual: Any) -> list[inspect.Parameter]:
    """The same as parameters of a function; ``usual`` are defaults that it has instead."""
    return [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=usual.get(one.name, one.default), annotation=one.type)
        for one in fields(Settings)
    ]
