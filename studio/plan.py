"""What a clip shows, and when; that it can be shown is known before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scenes.parts import glyphs
from scenes.parts.beat import Beat
from studio.captions import burnt
from studio.room import check_room

if TYPE_CHECKING:
    from engine.trace import Trace


def planned(trace: Trace, *, detail: int, seconds: float | None, fps: int, burn: bool, drawn: bool = True) -> list[Beat]:
    """The beats of a clip, with ``burn`` also the captions that are drawn into it.

    Raises :class:`InputError` for a pace that cannot be, and if it is ``drawn`` for signs that no font has, and for what is too large.
    """
    from engine.play import Play
    from studio.pace import beats
    from studio.pace_play import play_beats

    if drawn:
        check_room(trace)
    if isinstance(trace, Play):
        found = play_beats(trace, detail=detail, seconds=seconds, fps=fps)
    else:
        found = beats(trace, detail=detail, seconds=seconds, fps=fps)
    if drawn:
        glyphs.check(_texts(trace, found))
    return burnt(found, fps) if burn else found


def _texts(trace: Trace, beats: Sequence[Beat]) -> Iterator[tuple[str, str]]:
    """What a user may have written and the picture shows, each behind the name of its place."""
    from engine.paths import by_path

    for name, value in trace.params.items():
        yield name, " ".join(text for text in (value if isinstance(value, list | tuple) else [value]) if isinstance(text, str))
    yield from (("the name of a tensor", path) for tensors in (trace.inputs, trace.outputs) for path, _ in by_path(tensors))
    yield from (("a sentence", text) for text in (trace.title, trace.opening, trace.closing, *(beat.say for beat in beats)))
