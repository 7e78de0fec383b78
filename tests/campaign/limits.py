"""Sizes from tiny to absurd, of every concept and option: what cannot be is refused at once, and what must be possible is not refused.

What a case needs is estimated from torch's own shapes, on tensors without memory, not by the budget that is tried here. In full, some
of what is allowed is computed in processes of its own, which may take no more than the budget says.
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import budget
from tests.campaign.commands import PROGRAM, called, fault, typed

TITLE = "sizes from tiny to absurd: refused at once in a sentence with cost and way out, or within 4 GB and 20 s"
SMALL, LARGE = 65, 1300
#: Of what is allowed and no trifle, so many cases are computed in full.
COMPUTED = 25

#: Bytes that no process may take, and the seconds after which nothing may still be refused or computed.
MOST_BYTES, MOST_SECONDS = 4e9, 20.0
#: With more numbers than these, inputs and outputs alone do not fit; with fewer and little work nothing may be refused.
TOO_MANY, TRIFLE = MOST_BYTES / 8, 20_000
#: Numbers of an input that are made in this process, and from which on none are made.
MADE, NEVER = 300_000, 300_000_000


@dataclass(frozen=True)
class Case:
    """A command, the numbers of its inputs and outputs, and about how much is to be done: terms of all steps and calls.

    What does not fit together may be refused for that as well.
    """

    arguments: Sequence[str]
    numbers: float
    work: float
    fits: bool = True


class _AllowedError(Exception):
    """The budget let it pass."""


def cases(count: int, seed: int) -> Iterator[str | None]:
    """One after the other, concept by concept."""
    draw = random.Random(seed)
    left = COMPUTED if count > SMALL else 0
    for number in range(count):
        case = KINDS[number % len(KINDS)](draw)
        if case.numbers + case.work <= TRIFLE:
            yield fault(case.arguments, called(case.arguments), refused=False)
            continue
        allowed, outcome = _asked(case)
        if allowed and case.fits and left and draw.random() < 0.3:
            left -= 1
            outcome = _computed(case)
        yield outcome


def _asked(case: Case) -> tuple[bool, str | None]:
    """Whether the budget allows it, and what is wrong with that. Nothing is computed."""
    back = case.arguments[1].endswith("_backward")

    def ask(what: str, *rest: object) -> None:
        real(what, *rest)
        if not what.startswith("--") and (not back or "way back" in what):
            raise _AllowedError

    real: Callable[..., None] = budget.ask
    begun = time.process_time()
    with patch.object(budget, "ask", ask):
        result = called(case.arguments)
    if isinstance(result.exception, _AllowedError):
        wrong = case.numbers > TOO_MANY
        return True, f"{typed(case.arguments)}: allowed, with {case.numbers:.3g} numbers" if wrong else None
    found = fault(case.arguments, result, refused=True) or _unhelpful(case, result.stderr)
    slow = time.process_time() - begun
    return False, found or (f"{typed(case.arguments)}: refused after {slow:.0f} s" if slow > MOST_SECONDS else None)


def _unhelpful(case: Case, printed: str) -> str | None:
    """What a refusal does not say."""
    said = printed.rpartition("Error: ")[2]
    if "would take about" not in said:
        return None  # refused for its shape
    cost, _, way = said.partition("; give ")
    helps = "at most about" in way and any(unit in cost for unit in ("GB", "TB", "second", "minute", "hour", "day", "year"))
    return None if helps else f"{typed(case.arguments)}: does not say what it takes and what fits: {said!r}"


def _computed(case: Case) -> str | None:
    """In a process of its own, whose memory the system limits as well."""
    command = [sys.executable, "-c", MEASURED, *PROGRAM, *case.arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    printed, _, measured = done.stdout.rpartition("took ")
    peak, taken = map(float, measured.split())
    if done.returncode or peak > MOST_BYTES or taken > MOST_SECONDS:
        return f"{typed(case.arguments)}: exit code {done.returncode}, {peak / 1e9:.1f} GB, {taken:.0f} s: {printed[-200:]!r}"
    return None


#: Runs a command and says how much memory it took, and how long it computed, however busy the machine is.
MEASURED = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_AS, (8 * 10**9,) * 2)
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("took", used.ru_maxrss * (1 if sys.platform == "darwin" else 1024), used.ru_utime + used.ru_stime)
sys.exit(ended)
"""


# --- the cases ---------------------------------------------------------------------------------------------------------------------------


def _size(draw: random.Random, most: float, least: int = 1) -> int:
    """As many small ones as large ones."""
    return max(least, round(10 ** draw.uniform(0, math.log10(most))))


def _makeable(draw: random.Random, shape: list[int]) -> list[int]:
    """A shape that is either made quickly or never."""
    while MADE < math.prod(shape) < NEVER:
        shape[draw.randrange(len(shape))] //= 2
    return [max(1, n) for n in shape]


def _zeros(draw: random.Random, shape: Sequence[int]) -> str:
    return f"{draw.choice(['zeros', 'ones'])}:{'x'.join(map(str, shape))}"


def _case(arguments: Sequence[str], given: Sequence[Sequence[int]], made: Callable[[], Tensor], work: Callable[[Tensor], float]) -> Case:
    """``made`` computes the output from tensors without memory; a case that torch refuses may be refused for any reason."""
    held = float(sum(map(math.prod, given)))
    try:
        output = made()
    except RuntimeError:
        return Case(["trace", *arguments, *ENDS], 0.5 * TOO_MANY, math.inf, fits=False)
    return Case(["trace", *arguments, *ENDS], held + output.numel(), work(output))


ENDS = ("--steps", "0:1", "--no-outputs")


def _meta(*shape: int) -> Tensor:
    return torch.empty(shape, device="meta")


def _convolution(draw: random.Random, axes: int, *, back: bool = False) -> Case:
    large = 1e9 if axes == 1 else 40_000
    channels, filters = (_size(draw, 30) if draw.random() < 0.3 else 1 for _ in range(2))
    size = _makeable(draw, [channels, *(_size(draw, large) for _ in range(axes))])
    kernel = _makeable(draw, [filters, size[0], *(_size(draw, large if draw.random() < 0.3 else 9) for _ in range(axes))])
    padding = _size(draw, large) if draw.random() < 0.5 else 0
    stride, dilation = (_size(draw, 100) if draw.random() < 0.3 else 1 for _ in range(2))
    convolve = (F.conv1d, F.conv2d)[axes - 1]

    def made() -> Tensor:
        found: Tensor = convolve(_meta(1, *size), _meta(*kernel), stride=stride, padding=padding, dilation=dilation)
        return found

    arguments = [f"conv{axes}d", "--input", _zeros(draw, size), "--weight", _zeros(draw, kernel)]
    arguments += ["--stride", f"{stride}", "--padding", f"{padding}", "--dilation", f"{dilation}"]
    if not back and draw.random() < 0.3:
        arguments += ["--padding-mode", draw.choice(["reflect", "replicate", "circular"])]
        if arguments[-1] != "replicate" and padding >= min(size[1:]):
            return Case(["trace", *arguments, *ENDS], 0.5 * TOO_MANY, math.inf, fits=False)
    taps = math.prod(kernel[1:])
    padded = channels * math.prod(n + 2 * padding for n in size[1:])
    if not back:
        return _case(arguments, [size, kernel], made, lambda y: y.numel() * taps + padded + 100 * taps)
    with torch.no_grad():
        try:
            gradient = list(made().shape[1:])
        except RuntimeError:
            gradient = [1, 1]
    if MADE < math.prod(gradient) < NEVER:
        return _convolution(draw, axes, back=True)
    arguments = ["conv2d_backward", "--grad-output", _zeros(draw, gradient), *arguments[1:]]
    return _case(arguments, [size, size, kernel, gradient], made, lambda y: 3 * y.numel() * taps + padded + 300 * taps)


def _pooling(draw: random.Random, kind: str, *, back: bool = False) -> Case:
    size = _makeable(draw, [_size(draw, 30) if draw.random() < 0.3 else 1, _size(draw, 40_000), _size(draw, 40_000)])
    kernel = _size(draw, 40_000 if draw.random() < 0.5 else 9)
    padding = draw.choice([0, kernel // 2, kernel // 3])
    stride = kernel if draw.random() < 0.3 else _size(draw, 9)
    ceil = draw.random() < 0.3
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    if not back and draw.random() < 0.2:
        return _adaptive(draw, kind, size)

    def made() -> Tensor:
        found: Tensor = pool(_meta(*size), kernel, stride, padding, ceil_mode=ceil)
        return found

    arguments = [f"{kind}_pool2d", "--input", _zeros(draw, size), "--kernel-size", f"{kernel}", "--stride", f"{stride}"]
    arguments += ["--padding", f"{padding}", *(["--ceil-mode"] if ceil else [])]
    if not back:
        return _case(arguments, [size], made, lambda y: y.numel() * kernel**2 + 100 * kernel**2)
    try:
        gradient = list(made().shape)
    except RuntimeError:
        gradient = [1, 1, 1]
    if MADE < math.prod(gradient) < NEVER:
        return _pooling(draw, kind, back=True)
    arguments = [f"{kind}_pool2d_backward", "--grad-output", _zeros(draw, gradient), *arguments[1:]]
    return _case(arguments, [size, gradient], made, lambda y: 3 * y.numel() * kernel**2 + 300 * kernel**2)


def _adaptive(draw: random.Random, kind: str, size: Sequence[int]) -> Case:
    wanted = _size(draw, 1e6)
    arguments = [f"{kind}_pool2d", "--input", _zeros(draw, size), "--output-size", f"{wanted}"]
    cells = math.prod(n // wanted + 2 for n in size[1:])
    return _case(arguments, [size], lambda: _meta(size[0], wanted, wanted), lambda y: y.numel() * cells + 100 * cells)


def _attention(draw: random.Random, *, back: bool = False) -> Case:
    queries, keys, width = _size(draw, 1e6), _size(draw, 1e6), _size(draw, 1000)
    if draw.random() < 0.5:
        keys = queries
    query, key = _makeable(draw, [queries, width]), _makeable(draw, [keys, width])
    key[1] = query[1] = min(key[1], query[1])
    arguments = ["--query", _zeros(draw, query), "--key", _zeros(draw, key), *(["--causal"] if draw.random() < 0.3 else [])]
    if not back:
        arguments = ["attention", *arguments]
        return _case(arguments, [query, key], lambda: _meta(query[0], key[0]), lambda y: 8 * y.numel() + 2 * y.numel() * key[1])
    arguments = ["attention_backward", "--grad-output", _zeros(draw, query), *arguments]
    return _case(arguments, [query, query, key], lambda: _meta(query[0], key[0]), lambda y: 20 * y.numel() + 5 * y.numel() * key[1])


def _tokens(draw: random.Random) -> Case:
    words, heads = _size(draw, 300), _size(draw, 1e6) if draw.random() < 0.6 else 1
    width = 4 if heads == 1 else 2 * heads
    arguments = ["attention", "--tokens", " ".join(f"w{n % 50}" for n in range(words)), "--heads", f"{heads}"]
    if draw.random() < 0.4:
        width = heads * _size(draw, 100_000)
        arguments += ["--embed-dim", f"{width}"]
    return _case(arguments, [[3, width, width]], lambda: _meta(heads, words, words), lambda y: 4 * width**2 * words + 20 * y.numel())


def _lstm(draw: random.Random, *, back: bool = False) -> Case:
    size = _makeable(draw, [_size(draw, 1e8), _size(draw, 1000)])
    hidden = _size(draw, 1e6 if draw.random() < 0.5 else 20)
    weights = [4 * hidden, hidden + size[1]]
    arguments = ["--input", _zeros(draw, size), "--hidden-size", f"{hidden}"]
    gradient = _makeable(draw, [size[0], hidden])
    if not back:
        return _case(["lstm", *arguments], [size, weights], lambda: _meta(size[0], hidden), lambda y: 50 * y.numel() * sum(weights))
    arguments = ["lstm_backward", "--grad-output", _zeros(draw, gradient), *arguments]
    if gradient != [size[0], hidden]:
        return Case(["trace", *arguments, *ENDS], 0.5 * TOO_MANY, math.inf, fits=False)
    return _case(arguments, [size, weights], lambda: _meta(size[0], hidden), lambda y: 200 * y.numel() * sum(weights))


#: Expressions of a column a, a row b and a matrix m that is as wide as b is long; all make a matrix as high as a and as wide as b.
EXPRESSIONS = (
    "L = sum(a*b)",
    "z = relu(a*b); L = mean(z*z)",
    "z = a@b; L = sum(tanh(z), 0)@b.T",
    "L = sum(b.T*a.T*0 + 1/(2 + b.T*a.T))",
    "s = softmax(a + b, 0); L = sum(s, 0)@b.T",
    "z = m@b.T; L = sum(a@b) + sum(z)",
)


def _graph(draw: random.Random) -> Case:
    expression = draw.choice(EXPRESSIONS)
    a, b = [_size(draw, 1e6), 1], [1, _size(draw, 1e5)]
    m = [max(1, min(_size(draw, 1000), MADE // b[1])), b[1]]
    tensors = {"a": a, "b": b, **({"m": m} if "m@" in expression else {})}
    arguments = ["backprop", "--expr", expression]
    for name, shape in tensors.items():
        arguments += ["--set", f"{name}={_zeros(draw, shape)}"]
    return _case(arguments, list(tensors.values()), lambda: _meta(a[0], b[1]), lambda y: 30 * y.numel() + 10 * math.prod(m))


KINDS: tuple[Callable[[random.Random], Case], ...] = (
    lambda draw: _convolution(draw, 1),
    lambda draw: _convolution(draw, 2),
    lambda draw: _convolution(draw, 2, back=True),
    lambda draw: _pooling(draw, "max"),
    lambda draw: _pooling(draw, "avg"),
    lambda draw: _pooling(draw, "max", back=True),
    lambda draw: _pooling(draw, "avg", back=True),
    _attention,
    lambda draw: _attention(draw, back=True),
    _tokens,
    _lstm,
    lambda draw: _lstm(draw, back=True),
    _graph,
)
