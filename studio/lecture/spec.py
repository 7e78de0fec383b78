"""What may stand in the file of a lecture."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from engine.catalogue import find
from engine.errors import InputError
from engine.inputs.arguments import SHARED
from engine.shown import bare, one_line, shown
from studio.forms import forms, options
from studio.lecture.toml import values_of, where
from studio.lecture.words import formula, paragraphs
from studio.picture import FPS, Quality, ThemeName
from studio.settings import Settings

TomlValue = str | bool | int | float | list[Any] | dict[str, Any]
Title = Annotated[str, Field(min_length=1, max_length=120)]
Seconds = Annotated[float, Field(ge=1, le=120)]


class Strict(BaseModel):
    """Takes no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TitleCard(Strict):
    """A title, large, in the middle."""

    kind: Literal["title"]
    title: Title
    subtitle: Annotated[str, Field(max_length=300)] = ""
    say: str = ""
    seconds: Seconds = 4


class TextCard(Strict):
    """A heading with paragraphs, items and a formula."""

    kind: Literal["text"]
    title: Title
    text: str = ""
    formula: str = ""
    say: str = ""
    seconds: Seconds = 8

    @field_validator("text")
    @classmethod
    def _readable(cls, value: str) -> str:
        paragraphs(value)
        return value

    @field_validator("formula")
    @classmethod
    def _math(cls, value: str) -> str:
        return formula(value)


#: The concept of a clip that has a ``model`` in place of one, and which of its inputs that is.
MODEL, NETWORK = "model", "net"


class ClipPart(Strict):
    """A concept with its inputs and its pace. A ``model`` stands for the concept of that name, of which it is an input."""

    kind: Literal["clip"]
    concept: str
    model: str = ""
    title: Annotated[str, Field(max_length=120)] = ""
    name: Annotated[str, Field(pattern=r"^[\w-]*$", max_length=80)] = ""
    inputs: dict[str, TomlValue] = {}
    seconds: Annotated[float, Field(gt=0)] | None = Settings.seconds
    detail: Annotated[int, Field(ge=0)] = Settings.detail
    code: bool | None = Settings.code
    size: str | int | None = None
    seed: int = 0
    dtype: Literal["float64", "float32"] = "float64"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    allow_nan: bool = False

    @model_validator(mode="before")
    @classmethod
    def _with_model(cls, values: Any) -> Any:
        if not isinstance(values, dict) or MODEL not in values:
            return values
        inputs, concept = values.get("inputs", {}), values.get("concept", MODEL)
        if not isinstance(values[MODEL], str) or not values[MODEL].strip():
            raise ValueError(f"model is {shown(values[MODEL])}; give code such as 'net.py:Net', or layers such as 'linear(4) relu'")
        if concept != MODEL:
            raise ValueError(f"concept is {shown(concept)}, but there is a model too; give one of them")
        if not isinstance(inputs, dict):
            return values  # which is refused as that of any other clip
        if NETWORK in inputs:
            raise ValueError(f"inputs.{NETWORK} is {shown(inputs[NETWORK])}, but there is a model too; give one of them")
        return {**values, "concept": MODEL, "inputs": {**inputs, NETWORK: values[MODEL]}}

    @field_validator("concept")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            find(value)
        except InputError as error:
            raise ValueError(f"is {shown(value)}: {error}") from error
        return value

    @model_validator(mode="after")
    def _takes(self) -> ClipPart:
        parameters = [parameter for parameter in find(self.concept).parameters if parameter.name not in SHARED]
        known = {parameter.option for parameter in parameters}
        for key in self.inputs:
            if key in SHARED:
                raise ValueError(f"inputs.{key} is no input; give {key} beside the inputs, as a key of the clip")
            if key.replace("_", "-") not in known:
                raise ValueError(f"inputs.{bare(key)} is no input of {self.concept}; give {_choice(sorted(known), key)}")
        missing = [p.option for p in parameters if p.required and p.option not in {key.replace("_", "-") for key in self.inputs}]
        if missing:
            raise ValueError(f"inputs.{missing[0].replace('-', '_')} is missing, which {self.concept} needs")
        return self


LecturePart = Annotated[TitleCard | TextCard | ClipPart, Field(discriminator="kind")]


class Lecture(Strict):
    """Cards and clips in their order, and how they look."""

    title: Title
    author: str = ""
    theme: ThemeName = Settings.theme
    quality: Quality = Settings.quality
    fps: Annotated[int, Field(ge=FPS[0], le=FPS[1])] = Settings.fps
    burn_captions: bool = Settings.burn_captions
    to: Annotated[list[str], Field(min_length=1)] = ["mp4", "html", "pptx", "vtt"]
    clips_to: list[str] = ["mp4", "vtt"]
    options: dict[str, TomlValue] = {}
    parts: Annotated[list[LecturePart], Field(min_length=1)]

    @field_validator("to", "clips_to")
    @classmethod
    def _forms(cls, value: list[str]) -> list[str]:
        for name in value:
            if name not in forms():
                raise ValueError(f"has {shown(name)}; give {_choice(list(forms()), name)}")
        return list(dict.fromkeys(value))

    @field_validator("options")
    @classmethod
    def _of_forms(cls, value: dict[str, Any]) -> dict[str, Any]:
        known = {str(option.name): option for option in options()}
        for key, given in value.items():
            if key not in known:
                raise ValueError(f"has {shown(key)}; give {_choice(sorted(known), key)}")
            try:
                known[key].type.convert(given, known[key], None)
            except Exception as error:
                raise ValueError(f"has {key} = {shown(given)}: {one_line(str(error))}") from error
        return value


def read_lecture(path: Path) -> Lecture:
    """The lecture in a TOML file.

    Raises :class:`InputError`, naming the key and what it may be, if it cannot be used.
    """
    try:
        return Lecture.model_validate(values_of(path))
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        more = f" ({len(others)} more such in this file)" if others else ""
        raise InputError(f"{shown(str(path))}: {_sentence(first)}{more}") from error


# --- errors ------------------------------------------------------------------------------------------------------------------------------

_KINDS: dict[str, type[Strict]] = {"title": TitleCard, "text": TextCard, "clip": ClipPart}


def _sentence(error: Any) -> str:
    """What is wrong, and what would work."""
    path = list(error["loc"])
    # Behind the number of a part stands its kind, which is no key of the file.
    model = _KINDS[path.pop(2)] if path[0] == "parts" and len(path) > 2 else Lecture
    place, kind, context = where(path), error["type"], error.get("ctx", {})
    if kind == "missing":
        return f"{place} is missing; a {_name(model)} needs it"
    if kind == "extra_forbidden":
        return f"{place} is not known; a {_name(model)} has {_choice(list(model.model_fields), str(path[-1]))}"
    if kind == "literal_error":
        return f"{place} is {shown(error['input'])}; give {context['expected']}"
    if kind == "union_tag_invalid":
        return f"{place}.kind is {shown(context['tag'])}; give {context['expected_tags']}"
    if kind == "union_tag_not_found":
        return f"{place}.kind is missing; give 'title', 'text' or 'clip'"
    if kind == "value_error":
        message = str(context["error"])
        return f"{place}.{message}" if message.startswith("inputs.") else f"{place} {message}"
    message = one_line(error["msg"])
    return f"{place} is {shown(error['input'])}; {message[0].lower()}{message[1:]}"


def _name(model: type[Strict]) -> str:
    return {TitleCard: "title card", TextCard: "text card", ClipPart: "clip"}.get(model, "lecture")


def _choice(known: Sequence[str], given: str) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f"{', '.join(known)}" + (f" (did you mean {near[0]!r}?)" if near else "")
