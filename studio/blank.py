"""An empty deck in the colours of a theme."""

from __future__ import annotations

from typing import Any

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Emu

from scenes.parts.theme import Theme, contrast

#: Width and height of a slide, in EMU: those that PowerPoint calls widescreen and standard.
SIZES = {"16:9": (12_192_000, 6_858_000), "4:3": (9_144_000, 6_858_000)}


def blank(theme: Theme, size: str) -> Any:
    """A deck without slides, of python-pptx, whose masters and layouts have the size and the colours: a slide added later fits in."""
    deck = Presentation()
    width, height = SIZES[size]
    _widen(deck, width / deck.slide_width)
    deck.slide_width, deck.slide_height = Emu(width), Emu(height)
    kind = deck.part._element.find(qn("p:sldSz"))
    kind.attrib.pop("type", None)
    _colour(deck, theme)
    _forget_the_template(deck)
    return deck


def _widen(deck: Any, factor: float) -> None:
    """The layouts that come with python-pptx are for slides of 4:3."""
    for sheet in (deck.slide_master, *deck.slide_layouts):
        for box in sheet.shapes._spTree.iter(qn("a:xfrm")):
            off, ext = box.find(qn("a:off")), box.find(qn("a:ext"))
            off.set("x", str(round(int(off.get("x")) * factor)))
            ext.set("cx", str(round(int(ext.get("cx")) * factor)))


def _colour(deck: Any, theme: Theme) -> None:
    dark = contrast(theme.ground, "#000000") < contrast(theme.ground, "#FFFFFF")
    one, other = (theme.ground, theme.ink) if dark else (theme.ink, theme.ground)
    colours = {"dk1": one, "lt1": other, "dk2": theme.line if dark else theme.muted, "lt2": theme.muted if dark else theme.line}
    roles = (theme.input, theme.weight, theme.output, theme.gradient, theme.query, theme.key)
    colours |= {f"accent{number}": colour for number, colour in enumerate(roles, start=1)}
    colours |= {"hlink": theme.input, "folHlink": theme.value}
    part = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root: Any = parse_xml(part.blob)
    for name, colour in colours.items():
        element = next(root.iter(qn(f"a:{name}")))
        element[:] = [root.makeelement(qn("a:srgbClr"), val=colour[1:])]
    part.blob = serialize_part_xml(root)
    if dark:
        mapping = deck.slide_master._element.find(qn("p:clrMap"))
        mapping.attrib.update({"bg1": "dk1", "tx1": "lt1", "bg2": "dk2", "tx2": "lt2"})


def _forget_the_template(deck: Any) -> None:
    """What python-pptx's template says of itself: its picture, its application, a printer, its author and his time."""
    package = deck.part.package
    for owner, kind in (
        (package, RELATIONSHIP_TYPE.THUMBNAIL),
        (package, RELATIONSHIP_TYPE.EXTENDED_PROPERTIES),
        (deck.part, RELATIONSHIP_TYPE.PRINTER_SETTINGS),
    ):
        for name in [name for name, one in owner._rels.items() if one.reltype == kind]:
            owner._rels.pop(name)
    root = package.core_properties._element
    for child in list(root):
        root.remove(child)
