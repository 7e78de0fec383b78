"""Colours. A colour means one thing in every scene; a theme says which colour that is on which ground."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours by role, as ``#RRGGBB``.

    Role colours start from Okabe and Ito's palette, which colour-blind viewers can tell apart, and are darkened on light grounds until text
    in them has a contrast of 4.5:1 (WCAG 2.2, 1.4.3). ``reading`` frames the cells read now, ``casing`` is the line around that frame, and
    ``shade`` the opacity of ``reading`` over the cells. Coloured cells are white at 0 and ``negative`` below; ``empty`` are those that are
    not known yet. ``hues`` say which things belong together, as tints behind cells, at the opacity ``tint``.
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
    reading: str
    casing: str
    negative: str
    empty: str
    shade: float
    hues: tuple[str, ...]
    tint: float


DARK = Theme(
    name="dark",
    ground="#0E1116",
    ink="#F2F4F8",
    muted="#A9B1BD",
    line="#4A5362",
    input="#56B4E9",
    weight="#E69F00",
    output="#1FC394",
    gradient="#FF8259",
    query="#F0E442",
    key="#9A9CFF",
    value="#E58CC0",
    reading="#F0E442",
    casing="#0E1116",
    negative="#8E44AD",
    empty="#0E1116",
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
    input="#0A6AA6",
    weight="#8F5B00",
    output="#00704F",
    gradient="#C2260A",
    query="#5A6E1E",
    key="#3B4CC0",
    value="#A02C78",
    reading="#F0E442",
    casing="#5A5300",
    negative="#7B3294",
    empty="#DFE2E7",
    shade=0.45,
    hues=("#8FC1EC", "#C9ADEB", "#9AD4B2", "#EBCB7C"),
    tint=0.36,
)
PRINT = Theme(
    name="print",
    ground="#FFFFFF",
    ink="#000000",
    muted="#3D3D3D",
    line="#8A8A8A",
    input="#0057A8",
    weight="#7A4A00",
    output="#00612B",
    gradient="#A81400",
    query="#465F14",
    key="#3A28B4",
    value="#861F63",
    reading="#F0E442",
    casing="#000000",
    negative="#5E1F78",
    empty="#E0E0E0",
    shade=0.5,
    hues=("#8FC1EC", "#C9ADEB", "#9AD4B2", "#EBCB7C"),
    tint=0.36,
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
