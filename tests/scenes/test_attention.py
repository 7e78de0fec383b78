"""Attention and its way back on the stage: legible at every size, the shown numbers right, any word a label."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import attention, attention_backward
from engine.functions import FUNCTIONS
from engine.trace import Trace
from scenes.attention import Attention
from scenes.attention_backward import AttentionBackward
from scenes.parts.beat import Beat
from scenes.parts.ink import letter_size, text_width
from scenes.parts.table import Table, fitting_label
from scenes.parts.theme import THEMES
from studio.pace import beats
from tests.engine.test_attention import randn, trained
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, decimal, every_kind, opened, strip

TWELVE = "the cat sat on the mat and then it went far away"


def words(count: int) -> str:
    return " ".join(f"word{i}" for i in range(count))


def lint(scene: type, trace: Trace, *themes: str) -> None:
    assert findings(scene, trace, every_kind(trace, 30), *themes) == []


@pytest.mark.parametrize(("tokens", "heads"), [("the cat sat", 2), (TWELVE, 8)])
def test_themes(tokens: str, heads: int) -> None:
    lint(Attention, attention(tokens=tokens, heads=heads, causal=True), *THEMES)


@pytest.mark.parametrize("count", [1, 6, 17])
def test_tokens(count: int) -> None:
    lint(Attention, attention(tokens=words(count), heads=1 if count % 2 else 2))


@pytest.mark.parametrize(("queries", "keys", "width", "made"), [(1, 3, 2, 2), (3, 1, 1, 1), (2, 12, 4, 4), (5, 6, 8, 3), (9, 70, 3, 90)])
def test_shapes(queries: int, keys: int, width: int, made: int) -> None:
    q, k, v = randn(queries, width), randn(keys, width, seed=1), randn(keys, made, seed=2)
    lint(Attention, attention(q, k, v))
    lint(AttentionBackward, attention_backward(randn(queries, made, seed=3), q, k, v))


@pytest.mark.parametrize("scale", [1e-6, 1e3])
def test_numbers(scale: float) -> None:
    q, k, v = (randn(3, 3, seed=n) * scale for n in range(3))
    lint(Attention, attention(q, k, v))
    lint(AttentionBackward, attention_backward(v, q, k, v))


@pytest.mark.parametrize("heads", [3, 16])
def test_heads(heads: int) -> None:
    lint(Attention, attention(tokens="a few words", heads=heads))


@pytest.mark.parametrize(("size", "theme"), [(4, "light"), (6, "dark"), (12, "print"), (128, "dark")])
def test_the_way_back(size: int, theme: str) -> None:
    lint(AttentionBackward, attention_backward(*(randn(size, min(size, 16), seed=n) for n in range(4)), causal=True), theme)


MASK = [[0.5, -1.25, -np.inf], [0, 2, -1e9], [-np.inf, 3, 0.125]]


def test_numbers_that_are_added_to_scores() -> None:
    lint(Attention, attention(tokens="the cat sat", mask=MASK, heads=2), *THEMES)
    lint(Attention, attention(tokens=TWELVE, mask=randn(12, 12, seed=3)), *THEMES)
    lint(Attention, attention(randn(2, 3), mask=[[np.finfo(float).min, -123456.789], [0, 1]]), *THEMES)


@pytest.mark.parametrize(("tokens", "heads"), [("the cat sat", 1), ("the cat sat on the mat", 2), (TWELVE, 2)])
def test_a_bias_key(tokens: str, heads: int) -> None:
    width = max(4, 2 * heads)
    trace = attention(tokens=tokens, heads=heads, causal=True, bias_k=randn(width, seed=1), bias_v=randn(width, seed=2))
    lint(Attention, trace)


def test_keys_and_values_of_other_widths() -> None:
    for widths in ((5, 3), (9, 1)):
        state = trained(4, 2, kdim=widths[0], vdim=widths[1], add_bias_kv=True).state_dict()
        for count in (3, 9):
            vectors = [randn(count, width, seed=width) for width in (4, *widths)]
            lint(Attention, attention(*vectors, heads=2, state_dict=state))


@pytest.mark.parametrize("size", [3, 12])
def test_the_way_back_with_masks_and_a_bias(size: int) -> None:
    tensors, width = [randn(size, 3, seed=n) for n in range(4)], torch.ones(3)
    lint(AttentionBackward, attention_backward(*tensors, mask=randn(size, size, seed=7), bias_k=width, bias_v=width))


ODD = [
    '"',
    "'",
    "\\",
    "#let",
    "$x$",
    "*b*",
    "_i_",
    "<b>",
    "`",
    "//",
    "🎉",
    "שלום",
    "مرحبا",
    "日本",
    "W" * 300,
    "ĝjÅŷ",
    "\u200b",
    "e" + "\u0301" * 30,
]


@pytest.mark.parametrize("tokens", [" ".join(ODD[at : at + 6]) for at in range(0, len(ODD), 6)] + [" ".join(ODD)])
def test_any_word_is_a_label(tokens: str) -> None:
    lint(Attention, attention(tokens=tokens))


@pytest.mark.parametrize("options", [{"tokens": TWELVE, "heads": 8}, {"tokens": words(128), "causal": True}])
def test_large_ones_have_no_findings_in_few_seconds(options: dict[str, Any]) -> None:
    trace = attention(**options)
    planned = beats(trace, seconds=24, fps=10)
    assert sum(one.frames for one in planned) == 240
    assert {"score", "mix"} <= {trace[one.start].kind for one in planned if one.kind == "full"}
    assert findings(Attention, trace, planned) == []


def test_words_lose_their_middles_and_ink_that_strays_is_boxed() -> None:
    assert [fitting_label(word, 1.0) for word in ("\u200b", "e" + "\u0301" * 30, "Ẫ" + "\u0323" * 9)] == ["□", "□", "□"]
    assert fitting_label("mat", 1.0) == "mat"
    short = fitting_label("supercalifragilistic", 1.0)
    assert short == "su…ic"
    assert text_width(short, letter_size()) < 1.0 + text_width("0", letter_size()) / 4


# --- what is shown -----------------------------------------------------------------------------------------------------------------------


def total(pieces: list[str]) -> Decimal:
    """The sum of products that these pieces write."""
    found, product = Decimal(0), Decimal(1)
    for piece in pieces:
        if piece == "+":
            found, product = found + product, Decimal(1)
        elif piece != "·":
            product *= decimal(piece)
    return found + product


def looked_at(scene: Any, step: Any, term: int) -> None:
    """The factors of a term, or the one of a softmax, are framed where they lie."""
    if isinstance(scene, Attention) and step.kind == "score":
        place, (first, second) = scene.attending, scene.attending.pair.frame.points.reshape(2, -1, 3)
        assert near(place.query.box(step.row, term), first)
        assert near(place.keys.box(step.column, term), second)
    elif isinstance(scene, AttentionBackward):
        place = scene.pictures[step.kind]
        cells = [line if isinstance(line, tuple) else line.box for line in place.sources(step, term)]
        for (x0, y0, x1, y1), frame in zip(cells, place.pair.frame.points.reshape(2, -1, 3), strict=True):
            low, high = frame.min(axis=0), frame.max(axis=0)
            assert low[0] < x0
            assert low[1] < y0
            assert x1 < high[0]
            assert y1 < high[1]
    elif step.kind in ("max", "sum", "mix"):
        place = scene.attending
        column = {"max": "score", "sum": "exp"}.get(step.kind, "share")
        assert near(getattr(place, column).box(term), place.pair.frame.points[:16])
    else:
        assert scene.bench.spot.box[::2] == (scene.bench.cells[0][term][0], scene.bench.cells[0][term][2])


@pytest.mark.parametrize(("scene_class", "trace"), [(Attention, attention(tokens="the cat sat", seed=7)), (AttentionBackward, None)])
def test_sums_on_the_strip_add_up_in_every_state(scene_class: type, trace: Any) -> None:
    trace = trace or attention_backward(*(randn(3, 2, seed=n).round(decimals=1) for n in range(4)))
    checked = 0
    with tempconfig(SETTINGS):
        scene = opened(scene_class, trace)
        for k in trace.lessons:
            if trace[k].reduce == "max":
                continue
            timeline = scene.timeline(Beat("full", k, k + 1, "", "", 60))
            seen = set()
            for frame in range(60):
                timeline.interpolate(frame / 59.5)
                pieces = strip(scene)
                if not {"=", "≈"} & {*pieces} or any("(" in piece and piece[0] != "(" for piece in pieces) or "÷" in pieces:
                    continue
                added = 1 + pieces.count("+")
                # An exponential has one column for its two numbers.
                if frame / 59.5 < scene.acts.added and not trace[k].apply:
                    seen.add(added)
                    looked_at(scene, trace[k], added - 1)
                if "=" in pieces:
                    assert total(pieces[: pieces.index("=")]) == decimal(pieces[-1])
                    checked += 1
            if len(trace[k].terms) > 1 and trace[k].apply == "":
                assert seen | {1} == {*range(1, len(trace[k].terms) + 1)}  # one number alone need not be a sum
    assert checked >= 60


def test_the_last_line_of_a_step_gives_its_value() -> None:
    trace = attention(tokens="the cat sat", seed=7)
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        for k, inside in ((36, "÷"), (46, "exp("), (49, "+"), (50, "÷")):
            timeline = scene.timeline(Beat("full", k, k + 1, "", "", 60))
            for frame in range(60):
                timeline.interpolate(frame / 59.5)
            pieces, step = strip(scene), trace[k]
            assert inside in pieces
            assert abs(float(decimal(pieces[-1])) - step.value) < 0.01
            if inside == "exp(":
                shown = [float(decimal(piece)) for piece in pieces[1:4] if piece != "+"]
                assert abs(FUNCTIONS["exp"].of(sum(shown)) - float(decimal(pieces[-1]))) <= 0.01


def near(box: Any, points: np.ndarray) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(np.allclose([low[0], low[1], high[0], high[1]], box))


def test_the_cells_that_are_read_and_written_are_framed() -> None:
    trace = attention(tokens="the cat sat", heads=2, seed=7)
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        place = scene.attending
        for step in trace:
            scene.timeline(Beat("quick", step.index, step.index + 1, "", "", 20)).interpolate(1.0)
            first, second, _, made = (window.frame.points for window in scene.windows)
            if step.kind == "score":
                assert near(place.query.row(step.row), first)
                assert near(place.keys.table.row(step.column), second)
                assert near(place.found.box(step.column), made)
                assert near(place.pattern.box(step.row, step.column), place.here.frame.points)
            elif step.kind == "mix":
                column = step.column % 2
                assert near(place.share.whole, first)
                assert near(place.values.table.column(column), second)
                assert near(place.mixture.box(step.row, column), made)
                assert shown(place.mixture.table) == column + 1
            elif step.kind in ("query", "key", "value"):
                table = scene.products[step.kind[0]][2].table
                assert near(table.box(step.row, step.column), made)


def shown(table: Table) -> int:
    return len(table.digits.lines)


def test_what_is_not_computed_yet_is_empty() -> None:
    trace = attention(tokens="the cat sat", seed=7)
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        place = scene.attending
        for k, step in enumerate(trace):
            scene.timeline(Beat("sweep", k, k + 1, "", "", 20)).interpolate(1.0)
            done = trace.blocks.done(k + 1)
            if step.kind in ("query", "key", "value"):
                assert shown(scene.products[step.kind[0]][2].table) == done[step.kind]
                continue
            assert shown(place.output.table) == done["mix"]
            assert len(place.pattern.weights.lines) == done["weight"]
            assert len(place.pattern.scores.lines) == done["score"] - done["weight"]
            own = max(0, min(3, done["exp"] - 3 * step.row))
            assert len(place.exp.digits.lines) == own
            assert sum(width > 0 for width in place.arcs.widths) == (
                max(0, min(3, done["weight"] - 3 * step.row)) if step.kind != "score" else 0
            )


def test_hidden_scores_are_shown_as_such() -> None:
    trace = attention(tokens="the cat sat", causal=True)
    first = trace.blocks.first("mask")
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        for n, cell in enumerate([(0, 1), (0, 2), (1, 2)]):
            scene.timeline(Beat("quick", first + n, first + n + 1, "", "", 20)).interpolate(1.0)
            assert [line.text for line in scene.attending.pattern.hidden.lines] == ["−∞"] * (n + 1)
            assert (trace[first + n].row, trace[first + n].column) == cell
            assert strip(scene)[-2:] == ["=", "−∞"] or scene.strip.marks["muted"].lines[-1].text == "−∞"


def test_scores_are_shown_with_what_the_mask_adds() -> None:
    trace = attention([[1, 0], [0, 1]], [[2, 0], [4, 1]], [[8], [6]], mask=[[0.5, 0], [-3, -np.inf]], scale=1)
    first = trace.blocks.first("mask")
    assert first is not None
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        for n, scores in enumerate((["2.5", "4", "0", "1"], ["2.5", "4", "−3", "1"], ["2.5", "4", "−3"])):
            scene.timeline(Beat("full", first + n, first + n + 1, "", "", 20)).interpolate(1.0)
            assert [line.text for line in scene.attending.pattern.scores.lines] == scores
            assert [line.text for line in scene.attending.pattern.hidden.lines] == ["−∞"] * (n == 2)
            # Only what is hidden is behind the curtain.
            assert scene.attending.curtain.cells == [scene.attending.pattern.box(1, 1)]


def test_a_bias_key_is_there_before_keys_are_projected() -> None:
    trace = attention(tokens="the cat sat", bias_k=[1, 2, 3, 4], bias_v=[5, 6, 7, 8])
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        for kind, numbers in (("query", []), ("key", ["1", "2", "3", "4"]), ("value", ["5", "6", "7", "8"])):
            scene.timeline(beat("full", trace, trace.blocks.start(kind))).interpolate(0.0)
            made = scene.products[kind[0]][2]
            assert [line.text for line in made.table.digits.lines] == numbers
        assert made.names == ["the", "cat", "sat", "bias"]


def test_colours_of_a_large_pattern() -> None:
    """A weight has the colour of weights, a score that of scores, a hidden one neither, an unknown one is empty."""
    trace = attention(tokens=TWELVE, causal=True)
    with tempconfig(SETTINGS):
        scene = opened(Attention, trace)
        k = trace.blocks.step("weight", (0, 6, 11))
        scene.timeline(Beat("sweep", k, k + 1, "", "", 20)).interpolate(1.0)
        pixels = scene.attending.pattern.raster.pixel_array
        line = tuple(int(scene.theme.line[i : i + 2], 16) for i in (1, 3, 5))
        assert tuple(pixels[9, 11, :3]) == line
        share = tuple(int(scene.theme.share[i : i + 2], 16) for i in (1, 3, 5))
        assert tuple(pixels[0, 0, :3]) == share  # the one weight of the first row is 1
        assert not (pixels[9, :9, :3] == pixels[6, :9, :3]).all()
