"""The step player, in a browser. The frames of its film bear their own numbers, so what is on show is read off the picture."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from studio import forms
from studio.film import Film
from studio.forms import html
from studio.script import BeatMark, Part, Script, joined

FPS, BITS, CELL = 30, 10, 16
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--no-first-run",
]
WITHOUT_CALLBACK = "delete HTMLVideoElement.prototype.requestVideoFrameCallback"
OUTLINE = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return [one.id || one.className, style.outlineStyle + style.outlineWidth];
}"""
SUM = '"output[0]" = 1 dot 2 + 3 dot 4 = 14'
MARKS = (
    BeatMark("opening", "setup", "A kernel slides.", 0, 6, 0, 0, '"output size" = floor((4 - 2) / 1) + 1 = 3'),
    BeatMark("full", "filter 0", "The first sum is 14.", 6, 15, 0, 1, SUM, ("output[0] = 1·2 + 3·4 = 14",)),
    BeatMark("quick", "filter 0", "A single frame.", 15, 16, 1, 2, SUM, ("output[1] = 2",)),
    BeatMark("quick", "filter 0", "Right after it.", 16, 20, 2, 3, SUM, ("output[2] = 3",)),
    BeatMark("sweep", "filter 1", "Many at once.", 20, 36, 3, 9, '"out" = x_1', tuple(f"output[{k}] = {k}" for k in range(3, 9))),
    BeatMark("quick", "filter 1", "The last one.", 36, 40, 9, 10, SUM, ("output[9] = 10",), "It comes last."),
    BeatMark("closing", "result", "All is computed.", 40, 45, 10, 10, ""),
)
SCRIPT = Script("Numbers", "All is computed.", FPS, BITS * CELL, 90, "dark", (Part("Numbers", "numbers", "conv1d", 10, MARKS),))
HOSTILE = '</script><script>window.hacked=1</script>\n<img src=x onerror="window.hacked=1"> \' & $x$ #read("x") \\ {{film}} --> ]]>'
BARS = f"""() => {{
  const canvas = document.createElement("canvas"), video = document.getElementById("video");
  [canvas.width, canvas.height] = [{BITS * CELL}, 90];
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0);
  const row = pen.getImageData(0, 45, canvas.width, 1).data;
  let number = 0;
  for (let k = 0; k < {BITS}; k++) number = 2 * number + (row[4 * (k * {CELL} + {CELL // 2})] > 127);
  return number;
}}"""
STANDS = """() => document.getElementById("play").ariaLabel === "Play" && !document.getElementById("video").seeking
  && document.getElementById("video").paused && document.getElementById("video").readyState >= 2"""
PLAYS = '() => document.getElementById("play").ariaLabel === "Pause"'


def numbered_film(path: Path, frames: int) -> None:
    """Each picture is its number in binary, as white and black bars; it is as exact in time as a film of the project."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"bf": "0", "g": "10", "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = BITS * CELL, 90, "yuv420p"
        for number in range(frames):
            bars = [[255 * (number >> bit & 1)] * CELL for bit in reversed(range(BITS))]
            row = np.array(bars, np.uint8).reshape(1, -1, 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.broadcast_to(row, (90, BITS * CELL, 3)).copy(), format="rgb24")))
        container.mux(stream.encode())


def written(folder: Path, script: Script) -> Path:
    numbered_film(folder / "film.mp4", script.frames)
    html.write(Film(folder / "film.mp4", script, {}), folder / "page")
    return folder / "page.html"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("player"), SCRIPT)


@pytest.fixture(scope="module")
def lecture_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    card = BeatMark("card", "Welcome", "Today: numbers.", 0, 5, 0, 0)
    opening = replace(SCRIPT, parts=(Part("Welcome", "welcome", "", 0, (card,)),))
    again = replace(SCRIPT, parts=(replace(SCRIPT.parts[0], title="Numbers & more", name="numbers-2"),))
    same = replace(SCRIPT, parts=(replace(SCRIPT.parts[0], title="Of the same name", name="numbers"),))
    return written(tmp_path_factory.mktemp("lecture"), joined("A lecture", "The end.", [opening, SCRIPT, again, same]))


# --- the file ---------------------------------------------------------------------------------------------------------------------------


@dataclass
class Reader(HTMLParser):
    """Elements with their attributes, and the texts of script elements."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def data_of(reader: Reader, name: str) -> Any:
    (text,) = [text for attributes, text in reader.scripts if attributes.get("id") == name]
    return json.loads(text)


def test_the_page_bears_script_and_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "CHUNK", 3000)
    reader = read(written(tmp_path, SCRIPT))
    found = data_of(reader, "script")
    marks = [mark for part in found["parts"] for mark in part["marks"]]
    assert found["fps"] == FPS
    assert [(mark["first"], mark["after"], mark["say"]) for mark in marks] == [(mark.first, mark.after, mark.say) for mark in MARKS]
    chunks = [text for attributes, text in reader.scripts if "data-film" in attributes]
    assert len(chunks) > 1
    assert b"".join(map(base64.b64decode, chunks)) == (tmp_path / "film.mp4").read_bytes()
    assert {file.name for file in tmp_path.iterdir()} == {"film.mp4", "page.html"}


def test_it_is_one_of_the_forms(tmp_path: Path) -> None:
    numbered_film(tmp_path / "film.mp4", SCRIPT.frames)
    forms.write(["html"], Film(tmp_path / "film.mp4", SCRIPT, {}), tmp_path / "clip.v2", {})
    assert (tmp_path / "clip.v2.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_names_and_formulas_of_the_marks(page_file: Path) -> None:
    notes = data_of(read(page_file), "notes")
    assert notes["names"] == ["setup", "step 1", "step 2", "step 3", "steps 4 to 9", "step 10", "result"]
    assert notes["formula"] == [0, 1, 1, 1, 2, 1, -1]
    assert all(formula.startswith("<math") for formula in notes["formulas"])


def test_nothing_comes_from_elsewhere(page_file: Path) -> None:
    reader = read(page_file)
    for tag, attributes in reader.elements:
        for name in ("src", "href", "poster", "data", "action", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    (policy,) = [attributes["content"] for tag, attributes in reader.elements if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"@import|url\(", page_file.read_text(encoding="utf-8"))


def hostile() -> Script:
    marks = tuple(
        replace(mark, phase=HOSTILE, say=HOSTILE, lines=(HOSTILE,), formula='"' + HOSTILE.replace("\\", "\\\\").replace('"', '\\"') + '"')
        for mark in MARKS
    )
    return Script(HOSTILE, HOSTILE, FPS, BITS * CELL, 90, "dark", (Part(HOSTILE, HOSTILE, HOSTILE, 10, marks),))


def test_hostile_texts_are_no_markup(tmp_path: Path, page_file: Path) -> None:
    reader, plain = read(written(tmp_path, hostile())), read(page_file)
    assert [tag for tag, _ in reader.elements] == [tag for tag, _ in plain.elements]
    assert data_of(reader, "script")["parts"][0]["marks"][0]["say"] == HOSTILE


# --- the browser ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no browser: none of chromium, chromium-browser and google-chrome is installed")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@dataclass
class Player:
    """A page with the player, as a person uses it."""

    page: Any

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def arrives(self) -> int:
        """The number of the frame on show as soon as it stands still."""
        self.page.wait_for_function(STANDS, timeout=10_000)
        frame: int = self.page.evaluate(BARS)
        time, ended = self.page.evaluate("() => [video.currentTime, video.ended]")
        # Chromium moves on from the middle of the very last frame to its end, with the same picture.
        assert abs(time - (frame + 0.5) / FPS) < 1e-3 or ended
        return frame

    def go(self, address: str) -> None:
        """As who types an address; returns when the page has been told of it."""
        self.page.evaluate(
            """(address) => new Promise((resolve) => {
  if (new URL(address, location).hash === location.hash) return resolve();
  window.addEventListener("hashchange", resolve, { once: true });
  location.hash = address;
})""",
            address,
        )

    def plays(self) -> bool:
        return bool(self.page.evaluate(PLAYS))

    def text(self, name: str) -> str:
        return str(self.page.locator(f"#{name}").text_content())

    def current(self) -> str:
        """The name of the step that the list says is on show."""
        return str(self.page.locator("[aria-current=step] b").text_content())

    def is_at(self, address: str) -> None:
        """Waits until the page has written this into the address."""
        self.page.wait_for_function("(address) => location.hash === address", arg=address, timeout=2000)


Opens = Callable[..., Player]


@dataclass
class Windows:
    """Opens pages, and hears what they complain of and ask for."""

    browser: Any
    usual_file: Path
    usual: Any = None
    others: list[Any] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def open(self, address: str = "", file: Path | None = None, before: str = "", **settings: Any) -> Player:
        page = self.new(**settings) if before or settings else self.usual or self.new()
        if before:
            page.add_init_script(before)
        page.goto("about:blank")
        page.goto((file or self.usual_file).as_uri() + address)
        page.wait_for_function("() => document.getElementById('video').readyState >= 2")
        return Player(page)

    def new(self, **settings: Any) -> Any:
        page = self.browser.new_page(**settings)
        page.on("console", lambda message: self.trouble.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", lambda request: self.asked.add(request.url.partition(":")[0]))
        self.usual = self.usual or page
        if page is not self.usual:
            self.others.append(page)
        return page

    def close(self) -> None:
        """What is not needed again; nothing may have gone wrong, or been asked for from elsewhere."""
        trouble, asked = self.trouble, self.asked
        self.trouble, self.asked = [], set()
        while self.others:
            self.others.pop().close()
        assert trouble == []
        assert {"file", "blob"} <= asked <= {"file", "blob", "data", "about"}


@pytest.fixture(scope="module")
def windows(browser: Any, page_file: Path) -> Windows:
    found = Windows(browser, page_file)
    found.new()
    return found


@pytest.fixture
def opens(windows: Windows) -> Iterator[Opens]:
    yield windows.open
    windows.close()


def test_it_stands_at_the_first_frame(opens: Opens) -> None:
    player = opens()
    assert player.arrives() == 0
    assert (player.current(), player.text("say"), player.text("name")) == ("setup", "A kernel slides.", "setup")
    assert player.page.title() == "Numbers"
    assert player.text("time") == "0:00 / 0:01"


@pytest.mark.parametrize(
    ("keys", "marks", "before"),
    [("", MARKS, ""), ("+++++", MARKS, ""), ("---", MARKS[2:4], ""), ("++", MARKS, WITHOUT_CALLBACK)],
    ids=["1x", "4x", "slow", "timer"],
)
def test_right_plays_a_step_and_stops_at_its_last_frame(opens: Opens, keys: str, marks: tuple[BeatMark, ...], before: str) -> None:
    player = opens(f"#step={marks[0].start + 1 if marks[0].stop else 0}", before=before)
    player.press(*keys)
    assert player.arrives() == marks[0].first
    if marks[0].frames == 1:
        marks = marks[1:]  # who stands at its first frame stands at its last
    for mark in marks:
        player.press("ArrowRight")
        assert player.arrives() == mark.after - 1
        assert (player.current(), player.text("say")) == (mark.name, mark.say)
    player.page.wait_for_timeout(100)
    assert player.arrives() == marks[-1].after - 1
    assert player.text("speed") == {"": "1×", "++": "2×", "+++++": "4×", "---": "0.25×"}[keys]


def test_no_picture_of_the_next_step_is_seen(opens: Opens) -> None:
    player = opens("#step=1")
    player.page.evaluate("""() => {
  window.seen = [];
  const video = document.getElementById("video");
  const note = (now, picture) => { window.seen.push(Math.round(picture.mediaTime * 30)); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
}""")
    player.press("ArrowRight")
    assert player.arrives() == MARKS[1].after - 1
    seen = player.page.evaluate("window.seen")
    assert len(seen) > 2
    assert max(seen) == MARKS[1].after - 1


def test_right_pressed_fast_goes_on_step_by_step(opens: Opens) -> None:
    player = opens()
    player.press("ArrowRight", "ArrowRight", "PageDown")
    assert player.arrives() == MARKS[2].after - 1
    player.press("ArrowRight", "ArrowRight")
    assert player.plays()
    assert player.arrives() == MARKS[4].after - 1
    player.press(*["ArrowRight"] * 5)
    assert player.arrives() == MARKS[-1].after - 1


def test_left_goes_back_to_where_right_plays_the_step_again(opens: Opens) -> None:
    player = opens("#step=4")
    player.press("ArrowRight")
    assert player.arrives() == MARKS[4].after - 1
    player.press("ArrowLeft")
    assert (player.arrives(), player.current()) == (MARKS[3].after - 1, "step 3")
    player.press("ArrowRight")
    assert (player.arrives(), player.current()) == (MARKS[4].after - 1, "steps 4 to 9")
    player.press("PageUp", "ArrowLeft", "ArrowLeft")
    assert (player.arrives(), player.current()) == (MARKS[1].after - 1, "step 1")
    player.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert (player.arrives(), player.current()) == (0, "setup")


def test_left_while_it_plays(opens: Opens) -> None:
    player = opens("#step=4")
    player.press("ArrowRight")
    player.page.wait_for_timeout(150)
    player.press("ArrowLeft")
    assert player.arrives() == MARKS[3].after - 1


def test_a_mess_of_keys_ends_where_the_last_one_says(opens: Opens) -> None:
    player = opens()
    player.press(*["ArrowRight", "ArrowRight", "ArrowLeft", " ", "ArrowRight", "End", "ArrowLeft", "Home", " ", " ", "l", "l"] * 3, "End")
    assert player.arrives() == 44
    player.press("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
    assert player.arrives() == MARKS[1].after - 1


def test_space_plays_through_and_pauses(opens: Opens) -> None:
    player = opens("#step=3")
    # At a quarter of the speed these steps last six seconds: a busy machine, too, gets the second key through before they end.
    for _ in range(3):
        player.press("<")
    player.press(" ")
    player.page.wait_for_function("() => document.getElementById('name').textContent === 'steps 4 to 9'")
    assert player.plays()
    player.press(" ")
    for _ in range(3):
        player.press(">")
    assert MARKS[4].first <= player.arrives() < MARKS[4].after
    player.press("ArrowRight")
    assert player.arrives() == MARKS[4].after - 1
    player.press(" ")
    assert player.arrives() == 44
    player.press(" ")
    player.page.wait_for_function("() => document.getElementById('name').textContent === 'step 1'")
    player.press("ArrowRight")
    assert player.arrives() == MARKS[1].after - 1


def test_home_and_end(opens: Opens) -> None:
    player = opens("#step=3")
    player.press("End")
    assert (player.arrives(), player.current(), player.text("step-of")) == (44, "result", "result")
    player.press("Home")
    assert (player.arrives(), player.current()) == (0, "setup")


def test_a_step_is_repeated(opens: Opens) -> None:
    player = opens("#step=10")
    player.page.evaluate("() => { window.seeks = 0; document.getElementById('video').addEventListener('seeking', () => window.seeks++); }")
    player.press("l")
    player.page.wait_for_function("() => window.seeks >= 2")
    assert player.plays()
    assert player.current() == "step 10"
    assert player.page.locator("#loop").get_attribute("aria-pressed") == "true"
    player.press("ArrowRight")
    assert player.arrives() == MARKS[5].after - 1
    assert player.page.locator("#loop").get_attribute("aria-pressed") == "false"
    player.press("l")
    player.page.wait_for_function("() => window.seeks >= 5")
    player.press("l")
    assert player.arrives() == MARKS[5].after - 1


def test_the_last_step_is_repeated(opens: Opens) -> None:
    player = opens()
    player.press("End", "l")
    player.page.wait_for_function("() => document.getElementById('slider').value === '42'")
    player.page.wait_for_function("() => document.getElementById('slider').value === '40'")
    player.page.wait_for_function("() => document.getElementById('slider').value === '42'")
    player.press("ArrowRight")
    assert player.arrives() == 44


def test_right_just_as_a_repeated_step_ends(opens: Opens) -> None:
    player = opens("#step=9")
    player.press("ArrowRight")
    assert player.arrives() == MARKS[4].after - 1
    player.page.evaluate("""() => {
  for (const key of ["l", "ArrowRight"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}""")
    player.page.wait_for_timeout(150)
    assert player.arrives() == MARKS[4].after - 1


def test_a_step_of_one_frame_is_repeated_by_standing_still(opens: Opens) -> None:
    player = opens("#step=2")
    player.press("l")
    assert player.arrives() == MARKS[2].first


def test_speeds(opens: Opens) -> None:
    player, shown = opens(), []
    for key in [*"+>=+++", *"<---------"]:
        player.press(key)
        shown.append((player.text("speed"), player.page.evaluate("video.playbackRate")))
    assert [text for text, _ in shown[:6]] == ["1.5×", "2×", "3×", "4×", "4×", "4×"]
    assert shown[-1][0] == "0.25×"
    assert all(float(text.rstrip("×")) == rate for text, rate in shown)


def test_an_address_is_where_it_opens(opens: Opens) -> None:
    assert opens("#step=7").arrives() == 20
    assert opens("#part=numbers&step=end").arrives() == 40
    assert opens("#part=nonsense&step=3").arrives() == 0


def test_an_address_is_obeyed(opens: Opens) -> None:
    player = opens()
    for address, frame in (
        *(("#step=1", 6), ("#step=3", 16), ("#step=4", 20), ("#step=0", 0), ("#step=9", 20), ("#step=end", 40)),
        *(("#part=numbers&step=10", 36), ("#part=1&step=2", 15), ("#part=numbers", 0), ("#step=8", 20)),
        *((nonsense, 20) for nonsense in ("#", "#step", "#step=11", "#step=-1", "#step=1e1", "#step=%", "#part=2", "#<img>")),
    ):
        player.go(address)
        assert player.arrives() == frame, address


def test_the_address_follows(opens: Opens) -> None:
    player = opens()
    player.is_at("#step=0")
    for key, address in (("End", "#step=end"), ("ArrowLeft", "#step=10"), ("ArrowLeft", "#step=4"), ("ArrowRight", "#step=10")):
        player.press(key)
        player.is_at(address)


def test_the_list_of_steps(opens: Opens) -> None:
    player = opens()
    names = player.page.locator(".step b").all_text_contents()
    assert names == [mark.name for mark in MARKS]
    assert player.page.locator(".phase").all_text_contents() == ["filter 0", "filter 1"]
    for mark in (MARKS[4], MARKS[0], MARKS[6], MARKS[2]):
        player.page.get_by_role("button", name=mark.say).click()
        assert (player.arrives(), player.current()) == (mark.first, mark.name)
    # The click has left the keys as they were.
    player.press(" ")
    assert player.plays()


def test_the_result_is_told_when_the_picture_has_it(opens: Opens) -> None:
    player = opens("#step=10")
    numbers = player.page.locator("#lines")
    assert (player.text("say"), numbers.is_visible()) == ("It comes last.", False)
    player.press("ArrowRight")
    player.arrives()
    assert (player.text("say"), numbers.is_visible()) == ("The last one.", True)


def test_what_is_said_of_a_step(opens: Opens) -> None:
    player = opens("#step=1")
    assert "".join(player.text("formula").split()) == "output[0]=1⋅2+3⋅4=14"
    assert player.page.locator("#formula math mtext").text_content() == "output[0]"
    assert player.text("lines") == "output[0] = 1·2 + 3·4 = 14"
    assert player.text("step-of") == "step 1 of 10"
    player.press("End", "ArrowLeft", "ArrowLeft")
    player.arrives()
    assert player.text("lines").splitlines() == [f"output[{k}] = {k}" for k in range(3, 9)]
    assert player.text("step-of") == "steps 4 to 9 of 10"
    assert player.page.locator("#formula msub").count() == 1
    player.press("End")
    assert player.page.locator("#formula math").count() == 0


def test_the_current_step_is_brought_into_view(opens: Opens) -> None:
    player = opens(viewport={"width": 900, "height": 420}, reduced_motion="reduce")
    for key in ("End", "Home"):
        player.press(key)
        player.arrives()
        item, box = player.page.locator("[aria-current=step]").bounding_box(), player.page.locator("#list").bounding_box()
        assert box["y"] - 1 <= item["y"]
        assert item["y"] + item["height"] <= box["y"] + box["height"] + 1
    assert player.page.evaluate("scrollY") == 0


def test_keyboard_only(opens: Opens) -> None:
    player = opens("#step=3")
    player.arrives()
    seen = []
    for _ in range(10):
        player.press("Tab")
        name, outline = player.page.evaluate(OUTLINE)
        seen.append(name)
        assert outline == "solid3px" or name in ("now", "list", ""), name
    controls = ["slider", "back", "next", "play", "loop", "slower", "faster", "full", "ask"]
    assert [name for name in seen if name in controls] == controls
    assert "step quick" in seen
    player.page.locator("#back").focus()
    player.press(" ")  # is the button's
    assert player.arrives() == 15
    player.press("ArrowRight")  # is the page's
    assert player.arrives() == 19
    player.page.locator("#slider").focus()
    player.press("ArrowRight", "ArrowRight")  # are the slider's
    assert player.arrives() == 21
    player.page.locator(".step[aria-current]").focus()
    player.press("ArrowDown", "Enter")
    assert (player.arrives(), player.current()) == (36, "step 10")


def test_names_for_those_who_listen(opens: Opens) -> None:
    player = opens("#step=3")
    assert player.page.locator("html").get_attribute("lang") == "en"
    assert player.page.locator("#say[aria-live=polite]").inner_text() == "Right after it."
    for button in player.page.locator("button:visible").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()
    tags = player.page.evaluate("[...document.querySelectorAll('h1, main :is(h2, h3)')].map((one) => one.localName)")
    levels = [int(tag[1]) for tag in tags]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert "step 3" in player.page.locator("#slider").get_attribute("aria-valuetext")


def test_help(opens: Opens) -> None:
    player = opens("#step=3")
    help_ = player.page.locator("#help")
    player.press("?")
    assert help_.is_visible()
    for key in ("→", "←", "Page Down", "Page Up", "Space", "L", "Home", "End", "+", "−", "F", "H"):
        assert player.page.locator("#help kbd").get_by_text(key, exact=True).count() == 1
    player.press("ArrowRight")
    assert player.arrives() == 16
    player.press("h")
    assert not help_.is_visible()
    player.press("h", "Escape")
    assert not help_.is_visible()
    player.press("ArrowRight")
    assert player.arrives() == 19


def test_full_screen_shows_sentence_and_step(opens: Opens) -> None:
    player = opens("#step=3")
    assert not player.page.locator("#slim").is_visible()
    player.press("f")
    player.page.locator("#slim").wait_for(state="visible")
    assert player.page.evaluate("document.fullscreenElement.id") == "stage"
    assert (player.text("slim-name"), player.text("slim-say")) == ("step 3", "Right after it.")
    player.press("ArrowRight", "ArrowRight")
    assert player.arrives() == MARKS[4].after - 1
    assert player.text("slim-say") == "Many at once."
    player.press("f")
    player.page.locator("#slim").wait_for(state="hidden")


def test_full_screen_where_there_is_none(opens: Opens) -> None:
    player = opens(before="delete Element.prototype.requestFullscreen")
    player.press("f")
    assert player.page.locator("#slim").is_visible()
    box = player.page.locator("#stage").bounding_box()
    assert (box["x"], box["y"], box["width"]) == (0, 0, 1280)
    player.press("Escape")
    assert not player.page.locator("#slim").is_visible()


def test_fingers(opens: Opens) -> None:
    player = opens("#step=3", has_touch=True, viewport={"width": 390, "height": 844})
    player.arrives()
    box = player.page.locator("#picture").bounding_box()

    def tap(part: float) -> None:
        player.page.touchscreen.tap(box["x"] + part * box["width"], box["y"] + box["height"] / 2)

    def swipe(by: int) -> None:
        session = player.page.context.new_cdp_session(player.page)
        x, y = box["x"] + box["width"] / 2, box["y"] + 40
        for kind, at in (("touchStart", x), ("touchMove", x + by / 2), ("touchMove", x + by), ("touchEnd", None)):
            points = [] if at is None else [{"x": at, "y": y}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    tap(0.9)
    assert player.arrives() == 19
    tap(0.1)
    assert player.arrives() == 15
    swipe(-120)
    assert player.arrives() == 19
    swipe(120)
    assert player.arrives() == 15
    tap(0.5)
    assert player.plays()
    tap(0.5)
    assert player.arrives() >= 15
    for button in player.page.locator("button:visible").all():
        size = button.bounding_box()
        assert min(size["width"], size["height"]) >= 44, button
    assert player.page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_mouse_on_the_picture_plays_and_pauses(opens: Opens) -> None:
    player = opens()
    player.page.locator("#picture").click()
    assert player.plays()
    player.page.locator("#picture").click()
    player.arrives()
    player.page.locator("#slider").click(position={"x": 1, "y": 10})
    assert player.arrives() <= 1


def test_a_browser_that_forbids_to_play(opens: Opens) -> None:
    refusal = "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    player = opens("#step=3", before=refusal)
    player.press("ArrowRight")
    player.page.wait_for_function(STANDS)
    assert player.page.evaluate("video.muted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrasts(opens: Opens, scheme: str) -> None:
    player = opens("#step=3", color_scheme=scheme, reduced_motion="reduce")
    player.press("h")
    found = player.page.evaluate(
        """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const colour = numbers(getComputedStyle(one).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
  };
  const inked = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && (one.localName === "svg" || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())));
  return inked.map((one) => [one.id || one.localName, numbers(getComputedStyle(one).color), ground(one)]);
}"""
    )
    assert len(found) > 40
    for name, ink, ground in found:
        light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ink, ground)
    assert (luminance(player_ground(player)) > 0.5) is (scheme == "light")


def player_ground(player: Player) -> list[float]:
    return [float(part) for part in re.findall(r"[\d.]+", player.page.evaluate("getComputedStyle(document.body).backgroundColor"))]


def luminance(colour: list[float]) -> float:
    """Relative luminance. Source: W3C, "Web Content Accessibility Guidelines 2.2"."""
    assert len(colour) == 3 or colour[3] == 1
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_hostile_texts_are_shown_and_do_nothing(opens: Opens, tmp_path: Path) -> None:
    player = opens("#step=3", file=written(tmp_path, hostile()))
    for key in ("ArrowRight", "f", "f", "ArrowRight"):
        player.press(key)
    player.arrives()
    shown = " ".join(HOSTILE.split())
    for name in ("say", "lines"):
        assert " ".join(player.text(name).split()) == shown
    assert " ".join(player.page.locator("h1").inner_text().split()) == shown
    assert "".join(player.text("formula").split()) == "".join(shown.split())
    assert " ".join(player.page.locator(".step span").first.inner_text().split()) == shown
    assert player.page.evaluate("window.hacked") is None
    assert player.page.locator("img").count() == 0
    player.is_at("#step=4")


def test_contents_of_a_lecture(opens: Opens, lecture_file: Path) -> None:
    player = opens(file=lecture_file)
    assert (player.arrives(), player.current()) == (0, "Welcome")
    assert player.page.locator("summary").all_inner_texts() == ["Welcome", "Numbers", "Numbers & more", "Of the same name"]
    assert player.page.locator("details[open]").count() == 1
    player.is_at("#part=welcome")
    player.page.get_by_role("button", name="Go to Numbers & more").click()
    assert (player.arrives(), player.current()) == (50, "setup")
    assert player.text("part") == "3 of 4: Numbers & more"
    assert player.page.locator("details[open] summary").all_inner_texts() == ["Numbers & more"]
    player.press("ArrowLeft")
    assert (player.arrives(), player.current(), player.text("part")) == (49, "result", "2 of 4: Numbers")
    player.page.locator("summary").nth(3).click()
    player.page.locator("details").nth(3).locator(".step").nth(3).click()
    assert player.arrives() == 95 + 16
    player.is_at("#part=4&step=3")


def test_addresses_in_a_lecture(opens: Opens, lecture_file: Path) -> None:
    player = opens("#step=3", file=lecture_file)
    assert player.arrives() == 5 + 16
    for address, frame in (
        ("#part=numbers-2&step=3", 50 + 16),
        ("#step=4", 50 + 20),
        ("#part=3&step=end", 50 + 40),
        ("#part=numbers&step=1", 5 + 6),
        ("#part=welcome&step=3", 5 + 6),
        ("#part=5&step=1", 5 + 6),
        ("#part=4", 95),
        ("#part=welcome", 0),
    ):
        player.go(address)
        assert player.arrives() == frame, address
