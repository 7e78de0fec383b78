"""Text and formulas as outlines, set by Typst in its bundled fonts, so that a clip looks the same on every machine.

One compiler is kept for the whole process and its SVG is read here directly: that takes half a millisecond for a line never seen before,
where Manim's own ``MathTypst`` takes 40 ms, most of it in starting a compiler and in a general SVG reader.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from scenes.parts import glyphs, press
from scenes.parts.formula import typst_math
from scenes.parts.press import MATH, SERIF, SVG, quoted

POINTS = 100  # the size that outlines are set in; they are scaled afterwards

_HEAD = f"""#set page(width: auto, height: auto, margin: 0pt, fill: none)
#set text(size: {POINTS}pt, top-edge: "cap-height", bottom-edge: "baseline")
"""
_HREF = "{http://www.w3.org/1999/xlink}href"
_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "Z": 0}


@dataclass(frozen=True, eq=False)
class Outline:
    """Cubic Bézier points (4 per curve, y upwards, baseline of a line of text at 0), ``width`` and ``height`` of the box; in em."""

    points: np.ndarray
    width: float
    height: float

    @functools.cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of what is inked."""
        if not len(self.points):
            return 0.0, 0.0, 0.0, 0.0
        (left, bottom, _), (right, top, _) = self.points.min(axis=0).tolist(), self.points.max(axis=0).tolist()
        return left, bottom, right, top


@functools.lru_cache(maxsize=20_000)
def text_outline(text: str, font: str) -> Outline:
    """One line of plain text."""
    return _outline(f"#{quoted(text)}", font, text)


@functools.lru_cache(maxsize=2_000)
def math_outline(formula: str) -> Outline:
    """A formula in the grammar of :mod:`scenes.parts.formula`; the box, not the baseline, is what it is placed by.

    Raises :class:`InputError` for what is no such formula.
    """
    return _outline(f"$ {typst_math(formula)} $" if formula else "$ $", SERIF, formula)


@functools.cache
def digit_height(font: str) -> float:
    """Height of a zero, in em: the measure of every size here."""
    points = math_outline("0").points if font == MATH else text_outline("0", font).points
    return float(points[:, 1].max() - points[:, 1].min())


@functools.cache
def small_letter_height(font: str) -> float:
    """Height of an x, in em."""
    return float(text_outline("x", font).points[:, 1].max())


def _outline(body: str, font: str, text: str) -> Outline:
    more = glyphs.need_more([text])
    if more:
        # What is asked for from outside is checked before anything is drawn; no box is drawn for what was not.
        glyphs.check([("a text of the picture", text)])
    root = press.svg(_HEAD + press.letters(font, more=more) + body, more=more)
    width, height = (float(v) for v in root.get("viewBox", "").split()[2:])
    shapes = press.glyphs(root)
    parts: list[np.ndarray] = []
    _collect(root, np.eye(3), shapes, parts)
    points = np.concatenate(parts) if parts else np.zeros((0, 3))
    points[:, 1] = height - points[:, 1]
    return Outline(points / POINTS, width / POINTS, height / POINTS)


def _collect(node: ElementTree.Element, matrix: np.ndarray, shapes: dict[str, str], parts: list[np.ndarray]) -> None:
    for child in node:
        if child.tag == f"{SVG}g":
            _collect(child, matrix @ _matrix(child.get("transform", "")), shapes, parts)
        elif child.tag == f"{SVG}use":
            offset = np.eye(3)
            offset[:2, 2] = float(child.get("x", 0)), float(child.get("y", 0))
            parts.append(_apply(matrix @ offset, curves(shapes[child.get(_HREF, "")])))
        elif child.tag == f"{SVG}path":
            at = matrix @ _matrix(child.get("transform", ""))
            outline = _bar(child) if child.get("stroke", "none") != "none" else curves(child.get("d", ""))
            parts.append(_apply(at, outline))


def _matrix(transform: str) -> np.ndarray:
    matrix = np.eye(3)
    for name, arguments in re.findall(r"(\w+)\(([^)]*)\)", transform):
        numbers = [float(v) for v in arguments.replace(",", " ").split()]
        one = np.eye(3)
        if name == "matrix":
            one[:2] = np.array(numbers).reshape(3, 2).T
        elif name == "translate":
            one[:2, 2] = numbers if len(numbers) == 2 else (numbers[0], 0)
        elif name == "scale":
            one[0, 0], one[1, 1] = numbers[0], numbers[-1]
        matrix = matrix @ one
    return matrix


def _apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    flat = points[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]
    return np.column_stack([flat, np.zeros(len(flat))])


def _bar(path: ElementTree.Element) -> np.ndarray:
    """A stroked straight line, such as a fraction bar, as the rectangle that it covers."""
    line = curves(path.get("d", ""))
    (x0, y0), (x1, y1) = line[0, :2], line[-1, :2]
    half = float(path.get("stroke-width", 1)) / 2
    along = np.array([x1 - x0, y1 - y0]) / (np.hypot(x1 - x0, y1 - y0) or 1)
    nx, ny = -along[1] * half, along[0] * half
    return polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)])


def polygon(corners: list[tuple[float, float]]) -> np.ndarray:
    """A closed polygon as cubic Bézier points."""
    return np.concatenate([straight(a, b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)])


def straight(a: tuple[float, float], b: tuple[float, float]) -> np.ndarray:
    """A straight line as one cubic Bézier curve."""
    return np.array([[a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, 0.0] for t in (0, 1 / 3, 2 / 3, 1)])


@functools.lru_cache(maxsize=2_000)
def curves(d: str) -> np.ndarray:
    """The ``d`` of an SVG path (moves, lines, quadratic and cubic curves) as cubic Bézier points."""
    tokens = _TOKEN.findall(d)
    segments: list[np.ndarray] = []
    at = start = np.zeros(2)
    command, i = "", 0
    while i < len(tokens):
        if tokens[i].isalpha():
            command, i = tokens[i], i + 1
        count = _ARGUMENTS[command.upper()]
        numbers = np.array([float(v) for v in tokens[i : i + count]])
        i += count
        at, start, segment = _segment(command, numbers, at, start)
        if segment is not None:
            segments.append(np.column_stack([segment, np.zeros(4)]))
        # Coordinates that follow a move without a letter of their own are lines.
        command = {"M": "L", "m": "l"}.get(command, command)
    return np.concatenate(segments) if segments else np.zeros((0, 3))


def _segment(command: str, numbers: np.ndarray, at: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    kind, base = command.upper(), at if command.islower() else np.zeros(2)
    if kind == "Z":
        return start, start, None if np.allclose(at, start) else _line(at, start)
    if kind in "HV":
        axis = 0 if kind == "H" else 1
        end = at.copy()
        end[axis] = base[axis] + numbers[0]
        return end, start, _line(at, end)
    points = numbers.reshape(-1, 2) + base
    if kind == "M":
        return points[0], points[0], None
    if kind == "L":
        return points[0], start, _line(at, points[0])
    if kind == "Q":
        control, end = points
        return end, start, np.array([at, at + (control - at) * 2 / 3, end + (control - end) * 2 / 3, end])
    return points[2], start, np.array([at, *points])


def _line(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([a + (b - a) * t for t in (0, 1 / 3, 2 / 3, 1)])
