"""From a lecture to its files. What is there already, and made from the same, is not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.catalogue import find
from engine.errors import CheckError, InputError
from engine.inputs.arguments import opened_from
from engine.inputs.files import BINARY_LIMIT, digest, is_there
from engine.shown import shown
from studio import forms
from studio.cache import Cache
from studio.crew import Crew
from studio.files import ended
from studio.film import Film
from studio.lecture.card import Card
from studio.lecture.card_film import CardFilm
from studio.lecture.inputs import KEYS, files_of, texts_of
from studio.lecture.origin import code_digest, script_of, unique
from studio.lecture.spec import ClipPart, Lecture
from studio.picture import Picture
from studio.script import Script, joined, script
from studio.sets import all_at_once, keep, made, present, scratch, tidied
from studio.settings import Settings
from studio.signals import tidy_when_killed

if TYPE_CHECKING:
    from engine.trace import Trace
    from scenes.parts.beat import Beat

CLIPS = "clips"


@dataclass(frozen=True)
class LecturePlace:
    """Where a lecture comes from and goes to: the folder of its file, that of its results, and the name of those."""

    source: Path
    target: Path
    name: str


@dataclass(frozen=True)
class Scene:
    """A clip of a lecture with its number, its file's name, and a name for all that it is made from."""

    number: int
    clip: ClipPart
    name: str
    made_from: str

    @property
    def place(self) -> str:
        """Its key in the file."""
        return f"parts[{self.number + 1}]"


class LectureBuilder:
    """Makes the files of a lecture; ``report`` is told what happens, ``start`` starts the processes that draw when they are needed."""

    def __init__(
        self, lecture: Lecture, place: LecturePlace, report: Callable[[str], None], start: Callable[[], Crew], cache: Cache | None = None
    ) -> None:
        self.lecture, self.place, self.report, self.start, self.cache = lecture, place, report, start, cache
        self.picture = Picture.of(lecture.quality, lecture.fps, lecture.theme)
        self.base = place.target / place.name
        self.scripts: dict[str, Script] = {}

    @cached_property
    def scenes(self) -> list[Scene]:
        """The clips."""
        taken: set[str] = set()
        return [
            Scene(number, part, unique(part.name or part.concept, taken), self.key(part, number))
            for number, part in enumerate(self.lecture.parts)
            if isinstance(part, ClipPart)
        ]

    def key(self, clip: ClipPart, number: int) -> str:
        """A name for all that a clip is made from: its lines in the file, the files it reads, the look, the code.

        Raises :class:`InputError` for a file that is too large, or no file.
        """
        look = self.lecture.model_dump_json(include={"theme", "quality", "fps", "burn_captions", "clips_to", "options"})
        found = hashlib.blake2b(f"{clip.model_dump_json()} {look} {code_digest()}".encode(), digest_size=16)
        for file in self.files(clip):
            try:
                found.update(digest(file, shown(str(file)), BINARY_LIMIT))
            except InputError as error:
                raise InputError(f"parts[{number + 1}], {clip.concept}: {error}") from error
        return found.hexdigest()

    def files(self, clip: ClipPart) -> list[Path]:
        """The files that a clip reads."""
        return [path for path in files_of(clip, self.place.source) if is_there(path)]

    def clip_base(self, scene: Scene) -> Path:
        """What the names of a clip's files begin with."""
        return self.place.target / CLIPS / scene.name

    def is_made(self, scene: Scene) -> bool:
        """Whether all its files are there, and from what it would be made from, which a film says; without one it is made again."""
        base = self.clip_base(scene)
        if not all(ended(base, ending).is_file() for ending in forms.endings(self.clip_forms)):
            return False
        found = script_of(ended(base, ".mp4")) if self.drawn else None
        return found is not None and found.made_from == scene.made_from

    @cached_property
    def drawn(self) -> bool:
        """Whether any form shows pictures. What clips have if the file does not say so follows from the forms of the whole."""
        asked = self.lecture.clips_to if "clips_to" in self.lecture.model_fields_set else []
        return forms.any_drawn([*self.lecture.to, *asked])

    @property
    def clip_forms(self) -> list[str]:
        """Where anything is drawn, an mp4 is always there: the lecture is put together from them."""
        wanted = self.lecture.clips_to
        return list(dict.fromkeys(["mp4", *wanted])) if self.drawn else [name for name in wanted if not forms.any_drawn([name])]

    def trace(self, scene: Scene) -> Trace:
        """Opens a clip's trace. Raises :class:`InputError` that names its place in the file."""
        clip = scene.clip
        try:
            return opened_from(
                find(clip.concept),
                texts_of(clip, self.place.source),
                device=clip.device,
                dtype=clip.dtype,
                seed=clip.seed,
                size=None if clip.size is None else str(clip.size),
                allow_nan=clip.allow_nan,
                place=KEYS,
            )
        except InputError as error:
            raise InputError(f"{scene.place}, {clip.concept}: {error}") from error
        except CheckError as error:
            raise CheckError(f"{scene.place}, {clip.concept}: {error}") from error

    def build(self) -> list[Path]:
        """Makes what is missing or changed; returns all files, those of the whole lecture first.

        Raises :class:`InputError` for what cannot be made, before anything is drawn.
        """
        clips = self.place.target / CLIPS
        for folder in (self.place.target, clips):
            tidied(folder)
        wanted = [scene for scene in self.scenes if not self.is_made(scene)]
        if self.drawn:
            self.check_cards()
        crew = self.start() if wanted and self.drawn else None
        for scene in wanted:
            self.planned(scene, self.trace(scene))  # before an hour of drawing is spent on the others
        with tidy_when_killed(), present(clips):
            for count, scene in enumerate(self.scenes, start=1):
                if scene not in wanted:
                    self.report(f"{count} of {len(self.scenes)}: {scene.name} is unchanged")
                else:
                    self.report(f"{count} of {len(self.scenes)}: {scene.name}")
                    self.draw(scene, crew)
            return [*self.whole(), *self.clip_files]

    @property
    def clip_files(self) -> list[Path]:
        """The files of all clips."""
        return [ended(self.clip_base(scene), ending) for scene in self.scenes for ending in forms.endings(self.clip_forms)]

    def check_cards(self) -> None:
        """Raises :class:`InputError` for a card that cannot be drawn, and for titles that cannot be set on paper."""
        if "pdf" in (*self.lecture.to, *self.lecture.clips_to):
            from scenes.parts import glyphs

            titles = [(f"parts[{scene.number + 1}].title", scene.clip.title) for scene in self.scenes]
            glyphs.check([("title", self.lecture.title), *titles])
        for number, part in enumerate(self.lecture.parts):
            if not isinstance(part, ClipPart):
                self.card_film(part, number).check()

    def planned(self, scene: Scene, trace: Trace) -> list[Beat]:
        """The beats of a clip."""
        from studio.plan import planned

        clip, look = scene.clip, self.lecture
        try:
            return planned(trace, detail=clip.detail, seconds=clip.seconds, fps=look.fps, burn=look.burn_captions, drawn=self.drawn)
        except InputError as error:
            raise InputError(f"{scene.place}, {clip.concept}: {error}") from error

    def draw(self, scene: Scene, crew: Crew | None) -> None:
        """Renders a clip, if there is a crew, and writes its forms."""
        from studio.progress import progress
        from studio.render import filmed, undrawn

        trace = self.trace(scene)
        planned = self.planned(scene, trace)
        self.scripts[scene.name] = said = self.script(scene, trace, planned)
        with all_at_once(self.clip_base(scene)) as folder:
            if crew is None:
                film = undrawn(folder, said, trace)
            else:
                picture = replace(self.picture, code=Settings(code=scene.clip.code).shows_code(scene.clip.concept))
                with progress(planned, len(trace)) as watcher:
                    film = filmed(trace, planned, picture, scratch(folder) / "film.mp4", said, watcher, crew, self.cache)
            forms.write(self.clip_forms, film, folder / scene.name, self.lecture.options)

    def script(self, scene: Scene, trace: Trace, planned: Sequence[Beat]) -> Script:
        """What is shown and said in a clip."""
        said = script(trace, planned, self.picture, name=scene.name, made_from=scene.made_from)
        if scene.clip.title:
            said = replace(said, title=scene.clip.title, parts=(replace(said.parts[0], title=scene.clip.title),))
        return said

    def whole(self) -> list[Path]:
        """Puts the clips and cards together and writes the lecture's forms."""
        made_from = self.made_from
        found = script_of(ended(self.base, ".mp4")) if self.drawn else None
        files = sorted(ended(self.base, ending) for ending in forms.endings(self.lecture.to))
        if "mp4" in self.lecture.to and found and found.made_from == made_from and all(file.is_file() for file in files):
            self.report(f"{self.place.name} is unchanged")
            return files
        with all_at_once(self.base) as folder:
            film = self.film(folder, made_from)
            for name in self.lecture.to:
                self.report(f"writing {name}")
                forms.write([name], film, folder / self.place.name, self.lecture.options)
            return [self.place.target / file.name for file in made(folder, self.base)]

    @property
    def made_from(self) -> str:
        """A name for all that the lecture is made from."""
        parts = [scene.made_from for scene in self.scenes]
        return hashlib.blake2b(f"{self.lecture.model_dump_json()} {parts} {code_digest()}".encode(), digest_size=16).hexdigest()

    def film(self, folder: Path, made_from: str) -> Film:
        """All parts one after the other, as a hidden file in ``folder`` where anything is drawn."""
        films = list(self.films(folder)) if self.drawn else []
        scripts = [found for film in films if (found := script_of(film)) is not None] or list(self.told())
        summary = f"A lecture by {self.lecture.author}." if self.lecture.author else "A lecture."
        said = joined(self.lecture.title, summary, scripts, made_from)
        if self.drawn:
            from studio.concatenate import concatenate

            concatenate(scratch(folder) / "film.mp4", films, said)
        return Film(scratch(folder) / "film.mp4", said, Traces(self))

    def told(self) -> Iterator[Script]:
        """The scripts of all parts, of which none was drawn."""
        names = {scene.number: scene.name for scene in self.scenes}
        for number, part in enumerate(self.lecture.parts):
            yield self.scripts[names[number]] if isinstance(part, ClipPart) else self.card_film(part, number).script

    def films(self, folder: Path) -> Iterator[Path]:
        """The films of all parts; cards are drawn into ``folder``."""
        scenes = {scene.number: scene for scene in self.scenes}
        for number, part in enumerate(self.lecture.parts):
            if isinstance(part, ClipPart):
                yield self.fixed(scenes[number], scratch(folder) / f"clip-{number}.mp4")
            else:
                path = scratch(folder) / f"card-{number}.mp4"
                self.card_film(part, number).write(path)
                yield path

    def fixed(self, scene: Scene, path: Path) -> Path:
        """A clip's film under a name of its own, which nobody replaces while it is read."""
        keep(ended(self.clip_base(scene), ".mp4"), path)
        found = script_of(path)
        if found is None or found.made_from != scene.made_from:
            raise InputError(f"{scene.name} was made anew by someone else meanwhile; make lectures that share a folder one after the other")
        return path

    def card_film(self, card: Card, number: int) -> CardFilm:
        """The film of a card."""
        return CardFilm(card, number, self.picture, self.lecture.burn_captions)


class Traces(Mapping[str, "Trace"]):
    """The traces of a lecture's clips by their names, opened when they are asked for, since all at once may be many."""

    def __init__(self, builder: LectureBuilder) -> None:
        self.builder, self.scenes = builder, {scene.name: scene for scene in builder.scenes}

    def __getitem__(self, name: str) -> Trace:
        return self.builder.trace(self.scenes[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.scenes)

    def __len__(self) -> int:
        return len(self.scenes)
