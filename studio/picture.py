"""How large a clip is, how many frames a second, in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.errors import InputError
from engine.shown import shown

Quality = Literal["480p", "720p", "1080p", "2160p"]
QUALITIES: dict[str, tuple[int, int]] = dict(zip(get_args(Quality), ((854, 480), (1280, 720), (1920, 1080), (3840, 2160)), strict=True))
FPS = (1, 120)
ThemeName = Literal["dark", "light", "print"]
THEME_NAMES: tuple[str, ...] = get_args(ThemeName)
#: Of the frame, in Manim's units.
UNITS = (8 * 16 / 9, 8.0)


@dataclass(frozen=True)
class Picture:
    """Width and height in px, frames a second, name of the theme, whether the page's ground is left out, and whether lines of torch are
    shown.
    """

    width: int
    height: int
    fps: int
    theme: str
    transparent: bool = False
    code: bool = False

    @classmethod
    def of(cls, quality: str, fps: int, theme: str, *, transparent: bool = False, code: bool = False) -> Picture:
        """Raises :class:`InputError` for a quality, rate or theme that there is not."""
        if quality not in QUALITIES:
            raise InputError(f"-q is {shown(quality)}; give one of {', '.join(QUALITIES)}")
        if not FPS[0] <= fps <= FPS[1]:
            raise InputError(f"--fps is {fps}; give {FPS[0]} to {FPS[1]}")
        if theme not in THEME_NAMES:
            raise InputError(f"--theme is {shown(theme)}; give one of {', '.join(THEME_NAMES)}")
        return cls(*QUALITIES[quality], fps, theme, transparent, code)
