"""Networks as plays: every operation in one act, every number torch's own, and what was given stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine import model
from engine.catalogue import function_of
from engine.errors import CheckError, InputError
from engine.network import shown
from engine.network.played import ModelPlay
from engine.paths import by_path
from engine.recorder.operation import paths_of
from tests.engine.models import CASES, case, same
from tests.engine.resnet import Gpt2, ResNet18


def opened(name: str, what: str | None = "*", *, training: bool = False) -> tuple[ModelPlay, nn.Module, tuple[Any, ...]]:
    """A model of the tests with all of its parts worked out."""
    module, args = case(name)
    return model(args, module, opened=what, training=training), module, args


def parts_of(play: ModelPlay) -> list[str]:
    return [part.name for part in play.network]


def forward(module: Callable[..., Any], *args: Any) -> dict[str, Tensor]:
    """What it gives without us, by the paths of a trace."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one call for a whole layer, whose last digits are others
    try:
        with torch.no_grad():
            return dict(paths_of(module(*args)))
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


# --- all operations, all numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["*", "", None])
@pytest.mark.parametrize("name", CASES)
def test_every_operation_is_in_one_act_and_the_outputs_are_the_models_own(name: str, what: str | None) -> None:
    play, module, args = opened(name, what)
    covered = [index for indices in play.covered.values() for index in indices]
    assert sorted(covered) == list(range(len(covered)))
    expected = forward(module.eval(), *args)
    assert play.outputs.keys() == expected.keys()
    assert all(torch.equal(play.outputs[path], one) for path, one in expected.items())
    assert f"All {len(covered)} operation" in play.closing


@pytest.mark.parametrize("name", CASES)
def test_the_ends_of_every_stage_add_up_to_torchs_numbers(name: str) -> None:
    play, _, _ = opened(name)
    for act in play.acts:
        for k in {0, len(act.trace) // 2, len(act.trace) - 1}:
            step = act.trace[k]  # a step whose terms do not give its value cannot be had
            path, (cell, *_) = next(iter(step.writes.items()))
            assert step.value == float(dict(by_path(act.trace.outputs))[path][cell])


@pytest.mark.parametrize("name", ["lenet", "residual", "gpt", "encoder", "lstm", "twice", "dict", "dataclass"])
def test_what_an_act_takes_is_what_another_made(name: str) -> None:
    play, _, _ = opened(name)
    made: dict[str, Mapping[str, Tensor]] = {}
    for act in play.acts:
        mine = dict(by_path(act.trace.inputs))
        for path, (maker, theirs) in act.takes.items():
            taken = act.moved.get(path, lambda tensor: tensor)(made[maker][theirs])
            assert torch.allclose(mine[path].flatten(), taken.flatten(), atol=1e-5)
        made[act.name] = dict(by_path(act.trace.outputs))


def test_an_operation_without_a_concept_or_a_rule_is_whole() -> None:
    def sorted_up(x: Tensor) -> Tensor:
        return torch.logcumsumexp(x.flatten(), 0)

    play = model([[3, 1], [2, 0]], sorted_up, opened="*")
    assert [act.trace.concept for act in play.acts] == ["whole"]
    assert play.acts[0].trace[1].say.endswith("computed whole by logcumsumexp: 3.1269.")
    assert play.network[0].kind == "logcumsumexp"


# --- what is in torch's own modules -------------------------------------------------------------------------------------------------------


def concepts_in(play: ModelPlay) -> list[str]:
    return [act.trace.concept for act in play.acts]


def test_attention_is_there_with_its_weights_although_nobody_asked_for_them() -> None:
    torch.manual_seed(1)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = torch.randn(1, 4, 8)
    play = model(x, layer)
    act = next(act for act in play.acts if act.name == "self_attn")
    _, weights = layer.self_attn(x, x, x, average_attn_weights=False)
    assert act.trace.concept == "attention"
    assert torch.allclose(act.trace.outputs["weights"], weights[0], atol=1e-6)


def test_the_mean_of_the_heads_is_an_act_where_it_is_given_back() -> None:
    torch.manual_seed(1)
    layer = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x = torch.randn(1, 4, 8)
    mask = torch.ones(4, 4, dtype=torch.bool).triu(1)
    play = model({"query": x, "key": x, "value": x, "attn_mask": mask}, layer)
    output, weights = forward(lambda: layer(x, x, x, attn_mask=mask)).values()
    assert concepts_in(play)[-2:] == ["attention", "mean_lines"]
    assert torch.allclose(play.acts[-1].trace.outputs["mean"], weights[0], atol=1e-6)
    assert torch.equal(play.outputs["0"], output)


def test_scaled_dot_product_attention_is_told_head_by_head() -> None:
    play, _, _ = opened("gpt")
    assert [act.name.partition(": ")[2] for act in play.acts if act.trace.concept == "attention"][1] == "sample 0, head 1"
    module, (tokens,) = case("gpt")
    alone = model(tokens[:1], module, opened="*")
    heads = [act for act in alone.acts if act.name.startswith("blocks.0.scaled")]
    assert [act.name.partition(": ")[2] for act in heads] == ["head 0", "head 1", "all heads"]
    assert heads[0].trace.params["causal"]
    assert heads[2].takes == {f"head_{n}": (heads[n].name, "output") for n in range(2)}


@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (1, True), (2, True)])
def test_an_lstm_is_told_layer_by_layer_and_direction_by_direction(layers: int, both: bool) -> None:
    torch.manual_seed(2)
    lstm = nn.LSTM(3, 4, layers, bidirectional=both, batch_first=True).eval()
    x = torch.randn(1, 5, 3)
    play = model(x, lstm)
    output, (h, c) = lstm(x)
    assert concepts_in(play).count("lstm") == layers * (1 + both)
    made = {name: tensor for act in play.acts for name, tensor in act.trace.outputs.items() if name in ("output", "h_n", "c_n")}
    assert torch.allclose(made["output"].reshape(output.shape), output, atol=1e-6)
    assert torch.allclose(made["h_n"].reshape(h.shape), h, atol=1e-6)
    assert torch.allclose(made["c_n"].reshape(c.shape), c, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.GRU(3, 4, 2, bidirectional=True), (5, 2, 3)),
        (nn.RNN(3, 4), (5, 3)),
        (nn.ConvTranspose2d(2, 3, 3, stride=2), (1, 2, 4, 4)),
        (nn.Embedding(7, 3), None),
        (nn.InstanceNorm2d(2), (1, 2, 4, 4)),
        (nn.GroupNorm(2, 4), (1, 4, 3)),
        (nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"), (1, 2, 5, 5)),
        (nn.Sequential(nn.Softmax(-1), nn.LeakyReLU(), nn.Hardtanh(), nn.Softplus(), nn.GELU(), nn.SiLU(), nn.PReLU()), (2, 5)),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, nn.Module) else "",
)
def test_layers_of_torch_are_worked_out(layer: nn.Module, shape: tuple[int, ...] | None) -> None:
    x = torch.tensor([[1, 4]]) if shape is None else torch.randn(*shape)
    play = model(x, layer.eval(), opened="*")
    assert "whole" not in concepts_in(play)
    assert all(torch.equal(play.outputs[path], one) for path, one in forward(layer, x).items())


def test_norms_and_dropout_work_in_both_modes() -> None:
    torch.manual_seed(3)
    net = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
    x = torch.randn(6, 4)
    still, training = model(x, net), model(x, net, training=True)
    assert concepts_in(still) == ["batch_norm"]
    assert concepts_in(training) == ["batch_norm", "dropout"]
    assert training.acts[0].trace.params["training"]
    mask = training.acts[1].trace.inputs["mask"]
    assert torch.equal(training.outputs["output"] != 0, mask.bool() & (training.acts[0].trace.outputs["output"] != 0))


def test_a_skip_is_taken_by_the_addition_that_it_lands_on() -> None:
    play, _, _ = opened("residual")
    add = next(act for act in play.acts if act.name == "add")
    assert {maker for maker, _ in add.takes.values()} == {"bn2", "downsample.1"}


# --- what is worked out -------------------------------------------------------------------------------------------------------------------


def test_a_part_that_is_not_opened_is_one_act() -> None:
    play, _, _ = opened("gpt", "blocks.1.down")
    whole = [act.name for act in play.acts if act.trace.concept == "whole"]
    assert [act.name for act in play.acts if act.trace.concept != "whole"] == ["blocks.1.down"]
    assert "blocks.0" not in whole  # the map has room for more
    few, _, _ = opened("gpt", "blocks.1.down")
    module, args = case("gpt")
    shallow = model(args, module, opened="blocks.1.down", depth=1)
    assert [act.name for act in shallow.acts if act.trace.concept == "whole"][2] == "blocks.0"
    assert len(shallow.acts) < len(few.acts)


def test_of_many_parts_the_first_of_every_kind_is_worked_out() -> None:
    torch.manual_seed(0)
    play = model(torch.randn(1, 3, 32, 32), ResNet18(4))
    opened_ = [act.name for act in play.acts if act.trace.concept != "whole"]
    assert opened_ == ["conv1", "bn1", "relu", "maxpool", "layer1.0.add", "avgpool", "fc"]
    assert {part.name for part in play.network} >= {"layer1.1", "layer4.1"}
    assert sum(part.parameters for part in play.network) == sum(one.numel() for one in ResNet18(4).parameters())


def test_a_block_of_a_large_transformer_is_opened_alone() -> None:
    torch.manual_seed(0)
    play = model(torch.randint(50, (1, 5)), Gpt2(50, 8, 24, 3, 4), opened="h.2", depth=1)
    assert [part.name for part in play.network][:4] == ["wte", "add", "h.0", "h.1"]
    inside = [act.name for act in play.acts if act.trace.concept != "whole"]
    assert inside[0] == "h.2.ln_1"
    assert all(name.startswith("h.2.") for name in inside)
    assert parts_of(play)[-1] == "lm_head"
    assert play.network[-1].parameters == 0  # tied to the embedding, which has counted them


def test_the_map_says_whose_results_a_part_reads() -> None:
    play, _, _ = opened("residual")
    takes = {part.name: [play.network[n].name if n >= 0 else "given" for n in part.takes] for part in play.network}
    assert takes["conv1"] == takes["downsample.0"] == ["given"]
    assert takes["add"] == ["bn2", "downsample.1"]


# --- honesty ------------------------------------------------------------------------------------------------------------------------------


def test_a_changed_weight_changes_the_film() -> None:
    module, args = case("lenet")
    before = model(args, module, opened="*")
    with torch.no_grad():
        module.fc3.bias[0] += 1
    after = model(args, module, opened="*")
    changed = [act.name for act, other in zip(before.acts, after.acts, strict=True) if not _alike(act.trace.outputs, other.trace.outputs)]
    assert changed == ["fc3"]
    assert not torch.equal(before.outputs["output"], after.outputs["output"])


def _alike(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return all(same(tensor, other[name]) for name, tensor in one.items())


def test_a_changed_number_in_a_trace_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(concept: str) -> Any:
        right = function_of(concept)

        def opened(**given: Any) -> Any:
            trace = right(**given)  # type: ignore[misc]
            return replace(trace, outputs={**trace.outputs, "output": trace.outputs["output"] + 0.01})

        return opened

    monkeypatch.setattr(shown, "function_of", wrong)
    with pytest.raises(CheckError, match=r"linear of the model by 0\.01"):
        model([[1.0, 2.0]], nn.Linear(2, 2))


def test_nothing_in_the_model_is_changed() -> None:
    torch.manual_seed(4)
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)).train()
    before, mode, random = copy.deepcopy(net.state_dict()), [one.training for one in net.modules()], torch.get_rng_state()
    model(torch.ones(2, 3), net, training=True, params={"0.bias": [1, 2, 3]})
    assert all(torch.equal(one, net.state_dict()[name]) for name, one in before.items())
    assert [one.training for one in net.modules()] == mode
    assert torch.equal(torch.get_rng_state(), random)
    assert all(one.grad is None for one in net.parameters())


def test_functions_and_texts_are_networks_too() -> None:
    linear = nn.Linear(2, 2)

    def layer_norm(x: Tensor) -> Tensor:
        centred = linear(x) - linear(x).mean(-1, keepdim=True)
        return centred / centred.square().mean(-1, keepdim=True).sqrt()

    play = model([[1.0, 3.0]], layer_norm)
    assert [act.name for act in play.acts][:2] == ["linear", "linear (2)"]
    text = model([[1.0, 3.0]], "linear(2) relu skip(linear(2))", params={"0.weight": [[1, 0], [0, 1]], "0.bias": [0, 0]})
    assert [act.name for act in text.acts] == ["0", "1", "2.body.0", "2.add"]
    assert torch.equal(text.acts[0].trace.outputs["output"], torch.tensor([[1.0, 3.0]]))


@pytest.mark.parametrize(
    ("given", "net", "sentence"),
    [
        ([1, 2], lambda x: x.half(), "gives float16; give one that computes in float32 or float64"),
        ([1, 2], lambda x: 3, "computes nothing with torch; give a network that returns tensors"),
        (([1], [2]), "linear(2)", "layers take one input, but 2 are given"),
    ],
)
def test_what_cannot_be_shown_is_refused(given: Any, net: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        model(given, net)


def test_the_reference_is_functional_attention() -> None:
    """By hand: two heads of a causal attention, from the weights of the module."""
    torch.manual_seed(5)
    x, layer = torch.randn(1, 3, 4).double(), nn.MultiheadAttention(4, 2, batch_first=True).double().eval()
    q, k, _ = F.linear(x[0], layer.in_proj_weight, layer.in_proj_bias).chunk(3, -1)
    scores = torch.stack([q[:, n : n + 2] @ k[:, n : n + 2].T / 2**0.5 for n in (0, 2)])
    play = model({"query": x, "key": x, "value": x}, layer)
    assert torch.allclose(play.acts[0].trace.outputs["weights"], scores.softmax(-1))


def test_a_mask_of_the_smallest_number_there_is_puts_nothing_in_doubt() -> None:
    def masked(scores: Tensor) -> Tensor:
        hidden = torch.where(torch.ones(3, 3, dtype=torch.bool).tril(), 0.0, torch.finfo(scores.dtype).min)
        return (scores + hidden).softmax(-1)

    play = model(torch.ones(3, 3), masked, opened="*")
    assert torch.equal(play.outputs["output"], (1 / torch.arange(1.0, 4.0))[:, None] * torch.ones(3, 3).tril())
