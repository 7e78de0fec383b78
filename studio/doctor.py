"""What is installed, what is missing and how to get it, whether a GPU is seen."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "torch",
    "numpy",
    "manim",
    "typst",
    "av",
    "click",
    "grandalf",
    "pillow",
    "platformdirs",
    "pydantic",
    "python-pptx",
    "rich",
    "safetensors",
    "watchdog",
)
CAIRO = "Debian or Ubuntu: apt install libcairo2-dev libpango1.0-dev pkg-config; macOS: brew install cairo pango pkg-config"


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``ok`` is None for what is good to know but not needed."""

    name: str
    ok: bool | None
    found: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Everything that a rendering needs, tried for real."""
    yield Finding("python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or newer")
    for name in PACKAGES:
        yield _package(name)
    yield _tried("drawing", _draw, CAIRO)
    yield _tried("fonts and formulas", _typeset, "pip install --force-reinstall typst")
    yield _tried("H.264 encoder", _encode, "pip install --force-reinstall av")
    yield _tried("writing here", _write, "change to a folder that you may write to")
    yield _tried("GPU", _gpu, "", needed=False)


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "missing", f"pip install {name}")


def _tried(name: str, attempt: Callable[[], str], remedy: str, *, needed: bool = True) -> Finding:
    try:
        return Finding(name, True if needed else None, attempt())
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return Finding(name, False if needed else None, reason, remedy)


def _draw() -> str:
    import cairo
    import manim  # noqa: F401  (that it imports is what is tried: it needs pango)

    return f"cairo {cairo.cairo_version_string()}"


def _typeset() -> str:
    from scenes.parts.typeset import math_outline

    return f"{len(math_outline('x^2').points) // 4} curves set"


def _encode() -> str:
    import av

    codec = av.codec.Codec("libx264", "w")
    return codec.long_name


def _write() -> str:
    folder = Path.cwd()
    with tempfile.NamedTemporaryFile(dir=folder):
        return str(folder)


def _gpu() -> str:
    import torch

    if torch.cuda.is_available():
        return f"CUDA: {torch.cuda.get_device_name()}"
    if torch.backends.mps.is_available():
        return "Apple (mps), for --dtype float32"
    return "none seen; the CPU is used"
