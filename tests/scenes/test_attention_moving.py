"""What moves in attention and its way back, and what is seen of it without digits: arcs, curtains, words, the strongest keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from manim import tempconfig

from cli import main
from engine import attention, attention_backward
from engine.trace import Trace
from scenes.attention import Attention
from scenes.attention_backward import AttentionBackward
from scenes.heads.arcs import THINNEST, WHOLE, ribbon, side_by_side, thickness
from scenes.parts.frame import STAGE
from scenes.parts.ink import Letters
from scenes.parts.raster import Raster
from tests.engine.test_attention import randn
from tests.scenes.lint import is_shown
from tests.scenes.showing import SETTINGS, beat, every_kind, opened, pictures

LONG = "the small cat sat on the mat and then it went far away from here"


def back(size: int, width: int) -> Trace:
    return attention_backward(*(randn(size, width, seed=n) for n in range(4)), labels=[f"word{n}" for n in range(size)])


TRACES = {
    "small": lambda: attention(tokens="the cat sat", seed=7),
    "heads": lambda: attention(tokens="the cat sat on the mat now", heads=2, causal=True),
    "many": lambda: attention(tokens=LONG, heads=12, embed_dim=48),
    "own": lambda: attention(randn(3, 2), randn(5, 2, seed=1), labels="a b c", key_labels="one two three four five"),
    "back": lambda: back(3, 2),
    "back, large": lambda: back(20, 16),
}


def scene_of(trace: Trace) -> Any:
    return opened(AttentionBackward if trace.concept.endswith("backward") else Attention, trace)


# --- movement -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["heads", "own", "back"])
def test_a_beat_looks_the_same_whatever_was_shown_before(case: str) -> None:
    trace = TRACES[case]()
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        planned = every_kind(trace, 30)

        def seen(shown: Any) -> list[list[bytes]]:
            return pictures(scene, shown, 0, 30)[::5]

        in_order = [seen(shown) for shown in planned]
        for shown, expected in reversed([*zip(planned, in_order, strict=True)]):
            # A beat is left while things are on their way.
            scene.timeline(planned[3]).interpolate(0.3)
            assert seen(shown) == expected, shown.name


# --- arcs ---------------------------------------------------------------------------------------------------------------------------------


def area(mark: Any) -> float:
    x, y = mark.points[::4, 0], mark.points[::4, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2 if len(x) else 0.0


def test_an_arc_is_as_thick_as_its_share() -> None:
    trace = attention([[1, 0]], [[0, 0], [1, 0], [2, 0], [4, 0]], labels="who", scale=1)
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        scene.timeline(beat("quick", trace, trace.blocks.step("mix", (0, 0)))).interpolate(1.0)
        widths = scene.attending.arcs.widths
        shares = trace.outputs["weights"][0].tolist()
        assert widths == sorted(widths)
        assert widths[3] / widths[0] > 10
        assert (widths[2] - widths[1]) / (widths[1] - widths[0]) == pytest.approx((shares[2] - shares[1]) / (shares[1] - shares[0]))
        opacities = [mark.get_fill_opacity() for mark in scene.attending.arcs.marks if len(mark.points)]
        assert opacities == sorted({*opacities})


def test_an_arc_leads_from_its_key_or_value_to_the_word_of_the_query() -> None:
    trace = attention(tokens="the cat sat", seed=7)
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        place = scene.attending
        for step in (trace.blocks.step("weight", (0, 1, 0)), trace.blocks.step("mix", (1, 0))):
            scene.timeline(beat("quick", trace, step)).interpolate(1.0)
            points = np.concatenate([mark.points for mark in place.arcs.marks])
            left, right = points[points[:, 0].argmin()], points[points[:, 0].argmax()]
            word = place.nodes.line(1)
            assert right[0] < word.box[0]
            assert abs(right[1] - word.y) < WHOLE / 2 + THINNEST
            assert left[0] > place.share.whole[2] - 0.1


def test_arcs_end_side_by_side_and_are_one_attention_together() -> None:
    ends = side_by_side((1.0, 2.0), [0.5, 0.2, 0.3])
    assert [x for x, _ in ends] == [1.0] * 3
    heights = [y for _, y in ends]
    assert heights[0] + 0.25 * WHOLE == pytest.approx(2.0 + WHOLE / 2)
    assert heights[0] - heights[1] == pytest.approx(0.35 * WHOLE)
    assert heights[2] - 0.15 * WHOLE == pytest.approx(2.0 - WHOLE / 2)


def test_an_arc_grows_when_its_share_is_known() -> None:
    trace = attention(tokens="the cat sat", seed=7)
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        timeline = scene.timeline(beat("full", trace, trace.blocks.step("weight", (0, 0, 1))))
        reach = []
        for share in (0.5, 0.7, 0.74, 0.78, 1.0):
            timeline.interpolate(share)
            reach.append(sum(area(mark) for mark in scene.attending.arcs.marks))
        assert reach == sorted(reach)
        assert reach[0] < reach[1] < reach[2] < reach[3]


def test_a_ribbon_is_as_thick_where_it_is_steep() -> None:
    steep, level = ribbon((0, 0), (1, 3), 0.2), ribbon((0, 0), (1, 0), 0.2)
    assert thickness(0.5) < thickness(1.0) == thickness(2.0)
    # Twice as far from edge to edge upwards as it would be without the slope.
    x, y = steep[::4, 0], steep[::4, 1]
    near = np.abs(x - 0.5) < 0.2
    assert np.ptp(y[near]) > 0.5
    assert np.ptp(level[:, 1]) == pytest.approx(0.2)


# --- curtains -----------------------------------------------------------------------------------------------------------------------------


def covered(scene: Any) -> float:
    points = scene.attending.curtain.cloth.points.reshape(-1, 16, 3)
    return float(sum(np.ptp(box[:, 0]) * np.ptp(box[:, 1]) for box in points))


@pytest.mark.parametrize("options", [{"causal": True}, {"mask": [[1, 1, 0]] * 3}])
def test_the_curtain_falls_over_what_the_mask_hides(options: dict[str, Any]) -> None:
    trace = attention(tokens="the cat sat", **options)
    first = trace.blocks.first("mask")
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        timeline, seen = scene.timeline(beat("full", trace, first)), []
        for share in (0.0, 0.2, 0.4, 0.6, 1.0):
            timeline.interpolate(share)
            seen.append(covered(scene))
        assert seen[0] == 0
        assert seen[:4] == sorted({*seen[:4]})
        width, height = scene.attending.pattern.cell
        assert seen[-1] == pytest.approx(3 * width * height)
        scene.timeline(beat("full", trace, first - 1)).interpolate(1.0)
        assert covered(scene) == 0
        scene.timeline(beat("quick", trace, trace.blocks.first("max"))).interpolate(0.0)
        assert covered(scene) == seen[-1]


def test_in_a_sweep_the_curtain_falls_row_by_row() -> None:
    trace = attention(tokens="the cat sat on", causal=True)
    first = trace.blocks.first("mask")
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        timeline, seen = scene.timeline(beat("sweep", trace, first, first + 6)), []
        for frame in range(90):
            timeline.interpolate(frame / 89.5)
            seen.append(covered(scene))
        assert seen == sorted(seen)
        assert len({*seen}) > 3


# --- words and choices --------------------------------------------------------------------------------------------------------------------


def texts(scene: Any) -> list[str]:
    return [line.text for part in scene.live.get_family() if isinstance(part, Letters) and part.shown for line in part.lines]


def test_every_row_and_column_has_its_word() -> None:
    trace = attention(randn(2, 3), randn(3, 3, seed=1), labels="hot cold", key_labels="ice tea rye")
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        for kind, own in (("score", 1), ("weight", 1), ("mix", 1)):
            scene.timeline(beat("quick", trace, trace.blocks.start(kind))).interpolate(1.0)
            found = texts(scene)
            # Keys beside their numbers and above the scores; queries where arcs end, beside the outputs and the scores, and the present one
            # beside its numbers or what is mixed for it.
            assert [found.count(word) for word in ("ice", "tea", "rye")] == [2] * 3, kind
            assert [found.count(word) for word in ("hot", "cold")] == [3 + (kind != "weight"), 3], kind
            assert own
        for shown in (beat("opening", trace, 0), beat("closing", trace, len(trace) - 1)):
            scene.timeline(shown).interpolate(1.0)
            assert {"hot", "cold", "ice", "tea", "rye"} <= {*texts(scene)}


def test_the_way_back_has_words() -> None:
    trace = attention_backward(
        *(randn(2, 3, seed=1), randn(2, 3), randn(3, 3, seed=2)), randn(3, 3, seed=3), labels="hot cold", key_labels="ice tea rye"
    )
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        for kind in ("value", "weight", "row sum", "score", "query", "key"):
            scene.timeline(beat("full", trace, trace.blocks.start(kind))).interpolate(1.0)
            assert {"hot", "cold", "ice", "tea", "rye"} <= {*texts(scene)}, kind


def test_of_many_keys_the_strongest_are_shown() -> None:
    trace = attention(randn(3, 4), randn(48, 4, seed=2), labels="a b c", key_labels=[f"w{n}" for n in range(48)])
    weights = trace.outputs["weights"]
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        scene.timeline(beat("quick", trace, trace.blocks.step("mix", (1, 0)))).interpolate(1.0)
        place = scene.attending
        assert place.values.rows == weights[1].argsort(descending=True)[:8].tolist()
        assert "strongest 8 of 48 keys" in texts(scene)
        assert [line.text for line in place.values.words.plain.lines] == [f"w{n}" for n in place.values.rows]
        weak = int(weights[1].argmin())
        scene.timeline(beat("quick", trace, trace.blocks.step("weight", (0, 1, weak)))).interpolate(1.0)
        assert place.keys.rows[-1] == weak
        scene.timeline(beat("quick", trace, trace.blocks.step("score", (0, 1, 20)))).interpolate(1.0)
        assert place.keys.rows == [*range(16, 24)]


def extent(scene: Any) -> tuple[float, float]:
    """How much of the stage's width and height is used."""
    parts = [mark for part in scene.live.submobjects[:-3] for mark in part.get_family() if is_shown(mark)]
    boxes = [
        mark.box if isinstance(mark, Raster) else (*mark.points.min(axis=0)[:2], *mark.points.max(axis=0)[:2])
        for mark in parts
        if isinstance(mark, Raster) or len(mark.points)
    ]
    left, bottom, right, top = (np.array(side) for side in zip(*boxes, strict=True))
    return (right.max() - left.min()) / (STAGE[2] - STAGE[0]), (top.max() - bottom.min()) / (STAGE[3] - STAGE[1])


@pytest.mark.parametrize("case", TRACES)
def test_the_stage_is_filled(case: str) -> None:
    trace = TRACES[case]()
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        for shown in (*(beat("full", trace, k) for k in trace.lessons), beat("opening", trace, 0), beat("closing", trace, len(trace) - 1)):
            scene.timeline(shown).interpolate(1.0)
            assert max(extent(scene)) > 0.8, (shown.name, extent(scene))


def test_words_of_own_vectors_on_the_command_line(tmp_path: Any) -> None:
    (words := tmp_path / "keys.txt").write_text("ice cream\ntea\n", encoding="utf-8")
    given = ["trace", "attention", "--query", "[[1,0]]", "--key", "[[0,1],[1,1]]", "--labels", "me", "--key-labels", str(words)]
    told = CliRunner().invoke(main, given)
    assert told.exit_code == 0
    assert "The score of “me” for “ice cream”" in told.output
    refused = CliRunner().invoke(main, [*given[:-1], "one two three"])
    assert refused.exit_code != 0
    assert "key_labels has 3 words, but there are 2 keys; give 2" in refused.output.replace("--key-labels", "key_labels")
