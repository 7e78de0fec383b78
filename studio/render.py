"""A trace to a clip, in all forms that are asked for."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from scenes.parts.beat import Beat
from studio.cache import Cache, usable
from studio.crew import Crew, Folders, check_jobs
from studio.files import without_ending
from studio.film import Film
from studio.forms import USUAL, any_drawn, check_transparent, forms, need_ground, write
from studio.picture import Picture
from studio.script import Script, script
from studio.sets import all_at_once, made, scratch
from studio.take import read_take, takes

if TYPE_CHECKING:
    from engine.record import Record
    from engine.trace import Trace

#: A take may be gone from the cache before it is read, if someone clears it just then; so often it is made again.
PATIENCE = 3


class Progress(Protocol):
    """Who is told how far a rendering is."""

    def beat(self, number: int, beat: Beat) -> None:
        """Beat ``number`` begins; several may be on the way at the same time."""

    def frame(self, frames: int) -> None:
        """So many frames are there."""

    def trouble(self, text: str) -> None:
        """Something went wrong that is being mended."""

    def writes(self, form: str) -> None:
        """All is drawn; the clip is written in this form."""


def render(
    trace: Trace,
    beats: Sequence[Beat],
    picture: Picture,
    path: Path,
    progress: Progress,
    *,
    to: Sequence[str] = USUAL,
    options: Mapping[str, Any] = MappingProxyType({}),
    jobs: int | None = None,
    cache: Cache | None = None,
    crew: Crew | None = None,
) -> list[Path]:
    """Renders a clip once and writes it in the forms ``to``, which all appear whole, at the end, or not at all; returns their files.

    Their names begin with ``path``, without its ending if it has that of a form. ``options`` are those of the forms by their names.
    Where no form shows pictures nothing is drawn; otherwise ``jobs`` processes draw, one per core if not given, or those of a ``crew`` that
    is there already and is dismissed if anything fails.
    Takes are kept in ``cache`` as soon as they are made, and found there the next time.
    """
    if picture.transparent:
        check_transparent(to)
    base = without_ending(path, forms())
    with all_at_once(base) as folder:
        said = script(trace, beats, picture, name=base.name)
        if any_drawn(to):
            with nullcontext(crew) if crew else Crew(check_jobs(jobs)) as workers:
                film = films(trace, beats, picture, scratch(folder), said, progress, workers, cache, to)
        else:
            film = undrawn(folder, said, trace)
        for name in to:
            progress.writes(name)
            write([name], film, folder / base.name, dict(options))
        return [base.parent / file.name for file in made(folder, base)]


def undrawn(folder: Path, said: Script, trace: Trace) -> Film:
    """What forms without pictures are made from."""
    return Film(folder / "nothing.mp4", said, {part.name: trace for part in said.parts})


def films(
    trace: Trace,
    beats: Sequence[Beat],
    picture: Picture,
    folder: Path,
    said: Script,
    progress: Progress,
    crew: Crew,
    cache: Cache | None,
    to: Sequence[str],
) -> Film:
    """Draws the beats as the forms ``to`` need them: transparent, with the page's ground, or once in each way."""

    def draw(look: Picture, name: str) -> Film:
        return filmed(trace, beats, look, folder / name, said, progress, crew, cache)

    if not picture.transparent:
        return draw(picture, "film.mp4")
    clear = draw(picture, "film.mov")
    return replace(draw(replace(picture, transparent=False), "film.mp4"), alpha=clear.path) if need_ground(to) else clear


def filmed(
    trace: Trace, beats: Sequence[Beat], picture: Picture, path: Path, said: Script, progress: Progress, crew: Crew, cache: Cache | None
) -> Film:
    """Draws the beats and joins them to a film at ``path``, an mp4 that bears the script ``said``, or a movie that one can see through."""
    kept, spare = cache is not None and usable(cache.folder), path.with_suffix(".takes")
    spare.mkdir()
    try:
        header, made = _takes(crew, trace.record(), beats, picture, (cache.folder if cache and kept else spare, spare), progress)
    except BaseException:
        crew.dismiss()  # before the folder in which they write is removed
        raise
    finally:
        shutil.rmtree(spare, ignore_errors=True)
    if cache and kept:
        cache.tidy()
    # Imported only now, for it would keep the processes waiting for their first take.
    from studio.join import FilmTags, join, join_alpha

    clip = FilmTags(Fraction(picture.fps), said.title, said.summary, said.chapters, said.to_json())
    if picture.transparent:
        join_alpha(path, clip, (picture.width, picture.height), made)
    else:
        join(path, clip, header, made)
    return Film(path, said, {part.name: trace for part in said.parts}, path if picture.transparent else None)


def _takes(
    crew: Crew, record: Record, beats: Sequence[Beat], picture: Picture, folders: Folders, progress: Progress
) -> tuple[bytes, list[list[bytes]]]:
    """The stream header and the packets of all takes, in their order."""
    wanted = takes(beats)
    made: dict[int, tuple[bytes, list[bytes]]] = {}
    numbers = {take: number for number, take in enumerate(wanted)}
    frames = 0
    for _ in range(PATIENCE):
        missing = [take for take in wanted if numbers[take] not in made]
        if not missing:
            break
        for event, take, path in crew.make(record, beats, picture, folders, missing):
            if event == "began":
                progress.beat(take.beat, beats[take.beat])
            elif event == "died":
                progress.trouble(f"A drawing process died over beat {take.beat + 1} ({beats[take.beat].name}); another one tries again.")
            elif path is not None and (found := read_take(path)) is not None:
                made[numbers[take]] = found
                frames += take.frames
                progress.frame(frames)
    else:
        raise RuntimeError(f"takes vanish from {folders[0]} as soon as they are made")
    return made[0][0], [made[number][1] for number in range(len(wanted))]
