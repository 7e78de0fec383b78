"""Steps with blanks in place of numbers that a reader is to find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.numbers import CANCELS, Sum, abridged, sum_line, written
from engine.sentences import cell_name
from engine.step import Step

if TYPE_CHECKING:
    from engine.trace import Trace

BLANK = "____"
#: Of a longer sum only so many terms have blanks of their own.
MOST_TERMS = 12

_NUMBER = r"[−-]?(?:\d+(?:,\d{3})*(?:\.\d+)?(?:e[−-]?\d+)?|∞|nan)"
_PLACE = r"[−-]?\d[\d,]*(?![\w.]*\d)(?<!,)"
_A_NUMBER = rf"(?<![\w.\[]){_NUMBER}(?![\w\]])"
#: Not a number to be found: cells, what is quoted, general formulas, which have letters in them.
_NAMES = (
    r"\bt = \d+|\w[\w.]*\[[^\]]*\]|“[^”]*”|\w?\([^()]*(?<!\d)(?!nan\b)[^\W\d][^()]*\)"
    r"|\d [−+·] [^\W\d]\w*[²³]?|[\w)²³]/\d+|\b1/(?=\([^()]*[^\W\d]|[^\W\d])"
)
#: Says where, or how many: part of the question, as long as it stands before the answer.
_PLACES = (
    r"(?i:rows?|columns?|positions?|numbers?|units?|keys?|quer(?:y|ies)|values?|scores?|outputs?|channels?|filters?|groups?|heads?|samples?|"
    rf"tokens?|length|stride|divided by) {_PLACE}(?:, {_PLACE})*(?: to {_PLACE})?"
    rf"|between {_PLACE} and {_PLACE}|(?<![\w.]){_PLACE} (?:products?|numbers?|terms?|windows?|gradients?|nodes?|channels?)\b|\d+(?:×\d+)+"
)
_OPERATOR = rf"\s*(?:[+·÷−×=≈]|{CANCELS})\s*"
_ARITHMETIC = re.compile(rf"(?:(?<!\w)\()*{BLANK}\)*(?:{_OPERATOR}\(*{BLANK}\)*)*")
_FUNCTION = re.compile(rf"[^\W\d_]+\({BLANK}(?:, {BLANK})*\)")


def blank_sentence(say: str, *, places: bool = True) -> str:
    """The sentence with :data:`BLANK` in place of its numbers, one for a whole piece of arithmetic.

    Numbers that say where or how many stay if they stand before the first blank; without ``places`` they go too.
    """
    text = "".join(_blanked(say, places))
    before = ""
    while text != before:
        before = text
        text = _FUNCTION.sub(BLANK, _ARITHMETIC.sub(_one, text))
    return text


def _one(found: re.Match[str]) -> str:
    """One blank for all, between the brackets that do not belong to it."""
    opening, closing = found[0].count("("), found[0].count(")")
    return "(" * max(0, opening - closing) + BLANK + ")" * max(0, closing - opening)


def _blanked(say: str, places: bool) -> Iterator[str]:
    at = 0
    while at < len(say):
        kept = f"{_NAMES}|{_PLACES}" if places else _NAMES
        found = re.compile(f"(?P<kept>{kept})|{_A_NUMBER}").search(say, at)
        if found is None:
            break
        yield say[at : found.start()] + (found["kept"] or BLANK)
        places = places and found["kept"] is not None
        at = found.end()
    yield say[at:]


def blank_line(trace: Trace, step: Step, *, worked: bool) -> str:
    """The step's arithmetic to be filled in, as ``output[0] = 1·2 + 3·4 = ____ + ____ = ____``.

    The factors are given if it is to be ``worked`` and they are inputs; results of other steps are never given.
    """
    names = ", ".join(cell_name(tensor, cell) for tensor, cells in step.writes.items() for cell in cells)
    found = abridged(written(step.terms, step.value, step.reduce, step.divisor, step.apply), MOST_TERMS)
    found = replace(found, value=BLANK)
    given = {name.partition(".")[0] for name in step.reads} <= trace.given(step.index)
    is_cell = getattr(step, "over", None) is not None  # that it is divided by, even if that is 1
    if not given or (is_cell and not worked):
        found = replace(found, divisor="1" if found.divisor == "1" and not is_cell else BLANK)
    if len(found.terms) == len(found.terms[0]) == 1 and not found.apply and found.divisor == "1":
        pieces = []  # a number that is only handed on
    elif given and worked:
        pieces = [found, *_between(found)]
    else:
        pieces = [_hollow(found, [len(term) for term in found.terms])]
    between = "≈" if found.relation == CANCELS else found.relation
    line = f" {between} ".join([*(sum_line(piece).rpartition(f" {piece.relation} ")[0] for piece in pieces), BLANK])
    # Where an addition goes is a thing to be found too.
    return f"{_somewhere(step)} += {line}" if step.accumulate else f"{names} {between} {line}"


def _between(found: Sum) -> Iterator[Sum]:
    """What one writes between the numbers and the result: the products, or their sum if something is done to it."""
    if len(found.terms) > 1 and any(len(term) > 1 for term in found.terms):
        yield _hollow(found, [1] * len(found.terms))
    elif len(found.terms) > 1 and found.reduce == "sum" and (found.apply or found.divisor != "1"):
        yield _hollow(found, [1])


def _hollow(found: Sum, factors: list[int]) -> Sum:
    """Blanks in place of all factors; dots stay."""
    terms = [term if term == ("⋯",) else (BLANK,) * count for term, count in zip(found.terms, factors, strict=False)]
    return replace(found, terms=tuple(terms))


def _somewhere(step: Step) -> str:
    return ", ".join(f"{tensor}[{BLANK}]" for tensor in step.writes)
