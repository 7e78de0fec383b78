"""A clip on paper: the last picture of every mark with what is said. Set by Typst, in which texts are data, never code."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.paper.kept import kept
from scenes.parts import glyphs, press
from scenes.parts.formula import math_or_nothing
from studio.film import Film
from studio.script import BeatMark, Part, Script
from studio.stills import stills

#: Pictures are no wider than that, by how many are on a page: some 200 dots an inch.
MOST_PX = {2: 1280, 3: 960, 6: 800}
#: Lines of numbers that are given beside a picture.
MOST_LINES = 6

#: Signs of products, outside of texts; the sign before a result; and a fraction that no line is wide enough for.
_TIMES = re.compile(r'"(?:[^"\\]|\\.)*"|(?<= )(?:dot|times)(?= )')
_RESULT = re.compile(r' (\\=|approx) (?=[^\s"]+$)')
_WIDE = re.compile(r"frac\([^,]{60}")
#: Within a word that is wider than its room, such as the name of a function of torch, lines may end behind these.
_LONG = re.compile(r"(?<=\w{4}[._])(?=\w{4})")

_TEMPLATE = """
#let sheet = json("sheet.json")
#let muted = luma(90)
#set document(title: sheet.title, date: none)
#set page(
  paper: sheet.paper,
  margin: (x: 15mm, top: 17mm, bottom: 15mm),
  header: context if here().page() > 1 { text(9pt, muted, sheet.title) },
  footer: align(center, text(9pt, muted, context counter(page).display("1 / 1", both: true))),
)
#set text(size: 10.5pt, lang: "en")
#set par(spacing: 0.8em)
#show heading: set block(above: 0mm, below: 3mm)
#show heading: set text(13pt)

// The first that fits; the last one is cut if it must be.
#let fitting(width, height, ..choices) = context {
  let found = choices.pos().find(choice => measure(choice, width: width).height <= height)
  block(width: width, height: height, clip: found == none, if found == none { choices.pos().last() } else { found })
}

#let words(mark, width, height) = {
  let name = if mark.name != "" { par(strong(mark.name) + if mark.phase != "" { text(muted, "  " + mark.phase) }) }
  let formula = if mark.formula != "" { par(text(0.95em, math.equation(math.display(eval(mark.formula, mode: "math").body)))) }
  let lines = text(0.8em, font: mono, mark.lines.join(linebreak()))
  let of(size, ..parts) = text(size, name + par(mark.say) + parts.pos().join())
  let whole = (10.5pt, 9pt, 7pt).map(size => (size, formula, lines))
  let sizes = (..whole, (10.5pt, formula), (9pt, formula), (10.5pt,), (9pt,), (7pt,), (5pt,))
  fitting(width, height, ..sizes.map(size => of(..size)))
}

// The edge is drawn last: readers that round pictures to whole pixels would cover it.
#let picture(mark, width) = box({
  image(mark.image, width: width, alt: mark.say)
  place(top + left, rect(width: width, height: width / sheet.aspect, stroke: 0.5pt + luma(140)))
})

// Room for the title is left on every page, and in a lecture for a heading over every picture, or one over columns of them.
#let page-size = if sheet.paper == "a4" { (210mm, 297mm) } else { (215.9mm, 279.4mm) }
#let headings = if sheet.parts.len() > 1 { 9mm * if sheet.columns == 1 { sheet.rows } else { 1 } } else { 4mm }
#let (room, height) = (page-size.at(0) - 30mm, (page-size.at(1) - 44mm - headings) / sheet.rows)
#let gap = 5mm

#let entry(mark) = {
  if sheet.per_page == 3 {
    // As high as the room allows, and as wide as the text leaves it.
    let wide = calc.min(room * 0.66, (height - gap) * sheet.aspect)
    grid(columns: (wide, 1fr), column-gutter: gap, picture(mark, wide), words(mark, room - wide - gap, height - gap))
  } else {
    let wide = calc.min((room - (sheet.columns - 1) * gap) / sheet.columns, (height - 26mm) * sheet.aspect)
    let below = height - gap - wide / sheet.aspect - 3mm
    stack(spacing: 3mm, picture(mark, wide), words(mark, wide, below))
  }
}

#text(18pt, strong(sheet.title))
#v(5mm)
#for part in sheet.parts {
  if part.title != "" { heading(part.title) }
  for marks in part.marks.chunks(sheet.columns) {
    block(breakable: false, height: height, spacing: 0mm, grid(columns: sheet.columns * (1fr,), column-gutter: gap, ..marks.map(entry)))
  }
}
"""


@dataclass(frozen=True)
class HandoutEntry:
    """What stands beside a picture."""

    name: str
    phase: str
    say: str
    formula: str
    lines: tuple[str, ...]
    image: str


def handout(film: Film, path: Path, scratch: Path, paper: str, per_page: int) -> None:
    """Writes a PDF; ``scratch`` is an empty folder for the pictures and texts that it is set from."""
    script = film.script
    for number, picture in stills(film.path, [mark.after - 1 for mark in script.marks]):
        picture.thumbnail((MOST_PX[per_page],) * 2)
        # JPEG within a PDF goes from there into the handout as it is; other pictures Typst keeps in memory, decoded. Colours have their
        # full resolution for the sake of small coloured letters.
        picture.save(scratch / _image(number), quality=80, subsampling=0, optimize=True)
    sheet = json.dumps(_sheet(script, paper, per_page), ensure_ascii=False)
    (scratch / "sheet.json").write_text(sheet, encoding="utf-8")
    more = glyphs.need_more([sheet])
    letters = f"{press.letters(more=more)}#let mono = {press.families(press.MONO, more=more)}\n"
    (scratch / "sheet.typ").write_text(letters + _TEMPLATE, encoding="utf-8")
    press.within(scratch, more=more).compile(scratch / "sheet.typ", path, format="pdf")


def _sheet(script: Script, paper: str, per_page: int) -> dict[str, Any]:
    columns = 2 if per_page == 6 else 1
    return {
        "title": _line(script.title),
        "paper": paper,
        "per_page": per_page,
        "columns": columns,
        "rows": per_page // columns,
        "aspect": script.width / script.height,
        "parts": [_part(script, part) for part in script.parts],
    }


def _part(script: Script, part: Part) -> dict[str, Any]:
    """A part; its heading says once what the title of a lecture, or of a card, says too."""
    title = _line(part.title) if len(script.parts) > 1 else ""
    entries = [_entry(mark) for mark in part.marks]
    marks = [replace(entry, name="", phase="") if entry.name == title else entry for entry in entries]
    return {"title": "" if title == _line(script.title) else title, "marks": [asdict(entry) for entry in marks]}


def _entry(mark: BeatMark) -> HandoutEntry:
    single = mark.stop - mark.start == 1
    formula = _unbroken(math_or_nothing(mark.formula)) if single or mark.kind == "opening" else ""
    lines = mark.lines if not formula else ()
    if len(lines) > MOST_LINES:
        lines = (*lines[: MOST_LINES - 1], "⋯")
    name = mark.name[:1].upper() + mark.name[1:]
    return HandoutEntry(
        name=_line(name),
        phase=_line(mark.phase) if mark.phase != mark.name else "",
        say=_LONG.sub("\u200b", kept(_line(mark.say))),
        formula=formula,
        lines=tuple(kept(_line(line)) for line in lines),
        image=_image(mark.after - 1),
    )


def _unbroken(formula: str) -> str:
    """A formula of which no line ends within a product, or before the result; nothing for a fraction that is wider than its room."""
    if _WIDE.search(formula):
        return ""
    whole = _TIMES.sub(lambda found: found[0] if found[0].startswith('"') else f'thin class("normal", {found[0]}) thin', formula)
    return _RESULT.sub(r' med class("normal", \1) med ', whole)


def _image(frame: int) -> str:
    return f"{frame}.pdf"


def _line(text: str) -> str:
    """On one line, without what is no letter."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
