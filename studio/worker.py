"""The process that draws. It has Manim, but not torch.

It is told by pickled messages on a socket or pipe: a clip, then its takes one after the other, each answered before the next; then perhaps
another clip.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import av
from manim import config

import studio
from engine.errors import InputError
from engine.record import Record
from engine.step import Step
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.play import scene_of
from scenes.parts.reel import Sight
from scenes.parts.theme import THEMES
from studio import take as takes
from studio.alpha import AlphaEncoder
from studio.crew import Folders
from studio.encoder import OPTIONS, Encoder
from studio.picture import UNITS, Picture
from studio.take import Take
from studio.troubles import unwritten

#: What decides how something that is to be seen becomes packets: takes made by another version of it are of no use.
DRAWN_BY = (
    "scenes/parts/canvas.py",
    "scenes/parts/display.py",
    "studio/alpha.py",
    "studio/bitstream.py",
    "studio/encoder.py",
    "studio/take.py",
)


def version() -> bytes:
    """Of all that turns what is to be seen into packets."""
    root = Path(studio.__file__).parent.parent
    sources = [(root / name).read_bytes() for name in DRAWN_BY]
    named = repr([OPTIONS, av.library_versions, sorted(av.library_versions.items()), import_module("cairo").cairo_version_string()])
    return hashlib.blake2b(b"".join([*sources, named.encode()])).digest()


class Studio:
    """One clip's stage, canvas and encoder; ``folders`` are where takes are kept."""

    def __init__(self, record: Record, beats: Sequence[Beat], picture: Picture, folders: Folders) -> None:
        self.record, self.beats, self.folders = record, beats, folders
        self.scene = scene_of(record)(record, beats, picture.theme, code=picture.code)
        self.scene.setup()
        ground = None if picture.transparent else THEMES[picture.theme].ground
        self.canvas = Canvas(picture.width, picture.height, UNITS, ground)
        self.encoder = (AlphaEncoder if picture.transparent else Encoder)(picture.width, picture.height, picture.fps)
        self.made_by = hashlib.blake2b(version() + self.encoder.header + self.canvas.ground.tobytes() + repr(UNITS).encode()).digest()

    def make(self, take: Take, steps: dict[int, Step], forget: bool) -> tuple[Path, bool]:
        """The file of a take, and whether it was there already."""
        if forget:
            self.record.forget()
        self.record.learn(steps)
        sights = list(self.scene.sights(self.beats[take.beat], take.first, take.after))
        name = f"{self.key(sights)}.take"
        path = self.folders[0] / name
        if takes.read_take(path) is not None:
            path.touch()  # what is used stays longest
            return path, True
        packets = self.encoder.run(self._drawn(sights))
        # A full cache is no reason not to render.
        for folder in self.folders:
            try:
                takes.write_take(folder / name, self.encoder.header, packets)
            except OSError as error:
                failure = InputError(f"{unwritten(folder, error)}")
            else:
                return folder / name, False
        raise failure

    def key(self, sights: Sequence[Sight]) -> str:
        """A name for all that look the same, frame by frame."""
        seen = hashlib.blake2b(self.made_by, digest_size=20)
        for sight in sights:
            seen.update(f"{sight.frames} {len(sight.still)} {len(sight.live)} ".encode())
            for item in (*sight.still, *sight.live):
                seen.update(item.digest)
        return seen.hexdigest()

    def _drawn(self, sights: Sequence[Sight]) -> Any:
        # From the first frame on all is drawn anew: then a take is the same whatever was drawn before it.
        self.canvas.clear()
        for sight in sights:
            yield self.canvas.pixels, self.canvas.show(sight.still, sight.live), sight.frames


def _settings(picture: Picture) -> dict[str, Any]:
    return {
        "pixel_width": picture.width,
        "pixel_height": picture.height,
        "frame_width": UNITS[0],
        "frame_height": UNITS[1],
        "frame_rate": picture.fps,
        "dry_run": True,
        "progress_bar": "none",
        "verbosity": "ERROR",
    }


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Does what it is told until nobody is there to tell."""

    def answer(*words: Any) -> None:
        pickle.dump(words, target)
        target.flush()

    clip, here = None, None
    try:
        while True:
            word, *rest = pickle.load(source)
            if word == "clip":
                clip, here = rest, None
                continue
            try:
                here = here or _opened(*(clip or []))
                answer("made", *here.make(*rest))
            except Exception as error:
                answer("failed", _portable(error))
    except (EOFError, ConnectionError):
        pass  # the one who asked is gone


def _opened(record: Record, beats: Sequence[Beat], picture: Picture, folders: Folders) -> Studio:
    config.update(_settings(picture))
    return Studio(record, beats, picture, folders)


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, which would else be lost on the way."""
    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(str(error))
    error.add_note(f"In a drawing process:\n{text}")
    return error


def main(handles: Sequence[int]) -> None:
    """Serves on each of these file descriptors, in a process of its own where there are several; without any, on standard input."""
    if not handles:
        # What is printed by mistake must not end up among the answers.
        with os.fdopen(os.dup(1), "wb") as answers:
            os.dup2(2, 1)
            serve(sys.stdin.buffer, answers)
        return
    for other in handles[1:]:
        if os.fork() == 0:
            for handle in handles:
                if handle != other:
                    os.close(handle)
            _serve_on(other)
            os._exit(0)
    for other in handles[1:]:
        os.close(other)
    _serve_on(handles[0])


def _serve_on(handle: int) -> None:
    # What is still to be said when nobody listens any more is lost.
    with suppress(ConnectionError), os.fdopen(handle, "rb", closefd=False) as source, os.fdopen(handle, "wb", closefd=False) as target:
        serve(source, target)
