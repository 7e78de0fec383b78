"""Renderings and lectures that are killed, and made once more: what is there is then what an undisturbed one makes, and nothing else."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from functools import cache
from pathlib import Path
from unittest.mock import patch

from studio.cache import FOLDER_VARIABLE
from studio.sets import MARK, all_at_once
from tests.campaign.commands import LECTURE, LOOK, NUMBERS, called
from tests.processes import heed_signals

TITLE = "renderings and lectures killed (TERM, HUP, INT, KILL) while they draw, write and move files, and made again"
#: Of every ten, one is a process that is killed.
SMALL, LARGE = 10, 600

ROOT = Path(__file__).parents[2]
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)
RENDER = ["render", "conv2d", *NUMBERS, *LOOK, "-o", "clip", "--to", "mp4,html,vtt"]
COMMANDS = {"render": RENDER, "lecture": ["lecture", "talk.toml", "-o", ".", "--jobs", "1"]}
#: The program, which sends itself a signal before a file is moved; of the processes that draw, none does.
BOOT = """
import os, sys
from pathlib import Path
move, moment, number = Path.replace, int(sys.argv.pop(1)), int(sys.argv.pop(1))

def replace(self, other):
    global moment
    moment -= 1
    if moment == 0:
        os.kill(os.getpid(), number)
    return move(self, other)

Path.replace = replace
from cli import main
main()
"""


def cases(count: int, seed: int) -> Iterator[str | None]:
    """Processes are killed at a move of files, or when something is there; the others are cut off within this process."""
    processes: list[Callable[[random.Random, Path], str | None]] = [_killed_at_a_move, _killed_at_work, _killed_lecture]
    for number in range(count):
        chosen = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory() as name:
            yield processes[number // 10 % 3](chosen, Path(name)) if number % 10 == 0 else _cut_off(chosen, Path(name))


def content(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too; of hidden folders the names."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.name.startswith(".")]
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in found}


# --- within this process -----------------------------------------------------------------------------------------------------------------


class CutOffError(BaseException):
    """The end of a process, as far as another one can have it."""


def _cut_off(chosen: random.Random, place: Path) -> str | None:
    """Sets of files, one after the other, each cut off at some move; then one that is not."""
    names = [f"clip.{ending}" for ending in ("html", "mp4", "pptx", "vtt", "webm")]
    possible: list[dict[str, str]] = [{}]
    story = []
    for number in range(chosen.randint(1, 4)):
        files = {name: str(number) for name in chosen.sample(names, chosen.randint(1, len(names)))}
        moment = chosen.randint(1, 9)
        story.append(f"{len(files)} files to move {moment}")
        done = _made(place, files, moment)
        # Cut off, it is as before or as after, and is known when the next one has tidied up.
        possible = [{**one, **files} for one in possible] + ([] if done else possible)
    final = dict.fromkeys(chosen.sample(names, 2), "final")
    _made(place, final, 0)
    found = {name: data.decode() for name, data in content(place).items()}
    if found not in [{**one, **final} for one in possible]:
        return f"{', '.join(story)}: {found}"
    return None


def _made(place: Path, files: Mapping[str, str], moment: int) -> bool:
    """Whether all was done before move number ``moment``, at which all stops and nothing is tidied; never at 0."""
    move = Path.replace

    def replace(self: Path, other: Path) -> Path:
        nonlocal moment
        moment -= 1
        if moment == 0:
            moment = 1  # nor does anything move after it
            raise CutOffError
        return move(self, other)

    def gone(*_: object, **__: object) -> None:
        if moment == 1:
            raise CutOffError

    removed = shutil.rmtree
    with patch.object(Path, "replace", replace), patch.object(shutil, "rmtree", lambda *a, **k: gone() or removed(*a, **k)):
        try:
            with all_at_once(place / "clip") as folder:
                for name, text in files.items():
                    (folder / name).write_text(text)
        except CutOffError:
            return False
    return True


# --- processes ---------------------------------------------------------------------------------------------------------------------------


@cache
def undisturbed(kind: str) -> dict[str, bytes]:
    """What a rendering or a lecture makes."""
    with tempfile.TemporaryDirectory() as name:
        _prepared(Path(name), kind)
        _again(Path(name), kind)
        return content(Path(name, "place"))


def _prepared(folder: Path, kind: str) -> None:
    (folder / "place").mkdir()
    if kind == "lecture":
        (folder / "place" / "talk.toml").write_text(LECTURE, encoding="utf-8")


def _again(folder: Path, kind: str) -> None:
    """To the end, in this process."""
    with chdir(folder / "place"), patch.dict(os.environ, {FOLDER_VARIABLE: str(folder / "kept")}):
        result = called(COMMANDS[kind])
    assert result.exit_code == 0, result.output


def _run(folder: Path, kind: str, moment: int, number: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, FOLDER_VARIABLE: str(folder / "kept"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BOOT, str(moment), str(int(number)), *COMMANDS[kind]]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder / "place", env=environment, preexec_fn=heed_signals, **streams)


def _killed_at_a_move(chosen: random.Random, folder: Path) -> str | None:
    return _killed(folder, "render", chosen.randint(1, 4), chosen.choice(SIGNALS), older=chosen.random() < 0.5)


def _killed_lecture(chosen: random.Random, folder: Path) -> str | None:
    return _killed(folder, "lecture", chosen.randint(1, 7), chosen.choice(SIGNALS), older=False)


def _killed_at_work(chosen: random.Random, folder: Path) -> str | None:
    """When so many takes are there, or a file is half-written."""
    takes, written = chosen.randint(0, 3), chosen.choice(["clip.mp4", "clip.html"])

    def ready() -> bool:
        if takes:
            return len(list((folder / "kept").glob("*.take"))) >= takes
        return any(path.name == written for path in (folder / "place").glob(f".*{MARK}/new/*"))

    return _killed(folder, chosen.choice(["render", "lecture"]), 0, chosen.choice(SIGNALS), older=False, ready=ready)


def _killed(folder: Path, kind: str, moment: int, number: int, *, older: bool, ready: Callable[[], bool] | None = None) -> str | None:
    """One is killed, which leaves all or nothing, or a list of what is to be moved; the next one leaves what an undisturbed one does."""
    _prepared(folder, kind)
    place, whole = folder / "place", undisturbed(kind)
    old = {f"clip.{ending}": b"an older one" for ending in ("mp4", "html", "vtt")} if older else {}
    for name, data in old.items():
        (place / name).write_bytes(data)
    process = _run(folder, kind, moment, number)
    while ready is not None and process.poll() is None:
        if ready():
            process.send_signal(number)
            break
        time.sleep(0.005)
    said = process.communicate()[1].decode()
    case = f"{kind} killed by {signal.Signals(number).name} at {f'move {moment}' if moment else 'work'}"
    if process.returncode not in (0, 128 + number, -number) or "Traceback" in said:
        return f"{case}: exit code {process.returncode}, {said[-300:]!r}"
    left = content(place)
    if kind == "render" and not any(MARK in name for name in left) and left not in (old, whole):
        return f"{case}: leaves {sorted(left)}"
    _again(folder, kind)
    found = content(place)
    return None if found == whole else f"{case}: then {_difference(found, whole)}"


def _difference(found: Mapping[str, bytes], whole: Mapping[str, bytes]) -> str:
    return f"{sorted(found)} of which {[name for name in found if found[name] != whole.get(name)]} differ from an undisturbed one's"
