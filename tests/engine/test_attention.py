from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine import attention
from engine.concepts.attention.attention import AttentionTrace
from engine.errors import InputError
from engine.functions import FUNCTIONS
from engine.paths import by_path


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def trained(embed_dim: int, heads: int, seed: int = 0, **settings: Any) -> nn.MultiheadAttention:
    torch.manual_seed(seed)
    module = nn.MultiheadAttention(embed_dim, heads, dtype=torch.float64, **settings)
    for name, tensor in module.named_parameters():
        if "bias" in name:
            tensor.data = torch.randn_like(tensor)
    return module


def check_steps(trace: AttentionTrace) -> None:
    """Every step adds up, reads what it says, and writes cells that no other step writes."""
    tensors = {**trace.inputs, **trace.outputs}
    tolerance = 1e-5 if trace.dtype == "float32" else 1e-10
    written = []
    kinds: dict[str, int] = {}
    for k, step in enumerate(trace):
        assert step.index == k
        assert trace.blocks.done(k)[step.kind] == kinds.get(step.kind, 0)
        kinds[step.kind] = kinds.get(step.kind, 0) + 1
        products = [math.prod(term) for term in step.terms]
        total = max(products) if step.reduce == "max" else sum(products)
        expected = (FUNCTIONS[step.apply].of(total) if step.apply else total) / step.divisor
        assert math.isclose(
            step.value, expected, rel_tol=tolerance, abs_tol=tolerance * (1 + sum(map(abs, filter(math.isfinite, products))))
        )
        cells = [(name, cell) for name, cells in step.writes.items() for cell in cells]
        assert all(float(tensors[name][cell]) == step.value for name, cell in cells)
        written += cells
        additive = trace.params.get("mask_kind") == "additive"
        factors = [float(tensors[name][cell]) for name, cells in step.reads.items() for cell in cells if additive or name != "mask"]
        shown = [abs(factor) for term in step.terms for factor in term if math.isfinite(factor)]
        assert {abs(x) for x in factors if math.isfinite(x)} | {abs(step.divisor)} >= set(shown)
        assert step.say.endswith(".")
    assert [step.phase for step in trace] == [name for name, steps in trace.phases for _ in range(steps)]
    everywhere = [(name, cell) for name, tensor in by_path(trace.outputs) for cell in product(*map(range, tensor.shape))]
    assert sorted(written) == sorted(everywhere)
    assert kinds == {kind: count for kind, count in trace.blocks.done(len(trace)).items() if count}
    firsts = {step.kind: step.index for step in reversed(trace[:])}
    assert all(trace.blocks.first(kind) == index for kind, index in firsts.items())
    # Keys and values are projected as queries are.
    assert {trace[k].kind for k in trace.lessons} == set(firsts) - {"key", "value"}
    assert trace[trace.highlight].kind == "weight"


@settings(max_examples=25)
@given(
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    masked=st.sampled_from(["no", "mask", "causal", "both", "added", "added and causal"]),
    bias=st.booleans(),
    scale=st.sampled_from([None, 1.0, 0.5, 2.0, -0.3]),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    seed=st.integers(0, 2**20),
)
def test_it_is_torchs_attention(
    sizes: tuple[int, ...], masked: str, bias: bool, scale: float | None, dtype: torch.dtype, seed: int
) -> None:
    queries, keys, width, made = sizes
    q, k, v = randn(queries, width, seed=seed), randn(keys, width, seed=seed + 1), randn(keys, made, seed=seed + 2)
    q, k, v = (x.to(dtype) * 3 for x in (q, k, v))
    visible = randn(queries, keys, seed=seed + 3) > 0
    visible[:, 0] = True
    added = torch.zeros(queries, keys, dtype=dtype)
    if "added" in masked:
        added = (randn(queries, keys, seed=seed + 4) * 2).masked_fill(~visible, -math.inf).to(dtype)
    elif masked in ("mask", "both"):
        added = added.masked_fill(~visible, -math.inf)
    given_mask = {"mask": visible.double(), "both": visible, "added": added, "added and causal": added}.get(masked)
    causal = masked in ("causal", "both", "added and causal")
    learned = {"bias_k": randn(width, seed=seed + 5).to(dtype), "bias_v": randn(made, seed=seed + 6).to(dtype)} if bias else {}
    trace = attention(q, k, v, given_mask, causal=causal, scale=scale, **learned)
    added = added.masked_fill(torch.ones(queries, keys).triu(1).bool(), -math.inf) if causal else added
    if bias:
        k, v, added = torch.cat([k, learned["bias_k"][None]]), torch.cat([v, learned["bias_v"][None]]), F.pad(added, (0, 1))
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=added, scale=scale)
    tolerance = 1e-10 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(trace.outputs["output"], expected, rtol=tolerance, atol=tolerance)
    scores = q @ k.T * (width**-0.5 if scale is None else scale) + added
    torch.testing.assert_close(trace.outputs["scores"], scores, rtol=tolerance, atol=tolerance * 10)
    torch.testing.assert_close(trace.outputs["weights"], scores.softmax(1), rtol=tolerance, atol=tolerance)
    assert trace.outputs["output"].dtype == dtype
    check_steps(trace)


@settings(max_examples=40)
@given(
    heads=st.integers(1, 3),
    each=st.integers(1, 2),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    bias=st.booleans(),
    learned=st.booleans(),
    widths=st.one_of(st.none(), st.tuples(st.integers(1, 7), st.integers(1, 7))),
    masked=st.sampled_from(["no", "causal", "added"]),
    scale=st.sampled_from([None, 0.7]),
    seed=st.integers(0, 2**20),
)
def test_it_is_a_trained_modules_attention(
    heads: int,
    each: int,
    sizes: tuple[int, int],
    bias: bool,
    learned: bool,
    widths: tuple[int, int] | None,
    masked: str,
    scale: float | None,
    seed: int,
) -> None:
    queries, keys = sizes
    width = heads * each
    kdim, vdim = widths or (width, width)
    module = trained(width, heads, seed, bias=bias, kdim=kdim, vdim=vdim, add_bias_kv=learned)
    q, k, v = randn(queries, width, seed=seed), randn(keys, kdim, seed=seed + 1), randn(keys, vdim, seed=seed + 2)
    added = randn(queries, keys, seed=seed + 3)
    state = module.state_dict()
    trace = attention(q, k, v, added if masked == "added" else None, causal=masked == "causal", scale=scale, heads=heads, state_dict=state)
    assert ("q_proj_weight" in state) == ((kdim, vdim) != (width, width))
    assert trace.reference.name == "torch.nn.functional.multi_head_attention_forward"
    if scale is not None:  # the module knows no other
        (module.in_proj_weight if module.in_proj_weight is not None else module.q_proj_weight).data[:width] *= scale * each**0.5
        if bias:
            module.in_proj_bias.data[:width] *= scale * each**0.5
    mask = {"causal": torch.ones(queries, keys, dtype=torch.bool).triu(1), "added": added}.get(masked)
    with torch.no_grad():
        output, weights = module(q, k, v, attn_mask=mask, average_attn_weights=False)
    torch.testing.assert_close(trace.outputs["output"], output, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(trace.outputs["weights"].reshape(weights.shape), weights, rtol=1e-10, atol=1e-10)
    check_steps(trace)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_tokens(heads: int, causal: bool) -> None:
    trace = attention(tokens="the cat saw the dog", heads=heads, causal=causal, seed=5)
    x = trace.inputs["embeddings"]
    assert x.shape == (5, max(4, 2 * heads))
    assert torch.equal(x[0], x[3])
    assert torch.equal(x * 2, (x * 2).round())
    assert ("W_o" in trace.inputs) == (heads > 1)
    check_steps(trace)
    again = attention(tokens="the cat saw the dog", heads=heads, causal=causal, seed=5)
    assert torch.equal(trace.outputs["output"], again.outputs["output"])
    other = attention(tokens="the cat saw the dog", heads=heads, causal=causal, seed=6)
    assert not torch.equal(x, other.inputs["embeddings"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_several_heads_of_what_is_given(dtype: torch.dtype) -> None:
    q, k = randn(3, 4).to(dtype), randn(2, 4, seed=1).to(dtype)
    trace = attention(q, k, heads=2, seed=3)
    assert {name: tensor.dtype for name, tensor in trace.inputs.items()} == dict.fromkeys(
        ("query", "key", "value", "W_q", "W_k", "W_v", "W_o"), dtype
    )
    assert trace.reference.name == "torch.nn.functional.multi_head_attention_forward"
    check_steps(trace)


def test_heads_that_are_wider_together_than_an_embedding() -> None:
    weights = {"in_proj_weight": randn(18, 4), "in_proj_bias": randn(18, seed=1), "out_proj.weight": randn(4, 6, seed=2)}
    x = randn(3, 4, seed=3)
    trace = attention(x, heads=2, state_dict=weights)
    q, k, v = (x @ weights["in_proj_weight"].T + weights["in_proj_bias"]).chunk(3, dim=1)
    mixed = [F.scaled_dot_product_attention(q[:, at], k[:, at], v[:, at]) for at in (slice(0, 3), slice(3, 6))]
    torch.testing.assert_close(trace.outputs["output"], torch.cat(mixed, dim=1) @ weights["out_proj.weight"].T, rtol=1e-10, atol=1e-10)
    check_steps(trace)


def test_nothing_is_taken_from_the_global_generator() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    attention(tokens="a b c", heads=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_mask_by_hand() -> None:
    trace = attention([[1, 0]], [[0, 1], [2, 0], [4, 1]], [[8], [6], [4]], mask=[[1, 1, 0]], scale=1)
    assert trace.outputs["raw"].tolist() == [[0, 2, 4]]
    assert trace.outputs["scores"].tolist() == [[0, 2, -math.inf]]
    assert trace.outputs["weights"].tolist()[0][2] == 0
    e = math.exp(-2)
    assert trace.outputs["output"].item() == pytest.approx((8 * e + 6) / (1 + e), rel=1e-14)
    said = [step.say for step in trace]
    assert said[3] == "Query 0 may not look at key 2: 4 + (−∞) = −∞."
    assert said[4] == "The largest score of query 0, which is subtracted from all: max(0, 2, −∞) = 2."
    assert said[5] == "The score of query 0 for key 0 less the largest one, as an exponential: exp(0 + (−2)) ≈ 0.14."
    assert said[7].endswith("exp(−∞ + (−2)) = 0.")


def test_an_additive_mask_by_hand() -> None:
    mask = [[0.5, 0, -math.inf]]
    trace = attention([[1, 0]], [[0, 1], [2, 0], [4, 1]], [[8], [6], [4]], mask=mask, scale=1)
    assert trace.outputs["raw"].tolist() == [[0, 2, 4]]
    assert trace.outputs["scores"].tolist() == [[0.5, 2, -math.inf]]
    assert trace.inputs["mask"].tolist() == mask
    e = math.exp(-1.5)
    assert trace.outputs["output"].item() == pytest.approx((8 * e + 6) / (1 + e), rel=1e-14)
    first = trace.blocks.first("mask")
    assert first == 3
    assert [step.kind for step in trace[3:5]] == ["mask", "mask"]
    assert trace[3].terms == [(0.0,), (0.5,)]
    assert trace[3].reads == {"raw": [(0, 0)], "mask": [(0, 0)]}
    assert trace[3].say == "To the score of query 0 for key 0 comes its number in the mask: 0 + 0.5 = 0.5."
    assert trace[4].say == "Query 0 may not look at key 2: 4 + (−∞) = −∞."
    # What adds nothing is no step: score 1 is complete at once.
    assert trace[1].writes == {"raw": [(0, 1)], "scores": [(0, 1)]}


BINARY = [[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("mask", "kind", "additive"),
    [
        (BINARY, "auto", False),
        (torch.tensor(BINARY), "auto", False),
        (torch.tensor(BINARY).bool(), "auto", False),
        (torch.tensor(BINARY).int(), "auto", False),
        (torch.tensor(BINARY).bool(), "boolean", False),
        (BINARY, "boolean", False),
        (BINARY, "additive", True),
        ([[0.0, 0, 0]] * 2, "additive", True),
        ([[1.0, 0, 0.5]] * 2, "auto", True),
        ([[0.0, -math.inf, 0]] * 2, "auto", True),
    ],
)
def test_kinds_of_masks(mask: Any, kind: Any, additive: bool) -> None:
    q, k = randn(2, 4), randn(3, 4, seed=1)
    trace = attention(q, k, mask=mask, mask_kind=kind)
    numbers = torch.as_tensor(mask).double()
    expected = F.scaled_dot_product_attention(q, k, k, attn_mask=numbers if additive else numbers.bool())
    torch.testing.assert_close(trace.outputs["output"], expected, rtol=1e-12, atol=1e-12)
    assert trace.params["mask_kind"] == ("additive" if additive else "boolean")
    check_steps(trace)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("least", [-1e9, None])
def test_a_very_large_number_hides_as_infinity_does(dtype: torch.dtype, least: float | None) -> None:
    q = randn(3, 4).to(dtype)
    added = torch.zeros(3, 3, dtype=dtype).masked_fill(torch.ones(3, 3).triu(1).bool(), least or torch.finfo(dtype).min)
    trace = attention(q, mask=added)
    assert torch.equal(trace.outputs["weights"], attention(q, causal=True).outputs["weights"])
    check_steps(trace)


def test_a_bias_key_by_hand() -> None:
    trace = attention([[1, 0]], [[2, 0]], [[6]], mask=[[0]], mask_kind="boolean", scale=1, bias_k=[3, 9], bias_v=[4])
    assert trace.outputs["scores"].tolist() == [[-math.inf, 3]]
    assert trace.outputs["output"].tolist() == [[4]]
    assert trace.labels == (["q0"], ["k0", "bias"])
    assert trace[1].say == "The score of query 0 for the bias key, query times key: 1·3 + 0·9 = 3."
    assert trace[1].reads == {"query": [(0, 0), (0, 1)], "bias_k": [(0,), (1,)]}
    assert trace[len(trace) - 1].reads == {"weights": [(0, 0), (0, 1)], "value": [(0, 0)], "bias_v": [(0,)]}
    assert trace.opening == "The query meets 1 key and a bias; softmax turns scores into weights that mix the values."
    words = attention(tokens="a b", heads=2, bias_k=[1, 0, 0, 1], bias_v=[0, 1, 1, 0])
    assert words.labels == (["a", "b"], ["a", "b", "bias"])
    check_steps(words)


def test_a_value_is_the_key_and_a_key_the_query_if_not_given() -> None:
    x, y = randn(3, 2), randn(4, 2, seed=1)
    torch.testing.assert_close(attention(x).outputs["output"], F.scaled_dot_product_attention(x, x, x))
    torch.testing.assert_close(attention(x, y).outputs["output"], F.scaled_dot_product_attention(x, y, y))


def test_it_can_be_followed_on_paper() -> None:
    trace = attention([[1.0, 2.0, 0.0, 1.0]], [[1, 0, 1, 1], [0, 2, 0, 0]], [[3], [5]])
    assert trace[0].formula == '"scores[0, 0]" = (1 dot 1 + 2 dot 0 + 0 dot 1 + 1 dot 1) / 2 = 1'
    assert trace[0].say == "The score of query 0 for key 0, query times key: (1·1 + 2·0 + 0·1 + 1·1) ÷ 2 = 1."
    assert (trace[0].divisor, trace[1].value) == (2, 2)


def test_lessons_of_a_causal_mask_are_where_there_is_a_choice() -> None:
    trace = attention(tokens="a b c d", causal=True)
    rows = {trace[k].kind: trace[k].row for k in trace.lessons}
    assert rows["max"] == rows["exp"] == rows["sum"] == rows["weight"] == rows["mix"] == 1
    assert trace[trace.highlight].row > 0


def test_many_steps_open_at_once() -> None:
    trace = attention(tokens=" ".join(f"w{i}" for i in range(128)), heads=8, causal=True)
    assert len(trace) == 3 * 128 * 16 + 8 * (128 * 128 + 128 * 127 // 2 + 128 * 258 + 128 * 2) + 128 * 16
    last = trace[len(trace) - 1]
    assert (last.kind, last.row, last.column) == ("project", 127, 15)
    for k in trace.lessons:
        trace[k]


@pytest.mark.parametrize("word", ['"', "#let", "$x$", "\\", "<b>", "‮rtl", "שלום", "🎉", "a" * 5000, "\u200b"])
def test_any_word_is_a_token(word: str) -> None:
    trace = attention(tokens=f"say {word} now")
    assert trace.labels[0][1] == word
    assert all(len(step.say) < 200 for step in trace)


def test_words_beside_own_vectors_name_queries_and_keys() -> None:
    trace = attention(
        randn(2, 3), randn(3, 3, seed=1), labels="hot cold", key_labels=["ice", "a fire", "tea"], bias_k=[1.0] * 3, bias_v=[2.0] * 3
    )
    assert trace.labels == (["hot", "cold"], ["ice", "a fire", "tea", "bias"])
    assert (trace.params["labels"], trace.params["key_labels"]) == (["hot", "cold"], ["ice", "a fire", "tea"])
    assert trace[trace.blocks.step("score", (0, 1, 1))].say.startswith("The score of “cold” for “a fire”, query times key: ")
    assert trace[trace.blocks.step("weight", (0, 0, 3))].say.startswith("“hot” gives the bias key this share of its attention: ")


def test_without_keys_of_their_own_queries_are_keys_with_their_words() -> None:
    assert attention(randn(2, 3), labels="hot cold").labels == (["hot", "cold"], ["hot", "cold"])
    assert attention(randn(2, 3), randn(2, 3), labels="hot cold").labels == (["hot", "cold"], ["k0", "k1"])
    assert attention(randn(2, 3), labels="hot cold", key_labels="here there").labels[1] == ["here", "there"]
    assert attention(randn(2, 4), labels="hot cold", heads=2)[0].say.startswith("Number 0 of the query of “hot”: ")


X = randn(3, 4)
STATE = trained(4, 2).state_dict()
OTHER = trained(4, 2, kdim=5, vdim=3).state_dict()
NAN = [[1.0, 0.0], [math.nan, 1.0]]
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["there is no query", "'the cat sat'"]),
    "only a key": ({"key": X}, ["there is no query, only key"]),
    "both": ({"query": X, "tokens": "the cat"}, ["both tokens 'the cat' and query"]),
    "words twice": ({"tokens": "the cat", "labels": "a b"}, ["both tokens 'the cat' and labels are given; give one of them"]),
    "few words": ({"query": X, "labels": "a b"}, ["labels has 2 words, but there are 3 queries; give 3"]),
    "many words": ({"query": X, "key_labels": list("abcd")}, ["key_labels has 4 words, but there are 3 keys; give 3"]),
    "words of keys for fewer queries": ({"query": X, "key": X[:1], "key_labels": ""}, ["key_labels is ''; give words such as"]),
    "no word": ({"tokens": "  "}, ["tokens is '  '", "holds no word"]),
    "heads": ({"tokens": "the cat", "heads": 3, "embed_dim": 4}, ["heads is 3", "does not divide the 4", "a divisor of 4"]),
    "heads of a module": ({"query": X, "heads": 3, "state_dict": STATE}, ["heads is 3", "does not divide the 4"]),
    "no heads": ({"query": X, "heads": 0}, ["heads is 0", "at least 1"]),
    "no width": ({"tokens": "a", "embed_dim": 0}, ["embed_dim is 0"]),
    "width of a query": ({"query": X, "embed_dim": 4}, ["embed_dim is 4", "leave it out"]),
    "width of a module": ({"tokens": "a", "state_dict": STATE, "embed_dim": 6}, ["embed_dim is 6", "projects 4 numbers"]),
    "a blind row": ({"query": X, "mask": [[1, 0, 0], [0, 0, 0], [1, 1, 1]]}, ["mask hides every key from row 1"]),
    "a row blind by both": ({"query": X, "mask": [[0, 1, 1]] * 3, "causal": True}, ["mask and causal hide every key from row 0"]),
    "shape of a mask": ({"query": X, "mask": [[1, 0]]}, ["mask has shape 1x2", "3 queries and 3 keys go with 3x3"]),
    "no boolean mask": (
        {"query": X, "mask": [[0, -math.inf, 0]] * 3, "mask_kind": "boolean"},
        ["mask holds -inf; give 1 where a query may look and 0 where it may not, or mask_kind 'additive'"],
    ),
    "a row of infinity": ({"query": X, "mask": [[0, 1, 2], [-math.inf] * 3, [0, 1, 2]]}, ["mask hides every key from row 1", "-Infinity"]),
    "a row of infinity by both": (
        {"query": X, "mask": [[-math.inf, 5, 5]] * 3, "causal": True},
        ["mask and causal hide every key from row 0", "at least one number other than -Infinity"],
    ),
    "zeros": ({"query": X, "mask": [[0.0] * 3] * 3}, ["mask hides every key from row 0", "or mask_kind 'additive'"]),
    "nan in a mask": ({"query": X, "mask": [[0, math.nan, 0]] * 3}, ["mask holds nan; give numbers that are added"]),
    "infinity in a mask": ({"query": X, "mask": [[0, math.inf, 0]] * 3}, ["mask holds inf; give numbers that are added"]),
    "booleans that are added": (
        {"query": X, "mask": torch.ones(3, 3, dtype=torch.bool), "mask_kind": "additive"},
        ["mask_kind is 'additive', but mask holds booleans"],
    ),
    "a kind of mask": (
        {"query": X, "mask": [[1] * 3] * 3, "mask_kind": "float"},
        ["mask_kind is 'float'", "'auto' or 'boolean'"],
    ),
    "too much for float32": ({"query": X.float(), "mask": [[0, -1e300, 0]] * 3}, ["mask holds -1e+300, which float32 cannot hold"]),
    "a mask that overflows": ({"query": X, "mask": [[1.7e308, -1.7e308, 0]] * 3}, ["the scores overflow: the mask goes up to 1.7e+308"]),
    "a key without a value": ({"query": X, "bias_k": [1.0] * 4}, ["bias_k is given without bias_v"]),
    "a value without a key": ({"query": X, "bias_v": [1.0] * 4}, ["bias_v is given without bias_k"]),
    "width of a bias": ({"query": X, "bias_k": [1.0] * 3, "bias_v": [1.0] * 4}, ["bias_k has 3 numbers, but the keys have 4"]),
    "width of its value": ({"query": X, "bias_k": [1.0] * 4, "bias_v": [1.0] * 5}, ["bias_v has 5 numbers, but the values have 4"]),
    "rows of a bias": ({"query": X, "bias_k": [[1.0, 2], [3, 4]], "bias_v": [1.0] * 4}, ["bias_k has shape 2x2; give one row of numbers"]),
    "nan in a bias": ({"query": X, "bias_k": [math.nan] * 4, "bias_v": [1.0] * 4}, ["bias_k holds nan; give finite numbers"]),
    "two biases": (
        {"query": X, "bias_k": [1.0] * 4, "bias_v": [1.0] * 4, "state_dict": trained(4, 2, add_bias_kv=True).state_dict()},
        ["bias_k is given, and state_dict has one too"],
    ),
    "half a bias of a module": ({"query": X, "state_dict": {**STATE, "bias_k": randn(1, 1, 4)}}, ["bias_k is given without bias_v"]),
    "shape of a module's bias": ({"query": X, "state_dict": {**STATE, "bias_k": X}}, ["bias_k has shape 3x4", "goes with 1x1x4"]),
    "shape of a projection": (
        {"query": X, "state_dict": {**OTHER, "k_proj_weight": randn(3, 5)}},
        ["k_proj_weight has shape 3x5, but q_proj_weight 4x4 goes with 4x5"],
    ),
    "no projection": (
        {"query": X, "state_dict": {name: tensor for name, tensor in OTHER.items() if name != "v_proj_weight"}},
        ["state_dict has no v_proj_weight", "q_proj_weight, k_proj_weight, v_proj_weight"],
    ),
    "both projections": ({"query": X, "state_dict": {**OTHER, **STATE}}, ["has in_proj_weight, which is not shown here"]),
    "tokens that are too narrow": (
        {"tokens": "a b", "state_dict": OTHER},
        ["state_dict projects keys of 5 numbers, but tokens have 4; give query, key and value instead"],
    ),
    "nan": ({"query": NAN}, ["query holds nan at row 1, column 0"]),
    "infinity": ({"query": X, "key": [[1, 2, 3, math.inf]]}, ["key holds inf at row 0, column 3"]),
    "one axis": ({"query": [1.0, 2.0]}, ["query has shape 2", "one row of numbers"]),
    "no row": ({"query": torch.ones(0, 2)}, ["query has shape 0x2"]),
    "widths": ({"query": X, "key": randn(3, 2)}, ["query has 4 numbers in a row and key 2"]),
    "rows": ({"query": X, "value": randn(2, 4)}, ["key has 3 rows and value 2"]),
    "scale 0": ({"query": X, "scale": 0.0}, ["scale is 0"]),
    "scale nan": ({"query": X, "scale": math.nan}, ["scale is nan"]),
    "overflow": ({"query": [[1e200]]}, ["the scores overflow: queries go up to 1e+200"]),
    "other state": ({"query": X, "state_dict": {"weight": X}}, ["has no in_proj_weight", "nn.MultiheadAttention"]),
    "more state": ({"query": X, "state_dict": {**STATE, "weight": X}}, ["has weight, which is not shown here"]),
    "shape of state": ({"query": X, "state_dict": {**STATE, "in_proj_weight": randn(4, 4)}}, ["in_proj_weight has shape 4x4"]),
    "shape of output": (
        {"query": X, "state_dict": {**STATE, "out_proj.weight": randn(4, 5)}},
        ["out_proj.weight has shape 4x5", "in_proj_weight 12x4 goes with 4x4"],
    ),
    "nan in state": ({"query": X, "state_dict": {**STATE, "out_proj.bias": torch.full((4,), math.nan)}}, ["out_proj.bias holds nan"]),
    "width of embeddings": ({"query": randn(3, 5), "state_dict": STATE}, ["query has 5 numbers in a row, but its projection takes 4"]),
}


@pytest.mark.parametrize(("options", "holds"), REFUSED.values(), ids=REFUSED)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        attention(**options)
    assert all(text in str(refusal.value) for text in holds), refusal.value
    assert "\n" not in str(refusal.value)
