"""Sections of a deck: PowerPoint keeps them beside the list of slides, as lists of slides' ids. Source: [MS-PPTX], sectionLst."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from pptx.oxml import parse_xml
from pptx.oxml.ns import qn

P14 = "http://schemas.microsoft.com/office/powerpoint/2010/main"
LIST = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"
#: Any name space will do; with one of our own the same deck gives the same ids.
OURS = uuid.uuid5(uuid.NAMESPACE_URL, "tensorreel")


def divide_deck(deck: Any, sections: Iterable[tuple[str, Sequence[int]]]) -> None:
    """Divides a deck that has no sections: their names, and the ids of their slides."""
    listed = parse_xml(f'<p14:sectionLst xmlns:p14="{P14}"/>')
    for number, (name, ids) in enumerate(sections):
        section = _added(listed, "section", name=name, id=f"{{{str(uuid.uuid5(OURS, str(number))).upper()}}}")
        slides = _added(section, "sldIdLst")
        for one in ids:
            _added(slides, "sldId", id=str(one))
    root = deck.part._element
    extension = root.makeelement(qn("p:ext"), uri=LIST)
    extension.append(listed)
    extensions = root.makeelement(qn("p:extLst"))
    extensions.append(extension)
    root.append(extensions)


def _added(parent: Any, kind: str, /, **attributes: str) -> Any:
    made = parent.makeelement(f"{{{P14}}}{kind}", **attributes)
    parent.append(made)
    return made


def enter(deck: Any, ids: Sequence[int], place: int) -> None:
    """Puts slides that stand from ``place`` on into the section of the slide before them; at the front, of the slide behind them."""
    root = deck.part._element
    order = [one.id for one in root.sldIdLst]
    entries = {int(one.get("id")): one for one in root.iter(f"{{{P14}}}sldId")}
    new = [root.makeelement(f"{{{P14}}}sldId", id=str(one)) for one in ids]
    before, behind = order[:place][-1:], order[place + len(ids) :][:1]
    if before and before[0] in entries:
        for one in reversed(new):
            entries[before[0]].addnext(one)
    elif behind and behind[0] in entries:
        for one in new:
            entries[behind[0]].addprevious(one)
