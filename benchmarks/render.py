"""The same storyboard in plain Manim (plain_manim.py) and here: time, memory, size and likeness, see README.md in this folder.

Exit code 1 if a bound of docs/performance.md does not hold.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import BIN, ROOT, Run, machine, measured, paired

PLAIN = ROOT / "benchmarks" / "plain_manim.py"
SECONDS = 23.0
QUALITIES = {"480p15": ("480p", "854,480", 15), "1080p30": ("1080p", "1920,1080", 30), "1080p60": ("1080p", "1920,1080", 60)}
INPUT = [[2, 0, 1, 3, -1, 4], [1, 5, -2, 0, 2, 1], [0, 3, 6, 1, -3, 2], [4, -1, 2, 7, 0, 1], [1, 2, 0, -2, 5, 3], [3, 0, 1, 2, 1, -4]]
KERNEL = "[[1,0,-1],[2,0,-2],[1,0,-1]]"
#: The least ratio of plain Manim's time to ours, cold; and of ours cold to ours after one number has changed.
LEAST_RATIO, LEAST_WARM = 5.0, 5.0
MOST_FOR_TWICE, MOST_MEMORY, PREVIEW = 2.2, 1.5e9, 5.0  # times, bytes of a process, seconds
#: The most seconds per second of video of a concept, against those of conv2d.
MOST_AGAINST_CONV2D = 1.5
LESSON_IMAGES = 12

_names = itertools.count()


def plain(folder: Path, quality: str, *, watch: bool = False) -> Run:
    """Plain Manim in a folder of its own, which is emptied first: it has a cache too."""
    _, size, fps = QUALITIES[quality]
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(BIN / "manim"), "render", "--resolution", size, "--fps", str(fps), "--media_dir", str(folder)]
    return measured([*command, "--progress_bar", "none", "-v", "ERROR", str(PLAIN), "Convolution"], watch=watch)


def ours(folder: Path, quality: str, cache: Path, *, numbers: Any = None, seconds: float = SECONDS, watch: bool = False) -> Run:
    """The command line, with whatever is in the cache."""
    height, _, fps = QUALITIES[quality]
    what = ["--input", json.dumps(INPUT if numbers is None else numbers), "--weight", KERNEL, "--detail", "0", "--seconds", str(seconds)]
    command = [str(BIN / "tensorreel"), "render", "conv2d", *what, "-q", height, "--fps", str(fps), "-o", str(folder / f"{quality}.mp4")]
    return measured(command, watch=watch, TENSORREEL_CACHE=str(cache))


def fresh(folder: Path) -> Path:
    """A cache that has nothing in it."""
    return folder / f"cache{next(_names)}"


def storyboards(folder: Path, quality: str, rounds: int) -> dict[str, Any]:
    """Plain Manim, ours cold, ours again, ours after one number of the input has changed."""
    caches: list[Path] = []
    changed = [row[:] for row in INPUT]
    changed[0][0] = 7

    def cold() -> Run:
        caches.append(fresh(folder))
        return ours(folder, quality, caches[-1])

    def warm(numbers: list[list[int]]) -> Run:
        cache = fresh(folder)
        ours(folder, quality, cache)
        return ours(folder, quality, cache, numbers=numbers)

    commands: dict[str, Callable[[], Run]] = {
        "plain": functools.partial(plain, folder / "media", quality),
        "cold": cold,
        "again": functools.partial(warm, INPUT),
        "changed": functools.partial(warm, changed),
    }
    runs = paired(commands, rounds)
    cold_ratio = median(a.seconds / b.seconds for a, b in zip(runs["plain"], runs["cold"], strict=True))
    memory = {
        "plain": plain(folder / "media", quality, watch=True),
        "ours": ours(folder, quality, fresh(folder), watch=True),
    }
    (movie,) = (folder / "media" / "videos").glob("**/Convolution.mp4")
    return {
        "seconds": {name: [run.seconds for run in these] for name, these in runs.items()},
        "ratio": cold_ratio,
        "again": median(a.seconds / b.seconds for a, b in zip(runs["cold"], runs["again"], strict=True)),
        "changed": median(a.seconds / b.seconds for a, b in zip(runs["cold"], runs["changed"], strict=True)),
        "memory": {name: [run.largest, run.together] for name, run in memory.items()},
        "bytes": {"plain": movie.stat().st_size, "ours": (folder / f"{quality}.mp4").stat().st_size},
    }


def twice(folder: Path, rounds: int) -> float:
    """How much longer 32 windows take than 16, in a clip twice as long."""
    wide = [row + [-n for n in row[2:]] for row in INPUT]
    commands = {
        "once": lambda: ours(folder, "1080p60", fresh(folder)),
        "twice": lambda: ours(folder, "1080p60", fresh(folder), numbers=wide, seconds=2 * SECONDS),
    }
    runs = paired(commands, rounds)
    return median(b.seconds / a.seconds for a, b in zip(runs["once"], runs["twice"], strict=True))


def many(folder: Path) -> Run:
    """A clip over 676 windows at 1080p60."""
    picture = ["--input", str(ROOT / "examples" / "digit.png"), "--weight", "sobel_x", "--seconds", "60"]
    command = [str(BIN / "tensorreel"), "render", "conv2d", *picture, "--fps", "60", "-o", str(folder / "many.mp4")]
    return measured(command, watch=True, TENSORREEL_CACHE=str(fresh(folder)))


def lesson(folder: Path, rounds: int) -> dict[str, Any]:
    """Every window of a batch of images, term by term; then the same after one number of one image has changed."""
    images = [[[[(3 * r + 5 * c * (n + 1)) % 7 - 3 for c in range(6)] for r in range(6)]] for n in range(LESSON_IMAGES)]
    changed = json.loads(json.dumps(images))
    changed[LESSON_IMAGES // 2][0][0][0] = 7
    for name, numbers in (("images", images), ("changed", changed)):
        (folder / f"{name}.json").write_text(json.dumps(numbers))

    def clip(name: str, cache: Path) -> Run:
        what = ["--input", str(folder / f"{name}.json"), "--weight", KERNEL, "--detail", str(16 * LESSON_IMAGES)]
        command = [str(BIN / "tensorreel"), "render", "conv2d", *what, "--fps", "60", "-o", str(folder / "lesson.mp4")]
        return measured(command, TENSORREEL_CACHE=str(cache))

    def warm() -> Run:
        clip("images", cache := fresh(folder))
        return clip("changed", cache)

    runs = paired({"cold": lambda: clip("images", fresh(folder)), "changed": warm}, rounds)
    found: dict[str, Any] = {name: [run.seconds for run in these] for name, these in runs.items()}
    return {**found, "ratio": median(a / b for a, b in zip(found["cold"], found["changed"], strict=True))}


def every_concept(folder: Path, rounds: int) -> dict[str, float]:
    """Seconds per second of video, cold, at 1080p30, of each concept's own example; all clips are as long, for starting takes time too."""
    from engine.catalogue import concepts
    from studio.options import example_options

    def clip(name: str, options: list[str]) -> Run:
        command = [str(BIN / "tensorreel"), "render", name, *options, "--seconds", str(SECONDS), "-o", str(folder / f"{name}.mp4")]
        return measured(command, TENSORREEL_CACHE=str(fresh(folder)))

    runs = paired({name: functools.partial(clip, name, example_options(concept)) for name, concept in concepts().items()}, rounds)
    return {name: median(run.seconds for run in these) / SECONDS for name, these in runs.items()}


def alike(folder: Path, quality: str) -> dict[str, float]:
    """SSIM of both clips, which lie in the folder, against what was drawn."""
    from av.video.reformatter import Colorspace

    from benchmarks import likeness
    from engine import conv2d
    from studio.pace import beats
    from studio.picture import Picture

    height, size, fps = QUALITIES[quality]
    trace, picture = conv2d([INPUT], [[json.loads(KERNEL)]]), Picture.of(height, fps, "dark")
    drawn = likeness.ours(trace, beats(trace, detail=0, seconds=SECONDS, fps=fps), picture)
    (movie,) = (folder / "media" / "videos").glob("**/Convolution.mp4")
    width, tall = map(int, size.split(","))
    return {
        "plain": likeness.likeness(movie, iter(likeness.plain(PLAIN, width, tall, fps)), Colorspace.ITU601),
        "ours": likeness.likeness(folder / f"{quality}.mp4", drawn, Colorspace.ITU709),
    }


def table(found: dict[str, Any]) -> str:
    """The results in Markdown."""
    rows = [
        "| | plain Manim | tensorreel, cold | ratio | again | one number changed | memory, plain / ours | file, plain / ours "
        "| SSIM, plain / ours |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for quality, one in found["storyboard"].items():
        times = {name: median(seconds) for name, seconds in one["seconds"].items()}
        memory = {name: f"{together / 1e6:.0f}" for name, (_, together) in one["memory"].items()}
        sizes = {name: f"{size / 1e6:.2f}" for name, size in one["bytes"].items()}
        rows.append(
            f"| {quality} | {times['plain']:.1f} s | {times['cold']:.2f} s | **{one['ratio']:.1f}** | {times['again']:.2f} s "
            f"| {times['changed']:.2f} s | {memory['plain']} / {memory['ours']} MB | {sizes['plain']} / {sizes['ours']} MB "
            f"| {one['ssim']['plain']:.4f} / {one['ssim']['ours']:.4f} |"
        )
    lesson = found["lesson"]
    return "\n".join(
        [
            *rows,
            "",
            "| | |",
            "|---|--:|",
            f"| twice the windows in twice the time, 1080p60, cold | {found['twice']:.2f} times as long |",
            f"| 676 windows in 60 s at 1080p60: time; largest process, all together | {found['many'][0]:.1f} s; "
            f"{found['many'][1] / 1e6:.0f} MB, {found['many'][2] / 1e6:.0f} MB |",
            f"| {16 * LESSON_IMAGES} windows of {LESSON_IMAGES} images in full at 1080p60: cold, one number changed | "
            f"{median(lesson['cold']):.1f} s, {median(lesson['changed']):.1f} s ({lesson['ratio']:.1f} times faster) |",
            *(
                f"| example of `{name}` at 1080p30, cold: time per second of video | {rate:.2f} s |"
                for name, rate in found["concepts"].items()
            ),
            f"| first file of a preview, 480p15, cold | {median(found['storyboard']['480p15']['seconds']['cold']):.2f} s |",
        ]
    )


def broken(found: dict[str, Any]) -> list[str]:
    """The bounds that do not hold."""
    checks = [
        (found["storyboard"]["1080p60"]["ratio"] >= LEAST_RATIO, f"plain Manim / ours at 1080p60 is below {LEAST_RATIO:g}"),
        (found["storyboard"]["480p15"]["ratio"] >= LEAST_RATIO, f"plain Manim / ours at 480p15 is below {LEAST_RATIO:g}"),
        (found["lesson"]["ratio"] >= LEAST_WARM, f"cold / one number changed is below {LEAST_WARM:g}"),
        (found["twice"] <= MOST_FOR_TWICE, f"twice the windows take more than {MOST_FOR_TWICE:g} times as long"),
        (found["many"][1] <= MOST_MEMORY, f"a process takes more than {MOST_MEMORY / 1e9:g} GB"),
        (max(found["storyboard"]["480p15"]["seconds"]["cold"]) <= PREVIEW, f"a preview takes more than {PREVIEW:g} s"),
        *(
            (one["ssim"]["ours"] >= one["ssim"]["plain"], f"at {quality} our frames are less like what was drawn than plain Manim's")
            for quality, one in found["storyboard"].items()
        ),
        *(
            (
                seconds <= MOST_AGAINST_CONV2D * found["concepts"]["conv2d"],
                f"{name} takes more than {MOST_AGAINST_CONV2D:g} times conv2d's time",
            )
            for name, seconds in found["concepts"].items()
        ),
    ]
    return [text for holds, text in checks if not holds]


def main() -> int:
    """Prints the tables; the exit code."""
    parser = argparse.ArgumentParser(description="Compare tensorreel with plain Manim.")
    parser.add_argument("--rounds", type=int, default=3, help="at least 3 (default: 3)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the results as JSON, for docs/make_performance.py")
    given = parser.parse_args()
    rounds = max(3, given.rounds)
    found: dict[str, Any] = {"machine": machine(), "date": datetime.date.today().isoformat(), "rounds": rounds, "storyboard": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours(folder, "480p15", fresh(folder))  # warms up
        for quality in QUALITIES:
            found["storyboard"][quality] = {**storyboards(folder, quality, rounds), "ssim": alike(folder, quality)}
        found["twice"] = twice(folder, rounds)
        run = many(folder)
        found["many"] = [run.seconds, run.largest, run.together]
        found["lesson"] = lesson(folder, rounds)
        found["concepts"] = every_concept(folder, rounds)
    print(f"{found['machine']}, {found['date']}, medians of {rounds} rounds\n\n{table(found)}")
    if given.save:
        given.save.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(broken(found)) or "all bounds hold")
    return bool(broken(found))


if __name__ == "__main__":
    sys.exit(main())
