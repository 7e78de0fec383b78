"""Whole processes with all that they start: how long, and how much memory at most."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
#: Seconds between two looks at the memory.
WATCH = 0.05


@dataclass(frozen=True)
class Run:
    """A process from its start to its end: seconds, and bytes at most, of the largest of its processes and of all together."""

    seconds: float
    largest: int
    together: int


def measured(command: Sequence[str], *, watch: bool = False, **environment: str) -> Run:
    """Runs a command whose output goes nowhere; only with ``watch`` the memory of its processes is looked at while they run."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **environment})
        peaks, done = [0, 0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        if watch:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        done.set()
        if watch:
            watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}\n{said.read().decode()}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB on Linux
    # What wait4 says counts this process too, as it was when the other one was forked from it.
    return Run(seconds, *peaks) if watch else Run(seconds, usage.ru_maxrss * unit, usage.ru_maxrss * unit)


def _watch(root: int, peaks: list[int], done: threading.Event) -> None:
    while not done.wait(WATCH):
        sizes = [_memory(pid) for pid in _family(root)]
        peaks[:] = max(peaks[0], *(resident for resident, _ in sizes)), max(peaks[1], sum(share for _, share in sizes))


def _family(root: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family


def _memory(pid: int) -> tuple[int, int]:
    """Its memory, and its share of it (proportional set size), in which what processes have in common is counted once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return sizes.get("Rss", 0), sizes.get("Pss", 0)


def paired(commands: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """All commands in turn, so many rounds, in alternating order, so that a machine that slows down slows all of them down."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds):
        for name in list(commands) if number % 2 else reversed(list(commands)):
            runs[name].append(commands[name]())
    return runs


def machine() -> str:
    """What a reader must know of it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        named = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = named[0] if named else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{cores} cores ({model}), {memory:.0f} GB, Python {platform.python_version()}"
