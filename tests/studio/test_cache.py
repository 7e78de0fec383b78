from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import av
import numpy as np
import platformdirs
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from manim import tempconfig

import engine
import studio.locks
import studio.render
import studio.worker
from cli import main
from engine.errors import InputError
from engine.record import Record
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.theme import THEMES
from studio.cache import FOLDER_VARIABLE, LIMIT_VARIABLE, Cache, usable
from studio.crew import Crew
from studio.locks import locked
from studio.pace import beats
from studio.picture import Picture
from studio.render import render
from studio.take import read_take, takes, write_take
from tests.studio.test_crew import threads, wait

ROOT = Path(__file__).parents[2]
HOUR = 3600
PICTURE = Picture.of("480p", 5, "dark")


@dataclass
class Watcher:
    """Remembers what it was told."""

    troubles: list[str] = field(default_factory=list)
    frames: int = 0

    def beat(self, number: int, beat: Beat) -> None:
        """Beats are not looked at here."""

    def frame(self, frames: int) -> None:
        self.frames = frames

    def trouble(self, text: str) -> None:
        self.troubles.append(text)

    def writes(self, form: str) -> None:
        """Nor are forms."""


@cache
def trace() -> Trace:
    return engine.conv2d([[1, -2, 3], [4, 5, -6], [7, 8, 9]], [[1, 0], [0, -1]], [0.5])


def planned(shown: Trace | None = None) -> list[Beat]:
    return beats(shown or trace(), detail=1, seconds=18, fps=5)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(2) as found:
        yield found


@pytest.fixture
def own_crew() -> Iterator[Crew]:
    """For a rendering that fails, after which a crew is gone."""
    with Crew(2) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "cache"
    found.mkdir()
    return found


def cached(folder: Path, megabytes: int = 100) -> Cache:
    return Cache(folder, megabytes * 10**6)


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def same(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def inodes(folder: Path) -> dict[str, int]:
    """Files and what tells them from others of the same name that took their place."""
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


# --- where, and how much -----------------------------------------------------------------------------------------------------------------


def test_the_environment_says_where_and_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "there"))
    monkeypatch.setenv(LIMIT_VARIABLE, "7")
    assert Cache.usual() == Cache(tmp_path / "there", 7_000_000)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(LIMIT_VARIABLE, "0")
    assert Cache.usual().limit == 0


def test_without_a_word_the_system_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = Cache.usual()
    assert found.folder == Path(platformdirs.user_cache_dir("tensorreel", appauthor=False))
    assert found.folder == tmp_path / "tensorreel" or not sys.platform.startswith("linux")
    assert found.limit == 2_000_000_000


@pytest.mark.parametrize("given", ["lots", "9" * 16, "-5", "1.5", "1e3", " ", "²"])
def test_limits_that_are_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, given)
    with pytest.raises(InputError, match=rf"^TENSORREEL_CACHE_MB is '{given}'; give a whole number of megabytes, such as 2000$"):
        Cache.usual()


@pytest.fixture
def filled(folder: Path) -> Path:
    """Ten takes of 100 bytes, of which take 0 was used last and take 9 the longest time ago, and a note."""
    for number in range(10):
        path = folder / f"{(number * 7) % 10}.take"
        path.write_bytes(b"x" * 100)
        age(path, 60.0 * int(path.stem))
    (folder / "note.txt").write_text("not a take")
    return folder


def left(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.take"))


def test_usage_counts_takes(filled: Path, tmp_path: Path) -> None:
    (filled / ".half.take.1.tmp").write_bytes(b"x" * 1000)
    assert cached(filled).usage() == (10, 1000)
    assert cached(tmp_path / "nowhere").usage() == (0, 0)
    assert cached(filled / "note.txt").usage() == (0, 0)


def test_clear_removes_takes_and_nothing_else(filled: Path, tmp_path: Path) -> None:
    (filled / ".half.take.1.tmp").write_bytes(b"x" * 1000)
    age(filled / ".half.take.1.tmp", 2 * HOUR)
    assert cached(filled).clear() == (10, 1000)
    assert {path.name for path in filled.iterdir()} == {"note.txt"}
    assert cached(filled).clear() == (0, 0)
    assert cached(tmp_path / "nowhere").clear() == (0, 0)


def test_clear_leaves_what_is_being_written(filled: Path) -> None:
    """A rendering that goes on meanwhile needs it."""
    with (filled / ".half.take.1.tmp").open("wb") as file:
        assert locked(file.fileno())
        file.write(b"x" * 1000)
        file.flush()
        assert cached(filled).clear() == (10, 1000)
    assert {path.name for path in filled.iterdir()} == {"note.txt", ".half.take.1.tmp"}


# --- tidy --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(2000, 10), (1000, 10), (999, 7), (900, 7), (875, 7), (874, 6), (130, 1), (100, 0), (0, 0)],
)
def test_what_was_not_used_for_longest_goes_first(filled: Path, limit: int, kept: int) -> None:
    """Only over the limit, and then down to four fifths of it."""
    Cache(filled, limit).tidy()
    assert left(filled) == list(range(kept))
    assert (filled / "note.txt").exists()


@given(sizes=st.lists(st.integers(1, 1000), max_size=8), limit=st.integers(0, 5000))
def test_no_more_goes_than_has_to(sizes: list[int], limit: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        for number, size in enumerate(sizes):
            (Path(name) / f"{number}.take").write_bytes(b"x" * size)
            age(Path(name) / f"{number}.take", 60 * number)
        Cache(Path(name), limit).tidy()
        kept = left(Path(name))
        assert kept == list(range(len(kept)))
        if sum(sizes) <= limit:
            assert len(kept) == len(sizes)
        else:
            assert sum(sizes[: len(kept)]) <= 0.8 * limit < sum(sizes[: len(kept) + 1])


def test_what_is_being_written_stays_and_what_was_given_up_goes(filled: Path) -> None:
    """Who writes holds a lock on it; what is not locked was left by a process that was killed."""
    begun, killed = filled / ".begun.take.1.tmp", filled / ".killed.take.1.tmp"
    with begun.open("wb") as file:
        assert locked(file.fileno())
        file.write(b"x")
        file.flush()
        for limit, kept in ((10**6, list(range(10))), (0, [])):
            killed.write_bytes(b"x")
            Cache(filled, limit).tidy()
            assert {path.name for path in filled.glob(".*")} == {begun.name}
            assert left(filled) == kept


def test_without_locks_the_time_tells(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.locks, "locked", lambda _: None)
    for name, seconds in (("fresh", 0), ("younger", HOUR - 60), ("older", HOUR + 60), ("old", 100 * HOUR)):
        path = filled / f".{name}.take.1.tmp"
        path.write_bytes(b"x")
        age(path, seconds)
    Cache(filled, 10**6).tidy()
    assert {path.name for path in filled.glob(".*")} == {".fresh.take.1.tmp", ".younger.take.1.tmp"}
    assert left(filled) == list(range(10))


def vanish(monkeypatch: pytest.MonkeyPatch, *gone: Path) -> None:
    """Files go when they have just been looked at."""
    files = Cache.files

    def seen(self: Cache) -> Iterator[tuple[Path, os.stat_result]]:
        found = list(files(self))
        for path in gone:
            path.unlink()
        yield from found

    monkeypatch.setattr(Cache, "files", seen)


def test_takes_may_vanish_meanwhile(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that clean up at the same time remove no more than one would."""
    vanish(monkeypatch, *(filled / f"{number}.take" for number in (9, 8, 7)))
    Cache(filled, 900).tidy()
    assert left(filled) == list(range(7))


def test_files_may_vanish_while_the_folder_is_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    class Vanishing:
        """An entry of a folder that is gone before one asks for its size."""

        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.path, self.entry = entry.name, entry.path, entry

        def stat(self) -> os.stat_result:
            if self.name in ("3.take", "9.take"):
                raise FileNotFoundError(2, "No such file or directory")
            return self.entry.stat()

    @contextmanager
    def shaky(path: Path) -> Iterator[Iterator[Vanishing]]:
        with scandir(path) as entries:
            yield map(Vanishing, entries)

    monkeypatch.setattr(os, "scandir", shaky)
    assert cached(filled).usage() == (8, 800)
    Cache(filled, 0).tidy()
    assert cached(filled).clear() == (0, 0)
    monkeypatch.undo()
    assert left(filled) == [3, 9]


def test_a_folder_that_is_not_there_is_tidy(tmp_path: Path) -> None:
    cached(tmp_path / "nowhere").tidy()
    assert list(tmp_path.iterdir()) == []


# --- where nothing can be written --------------------------------------------------------------------------------------------------------


@contextmanager
def anybody() -> Iterator[None]:
    """Without the rights of root, who may write everywhere."""
    nobody = 65534
    if os.geteuid() == 0:
        os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        if os.getuid() == nobody:
            os.setresuid(0, 0, 0)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="this system has no such rights")
def test_a_place_that_may_only_be_read() -> None:
    # Not tmp_path, which lies in a folder of this user alone.
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        here.chmod(0o777)
        with anybody():
            assert usable(here / "own")
            (here / "own").chmod(0o555)
            assert not usable(here / "own")
            assert not usable(here / "own" / "below")
            assert list((here / "own").iterdir()) == []


def test_a_place_that_can_be_made(tmp_path: Path) -> None:
    assert usable(tmp_path / "several" / "folders" / "deep")
    assert (tmp_path / "several" / "folders" / "deep").is_dir()
    assert usable(tmp_path / "several")


@pytest.mark.parametrize("name", ["file", "file/below", "file/below/it", "n" * 300])
def test_a_place_that_cannot_be_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    assert not usable(tmp_path / name)
    assert (tmp_path / "file").read_bytes() == b"in the way"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# --- commands ----------------------------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="tensorreel")


def test_commands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.setenv(LIMIT_VARIABLE, "3000")
    for number in range(1200):
        (folder / f"{number}.take").touch()
    (folder / "0.take").write_bytes(bytes(1_250_000))
    (folder / "note.txt").write_text("not a take")
    result = run("cache", "info")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{folder}\n1,200 takes, 1.2 MB of at most 3,000 MB (TENSORREEL_CACHE_MB)\n"
    assert len(list(folder.iterdir())) == 1201
    result = run("cache", "clear")
    assert result.exit_code == 0, result.output
    assert result.stdout == "1,200 takes removed, 1.2 MB\n"
    assert [path.name for path in folder.iterdir()] == ["note.txt"]
    assert run("cache", "info").stdout == f"{folder}\n0 takes, 0.0 MB of at most 3,000 MB (TENSORREEL_CACHE_MB)\n"


def test_commands_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    assert run("cache", "info").stdout.startswith(f"{tmp_path / 'nowhere'}\n0 takes, 0.0 MB")
    assert run("cache", "clear").stdout == "0 takes removed, 0.0 MB\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [["cache", "info"], ["cache", "clear"], ["render", "conv1d", "--input", "[1,2,3]", "--weight", "[1,2]", "-o", "clip.mp4"]],
    ids=lambda command: command[:2],
)
def test_commands_refuse_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(LIMIT_VARIABLE, "much")
    result = run(*command)
    assert result.exit_code == 2
    assert result.stderr == "Error: TENSORREEL_CACHE_MB is 'much'; give a whole number of megabytes, such as 2000\n"
    assert list(tmp_path.iterdir()) == []


# --- the same clip again -----------------------------------------------------------------------------------------------------------------


def drawn(crew: Crew, path: Path, kept: Cache | None, watcher: Watcher | None = None) -> list[np.ndarray]:
    render(trace(), planned(), PICTURE, path, watcher or Watcher(), cache=kept, crew=crew)
    return frames(path)


def test_the_same_clip_again_is_not_drawn_again(crew: Crew, folder: Path, tmp_path: Path) -> None:
    first = drawn(crew, tmp_path / "first.mp4", cached(folder))
    assert len(first) == sum(beat.frames for beat in planned()) == 90
    before = inodes(folder)
    assert len(before) == len(takes(planned())) > 3
    for path in folder.iterdir():
        age(path, 5 * HOUR)
    watcher = Watcher()
    assert same(drawn(crew, tmp_path / "second.mp4", cached(folder), watcher), first)
    assert watcher == Watcher([], 90)
    assert inodes(folder) == before
    # What is used stays longest.
    assert all(time.time() - path.stat().st_mtime < HOUR for path in folder.iterdir())


def test_a_cache_that_is_too_small_does_not_stop_a_rendering(crew: Crew, folder: Path, tmp_path: Path) -> None:
    assert len(drawn(crew, tmp_path / "clip.mp4", Cache(folder, 1))) == 90
    assert list(folder.iterdir()) == []


HARM: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[:-100],
    "longer": lambda data: data + b"\0",
    "a bit": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1 :],
    "header only": lambda data: data[:22],
    "something else": lambda data: b"something else" * 100,
}


def test_damaged_takes_are_drawn_again(crew: Crew, folder: Path, tmp_path: Path) -> None:
    whole = drawn(crew, tmp_path / "whole.mp4", cached(folder))
    files = sorted(folder.iterdir())
    assert len(files) > 4
    for start in (0, 3):
        ways = list(HARM.values())[start : start + 3]
        before = inodes(folder)
        for path, harm in zip(files, ways, strict=False):
            data = path.read_bytes()
            path.write_bytes(harm(data))
            assert path.read_bytes() != data
            assert read_take(path) is None
        assert same(drawn(crew, tmp_path / "mended.mp4", cached(folder)), whole)
        after = inodes(folder)
        assert after.keys() == before.keys()
        assert {path.name for path in files[:3]} == {name for name in after if after[name] != before[name]}
        assert all(read_take(path) is not None for path in files)


def forge(folder: Path) -> None:
    """Puts the pictures of other takes into each, in a form that nobody can tell from the right one."""
    found = {path: read_take(path) for path in sorted(folder.iterdir())}
    for path, content in found.items():
        assert content is not None
        header, packets = content
        longest = max((other for other in found.values() if other is not None), key=lambda other: len(other[1][0]))
        write_take(path, header, [longest[1][0], *packets[1:]])


def test_who_has_no_home_has_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not usable(Path("~/.cache/tensorreel"))
    assert list(tmp_path.iterdir()) == []


def test_no_cache_neither_reads_nor_writes(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.chdir(tmp_path)
    command = ["render", "conv1d", "--input", "[1,2,3]", "--weight", "[1,-1]", "-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "2"]

    def clip(*more: str) -> list[np.ndarray]:
        result = run(*command, "-o", "clip.mp4", *more)
        assert result.exit_code == 0, result.output
        return frames(tmp_path / "clip.mp4")

    right = clip("--no-cache")
    assert list(folder.iterdir()) == []
    assert same(clip(), right)
    assert len(list(folder.iterdir())) > 2
    forge(folder)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert same(clip("--no-cache"), right)
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    assert not same(clip(), right), "the forged takes would have been seen"


@pytest.mark.parametrize("way", ["a file", "a file above", "not allowed"])
def test_a_cache_that_cannot_be_written_does_not_stop_a_rendering(
    crew: Crew, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "file").write_bytes(b"in the way")
    place = {"a file": tmp_path / "file", "a file above": tmp_path / "file" / "cache", "not allowed": folder}[way]
    if way == "not allowed":
        access = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    assert len(drawn(crew, tmp_path / "clip.mp4", cached(place))) == 90
    assert list(folder.iterdir()) == []
    assert list(scratch.iterdir()) == []
    assert (tmp_path / "file").read_bytes() == b"in the way"


def test_what_is_not_kept_is_gone_after_a_failure(own_crew: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what a process was drawing just then."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    class Failing(Watcher):
        def frame(self, frames: int) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drawn(own_crew, tmp_path / "clip.mp4", None, Failing())
    assert wait(lambda: not threads())
    assert list(scratch.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]


# --- takes that vanish -------------------------------------------------------------------------------------------------------------------


def test_takes_that_vanish_are_made_again(crew: Crew, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(crew, tmp_path / "whole.mp4", cached(folder))
    looked_at: list[Path] = []

    def late(path: Path) -> Any:
        looked_at.append(path)
        if len(looked_at) in (1, 3):
            path.unlink()
        return read_take(path)

    monkeypatch.setattr(studio.render, "read_take", late)
    watcher = Watcher()
    assert same(drawn(crew, tmp_path / "again.mp4", cached(folder), watcher), whole)
    assert watcher == Watcher([], 90)
    assert len(looked_at) == len(takes(planned())) + 2


def test_takes_that_always_vanish_are_given_up(own_crew: Crew, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.render, "read_take", lambda path: None)
    with pytest.raises(RuntimeError, match=r"takes vanish from .* as soon as they are made"):
        drawn(own_crew, tmp_path / "clip.mp4", cached(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_cleared_cache_fills_again(crew: Crew, folder: Path, tmp_path: Path) -> None:
    first = drawn(crew, tmp_path / "clip.mp4", cached(folder))
    names = set(inodes(folder))
    cached(folder).clear()
    assert list(folder.iterdir()) == []
    assert same(drawn(crew, tmp_path / "clip.mp4", cached(folder)), first)
    assert set(inodes(folder)) == names


# --- what is drawn anew ------------------------------------------------------------------------------------------------------------------


def files(crew: Crew, folder: Path, shown: Trace, picture: Picture = PICTURE) -> dict[int, str]:
    """The names of the files of a clip's takes."""
    plan = planned(shown)
    events = crew.make(Record(shown), plan, picture, (folder, folder), takes(plan))
    return {number: path.name for event, take, path in events if path is not None for number in [takes(plan).index(take)]}


BATCH = [[[[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3], [4, 5, 6, 7]]], [[[2, 4, 6, 8], [1, 3, 5, 7], [3, 2, 1, 9], [8, 7, 6, 5]]]]
OUTPUTS = 9  # of 4 x 4 with a kernel of 2 x 2, for each sample


def test_another_number_in_one_sample_draws_only_that_sample_anew(crew: Crew, folder: Path) -> None:
    kernel = [[1, 2], [0, 1]]
    first = files(crew, folder, engine.conv2d(BATCH, kernel))
    before = inodes(folder)
    other: Any = [BATCH[0], [[[*BATCH[1][0][0][:3], 5], *BATCH[1][0][1:]]]]
    assert np.flatnonzero(np.array(other) != np.array(BATCH)).tolist() == [19]
    second = files(crew, folder, engine.conv2d(other, kernel))
    plan = planned(engine.conv2d(BATCH, kernel))
    of_sample_0 = {number for number, take in enumerate(takes(plan)) if max(plan[take.beat].steps) < OUTPUTS}
    assert 3 <= len(of_sample_0) <= len(first) - 2
    assert {number for number in first if first[number] == second[number]} == of_sample_0
    after = inodes(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) - len(before) == len(first) - len(of_sample_0) < len(first)


def test_another_theme_or_quality_draws_everything_anew(crew: Crew, folder: Path) -> None:
    looks = [Picture.of("480p", 5, theme) for theme in THEMES] + [Picture.of("720p", 5, "dark")]
    names = [set(files(crew, folder, trace(), picture).values()) for picture in looks]
    assert [len(found) for found in names] == [len(takes(planned()))] * len(looks)
    assert all(not one & other for one, other in combinations(names, 2))
    assert set(inodes(folder)) == set.union(*names)


def test_takes_of_another_length_are_others(crew: Crew, folder: Path, tmp_path: Path) -> None:
    drawn(crew, tmp_path / "clip.mp4", cached(folder))
    longer = beats(trace(), detail=1, seconds=20, fps=5)
    assert {beat.kind for beat in longer} == {beat.kind for beat in planned()}
    render(trace(), longer, PICTURE, tmp_path / "longer.mp4", Watcher(), cache=cached(folder), crew=crew)
    assert len(frames(tmp_path / "longer.mp4")) == 100


def test_another_ground_draws_everything_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a picture on which nothing stands."""

    def key() -> str:
        with tempconfig({"dry_run": True}):
            return studio.worker.Studio(Record(trace()), planned(), PICTURE, (folder, folder)).key([])

    before = key()
    assert key() == before
    monkeypatch.setitem(THEMES, "dark", replace(THEMES["dark"], ground="#0E1117"))
    assert key() != before


# --- several at the same time ------------------------------------------------------------------------------------------------------------


def test_two_renderings_may_share_a_cache(tmp_path: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "cli", "render", "conv2d", "--input", "randn:1x6x6", "--weight", "randn:1x1x3x3", "--jobs", "2"]
    command += ["-q", "480p", "--fps", "5", "--seconds", "12"]
    clips = [tmp_path / f"clip{number}.mp4" for number in range(2)]
    environment = {**os.environ, FOLDER_VARIABLE: str(folder)}
    running = [
        subprocess.Popen([*command, "-o", str(clip)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for clip in clips
    ]
    said = [process.communicate(timeout=120)[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    first, second = map(frames, clips)
    assert len(first) == 60
    assert same(first, second)
    assert len(list(folder.iterdir())) > 3
    assert all(path.suffix == ".take" and read_take(path) is not None for path in folder.iterdir())
