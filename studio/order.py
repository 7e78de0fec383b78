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
from studio.forms import any_drawn, check_transparent, checked_options, chosen, endings, forms
from studio.picture import Picture
from studio.settings import Settings

if TYPE_CHECKING:
    from engine.trace import Trace
    from scenes.parts.beat import Beat


@dataclass(frozen=True)
class Order:
    """``base`` is what the names of all files begin with, ``to`` the forms, ``options`` theirs; ``cache`` is None for none."""

    base: Path
    to: Sequence[str]
    picture: Picture
    settings: Settings
    jobs: int
    cache: Cache | None
    options: Mapping[str, Any]

    @classmethod
    def of(cls, concept: str, output: str | None, to: str | None, settings: Settings, options: dict[str, Any]) -> Order:
        """From what a user has said, ``concept`` being the name if ``output`` is none.

        Raises :class:`InputError` for what cannot be used.
        """
        names = chosen(to, output)
        if settings.transparent:
            check_transparent(names)
        return cls(
            base=target(output, concept, endings(names), forms()),
            to=names,
            picture=Picture.of(
                settings.quality, settings.fps, settings.theme, transparent=settings.transparent, code=settings.shows_code(concept)
            ),
            settings=settings,
            jobs=check_jobs(settings.jobs),
            cache=None if settings.no_cache else Cache.usual(),
            options=checked_options(options),
        )

    def crew(self) -> AbstractContextManager[Crew | None]:
        """Processes that draw, which start at once; none if no form shows pictures."""
        return Crew(self.jobs) if any_drawn(self.to) else nullcontext()

    def beats(self, trace: Trace) -> list[Beat]:
        """What is shown when. Raises :class:`InputError` for what cannot be shown."""
        from studio.plan import planned

        one = self.settings
        return planned(trace, detail=one.detail, seconds=one.seconds, fps=one.fps, burn=one.burn_captions, drawn=any_drawn(self.to))

    def render(self, trace: Trace, planned: Sequence[Beat], crew: Crew | None, *, at_once: bool = True) -> list[Path]:
        """Renders; says how far it is, nothing of that for what is quick if not ``at_once``; returns the files."""
        from studio.progress import progress
        from studio.render import render

        with progress(planned, len(trace), at_once=at_once) as watcher:
            return render(trace, planned, self.picture, self.base, watcher, to=self.to, options=self.options, cache=self.cache, crew=crew)
