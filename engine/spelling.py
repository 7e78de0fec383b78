"""How one number is written, on screen and on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

MOST_DECIMALS = 4
#: Decimals that are shown where more would not make a sum come out exactly.
USUAL_DECIMALS = 2
#: Digits that are shown where decimals do not do.
MOST_DIGITS = 7
#: Digits before an exponent where decimals do not do.
EXPONENT_DIGITS = 2
#: From here on a number is written with an exponent.
LARGE = 10**6
#: From here on so is a whole one.
LARGE_WHOLE = 10**MOST_DIGITS

MINUS = "−"


class Way(NamedTuple):
    """How finely a number is written: to so many decimals, or to so many ``significant`` digits; ``bare`` to no more than these."""

    digits: int
    significant: bool = False
    bare: bool = False

    def text(self, x: float) -> str:
        """The number as it is shown."""
        return significant(x, self.digits, bare=self.bare) if self.significant else plain(x, self.digits)

    def near(self, x: float) -> float:
        """What is shown, to the precision of a float."""
        if self.significant:
            return float(f"{x:.{(self.digits if self.bare else _digits(x, self.digits)) - 1}e}")
        rounded = round(x, self.digits)
        return rounded if (rounded or not x) and abs(x) < LARGE else float(read(plain(x, self.digits)))

    def unit(self, text: str) -> Decimal:
        """One unit of the last digit of a ``text`` that is written in this way; zeros at its end are not shown, but known."""
        if not self.significant and "e" not in text:
            return min(unit_of(text), Decimal(1).scaleb(-self.digits))
        digits = self.digits if self.significant else EXPONENT_DIGITS
        number = read(text)
        return min(unit_of(text), Decimal(1).scaleb(number.adjusted() - digits + 1)) if number else unit_of(text)


def read(text: str) -> Decimal:
    """The number that a reader takes it for."""
    return Decimal(text.replace(MINUS, "-").replace("∞", "Infinity"))


def unit_of(text: str) -> Decimal:
    """One unit of the last digit that is shown: 0.01 of ``1.25``, 10 of ``1.2e2``, 1 of ``300``."""
    exponent = read(text).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(exponent)


def _exponent(x: float | Decimal, digits: int = EXPONENT_DIGITS) -> str:
    mantissa, power = f"{x:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(power)}".replace("-", MINUS)


def _special(x: float) -> str:
    return "nan" if math.isnan(x) else "∞" if x > 0 else f"{MINUS}∞"


def plain(x: float, decimals: int = MOST_DECIMALS) -> str:
    """``x`` rounded (half to even) to at most ``decimals`` decimals, without trailing zeros, with a true minus sign.

    A number that is not zero is never shown as zero: a small one gets more decimals, four at most, and then an exponent, so that 0.00001
    is ``1e−5``. Very large numbers get an exponent too.
    """
    if not math.isfinite(x):
        return _special(x)
    if abs(x) >= LARGE:
        return _exponent(x)
    rounded = round(x, decimals)
    while rounded == 0 != x and decimals < MOST_DECIMALS:
        decimals += 1
        rounded = round(x, decimals)
    if rounded == 0:
        return "0" if x == 0 else _exponent(x)
    text = f"{rounded:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def all_digits(number: Decimal) -> str:
    """All its digits, without zeros at the end."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def significant(x: float | Decimal, digits: int, *, bare: bool = False) -> str:
    """``x`` rounded to so many significant digits, without trailing zeros; with an exponent where that is shorter.

    Numbers of an ordinary size, 0.0001 to 999,999, get none and keep all digits before the point: 60000, not 6e4, and 1529, not 1530.
    With ``bare`` they do not: 1.53e3.
    """
    if isinstance(x, float) and not math.isfinite(x):
        return _special(x)
    if x == 0:
        return "0"
    digits = digits if bare else _digits(x, digits)
    short = _exponent(x, digits)
    whole = all_digits(read(short))
    # Zeros in the place of digits that were rounded away would be taken for digits.
    is_true = abs(x) < 10**digits
    return whole if is_true and (_is_usual(x) or len(whole) <= len(short)) else short


def _is_usual(x: float | Decimal) -> bool:
    size = abs(float(x))
    return 10.0**-MOST_DECIMALS <= size < LARGE


def _digits(x: float | Decimal, digits: int) -> int:
    return max(digits, len(str(abs(int(x))))) if _is_usual(x) else digits


def short(x: float) -> str:
    """``x`` with up to four decimals where these are all that it has, otherwise with two."""
    return plain(x, MOST_DECIMALS if round(x, MOST_DECIMALS) == x else USUAL_DECIMALS)


def fitting(x: float, characters: int) -> str:
    """``x`` with as many decimals as fit into so many characters; ``≈0`` where it is too small for them.

    A large number that does not fit is written with an exponent, which may not fit either.
    """
    for decimals in range(MOST_DECIMALS, -1, -1):
        text = plain(x, decimals)
        if len(text) <= characters:
            return text
    return "≈0" if abs(x) < 1 else min(plain(x, 0), _exponent(x), key=len)


def decimals_needed(values: Iterable[float], at_most: int = USUAL_DECIMALS) -> int:
    """The fewest decimals, up to ``at_most``, with which every finite value is written exactly."""
    needed = 0
    for x in values:
        while needed < at_most and math.isfinite(x) and abs(x) < LARGE and round(x, MOST_DECIMALS) and round(x, needed) != x:
            needed += 1
    return needed


def factor(text: str, *, first: bool) -> str:
    """A factor as it stands in a sum of products: a negative one is in brackets unless nothing stands before it."""
    return text if first or not text.startswith(MINUS) else f"({text})"
