"""The step player: one page with the video, its script and all that plays them, which needs no network."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click

from studio.files import ended
from studio.film import Film
from studio.script import Script, escaped_json

SUMMARY = "page for the lecture hall that plays step by step, the video inside"
ENDINGS = (".html",)
ALPHA = False
OPTIONS: Sequence[click.Option] = ()

#: Bytes of the video in one element, a multiple of 3: browsers limit the length of a string, and take up memory for the whole of it.
CHUNK = 3 << 20
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def write(film: Film, base: Path) -> None:
    """The page; of the video only a chunk at a time is in memory."""
    head, tail = _page(film)
    with ended(base, ".html").open("w", encoding="utf-8", newline="\n") as page:
        page.write(head)
        for text in _encoded(film.path):
            page.write(f'<script type="text/plain" data-film>{text}</script>\n')
        page.write(tail)


def _page(film: Film) -> list[str]:
    """What comes before the video, and what comes after it."""
    files = resources.files("studio.player")
    css, js = (files.joinpath(name).read_text(encoding="utf-8") for name in ("player.css", "player.js"))
    texts = {
        "title": html.escape(film.script.title),
        "width": str(film.script.width),
        "height": str(film.script.height),
        "poster": _poster(film.path),
        "css": css,
        "css_hash": _hash(css),
        "js": js,
        "js_hash": _hash(js),
        "script": film.script.to_json(),
        "notes": escaped_json(notes(film.script)),
    }
    page = files.joinpath("page.html").read_text(encoding="utf-8")
    # In one go, so that what is put in is not looked through for places.
    return [_PLACE.sub(lambda match: texts[match[1]], piece) for piece in page.split("{{film}}")]


def notes(script: Script) -> dict[str, Any]:
    """What the page shows and the script has no field for: the name of each mark, the formulas as MathML, and which is each mark's (or -1)."""
    from studio.mathml import mathml

    formulas = list(dict.fromkeys(mark.formula for mark in script.marks if mark.formula))
    number = {formula: k for k, formula in enumerate(formulas)}
    return {
        "names": [mark.name for mark in script.marks],
        "formulas": mathml(formulas),
        "formula": [number.get(mark.formula, -1) for mark in script.marks],
    }


def _hash(text: str) -> str:
    """As a policy names what may run. Source: W3C, "Content Security Policy Level 3"."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _poster(path: Path) -> str:
    """The first frame as a data address; it is there before the video is."""
    import av

    with av.open(str(path)) as container:
        image = next(container.decode(video=0)).to_image()
    data = io.BytesIO()
    image.save(data, "WEBP", quality=85)
    return f"data:image/webp;base64,{base64.b64encode(data.getvalue()).decode()}"


def _encoded(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield base64.b64encode(data).decode()
