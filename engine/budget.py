"""One budget of memory and time, asked before anything is allocated.

A concept states from shapes alone what it will take, and :func:`ask` refuses it in a sentence that says what would fit:

    budget.ask(
        "attention over 20,000 queries",
        lambda queries: Cost(values=12 * queries**2, moved=30 * queries**2),
        {"queries": 20_000},
        {("queries",): "at most about {} queries"},
    )

The numbers are rough: they were measured on two slow cores, and are rather too high than too low.
This module imports nothing slow: the command line asks it too.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from engine.errors import InputError

#: Of a whole process, in bytes, and until a trace is open, in seconds.
MOST_BYTES = 4e9
MOST_SECONDS = 20.0
#: What the program and torch take before anything is computed.
START_BYTES = 0.35e9
START_SECONDS = 2.0
#: Bytes of a Python object, such as a pair of numbers in a list, and of a term of a step with all that is written of it.
OBJECT_BYTES, TERM_BYTES = 100, 800
#: Seconds for a number that goes through the memory, a product of a matrix multiplication, a call of torch, a Python object, a term.
MOVED, PRODUCT, CALL, OBJECT, TERM = 5e-9, 1e-10, 2e-5, 6e-7, 6e-5
#: Below so many bytes of address space torch cannot even be imported.
LEAST_ADDRESSES = 640 * 2**20


@dataclass(frozen=True)
class Cost:
    """What a computation takes.

    ``values`` are the numbers held at the same time, of ``size`` bytes each, ``objects`` the Python objects. ``moved`` are the numbers
    that are read or written, one operation after the other, ``products`` those of matrix multiplications and convolutions, ``calls`` the
    calls of torch, each of which takes some time however little it computes, ``terms`` those of the longest step.
    """

    values: float = 0.0
    moved: float = 0.0
    products: float = 0.0
    calls: float = 0.0
    objects: float = 0.0
    terms: float = 0.0
    size: int = 8

    @property
    def bytes(self) -> float:
        """Of the whole process."""
        return START_BYTES + self.size * self.values + OBJECT_BYTES * self.objects + TERM_BYTES * self.terms

    @property
    def seconds(self) -> float:
        """From the start of the process on."""
        computing = MOVED * self.moved + PRODUCT * self.products + CALL * self.calls
        return START_SECONDS + computing + OBJECT * self.objects + TERM * self.terms

    @property
    def fits(self) -> bool:
        """Whether it is within the budget."""
        return self.bytes <= MOST_BYTES and self.seconds <= MOST_SECONDS


def ask(
    what: str,
    cost: Callable[..., Cost],
    sizes: Mapping[str, int],
    give: Mapping[tuple[str, ...], str],
) -> None:
    """Refuses ``what`` if ``cost(**sizes)`` is not within the budget.

    ``give`` says what would work: names of sizes, which are made smaller in proportion until it fits, and the words in which the result
    is written, such as ``at most about {} queries``. The first of them that helps is told.

    Raises :class:`InputError`.
    """
    taken = cost(**sizes)
    if taken.fits:
        return
    over = [amount(taken.bytes)] if taken.bytes > MOST_BYTES else []
    most = [amount(MOST_BYTES)] if over else []
    if taken.seconds > MOST_SECONDS:
        over.append(duration(taken.seconds))
        most.append(duration(MOST_SECONDS))
    works = next((found for names, words in give.items() if (found := _fitting(cost, sizes, names, words))), None) or _share(cost, sizes)
    raise InputError(f"{what} would take about {' and '.join(over)}, more than the {' and '.join(most)} allowed; give {works}")


def _fitting(cost: Callable[..., Cost], sizes: Mapping[str, int], names: tuple[str, ...], words: str) -> str | None:
    """The words with the largest sizes that fit, to two digits; nothing if none do."""
    share = _largest_share(cost, sizes, names)
    return None if share is None else words.format(*(f"{_smaller(sizes, names, share)[name]:,}" for name in names))


def _share(cost: Callable[..., Cost], sizes: Mapping[str, int]) -> str:
    """Words for all sizes together, where none of them alone could be small enough."""
    share = _largest_share(cost, sizes, tuple(sizes))
    return "much smaller inputs" if not share else f"sizes of at most about 1/{_rounded(10 / share) // 10 + 1:,} of these"


def _smaller(sizes: Mapping[str, int], names: tuple[str, ...], share: float) -> dict[str, int]:
    return {**sizes, **{name: _rounded(sizes[name] * share) for name in names if sizes[name]}}


def _largest_share(cost: Callable[..., Cost], sizes: Mapping[str, int], names: tuple[str, ...]) -> float | None:
    """Of the sizes of these names, so that it fits; none if they cannot be small enough."""
    low, high = 0.0, 1.0
    if not cost(**_smaller(sizes, names, low)).fits:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(**_smaller(sizes, names, middle)).fits else (low, middle)
    return low


def _rounded(number: float) -> int:
    """Down to two digits, but not below 1."""
    whole = max(1, int(number))
    unit: int = 10 ** max(0, len(str(whole)) - 2)
    return whole // unit * unit


def amount(size: float) -> str:
    """Bytes in words: ``0.4 GB``, ``12 GB``, ``3,000 TB``."""
    number, unit = (size / 1e9, "GB") if size < 1e13 else (size / 1e12, "TB")
    return f"{_rough(number)} {unit}"


def duration(seconds: float) -> str:
    """Seconds in words: ``20 seconds``, ``5 minutes``, ``3 hours``, ``4,000 years``."""
    for unit, length, until in (("second", 1.0, 90.0), ("minute", 60.0, 90.0), ("hour", 3600.0, 48.0), ("day", 86400.0, 700.0)):
        if seconds < until * length:
            return f"{_rough(seconds / length)} {unit}s"
    return f"{_rough(seconds / (365.25 * 86400))} years"


def _rough(number: float) -> str:
    if number < 10:
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:,.0f}" if number < 1e6 else f"{number:.0e}".replace("e+", "e")


# --- when the memory is gone all the same ------------------------------------------------------------------------------------------------

#: What torch, numpy and the system's loader say when there is no memory.
_SHORTAGE = re.compile(
    r"can't allocate memory|out of memory|not enough memory|bad_alloc|unable to allocate|cannot allocate memory"
    r"|failed to map segment|can't start new thread",
    re.IGNORECASE,
)


def is_shortage(error: BaseException) -> bool:
    """Whether it says that there is no memory."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, RuntimeError | ImportError | OSError) and bool(_SHORTAGE.search(str(error)))


@contextmanager
def enough_memory() -> Iterator[None]:
    """Turns a shortage of memory inside of the block into one sentence.

    Raises :class:`InputError`.
    """
    try:
        yield
    except InputError:
        raise
    except (MemoryError, RuntimeError, ImportError, OSError) as error:
        if not is_shortage(error):
            raise
        raise InputError(f"the memory is used up{_allowed()}; give smaller inputs, or let the program have more of it") from error


def check_addresses() -> None:
    """Refuses to begin where the system lets the process have less memory than torch needs to be imported, which would abort it.

    Raises :class:`InputError`.
    """
    limit = _address_limit()
    if limit is not None and limit < LEAST_ADDRESSES:
        needed = amount(LEAST_ADDRESSES)
        raise InputError(f"this process may have {amount(limit)} of memory (ulimit -v), torch alone takes {needed}; allow more")


def _allowed() -> str:
    limit = _address_limit()
    return "" if limit is None else f", of which this process may have {amount(limit)} (ulimit -v)"


def _address_limit() -> int | None:
    try:
        import resource
    except ImportError:  # there are no such limits on Windows
        return None
    limit = int(resource.getrlimit(resource.RLIMIT_AS)[0])
    return None if limit == int(resource.RLIM_INFINITY) else limit
