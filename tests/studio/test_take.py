from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import conv2d
from scenes.parts.beat import SWEEP_FRAMES, Beat
from studio import pace
from studio.take import SWEEP_TAKE, Take, read_take, runs, takes, write_take

ROOT = Path(__file__).parents[2]
KINDS = ("opening", "full", "quick", "sweep", "closing")

thorough = settings(derandomize=True, max_examples=200)


def beat(kind: Any, frames: int, steps: int = 1) -> Beat:
    return Beat(kind=kind, start=0, stop=steps, phase="all", say="", frames=frames)


some_beats = st.lists(st.builds(beat, st.sampled_from(KINDS), st.integers(1, 2000)), max_size=30)
some_takes = st.lists(st.builds(Take, st.integers(0, 9), st.just(0), st.just(1), st.floats(6, 60)), max_size=60)


# --- which takes there are ----------------------------------------------------------------------------------------------------------------


@thorough
@given(some_beats)
def test_takes_have_every_frame_once_and_in_order(beats: list[Beat]) -> None:
    found = takes(beats)
    assert [(take.beat, frame) for take in found for frame in range(take.first, take.after)] == [
        (number, frame) for number, one in enumerate(beats) for frame in range(one.frames)
    ]
    assert sum(take.frames for take in found) == sum(one.frames for one in beats)
    assert min((take.frames for take in found), default=1) >= 1
    assert all(take.cost > 0 for take in found)


@thorough
@given(some_beats)
def test_only_long_sweeps_are_cut(beats: list[Beat]) -> None:
    found = takes(beats)
    for number, one in enumerate(beats):
        lengths = [take.frames for take in found if take.beat == number]
        if one.kind == "sweep":
            assert len(lengths) == (one.frames + SWEEP_TAKE - 1) // SWEEP_TAKE
            assert max(lengths) <= SWEEP_TAKE
            assert max(lengths) - min(lengths) <= 1
        else:
            assert lengths == [one.frames]


@thorough
@given(some_beats, some_beats)
def test_a_beat_has_the_same_takes_wherever_it_stands(before: list[Beat], beats: list[Beat]) -> None:
    """Else what was drawn once would not be found again in another clip."""
    alone = [[(take.first, take.after, take.cost) for take in takes([one])] for one in beats]
    together = takes([*before, *beats])
    for number, wanted in enumerate(alone, len(before)):
        assert [(take.first, take.after, take.cost) for take in together if take.beat == number] == wanted
    assert takes([*before, *beats]) == together


def test_takes_by_hand() -> None:
    assert SWEEP_TAKE == 40 * SWEEP_FRAMES == 120
    found = takes([beat("opening", 90), beat("full", 1000), beat("sweep", 120, 40), beat("sweep", 241, 1000), beat("closing", 1)])
    assert [(take.beat, take.first, take.after) for take in found] == [
        (0, 0, 90),
        (1, 0, 1000),
        (2, 0, 120),
        (3, 0, 80),
        (3, 80, 161),
        (3, 161, 241),
        (4, 0, 1),
    ]
    assert takes([]) == []


def test_what_moves_more_costs_more() -> None:
    cost = {kind: takes([beat(kind, 100)])[0].cost for kind in KINDS}
    assert cost["opening"] == cost["closing"] < min(cost["full"], cost["quick"], cost["sweep"])
    assert takes([beat("full", 100)])[0].cost < takes([beat("full", 200)])[0].cost


def test_takes_of_a_clip() -> None:
    planned = pace.beats(conv2d([[1.0] * 40] * 40, [[1.0, 2.0], [3.0, 4.0]]), seconds=40, fps=30)
    assert max(one.frames for one in planned if one.kind == "sweep") > SWEEP_TAKE
    found = takes(planned)
    assert len(found) > len(planned)
    assert sum(take.frames for take in found) == 1200
    for count in (1, 2, 3, 8):
        check_runs(found, runs(found, count), count)


# --- how they are shared out --------------------------------------------------------------------------------------------------------------


def check_runs(found: Sequence[Take], shared: Sequence[Sequence[Take]], count: int) -> None:
    """Neighbours stay together, and nobody has more or less than his share but for one take."""
    assert len(shared) == count
    assert [take for run in shared for take in run] == list(found)
    share = sum(take.cost for take in found) / count
    for run in shared:
        assert abs(sum(take.cost for take in run) - share) <= max((take.cost for take in found), default=0) + 1e-6


@thorough
@given(some_takes, st.integers(1, 100))
@example([], 3)
@example([Take(0, 0, 1, 6.0)], 1)
@example([Take(0, 0, 1, 6.0)], 8)
@example([Take(0, 0, 1, 6.0), Take(1, 0, 1, 1000.0)], 2)
@example([Take(0, 0, 1, 1e18), Take(1, 0, 1, 6.0)], 2)
def test_runs_are_balanced(found: list[Take], count: int) -> None:
    shared = runs(found, count)
    check_runs(found, shared, count)
    assert shared == runs(list(found), count)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 12])
def test_takes_that_cost_the_same(count: int) -> None:
    found = [Take(i, 0, 30, 10.0) for i in range(12)]
    assert [len(run) for run in runs(found, count)] == [12 // count] * count


def test_runs_by_hand() -> None:
    found = [Take(i, 0, 30, cost) for i, cost in enumerate([10.0, 40.0, 10.0, 20.0, 20.0, 20.0])]
    assert [[take.beat for take in run] for run in runs(found[:3], 3)] == [[0], [1], [2]]
    assert [[take.beat for take in run] for run in runs(found, 2)] == [[0, 1, 2], [3, 4, 5]]
    assert [[take.beat for take in run] for run in runs(found, 4)] == [[0], [1, 2], [3], [4, 5]]
    assert runs([], 3) == [[], [], []]


@pytest.mark.parametrize("count", [5, 8, 100])
def test_more_runs_than_takes(count: int) -> None:
    found = [Take(i, 0, 30, 10.0) for i in range(5)]
    shared = runs(found, count)
    check_runs(found, shared, count)
    assert max(map(len, shared)) == 1


# --- files --------------------------------------------------------------------------------------------------------------------------------

packet_lists = st.lists(st.one_of(st.just(b""), st.binary(max_size=40), st.just(b"\x00" * 300)), max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("takes")


@thorough
@given(st.binary(max_size=60), packet_lists)
@example(b"", [])
@example(b"", [b""])
@example(b"header", [b"", b"", b"x", b""])
def test_what_is_read_is_what_was_written(folder: Path, header: bytes, packets: list[bytes]) -> None:
    path = folder / "any.take"
    write_take(path, header, packets)
    assert read_take(path) == (header, packets)
    assert [file.name for file in folder.iterdir()] == ["any.take"]


def test_large_packets(tmp_path: Path) -> None:
    path = tmp_path / "large.take"
    packets = [bytes([i]) * size for i, size in enumerate([5_000_000, 1, 0, 70_000])] + [b"last"] * 1000
    write_take(path, b"header", packets)
    assert read_take(path) == (b"header", packets)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.take"
    write_take(path, b"long header", [b"a" * 1000])
    write_take(path, b"h", [b"b"])
    assert read_take(path) == (b"h", [b"b"])
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.take"
    write_take(path, b"old", [b"old"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_take(path, b"new", [b"new" * 100])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_take(path) == (b"old", [b"old"])
    (tmp_path / "folder.take").mkdir()
    with pytest.raises(OSError):
        write_take(tmp_path / "folder.take", b"new", [b"new"])
    assert {file.name for file in tmp_path.iterdir()} == {"a.take", "folder.take"}


@pytest.fixture
def intact(tmp_path: Path) -> tuple[Path, bytes]:
    """A take's file, and its bytes."""
    path = tmp_path / "a.take"
    write_take(path, b"header", [b"first packet", b"", b"\x00\x01\x02", b"last"])
    assert read_take(path) is not None
    return path, path.read_bytes()


def test_a_file_cut_off_anywhere(intact: tuple[Path, bytes]) -> None:
    path, data = intact
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert read_take(path) is None
    path.write_bytes(data + b"\x00")
    assert read_take(path) is None


def test_one_bit_flipped_anywhere(intact: tuple[Path, bytes]) -> None:
    path, data = intact
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert read_take(path) is None


@thorough
@given(st.data())
def test_other_damage(folder: Path, data: st.DataObject) -> None:
    """Zeros where a part never reached the disk, parts that are missing or there twice."""
    path = folder / "damaged.take"
    packets = [bytes([i % 251]) * (37 * i) for i in range(40)]
    write_take(path, b"header", packets)
    whole = path.read_bytes()
    first, after = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    middle = data.draw(st.sampled_from([b"", b"\x00" * (after - first), whole[first:after] * 2, b"\xff" * (after - first)]))
    damaged = whole[:first] + middle + whole[after:]
    path.write_bytes(damaged)
    assert read_take(path) == ((b"header", packets) if damaged == whole else None)
    path.unlink()


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00" * 100, b"tensorreel take", b"tensorreel take 1\n", b"tensorreel take 1\n" + bytes(12)]
)
def test_no_take_at_all(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.take"
    path.write_bytes(data)
    assert read_take(path) is None


def test_wrong_words_at_the_beginning(intact: tuple[Path, bytes]) -> None:
    path, data = intact
    assert data.startswith(b"tensorreel take 1\n")
    for wrong in (b"tensorreel take 0\n", b"tensorreel take 2\n", b"Tensorreel take 1\n", b"tensorreel take 1\r", b""):
        path.write_bytes(data.replace(b"tensorreel take 1\n", wrong, 1))
        assert read_take(path) is None


def test_no_file(tmp_path: Path) -> None:
    assert read_take(tmp_path / "a.take") is None
    assert read_take(tmp_path / "no folder" / "a.take") is None
    assert read_take(tmp_path) is None


WRITER = """
import sys
from pathlib import Path
from studio.take import write_take

path, letter = Path(sys.argv[1]), sys.argv[2].encode()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100):
    write_take(path, letter, [letter * 50_000, b"", letter * 3])
"""


def test_two_processes_write_the_same_file(tmp_path: Path) -> None:
    """Whoever reads meanwhile sees the one or the other."""
    path = tmp_path / "a.take"
    wanted = [(letter, [letter * 50_000, b"", letter * 3]) for letter in (b"a", b"b")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, letter], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for letter in "ab"
    ]
    try:
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
        write_take(path, *wanted[0])
        for writer in writers:
            assert writer.stdin
            writer.stdin.write("go\n")
            writer.stdin.flush()
        seen = 0
        while any(writer.poll() is None for writer in writers):
            assert read_take(path) in wanted
            seen += 1
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert seen > 0
    assert [writer.returncode for writer in writers] == [0, 0]
    assert read_take(path) in wanted
    assert list(tmp_path.iterdir()) == [path]
