"""What a long lecture costs, see README.md in this folder: time and memory of whole processes, against its clips one by one.

Exit code 1 if a lecture of 60 clips takes 1.5 GB of memory, if making it again without a change takes more than a tenth of the time, or if
its clips cost more than they do one by one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import BIN, Run, machine, measured

MEMORY_LIMIT = 1.5e9  # bytes
AGAIN_LIMIT = 0.1

#: Concepts in turn, every clip with other numbers, so that no clip is the one before.
CONCEPTS: list[tuple[str, dict[str, str | int]]] = [
    ("conv2d", {"input": "randn:6x6", "weight": "randn:3x3"}),
    ("max_pool2d", {"input": "randn:6x6", "kernel-size": 2}),
    ("attention", {"tokens": "the cat sat on it"}),
    ("conv1d", {"input": "randn:3x12", "weight": "randn:2x3x3"}),
    ("conv2d", {"input": "rand:28x28", "weight": "randn:3x3"}),
    ("lstm", {"input": "randn:4x3", "weight-ih": "randn:12x3", "weight-hh": "randn:12x3"}),
]
SECONDS = 20


def lecture(clips: int, quality: str) -> str:
    """The text of a lecture's file."""
    parts = []
    for number in range(clips):
        concept, inputs = CONCEPTS[number % len(CONCEPTS)]
        given = "\n".join(f"inputs.{name} = {json.dumps(value)}" for name, value in inputs.items())
        parts.append(f'[[parts]]\nkind = "title"\ntitle = "Clip {number + 1}"\n')
        parts.append(f'[[parts]]\nkind = "clip"\nconcept = "{concept}"\nseconds = {SECONDS}\nseed = {number}\n{given}\n')
    return f'title = "Long"\nquality = "{quality}"\n' + "\n".join(parts)


def main() -> int:
    """Prints a line per command; the exit code."""
    parser = argparse.ArgumentParser(description="Measure a long lecture.")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--quality", default="1080p")
    settings = parser.parse_args()
    print(f"{machine()}; {settings.clips} clips of {SECONDS} s at {settings.quality}30, with a card before each\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "long.toml").write_text(lecture(settings.clips, settings.quality))
        make = [str(BIN / "tensorreel"), "lecture", str(folder / "long.toml"), "-o", str(folder / "long")]
        cold = _said("lecture, cold", measured(make, watch=True, TENSORREEL_CACHE=str(folder / "cache")))
        again = _said("lecture, again", measured(make, watch=True, TENSORREEL_CACHE=str(folder / "cache")))
        alone = 0.0
        for number, (concept, inputs) in enumerate(CONCEPTS):
            options = [word for name, value in inputs.items() for word in (f"--{name}", str(value))]
            render = [str(BIN / "tensorreel"), "render", concept, *options, "--seconds", str(SECONDS), "--seed", str(number)]
            render += ["-q", settings.quality, "-o", str(folder / f"{number}.mp4")]
            alone += measured(render, TENSORREEL_CACHE=str(folder / f"cache-{number}")).seconds
    alone *= settings.clips / len(CONCEPTS)
    print(f"the clips one by one: {alone:.0f} s (from {len(CONCEPTS)} of them); lecture / one by one: {cold.seconds / alone:.2f}")
    print(f"again / cold: {again.seconds / cold.seconds:.3f}")
    broken = []
    if max(cold.together, again.together) >= MEMORY_LIMIT:
        broken.append(f"memory: {cold.together / 1e9:.2f} GB, at most {MEMORY_LIMIT / 1e9} GB")
    if again.seconds > AGAIN_LIMIT * cold.seconds:
        broken.append(f"again: {again.seconds:.1f} s of {cold.seconds:.1f} s, at most a tenth")
    if cold.seconds > alone:
        broken.append(f"the lecture takes {cold.seconds:.0f} s, its clips one by one {alone:.0f} s")
    print("\n".join(["", *broken]) if broken else "\nall bounds hold")
    return 1 if broken else 0


def _said(name: str, run: Run) -> Run:
    print(f"{name:16}{run.seconds:8.1f} s   {run.together / 1e6:6.0f} MB together   {run.largest / 1e6:6.0f} MB the largest process")
    return run


if __name__ == "__main__":
    sys.exit(main())
