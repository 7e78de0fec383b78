"""What stands on the frame in words and on the strip: it is true, short enough to be read, and tells no result before the strip does."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.catalogue import find, single
from engine.sentences import MOST_SHARED
from engine.stage import Operand, Stage, Work
from engine.step import Cell
from engine.trace import Trace
from scenes.parts.frame import CAPTION, ROWS, Caption, fitted, shortened, wrapped
from scenes.parts.ink import letter_size
from scenes.parts.press import SERIF
from scenes.parts.table import fitting_label
from scenes.parts.theme import THEMES
from tests.scenes.grown import SIZES, grown, grows

CASES = [(name, size) for name in single() for size in SIZES if size == "small" or grows(find(name))]
#: Words of a caption, of an opening and of a closing, at most.
CAPTION_WORDS, OPENING_WORDS, CLOSING_WORDS = 15, 20, 14
#: With fewer a caption says a name, and nothing of it.
LEAST_WORDS = 5
#: What a caption must not hold: it stands on the strip. ``t = 0`` is no arithmetic.
RELATION = re.compile(r"[=≈]")
#: Where there is one of them only, it has no number.
COUNTED = re.compile(r"\b(filter|channel|head|sample|batch) 0\b", re.IGNORECASE)
ROOM = CAPTION[2] - CAPTION[0]


@functools.cache
def opened(name: str, size: str) -> Trace:
    return grown(name, size)


def cells(stage: Stage) -> Iterator[Cell]:
    """Its first cell, one from the middle, and its last one."""
    sizes = tuple(stage.values.shape)
    yield from dict.fromkeys(tuple(round(share * (size - 1)) for size in sizes) for share in (0.0, 0.5, 1.0))


def captions(trace: Trace) -> Iterator[tuple[Stage, Cell, Work, str]]:
    for stage in (one for name, one in trace.stages.items() if trace.blocks.first(name) is not None):
        assert stage.caption is not None, f"{stage.path} has no caption of its own"
        for cell in cells(stage):
            work = stage.work(cell)
            yield stage, cell, work, stage.caption(cell, work)


def other(work: Work) -> Work:
    """The same with other numbers in the same places."""

    def changed(one: Operand) -> Operand:
        return one._replace(values=[value * 1.5 + 0.25 for value in one.values])

    return replace(work, sums=[tuple(map(changed, operands)) for operands in work.sums])


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_caption_says_what_a_step_means_without_its_numbers(name: str, size: str) -> None:
    for stage, cell, work, caption in captions(opened(name, size)):
        assert not RELATION.search(caption), caption
        assert LEAST_WORDS <= len(caption.split()) <= CAPTION_WORDS, caption
        assert caption.endswith((".", "?")), caption
        assert stage.caption is not None
        assert stage.caption(cell, other(work)) == caption, "it changes with the numbers"


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_sentence_holds_for_all_steps_of_a_stage(name: str, size: str) -> None:
    trace = opened(name, size)
    found = {stage: trace[k].shared for stage in trace.stages if (k := trace.blocks.first(stage)) is not None}
    for stage, shared in found.items():
        assert trace.stages[stage].shared == shared, "it has none of its own"
        assert len(shared.split()) <= MOST_SHARED, shared
        assert not RELATION.search(shared), shared
        assert shared[0].isupper(), shared
        assert shared.endswith("."), shared


@pytest.mark.parametrize(("name", "size"), CASES)
def test_openings_and_closings_are_short(name: str, size: str) -> None:
    trace = opened(name, size)
    for text, most in ((trace.opening, OPENING_WORDS), (trace.closing, CLOSING_WORDS)):
        assert len(text.split()) <= most, text
        assert not RELATION.search(text), text
    assert "e−" not in trace.closing, "errors are relative"


@pytest.mark.parametrize(("name", "size"), CASES)
def test_what_there_is_one_of_has_no_number(name: str, size: str) -> None:
    trace = opened(name, size)
    counted = [text.lower() for phase, _ in trace.phases for text in COUNTED.findall(phase)]
    for text in counted:
        assert any(re.search(rf"\b{text}s? (1|\d+ to)", phase, re.IGNORECASE) for phase, _ in trace.phases), trace.phases
    for stage, _, _, caption in captions(trace):
        for text in COUNTED.findall(caption):
            assert len(stage.values) > 1, caption
            assert text.lower() not in ("channel", "batch"), caption


# --- it fits -----------------------------------------------------------------------------------------------------------------------------

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.mark.parametrize(("name", "size"), CASES)
def test_all_words_fit_on_two_lines(name: str, size: str) -> None:
    trace = opened(name, size)
    texts = {trace.opening, trace.closing, *(caption for *_, caption in captions(trace))}
    texts |= {trace[k].shared for k in map(trace.blocks.first, trace.stages) if k is not None}
    for text in texts:
        assert len(wrapped(text, letter_size(SERIF), ROOM)) <= len(ROWS), text
        assert "…" not in text, text
        assert " ".join(fitted(text, letter_size(SERIF), ROOM)) == text


@pytest.mark.parametrize("text", ["The score of “{0}” for “{0}”, less the largest, as a power of e.", "{0}, back from {0}, {0} and {0}."])
def test_long_names_lose_their_middles(text: str) -> None:
    rows = fitted(text.format(LONG), letter_size(SERIF), ROOM)
    shown = " ".join(rows)
    assert len(rows) <= len(ROWS)
    assert not shown.endswith("….")
    plain = [word for word in text.split() if "{0}" not in word]
    assert [word for word in shown.split() if "…" not in word] == plain, "only names are shortened"
    for found in re.findall(r"[^\s“”,.]*…[^\s“”,.]*", shown):
        first, last = found.split("…")
        assert LONG.startswith(first), found
        assert LONG.endswith(last), found
        assert first, found
        assert last, found


def test_a_sentence_of_any_length_ends_with_its_last_word() -> None:
    caption = Caption(THEMES["dark"])
    caption.say(" ".join(f"word{n}" for n in range(200)) + " end.")
    assert [row.line.text for row in caption.rows][-1].endswith("end.")
    caption.say("Short; " + "clause " * 100 + "end.")
    assert [row.line.text for row in caption.rows if row.line.text] == ["Short."]


def test_labels_lose_their_middles_as_sentences_do() -> None:
    name = "supercalifragilistic"
    for short in (fitting_label(name, 1.0), shortened(name, letter_size(SERIF), 1.0)):
        first, last = short.split("…")
        assert name.startswith(first)
        assert name.endswith(last)
        assert 0 <= len(first) - len(last) <= 1
    assert fitting_label(name, 0.2) == name[0] == shortened(name, letter_size(SERIF), 0.01)
