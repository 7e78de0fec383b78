"""Makes the pictures of the README and the guide out of clips: ``.venv/bin/python docs/make_pictures.py``.

The commands that are run here are the ones that the documents show.
"""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parent / "examples"
GIF_FPS = 8
GALLERY_SIZE = (720, 405)
CHANNELS = "[[[2,1,0,0],[0,0,2,1],[0,2,0,1],[2,1,0,1]],[[2,2,0,0],[0,0,2,1],[0,0,2,0],[0,1,0,1]],[[2,1,0,0],[0,0,2,1],[2,0,0,0],[0,1,0,1]]]"
KERNELS = "[[[1,0,0],[0,-2,0],[0,0,-1]],[[1,2,0],[2,0,-1],[0,-1,1]],[[0,0,-2],[0,1,2],[-2,2,0]]]"


def rendered(folder: Path, name: str, *options: str) -> Path:
    """A clip at 480p."""
    path = folder / f"{name}.mp4"
    command = [sys.executable, "-m", "cli", "render", "conv2d", *options, "-o", str(path), "-q", "480p", "--fps", str(GIF_FPS)]
    subprocess.run(command, check=True, cwd=FOLDER.parent)
    return path


def frames(clip: Path) -> Iterator[Image.Image]:
    """Its frames."""
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            yield frame.to_image()


def poster(clip: Path, target: Path, share: float) -> None:
    """The frame at that share of the clip."""
    pictures = list(frames(clip))
    pictures[int(share * (len(pictures) - 1))].save(target, optimize=True)


def commands(document: Path) -> dict[str, list[str]]:
    """The words of the commands in the beginning and under the heading Gallery, by the names of their clips."""
    before, after = document.read_text(encoding="utf-8").split("## Gallery\n")
    shown = (*before.splitlines(), *after.split("\n## ")[0].splitlines())
    lines = (shlex.split(line)[1:] for line in shown if line.startswith((".venv/bin/tensorreel render ", ".venv/bin/tensorreel model ")))
    return {Path(words[words.index("-o") + 1]).stem: words for words in lines}


def gallery(folder: Path) -> None:
    """The clips of the README's gallery as moving pictures that repeat, made by the commands that stand beside them."""
    (FOLDER / "gallery").mkdir(exist_ok=True)
    for name, words in commands(FOLDER.parent / "README.md").items():
        clip = folder / f"{name}.mp4"
        at = words.index("-o")
        command = [*words[:at], *words[at + 2 :], "-o", str(clip), "-q", "480p", "--fps", str(GIF_FPS)]
        subprocess.run([sys.executable, "-m", "cli", *command], check=True, cwd=FOLDER.parent)
        first, *rest = (picture.resize(GALLERY_SIZE, Image.Resampling.LANCZOS) for picture in frames(clip))
        first.save(FOLDER / "gallery" / f"{name}.webp", save_all=True, append_images=rest, duration=1000 // GIF_FPS, loop=0, quality=70)


def player(folder: Path, target: Path) -> None:
    """The step player after three steps, on a light and on a dark desktop. A browser must be installed."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    given = ["--input", str(EXAMPLES / "image.csv"), "--weight", str(EXAMPLES / "kernel.json"), "--seconds", "20"]
    shots = []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for theme in ("light", "dark"):
            page_of = folder / f"{theme}.html"
            command = ["render", "conv2d", *given, "--to", "html", "-q", "720p", "--theme", theme, "-o", str(page_of)]
            subprocess.run([sys.executable, "-m", "cli", *command], check=True, cwd=FOLDER.parent)
            page = chromium.new_page(viewport={"width": 1280, "height": 720}, color_scheme=theme)
            page.goto(f"{page_of.as_uri()}#step=3")
            page.wait_for_timeout(1000)
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(6000)
            shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    whole = Image.new("RGB", (2 * 1280 + 40, 720), "#808890")
    for number, shot in enumerate(shots):
        whole.paste(shot, (number * 1320, 0))
    whole.resize((1600, 443), Image.Resampling.LANCZOS).save(target, quality=85)


def main() -> None:
    """All pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gallery(folder)
        player(folder, FOLDER / "player.webp")
        digit = rendered(folder, "sobel", "--input", str(EXAMPLES / "digit.png"), "--weight", "sobel_x", "--seconds", "20")
        poster(digit, FOLDER / "sobel.png", 0.74)
        colour = ["--input", CHANNELS, "--weight", KERNELS, "--bias", "2", "--padding", "1", "--theme", "light", "--seconds", "20"]
        poster(rendered(folder, "channels", *colour), FOLDER / "channels.png", 0.27)


if __name__ == "__main__":
    main()
