from __future__ import annotations

import itertools
import json

import torch

import engine
from engine.paper.records import AT_ONCE, json_pieces, step_record
from engine.paths import by_path


def test_json_comes_in_small_pieces_however_large_the_tensors_are() -> None:
    generator = torch.Generator().manual_seed(0)
    trace = engine.conv1d(torch.randn(20 * AT_ONCE, generator=generator, dtype=torch.float64), [[[1.0, -1]]])
    pieces = list(json_pieces(trace, range(3)))
    assert sum(map(len, pieces)) > 30 * AT_ONCE * 10
    assert max(map(len, pieces)) < 30 * AT_ONCE


def test_the_first_piece_needs_no_step() -> None:
    trace = engine.conv1d([1.0, 2], [1.0])
    assert next(json_pieces(trace, itertools.count(10**9))).startswith('{"concept": "conv1d"')


def test_pieces_are_the_json_of_the_whole() -> None:
    for trace in (
        engine.conv2d(torch.arange(2 * 90 * 60).reshape(2, 90, 60), torch.ones(3, 2, 2, 2)),
        engine.backprop("z = a*b; L = sum(z)/2 + 1/b", {"a": list(map(float, range(AT_ONCE + 1))), "b": 0.1}),
    ):
        found = json.loads("".join(json_pieces(trace, [0, 1])))
        assert found["steps"] == json.loads(json.dumps([step_record(trace[k]) for k in (0, 1)]))
        for name, tensors in (("inputs", trace.inputs), ("outputs", trace.outputs)):
            for path, tensor in by_path(tensors):
                here = found[name]
                for part in path.split(".", 1 if path.count(".") else 0) if path not in here else [path]:
                    here = here[part]
                assert here == {"shape": list(tensor.shape), "data": tensor.tolist()}
