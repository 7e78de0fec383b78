from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import torch

from engine import conv2d
from engine.catalogue import concepts
from engine.inputs.arguments import open_example
from engine.paper.lines import result_line
from engine.paper.repr_html import STEPS
from tests.stand_ins import steps

VOID = {"br"}


class Page(HTMLParser):
    """The text of every element by its tag; all elements must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


@pytest.mark.parametrize("name", concepts())
def test_every_concept_is_shown_with_its_steps_and_numbers(name: str) -> None:
    trace = open_example(name)
    page = Page(trace._repr_html_())
    assert page.texts["h3"] == [trace.title]
    assert trace.opening in page.texts["p"][0]
    assert trace.reference.name in page.texts["p"][-1]
    assert len(page.texts["li"]) == min(STEPS, len(trace))
    for step, text in zip(trace[:STEPS], page.texts["li"], strict=False):
        assert text.startswith(step.say)
    assert result_line(trace[0], 12) in page.texts["li"][0]
    assert f"{len(trace):,}" in page.texts["section"][0]


def test_small_tensors_are_written_out() -> None:
    page = Page(conv2d([[1, -3], [4, 5.5]], [[1, 2]])._repr_html_())
    assert page.texts["td"] == ["1", "−3", "4", "5.5", "1", "2", "−5", "15"]
    assert page.texts["figcaption"] == ["input 1×2×2", "weight 1×1×1×2", "output 1×2×1"]


def test_it_takes_its_colours_from_the_page() -> None:
    styles = " ".join(value or "" for key, value in Page(open_example("conv2d")._repr_html_()).attributes if key == "style")
    assert not re.search(r"colou?r|background|#[0-9a-f]{3}|font-family", styles)


def test_long_traces_and_large_tensors_stay_short_and_quick() -> None:
    trace = conv2d(torch.randn(3, 224, 224), torch.randn(64, 3, 7, 7), stride=2, padding=3)
    began = time.monotonic()
    text = trace._repr_html_()
    assert time.monotonic() - began < 1
    assert "of 802,816" in text
    assert "150,528 values" in text
    assert len(text) < 20_000
    assert len(repr(trace)) < 200


def test_what_comes_from_users_is_no_markup() -> None:
    bad = "<script>alert(1)</script>&\"'"
    trace = conv2d([[1, 2]], [[1]])
    step = replace(trace[0], say=bad, phase=bad)
    trace = replace(trace, title=bad, opening=bad * 1000, inputs={bad: torch.ones(2)}, **steps(lambda k: step, [(bad, 1)]))
    for text in (trace._repr_html_(), step._repr_html_()):
        assert "<script" not in text
        assert bad in "".join(Page(text).texts["section"])
        assert len(text) < 30_000


def test_a_step_is_shown_with_its_number_and_its_sum() -> None:
    page = Page(conv2d([[1, 2]], [[3, 4]])[0]._repr_html_())
    assert page.texts["strong"] == ["Step 1"]
    assert page.texts["code"] == ["output[0, 0, 0] = 1·3 + 2·4 = 11"]


def test_a_trace_says_in_one_line_what_it_is() -> None:
    assert repr(conv2d([[1, 2]], [[3, 4]])) == "<ConvTrace conv2d: 1 step, input 1×1×2, weight 1×1×1×2 -> output 1×1×1>"
