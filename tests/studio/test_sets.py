from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import studio.locks
from engine.errors import InputError
from studio.locks import alone
from studio.sets import LOCK, MARK, NEW, all_at_once, present, scratch, tidied, whole
from studio.signals import tidy_when_killed
from tests.processes import heed_signals

ROOT = Path(__file__).parents[2]
OLD = {"clip.html": "old page", "clip.mp4": "old film", "clip.vtt": "old words"}
FRESH = {"clip.html": "new page", "clip.mp4": "new film", "clip.vtt": "new words"}


@pytest.fixture(params=[0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def content(folder: Path) -> dict[str, str]:
    """All that is there, hidden things too."""
    return {path.name: path.read_text() if path.is_file() else "a folder" for path in folder.iterdir()}


def make(place: Path, files: dict[str, str] = FRESH) -> None:
    with all_at_once(place / "clip") as folder:
        fill(folder, files)


# --- one file ----------------------------------------------------------------------------------------------------------------------------


def test_a_file_appears_whole_and_as_any_other(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "clip.mp4"
    with whole(path) as temporary:
        assert tmp_path in temporary.parents
        assert temporary.name == path.name
        temporary.write_bytes(b"frames")
        assert not path.exists()
    assert path.read_bytes() == b"frames"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert list(tmp_path.iterdir()) == [path]
    assert os.umask(umask) == umask


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    with whole(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def fail_in(path: Path, error: BaseException) -> None:
    with whole(path) as temporary, whole(path.with_suffix(".vtt")) as other:
        temporary.write_bytes(b"half of it")
        other.write_bytes(b"all of it")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
@pytest.mark.parametrize("older", [b"old", None])
def test_nothing_remains_of_a_failure(tmp_path: Path, error: BaseException, older: bytes | None) -> None:
    path = tmp_path / "clip.mp4"
    if older:
        path.write_bytes(older)
    with pytest.raises(type(error)):
        fail_in(path, error)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ({"clip.mp4": older} if older else {})


def test_a_long_name(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 120}.mp4"
    with whole(path) as temporary:
        temporary.write_bytes(b"frames")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_file_where_none_may_be(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"cannot be written \(File name too long\); give a shorter name$"),
        whole(tmp_path / ("x" * 252)) as new,
    ):
        new.with_suffix(".mp4").write_bytes(b"frames")
    assert content(tmp_path) == {}


# --- several files -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_files_appear_together_or_not_at_all(tmp_path: Path, umask: int, error: BaseException) -> None:
    fill(tmp_path, OLD)

    def fail() -> None:
        with all_at_once(tmp_path / "clip") as folder:
            fill(folder, FRESH)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert content(tmp_path) == OLD
    with all_at_once(tmp_path / "clip") as folder:
        fill(folder, {**FRESH, ".other": "not to be kept"})
        (scratch(folder) / "clip.mov").write_text("not to be kept")
        assert OLD.items() <= content(tmp_path).items()
    assert content(tmp_path) == FRESH
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o666 & ~umask}


@pytest.mark.parametrize("older", [OLD, {}, {"clip.mp4": "old film"}], ids=["all", "none", "one"])
@pytest.mark.parametrize("way", ["folder", "error", "interrupt"])
def test_what_cannot_be_moved_leaves_the_old_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, older: dict[str, str], way: str) -> None:
    """Whether it is seen before, or at the last of them only."""
    fill(tmp_path, older)
    kinds: dict[str, BaseException] = {"error": OSError(errno.EIO, "Input/output error"), "interrupt": KeyboardInterrupt()}
    if way == "folder":
        (tmp_path / "clip.vtt").unlink(missing_ok=True)
        (tmp_path / "clip.vtt").mkdir()
    else:
        stop(monkeypatch, 3, kinds[way], again=False)
    before = content(tmp_path)
    with pytest.raises(KeyboardInterrupt if way == "interrupt" else InputError) as found:
        make(tmp_path)
    assert content(tmp_path) == before
    if way != "interrupt":
        assert {"folder": "'clip.vtt', which is to be written, is a folder", "error": "(Input/output error)"}[way].replace(
            "'clip.vtt'", repr(str(tmp_path / "clip.vtt"))
        ) in str(found.value)


class Killed(BaseException):
    """The end of the process, as far as a test of one process can have it."""


def stop(monkeypatch: pytest.MonkeyPatch, count: int, error: BaseException, *, again: bool = True) -> list[Path]:
    """Instead of the move number ``count``, counted from 1, and of all after it (``again``), there is an error."""
    move, moved = Path.replace, list[Path]()

    def replace(self: Path, other: Path) -> Path:
        moved.append(self)
        if len(moved) == count or (again and len(moved) > count):
            raise error
        return move(self, other)

    monkeypatch.setattr(Path, "replace", replace)
    return moved


def killed(place: Path, moment: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Runs until move number ``moment``; nothing is tidied any more, as after a kill. False if there are not so many."""
    with monkeypatch.context() as patch:
        stop(patch, moment, Killed())
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        try:
            make(place)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("older", [OLD, {}, {"clip.mp4": "old film"}], ids=["all", "none", "one"])
@pytest.mark.parametrize("links", [True, False])
def test_a_kill_at_any_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, older: dict[str, str], links: bool) -> None:
    """The next one that writes there finishes it, or finds it not begun."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EPERM, "no links here")))
    found = []
    for moment in range(1, 10):
        place = tmp_path / str(moment)
        place.mkdir()
        fill(place, older)
        if not killed(place, moment, monkeypatch):
            break
        assert [name for name in content(place) if name.endswith(MARK)] != []
        tidied(place)
        found.append(content(place))
    assert found == [older, FRESH, FRESH, FRESH]


@pytest.mark.parametrize("moment", range(3, 8))
def test_a_kill_while_the_old_ones_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """The list, two files, an error at the third; then the list is renamed, and three files return."""
    fill(tmp_path, OLD)
    move, count = Path.replace, 0

    def replace(self: Path, other: Path) -> Path:
        nonlocal count
        count += 1
        if count == 4:
            raise OSError(errno.EIO, "Input/output error")
        if count > moment + 1:
            raise Killed
        return move(self, other)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises((Killed, InputError)):
            make(tmp_path)
    tidied(tmp_path)
    assert content(tmp_path) == (FRESH if moment == 3 else OLD)


# --- what killed processes leave ---------------------------------------------------------------------------------------------------------

WRITER = """
import sys, time
from pathlib import Path
from studio.sets import all_at_once

with all_at_once(Path(sys.argv[1])) as folder:
    (folder / "clip.mp4").write_text("half")
    print(folder.parent, flush=True)
    time.sleep(600)
"""


def writer(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that writes, and its hidden folder."""
    command = [sys.executable, "-c", WRITER, str(place / "clip")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", preexec_fn=heed_signals)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_killed_process_is_tidied_up_after_and_a_living_one_is_not(tmp_path: Path) -> None:
    dead, left = writer(tmp_path)
    living, used = writer(tmp_path)
    try:
        dead.kill()
        dead.wait()
        assert left.is_dir()
        with whole(tmp_path / "other.txt") as path:
            path.write_text("done")
        assert content(tmp_path) == {used.name: "a folder", "other.txt": "done"}
        assert (used / NEW / "clip.mp4").read_text() == "half"
    finally:
        for process in (dead, living):
            process.kill()
            process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_polite_signals_leave_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process, _ = writer(tmp_path)
    process.send_signal(number)
    process.communicate()
    assert process.returncode in (128 + number, -number)
    assert content(tmp_path) == {}


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with tidy_when_killed():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_waits_for_the_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, OLD)
    move = Path.replace

    def replace(self: Path, other: Path) -> Path:
        os.kill(os.getpid(), signal.SIGTERM)
        return move(self, other)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(SystemExit) as found:
        make(tmp_path)
    assert found.value.code == 143
    assert content(tmp_path) == FRESH


@pytest.mark.parametrize("what", ["a file", "a link", "a folder of someone's", "names of other folders"])
def test_nothing_else_is_touched(tmp_path: Path, what: str) -> None:
    place, odd = tmp_path / "place", tmp_path / "place" / f".odd{MARK}"
    place.mkdir()
    if what == "a file":
        odd.write_text("mine")
    elif what == "a link":
        (tmp_path / "elsewhere").mkdir()
        odd.symlink_to(tmp_path / "elsewhere")
    elif what == "a folder of someone's":
        odd.with_name(".odd").mkdir()
    else:
        (odd / NEW).mkdir(parents=True)
        (odd / LOCK).touch()
        (odd / "up.txt").write_text("new")
        (odd / "forward").write_text('{"../up.txt": false}')
    before = sorted(tmp_path.rglob("*"))
    tidied(place)
    assert [path for path in before if path.parent != odd and path != odd and odd not in path.parents] == [
        path for path in sorted(tmp_path.rglob("*")) if path != odd
    ]
    assert what == "names of other folders" or sorted(tmp_path.rglob("*")) == before


# --- two at once -------------------------------------------------------------------------------------------------------------------------


def test_of_two_at_once_one_set_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that write as slowly as they can."""
    move = Path.replace

    def replace(self: Path, other: Path) -> Path:
        time.sleep(0.002)
        return move(self, other)

    monkeypatch.setattr(Path, "replace", replace)
    sets = [{name: str(number) for name in FRESH} for number in range(4)]
    threads = [threading.Thread(target=make, args=(tmp_path, one)) for one in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(tmp_path) in sets


def test_a_folder_is_one_process_s_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.locks, "PATIENCE", 0.05)
    with alone(tmp_path) as first, alone(tmp_path) as second:
        assert (first, second) == (True, False)
    with alone(tmp_path / "none") as found:
        assert found is False


# --- folders -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("used", [True, False])
def test_folders_that_were_made_for_nothing_go(tmp_path: Path, used: bool) -> None:
    def fail() -> None:
        with present(tmp_path / "a" / "b"):
            assert (tmp_path / "a" / "b").is_dir()
            if used:
                (tmp_path / "a" / "kept.txt").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.rglob("*")] == (["a", "kept.txt"] if used else [])
    with present(tmp_path / "c"):
        pass
    assert (tmp_path / "c").is_dir()
