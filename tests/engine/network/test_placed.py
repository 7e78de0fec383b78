"""Layers in their places: what a text becomes for an input, which parameters it is drawn with, and what does not fit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.errors import InputError
from engine.network.placed import built, placed
from engine.network.text import parse

TEXT = "conv2d(2, 3, padding=1) relu skip(conv2d(2, 3, padding=1) relu) max_pool2d(2) flatten linear(3)"


def test_layers_are_a_sequential_with_its_names() -> None:
    network = built(parse(TEXT), (1, 4, 4))
    assert list(network.state_dict()) == ["0.weight", "0.bias", "2.body.0.weight", "2.body.0.bias", "5.weight", "5.bias"]
    assert [type(module).__name__ for module in network] == ["Conv2d", "ReLU", "Skip", "MaxPool2d", "Flatten", "Linear"]


def test_every_layer_knows_its_name_and_what_comes_in_and_out() -> None:
    there = placed(parse(TEXT), (1, 4, 4))
    assert [(one.name, one.given, one.made) for one in there] == [
        ("0", (1, 4, 4), (2, 4, 4)),
        ("1", (2, 4, 4), (2, 4, 4)),
        ("2", (2, 4, 4), (2, 4, 4)),
        ("3", (2, 4, 4), (2, 2, 2)),
        ("4", (2, 2, 2), (8,)),
        ("5", (8,), (3,)),
    ]
    assert [one.name for one in there[2].bodies["body"]] == ["2.body.0", "2.body.1"]
    inner = placed(parse("relu nn.Sequential(nn.ReLU(), nn.Linear(4, 2))"), (4,))[1]
    assert [one.name for one in inner.bodies["body"]] == ["1.0", "1.1"]
    assert list(built(parse("relu nn.Sequential(nn.ReLU(), nn.Linear(4, 2))"), (4,)).state_dict()) == ["1.1.weight", "1.1.bias"]


def test_a_batch_passes_through() -> None:
    assert [one.made for one in placed(parse(TEXT), (64, 1, 4, 4))][-3:] == [(64, 2, 2, 2), (64, 8), (64, 3)]
    network = built(parse(TEXT), (1, 4, 4))
    x = torch.rand(3, 1, 4, 4)
    torch.testing.assert_close(built(parse(TEXT), x.shape)(x), torch.stack([network(one) for one in x]))


# --- parameters --------------------------------------------------------------------------------------------------------------------------


def test_a_large_layer_is_drawn_as_torch_draws_it() -> None:
    torch.manual_seed(3)
    expected = nn.Sequential(nn.Conv2d(3, 40, 3), nn.ReLU(), nn.Flatten(0), nn.Linear(360, 10))
    torch.manual_seed(4)
    before = torch.get_rng_state()
    found = built(parse("conv2d(40, 3) relu flatten linear(10)"), (3, 5, 5), seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    for name, parameter in expected.state_dict().items():
        assert torch.equal(found.state_dict()[name], parameter), name


def test_a_seed_gives_the_same_numbers_in_every_dtype() -> None:
    texts = "conv2d(40, 3) flatten linear(2)", "skip(lstm(4))"
    for text, shape in zip(texts, [(3, 5, 5), (5, 4)], strict=True):
        one, two, other = (
            built(parse(text), shape, seed=seed, dtype=dtype)
            for seed, dtype in ((1, torch.float32), (1, torch.float64), (2, torch.float32))
        )
        for name, parameter in one.state_dict().items():
            assert torch.equal(two.state_dict()[name].float(), parameter)
        assert two.state_dict()[name].dtype == torch.float64
        assert not torch.equal(other.state_dict()[name], parameter)


@pytest.mark.parametrize(("text", "given", "decimals"), [("linear(3)", 2, 1), ("linear(3)", 20, 2), ("lstm(2)", 3, 1), ("prelu", 3, 2)])
def test_a_small_layer_has_numbers_for_a_pencil(text: str, given: int, decimals: int) -> None:
    state = built(parse(text), (4, given), dtype=torch.float64).state_dict()
    every = torch.cat([parameter.flatten() for parameter in state.values()])
    written = [f"{number:.{decimals}f}" for number in every.tolist()]
    assert every.tolist() == [float(text) for text in written]
    assert "-0.0" not in map(str, every.tolist())
    assert every.abs().max() > 0
    assert decimals == 1 or any(not text.endswith("0") for text in written)


def test_a_network_without_numbers_is_cheap() -> None:
    network = built(parse("repeat(30, linear(100000) relu)"), (100000,), device="meta", dtype=torch.float64)
    assert sum(p.numel() for p in network.parameters()) == 30 * (100000**2 + 100000)
    assert {p.device.type for p in network.parameters()} == {"meta"}
    assert {p.dtype for p in network.parameters()} == {torch.float64}
    assert network[0].training


def test_too_many_numbers_are_not_drawn() -> None:
    with pytest.raises(InputError, match=r"^layers has 591,000,500 parameters; give layers with at most 500,000,000$"):
        built(parse("linear(100) linear(1000000) linear(400)"), (900000,))


# --- layers that hold others -------------------------------------------------------------------------------------------------------------


def _with(text: str, x: list[float], **parameters: list[list[float]] | list[float]) -> Tensor:
    """What layers make of numbers with these parameters."""
    network = built(parse(text), (len(x),), dtype=torch.float64)
    state = {name.replace("_", "."): torch.tensor(values, dtype=torch.float64) for name, values in parameters.items()}
    network.load_state_dict({**{name: torch.zeros_like(one) for name, one in network.state_dict().items()}, **state})
    return network(torch.tensor(x, dtype=torch.float64))  # type: ignore[no-any-return]


def _is(found: Tensor, expected: list[float]) -> None:
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_skip_adds_what_comes_in() -> None:
    _is(_with("skip(linear(2) relu)", [1, -2], **{"0_body_0_weight": [[1, 1], [2, -1]], "0_body_0_bias": [0, -1]}), [1, 1])
    projected = {"0_body_0_weight": [[1, 1]], "0_project_0_weight": [[3, 0.5]], "0_project_0_bias": [10]}
    _is(_with("skip(linear(1) relu, project=linear(1))", [1, 2], **projected), [3 + 14])


def test_dense_sets_side_by_side() -> None:
    first, second = [[0.5, -0.5, 1], [-1, -1, 2]], [[1, 0, -1, 0.5, 0.25], [0, 1, 1, -0.5, 1]]
    found = _with("repeat(2, dense(linear(2) relu))", [1, -2, 0.5], **{"0_body_0_weight": first, "1_body_0_weight": second})
    _is(found, [1, -2, 0.5, 2, 2, 2, 0])


@pytest.mark.parametrize(
    ("text", "shape", "dim"),
    [
        ("conv2d(3, 1)", (2, 4, 4), 0),
        ("conv2d(3, 1)", (5, 2, 4, 4), 1),
        ("conv1d(3, 1) relu", (2, 4), 0),
        ("linear(3)", (5, 2), 1),
        ("relu", (2, 4, 4), 0),
    ],
)
def test_channels_stand_side_by_side_or_features(text: str, shape: tuple[int, ...], dim: int) -> None:
    network = built(parse(f"dense({text})"), shape)
    body = network[0].get_submodule("body")
    x = torch.rand(shape)
    torch.testing.assert_close(network(x), torch.cat([x, body(x)], dim))
    assert tuple(network(x).shape) == placed(parse(f"dense({text})"), shape)[0].made


def test_a_highway_has_a_gate() -> None:
    body = {"0_body_0_weight": [[-0.3, -0.5, -0.6], [-0.6, -0.5, -0.3], [0, 0.4, -0.4]], "0_body_0_bias": [0.1, -0.1, 0.2]}
    gate = {"0_gate_0_weight": [[-0.4, 0.3, 0.5], [0.2, -0.6, -0.6], [0.2, 0.5, 0.3]], "0_gate_0_bias": [-1, 0, 1]}
    found = _with("highway(linear(3) tanh, gate=linear(3) sigmoid)", [1, -2, 0.5], **body, **gate)
    _is(found, [0.9203679522630245, -0.38777728776200143, -0.182844431945274])


def test_a_resnet_block_is_that_of_torch_code() -> None:
    text = "conv2d(4, 3, padding=1) skip(conv2d(4, 3, padding=1) batch_norm relu conv2d(4, 3, padding=1), project=conv2d(4, 1)) relu"
    network = built(parse(text), (2, 3, 6, 6))
    p = dict(network.named_parameters())
    x = torch.rand(2, 3, 6, 6)
    first = F.conv2d(x, p["0.weight"], p["0.bias"], padding=1)
    inner = F.batch_norm(F.conv2d(first, p["1.body.0.weight"], p["1.body.0.bias"], padding=1), None, None, training=True)
    inner = F.conv2d(inner.relu(), p["1.body.3.weight"], p["1.body.3.bias"], padding=1)
    torch.testing.assert_close(network(x), (F.conv2d(first, p["1.project.0.weight"], p["1.project.0.bias"]) + inner).relu())


# --- what does not fit -------------------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, tuple[int, ...], str]] = [
    (
        "conv2d(8, 9)",
        (3, 8, 8),
        "layers has conv2d(8, 9), but what comes in is 3×8×8: the kernel of size 9 is larger than the padded input of size 8",
    ),
    ("conv2d(8, 3, dilation=4)", (3, 8, 8), "the kernel of size 3 (dilated by 4 to 9) is larger than the padded input of size 8"),
    ("max_pool2d((2, 5))", (3, 8, 4), "the kernel of size 5 is larger than the padded input of size 4"),
    ("max_pool1d(9)", (3, 8), "the kernel of size 9 is larger"),
    ("max_pool2d(2, stride=0)", (1, 4, 4), "stride is 0; give one whole number, or 2, at least 1"),
    ("conv2d(8, 0)", (1, 4, 4), "kernel_size is (0, 0); give one whole number, or 2, at least 1"),
    ("max_pool2d(2, padding=3)", (1, 4, 4), "layers has max_pool2d(2, padding=3) behind 1×4×4, which torch refuses: pad should be"),
    ("conv2d(8, 3)", (8, 8), "layers has conv2d(8, 3), but what comes in is 8×8; give it channels x height x width"),
    (
        "conv2d(8, 3) flatten max_pool2d(2)",
        (2, 1, 8, 8),
        "layers has max_pool2d(2), but what comes in is 2×288; give it batch x channels x height x width",
    ),
    ("lstm(3)", (4,), "layers has lstm(3), but what comes in is 4; give it length x features"),
    ("flatten", (3,), "layers has flatten, but what comes in is 3, which has nothing to flatten; leave it out"),
    ("linear(3) relu flatten", (3,), "layers has flatten, but what comes in is 3, which"),
    (
        "nn.Conv2d(3, 8, 3)",
        (4, 8, 8),
        "layers has nn.Conv2d(3, 8, 3), whose in_channels is 3, but what comes in is 4×8×8, where it is 4; give 4",
    ),
    ("nn.Linear(5, 2)", (4,), "layers has nn.Linear(5, 2), whose in_features is 5, but what comes in is 4; give 4"),
    ("nn.Linear(400, 2)", (16, 5, 5), "whose in_features is 400, but what comes in is 16×5×5, where it is 5; put a flatten before it"),
    ("nn.BatchNorm2d(3)", (4, 8, 8), "whose num_features is 3, but what comes in is 4×8×8, where it is 4; give 4"),
    ("nn.LSTM(3, 2)", (5, 4), "whose input_size is 3, but what comes in is 5×4, where it is 4; give 4"),
    ("nn.MultiheadAttention(6, 2)", (5, 4), "whose embed_dim is 6, but what comes in is 5×4, where it is 4; give 4"),
    ("layer_norm(6)", (5, 4), "layers has layer_norm(6) behind 5×4, which torch refuses: Given normalized_shape=[6], expected"),
    (
        "skip(linear(4))",
        (2,),
        "layers has skip(linear(4)), which adds 2 and, of its body, 4; give layers as in project=linear(4) that make both alike",
    ),
    ("skip(conv2d(8, 3))", (3, 5, 5), "which adds 3×5×5 and, of its body, 8×3×3; give layers as in project=conv2d(8, 1)"),
    ("skip(linear(4), project=linear(3))", (2,), "which adds 3 and, of its body, 4; give"),
    (
        "dense(conv2d(8, 3))",
        (3, 5, 5),
        "which sets 3×5×5 and, of its body, 8×3×3 side by side; give a body that changes at most the number of channels",
    ),
    ("dense(flatten)", (3, 5), "which sets 3×5 and, of its body, 15 side by side; give a body that changes at most the number of features"),
    ("highway(linear(3), gate=linear(1) sigmoid)", (3,), "whose gate makes 1 of 3; give a gate that makes 3"),
    ("highway(linear(2), gate=linear(3) sigmoid)", (3,), "whose body makes 2 of 3; give a body that makes 3"),
    ("conv2d(8)", (3, 8, 8), "layers has conv2d(8) without its kernel_size; write conv2d(out_channels, kernel_size)"),
    ("nn.Linear(10)", (10,), "layers has nn.Linear(10) without its out_features; write nn.Linear(in_features, out_features)"),
    (
        "conv2d(8, 3, paddng=1)",
        (3, 8, 8),
        "layers has conv2d(8, 3, paddng=1), but conv2d has no argument 'paddng'; did you mean 'padding'?",
    ),
    ("relu(zzz=1)", (3,), "layers has relu(zzz=1), but relu has no argument 'zzz'; give one of inplace"),
    ("tanh(zzz=1)", (3,), "but tanh has no argument 'zzz'; give none"),
    ("linear(3, device=cpu)", (3,), "but linear has no argument 'device'"),
    ("linear(3, out_features=3)", (3,), "which gives out_features twice; give it once"),
    (
        "max_pool2d(1, 2, 3, 4, 5, 6)",
        (1, 8, 8),
        "with 6 arguments without a name; give it at most 5 arguments: kernel_size, stride, padding, dilation, ceil_mode",
    ),
    ("sigmoid(1)", (3,), "with 1 argument without a name; give it no argument"),
    ("linear(3, bias=no)", (3,), "layers has linear(3, bias=no), whose bias is 'no'; give True or False"),
    ("linear(-1)", (3,), "layers has linear(-1) behind 3, which torch refuses: Trying to create tensor with negative dimension -1"),
    ("linear(0)", (3,), "layers has linear(0), but nothing comes out of 3: 0; give sizes of at least 1"),
    ("linear(a)", (3,), "layers has linear(a) behind 3, which torch refuses:"),
    ("dropout(2)", (3,), "dropout probability has to be between 0 and 1, but got 2"),
    ("softmax(dim=3)", (3,), "layers has softmax(dim=3), whose dim is 3, but what comes in is 3; give an axis from -1 to 0"),
    ("flatten(start_dim=a)", (3, 3), "whose start_dim is 'a', but what comes in is 3×3; give an axis from -2 to 1"),
    ("attention(heads=3)", (5, 4), "4 features cannot be divided among 3 heads; give d_k"),
    ("positional_encoding(1)", (5, 4), "5 positions come in, but max_len is 1"),
    ("relu", (), "the input has shape a single number; give at least one axis, and at least one number along each"),
    ("relu", (3, 0), "the input has shape 3×0; give"),
]


@pytest.mark.parametrize(("text", "shape", "why"), REFUSED)
def test_what_does_not_fit_is_refused(text: str, shape: tuple[int, ...], why: str) -> None:
    with pytest.raises(InputError) as refused:
        built(parse(text), shape)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


LAYERS = st.sampled_from(
    [
        *("conv2d(2, 3, padding=1)", "conv2d(3, 2, 2)", "conv1d(2, 1)", "conv_transpose2d(2, 2)", "max_pool2d(2)", "avg_pool2d(global)"),
        *(
            "linear(2)",
            "flatten",
            "nn.Flatten()",
            "batch_norm",
            "layer_norm",
            "group_norm(1)",
            "prelu(2)",
            "relu",
            "softmax",
            "nn.Softmax(1)",
        ),
        *("lstm(2)", "nn.GRU(2, 2)", "attention", "positional_encoding", "transformer_encoder_layer(1, 4)", "nn.BatchNorm1d(2)"),
    ]
)
HELD = st.recursive(
    LAYERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"skip({' '.join(some)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"dense({' '.join(some)})"),
        st.tuples(inner, inner).map(lambda two: f"highway({two[0]}, gate={two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"skip({two[0]}, project={two[1]})"),
    ),
    max_leaves=4,
)


@given(st.lists(HELD, min_size=1, max_size=5).map(" ".join), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.booleans())
def test_what_fits_runs_and_gives_the_shape_that_was_said(text: str, shape: list[int], is_batched: bool) -> None:
    layers = parse(text)
    try:
        there = placed(layers, shape, batched=is_batched)
    except InputError:
        return
    network = built(layers, shape, batched=is_batched).eval()
    assert tuple(network(torch.rand(shape)).shape) == there[-1].made
    assert sum(p.numel() for p in network.parameters()) == sum(one.parameters for one in there)
