"""A command per concept, with options made from the concept's signature."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from engine.budget import check_addresses
from engine.catalogue import Concept, Parameter, concepts, find
from engine.inputs.arguments import base, choices, example_texts, kind

TENSOR_HELP = "JSON, a file, a kernel's name or a generator such as randn:3x8x8"
METAVARS = {
    "StateDict": "FILE",
    "Size": "N[,N]",
    "Padding": "N[:N][,N[:N]]|valid|same",
    "Words": "WORDS|FILE",
    "Network": "FILE.py:NAME|LAYERS",
    "Vocabulary": "FILE",
    "int": "N",
    "float": "X",
}

Body = Callable[..., None]


class ConceptGroup(click.Group):
    """``tensorreel render conv2d ...``: the concepts are the subcommands; asking for their names imports none of them.

    ``body(concept, texts, **shared)`` runs with the texts of the concept's own options and the values of ``shared``. A parameter that bears
    the name of a shared option, as ``seed``, has no option of its own.
    """

    def __init__(self, *args: Any, body: Body | None = None, shared: list[click.Option] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.body, self.shared = body, shared or []

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(concepts())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.command_of(cmd_name, ctx.info_name or "")

    def command_of(self, cmd_name: str, info_name: str, argument: str = "") -> click.Command:
        """The command of a concept, one of whose parameters may be an ``argument`` without a name."""
        concept = find(cmd_name)
        known = {option.name for option in self.shared}
        own: list[click.Parameter] = [_option(parameter) for parameter in concept.parameters if parameter.name not in {*known, argument}]
        ahead = [click.Argument([argument])] if argument else []
        return click.Command(
            cmd_name,
            params=[*ahead, *own, *self.shared],
            callback=functools.partial(self._run, concept),
            help=f"{concept.summary}\n\nExample: {example(concept, info_name, argument)}",
        )

    def _run(self, concept: Concept, /, **given: Any) -> None:
        check_addresses()
        known = {option.name for option in self.shared}
        shared = {name: value for name, value in given.items() if name in known}
        texts = {
            name: value if isinstance(value, tuple) else str(value)
            for name, value in given.items()
            if name not in known and value is not None and value != ()
        }
        assert self.body is not None
        self.body(concept, texts, **shared)


def _option(parameter: Parameter) -> click.Option:
    declared = f"--{parameter.option}"
    words, read = choices(parameter), base(parameter)
    if kind(parameter) == "bool":
        usual = bool(parameter.default)
        if usual:
            declared = f"{declared}/--no-{parameter.option}"
        return click.Option([declared, parameter.name], is_flag=True, default=usual, show_default=usual, help=parameter.doc)
    if parameter.is_many or parameter.is_inputs:
        return click.Option(
            [declared, parameter.name],
            multiple=True,
            required=parameter.required,
            metavar="[NAME=]TENSOR" if parameter.is_inputs else "NAME=TENSOR",
            help=f"{parameter.doc}, once for each",
        )
    # click takes a default of None for a value: a required option that has one is never missed.
    default: dict[str, Any] = {} if parameter.default is None else {"default": str(parameter.default), "show_default": True}
    return click.Option(
        [declared, parameter.name],
        type=click.Choice(words) if words and not read else str,
        required=parameter.required,
        **default,
        metavar=None if words and not read else "TENSOR" if parameter.is_tensor else "|".join([METAVARS.get(read, "TEXT"), *words]),
        help=f"{parameter.doc} ({TENSOR_HELP})" if parameter.is_tensor and parameter.required else parameter.doc,
    )


def example_options(concept: Concept, argument: str = "") -> list[str]:
    """The concept's own example as words of a command line; an ``argument`` without a name is left out."""
    spelled = {parameter.name: parameter.option for parameter in concept.parameters}
    found = []
    for name, value in concept.example.items():
        if name == argument:
            continue
        texts = example_texts(value)
        found += [word for text in ([texts] if isinstance(texts, str) else texts) for word in (f"--{spelled[name]}", text)]
    return found


def example(concept: Concept, command: str, argument: str = "") -> str:
    """The concept's own example as a command line; ``argument`` is given without its name."""
    given = [str(concept.example[argument])] if argument else []
    words = [*([command] if not argument else []), concept.name, *given, *example_options(concept, argument)]
    return " ".join(["tensorreel", *map(_quoted, words)])


def _quoted(text: str) -> str:
    return f"'{text}'" if any(c in text for c in " []{}()*?;&|<>$#\"'") else text
