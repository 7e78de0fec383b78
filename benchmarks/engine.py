"""What opening a trace costs beside torch's own call, in one process, at three sizes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
import torch.nn.functional as F

from benchmarks.measure import machine
from engine import conv2d

#: Shape of the input; filters and side of the kernel; stride, padding; how many calls are one measurement.
SIZES = {
    "1x6x6, 1 filter 3x3": ((1, 6, 6), (1, 3), 1, 0, 100),
    "3x64x64, 8 filters 3x3": ((3, 64, 64), (8, 3), 1, 1, 10),
    "3x224x224, 64 filters 7x7, stride 2": ((3, 224, 224), (64, 7), 2, 3, 1),
}


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Of one call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def row(shape: tuple[int, ...], filters: int, kernel: int, stride: int, padding: int, repeats: int, rounds: int) -> str:
    """Torch's call, the opening of a trace, the median of their paired ratio, and the cutting of one step."""
    x, w = torch.randn(shape, dtype=torch.float64), torch.randn((filters, shape[0], kernel, kernel), dtype=torch.float64)
    pairs = []
    for _ in range(rounds + 1):
        alone = seconds(lambda: F.conv2d(x, w, stride=stride, padding=padding), repeats)
        pairs.append((alone, seconds(lambda: conv2d(x, w, stride=stride, padding=padding), repeats)))
    torchs, traces = zip(*pairs[1:], strict=True)  # the first one warmed up
    ratio = median(b / a for a, b in pairs[1:])
    trace = conv2d(x, w, stride=stride, padding=padding)
    cut = seconds(lambda: trace[len(trace) // 2], 20)
    return f"{median(torchs) * 1e3:7.2f} ms{median(traces) * 1e3:7.2f} ms{ratio:8.1f}{cut * 1e3:7.2f} ms"


def main() -> None:
    """Prints a line per size."""
    parser = argparse.ArgumentParser(description="Compare the opening of a trace with torch's own call.")
    parser.add_argument("--rounds", type=int, default=9, help="at least 5 (default: 9)")
    rounds = max(5, parser.parse_args().rounds)
    print(f"{machine()}, torch {torch.__version__}, float64, {rounds} rounds")
    print(f"{'':38}{'torch':>10}{'trace':>10}{'ratio':>8}{'a step':>10}")
    for name, (shape, (filters, kernel), stride, padding, repeats) in SIZES.items():
        print(f"{name:38}{row(shape, filters, kernel, stride, padding, repeats, rounds)}")


if __name__ == "__main__":
    main()
