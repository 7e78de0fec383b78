"""Every command that writes, where there is no room: files that may not grow, a disk of some kilobytes, streams that are full or closed."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from functools import cache
from pathlib import Path

from studio.cache import FOLDER_VARIABLE
from tests.campaign.commands import LECTURE, LOOK, NUMBERS, PROGRAM, called, fault, sentence_fault, typed

TITLE = "commands that write without room: files that may not grow, small disks, full and closed streams"
SMALL, LARGE = 6, 120

ROOT = Path(__file__).parents[2]
FORMS = ("mp4", "vtt", "html", "gif", "png", "pptx", "md", "srt", "webm", "mov", "pdf")
#: Commands that print, and how their output is closed to them.
PRINTING = (["list"], ["show", "lstm"], ["--help"], ["render", "conv2d", "--help"], ["cache", "info"], ["--version"])
STREAMS = ("1>/dev/full", "1>&-", "1>/dev/full 2>/dev/full", "1>&- 2>&-", "0>&- 1>&-")


def cases(count: int, seed: int) -> Iterator[str | None]:
    """Every kind in its turn, each time with other sizes."""
    kinds: Sequence[Callable[[random.Random, Path], str | None]] = (_printed, _new, _inserted, _rendered, _traced, _on_a_small_disk)
    for number in range(count):
        chosen = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory() as name:
            yield kinds[number % len(kinds)](chosen, Path(name))


# --- streams -----------------------------------------------------------------------------------------------------------------------------


def _printed(chosen: random.Random, folder: Path) -> str | None:
    return _closed(chosen.choice(PRINTING), chosen.choice(STREAMS))


def _traced(chosen: random.Random, folder: Path) -> str | None:
    size = chosen.choice([3, 20])
    numbers = ["--input", f"randn:1x{size}x{size}", "--weight", "sobel_x"]
    return _closed(["trace", "conv2d", *numbers, "--format", chosen.choice(["text", "md", "json"])], chosen.choice(STREAMS))


def _closed(arguments: Sequence[str], streams: str) -> str | None:
    """One sentence where there is a place for it, and exit code 2."""
    done = subprocess.run(["sh", "-c", f'"$@" {streams}', "sh", *PROGRAM, *arguments], cwd=ROOT, capture_output=True, check=False)
    case, said = f"{typed(arguments)} {streams}", done.stderr.decode()
    if done.returncode != 2:
        return f"{case}: exit code {done.returncode} ({said[-200:]!r})"
    if "2>" in streams:
        return f"{case}: {said!r}" if said else None
    return f"{case}: {said!r}" if said.count("\n") != 1 else sentence_fault(case, said)


# --- files -------------------------------------------------------------------------------------------------------------------------------


@contextmanager
def short(limit: int) -> Iterator[None]:
    """Files may have so many bytes; Python ignores the signal that comes with more, and so do the processes that draw."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def content(folder: Path) -> dict[str, bytes]:
    """All that is there, hidden things too."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"a folder" for path in folder.rglob("*")}


def _tried(arguments: Sequence[str], limit: int, folder: Path) -> str | None:
    """Either all is written, or nothing is other than before."""
    before = content(folder)
    with chdir(folder), short(limit):
        result = called(arguments)
    case = f"{typed(arguments)} with files of at most {limit} bytes"
    if found := fault(arguments, result):
        return f"{case}: {found}"
    after = content(folder)
    if result.exit_code == 2 and after != before:
        return f"{case}: refused, but {sorted(name for name in {*before, *after} if before.get(name) != after.get(name))} differ"
    if result.exit_code == 0 and any(Path(name).name.startswith(".") for name in after):
        return f"{case}: left {sorted(after)}"
    return None


def _new(chosen: random.Random, folder: Path) -> str | None:
    return _tried(["lecture", "new", "talk.toml"], chosen.choice([0, 1, 1000, 2000, 10**6]), folder)


@cache
def _film() -> bytes:
    """A clip to insert."""
    with tempfile.TemporaryDirectory() as name:
        assert called(["render", "conv2d", *NUMBERS, *LOOK, "-o", f"{name}/clip.mp4"]).exit_code == 0
        return Path(name, "clip.mp4").read_bytes()


def _inserted(chosen: random.Random, folder: Path) -> str | None:
    from pptx import Presentation

    (folder / "clip.mp4").write_bytes(_film())
    Presentation().save(str(folder / "deck.pptx"))
    return _tried(["insert", "clip.mp4", "deck.pptx"], chosen.randint(0, 150_000), folder)


def _rendered(chosen: random.Random, folder: Path) -> str | None:
    """A clip over an older one, or a lecture."""
    limit = round(10 ** chosen.uniform(2, 5.5))
    if chosen.random() < 0.3:
        (folder / "talk.toml").write_text(LECTURE, encoding="utf-8")
        return _tried_lecture(["lecture", "talk.toml", "--jobs", "1", *chosen.choice([[], ["--no-cache"]])], limit, folder)
    forms = chosen.sample(FORMS, chosen.randint(1, 4))
    for name in forms:
        (folder / f"clip.{name}").write_bytes(b"an older one")
    kept = chosen.choice([[], ["--no-cache"]])
    return _tried(["render", "conv2d", *NUMBERS, *LOOK, "-o", "clip", "--to", ",".join(forms), *kept], limit, folder)


def _tried_lecture(arguments: Sequence[str], limit: int, folder: Path) -> str | None:
    """Clips that are made already may stay; of each all its files are there."""
    with chdir(folder), short(limit):
        result = called(arguments)
    case = f"{typed(arguments)} with files of at most {limit} bytes"
    if found := fault(arguments, result):
        return f"{case}: {found}"
    left = {name for name, data in content(folder).items() if data != b"a folder"} - {"talk.toml"}
    clip = {f"renders/talk/clips/conv1d.{ending}" for ending in ("mp4", "vtt")}
    whole = clip | {f"renders/talk/talk.{ending}" for ending in ("mp4", "html", "vtt")}
    if left not in ([whole] if result.exit_code == 0 else [set(), clip]):
        return f"{case}: {sorted(left)} are left"
    if not left and (folder / "renders").exists():
        return f"{case}: empty folders are left"
    return None


# --- disks -------------------------------------------------------------------------------------------------------------------------------

#: A disk of so many kilobytes in a view of files of its own, so that it goes with its process; what it has is listed at the end.
DISK = 'mount -t tmpfs -o size="$1"k tmpfs disk && shift && "$@"; code=$?; find disk -mindepth 1 >&2; exit $code'


@cache
def _may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as name:
        Path(name, "disk").mkdir()
        done = subprocess.run(["unshare", "-m", "sh", "-c", DISK, "sh", "4", "true"], cwd=name, capture_output=True, check=False)
        return done.returncode == 0


def _on_a_small_disk(chosen: random.Random, folder: Path) -> str | None:
    """The outputs there, or the cache; who may not mount one has files that may not grow."""
    if not _may_mount():
        return _rendered(chosen, folder)
    size, what = chosen.choice([8, 40, 60, 90]), chosen.choice(["outputs", "cache", "both"])
    (folder / "disk").mkdir()
    output, kept = ("disk" if what != "cache" else "."), ("disk" if what != "outputs" else "kept")
    arguments = ["render", "conv2d", *NUMBERS, *LOOK, "-o", f"{output}/clip", "--to", "mp4,html"]
    place = ["env", f"{FOLDER_VARIABLE}={folder / kept}", f"PYTHONPATH={ROOT}"]
    command = ["unshare", "-m", "sh", "-c", DISK, "sh", str(size), *place, *PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said, _, left = done.stderr.decode().partition("\ndisk") if "\ndisk" in done.stderr.decode() else (done.stderr.decode(), "", "")
    case = f"{typed(arguments)} with {what} on a disk of {size} kB"
    if done.returncode != (0 if what == "cache" else 2):
        return f"{case}: exit code {done.returncode} ({said[-300:]!r})"
    if any(f"clip.{name}" in left for name in ("mp4", "html", "tensorreel")) or ".tmp" in left:
        return f"{case}: left {left!r}"
    if what == "cache":
        return None if {"clip.mp4", "clip.html"} <= {path.name for path in folder.iterdir()} else f"{case}: nothing is made"
    return sentence_fault(case, said)
