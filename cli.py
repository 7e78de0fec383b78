"""The front desk: ``tensorreel list | show | trace | render | model | lecture | insert | cache | doctor``.

Commands import what they need when they run, so that help and lists answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click

from engine.budget import check_addresses, enough_memory
from engine.catalogue import concepts, find, unreadable
from engine.inputs.arguments import base, choices, kind, opened_from
from studio.forms import options as form_options
from studio.options import ConceptGroup, example
from studio.printing import put
from studio.quantities import SEEDS, Whole
from studio.settings import FILES, Settings
from studio.settings import options as setting_options
from studio.way_out import code_of

NUMERIC_OPTIONS = [
    click.Option(["--size"], metavar="N|HxW", help="Resize pictures: N pixels on the longer side, or height x width."),
    click.Option(["--seed"], type=Whole(*SEEDS), default=0, show_default=True, help="For all that is drawn at random."),
    click.Option(["--allow-nan"], is_flag=True, help="Accept nan and infinite values in the inputs."),
    click.Option(
        ["--device"],
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default="auto",
        show_default=True,
        help="auto is a GPU if torch sees one.",
    ),
    click.Option(
        ["--dtype"], type=click.Choice(["float64", "float32"]), default="float64", show_default=True, help="Precision of all numbers."
    ),
]
TRACE_OPTIONS = [
    click.Option(["--format", "form"], type=click.Choice(["json", "text", "md"]), default="text", show_default=True, help="What to print."),
    click.Option(["--steps"], default=":", metavar="A:B", help="Only steps A up to but without B, as in a Python slice."),
    click.Option(["--no-outputs"], is_flag=True, help="Leave out the output tensors."),
]
RENDER_OPTIONS = [*FILES, *setting_options(), *form_options()]


MODEL = "model"


class Tensorreel(click.Group):
    """However a command ends, the process ends in one way."""

    def main(self, *args: Any, standalone_mode: bool = True, **more: Any) -> Any:
        run = partial(super().main, *args, standalone_mode=False, **more)
        return sys.exit(code_of(run)) if standalone_mode else run()

    def invoke(self, ctx: click.Context) -> Any:
        with enough_memory():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), MODEL])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A model is rendered so often that it has a command of its own, which takes the network without an option."""
        return RENDER.command_of(MODEL, MODEL, "net") if cmd_name == MODEL else super().get_command(ctx, cmd_name)


@click.group(cls=Tensorreel, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="tensorreel", message="%(prog)s %(version)s")
def main() -> None:
    """Shows deep learning one computed step at a time: torch computes and checks every number, Manim draws it."""


@main.command("list")
def list_() -> None:
    """List the concepts."""
    width = max(map(len, concepts()))
    for concept in concepts().values():
        click.echo(f"{concept.name.ljust(width)}  {concept.summary}")
    for name, wrong in unreadable().items():
        click.echo(f"{name} cannot be read: {wrong}", err=True)


@main.command()
@click.argument("concept")
def show(concept: str) -> None:
    """Show what CONCEPT computes: options, shapes, defaults, an example."""
    found = find(concept)
    click.echo(f"{found.name}: {found.title}\n\n{found.about}\n\nOptions:")
    for parameter in found.parameters:
        words = choices(parameter)
        listed = ("or " if base(parameter) else "one of ") + ", ".join(words) if words else ""
        flag = f"flag, --no-{parameter.option} turns it off" if parameter.default else "flag"
        if parameter.is_many or parameter.is_inputs:
            listed = f"{'[NAME=]' if parameter.is_inputs else 'NAME='}TENSOR, once for each"
        what = "tensor" if parameter.is_tensor else flag if kind(parameter) == "bool" else listed
        default = (
            "required"
            if parameter.required
            else ""
            if parameter.default is None or isinstance(parameter.default, bool)
            else f"default {parameter.default}"
        )
        notes = "; ".join(note for note in (what, default) if note)
        click.echo(f"  --{parameter.option}" + (f"  ({notes})" if notes else ""))
        click.echo(f"      {parameter.doc}")
    result = f"\nResult:\n  {found.returns}\n" if found.returns else ""
    click.echo(f"{result}\nExample:\n  {example(found, 'render')}")


def _trace(concept: Any, texts: dict[str, Any], *, form: str, steps: str, no_outputs: bool, **given: Any) -> None:
    from engine.paper.formats import FORMATS, parse_steps

    trace = opened_from(concept, texts, **given)
    put(FORMATS[form](trace, parse_steps(steps, len(trace)), outputs=not no_outputs), is_json=form == "json")


def _render(concept: Any, texts: dict[str, Any], *, output: str | None, to: str | None, **given: Any) -> None:
    from studio.order import Order

    settings, numeric = Settings.apart(given)
    order = Order.of(concept.name, output, to, settings, {str(option.name): numeric.pop(str(option.name)) for option in form_options()})
    # The processes that draw come up while torch is imported here.
    with order.crew() as crew:
        trace = opened_from(concept, texts, **numeric)
        planned = order.beats(trace)
        made = order.render(trace, planned, crew)
    click.echo(f"{_listed(made)} ({sum(beat.frames for beat in planned) / settings.fps:.1f} s)")


def _listed(paths: Sequence[Path]) -> str:
    """``a, b and c``; of many the first and the last."""
    words = [str(path) for path in paths]
    if len(words) > 12:
        words = [*words[:3], f"{len(words) - 4} more", words[-1]]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


main.add_command(
    ConceptGroup(
        "trace",
        help="Print a concept's steps: every read, term and value, checked against torch.",
        body=_trace,
        shared=[*TRACE_OPTIONS, *NUMERIC_OPTIONS],
    )
)
RENDER = ConceptGroup(
    "render", help="Render a concept as an mp4 with chapters and captions.", body=_render, shared=[*RENDER_OPTIONS, *NUMERIC_OPTIONS]
)
main.add_command(RENDER)


class Lectures(click.Group):
    """A file in place of a command is that of a lecture to make."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["make", *args])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[make|new]", "FILE.toml", "[OPTIONS]"]


@main.group(cls=Lectures, context_settings={"ignore_unknown_options": True})
def lecture() -> None:
    """Make a lecture: cards and clips to one video, one player, one deck of slides.

    Give the file that names them, or begin one: tensorreel lecture new FILE.toml
    """


@lecture.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option("-o", "--output", metavar="FOLDER", type=click.Path(path_type=Path), help="Where to write.  [default: renders/FILE]")
@click.option("--watch", is_flag=True, help="Make it again whenever its file, or one that it reads, is saved; Ctrl-C ends it.")
@click.option("--trust", is_flag=True, help="Run the code that clips name, as in model = 'net.py:Net'.")
def make(file: Path, output: Path | None, watch: bool, trust: bool, jobs: int | None, no_cache: bool) -> None:
    """Make a lecture from its file; clips that did not change are not drawn again."""
    check_addresses()
    from studio.cache import Cache
    from studio.crew import check_jobs
    from studio.lecture.desk import LectureDesk

    with LectureDesk(file, output, check_jobs(jobs), None if no_cache else Cache.usual(), trust=trust) as desk:
        if watch:
            desk.watch()
        else:
            click.echo("\n".join(map(str, desk.make())))


make.params += setting_options("jobs", "no_cache")


@lecture.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a file to begin with, in which every key is explained."""
    from studio.lecture.desk import begin

    begin(file)
    click.echo(f"{file}; make the lecture by: tensorreel lecture {file}")


@main.command("insert")
@click.argument("clip", type=click.Path(path_type=Path))
@click.argument("deck", type=click.Path(path_type=Path))
@click.option("--after", type=Whole(), metavar="N", help="The slide behind which they come; 0 is the front.  [default: the last]")
@click.option("--slides-per", type=click.Choice(["phase", "beat"]), default="phase", show_default=True, help="What has a slide of its own.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Where to write.  [default: into DECK itself]")
def insert_(clip: Path, deck: Path, after: int | None, slides_per: Literal["phase", "beat"], output: Path | None) -> None:
    """Put the slides of CLIP, a rendered mp4, into DECK, a .pptx; all else in it stays as it is."""
    from studio.insert import insert

    numbers = insert(clip, deck, after, slides_per, output)
    which = f"slide {numbers[0]} is" if len(numbers) == 1 else f"slides {numbers[0]} to {numbers[-1]} are"
    click.echo(f"{output or deck}: {which} new")


@main.group()
def cache() -> None:
    """What was drawn before, kept so that it need not be drawn again."""


@cache.command()
def info() -> None:
    """Say where the cache is, how large, and how large it may become."""
    from studio.cache import LIMIT_VARIABLE, Cache

    found = Cache.usual()
    takes, size = found.usage()
    click.echo(f"{found.folder}\n{takes:,} takes, {size / 1e6:,.1f} MB of at most {found.limit / 1e6:,.0f} MB ({LIMIT_VARIABLE})")


@cache.command()
def clear() -> None:
    """Remove everything from the cache."""
    from studio.cache import Cache

    takes, size = Cache.usual().clear()
    click.echo(f"{takes:,} takes removed, {size / 1e6:,.1f} MB")


@main.command()
def doctor() -> None:
    """Say what is installed, what is missing and how to get it, and whether a GPU is seen."""
    from studio.doctor import findings

    missing = False
    for finding in findings():
        missing |= finding.ok is False
        sign = {True: "ok", False: "MISSING", None: "--"}[finding.ok]
        click.echo(f"{sign:8}{finding.name:20}{finding.found}")
        if finding.ok is False:
            click.echo(f"{'':8}{'':20}{finding.remedy}")
    if missing:
        raise click.exceptions.Exit(2)


if __name__ == "__main__":
    main()
