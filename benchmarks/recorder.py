"""What recording a forward pass costs beside the pass itself, in one process: a ResNet-18 over a picture of 224 pixels.

Exit code 1 if recording adds more than twice the time of the pass.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median

import torch

from benchmarks.measure import machine
from engine.recorder.record import record
from tests.engine.resnet import ResNet18

#: Of a recorded pass to a bare one.
RATIO_LIMIT = 3.0


def seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> int:
    """Prints both times and their ratio; the exit code."""
    parser = argparse.ArgumentParser(description="Compare a recorded forward pass with a bare one.")
    parser.add_argument("--rounds", type=int, default=15, help="at least 5 (default: 15)")
    rounds = max(5, parser.parse_args().rounds)
    model, x = ResNet18().eval(), torch.randn(1, 3, 224, 224)
    calls = {"bare": torch.no_grad()(lambda: model(x)), "recorded": lambda: record(model, x)}
    runs: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name in list(calls) if number % 2 else reversed(list(calls)):
            runs[name].append(seconds(calls[name]))
    runs = {name: these[1:] for name, these in runs.items()}  # the first one warmed up
    ratio = median(b / a for a, b in zip(*runs.values(), strict=True))
    count = len(record(model, x).operations)
    print(f"{machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads, {rounds} rounds, {count} operations")
    print("".join(f"{name} {median(these) * 1e3:.1f} ms, " for name, these in runs.items()) + f"ratio {ratio:.2f}")
    if ratio > RATIO_LIMIT:
        print(f"a recorded pass takes {ratio:.2f} times as long as a bare one, more than {RATIO_LIMIT:g}")
    return int(ratio > RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
