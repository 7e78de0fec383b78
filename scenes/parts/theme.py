"""Colours. A colour means one thing in every scene; a theme says which colour that is on which ground."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: What a colour may mean.
ROLES = ("input", "weight", "output", "gradient", "query", "key", "value", "share")
#: All colours that text may have.
INKS = (*ROLES, "ink", "muted")


@dataclass(frozen=True)
class Theme:
    """Colours by role, as ``#RRGGBB``.

    Role colours have the hues of Okabe and Ito's palette. Text in them has a contrast of 4.5:1 on the ground (WCAG 2.2, 1.4.3), and any two
    of them, and ``negative``, are at least 10 apart in CAM02-UCS, also with protanopia, deuteranopia or tritanopia. ``reading`` may have
    the colour of a role, for it is told from all by more: a heavy frame around the cells read now, with a line around it, ``casing``;
    ``shade`` is its opacity over the cells. Coloured cells have the colour of the ground at 0, and go to ``negative`` below. ``hues`` say
    which things belong together, as tints behind cells, at the opacity ``tint``.
    """

    name: str
    ground: str
    ink: str
    muted: str
    line: str
    input: str
    weight: str
    output: str
    gradient: str
    query: str
    key: str
    value: str
    share: str
    reading: str
    casing: str
    negative: str
    shade: float
    hues: tuple[str, ...]
    tint: float


DARK = Theme(
    name="dark",
    ground="#0E1116",
    ink="#F2F4F8",
    muted="#A9B1BD",
    line="#4A5362",
    input="#54D2FF",
    weight="#D29C00",
    output="#96E496",
    gradient="#FF8466",
    query="#F0E442",
    key="#A296FF",
    value="#FF96DE",
    share="#00BAA2",
    reading="#F0E442",
    casing="#0E1116",
    negative="#8E44AD",
    shade=0.2,
    hues=("#3D6FB4", "#8A5FC0", "#3E8E63", "#A8822B"),
    tint=0.36,
)
LIGHT = Theme(
    name="light",
    ground="#FBFBF8",
    ink="#16181D",
    muted="#565D68",
    line="#B4BAC4",
    input="#0066AE",
    weight="#724800",
    output="#006636",
    gradient="#720000",
    query="#667224",
    key="#3C24BA",
    value="#903072",
    share="#0C424E",
    reading="#F0E442",
    casing="#5A5300",
    negative="#B45FE0",
    shade=0.45,
    hues=("#8FC1EC", "#C9ADEB", "#9AD4B2", "#EBCB7C"),
    tint=0.36,
)
PRINT = replace(
    LIGHT,
    name="print",
    ground="#FFFFFF",
    ink="#000000",
    muted="#3D3D3D",
    line="#8A8A8A",
    casing="#000000",
    shade=0.5,
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT, PRINT)}


def rgb(colour: str) -> tuple[int, int, int]:
    """The three channels of ``#RRGGBB``, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, 1 to 21, WCAG 2.2."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)
