"""What is to be rendered, all of it checked before anything is computed or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cache import Cache
from studio.crew import Crew, check_jobs
from studio.files import target
from studio.forms import check_transparent, checked, chosen, draw, endings, forms
from studio.picture import Picture
from studio.room import check_room

if TYPE_CHECKING:
    from engine.trace import Trace
    from scenes.parts.beat import Beat


@dataclass(frozen=True)
class Order:
    """``base`` is what the names of all files begin with, ``to`` the forms, ``options`` theirs; ``cache`` is None for none."""

    base: Path
    to: Sequence[str]
    picture: Picture
    detail: int
    seconds: float | None
    burn_captions: bool
    jobs: int
    cache: Cache | None
    options: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        concept: str,
        output: str | None,
        to: str | None,
        *,
        quality: str,
        fps: int,
        theme: str,
        detail: int,
        seconds: float | None,
        burn_captions: bool,
        transparent: bool,
        jobs: int | None,
        no_cache: bool,
        options: dict[str, Any],
    ) -> Order:
        """From what the command line has, ``concept`` being the name if ``output`` is none.

        Raises :class:`InputError` for what cannot be used.
        """
        names = chosen(to, output)
        if transparent:
            check_transparent(names)
        return cls(
            base=target(output, concept, endings(names), forms()),
            to=names,
            picture=Picture.of(quality, fps, theme, transparent=transparent),
            detail=detail,
            seconds=seconds,
            burn_captions=burn_captions,
            jobs=check_jobs(jobs),
            cache=None if no_cache else Cache.usual(),
            options=checked(options),
        )

    def crew(self) -> AbstractContextManager[Crew | None]:
        """Processes that draw, which start at once; none if no form shows pictures."""
        return Crew(self.jobs) if draw(self.to) else nullcontext()

    def beats(self, trace: Trace) -> list[Beat]:
        """What is shown when. Raises :class:`InputError` for a pace that cannot be."""
        from studio.captions import burnt
        from studio.pace import beats

        if draw(self.to):
            check_room(trace)
        planned = beats(trace, detail=self.detail, seconds=self.seconds, fps=self.picture.fps)
        return burnt(planned, self.picture.fps) if self.burn_captions else planned

    def render(self, trace: Trace, planned: Sequence[Beat], crew: Crew | None, *, at_once: bool = True) -> list[Path]:
        """Renders; says how far it is, nothing of that for what is quick if not ``at_once``; returns the files."""
        from studio.progress import progress
        from studio.render import render

        with progress(planned, len(trace), at_once=at_once) as watcher:
            return render(trace, planned, self.picture, self.base, watcher, to=self.to, options=self.options, cache=self.cache, crew=crew)
