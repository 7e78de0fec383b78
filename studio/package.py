"""Decks written to files. What is in a package under which name: ECMA-376, part 2 (Open Packaging Conventions)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml

TYPES = "[Content_Types].xml"
#: Nothing is gained by compressing these once more.
COMPRESSED = {".mp4", ".png", ".jpeg", ".jpg"}


def names(package: ZipFile) -> list[str]:
    """Of all that is in a package, also of parts that nothing leads to."""
    return package.namelist()


def save_package(deck: Any, path: Path) -> None:
    """Writes a deck of python-pptx; the same deck gives the same bytes."""
    with tempfile.TemporaryFile(dir=path.parent) as file:
        deck.save(file)
        with ZipFile(file) as made, ZipFile(path, "w") as target:
            _copy(made, target, made.namelist())


def save_with(deck: Any, before: ZipFile, path: Path) -> None:
    """Writes a deck of python-pptx that was read from the package ``before``, to which parts were added.

    All that was in the original is copied as it is, also what python-pptx leaves out; only the deck's main part, its relationships and the
    list of content types are new.
    """
    with tempfile.TemporaryFile(dir=path.parent) as file:
        deck.save(file)
        with ZipFile(file) as made, ZipFile(path, "w") as target:
            main = deck.part.partname
            changed = {TYPES, main.membername, main.rels_uri.membername}
            known = set(before.namelist())
            added = [name for name in made.namelist() if name not in known]
            target.writestr(_entry(ZipInfo(TYPES)), _types(before.read(TYPES), made.read(TYPES), added))
            _copy(before, target, (name for name in dict.fromkeys(before.namelist()) if name not in changed))
            _copy(made, target, [*sorted(changed - {TYPES}), *added])


def _types(before: bytes, made: bytes, added: Iterable[str]) -> bytes:
    """The content types of the original, and those of the parts that were added."""
    root, new = parse_xml(before), parse_xml(made)
    wanted = {f"/{name}" for name in added}
    endings = {name.rpartition(".")[2].lower() for name in added}
    given = {(one.tag, _key(one)) for one in root}
    for one in list(new):
        is_wanted = one.get("PartName") in wanted or (one.get("Extension") or "").lower() in endings
        if is_wanted and (one.tag, _key(one)) not in given:
            root.append(one)
    return serialize_part_xml(root)


def _key(entry: Any) -> str:
    """Names of parts and endings are the same whatever their case."""
    return str(entry.get("PartName") or entry.get("Extension")).lower()


def _copy(source: ZipFile, target: ZipFile, names: Iterable[str]) -> None:
    for name in names:
        info = source.getinfo(name)
        with source.open(info) as old, target.open(_entry(info), "w", force_zip64=info.file_size > 1 << 30) as new:
            shutil.copyfileobj(old, new)


def _entry(info: ZipInfo) -> ZipInfo:
    entry = ZipInfo(info.filename)  # as of 1980: no time of writing
    entry.compress_type = ZIP_STORED if Path(info.filename).suffix.lower() in COMPRESSED else ZIP_DEFLATED
    entry.external_attr = info.external_attr
    return entry
