"""What the film of a whole network costs: a LeNet, its preview, a ResNet-18 seen from above, one block of a transformer as large as GPT-2.

Exit code 1 if a bound does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import BIN, ROOT, machine, measured

NETWORKS = "tests/engine/resnet.py"
LENET = ["examples/lenet.py:LeNet", "--state-dict", "examples/lenet.pt", "--input", "examples/digit8.png#grey"]


@dataclass(frozen=True)
class Filmed:
    """A command and its bounds, in seconds and bytes of all processes together."""

    options: list[str]
    seconds: float
    memory: float = 3e9


FILMS = {
    "LeNet, 60 s": Filmed([*LENET, "--seconds", "60"], 8.0),
    "LeNet, first frame": Filmed([*LENET, "--seconds", "60", "--to", "png"], 5.0),
    "ResNet-18, overview": Filmed([f"{NETWORKS}:ResNet18", "--input", "randn:1x3x224x224", "--open", "", "--seconds", "60"], 20.0),
    "GPT-2, one block": Filmed([f"{NETWORKS}:Gpt2", "--input", "ids:[[464,5044,1422,470,3272]]", "--open", "h.3", "--depth", "1"], 30.0),
}


def main() -> int:
    """Prints seconds and memory of every film; the exit code."""
    parser = argparse.ArgumentParser(description="Film whole networks.")
    parser.add_argument("--rounds", type=int, default=3, help="(default: 3)")
    rounds = max(1, parser.parse_args().rounds)
    print(f"{machine()}, {rounds} rounds")
    failed = 0
    for name, film in FILMS.items():
        runs = [run(film) for _ in range(rounds)]
        seconds, memory = median(one[0] for one in runs), max(one[1] for one in runs)
        print(f"{name}: {seconds:.1f} s, {memory / 1e9:.2f} GB")
        if seconds > film.seconds or memory > film.memory:
            failed = 1
            print(f"{name} takes more than {film.seconds:g} s or {film.memory / 1e9:g} GB")
    return failed


def run(film: Filmed) -> tuple[float, int]:
    """Seconds, with an empty cache, and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(BIN / "tensorreel"), "model", *film.options, "-q", "480p", "-o", str(Path(folder) / "film")]
        done = measured(command, watch=True, TENSORREEL_CACHE=str(Path(folder) / "cache"), PYTHONPATH=str(ROOT))
    return done.seconds, done.together


if __name__ == "__main__":
    sys.exit(main())
