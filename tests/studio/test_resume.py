from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from studio.cache import FOLDER_VARIABLE
from studio.take import read_take
from tests.processes import heed_signals
from tests.studio.test_crew import marked, marking, sees_processes, wait

ROOT = Path(__file__).parents[2]
FPS = 5
#: One beat for every step: many takes, which two processes need some seconds for.
CLIP = ["conv2d", "--input", "randn:1x7x7", "--weight", "randn:1x1x3x3", "--detail", "40", "-q", "480p", "--fps", str(FPS), "--jobs", "2"]
TAKES = 5 * 5 + 2
BOOT = "import cli; cli.main()"

pytestmark = sees_processes


@pytest.fixture
def mark() -> Iterator[str]:
    with marking() as word:
        yield word


class Place:
    """Where a clip is rendered: its folder, the cache, and the folder for temporary files, of which there are none."""

    def __init__(self, root: Path) -> None:
        self.clips, self.cache, self.scratch = (root / name for name in ("clips", "cache", "scratch"))
        for folder in (self.clips, self.cache, self.scratch):
            folder.mkdir()

    def start(self, *more: str) -> subprocess.Popen[str]:
        """The rendering, in a session of its own."""
        command = [sys.executable, "-c", BOOT, "render", *CLIP, *more, "-o", str(self.clips / "clip.mp4")]
        environment = {**os.environ, FOLDER_VARIABLE: str(self.cache), "TMPDIR": str(self.scratch)}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
        return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, preexec_fn=heed_signals, **streams)

    def takes(self) -> dict[str, int]:
        """The takes that are there, and what tells them from others of the same name that took their place."""
        return {path.name: path.stat().st_ino for path in self.cache.glob("*.take")}

    def unkept(self) -> list[Path]:
        """Takes that are not kept."""
        return list(self.clips.glob(".*/new/scratch/*/*.take"))

    def final(self) -> set[str]:
        """What stands beside the temporary files in the folder of the clip."""
        return {path.name for path in self.clips.iterdir() if not path.name.startswith(".")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_killed_rendering_goes_on_where_it_was(place: Place, mark: str) -> None:
    kept: dict[str, int] = {}
    for number, enough in enumerate((1, 5, 10, 16)):
        with place.start() as process:
            # What is there already is found at once.
            assert wait(lambda enough=enough: len(place.takes()) >= enough)
            # Sometimes all goes at once, sometimes those who draw see that they are alone.
            for one in [*(set(marked(mark)) - {process.pid} if number % 2 else ()), process.pid]:
                os.kill(one, signal.SIGKILL)
            assert process.wait(60) == -signal.SIGKILL
        assert wait(lambda: not marked(mark))
        assert place.final() == set()
        assert all(read_take(place.cache / name) is not None for name in place.takes())
        found = place.takes()
        assert len(kept) < len(found) < TAKES
        assert {name: found[name] for name in kept} == kept
        kept = found

    with place.start() as process:
        said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    assert place.final() == {"clip.mp4", "clip.vtt"}
    found = place.takes()
    assert len(found) == TAKES
    assert {name: found[name] for name in kept} == kept
    with av.open(str(place.clips / "clip.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    (seconds,) = re.findall(r"\(([\d.]+) s\)", said)
    assert times == pytest.approx([number / FPS for number in range(round(float(seconds) * FPS))])
    assert (place.clips / "clip.vtt").read_text(encoding="utf-8").count(" --> ") >= TAKES


@pytest.mark.parametrize(
    ("kind", "moment", "kept"),
    [
        (signal.SIGTERM, "start", False),
        (signal.SIGTERM, "work", True),
        (signal.SIGINT, "start", True),
        (signal.SIGINT, "work", False),
        (signal.SIGHUP, "start", True),
        (signal.SIGHUP, "work", False),
    ],
)
def test_a_rendering_that_is_told_to_stop_leaves_nothing(place: Place, mark: str, kind: signal.Signals, moment: str, kept: bool) -> None:
    with place.start(*([] if kept else ["--no-cache"])) as process:
        if moment == "start":
            assert wait(lambda: len(marked(mark)) == 3)
        else:
            assert wait(lambda: len(place.takes() if kept else place.unkept()) >= 2)
        # Ctrl-C goes to all processes of the terminal.
        os.killpg(process.pid, kind)
        said = process.communicate(timeout=60)[0]
    assert process.returncode in {128 + kind, -kind}, said
    assert list(place.clips.iterdir()) == []
    assert wait(lambda: not marked(mark), 20)
    assert list(place.scratch.iterdir()) == []
    assert all(read_take(place.cache / name) is not None for name in place.takes())
    if moment == "work":
        assert "Traceback" not in said
