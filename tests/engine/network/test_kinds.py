"""Every kind of layer is its torch module: same parameters, same numbers, with a batch and without, as a word and pasted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.network.kinds import KINDS
from engine.network.placed import built, placed
from engine.network.text import parse


class First(nn.Module):
    """The first of what a module gives."""

    def __init__(self, module: nn.Module, times: int = 1) -> None:
        super().__init__()
        self.module, self.times = module, times

    def forward(self, x: Tensor) -> Tensor:
        return self.module(*[x] * self.times)[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Case:
    """A layer as a word and pasted, what comes in of one sample, what comes out, and torch's module."""

    word: str
    pasted: str
    given: tuple[int, ...]
    made: tuple[int, ...]
    module: nn.Module

    @property
    def kind(self) -> str:
        return parse(self.word)[0].kind


PICTURE, LINE, WORDS = (4, 6, 5), (4, 6), (5, 4)
CASES = [
    Case("conv1d(3, 2, stride=2)", "nn.Conv1d(4, 3, 2, 2)", LINE, (3, 3), nn.Conv1d(4, 3, 2, stride=2)),
    Case("conv2d(6, 3, padding=1)", "nn.Conv2d(4, 6, 3, 1, 1)", PICTURE, (6, 6, 5), nn.Conv2d(4, 6, 3, padding=1)),
    Case(
        "conv2d(6, (3, 1), groups=2, bias=False)",
        "nn.Conv2d(4, 6, (3, 1), groups=2, bias=False)",
        PICTURE,
        (6, 4, 5),
        nn.Conv2d(4, 6, (3, 1), groups=2, bias=False),
    ),
    Case(
        "conv2d(6, 3, padding=same, dilation=2)",
        "nn.Conv2d(4, 6, 3, padding='same', dilation=2)",
        PICTURE,
        (6, 6, 5),
        nn.Conv2d(4, 6, 3, padding="same", dilation=2),
    ),
    Case(
        "conv_transpose2d(3, 2, stride=2)",
        "nn.ConvTranspose2d(4, 3, 2, stride=2)",
        PICTURE,
        (3, 12, 10),
        nn.ConvTranspose2d(4, 3, 2, stride=2),
    ),
    Case("conv_transpose2d(3, 7)", "nn.ConvTranspose2d(4, 3, 7)", PICTURE, (3, 12, 11), nn.ConvTranspose2d(4, 3, 7)),
    Case("linear(3)", "nn.Linear(5, 3)", PICTURE, (4, 6, 3), nn.Linear(5, 3)),
    Case("linear(3, bias=False)", "nn.Linear(in_features=4, out_features=3, bias=False)", (4,), (3,), nn.Linear(4, 3, bias=False)),
    Case("max_pool1d(2)", "nn.MaxPool1d(2)", LINE, (4, 3), nn.MaxPool1d(2)),
    Case("avg_pool1d(4, stride=1)", "nn.AvgPool1d(4, 1)", LINE, (4, 3), nn.AvgPool1d(4, 1)),
    Case("max_pool2d(2)", "nn.MaxPool2d(2)", PICTURE, (4, 3, 2), nn.MaxPool2d(2)),
    Case("max_pool2d(2, ceil_mode=True)", "nn.MaxPool2d(2, ceil_mode=True)", PICTURE, (4, 3, 3), nn.MaxPool2d(2, ceil_mode=True)),
    Case("avg_pool2d(3, 1, padding=1)", "nn.AvgPool2d(3, 1, 1)", PICTURE, PICTURE, nn.AvgPool2d(3, 1, 1)),
    Case("avg_pool2d(global)", "nn.AvgPool2d((6, 5))", PICTURE, (4, 1, 1), nn.AdaptiveAvgPool2d(1)),
    Case("adaptive_avg_pool2d(2)", "nn.AdaptiveAvgPool2d(2)", PICTURE, (4, 2, 2), nn.AdaptiveAvgPool2d(2)),
    Case("adaptive_max_pool2d((2, 1))", "nn.AdaptiveMaxPool2d((2, 1))", PICTURE, (4, 2, 1), nn.AdaptiveMaxPool2d((2, 1))),
    Case("batch_norm", "nn.BatchNorm2d(4)", PICTURE, PICTURE, nn.BatchNorm2d(4)),
    Case("layer_norm", "nn.LayerNorm([4, 6, 5])", PICTURE, PICTURE, nn.LayerNorm([4, 6, 5])),
    Case("layer_norm", "nn.LayerNorm(4)", (4,), (4,), nn.LayerNorm(4)),
    Case("layer_norm(5)", "nn.LayerNorm(5)", PICTURE, PICTURE, nn.LayerNorm(5)),
    Case("group_norm(2)", "nn.GroupNorm(2, 4)", PICTURE, PICTURE, nn.GroupNorm(2, 4)),
    Case("rms_norm(eps=0.1)", "nn.RMSNorm(4, eps=0.1)", (4,), (4,), nn.RMSNorm(4, eps=0.1)),
    Case("relu", "nn.ReLU()", PICTURE, PICTURE, nn.ReLU()),
    Case("leaky_relu(0.2)", "nn.LeakyReLU(0.2)", LINE, LINE, nn.LeakyReLU(0.2)),
    Case("prelu(4)", "nn.PReLU(4)", PICTURE, PICTURE, nn.PReLU(4)),
    Case("elu(2)", "nn.ELU(alpha=2)", LINE, LINE, nn.ELU(2)),
    Case("silu", "nn.SiLU()", LINE, LINE, nn.SiLU()),
    Case("gelu(approximate=tanh)", "nn.GELU('tanh')", LINE, LINE, nn.GELU("tanh")),
    Case("softplus", "nn.Softplus()", LINE, LINE, nn.Softplus()),
    Case("sigmoid", "nn.Sigmoid()", LINE, LINE, nn.Sigmoid()),
    Case("tanh", "nn.Tanh()", LINE, LINE, nn.Tanh()),
    Case("softmax", "nn.Softmax(dim=1)", (4,), (4,), nn.Softmax(-1)),
    Case("softmax", "nn.Softmax()", PICTURE, PICTURE, nn.Softmax(-3)),
    Case("log_softmax", "nn.LogSoftmax(dim=1)", (4,), (4,), nn.LogSoftmax(-1)),
    Case("dropout(0.3)", "nn.Dropout(p=0.3)", LINE, LINE, nn.Dropout(0.3)),
    Case("identity", "nn.Identity()", LINE, LINE, nn.Identity()),
    Case("flatten", "nn.Flatten()", PICTURE, (120,), nn.Flatten()),
    Case("embedding(9, 4)", "nn.Embedding(9, 4)", (5,), WORDS, nn.Embedding(9, 4)),
    Case("rnn(3, num_layers=2)", "nn.RNN(4, 3, 2, batch_first=True)", WORDS, (5, 3), First(nn.RNN(4, 3, 2, batch_first=True))),
    Case(
        "lstm(3, bidirectional=True)",
        "nn.LSTM(4, 3, batch_first=True, bidirectional=True)",
        WORDS,
        (5, 6),
        First(nn.LSTM(4, 3, batch_first=True, bidirectional=True)),
    ),
    Case(
        "lstm(3, proj_size=2)",
        "nn.LSTM(4, 3, batch_first=True, proj_size=2)",
        WORDS,
        (5, 2),
        First(nn.LSTM(4, 3, batch_first=True, proj_size=2)),
    ),
    Case("gru(3)", "nn.GRU(4, 3, batch_first=True)", WORDS, (5, 3), First(nn.GRU(4, 3, batch_first=True))),
    Case(
        "transformer_encoder_layer(2, 8)",
        "nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)",
        WORDS,
        WORDS,
        nn.TransformerEncoderLayer(4, 2, 8, batch_first=True),
    ),
]
#: Kinds of which torch has no module with the same arguments; they have tests of their own.
OWN = {"attention", "positional_encoding"}


def test_every_kind_is_tested() -> None:
    assert {case.kind for case in CASES} | OWN == set(KINDS)


def numbers(shape: tuple[int, ...], case: Case) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    if KINDS[case.kind].takes_ids:
        return torch.randint(9, shape, generator=generator)
    return torch.randn(shape, generator=generator)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.word)
@pytest.mark.parametrize("batch", [(), (3,)], ids=["one", "batch"])
def test_a_kind_is_the_module_of_torch(case: Case, batch: tuple[int, ...]) -> None:
    shape, torch_module = (*batch, *case.given), case.module
    x = numbers(shape, case)
    batched = x if batch else x[None]
    for text in (case.word, case.pasted):
        module = built(parse(text), shape, batched=bool(batch)).eval()
        own = dict(module[0].state_dict())
        inner = torch_module.module if isinstance(torch_module, First) else torch_module
        inner.load_state_dict(own)
        with torch.no_grad():
            expected = torch_module.eval()(batched)
            found = module(x)
        torch.testing.assert_close(found, expected if batch else expected[0])
        assert tuple(found.shape) == (*batch, *case.made) == placed(parse(text), shape, batched=bool(batch))[0].made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.word)
def test_a_layer_tells_whether_there_is_a_batch_or_need_not_know(case: Case) -> None:
    axes = len(case.given)
    told = [KINDS[case.kind].has_batch(n, pasted=False) for n in (axes, axes + 1)]
    assert told in ([False, True], [None, None])


def test_a_pasted_flatten_counts_axes_as_code_does() -> None:
    for shape, made in (((1, 28, 28), (1, 784)), ((28, 28), (784,)), ((2, 3, 28, 28), (2, 2352))):
        assert placed(parse("nn.Flatten()"), shape)[0].made == made
    # A convolution says that there is no batch.
    assert placed(parse("nn.Conv2d(3, 2, 3), nn.Flatten()"), (3, 5, 4))[1].made == (12,)
    assert placed(parse("flatten"), (3, 5, 4))[0].made == (60,)
    assert placed(parse("flatten(1)"), (3, 5, 4))[0].made == (3, 20)


def test_four_axes_are_a_batch_of_pictures_and_two_of_a_norm_are_a_batch() -> None:
    assert placed(parse("relu layer_norm"), (2, 3, 4, 5))[1].parameters == 2 * 3 * 4 * 5
    assert placed(parse("relu layer_norm"), (3, 4, 5))[1].parameters == 2 * 3 * 4 * 5
    assert placed(parse("batch_norm"), (7, 5))[0].parameters == 10


def test_attention_is_that_of_torch() -> None:
    x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(2))
    for text in ("attention(heads=2)", "nn.MultiheadAttention(8, 2, batch_first=True)"):
        own = built(parse(text), x.shape)
        reference = nn.MultiheadAttention(8, 2, batch_first=True)
        state = own[0].state_dict()
        if "q_proj.weight" in state:
            for name in ("weight", "bias"):
                state[f"in_proj_{name}"] = torch.cat([state.pop(f"{part}_proj.{name}") for part in "qkv"])
        reference.load_state_dict(state)
        torch.testing.assert_close(own(x), reference(x, x, x)[0])
        torch.testing.assert_close(own(x[0]), own(x)[0])


def test_attention_has_one_head_and_looks_back_alone() -> None:
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(2))
    own = built(parse("attention(d_k=3, causal=True, output_projection=False, bias=False)"), x.shape)[0]
    q, k, v = (x @ own.get_parameter(f"{part}_proj.weight").T for part in "qkv")
    scores = (q @ k.T / 3**0.5).masked_fill(torch.ones(5, 5).triu(1).bool(), float("-inf"))
    torch.testing.assert_close(own(x), F.softmax(scores, dim=-1) @ v)


@pytest.mark.parametrize("d_model", [4, 5])
def test_positions_are_waves(d_model: int) -> None:
    own = built(parse("positional_encoding"), (6, d_model), dtype=torch.float64)
    found = own(torch.zeros(6, d_model, dtype=torch.float64))
    for position in range(6):
        for column in range(d_model):
            angle = torch.tensor(position / 10000 ** (column // 2 * 2 / d_model), dtype=torch.float64)
            torch.testing.assert_close(found[position, column], angle.cos() if column % 2 else angle.sin(), rtol=0, atol=1e-15)
    assert not own.state_dict()


def test_positions_are_learnt() -> None:
    own = built(parse("positional_encoding(max_len=9, learned=True)"), (6, 4))
    table = own.get_parameter("0.encoding")
    assert tuple(table.shape) == (9, 4)
    torch.testing.assert_close(own(torch.ones(2, 6, 4)), 1 + table[None, :6].expand(2, 6, 4))
