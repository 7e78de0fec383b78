"""What a trace costs beyond torch itself: time and memory of whole processes, see README.md in this folder.

Exit code 1 if `tensorreel trace` takes more than three times as long as torch alone, or 1.5 GB of memory, or if the memory grows with the
number of steps that are printed.
"""

from __future__ import annotations

import argparse
import functools
import sys
from statistics import median

from benchmarks.measure import BIN, measured, paired

RATIO_LIMIT = 3.0
MEMORY_LIMIT = 1.5e9  # bytes

TRACE = [
    str(BIN / "tensorreel"),
    *("trace", "conv2d", "--input", "randn:3x224x224", "--weight", "randn:64x3x7x7", "--stride", "2", "--padding", "3"),
    *("--steps", "0:3", "--format", "json"),
]
# The same numbers, straight from torch's generator: what any program that convolves them has to do.
TORCH = """
import torch, zlib
def randn(name, *shape):
    random = torch.Generator().manual_seed(zlib.crc32(f"0:{name}".encode()))
    return torch.randn(shape, generator=random, dtype=torch.float64)
torch.nn.functional.conv2d(randn("input", 1, 3, 224, 224), randn("weight", 64, 3, 7, 7), stride=2, padding=3)
"""
#: A million windows; what is printed of them is all that differs.
LONG = [
    str(BIN / "tensorreel"),
    *("trace", "conv2d", "--input", "randn:1002x1002", "--weight", "sobel_x", "--format", "json"),
]
FEW, MANY = "3 of a million steps", "20,000 of a million steps"
#: The memory of many steps as a part of that of a few.
GROWTH_LIMIT = 1.1
COMMANDS = {
    "torch": [sys.executable, "-c", TORCH],
    "trace --no-outputs": [*TRACE, "--no-outputs"],
    "trace": TRACE,
    FEW: [*LONG, "--no-outputs", "--steps", "0:3"],
    MANY: [*LONG, "--steps", "0:20000"],
}


def main() -> int:
    """Prints a line per command; the exit code."""
    parser = argparse.ArgumentParser(description="Compare tensorreel trace with torch alone.")
    parser.add_argument("--rounds", type=int, default=7, help="at least 5 (default: 7)")
    rounds = max(5, parser.parse_args().rounds)
    commands = {name: functools.partial(measured, command) for name, command in COMMANDS.items()}
    paired(commands, 1)  # warms up
    runs = paired(commands, rounds)
    print(f"{rounds} rounds{'':6}{'min':>21}{'median':>9}{'max':>9}{'x torch':>9}{'memory':>10}")
    broken = []
    for name, these in runs.items():
        seconds = [run.seconds for run in these]
        ratio = median(run.seconds / base.seconds for run, base in zip(these, runs["torch"], strict=True))
        memory = max(run.largest for run in these)
        spread = "".join(f"{value:7.2f} s" for value in (min(seconds), median(seconds), max(seconds)))
        print(f"{name:26}{spread}{ratio:9.2f}{memory / 1e6:7.0f} MB")
        if ratio > RATIO_LIMIT and name not in (FEW, MANY):
            broken.append(f"{name} takes {ratio:.2f} times as long as torch alone, more than {RATIO_LIMIT:g}")
        if memory > MEMORY_LIMIT:
            broken.append(f"{name} takes {memory / 1e9:.2f} GB, more than {MEMORY_LIMIT / 1e9:g}")
    growth = max(run.largest for run in runs[MANY]) / max(run.largest for run in runs[FEW])
    print(f"printing more takes {growth:.2f} times the memory")
    if growth > GROWTH_LIMIT:
        broken.append(f"{MANY} take {growth:.2f} times the memory of {FEW}, more than {GROWTH_LIMIT:g}")
    print("\n".join(broken) or f"all within bounds: {RATIO_LIMIT:g} times torch alone, {MEMORY_LIMIT / 1e9:g} GB")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
