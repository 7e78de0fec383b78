"""The processes that draw. They start, and import Manim, while the caller imports torch and computes."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from engine.errors import InputError
from studio.take import Take, runs

if TYPE_CHECKING:
    from engine.record import Record
    from scenes.parts.beat import Beat
    from studio.picture import Picture

#: More processes than this are not started unless they are asked for: a clip has too few beats for them.
MOST_JOBS = 8
#: What ends a process that draws is one line among what its user reads.
BOOT = """
import json, os, sys
if not os.environ.get("TENSORREEL_DEBUG"):
    sys.excepthook = lambda kind, error, _: print(f"a drawing process ended: {kind.__name__}: {error}", file=sys.stderr)
sys.path[:] = json.loads(sys.argv[1])
from studio.worker import main
main([int(handle) for handle in sys.argv[2:]])
"""
#: One thread each: the processes share the cores.
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


#: Where takes are looked for and kept, and where they go if there is no room.
Folders = tuple[Path, Path]


class DiedError(Exception):
    """A process that draws is gone."""


def default_jobs() -> int:
    """The cores that this process may use, :data:`MOST_JOBS` at the most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_JOBS, cores)


def check_jobs(jobs: int | None) -> int:
    """Raises :class:`InputError` for fewer than one; none are :func:`default_jobs`."""
    if jobs is not None and not 1 <= jobs <= 256:
        raise InputError(f"--jobs is {jobs}; give 1 to 256 processes, or leave it out for one per core")
    return default_jobs() if jobs is None else jobs


@dataclass
class Hand:
    """A process, as those who talk to it see it: ``source`` is what it says, ``target`` what it hears, the rest what it was told."""

    process: subprocess.Popen[bytes]
    source: IO[bytes]
    target: IO[bytes]
    clip: Any = None
    beat: int = -1
    knows: set[int] = field(default_factory=set)

    def tell(self, message: Any) -> None:
        """Sends a message. Raises :class:`DiedError`."""
        try:
            pickle.dump(message, self.target, protocol=pickle.HIGHEST_PROTOCOL)
            self.target.flush()
        except OSError as error:
            raise DiedError from error

    def hear(self) -> Any:
        """Waits for a message. Raises :class:`DiedError`."""
        try:
            return pickle.load(self.source)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise DiedError from error

    def close(self) -> None:
        """Closes both streams, which the process may have left half-way."""
        for stream in (self.source, self.target):
            with suppress(OSError):
                stream.close()


def start(count: int) -> list[Hand]:
    """So many processes that draw."""
    if os.name == "nt":
        return [_piped() for _ in range(count)]
    # On Linux one process imports Manim and the others are its copies; elsewhere a copy of a process with windows and fonts may fail.
    if sys.platform != "linux" and count > 1:
        return [hand for _ in range(count) for hand in start(1)]
    pairs = [socket.socketpair() for _ in range(count)]
    theirs = [pair[1].fileno() for pair in pairs]
    process = subprocess.Popen(_command(theirs), pass_fds=theirs, stdin=subprocess.DEVNULL, env=_environment(), start_new_session=True)
    hands = []
    for mine, other in pairs:
        other.close()
        hands.append(Hand(process, mine.makefile("rb"), mine.makefile("wb")))
        mine.close()  # the files keep it open
    return hands


def _piped() -> Hand:
    process = subprocess.Popen(_command([]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
    assert process.stdin
    assert process.stdout
    return Hand(process, process.stdout, process.stdin)


def _command(handles: Sequence[int]) -> list[str]:
    # Without -P a file that lies about in the folder, such as json.py, would be imported.
    return [sys.executable, "-P", "-c", BOOT, json.dumps(sys.path), *map(str, handles)]


def _environment() -> dict[str, str]:
    # Without a path, or a home that can be found, Manim is not even imported.
    home = os.path.expanduser("~")  # noqa: PTH111  (Path's own raises where there is none)
    return {**os.environ, "PATH": os.environ.get("PATH", os.defpath), **({"HOME": os.sep} if home == "~" else {}), **QUIET}


class Crew:
    """``jobs`` processes; they end with the block."""

    def __init__(self, jobs: int) -> None:
        self.hands = start(jobs)
        self.gone: list[Hand] = []
        self.lock = threading.Lock()
        self.dismissed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.dismiss()

    def dismiss(self) -> None:
        """Ends all processes, whatever they are at."""
        with self.lock:
            if self.dismissed:
                return
            self.dismissed = True
        hands = [*self.hands, *self.gone]
        # Threads may wait for an answer; they get none, and only then can the streams be closed.
        for process in {id(hand.process): hand.process for hand in hands}.values():
            _end(process)
        for hand in hands:
            hand.close()

    def make(
        self, record: Record, beats: Sequence[Beat], picture: Picture, folders: Folders, wanted: Sequence[Take]
    ) -> Iterator[tuple[str, Take, Path | None]]:
        """Has takes made in ``folders`` and says what happens: ``began`` and ``made`` a take, or ``died``, when it is tried once more.

        Takes come in any order. Raises what a process raised, :class:`InputError` if processes die twice over one take, and
        ``RuntimeError`` if the crew was dismissed before.
        """
        if self.dismissed:
            raise RuntimeError("the crew was dismissed; start another one")
        work = ClipWork(self, (record, beats, picture, folders), runs(wanted, len(self.hands)))
        for number in range(len(self.hands)):
            threading.Thread(target=work.run, args=(number,), name=f"crew {number}", daemon=True).start()
        try:
            for _ in range(len(self.hands)):
                while (event := work.events.get()) is not None:
                    if isinstance(event, BaseException):
                        raise event
                    yield event
        finally:
            work.stopped = True

    def replace(self, number: int) -> Hand:
        """Another process in place of one that died. Raises :class:`DiedError` if all of them were ended."""
        with self.lock:
            if self.dismissed:
                raise DiedError
            self.gone.append(self.hands[number])
            (self.hands[number],) = start(1)
            return self.hands[number]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its copies."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class ClipWork:
    """The takes of one clip: each thread works off its own run of neighbours, then helps where most is left."""

    def __init__(self, crew: Crew, clip: tuple[Record, Sequence[Beat], Picture, Folders], queues: Sequence[list[Take]]) -> None:
        self.crew, self.clip = crew, clip
        self.record, self.beats, *_ = clip
        self.queues = [deque(queue) for queue in queues]
        self.lock = threading.Lock()
        self.events: Queue[tuple[str, Take, Path | None] | BaseException | None] = Queue()
        self.stopped = False

    def next(self, number: int) -> Take | None:
        """The next take for a thread."""
        with self.lock:
            if self.stopped or self.crew.dismissed:
                return None
            if self.queues[number]:
                return self.queues[number].popleft()
            longest = max(self.queues, key=lambda queue: sum(take.cost for take in queue))
            return longest.pop() if longest else None

    def run(self, number: int) -> None:
        """What a thread does."""
        try:
            while (take := self.next(number)) is not None:
                self.events.put(("began", take, None))
                self.events.put(("made", take, self._with_patience(number, take)))
        except DiedError:
            pass  # nobody waits for it any more
        except BaseException as error:
            self.events.put(error)
        finally:
            self.events.put(None)

    def _with_patience(self, number: int, take: Take) -> Path:
        """Makes a take; if the process dies over it, another one tries."""
        try:
            return self._make(self.crew.hands[number], take)
        except DiedError:
            hand = self.crew.replace(number)
            self.events.put(("died", take, None))
        try:
            return self._make(hand, take)
        except DiedError:
            if self.crew.dismissed:
                raise
            beat = self.beats[take.beat]
            raise InputError(
                f"two drawing processes died over beat {take.beat + 1} ({beat.name}), as they do without memory; "
                "what they said stands above; give fewer by --jobs, or a smaller picture by -q"
            ) from None

    def _make(self, hand: Hand, take: Take) -> Path:
        if hand.clip is not self.clip:
            hand.tell(("clip", *self.clip))
            hand.clip, hand.beat = self.clip, -1
        forget = take.beat != hand.beat
        if forget:
            hand.beat, hand.knows = take.beat, set()
        missing = self.beats[take.beat].steps - hand.knows - {*self.record.sampled}
        hand.tell(("take", take, self.record.pick(sorted(missing)), forget))
        hand.knows |= missing
        word, *rest = hand.hear()
        if word == "failed":
            raise rest[0]
        path: Path = rest[0]
        return path
