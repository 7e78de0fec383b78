"""What the command line asks for: a lecture's file to begin with, a lecture made once, or again whenever its file is saved."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from engine.errors import InputError
from engine.shown import shown
from studio.cache import Cache
from studio.crew import Crew
from studio.files import FOLDER, check_text, check_writable
from studio.lecture.build import LectureBuilder, LecturePlace
from studio.lecture.code import placed
from studio.lecture.inputs import networks_of
from studio.lecture.spec import ClipPart, Lecture, read_lecture
from studio.printing import murmur
from studio.sets import whole
from studio.way_out import sentence


class LectureDesk:
    """Makes the lecture of a file; the processes that draw start when they are needed, and stay. With ``trust`` it may run code."""

    def __init__(self, file: Path, output: Path | None, jobs: int, cache: Cache | None, *, trust: bool = False) -> None:
        self.file, self.jobs, self.cache, self.given, self.trust = file, jobs, cache, output is not None, trust
        self.place = LecturePlace(file.parent, output if output is not None else FOLDER / file.stem, file.stem)
        self.crew: Crew | None = None
        self.read = {file}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.crew:
            self.crew.dismiss()

    def start(self) -> Crew:
        """The processes that draw; others if those were ended by a failure."""
        if self.crew is None or self.crew.dismissed:
            self.crew = Crew(self.jobs)
        return self.crew

    def make(self) -> list[Path]:
        """Makes what is missing or changed; returns all files of the lecture."""
        lecture = read_lecture(self.file)
        if not self.trust:
            check_runs_no_code(lecture, self.file.parent)
        self._check(self.place.target)
        builder = LectureBuilder(lecture, self.place, murmur, self.start, self.cache)
        self.read = {self.file, *(file for scene in builder.scenes for file in builder.files(scene.clip))}
        return builder.build()

    def watch(self) -> None:
        """Makes it again whenever a file that it reads is saved; says what is wrong with it and goes on."""
        from studio.lecture.watch import watch

        with suppress(KeyboardInterrupt):
            watch(self._made)

    def _made(self) -> Collection[Path]:
        try:
            made = self.make()
        except InputError as error:
            murmur(f"Error: {sentence(str(error))}")
        else:
            click.echo(f"{made[0].parent} is made; {self.file} is watched, Ctrl-C ends it")
        return self.read

    def _check(self, folder: Path) -> None:
        called = f"-o is {shown(str(folder))}" if self.given else f"there is no -o, so that {shown(str(folder))} is to be written"
        check_text(str(folder / self.place.name), called)
        check_writable(folder / "lecture", called)


def check_runs_no_code(lecture: Lecture, folder: Path) -> None:
    """Raises :class:`InputError` for a clip whose model is code: who opens a lecture may not know what is in it."""
    clips = [(number, part) for number, part in enumerate(lecture.parts, start=1) if isinstance(part, ClipPart)]
    for number, part in clips:
        for network in networks_of(part):
            from engine.network.code import names_code  # with torch, which a model needs anyway

            if names_code(network):
                raise InputError(
                    f"parts[{number}], {part.concept}: {shown(placed(network, folder))} is code, which would be run; "
                    "if you trust whoever wrote it, add --trust"
                )


def begin(file: Path) -> None:
    """Writes a commented lecture's file.

    Raises :class:`InputError` if there is one already, which is not overwritten.
    """
    if file.suffix != ".toml":
        raise InputError(f"FILE is {shown(str(file))}; give a name that ends in .toml")
    if file.exists():
        raise InputError(f"{shown(str(file))} is there already; choose another name, or remove it first")
    if not file.parent.is_dir():
        raise InputError(f"there is no folder {shown(str(file.parent))}; make it first, or choose another")
    check_text(str(file), f"FILE is {shown(str(file))}")
    check_writable(file, f"FILE is {shown(str(file))}")
    text = files("studio.lecture").joinpath("starter.toml").read_text(encoding="utf-8")
    with whole(file) as temporary:
        # A name may have anything in it, even the end of a line, which would end the comment.
        name, stem = (" ".join(words.split()) for words in (str(file), file.stem))
        temporary.write_text(text.replace("{name}", name).replace("{stem}", stem), encoding="utf-8")
