"""What a network is called with: from Python, from texts, as whole numbers; and the sentence for what does not fit its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.catalogue import Concept, Parameter
from engine.errors import InputError
from engine.inputs.arguments import Numbers, example_texts, parse
from engine.network.code import network
from engine.network.given import arguments
from engine.recorder.known import known_to
from engine.signature import READ, Signature
from studio.lecture.inputs import texts_of
from studio.lecture.spec import ClipPart
from studio.options import _option


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 2).double()

    def forward(self, x: Tensor, mask: Tensor, causal: bool = False, steps: int = 1, *, scale=1.0, name="none") -> Tensor:  # type: ignore[no-untyped-def]
        return self.fc(x) * mask


def collected(*xs: Tensor, **named: Tensor) -> Tensor:
    return xs[0]


def positional(x: Tensor, /, y: Tensor) -> Tensor:
    return x + y


MASKED = network(Masked())


def refused(source: Any, value: Any) -> str:
    with pytest.raises(InputError) as found:
        arguments(network(source), value)
    return str(found.value)


# --- from Python -------------------------------------------------------------------------------------------------------------------------


def test_one_input_by_its_place() -> None:
    args, kwargs, names = arguments(network(nn.Linear(2, 2)), [[1, 2]])
    assert (len(args), kwargs, list(names)) == (1, {}, ["input"])
    assert args[0] is names["input"]
    assert (args[0].dtype, args[0].tolist()) == (torch.float32, [[1, 2]])


@pytest.mark.parametrize("value", [([[1, 2]], [3]), {"x": [[1, 2]], "mask": [3]}, {"mask": [3], "x": [[1, 2]]}])
def test_several_inputs(value: Any) -> None:
    args, kwargs, names = arguments(MASKED, value)
    assert {name: one.tolist() for name, one in names.items()} == {"x": [[1, 2]], "mask": [3]}
    assert {one.dtype for one in names.values()} == {torch.float64}
    assert MASKED.call(*args, **kwargs).shape == (1, 2)
    # They are called as the recorder calls them.
    known = {name for _, _, _, name in known_to(MASKED.call, args, kwargs).origin.values()}
    assert set(names) <= known


def test_plain_arguments_are_pythons_own() -> None:
    given_one = {"x": [[1, 2]], "mask": [1], "causal": torch.ones(()), "steps": torch.tensor([3.0]), "scale": 2, "name": "some"}
    _, kwargs, names = arguments(MASKED, given_one)
    plain = {name: one for name, one in kwargs.items() if name not in names}
    assert plain == {"causal": True, "steps": 3, "scale": 2.0, "name": "some"}
    assert [type(one) for one in plain.values()] == [bool, int, float, str]


def test_several_numbers_are_a_tensor_wherever_they_go() -> None:
    _, kwargs, names = arguments(MASKED, {"x": [[1, 2]], "mask": [1], "steps": torch.tensor([3.0, 4.0])})
    assert kwargs["steps"] is names["steps"]


def test_any_number_of_arguments() -> None:
    args, kwargs, names = arguments(network(collected), ([1.0], [2.0]))
    assert (len(args), kwargs, list(names)) == (2, {}, ["input0", "input1"])
    assert list(arguments(network(collected), {"a": [1.0], "b": [2.0]})[1]) == ["a", "b"]
    args, kwargs, _ = arguments(network(positional), {"y": [1.0], "x": [2.0]})
    assert ([one.tolist() for one in args], list(kwargs)) == ([[2]], ["y"])
    assert len(arguments(network(torch.add), ([1.0], [2.0]))[0]) == 2


def test_tensors_within_tuples_and_mappings() -> None:
    def code(x: Tensor, state: Any) -> Tensor:
        return x

    args, _, names = arguments(network(code), ([1.0], ([2.0], {"c": [3.0]})))
    assert list(names) == ["x", "state.0", "state.1.c"]
    assert args[1][1]["c"] is names["state.1.c"]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (torch.tensor([1, 2]), torch.int64),
        (torch.tensor([1, 2], dtype=torch.int32), torch.int32),
        (torch.tensor([True]), torch.bool),
        (np.array([1, 2]), torch.int64),
        (torch.tensor([1, 2], dtype=torch.uint8), torch.float32),
        (np.array([1.5]), torch.float32),
        ([1, 2], torch.float32),
        (3, torch.float32),
        (torch.ones(2, dtype=torch.float64), torch.float32),
    ],
)
def test_whole_numbers_stay_and_others_are_as_the_weights(value: Any, dtype: torch.dtype) -> None:
    (found,), _, _ = arguments(network(nn.Linear(2, 2)), value)
    assert found.dtype == dtype
    assert found.tolist() == torch.as_tensor(value).tolist()


def test_a_function_without_weights_takes_numbers_as_they_are() -> None:
    assert arguments(network(torch.relu), torch.ones(2))[0][0].dtype == torch.float32
    assert arguments(network(torch.relu), [1, 2])[0][0].dtype == torch.float64


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 3), max_size=4), st.sampled_from([torch.float32, torch.float64, torch.int64]))
def test_shapes_are_the_users_and_tensors_are_copies(shape: list[int], dtype: torch.dtype) -> None:
    value = torch.ones(shape, dtype=dtype)
    (found,), _, _ = arguments(network(nn.ReLU()), value)
    assert (found.shape, found.dtype) == (value.shape, dtype)
    found += 1
    assert bool((value == 1).all())


@pytest.mark.parametrize(
    ("source", "value", "sentence"),
    [
        (Masked(), {"x": [1], "mas": [1]}, "Masked takes no mas; did you mean mask?"),
        (Masked(), {"x": [1], "q": [1]}, "Masked takes no q; give x, mask, causal, steps, scale and name"),
        (Masked(), [[1, 2]], "Masked takes x and mask, but mask is not given; give each by its name, such as mask=randn:1x8"),
        (Masked(), {}, "Masked takes x and mask, but x and mask are not given; give each by its name, such as x=randn:1x8"),
        (nn.Linear(2, 2), ([1], [2]), "Linear takes input, but is given 2 inputs without names; give at most 1"),
        (lambda: 1, [1], "<lambda> takes no inputs, but is given 1 input without names; give at most 0"),
        (nn.Linear(2, 2), "randn:2", "input is 'randn:2'; give a tensor, or rows of numbers"),
        (nn.Linear(2, 2), [[1], [1, 2]], "input cannot be made a tensor (expected sequence of length 1 at dim 1 (got 2)); give rows"),
        (nn.Linear(2, 2), torch.ones(2).half(), "input has dtype float16; give float64 or float32"),
        (nn.Linear(2, 2), torch.ones(2, device="meta"), "input is on the device meta, where tensors hold no numbers; give one on cpu"),
    ],
)
def test_inputs_that_do_not_fit(source: Any, value: Any, sentence: str) -> None:
    assert refused(source, value).startswith(sentence)


# --- from texts --------------------------------------------------------------------------------------------------------------------------

INPUTS = Parameter("inputs", "Inputs | None", None, False, "what it reads", "input")
NETWORK = Parameter("network", "Network", None, True, "the network", "network")
CONCEPT = Concept("test", "Test", "", "", "", {}, (NETWORK, INPUTS))


def read(*texts: str, **settings: Any) -> Any:
    return parse(CONCEPT, {"inputs": texts}, Numbers(**settings))["inputs"]


def test_texts_of_inputs() -> None:
    assert read("[[1,2]]", dtype="float32").dtype == torch.float32
    assert [one.tolist() for one in read("[1]", "[2,3]")] == [[1], [2, 3]]
    named = read("ids=ids:101,2023", "mask = ones:1x2")
    assert {name: (one.dtype, one.tolist()) for name, one in named.items()} == {
        "ids": (torch.int64, [101, 2023]),
        "mask": (torch.float64, [[1, 1]]),
    }


def test_the_inputs_of_an_example() -> None:
    for example, inputs in (("[1,2]", [1, 2]), ({"x": "[1]", "ids": "ids:3"}, {"x": [1], "ids": [3]})):
        found = parse(CONCEPT, {"inputs": example_texts(example)})["inputs"]
        assert ({name: one.tolist() for name, one in found.items()} if isinstance(found, dict) else found.tolist()) == inputs


@pytest.mark.parametrize(
    ("text", "ids"),
    [("ids:101,2023", [101, 2023]), ("ids: 5", [5]), ("ids:[[1,2],[3,4]]", [[1, 2], [3, 4]]), ("ids:arange:3", [0, 1, 2])],
)
def test_ids(text: str, ids: Any) -> None:
    found = read(text)
    assert (found.dtype, found.tolist()) == (torch.int64, ids)


def test_a_file_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x=1.csv").write_text("1,2\n", encoding="utf-8")
    assert read("x=1.csv").flatten().tolist() == [1, 2]
    (tmp_path / "ids.csv").write_text("1,2\n", encoding="utf-8")
    assert read("ids:ids.csv").dtype == torch.int64


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["x=[1]", "[2]"], "--input gives '[2]' without a name, but others by theirs; give a name for each, as in x=[1,2]"),
        (["x=[1]", "x=[2]"], "--input gives x twice, '[1]' and '[2]'; give it once"),
        (["x="], "--input is 'x='; give a name, = and numbers, such as x=[1,2]"),
        (["ids:1,2.5"], "--input: '1,2.5' is several numbers"),
        (["ids:[1,2.5]"], "--input: 'ids:[1,2.5]' holds 2.5; give whole numbers behind ids:, such as ids:101,2023"),
        (["x=ids:[1,2.5]"], "--input x: 'ids:[1,2.5]' holds 2.5; give whole numbers behind ids:"),
        (["[1,"], "--input: invalid JSON at character 3 in '[1,'"),
        (["nowhere.npy"], "--input: no file 'nowhere.npy'"),
    ],
)
def test_texts_that_are_no_inputs(texts: list[str], sentence: str) -> None:
    with pytest.raises(InputError) as found:
        read(*texts)
    assert str(found.value).startswith(sentence)


def test_options_for_a_network_and_its_inputs() -> None:
    shown, repeated = _option(NETWORK), _option(INPUTS)
    assert (shown.metavar, shown.multiple) == ("FILE.py:NAME|LAYERS", False)
    assert (repeated.metavar, repeated.multiple) == ("[NAME=]TENSOR", True)
    command = click.Command("test", params=[shown, repeated], callback=lambda **given: given)
    found = command.main(["--network", "net.py:Net", "--input", "x=[1]", "--input", "y=[2]"], standalone_mode=False)
    assert found == {"network": "net.py:Net", "inputs": ("x=[1]", "y=[2]")}
    assert parse(CONCEPT, {"network": "net.py:Net"}) == {"network": "net.py:Net"}


def test_inputs_of_a_lecture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("studio.lecture.inputs.find", lambda _: CONCEPT)

    def texts(value: Any) -> Any:
        return texts_of(ClipPart.model_construct(concept="test", inputs={"input": value}), tmp_path)["inputs"]

    assert texts({"x": [1, 2], "mask": "mask.npy"}) == ("x=[1, 2]", f"mask={tmp_path / 'mask.npy'}")
    assert texts("x.png") == (str(tmp_path / "x.png"),)
    assert texts([[1, 2]]) == ("[[1, 2]]",)


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        ("Network", nn.ReLU(), True),
        ("Network", torch.relu, True),
        ("Network", MASKED, True),
        ("Network", "linear(4) relu", True),
        ("Network", 3, False),
        ("Network", None, False),
        ("Inputs", [[1, 2]], True),
        ("Inputs", ([1], [2]), True),
        ("Inputs", {"x": [1]}, True),
        ("Inputs", {1: [1]}, False),
        ("Inputs", "randn:3", False),
    ],
)
def test_what_python_may_give(kind: str, value: Any, taken: bool) -> None:
    def concept(given: Any) -> None: ...

    concept.__annotations__ = {"given": kind}
    if taken:
        assert Signature(concept).bound(value).arguments["given"] is value
    else:
        with pytest.raises(InputError) as found:
            Signature(concept).bound(value)
        assert str(found.value).endswith(f"; give {READ[kind][1]}")
