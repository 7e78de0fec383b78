"""Clips from Python: rendered with one call, and shown by a notebook with all their steps."""

from __future__ import annotations

import html
import inspect
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError
from engine.shown import shown
from studio.film import Film
from studio.forms import forms
from studio.order import Order
from studio.script import Script, script
from studio.settings import Settings, parameters

if TYPE_CHECKING:
    from engine.trace import Trace

#: Bytes of the largest page that is put into a notebook: a notebook is a text file that is loaded and saved as a whole.
MOST = 40 << 20
#: Of a notebook's page: the player's text and its controls need this room, in px, beside the picture.
HEIGHT = 620
#: Settings that are others than on the command line, since a notebook holds the whole clip.
USUAL = {"quality": "720p"}


@dataclass(frozen=True, eq=False)
class Clip:
    """A rendered clip. ``files`` are all that were written, ``path`` is the mp4, or the first of them if there is none.

    A notebook shows it as a player with all steps; what is shown is part of the notebook and plays without the files.
    """

    path: Path
    files: Sequence[Path]
    script: Script

    def __repr__(self) -> str:
        seconds = float(self.script.seconds(self.script.frames))
        return f"<Clip {self.script.title}, {seconds:.1f} s: {', '.join(map(str, self.files))}>"

    def _repr_html_(self) -> str:
        page = self._page()
        if page is None:
            listed = "".join(f"<li><code>{html.escape(str(file))}</code></li>" for file in self.files)
            return f"<p>{html.escape(self.script.title)}, as</p><ul>{listed}</ul>"
        # A page of its own origin: it runs its scripts, and has no access to the notebook. The help of the player closes a form.
        return (
            f'<iframe srcdoc="{html.escape(page)}" title="{html.escape(self.script.title)}" sandbox="allow-scripts allow-forms" '
            f'allow="fullscreen; autoplay" width="100%" height="{HEIGHT}" style="border: 0; max-width: 100%"></iframe>'
        )

    def _page(self) -> str | None:
        """The player, from the page or else the mp4 that was written; none if there is neither, or it is too large for a notebook."""
        found = {file.suffix: file for file in self.files if file.is_file()}
        if ".html" in found:
            return _read(found[".html"])
        # In base64, three bytes become four.
        if ".mp4" not in found or found[".mp4"].stat().st_size * 4 // 3 > MOST:
            return None
        with tempfile.TemporaryDirectory(prefix="tensorreel-") as folder:
            forms()["html"].write(Film(found[".mp4"], self.script, {}), Path(folder, "clip"))
            return _read(Path(folder, "clip.html"))


def _read(page: Path) -> str | None:
    return page.read_text(encoding="utf-8") if page.stat().st_size <= MOST else None


def render(trace: Trace, path: str | Path | None = None, *, to: str | Sequence[str] | None = None, **given: Any) -> Clip:
    """Renders a trace and gives back a :class:`Clip`.

    Arguments are those of ``tensorreel render``: ``path`` is its ``-o``, ``to`` the forms (``["mp4", "pptx"]``), further ones those of
    :class:`studio.settings.Settings`, and of the forms (``slides_per="beat"``). Without a path the files are in a temporary folder and
    vanish with the clip.

    Raises :class:`InputError` for what cannot be used.
    """
    settings, options = Settings.apart({**USUAL, **given})
    names = to if to is None or isinstance(to, str) else ",".join(to)
    if path is not None and not isinstance(path, str | Path):
        raise InputError(f"path is {shown(path)}; give the name of a file, such as renders/mine.mp4")
    with _folder(path) as (output, vanishing):
        order = Order.of(trace.concept, str(path if path is not None else output / trace.concept), names, settings, options)
        planned = order.beats(trace)
        with order.crew() as crew:
            files = order.render(trace, planned, crew, at_once=False)
        first = next((file for file in files if file.suffix == ".mp4"), files[0])
        clip = Clip(first, files, script(trace, planned, order.picture, name=order.base.name))
    if vanishing:
        weakref.finalize(clip, shutil.rmtree, output, ignore_errors=True)
    return clip


def _signature() -> inspect.Signature:
    """With all settings, as an editor shows them."""
    own = inspect.signature(render)
    *ahead, options = own.parameters.values()
    return own.replace(parameters=[*ahead, *parameters(**USUAL), options.replace(name="options")])


render.__signature__ = _signature()  # type: ignore[attr-defined]


@contextmanager
def _folder(path: str | Path | None) -> Iterator[tuple[Path, bool]]:
    """``path``, or a new folder, which is removed if the block fails; and whether it is one."""
    if path is not None:
        yield Path(path), False
        return
    folder = Path(tempfile.mkdtemp(prefix="tensorreel-"))
    try:
        yield folder, True
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
