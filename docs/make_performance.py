"""Puts what benchmarks/render.py measured into docs/performance.md: the tables, and a plot drawn with the parts that clips are made of.

.venv/bin/python -m benchmarks.render --save docs/performance.json && .venv/bin/python -m docs.make_performance
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from benchmarks.render import SECONDS, table
from scenes.parts.canvas import Canvas
from scenes.parts.display import Watch
from scenes.parts.ink import PX, Ink, Mark, boxes
from scenes.parts.theme import THEMES

FOLDER = Path(__file__).parent
SIZE = (1600, 580)
UNITS = (SIZE[0] * PX, SIZE[1] * PX)
LEFT, RIGHT, TOP = -4.2, 5.4, 1.35
#: Height of a bar, and from one quality to the next, in units.
BAR, STEP = 0.32, 1.12


def plot(found: dict[str, Any]) -> Image.Image:
    """Seconds for the storyboard, plain Manim above ours."""
    theme = THEMES["light"]
    times = {name: [median(one["seconds"][which]) for which in ("plain", "cold")] for name, one in found["storyboard"].items()}
    longest = max(max(pair) for pair in times.values())
    marks: list[Mark] = [Ink(f"seconds from the command to the file, {SECONDS:g} s of video, 16 windows", 26.0, theme.ink).put(0, 1.8)]
    for number, (name, pair) in enumerate(times.items()):
        top = TOP - number * STEP
        marks.append(Ink(name, 28.0, theme.ink, align=1).put(LEFT - 0.2, top - 1.25 * BAR))
        for row, (seconds, colour, who) in enumerate(zip(pair, (theme.muted, theme.output), ("plain Manim", "tensorreel"), strict=True)):
            y = top - row * BAR * 1.25
            right = LEFT + (RIGHT - LEFT) * seconds / longest
            marks.append(Mark(colour, fill=1.0).draw(boxes([(LEFT, y - BAR, right, y)])))
            note = f"{seconds:.1f} s  {who}" + (f", {found['storyboard'][name]['ratio']:.1f} times faster" if row else "")
            inside = right > 2.0
            marks.append(
                Ink(note, 24.0, theme.ground if inside else theme.ink, align=1 if inside else -1).put(
                    right - 0.15 if inside else right + 0.15, y - BAR / 2
                )
            )
    canvas = Canvas(*SIZE, UNITS, theme.ground)
    canvas.show([], Watch().items(marks))
    return Image.fromarray(canvas.pixels[..., :3])


def main() -> None:
    """Writes the plot and the tables."""
    found = json.loads((FOLDER / "performance.json").read_text())
    plot(found).save(FOLDER / "performance.png", optimize=True)
    page = FOLDER / "performance.md"
    text = f"{found['machine']}; {found['date']}; medians of {found['rounds']} rounds.\n\n{table(found)}\n"
    written = re.sub(
        r"(?<=<!-- results -->\n).*(?=\n<!-- end of results -->)", lambda _: text, page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
