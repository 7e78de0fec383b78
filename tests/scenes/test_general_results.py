"""What the general picture shows before and after the steps: code, results that no step computes, words, all that is given back."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
import torch
from manim import tempconfig

from engine.catalogue import function_of
from engine.inputs.arguments import open_example
from engine.record import Record
from engine.stage import Work, number
from scenes.parts import desk
from scenes.parts.cast import scene_class
from scenes.parts.frame import CAPTION, Caption
from scenes.parts.general import General
from scenes.parts.places import END, START
from scenes.parts.theme import THEMES
from tests.scenes.coded import Made, at
from tests.scenes.coded import trace as made
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind
from tests.scenes.test_general import opened as in_general
from tests.scenes.test_general import seen


def opened(trace: Any) -> General:
    with tempconfig(SETTINGS):
        scene = scene_class(trace.concept)(Record(trace), every_kind(trace), code=True)
        scene.setup()
    return scene


def shown(scene: General, beat: Any, share: float = 1.0) -> dict[str, list[str]]:
    """The digits on every tensor."""
    with tempconfig(SETTINGS):
        scene.timeline(beat).interpolate(share)
    return {path: [line.text for line in sheet.digits.lines] for path, sheet in scene.here.items()}


def test_what_nothing_reads_is_shown_at_the_end() -> None:
    trace = open_example("softmax")
    scene = opened(trace)
    for k in range(len(trace)):
        assert "argmax" not in shown(scene, beat("quick", trace, k))
    assert shown(scene, scene.beats[-1])["argmax"] == ["0"]


def test_what_is_read_is_shown_when_it_is_read() -> None:
    trace = open_example("cross_entropy")
    scene = opened(trace)
    for stage in trace.stages:
        found = shown(scene, beat("full", trace, trace.blocks.start(stage)), 0.0)
        assert found.get("one_hot") == (["1", "0", "0"] if stage == "grad" else None)


def test_a_curve_of_many_points_is_no_tensor_to_be_shown() -> None:
    trace = open_example("activation")
    assert "curve" in trace.outputs
    assert all("curve" not in sheets for sheets in opened(trace).sheets.values())


@pytest.mark.parametrize("name", ["cross_entropy", "batch_norm", "group_norm_backward", "dropout"])
def test_the_end_has_all_that_is_given_back_in_digits(name: str) -> None:
    trace: Any = open_example(name)
    scene = opened(trace)
    found = shown(scene, scene.beats[-1])
    given_back = [path for path in trace.results if path not in ("mask", "curve")]
    assert {path: len(found[path]) for path in given_back} == {path: trace.outputs[path].numel() for path in given_back}


def test_large_results_are_whole_at_the_end() -> None:
    given = torch.randn(8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    scene = opened(function_of("layer_norm")(given, 8))  # type: ignore[misc]
    shown(scene, scene.beats[-1])
    assert scene.standing == END
    assert seen(scene.here["output"]) == 64


@pytest.mark.parametrize("name", ["batch_norm", "cross_entropy", "layer_norm_backward", "linear_backward"])
def test_the_opening_has_all_of_the_code(name: str) -> None:
    scene = opened(open_example(name))
    shown(scene, scene.beats[0])
    assert scene.standing == START
    texts = "".join(line.text.strip() for line in scene.listing.letters["ink"].lines)
    assert texts.replace(" ", "") == "".join(dict.fromkeys(scene.code.values())).replace(" ", "")


def test_a_caption_that_is_too_long_ends_at_a_semicolon() -> None:
    caption, words = Caption(THEMES["dark"]), "every channel of the batch is moved and scaled"
    caption.say(f"{words} and {words}; {words} and {words} and {words}.")
    assert " ".join(row.line.text for row in caption.rows) == f"{words} and {words}."
    caption.say(f"{words}; {words}.")
    assert " ".join(row.line.text for row in caption.rows) == f"{words}; {words}."
    assert all(row.width_set <= CAPTION[2] - CAPTION[0] for row in caption.rows)


def test_columns_have_the_words_of_the_user() -> None:
    scene = opened(open_example("cross_entropy"))
    shown(scene, scene.beats[0])
    given = scene.here["input"]
    assert [line.text for line in given.words.lines] == ["cat", "dog", "bird"]
    assert all(x0 < line.x < x1 for (x0, _, x1, _), line in zip([given.box(0, j) for j in range(3)], given.words.lines, strict=True))
    assert not scene.here["target"].words.lines
    many = opened(function_of("softmax")(torch.randn(12), labels=["extraordinary"] * 12))  # type: ignore[misc]
    assert not any(sheet.words.lines for sheets in many.sheets.values() for sheet in sheets.values())


def test_terms_come_onto_the_strip_as_they_are_added() -> None:
    trace = open_example("layer_norm")
    scene = opened(trace)
    found = dict.fromkeys(line for share in range(30, 66) if (line := strip_at(scene, beat("full", trace, 0), share / 100)))
    assert list(found) == ["1", "1 + (−2) = −1 so far", "1 + (−2) + 4 = 3"]
    assert strip_at(scene, beat("full", trace, 0), 1.0) == "(1 + (−2) + 4) ÷ 3 = 1"


def strip_at(scene: General, beat: Any, share: float) -> str:
    shown(scene, beat, share)
    lines = sorted((line for mark in scene.strip.marks.values() for line in mark.lines), key=lambda line: line.x)
    return " ".join(line.text for line in lines).replace("( ", "(").replace(" )", ")")


def test_a_way_back_shows_the_line_that_it_comes_through() -> None:
    trace = open_example("linear_backward")
    scene = opened(trace)
    shown(scene, beat("full", trace, 0))
    assert [line.text for line in scene.listing.letters["ink"].lines] == [scene.code["grad_z"]]
    assert not scene.listing.letters["gradient"].lines


def test_a_record_knows_the_ends_of_all_stages() -> None:
    trace = function_of("cross_entropy")(torch.randn(8, 8), torch.arange(8))  # type: ignore[misc]
    record = pickle.loads(pickle.dumps(Record(trace)))
    assert {next(iter(step.writes)) for step in record.at_ends} == {*trace.stages}
    assert trace.blocks.start("loss") in record.steps


def test_what_is_read_late_is_no_empty_box_before() -> None:
    given, mask = torch.tensor([1.0, 2]).double(), torch.tensor([1.0, 0]).double()
    double = Made("double", 2 * given, "double = 2 * input", lambda c: Work([(at("input", given, *c), number(2.0))]))
    kept = Made("kept", 2 * given * mask, "kept = double * mask", lambda c: Work([(at("double", 2 * given, *c), at("mask", mask, *c))]))
    trace = made("late", {"input": given}, [double, kept])
    scene = opened(replace(trace, outputs={**trace.outputs, "mask": mask}))
    assert shown(scene, beat("full", trace, 0), 0.0) == {"input": ["1", "2"], "double": []}
    assert shown(scene, beat("full", trace, 2), 0.0) == {"double": ["2", "4"], "mask": ["1", "0"], "kept": []}


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("name", ["batch_norm_backward", "group_norm_backward", "binary_cross_entropy_with_logits_backward"])
def test_layout_of_many_tensors_of_middle_size(name: str) -> None:
    x, row = numbers(8, 8), numbers(8)
    planes = x.reshape(2, 8, 4)
    given: dict[str, dict[str, Any]] = {
        "batch_norm_backward": {"grad_output": x, "input": x, "running_mean": row, "running_var": row.abs(), "weight": row, "bias": row},
        "group_norm_backward": {
            "grad_output": planes,
            "input": planes,
            "num_groups": 4,
            "weight": row,
            "bias": row,
        },
        "binary_cross_entropy_with_logits_backward": {"grad_output": 1.0, "input": numbers(4, 64), "target": (numbers(4, 64) > 0).double()},
    }
    trace = function_of(name)(**given[name])  # type: ignore[misc]
    assert findings(scene_class(name), trace, every_kind(trace)) == []


def first_of(trace: Any, path: str) -> int:
    return next(step.index for step in trace if path in step.writes)


def test_a_way_back_through_two_lines_shows_both() -> None:
    trace = open_example("softmax_backward")
    scene = opened(trace)
    shown(scene, beat("full", trace, first_of(trace, "grad_exp")))
    assert [line.text for line in scene.listing.letters["ink"].lines] == ["sum = exp.sum(dim, keepdim=True)", "output = exp / sum"]


@pytest.mark.parametrize("name", ["softmax_backward", "cross_entropy_backward", "group_norm_backward"])
def test_every_line_before_the_first_step_stands_beside_some_step(name: str) -> None:
    trace = open_example(name)
    scene = opened(trace)
    shown(scene, beat("opening", trace, 0))
    listed, lit = [line.text for line in scene.listing.letters["ink"].lines], set()
    for path in trace.code:
        shown(scene, beat("full", trace, first_of(trace, path)))
        lit |= {line.text for line in scene.listing.letters["ink"].lines}
    assert {*listed} == lit


def test_a_number_that_is_handed_on_stands_on_the_strip_with_its_source() -> None:
    trace = open_example("cross_entropy_backward")
    scene = opened(trace)
    k = first_of(trace, "grad_log_softmax")
    assert strip_at(scene, beat("full", trace, k), 1.0) == "−grad_losses = −1"
    assert strip_at(scene, beat("full", trace, k + 1), 1.0) == "0"  # nothing comes back, and there is nothing to equate


def test_what_is_made_of_a_cell_leaves_it_as_what_stands_there() -> None:
    trace = open_example("rms_norm_backward")
    scene = in_general(trace)
    work = desk.WrittenStep.of(trace[first_of(trace, "grad_mean_square")])
    shown(scene, beat("full", trace, work.step.index))
    flown = {line.text for flight in scene.flights(work) if flight.lines for line in flight.lines}
    assert flown == {"0.33", "1.73"}
    scene.work(work, 1, True)
    assert [batch.labels for batch in scene.bench.batches] == [["grad_rms", "× 1/(2·rms)"]]
    assert scene.bench.line(0, 1).text == "0.29"
