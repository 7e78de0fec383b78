from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Page, sync_playwright

import studio.clip
from engine import conv2d
from engine.errors import InputError
from scenes.parts.theme import THEMES
from studio import picture
from studio.clip import Clip, render
from studio.script import Script

SMALL: dict[str, Any] = {"quality": "480p", "fps": 8, "seconds": 8, "jobs": 1}
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return render(conv2d([[1, 3], [4, 5]], [[1, 2]]), **SMALL)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = Path("/usr/bin/chromium")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found if found.exists() else None, args=BROWSER)
        yield chromium
        chromium.close()


class Frame(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag, self.attributes = tag, dict(attrs)


def frame(text: str) -> dict[str, str | None]:
    parser = Frame()
    parser.feed(text)
    assert parser.tag == "iframe"
    return parser.attributes


def test_it_says_what_was_made(clip: Clip) -> None:
    assert [path.name for path in clip.files] == ["conv2d.mp4", "conv2d.vtt"]
    assert clip.path == clip.files[0]
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].frames == 64
        assert Script.from_json(container.metadata["synopsis"]) == clip.script
    assert repr(clip).startswith("<Clip 2-D convolution, 8.0 s: ")


def test_it_shows_itself_in_a_page_that_has_no_access_to_the_notebook(clip: Clip) -> None:
    shown = frame(clip._repr_html_())
    assert "allow-same-origin" not in (shown["sandbox"] or "")
    assert (shown["srcdoc"] or "").endswith("</html>\n")


def test_the_player_plays_within_a_notebook(clip: Clip, browser: Any) -> None:
    page: Page = browser.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if request.url.startswith("http") else None)
    page.set_content(f"<h1>Notebook</h1>{clip._repr_html_()}")
    inner = page.frame_locator("iframe")
    inner.locator("#next").click()
    inner.locator("#ask").click()
    inner.get_by_role("button", name="Close").click()
    page.frames[1].wait_for_function("document.querySelector('video').currentTime > 0.2")
    assert inner.locator("dialog[open]").count() == 0
    assert not trouble
    page.close()


def test_a_clip_without_a_video_lists_its_files(tmp_path: Path) -> None:
    made = render(conv2d([[1, 3], [4, 5]], [[1, 2]]), tmp_path / "a<b>.pptx", slides_per="beat", **SMALL)
    assert [file.name for file in made.files] == ["a<b>.pptx"]
    assert "a&lt;b&gt;.pptx</code>" in made._repr_html_()


def test_a_clip_too_large_for_a_notebook_is_not_put_into_it(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.clip, "MOST", 1000)
    assert "iframe" not in clip._repr_html_()
    assert "conv2d.mp4" in clip._repr_html_()


def test_files_without_a_path_vanish_with_the_clip() -> None:
    made = render(conv2d([[1, 3], [4, 5]], [[1, 2]]), **SMALL)
    path = made.path
    assert path.exists()
    del made
    assert not path.parent.exists()


@pytest.mark.parametrize("patience", [0.0, 600.0])
def test_it_is_quiet_when_it_is_quick(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    """Quick is what takes no longer than the patience of a progress display; how quick this machine is does not matter here."""
    monkeypatch.setattr("studio.progress.PATIENCE", patience)
    render(conv2d([[1, 3], [4, 5]], [[1, 2]]), to="mp4", **SMALL)
    out, err = capfd.readouterr()
    assert out == ""
    assert (err == "") == (patience > 0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"to": ["mp5"]}, "--to is 'mp5'"),
        ({"path": "clip.avi"}, "-o is 'clip.avi'"),
        ({"path": "nowhere/clip.mp4"}, "there is no folder 'nowhere'"),
        ({"path": 3}, "path is 3"),
        ({"quality": "9p"}, "-q is '9p'"),
        ({"theme": "pink"}, "--theme is 'pink'"),
        ({"fps": 0}, "--fps is 0"),
        ({"fps": "30"}, "fps is '30'"),
        ({"seconds": 0.1}, "--seconds is 0.1"),
        ({"seconds": "long"}, "seconds is 'long'"),
        ({"detail": -1}, "--detail is -1"),
        ({"jobs": 0}, "--jobs is 0"),
        ({"handout_per_page": 5}, "handout_per_page cannot be used"),
        ({"colour": "red"}, "colour is no option"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*$") as found:
        render(conv2d([[1, 2]], [[1]]), **{**SMALL, **given})
    assert said in str(found.value)


def test_the_themes_are_those_of_the_scenes() -> None:
    assert set(picture.THEME_NAMES) == set(THEMES)
