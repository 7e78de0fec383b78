from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
import studio.crew
from engine.errors import InputError
from engine.record import Record
from engine.trace import Trace
from scenes.parts.beat import Beat
from studio.crew import MOST_JOBS, ClipWork, Crew, Hand, check_jobs, default_jobs
from studio.pace import beats
from studio.picture import Picture
from studio.take import Take, read_take, runs, takes

ROOT = Path(__file__).parents[2]
PROCESSES = Path("/proc")
PICTURE = Picture.of("480p", 8, "dark")
#: Long enough for a machine that has other things to do, in seconds.
AGES = 60.0

sees_processes = pytest.mark.skipif(not (PROCESSES / "self" / "environ").exists(), reason="this system does not list processes as files")


@cache
def trace() -> Trace:
    found = engine.conv2d([[1, -2, 3], [4, 5, -6], [7, 8, 9]], [[[[1, 0], [0, -1]]], [[[2, 1], [1, 2]]]], [0.5, -1])
    return replace(found, lessons=(0,))


def planned() -> list[Beat]:
    return beats(trace(), detail=1, seconds=17, fps=8)


def wanted() -> list[Take]:
    return takes(planned())


def make(crew: Crew, folder: Path, shown: Trace | None = None) -> Iterator[tuple[str, Take, Path | None]]:
    return crew.make(Record(shown or trace()), planned(), PICTURE, (folder, folder), wanted())


def made(events: Sequence[tuple[str, Take, Path | None]]) -> dict[Take, Path]:
    """The files of takes, each of which must be made once."""
    found = [(take, path) for event, take, path in events if event == "made" and path is not None]
    assert Counter(take for take, _ in found) == Counter(wanted())
    return dict(found)


def decoded(header: bytes, packets: Sequence[bytes]) -> list[np.ndarray]:
    """The pictures of a take, each as all its luma and chroma."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = header
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return [frame.to_ndarray() for frame in [*frames, *decoder.decode(None)]]


def pictures(path: Path) -> list[np.ndarray]:
    found = read_take(path)
    assert found is not None
    return decoded(*found)


# --- processes ---------------------------------------------------------------------------------------------------------------------------


def marked(mark: str) -> dict[int, int]:
    """Processes that were started with ``mark`` in their environment, with their parents; those that have ended do not count."""
    found = {}
    for folder in PROCESSES.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    found[int(folder.name)] = int(parent)
        except OSError:
            continue  # it has just ended, or is somebody else's
    return found


def wait(condition: Callable[[], bool], seconds: float = AGES) -> bool:
    """Whether it becomes true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture
def takes_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    return folder


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("crew")]


@contextmanager
def marking() -> Iterator[str]:
    """A word in the environment of all processes that are started. None of them is left afterwards, whatever a test found."""
    word = f"mark-{uuid.uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENSORREEL_TEST_MARK", word)
        yield word
    for _ in range(2):
        wait(lambda: not threads(), 5)
        for process in marked(word):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def mark() -> Iterator[str]:
    with marking() as word:
        yield word


TRAP = """
import os, signal, sys, time
from pathlib import Path

from scenes.conv2d import Conv2d

HERE = Path(__file__).parent


class Trap(Conv2d):
    concept = "trap"

    def show(self, beat):
        if beat.name in {}:
            {}
        return super().show(beat)
"""


Trap = Callable[..., Trace]


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """Writes a scene that does something else first, given as a line of Python, in some of its beats. Only processes that draw find it."""
    folder = tmp_path / "front" / "scenes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"__path__.append({str(ROOT / 'scenes')!r})\n")
    monkeypatch.syspath_prepend(folder.parent)

    def write(line: str, names: Sequence[str] = ("quick 2",)) -> Trace:
        (folder / "trap.py").write_text(TRAP.format(names, line))
        return replace(trace(), concept="trap")

    return write


DIE_ONCE = """
            if not (HERE / "dead").exists():
                (HERE / "dead").touch()
                os.kill(os.getpid(), signal.SIGKILL)
"""


# --- how many ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [0, -1, 257])
def test_jobs_that_are_refused(jobs: int) -> None:
    with pytest.raises(InputError, match=rf"^--jobs is {jobs}; give 1 to 256 processes, or leave it out for one per core$"):
        check_jobs(jobs)


@pytest.mark.parametrize("jobs", [1, 3, 256])
def test_jobs_that_are_taken(jobs: int) -> None:
    assert check_jobs(jobs) == jobs


@pytest.mark.parametrize("cores", [1, 3, 64])
def test_there_are_as_many_jobs_as_cores_but_not_too_many(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert check_jobs(None) == default_jobs() == min(cores, MOST_JOBS)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert check_jobs(None) == min(cores, MOST_JOBS)


def test_jobs_of_this_machine() -> None:
    assert 1 <= check_jobs(None) <= min(8, os.cpu_count() or 1)


# --- what is made ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[Take, Path]]:
    """The takes that 1, 2 and 4 processes make."""
    found = {}
    for jobs in (1, 2, 4):
        with Crew(jobs) as crew:
            found[jobs] = made(list(make(crew, tmp_path_factory.mktemp(f"jobs{jobs}"))))
    return found


def test_every_take_has_its_frames(folders: dict[int, dict[Take, Path]]) -> None:
    assert len(folders[1]) == len(planned()) > 4
    for take, path in folders[1].items():
        images = pictures(path)
        assert len(images) == take.frames
        assert all(image.shape == (PICTURE.height * 3 // 2, PICTURE.width) for image in images)


@pytest.mark.parametrize("jobs", [2, 4])
def test_takes_have_the_same_names_whoever_makes_them(folders: dict[int, dict[Take, Path]], jobs: int) -> None:
    assert {take: path.name for take, path in folders[jobs].items()} == {take: path.name for take, path in folders[1].items()}
    assert {path.name for path in folders[jobs][wanted()[0]].parent.iterdir()} == {path.name for path in folders[1].values()}


@pytest.mark.parametrize("jobs", [2, 4])
def test_takes_look_the_same_whoever_makes_them(folders: dict[int, dict[Take, Path]], jobs: int) -> None:
    for take, path in folders[jobs].items():
        for one, other in zip(pictures(path), pictures(folders[1][take]), strict=True):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("jobs", [2, 4])
def test_takes_are_the_same_bytes_whoever_makes_them(folders: dict[int, dict[Take, Path]], jobs: int) -> None:
    different = [take for take, path in folders[jobs].items() if path.read_bytes() != folders[1][take].read_bytes()]
    assert different == []


def test_a_crew_makes_one_clip_after_another(tmp_path: Path, takes_folder: Path, folders: dict[int, dict[Take, Path]]) -> None:
    light = Picture.of("480p", 8, "light")
    with Crew(2) as crew:
        other = [path for *_, path in crew.make(Record(trace()), planned(), light, (takes_folder, takes_folder), wanted()) if path]
        events = list(make(crew, tmp_path))
    assert Counter(event for event, *_ in events) == {"began": len(wanted()), "made": len(wanted())}
    assert {path.name for path in made(events).values()} == {path.name for path in folders[1].values()}
    assert not {path.name for path in other} & {path.name for path in folders[1].values()}


def test_where_there_is_no_room_takes_go_elsewhere(tmp_path: Path, takes_folder: Path, folders: dict[int, dict[Take, Path]]) -> None:
    """A full cache is no reason not to draw; if there is no room anywhere, it says so."""
    none = tmp_path / "none"
    with Crew(2) as crew:
        events = list(crew.make(Record(trace()), planned(), PICTURE, (none, takes_folder), wanted()))
        assert {path.name for path in made(events).values()} == {path.name for path in folders[1].values()}
        assert {path.parent for path in made(events).values()} == {takes_folder}
        with pytest.raises(InputError, match=r"none' cannot be written \(No such file or directory\); make its folder first"):
            list(crew.make(Record(trace()), planned(), PICTURE, (none, none), wanted()))


@pytest.mark.parametrize("home", [{}, {"HOME": "/nowhere/at/all"}, {"HOME": ""}])
def test_processes_start_without_a_path_and_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: dict[str, str]) -> None:
    """As under cron, or in a bare container, whose users have no names."""
    monkeypatch.delenv("PATH")
    monkeypatch.delenv("HOME", raising=False)
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os.path, "expanduser", lambda path: home.get("HOME", path))
    environment = studio.crew._environment()
    assert environment["PATH"] == os.defpath
    assert environment["HOME"] == home.get("HOME", "/")


def test_a_process_that_ends_says_one_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.crew.json, "dumps", lambda _: '["/nowhere"]')
    with Crew(1) as crew:
        crew.hands[0].process.wait(60)
    said = capfd.readouterr().err
    assert said.startswith("a drawing process ended: ModuleNotFoundError: No module named ")
    assert said.count("\n") == 1


def test_a_take_is_made_again_as_often_as_it_is_asked_for(takes_folder: Path) -> None:
    """With all steps that it needs, however much was known the time before."""
    shown = engine.conv2d([[i * j % 10 for j in range(6)] for i in range(6)], [[1, 0], [0, -1]])
    plan = beats(shown, detail=0, seconds=9, fps=8)
    (take,) = (take for take in takes(plan) if plan[take.beat].kind == "sweep")
    assert plan[take.beat].steps - {*Record(shown).sampled}
    with Crew(1) as crew:
        for _ in range(2):
            events = list(crew.make(Record(shown), plan, PICTURE, (takes_folder, takes_folder), [take]))
            assert [event for event, *_ in events] == ["began", "made"]
            (path,) = takes_folder.iterdir()
            path.unlink()


IMPORTED = "import sys, studio.worker, scenes.conv2d, scenes.conv1d; print(*sorted({'torch', 'manim', 'numpy'} & set(sys.modules)))"


def test_what_draws_imports_no_torch() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=AGES, check=True)
    assert done.stdout.split() == ["manim", "numpy"]


def test_a_process_that_draws_has_no_torch(tmp_path: Path, trap: Trap) -> None:
    shown = trap("raise LookupError(sorted({'torch', 'manim', 'numpy'} & set(sys.modules)))")
    with Crew(1) as crew, pytest.raises(LookupError) as caught:
        list(make(crew, tmp_path, shown))
    assert caught.value.args == (["manim", "numpy"],)


# --- who makes what ----------------------------------------------------------------------------------------------------------------------


def some_takes(costs: Sequence[float]) -> list[Take]:
    return [Take(number, 0, 1, cost) for number, cost in enumerate(costs)]


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=40), st.integers(1, 10))
def test_runs_are_neighbours_that_cost_about_the_same(costs: list[float], count: int) -> None:
    found = runs(some_takes(costs), count)
    assert len(found) == count
    assert [take for run in found for take in run] == some_takes(costs)
    assert all(sum(take.cost for take in run) <= sum(costs) / count + max(costs) * 1.001 for run in found)


@given(st.lists(st.lists(st.floats(0.1, 1000), max_size=8), min_size=1, max_size=4), st.data())
def test_every_take_is_given_once(costs: list[list[float]], data: st.DataObject) -> None:
    """Whoever is fast: own takes come in their order, then those from the end of the run that is the longest."""
    queues = [[Take(number, i, i + 1, cost) for i, cost in enumerate(run)] for number, run in enumerate(costs)]
    anybody: Any = SimpleNamespace(dismissed=False)
    nothing: Any = (None, [], None, None)
    work = ClipWork(anybody, nothing, queues)
    left = [list(queue) for queue in queues]
    for _ in range(sum(map(len, queues))):
        number = data.draw(st.integers(0, len(queues) - 1))
        longest = max(left, key=lambda run: sum(take.cost for take in run))
        assert work.next(number) == (left[number].pop(0) if left[number] else longest.pop())
    assert [work.next(number) for number in range(len(queues))] == [None] * len(queues)


@pytest.mark.parametrize("shares", [(8, 0), (1, 7)], ids=str)
def test_idle_processes_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shares: tuple[int, ...]) -> None:
    def unfair(found: Sequence[Take], count: int) -> list[list[Take]]:
        assert count == len(shares)
        rest = list(found)
        return [[rest.pop(0) for _ in range(share)] for share in shares]

    helped = set()
    tell = Hand.tell

    def watched(hand: Hand, message: Any) -> None:
        helped.add(threading.current_thread().name)
        tell(hand, message)

    monkeypatch.setattr(studio.crew, "runs", unfair)
    monkeypatch.setattr(Hand, "tell", watched)
    assert len(wanted()) == sum(shares)
    with Crew(2) as crew:
        files = made(list(make(crew, tmp_path)))
    assert set(tmp_path.iterdir()) == set(files.values())
    assert helped == {"crew 0", "crew 1"}


# --- what goes wrong ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_dies_is_replaced(tmp_path: Path, takes_folder: Path, trap: Trap, jobs: int) -> None:
    shown = trap(DIE_ONCE)
    with Crew(jobs) as crew:
        events = list(make(crew, takes_folder, shown))
    assert [planned()[take.beat].name for event, take, _ in events if event == "died"] == ["quick 2"]
    assert [event for event, take, _ in events if planned()[take.beat].name == "quick 2"] == ["began", "died", "made"]
    files = made(events)
    assert set((takes_folder).iterdir()) == set(files.values())
    assert [len(pictures(files[take])) for take in wanted()] == [take.frames for take in wanted()]


@sees_processes
@pytest.mark.parametrize("which", ["first", "both"])
def test_processes_killed_from_outside(
    tmp_path: Path, takes_folder: Path, mark: str, folders: dict[int, dict[Take, Path]], trap: Trap, which: str
) -> None:
    """While both are in the middle of a take."""
    busy = tmp_path / "busy"
    busy.mkdir()
    wait_for_go = f"Path({str(busy)!r}, str(os.getpid())).touch()\n            while not (HERE / 'go').exists(): time.sleep(0.01)"
    shown = trap(wait_for_go, [beat.name for beat in planned()])
    with Crew(2) as crew:
        events = []
        for event in make(crew, takes_folder, shown):
            events.append(event)
            if len(events) == 1:
                assert wait(lambda: len(list(busy.iterdir())) == 2)
                first = crew.hands[0].process.pid
                assert {int(file.name) for file in busy.iterdir()} == set(marked(mark))
                (copy,) = set(marked(mark)) - {first}
                for process in [first] if which == "first" else [first, copy]:
                    os.kill(process, signal.SIGKILL)
                (tmp_path / "front" / "scenes" / "go").touch()
    assert Counter(event for event, *_ in events)["died"] == (2 if which == "both" else 1)
    assert {path.name for path in made(events).values()} == {path.name for path in folders[1].values()}
    assert wait(lambda: not marked(mark))


@sees_processes
def test_processes_killed_before_there_is_work(tmp_path: Path, mark: str) -> None:
    with Crew(2) as crew:
        assert wait(lambda: len(marked(mark)) == 2)
        for process in marked(mark):
            os.kill(process, signal.SIGKILL)
        assert wait(lambda: not marked(mark))
        events = list(make(crew, tmp_path))
    assert Counter(event for event, *_ in events)["died"] == 2
    assert set(made(events).values()) == set(tmp_path.iterdir())


def test_two_deaths_over_one_take_are_enough(tmp_path: Path, trap: Trap) -> None:
    shown = trap("os.kill(os.getpid(), signal.SIGKILL)")
    events: list[Any] = []
    words = r"^two drawing processes died over beat 4 \(quick 2\), as they do without memory; what they said"
    with Crew(2) as crew, pytest.raises(InputError, match=words):
        events.extend(make(crew, tmp_path, shown))
    assert [take.beat for event, take, _ in events if event == "died"] == [3]


def test_an_exception_in_a_scene_comes_out_with_its_type(tmp_path: Path, trap: Trap) -> None:
    shown = trap("raise ZeroDivisionError('in the scene', 7)")
    with Crew(2) as crew, pytest.raises(ZeroDivisionError) as caught:
        list(make(crew, tmp_path, shown))
    assert caught.value.args == ("in the scene", 7)
    (note,) = caught.value.__notes__
    assert "Traceback (most recent call last)" in note
    assert 'trap.py", line 15, in show' in note
    assert note.rstrip().endswith("ZeroDivisionError: ('in the scene', 7)")


def test_an_exception_that_cannot_travel_comes_out_as_its_words(tmp_path: Path, trap: Trap) -> None:
    shown = trap("raise type('OddError', (Exception,), {})('in the scene')")
    with Crew(1) as crew, pytest.raises(RuntimeError) as caught:
        list(make(crew, tmp_path, shown))
    assert caught.value.args == ("in the scene",)
    assert "OddError: in the scene" in caught.value.__notes__[0]


# --- the end -----------------------------------------------------------------------------------------------------------------------------


class LeftError(Exception):
    """What the one who asks has to do instead."""


def ask_nothing(crew: Crew, folder: Path, shown: Trace) -> None:
    """Leaves at once, when the processes have hardly begun."""


def ask_and_forget(crew: Crew, folder: Path, shown: Trace) -> None:
    make(crew, folder, shown)


def stop_at_the_first_take(crew: Crew, folder: Path, shown: Trace) -> None:
    next(event for event in make(crew, folder, shown) if event[0] == "made")


#: One beat for each process.
LONG = ["quick 2", "sweep 5 to 7"]


def stop_in_the_middle(crew: Crew, folder: Path, shown: Trace) -> None:
    begun = set()
    for event, take, _ in make(crew, folder, shown):
        if event == "began":
            begun.add(planned()[take.beat].name)
        if begun >= set(LONG):
            break
    assert wait(lambda: len(list(folder.parent.glob("front/scenes/caught*"))) == 2)


def stop_and_keep_the_rest(crew: Crew, folder: Path, shown: Trace) -> None:
    KEPT.append(make(crew, folder, shown))
    next(KEPT[-1])


def fail_at_the_first_take(crew: Crew, folder: Path, shown: Trace) -> None:
    for event, *_ in make(crew, folder, shown):
        if event == "made":
            raise LeftError


def be_interrupted(crew: Crew, folder: Path, shown: Trace) -> None:
    next(make(crew, folder, shown))
    raise KeyboardInterrupt


KEPT: list[Any] = []
WAYS_TO_LEAVE = [
    ask_nothing,
    ask_and_forget,
    stop_at_the_first_take,
    stop_in_the_middle,
    stop_and_keep_the_rest,
    fail_at_the_first_take,
    be_interrupted,
]


def work_and_leave(work: Callable[[Crew, Path, Trace], None], folder: Path, shown: Trace) -> Crew:
    with Crew(2) as crew:
        work(crew, folder, shown)
    return crew


@sees_processes
@pytest.mark.parametrize("work", WAYS_TO_LEAVE)
def test_nothing_is_left_behind(
    tmp_path: Path, takes_folder: Path, mark: str, trap: Trap, work: Callable[[Crew, Path, Trace], None]
) -> None:
    """Also where processes are in the middle of something that takes long."""
    shown = trap("(HERE / f'caught-{os.getpid()}').touch(); time.sleep(60)", LONG)
    ends: list[float] = []
    leave = Crew.__exit__

    def timed(crew: Crew, *what: Any) -> None:
        ends.append(time.monotonic())
        leave(crew, *what)
        ends.append(time.monotonic())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Crew, "__exit__", timed)
        try:
            crew: Crew | None = work_and_leave(work, takes_folder, shown)
        except (LeftError, KeyboardInterrupt):
            crew = None
    assert ends[1] - ends[0] < 5
    assert wait(lambda: not threads(), 20), "threads wait for processes that will not answer"
    assert wait(lambda: not marked(mark), 5), "processes are left"
    assert crew is None or all(hand.process.poll() is not None for hand in crew.hands)
    KEPT.clear()


PARENT = """
import pickle, sys, time
from pathlib import Path
from studio.crew import Crew

clip, folder, moment = pickle.loads(Path(sys.argv[1]).read_bytes())
with Crew(2) as crew:
    if moment == "start":
        print("ready", flush=True)
        time.sleep(600)
    for event, take, path in crew.make(*clip[:-1], (folder, folder), clip[-1]):
        if moment == "work" and event == "made":
            print("ready", flush=True)
    print("ready", flush=True)
    time.sleep(600)
"""


@sees_processes
@pytest.mark.parametrize("moment", ["start", "work", "idle"])
def test_processes_end_when_nobody_is_there_to_ask(tmp_path: Path, takes_folder: Path, mark: str, moment: str) -> None:
    record = Record(trace())
    record.learn({k: trace()[k] for k in range(len(trace()))})
    (tmp_path / "clip").write_bytes(pickle.dumps(((record, planned(), PICTURE, wanted()), takes_folder, moment)))
    command = [sys.executable, "-c", PARENT, str(tmp_path / "clip")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        assert wait(lambda: len(set(marked(mark)) - {parent.pid}) == 2)
        os.kill(parent.pid, signal.SIGKILL)
        assert parent.wait(AGES) == -signal.SIGKILL
    assert wait(lambda: not marked(mark), 20)
    assert all(read_take(path) is not None for path in tmp_path.glob("takes/*.take"))


# --- pipes -------------------------------------------------------------------------------------------------------------------------------


def test_pipes_in_place_of_sockets(
    tmp_path: Path,
    takes_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    folders: dict[int, dict[Take, Path]],
    trap: Trap,
) -> None:
    """As on Windows; what is printed by mistake, by Python or below it, goes elsewhere."""

    def end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    shown = trap("print('stray words'); sys.stdout.flush(); os.write(1, b'stray bytes\\n' * 1000)")
    monkeypatch.setattr(studio.crew, "start", lambda count: [studio.crew._piped() for _ in range(count)])
    monkeypatch.setattr(studio.crew, "_end", end)
    with Crew(1) as crew:
        events = list(make(crew, takes_folder, shown))
    assert Counter(event for event, *_ in events) == {"began": len(wanted()), "made": len(wanted())}
    assert {take: path.name for take, path in made(events).items()} == {take: path.name for take, path in folders[1].items()}
    out, err = capfd.readouterr()
    assert out == ""
    assert "stray words" in err
    assert err.count("stray bytes") == 1000


def test_a_pipe_that_closes_ends_the_process() -> None:
    hand = studio.crew._piped()
    hand.close()
    assert hand.process.wait(AGES) == 0


# --- where it runs -----------------------------------------------------------------------------------------------------------------------


def test_files_that_lie_about_are_not_imported(tmp_path: Path, takes_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder in which someone renders may hold anything."""
    for name in ("json", "pickle", "manim", "studio"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is not the module that you look for')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder not in ("", str(tmp_path))])
    with Crew(1) as crew:
        events = list(make(crew, takes_folder))
    assert Counter(event for event, *_ in events) == {"began": len(wanted()), "made": len(wanted())}
