"""Texts of networks: what they are read as, and what is refused before any size is known."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.network.kinds import CLASSES, KINDS
from engine.network.placed import placed
from engine.network.text import HOLDERS, MOST_LAYERS, WrittenLayer, parse


def test_layers_stand_in_their_order_with_anything_between_them() -> None:
    expected = [
        WrittenLayer("conv2d", (8, 3), {"padding": 1}),
        WrittenLayer("relu"),
        WrittenLayer("flatten"),
        WrittenLayer("linear", (10,)),
    ]
    for text in (
        "conv2d(8, 3, padding=1) relu flatten linear(10)",
        "conv2d(8,3,padding=1),relu(),flatten,linear(10),",
        "conv2d(8, 3, padding=1) -> relu -> flatten → linear(10)",
        "\n conv2d (8, 3, # three by three (with 'a', ...\n padding=1)\n\n# that's (all\nrelu\nflatten linear(10)",
    ):
        assert parse(text) == expected, text


@pytest.mark.parametrize(
    "text",
    [
        "nn.Conv2d(3, 8, kernel_size=3), nn.ReLU(), torch.nn.Flatten(),",
        "nn.Sequential(nn.Conv2d(3, 8, kernel_size=3), nn.ReLU(), nn.Flatten())",
        "self.net = torch.nn.Sequential(\n    nn.Conv2d(3, 8, kernel_size=3),  # 8x30x30\n    nn.ReLU(),\n    nn.Flatten(),\n)",
        "Sequential(\n  (0): Conv2d(3, 8, kernel_size=3)\n  (act): ReLU()\n  (2): Flatten()\n)",
    ],
)
def test_classes_are_pasted_from_code_or_from_what_it_prints(text: str) -> None:
    conv = WrittenLayer("conv2d", (3, 8), {"kernel_size": 3}, of="Conv2d")
    assert parse(text) == [conv, WrittenLayer("relu", of="ReLU"), WrittenLayer("flatten", of="Flatten")]


def test_a_lazy_class_finds_its_sizes_out_as_a_function_does() -> None:
    assert parse("nn.LazyLinear(10)") == parse("linear(10)")


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("3", 3),
        ("-0.5", -0.5),
        ("1e-3", 0.001),
        ("'same'", "same"),
        ("same", "same"),
        (r"'\d'", r"\d"),
        ("[1, (2, -3)]", (1, (2, -3))),
        ("False", False),
        ("false", False),
        ("None", None),
        ("16 * 5 * 5", 400),
        ("65 // 2", 32),
        ("global", "global"),
    ],
)
def test_values_are_words_numbers_and_lists(inside: str, value: object) -> None:
    assert parse(f"linear({inside})") == [WrittenLayer("linear", (value,))]  # type: ignore[arg-type]  # of any kind
    assert parse(f"linear(bias={inside})") == [WrittenLayer("linear", (), {"bias": value})]  # type: ignore[dict-item]


def test_layers_hold_others() -> None:
    relu, tanh = WrittenLayer("relu"), WrittenLayer("tanh")
    body = (WrittenLayer("linear", (2,)), relu)
    assert parse("skip(linear(2) relu)") == [WrittenLayer("skip", bodies={"body": body})]
    assert parse("skip(linear(2), relu, project=tanh)") == [WrittenLayer("skip", bodies={"body": body, "project": (tanh,)})]
    assert parse("highway(relu, gate=linear(2) relu) tanh") == [WrittenLayer("highway", bodies={"body": (relu,), "gate": body}), tanh]
    inner = WrittenLayer("skip", bodies={"body": (WrittenLayer("dense", bodies={"body": body}),)})
    assert parse("nn.Sequential(tanh, nn.Sequential(skip(dense(linear(2) relu))))") == [
        tanh,
        WrittenLayer("sequential", bodies={"body": (inner,)}, of="Sequential"),
    ]


def test_what_is_repeated_is_written_out() -> None:
    assert parse("repeat(2, linear(4) repeat(2 relu)) tanh") == parse("linear(4) relu relu linear(4) relu relu tanh")
    assert len(parse(f"repeat({MOST_LAYERS}, relu)")) == MOST_LAYERS


def test_a_layer_keeps_its_own_text() -> None:
    assert [layer.text for layer in parse("conv2d(8,\n  3) skip(relu)")] == ["conv2d(8, 3)", "skip(relu)"]


REFUSED = {
    "": "layers is '', which has no layer; give some, such as 'conv2d(8, 3) relu flatten linear(10)'",
    " , \n": "which has no layer",
    "nn.Sequential()": "layers has nn.Sequential() without a body; write it as nn.Sequential(nn.Linear(8, 4), nn.ReLU())",
    "convd2(8, 3)": "layers has 'convd2', which is no layer; did you mean 'conv2d'?",
    "maxpool2d(2)": "did you mean 'max_pool2d'?",
    "nn.Conv22d(8, 3)": "layers has 'nn.Conv22d', which is no layer; did you mean 'Conv2d'?",
    "Relu()": "did you mean 'ReLU'?",
    "nn.relu": "layers has 'nn.relu', which is no layer; did you mean 'ReLU'?",
    "nn.SelfAttention(4)": "layers has 'nn.SelfAttention', which is no layer",
    "qqq": "layers has 'qqq', which is no layer; choose one of conv1d, conv2d,",
    "nn.Sequential(OrderedDict([]))": "layers has 'OrderedDict', which is no layer; write what it holds one behind",
    "relu(": "layers has a ( at character 5 that nothing closes; write a ) behind what belongs to it",
    "tanh skip(relu(), linear(3)": "layers has a ( at character 10 that nothing closes",
    "relu)": "layers has a ) at character 5 that nothing opens; leave it out",
    "linear(3) + relu": "layers has '+' at character 11; give layers, such as",
    "linear(3))": "layers has a ) at character 10 that nothing opens",
    "linear(3": "layers has a ( at character 7 that nothing closes",
    "relu = 3": "layers has 'relu' = at character 1, which says nothing there; give layers alone",
    "skip(relu, gate=relu)": "layers has 'gate' = at character 12, which says nothing there; give project= once",
    "skip(relu, project=relu, project=relu)": "give project= once",
    "skip": "layers has skip without a body; write it as skip(linear(4) relu), or skip(linear(4) relu, project=linear(4))",
    "skip(project=relu)": "without a body",
    "skip(relu, project=)": "without a project",
    "highway(relu)": "layers has highway(relu) without a gate; write it as highway(linear(4) tanh, gate=linear(4) sigmoid)",
    "repeat": "layers has repeat without a body; write it as repeat(3, linear(4) relu)",
    "repeat(3)": "layers has repeat(3) without a body",
    "repeat(0, relu)": "layers has repeat(0, ...); say how often, from 1 to 60, as in repeat(3, linear(4) relu)",
    "repeat(61, relu)": "layers has repeat(61, ...); say how often",
    "repeat(1.5, relu)": "layers has repeat(1.5, ...); say how often",
    "repeat(relu)": "layers has repeat(relu, ...); say how often",
    "repeat(linear(3))": "layers has repeat without a number; say how often, from 1 to 60, as in repeat(3, linear(4) relu)",
    "net = nn.Sequential(relu": "layers has a ( at character 20 that nothing closes",
    "relu net = nn.Sequential(relu)": "layers has 'net' = at character 6, which says nothing there",
    "repeat(31, relu tanh)": "layers has 62 layers; give at most 60",
    "repeat(60, relu) tanh": "layers has 61 layers; give at most 60",
    "repeat(9, skip(repeat(7, relu)))": "layers has 63 layers; give at most 60",
    "skip(" * 9 + "relu" + ")" * 9: "layers has skip at character 41 nested 9 deep; nest at most 8",
    "linear(" + "[" * 8 + "]" * 8 + ")": "layers has brackets nested 9 deep at character 15; nest at most 8",
    "linear(3 4)": "layers has linear(3 4), whose arguments cannot be read: '3 4'; write them like 8, 3, padding=1",
    "linear(3, *a)": "layers has linear(3, *a) with *a; give words, numbers, lists of them, True, False or None",
    "linear(**a)": "layers has linear(**a), whose arguments are unpacked with **; write them out",
    "linear(__import__('os').getcwd())": "with __import__('os').getcwd(); give words, numbers",
    "linear(a.b)": "with a.b; give words",
    "linear(2**9)": "with 2 ** 9; give words",
    "linear(1//0)": "with 1 // 0; give words",
    "linear(9999999999 * 2)": "with 9999999999 * 2; give words",
    "linear(b'a')": "with b'a'; give words",
    "linear(-x)": "with -x; give words",
    f"linear({' ' * 499}10)": "with 501 characters of arguments; give at most 500",
    "linear(3)(4)": "layers has '(' at character 10; give layers",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_text_of_layers_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text)
    assert REFUSED[text] in str(refused.value)
    assert "\n" not in str(refused.value)


WORDS = [
    *KINDS,
    *HOLDERS,
    *CLASSES,
    "nn.",
    "(",
    ")",
    "[",
    ",",
    " ",
    "\n",
    "->",
    "=",
    "3",
    "-1",
    "0.5",
    "'a'",
    "'",
    "#",
    "project=",
    "global",
    "*",
]
TEXTS = st.text() | st.lists(st.sampled_from(WORDS), max_size=25).map("".join)


@given(TEXTS)
@example("linear(\0)")
@example("linear(\ud800)")
@example("linear('\\N{no such}')")
@example("linear(" + "9" * 5000 + ")")
@example("linear(1*" + "-" * 5000 + "1)")
@example("linear(" + "1*" * 5000 + "1)")
@example("(" * 5000)
@example("repeat(2, " * 8 + "relu" + ")" * 8)
@example("repeat(٣, relu)")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        layers = parse(text)
    except InputError:
        return
    assert 1 <= sum(layer.size for layer in layers) <= MOST_LAYERS


@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_any_layers_fit_an_input_or_are_refused(text: str, shape: list[int]) -> None:
    try:
        there = placed(parse(text), shape)
    except InputError:
        return
    assert all(size > 0 for one in there for size in one.made)
