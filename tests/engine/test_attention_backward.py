from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine import attention, attention_backward
from engine.errors import InputError
from tests.engine.test_attention import randn


def passed(sizes: tuple[int, int, int, int], seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradient of the output, query, key, value."""
    queries, keys, width, made = sizes
    shapes = [(queries, made), (queries, width), (keys, width), (keys, made)]
    return tuple(randn(*shape, seed=seed + n) for n, shape in enumerate(shapes))  # type: ignore[return-value]


def options(sizes: tuple[int, int, int, int], masked: str, bias: bool, seed: int) -> dict[str, Tensor]:
    """A mask that hides no row, and a bias."""
    queries, keys, width, made = sizes
    visible = randn(queries, keys, seed=seed + 9) > 0
    visible[:, 0] = True
    masks = {"boolean": visible.double(), "additive": randn(queries, keys, seed=seed + 10).masked_fill(~visible, -math.inf)}
    found = {"mask": masks[masked]} if masked in masks else {}
    return found | ({"bias_k": randn(width, seed=seed + 11), "bias_v": randn(made, seed=seed + 12)} if bias else {})


@settings(max_examples=30)
@given(sizes=st.tuples(*[st.integers(1, 5)] * 4), masked=st.sampled_from(["boolean", "additive"]), seed=st.integers(0, 2**20))
def test_masks_and_a_bias_are_those_of_torch(sizes: tuple[int, int, int, int], masked: str, seed: int) -> None:
    g, *vectors = passed(sizes, seed)
    given_ = options(sizes, masked, True, seed)
    trace = attention_backward(g, *vectors, **given_)
    leaves = [x.clone().requires_grad_() for x in (*vectors, given_["bias_k"], given_["bias_v"])]
    q, k, v, bias_k, bias_v = leaves
    mask = F.pad(given_["mask"] == 1, (0, 1), value=True) if masked == "boolean" else F.pad(given_["mask"], (0, 1))
    made = F.scaled_dot_product_attention(q, torch.cat([k, bias_k[None]]), torch.cat([v, bias_v[None]]), attn_mask=mask)
    expected = torch.autograd.grad(made, leaves, g)
    found = trace.outputs
    split = (found["grad_query"], found["grad_key"][:-1], found["grad_value"][:-1], found["grad_key"][-1], found["grad_value"][-1])
    for one, other in zip(split, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
    assert trace.params["mask_kind"] == masked


def test_a_bias_is_named() -> None:
    trace = attention_backward([[1.0]], [[1.0]], [[2.0]], [[3.0]], bias_k=[1.0], bias_v=[0.5])
    said = [step.say for step in trace]
    assert said[1].startswith("The bias value went into every output by its weight, so its number 0 gets: ")
    assert said[3].startswith("The weight of the bias key in output 0 multiplied the bias value, so its gradient is: ")
    assert said[-1].startswith("The bias key met every query, so its number 0 gets: ")


@settings(max_examples=30)
@given(
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    masked=st.sampled_from(["no", "boolean", "additive"]),
    bias=st.booleans(),
    causal=st.booleans(),
    scale=st.sampled_from([None, 1.0, 0.4]),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    seed=st.integers(0, 2**20),
)
def test_steps(
    sizes: tuple[int, int, int, int], masked: str, bias: bool, causal: bool, scale: float | None, dtype: torch.dtype, seed: int
) -> None:
    tensors = [x.to(dtype) for x in passed(sizes, seed)]
    trace = attention_backward(*tensors, **options(sizes, masked, bias, seed), causal=causal, scale=scale)
    everything = {**trace.inputs, **trace.outputs}
    tolerance = 1e-10 if dtype == torch.float64 else 1e-5
    written = []
    kinds: dict[str, int] = {}
    for k, step in enumerate(trace):
        assert step.index == k
        assert trace.blocks.done(k)[step.kind] == kinds.get(step.kind, 0)
        kinds[step.kind] = kinds.get(step.kind, 0) + 1
        total = math.fsum(map(math.prod, step.terms)) / step.divisor
        size = 1 + sum(abs(math.prod(term)) for term in step.terms)
        assert math.isclose(step.value, total, rel_tol=tolerance, abs_tol=tolerance * size)
        ((name, (cell,)),) = step.writes.items()
        assert float(everything[name][cell]) == step.value
        written.append((name, cell))
        factors = {abs(float(everything[name][cell])) for name, cells in step.reads.items() for cell in cells}
        assert factors >= {abs(x) for term in step.terms for x in term}
    assert [step.phase for step in trace] == [name for name, steps in trace.phases for _ in range(steps)]
    assert sorted(written) == sorted((name, cell) for name, tensor in trace.outputs.items() for cell in product(*map(range, tensor.shape)))
    assert {trace[k].kind for k in trace.lessons} == set(kinds)
    assert len(trace.lessons) == len(kinds)


@settings(max_examples=15)
@given(sizes=st.tuples(*[st.integers(1, 4)] * 4), causal=st.booleans(), scale=st.sampled_from([None, 1.0]), seed=st.integers(0, 2**20))
def test_finite_differences(sizes: tuple[int, int, int, int], causal: bool, scale: float | None, seed: int) -> None:
    """The derivative in a random direction is the difference quotient of the attention itself."""
    g, *vectors = passed(sizes, seed)
    trace = attention_backward(g, *vectors, causal=causal, scale=scale)
    visible = torch.ones(sizes[0], sizes[1], dtype=torch.bool).tril() if causal else None
    for name, at in (("grad_query", 0), ("grad_key", 1), ("grad_value", 2)):
        direction, h = randn(*vectors[at].shape, seed=seed + 7), 1e-5

        def loss(t: float, at: int = at, direction: Tensor = direction) -> float:
            moved = [x + t * direction if n == at else x for n, x in enumerate(vectors)]
            return float((F.scaled_dot_product_attention(*moved, attn_mask=visible, scale=scale) * g).sum())

        slope = (loss(h) - loss(-h)) / (2 * h)
        assert float((trace.outputs[name] * direction).sum()) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_the_gradients_of_the_scores_of_a_query_add_up_to_zero() -> None:
    trace = attention_backward(*passed((4, 5, 3, 2), 1))
    assert trace.outputs["grad_scores"].sum(dim=1).abs().max() < 1e-14


def test_hidden_scores_have_no_gradient() -> None:
    g, q, k, v = passed((4, 4, 2, 2), 2)
    trace = attention_backward(g, q, k, v, causal=True)
    assert torch.equal(trace.outputs["grad_scores"].triu(1), torch.zeros(4, 4, dtype=torch.float64))
    torch.testing.assert_close(trace.inputs["weights"], attention(q, k, v, causal=True).outputs["weights"])


def test_it_can_be_followed_on_paper() -> None:
    trace = attention_backward([[1, 0]], [[0, 0]], [[1, 2], [3, 1]], [[2, 0], [0, 5]])
    assert trace.inputs["weights"].tolist() == [[0.5, 0.5]]
    said = [step.say for step in trace]
    assert said[0] == "Value 0 went into every output by its weight, so its number 0 gets: 0.5·1 = 0.5."
    assert said[6] == "The weights of query 0 share a sum of 1, so all of them meet here: 0.5·2 + 0.5·0 = 1."
    assert said[7] == "Score 0, 0: its weight times what its gradient has above the row sum: 0.5·2 + 0.5·(−1) = 0.5."
    assert trace.outputs["grad_scores"].tolist() == [[0.5, -0.5]]
    assert trace.outputs["grad_query"].tolist()[0] == pytest.approx([-1 / math.sqrt(2), 0.5 / math.sqrt(2)], rel=1e-15)


def test_words_name_queries_and_keys() -> None:
    trace = attention_backward([[1, 0]], [[0, 0]], [[1, 2], [3, 1]], [[2, 0], [0, 5]], labels="hot", key_labels="ice fire")
    said = [step.say for step in trace]
    assert trace.labels == (["hot"], ["ice", "fire"])
    assert said[2] == "The value of “fire” went into every output by its weight, so its number 0 gets: 0.5·1 = 0.5."
    assert said[5].startswith("The weight of the key of “fire” in the output of “hot” multiplied the value of “fire”, so its gradient is: ")
    assert said[7].startswith("The score of “hot” for “ice”: its weight times what its gradient has above the row sum: ")


def test_many_steps_open_at_once() -> None:
    trace = attention_backward(*passed((128, 128, 16, 16), 0))
    assert len(trace) == 4 * 128 * 16 + 128 * 128 + 128 * 129 - 128 * 16
    assert trace[len(trace) - 1].kind == "key"


G, Q, K, V = passed((3, 3, 2, 2), 0)
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "shape": ({"grad_output": randn(2, 2)}, ["grad_output has shape 2x2", "has 3x2"]),
    "widths": ({"key": randn(3, 4)}, ["query has 2 numbers in a row and key 4"]),
    "rows": ({"value": randn(4, 2)}, ["key has 3 rows and value 4"]),
    "nan": ({"grad_output": [[math.nan, 0], [0, 0], [0, 0]]}, ["grad_output holds nan at row 0, column 0"]),
    "words": ({"labels": "a"}, ["labels has 1 word, but there are 3 queries; give 3"]),
    "words of keys": ({"key_labels": "a b c d"}, ["key_labels has 4 words, but there are 3 keys; give 3"]),
    "blind": ({"mask": [[1, 1, 1], [1, 1, 1], [0, 0, 0]]}, ["mask hides every key from row 2"]),
    "scale": ({"scale": 0.0}, ["scale is 0"]),
    "nan in a mask": ({"mask": [[0, math.nan, 2]] * 3}, ["mask holds nan"]),
    "a row of infinity": ({"mask": [[0.0, 2, 3], [-math.inf] * 3, [1, 2, 3]]}, ["mask hides every key from row 1"]),
    "half a bias": ({"bias_v": [1.0, 2.0]}, ["bias_v is given without bias_k"]),
    "width of a bias": ({"bias_k": [1.0], "bias_v": [1.0, 2.0]}, ["bias_k has 1 number, but the keys have 2"]),
}


@pytest.mark.parametrize(("options", "holds"), REFUSED.values(), ids=REFUSED)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        attention_backward(**{"grad_output": G, "query": Q, "key": K, "value": V, **options})
    assert all(text in str(refusal.value) for text in holds), refusal.value
