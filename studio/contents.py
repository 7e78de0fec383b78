"""The first slide of a lecture: its title, and what it has in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Length, Pt

#: In points; the smallest is what can be read from the last row.
TITLE_SIZES, SIZES = (44, 40, 36, 32, 28, 24, 20), (28, 24, 20, 18, 16)
#: In this size, two columns are better than one; so many letters are one line of such a column, whatever the slide's shape.
SMALL, SHORT = 16, 30
#: How wide a letter is on average, and how high a line, as parts of their size.
LETTER, LINE = 0.55, 1.4


def contents(deck: Any, title: str, lines: Sequence[str]) -> str:
    """Adds a slide with a title and a numbered list, or how long the list is if it has no room; returns the id of its relationship."""
    layout = next(one for one in deck.slide_layouts if one._element.get("type") == "obj")
    relationship, slide = deck.part.add_slide(layout)
    slide.shapes.clone_layout_placeholders(layout)
    width, height = deck.slide_width, deck.slide_height
    head, body = slide.shapes.title, slide.placeholders[1]
    _place(head, width, height, 0.08, 0.28)
    head.text_frame.text, head.text_frame.vertical_anchor = title, MSO_ANCHOR.BOTTOM
    _write(head, largest_size([title], head.width, head.height, TITLE_SIZES) or TITLE_SIZES[-1])
    _place(body, width, height, 0.34, 0.94)
    columns, size = 1, largest_size(lines, body.width, body.height, SIZES)
    if size in (None, SMALL):
        columns, size = 2, largest_size(lines, body.width, body.height, SIZES, 2)
    if size is None:
        lines = [shorten(one, SHORT, placeholder=" …") for one in lines]
        size = largest_size(lines, body.width, body.height, SIZES, 2)
    body.text_frame.text = "\n".join(lines) if size else f"{len(lines)} parts"
    _write(body, size or SIZES[0])
    if size:
        _number(body, size, columns)
    return str(relationship)


def largest_size(lines: Sequence[str], width: Length, height: Length, sizes: Sequence[int], columns: int = 1) -> int | None:
    """The largest of the sizes, in points, in which the lines have room, as well as one can tell without the font."""
    for size in sizes:
        letters = 0.95 * width.pt / columns / (LETTER * size) - 3
        rows = sum(max(1, math.ceil(len(line) / letters)) for line in lines)
        if math.ceil(rows / columns) * LINE * size <= height.pt:
            return size
    return None


def _place(box: Any, width: int, height: int, top: float, bottom: float) -> None:
    box.left, box.width = Emu(round(0.07 * width)), Emu(round(0.86 * width))
    box.top, box.height = Emu(round(top * height)), Emu(round((bottom - top) * height))


def _write(box: Any, size: int) -> None:
    for paragraph in box.text_frame.paragraphs:
        paragraph.font.size, paragraph.alignment = Pt(size), PP_ALIGN.LEFT


def _number(box: Any, size: int, columns: int) -> None:
    room = Pt(1.8 * size)
    for paragraph in box.text_frame.paragraphs:
        properties = paragraph._p.get_or_add_pPr()
        properties.attrib.update({"marL": str(room), "indent": str(-room)})
        kind = properties.makeelement(properties.tag.replace("pPr", "buAutoNum"), type="arabicPeriod")
        properties.insert_element_before(kind, "a:tabLst", "a:defRPr", "a:extLst")
    if columns > 1:
        box.text_frame._txBody.bodyPr.attrib.update({"numCol": str(columns), "spcCol": str(Pt(18))})
