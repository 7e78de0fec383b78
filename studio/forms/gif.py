"""An animated GIF for slides and pages that take no video. It goes on and on, in one palette, and stores only what changes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import InputError
from studio.files import ended
from studio.film import Film
from studio.quantities import Real, Whole

if TYPE_CHECKING:
    from studio.animation import Animation, Packet

WIDTH, FPS = 960, 15
#: Smaller or slower than this nothing could be read or followed; larger makes no sense in this form.
WIDTHS, RATES = (320, 3840), (5, 50)
MEGABYTE = 10**6

SUMMARY = "an animation (GIF) that goes on and on"
ENDINGS = (".gif",)
ALPHA = False
OPTIONS: Sequence[click.Option] = (
    click.Option(
        ["--gif-width"],
        type=Whole(*WIDTHS),
        default=WIDTH,
        show_default=True,
        metavar="PX",
        help="gif: width, at most that of the clip; 320 to 3840.",
    ),
    click.Option(["--gif-fps"], type=Whole(*RATES), default=FPS, show_default=True, help="gif: pictures a second, at most; 5 to 50."),
    click.Option(
        ["--max-mb"],
        type=Real(above=0),
        metavar="X",
        help="gif: so many megabytes at most; it becomes narrower and slower for that.",
    ),
)


def write(film: Film, base: Path, *, gif_width: int = WIDTH, gif_fps: int = FPS, max_mb: float | None = None) -> None:
    """The film as an animation.

    Raises :class:`InputError` for sizes and rates that make no sense, and if it cannot be made as small as ``max_mb``.
    """
    for flag, given, (least, most) in (("--gif-width", gif_width, WIDTHS), ("--gif-fps", gif_fps, RATES)):
        if not least <= given <= most:
            raise InputError(f"{flag} is {given}; give {least} to {most}")
    if max_mb is not None and not max_mb > 0:
        raise InputError(f"--max-mb is {max_mb:g}; give a number above 0")
    from studio.animation import Animation, save_animation

    animation = Animation(film.path, film.script, min(gif_width, film.script.width))
    looks = ladder(animation.width, gif_fps)
    packets = animation.packets(*looks[0]) if max_mb is None else _small(animation, looks, max_mb)
    save_animation(ended(base, ".gif"), packets)


def ladder(width: int, rate: int) -> list[tuple[int, int]]:
    """Widths and rates from the best to the smallest: first slower, then narrower, then both as far as can be borne."""
    found = [(width, rate)]

    def down(least_width: int, least_rate: int) -> None:
        while found[-1][1] > least_rate:
            found.append((found[-1][0], max(least_rate, round(found[-1][1] * 0.8))))
        while found[-1][0] > least_width:
            found.append((max(least_width, round(found[-1][0] * 0.9)), found[-1][1]))

    for limits in ((800, 10), (640, 8), (480, 6), (WIDTHS[0], RATES[0])):
        down(*limits)
    return found


def _small(animation: Animation, looks: Sequence[tuple[int, int]], megabytes: float) -> list[Packet]:
    """The best look that is not larger than so many megabytes."""
    limit = int(megabytes * MEGABYTE)
    if best := animation.packets(*looks[0], limit=limit):
        return best
    best = animation.packets(*looks[-1])
    size = sum(packet.size for packet in best)
    if size > limit:
        length = animation.script.seconds(animation.script.frames)
        raise InputError(
            f"--max-mb is {megabytes:g}, but even {looks[-1][0]} px wide with {looks[-1][1]} pictures a second the gif has {_up(size):g}; "
            f"give so many, make the clip shorter than {float(length):g} seconds (--seconds), or take --to mp4"
        )
    low, high = 0, len(looks) - 1  # the first is too large, the last is not
    while high - low > 1:
        middle = (low + high) // 2
        if found := animation.packets(*looks[middle], limit=limit):
            best, high = found, middle
        else:
            low = middle
    return best


def _up(size: int) -> float:
    """Megabytes, rounded up to hundredths."""
    return float(-(Fraction(-size, MEGABYTE // 100) // 1) / 100)
