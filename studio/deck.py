"""Slides with films, put into a deck of python-pptx."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pptx.dml.color import RGBColor
from pptx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.oxml.slide import CT_NotesSlide
from pptx.parts.slide import NotesSlidePart, SlidePart

from studio.playing import starts_by_itself
from studio.slides import Slide

TITLE, FILM = 2, 3  # ids of the shapes on a slide
USUAL = (9_144_000, 6_858_000)  # width and height of the slides of a deck that does not say so, in EMU
_new_slide: Any = SlidePart.new  # python-pptx says nothing of their types
_new_notes: Any = CT_NotesSlide.new
_rgb: Any = RGBColor

#: Above the slide, as PowerPoint places what it calls a hidden slide title: outline and screen readers have it, nobody sees it.
_TITLE_XML = """<p:sp {namespaces}><p:nvSpPr><p:cNvPr id="{id}" name="Title"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>
<p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>
<p:spPr><a:xfrm><a:off x="0" y="-{height}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm></p:spPr>
<p:txBody><a:bodyPr><a:normAutofit/></a:bodyPr><a:lstStyle/><a:p/></p:txBody></p:sp>"""
_PICTURE_XML = """<p:pic {namespaces}><p:nvPicPr><p:cNvPr id="{id}" name=""/>
<p:cNvPicPr><a:picLocks noChangeAspect="1"/></p:cNvPicPr><p:nvPr/></p:nvPicPr>
<p:blipFill><a:blip r:embed="{picture}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>
<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>
<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>"""
_CLICK_XML = """<a:hlinkClick {namespaces} r:id="" action="ppaction://media"/>"""
#: Twice the same file: ``videoFile`` for the standard, ``p14:media`` for PowerPoint since 2010, which embeds it. Source: [MS-PPTX], media.
_MEDIA_XML = """<p:nvPr {namespaces}><a:videoFile r:link="{video}"/><p:extLst><p:ext uri="{{DAA4B4D4-6D71-4841-9C94-3DE7FCFB9230}}">
<p14:media xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main" r:embed="{media}"/></p:ext></p:extLst></p:nvPr>"""
_NOTES_XML = """<p:notesMasterIdLst {namespaces}><p:notesMasterId r:id="{master}"/></p:notesMasterIdLst>"""


@dataclass(frozen=True)
class Files:
    """Those of a slide: its picture (PNG), and its film (mp4) if it plays."""

    picture: Path
    film: Path | None = None


@dataclass(frozen=True)
class Frame:
    """Of a film: width and height in px, frames a second, the colour around it (red, green, blue)."""

    width: int
    height: int
    fps: float
    ground: tuple[int, int, int]


class FilePart(Part):
    """A part of a deck whose content stays in a file until the deck is written."""

    def __init__(self, name: str, content_type: str, package: Any, path: Path) -> None:
        super().__init__(PackURI(name), content_type, package)
        self.path = path

    @property  # type: ignore[misc]  # nobody sets it
    def blob(self) -> bytes:
        return self.path.read_bytes()


class DeckBuilder:
    """Adds slides to a deck. Names of parts are counted on from what the deck has, and from names that are ``taken`` besides."""

    def __init__(self, deck: Any, layout: Any, frame: Frame, taken: Iterable[str] = ()) -> None:
        self.deck, self.layout, self.frame = deck, layout, frame
        self.package = deck.part.package
        self.width, self.height = deck.slide_width or USUAL[0], deck.slide_height or USUAL[1]
        self.taken = {str(part.partname).lower() for part in self.package.iter_parts()} | {f"/{name.lower()}" for name in taken}
        self.counts: dict[str, int] = {}

    def add(self, slide: Slide, files: Files) -> str:
        """Adds a slide to the deck's parts and returns the id of its relationship, which :func:`put` gives a place."""
        part = _new_slide(PackURI(self._name("/ppt/slides/slide{}.xml")), self.package, self.layout.part)
        relationship: str = self.deck.part.relate_to(part, RELATIONSHIP_TYPE.SLIDE)
        part._element.set("showMasterSp", "0")
        made = part.slide
        made.background.fill.solid()
        made.background.fill.fore_color.rgb = _rgb(*self.frame.ground)
        self._write_title(made, slide)
        self._place(made, slide, files)
        self._write_notes(made, slide)
        return relationship

    def _name(self, pattern: str) -> str:
        while True:
            self.counts[pattern] = self.counts.get(pattern, 0) + 1
            name = pattern.format(self.counts[pattern])
            if name.lower() not in self.taken:
                return name

    def _write_title(self, made: Any, slide: Slide) -> None:
        made.shapes._spTree.append(_xml(_TITLE_XML, "a", "p", id=TITLE, width=self.width, height=self.height // 8))
        made.shapes.title.text_frame.text = slide.title

    def _place(self, made: Any, slide: Slide, files: Files) -> None:
        poster = FilePart(self._name("/ppt/media/image{}.png"), CONTENT_TYPE.PNG, self.package, files.picture)
        left, top, width, height = self._fit()
        picture = _xml(
            _PICTURE_XML,
            *("a", "p", "r"),
            id=FILM,
            picture=made.part.relate_to(poster, RELATIONSHIP_TYPE.IMAGE),
            left=left,
            top=top,
            width=width,
            height=height,
        )
        named = picture.nvPicPr.cNvPr
        named.set("name", "Picture" if files.film is None else "Film")
        named.set("descr", " ".join(slide.notes) or slide.title)
        made.shapes._spTree.append(picture)
        if files.film is not None:
            film = FilePart(self._name("/ppt/media/media{}.mp4"), CONTENT_TYPE.MP4, self.package, files.film)
            media, video = (made.part.relate_to(film, kind) for kind in (RELATIONSHIP_TYPE.MEDIA, RELATIONSHIP_TYPE.VIDEO))
            named.append(_xml(_CLICK_XML, "a", "r"))
            picture.nvPicPr.replace(picture.nvPicPr.nvPr, _xml(_MEDIA_XML, "a", "p", "r", video=video, media=media))
            made.part._element.append(starts_by_itself(FILM, len(slide.frames) / self.frame.fps))

    def _fit(self) -> tuple[int, int, int, int]:
        """Left, top, width, height of the film, as large as the slide allows, in EMU."""
        scale = min(self.width / self.frame.width, self.height / self.frame.height)
        across, down = round(self.frame.width * scale), round(self.frame.height * scale)
        return (self.width - across) // 2, (self.height - down) // 2, across, down

    def _write_notes(self, made: Any, slide: Slide) -> None:
        """As python-pptx does, which however looks through the whole deck for a name each time."""
        if not slide.notes:
            return
        master = self.deck.part.notes_master_part
        _name_notes_master(self.deck)
        name = PackURI(self._name("/ppt/notesSlides/notesSlide{}.xml"))
        part: Any = NotesSlidePart(name, CONTENT_TYPE.PML_NOTES_SLIDE, self.package, _new_notes())
        part.relate_to(master, RELATIONSHIP_TYPE.NOTES_MASTER)
        part.relate_to(made.part, RELATIONSHIP_TYPE.SLIDE)
        made.part.relate_to(part, RELATIONSHIP_TYPE.NOTES_SLIDE)
        part.notes_slide.clone_master_placeholders(master.notes_master)
        frame = part.notes_slide.notes_text_frame
        if frame is not None:  # a notes master of the deck may have no room for text
            frame.text = "\n".join(slide.notes)


def _name_notes_master(deck: Any) -> None:
    """Names the notes master, which python-pptx makes when it is first needed, in the deck's list: Keynote does not find it otherwise.

    Source: python-pptx, pull request 1128.
    """
    root = deck.part._element
    if root.find(qn("p:notesMasterIdLst")) is None:
        master = deck.part.relate_to(deck.part.notes_master_part, RELATIONSHIP_TYPE.NOTES_MASTER)
        root.find(qn("p:sldMasterIdLst")).addnext(_xml(_NOTES_XML, "p", "r", master=master))


def layout(deck: Any) -> Any:
    """The layout of a slide with a film: one with nothing but a title if there is one."""
    found = {one._element.get("type"): one for one in reversed(list(deck.slide_layouts))}
    return found.get("titleOnly") or found.get("blank") or deck.slide_layouts[0]


def put(deck: Any, relationships: Iterable[str], place: int) -> list[int]:
    """Makes parts that were added slides of the deck from ``place`` on (0 is the front); returns the ids they have in the deck."""
    slides = deck.part._element.get_or_add_sldIdLst()
    added = [slides.add_sldId(relationship) for relationship in relationships]
    for offset, one in enumerate(added):
        slides.insert(place + offset, one)
    return [one.id for one in added]


def _xml(text: str, *prefixes: str, **values: object) -> Any:
    return parse_xml("".join(text.splitlines()).format(namespaces=nsdecls(*prefixes), **values))
