"""Plays: traces in a row."""

from __future__ import annotations

import json
import math
import pickle
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.catalogue import concepts
from engine.errors import CheckError
from engine.paper.formats import FORMATS
from engine.paper.records import step_record
from engine.paths import by_path
from engine.play import Act, Play, play
from engine.step import Reference
from engine.trace import Trace
from tests.plays import PLAYS, layer, out, plus, rectified, whole

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=PLAYS)
def made(request: pytest.FixtureRequest) -> Play:
    return PLAYS[request.param]()


def of(*acts: Act) -> Play:
    return play(acts, params={}, reference=Reference("torch", 0.0), opening="", closing="")


# --- the whole ---------------------------------------------------------------------------------------------------------------------------


def test_steps_are_those_of_the_acts_counted_over_the_whole(made: Play) -> None:
    assert len(made) == sum(len(act.trace) for act in made.acts)
    k = 0
    for act, start in zip(made.acts, made.starts, strict=True):
        assert k == start
        for step in list(act.trace)[:40]:
            found = made[start + step.index]
            assert found.index == start + step.index
            assert found.phase == (act.name if len(act.trace.phases) == 1 else f"{act.name}: {step.phase}")
            assert replace(found, index=step.index, phase=step.phase) == step
            assert made.act_of(found.index) is act
        k += len(act.trace)
    assert [(made[k].index, made[k].say) for k in (-1, len(made) - 1)] == [(len(made) - 1, made.acts[-1].trace[-1].say)] * 2


def test_chapters_lessons_and_what_is_known(made: Play) -> None:
    assert sum(steps for _, steps in made.phases) == len(made)
    assert [name.split(":")[0] for name, _ in made.phases] == [act.name for act in made.acts for _ in act.trace.phases]
    assert list(made.lessons) == [start + k for start, act in zip(made.starts, made.acts, strict=True) for k in act.trace.lessons]
    for act, start in zip(made.acts, made.starts, strict=True):
        k = start + len(act.trace) // 2
        mine = {stage.removeprefix(f"{act.name}/"): n for stage, n in made.blocks.done(k).items() if stage.startswith(f"{act.name}/")}
        assert mine == act.trace.blocks.done(len(act.trace) // 2)
        assert sum(made.blocks.done(k).values()) == k


def test_inputs_are_those_that_no_act_takes_and_outputs_all() -> None:
    network = PLAYS["network"]()
    assert [path for path, _ in by_path(network.inputs)] == ["conv.input", "conv.weight", "dense.weight", "dense.bias"]
    assert [path for path, _ in by_path(network.outputs)] == ["conv.output", "relu.output", "pool.output", "pool.indices", "dense.output"]
    assert (network.given(0), network.given(40), network.given(83)) == ({"input", "weight"}, set(), {"weight", "bias"})
    assert (network.device, network.dtype) == ("cpu", "float64")
    assert "84 steps" in repr(network)


def test_an_inner_name_is_taken_alone() -> None:
    act = Act("a", replace(layer([[1.0]], [[1.0]]), inputs={"h": {"0": whole(1), "1": whole(2)}, "x": whole(1)}), {"h.0": ("b", "output")})
    assert [path for path, _ in by_path(act.inputs)] == ["h.1", "x"]
    assert [path for path, _ in by_path(replace(act, takes={"h.0": ("b", ""), "h.1": ("b", "")}).inputs)] == ["x"]


# --- edges -------------------------------------------------------------------------------------------------------------------------------


def test_an_act_takes_from_any_earlier_one_and_also_what_that_was_given() -> None:
    first = layer(whole(2, 3), whole(3, 3))
    relu = rectified(out(first))
    act = Act("add", plus(out(relu), first.inputs["input"]), {"input": ("relu", "output"), "other": ("first", "input")})
    found = of(Act("first", first), Act("relu", relu, {"input": ("first", "output")}), act)
    assert [path for path, _ in by_path(found.inputs)] == ["first.input", "first.weight"]
    assert act.taken == ["input is output of relu", "other is input of first"]


def test_a_view_of_the_same_numbers_is_the_same_tensor() -> None:
    first = rectified(whole(2, 3))
    of(Act("one", first), Act("two", rectified(out(first).reshape(6)), {"input": ("one", "output")}))
    nan = rectified(torch.tensor([math.nan, 1.0, 2.0]))
    of(Act("one", nan), Act("two", rectified(out(nan)), {"input": ("one", "output")}))
    with pytest.raises(CheckError, match="their numbers are not the same"):
        of(Act("one", first), Act("two", rectified(out(first).T), {"input": ("one", "output")}))


WRONG: dict[str, tuple[dict[str, tuple[str, str]], str]] = {
    "no such input": ({"x": ("one", "output")}, "two.x takes one.output, but two has no input 'x'; it has input, weight"),
    "a later act": ({"input": ("two", "output")}, "two.input takes two.output, but 'two' is no earlier act; those are one"),
    "no such output": ({"input": ("one", "y")}, "two.input takes one.y, but one has no tensor 'y'; it has input, output"),
    "another size": ({"weight": ("one", "output")}, "two.weight takes one.output, but the one is 4×3 and the other 2×3"),
    "other numbers": (
        {"input": ("one", "input")},
        "two.input takes one.input, but their numbers are not the same; open the act two with what one made",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_edges_are_one_sentence(name: str) -> None:
    takes, said = WRONG[name]
    first = rectified(-whole(2, 3).abs() - 1)
    acts = Act("one", first), Act("two", layer(out(first), whole(4, 3)), takes)
    with pytest.raises(CheckError, match=f"^{re.escape(said)}$"):
        of(*acts)


def test_numbers_of_another_precision_are_not_the_same() -> None:
    first = rectified([1.0, 2.0])
    with pytest.raises(CheckError, match="their numbers are not the same"):
        of(Act("one", first), Act("two", rectified(out(first).float()), {"input": ("one", "output")}))


def test_names_and_what_is_empty() -> None:
    one = rectified([1.0])
    with pytest.raises(CheckError, match=r"^two acts are called 'a'; give each a name of its own$"):
        of(Act("a", one), Act("a", one))
    with pytest.raises(CheckError, match=r"^a play has no acts; give at least one$"):
        of()
    empty = replace(one, blocks=type(one.blocks)())
    with pytest.raises(CheckError, match=r"^the act 'b' has no steps; leave it out$"):
        of(Act("a", one), Act("b", empty))


# --- records -----------------------------------------------------------------------------------------------------------------------------


def test_a_record_has_one_for_every_act_and_the_steps_of_the_whole(made: Play) -> None:
    record = made.record()
    assert (len(record), record.phases, record.title, record.concept) == (len(made), made.phases, made.title, made.concept)
    assert [part.name for part in record.parts] == [act.name for act in made.acts]
    assert list(record) == list(made)
    for act, part in zip(made.acts, record.parts, strict=True):
        assert list(part.record[:5]) == act.trace[:5]
        assert part.takes == act.takes
    for path, tensor in by_path(made.outputs):
        act_name, _, name = path.partition(".")
        assert np.array_equal(record.outputs[act_name][name], tensor.numpy())


def test_a_pickled_record_knows_what_it_was_told(made: Play) -> None:
    copy = pickle.loads(pickle.dumps(made.record()))
    assert copy.sample == [made[k] for k in copy.sampled]
    ends = {0, *(start - 1 for start in made.starts[1:]), *made.starts, len(made) - 1}
    assert ends <= {*copy.sampled}
    others = sorted({*range(len(made))} - {*copy.sampled})[:7]
    for k in others:
        with pytest.raises(LookupError, match="is not in this record"):
            copy[k]
    copy.learn(made.record().pick(others))
    assert [copy[k] for k in others] == [made[k] for k in others]
    for k in others:  # within its act a step is that of the act
        act = made.act_of(k)
        number = made.acts.index(act)
        there = k - made.starts[number]
        assert copy.parts[number].record[there] == act.trace[there]
    copy.forget()
    for k in others:
        with pytest.raises(LookupError, match="is not in this record"):
            copy[k]
    with pytest.raises(IndexError, match=f"step {len(made)} of a trace of {len(made)} steps"):
        copy[len(made)]


def test_no_number_is_there_twice() -> None:
    """What is taken is the very array that was made, also on the other side."""
    for record in (PLAYS["mlp"]().record(), pickle.loads(pickle.dumps(PLAYS["mlp"]().record()))):
        arrays = {part.name: part.record for part in record.parts}
        assert arrays["relu"].inputs["input"] is arrays["first"].outputs["output"] is record.outputs["first"]["output"]
        assert arrays["add"].inputs["other"] is arrays["first"].outputs["output"]
    big = rectified(torch.zeros(40_000))
    alone = len(pickle.dumps(of(Act("one", big)).record()))
    again = len(pickle.dumps(of(Act("one", big), Act("two", rectified(out(big)), {"input": ("one", "output")})).record()))
    assert again < alone + 8 * 40_000 + 20_000


READER = """
import pickle, sys
from pathlib import Path
record = pickle.loads(Path(sys.argv[1]).read_bytes())
assert "torch" not in sys.modules
print(record.sample[-1].say, record.parts[-1].record.sample[-1].index, record.inputs["conv"]["input"].shape)
"""


def test_reading_a_record_takes_no_torch(tmp_path: Path) -> None:
    network = PLAYS["network"]()
    (tmp_path / "record").write_bytes(pickle.dumps(network.record()))
    command = [sys.executable, "-c", READER, str(tmp_path / "record")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.stdout == f"{network[-1].say} 2 (1, 8, 8)\n", done.stderr


# --- on paper ----------------------------------------------------------------------------------------------------------------------------


def printed(made: Trace, form: str, steps: range | None = None, *, outputs: bool = True) -> str:
    return "".join(FORMATS[form](made, range(len(made)) if steps is None else steps, outputs=outputs))


def test_json_has_every_act_in_the_usual_form_with_the_steps_of_the_whole(made: Play) -> None:
    found = json.loads(printed(made, "json"))
    assert list(found) == ["concept", "params", "device", "dtype", "acts", "outputs", "reference"]
    assert list(found["outputs"]) == [made.acts[-1].name]
    for act, start, told in zip(made.acts, made.starts, found["acts"], strict=True):
        alone = json.loads(printed(act.trace, "json"))
        assert (told.pop("name"), told.pop("takes")) == (act.name, {path: list(source) for path, source in act.takes.items()})
        assert list(told) == list(alone)
        assert [step["index"] for step in told["steps"]] == list(range(start, start + len(act.trace)))
        assert told["steps"][0] == json.loads(json.dumps(step_record(made[start])))
        assert {name: told[name] for name in told if name != "steps"} == {name: alone[name] for name in alone if name != "steps"}


def test_steps_are_limited_over_the_whole() -> None:
    found = json.loads(printed(PLAYS["mlp"](), "json", range(6, 17), outputs=False))
    assert [[step["index"] for step in act["steps"]] for act in found["acts"]] == [[6, 7], [*range(8, 16)], [16], []]
    assert "outputs" not in found
    assert all("outputs" not in act for act in found["acts"])


def test_worksheets_go_act_by_act(made: Play) -> None:
    text, sheet = printed(made, "text"), printed(made, "md")
    heads = [text.index(f"\n{act.name}\n{'=' * len(act.name)}\n") for act in made.acts]
    assert heads == sorted(heads)
    assert [line.removeprefix("## ") for line in sheet.splitlines() if line.startswith("## ")] == [
        *(re.sub(r"([_])", r"\\\1", act.name) for act in made.acts),
        "Together",
    ]
    for k in (0, len(made) // 2, len(made) - 1):
        assert f"\n{k + 1}. {made[k].say}\n" in text
        assert f"- **Step {k + 1:,}.** " in sheet
    for act in made.acts:
        assert all(f"\n{taken}\n" in text for taken in act.taken)
    assert text.endswith(f"\n{made.closing}\n")
    assert sheet.endswith("gives the same numbers.\n")


def test_what_is_taken_is_not_written_out_again() -> None:
    text = printed(PLAYS["mlp"](), "text", range(0))
    assert text.count("\ninput 2×4\n") == 1
    assert text.count("\nweight 4×4\n") == 2
    assert text.count("\noutput 2×4\n") == 4


# --- concepts ----------------------------------------------------------------------------------------------------------------------------


def test_every_field_is_a_traces_but_the_acts() -> None:
    assert {field.name for field in fields(Play)} - {field.name for field in fields(Trace)} == {"acts"}
    assert not {"layer", "rectified", "plus"} & {*concepts()}  # these are of the tests alone


def test_a_mask_in_an_act_is_no_number_that_was_lost() -> None:
    """−∞ is ordinary in a masked attention, wherever it stands."""
    from engine import attention, concept

    @concept(title="Heard", example={})
    def heard(x: Any) -> Play:
        """Attention that looks back."""
        return of(Act("attention", attention(x, x, x, causal=True)))

    found = heard(whole(3, 2))
    assert found.concept == "heard"
    assert any(bool(torch.isinf(tensor).any()) for _, tensor in by_path(found.outputs))
