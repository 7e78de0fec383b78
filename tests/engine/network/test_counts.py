"""Counts of layers: parameters and multiply-adds are as many as by hand, a window is that of its layer."""

from __future__ import annotations

from typing import Any

import pytest

from engine.network.fitted import window_of
from engine.network.placed import built, placed
from engine.network.text import parse

TWO_NORMS = "conv2d(8, 3, 2, 1) batch_norm relu conv2d(8, 3, 2, 1) batch_norm relu avg_pool2d(56) flatten linear(1000)"
LENET = (
    "nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), "
    "nn.Flatten(), nn.Linear(16*5*5, 120), nn.Linear(120, 84), nn.Linear(84, 10)"
)
CNN = (
    "conv2d(32, 3, padding=1) relu max_pool2d(2) conv2d(64, 3, padding=1) relu max_pool2d(2) "
    "flatten linear(256) relu dropout(0.3) linear(10)"
)
#: Shapes and counts are those of the lectures' exercises.
PARAMETERS: dict[str, tuple[tuple[int, ...], list[int]]] = {
    "max_pool2d(2) conv2d(12, 17) max_pool2d(3) flatten linear(128) relu linear(10) softmax": ((3, 128, 128), [10416, 393344, 1290]),
    "conv2d(32, 3)": ((3, 9, 9), [896]),
    "conv2d(1, 3)": ((3, 9, 9), [28]),
    "conv2d(1, 3, bias=False)": ((1, 9, 9), [9]),
    "conv2d(32, 5, stride=2)": ((3, 256, 256), [2432]),
    TWO_NORMS: ((3, 224, 224), [224, 16, 584, 16, 9000]),
    "conv2d(8, 3, 2, 1) layer_norm conv2d(8, 3, 2, 1) layer_norm": ((3, 224, 224), [224, 200704, 584, 50176]),
    "nn.GroupNorm(1, 8)": ((8, 4, 4), [16]),
    LENET: ((3, 32, 32), [456, 2416, 48120, 10164, 850]),
    CNN: ((3, 32, 32), [896, 18496, 1048832, 2570]),
    "flatten linear(256) layer_norm relu linear(256) layer_norm relu linear(10)": ((28, 28), [200960, 512, 65792, 512, 2570]),
    "nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)": (
        (1, 28, 28),
        [401920, 262656, 5130],
    ),
    "rnn(20, num_layers=2)": ((5, 10), [1480]),
    "lstm(20)": ((5, 10), [2560]),
    "gru(20)": ((5, 10), [1920]),
    "rnn(20)": ((5, 10), [640]),
    "attention(heads=2)": ((5, 4), [80]),
    "attention(heads=2, output_projection=False)": ((5, 4), [60]),
    "attention(heads=8)": ((5, 512), [1050624]),
    "attention(heads=8, d_k=64)": ((5, 64), [132672]),
    "transformer_encoder_layer(2, 8)": ((5, 4), [80 + 76 + 16]),
    "embedding(10, 4) positional_encoding(6, learned=True) linear(10)": ((5,), [40, 24, 50]),
}


@pytest.mark.parametrize("text", PARAMETERS)
def test_parameters_are_as_many_as_by_hand(text: str) -> None:
    shape, counts = PARAMETERS[text]
    layers = parse(text)
    there = placed(layers, shape)
    assert [one.parameters for one in there if one.parameters] == counts
    assert sum(p.numel() for p in built(layers, shape, device="meta").parameters()) == sum(counts)


#: Multiply-adds, worked out by hand.
PRODUCTS: dict[str, tuple[tuple[int, ...], int]] = {
    "conv1d(3, 2, stride=2)": ((4, 6), 3 * 3 * 4 * 2),
    "conv2d(6, 3, padding=1, groups=2)": ((4, 6, 5), 6 * 30 * 2 * 9),
    "conv_transpose2d(3, 2, stride=2)": ((4, 6, 5), 4 * 30 * 3 * 4),
    "linear(3)": ((2, 7, 5), 14 * 5 * 3),
    "relu": ((4,), 0),
    "lstm(3)": ((5, 4), 5 * 12 * (4 + 3)),
    "attention(output_projection=False)": ((10, 4), 480 + 400 + 400),
    "nn.MultiheadAttention(4, 2)": ((10, 3, 4), 3 * (480 + 160 + 800)),
    "nn.MultiheadAttention(4, 2, batch_first=True)": ((3, 10, 4), 3 * (480 + 160 + 800)),
    "transformer_encoder_layer(2, 8)": ((10, 4), 480 + 160 + 800 + 2 * 10 * 4 * 8),
    "skip(linear(4) relu linear(4))": ((4,), 32),
}


@pytest.mark.parametrize("text", PRODUCTS)
def test_multiply_adds_are_as_many_as_by_hand(text: str) -> None:
    shape, products = PRODUCTS[text]
    assert [one.products for one in placed(parse(text), shape)] == [products]


WINDOWS: dict[str, Any] = {
    "conv2d(1, (3, 1), stride=2, padding=1)": ((3, 1), (2, 2), [(1, 1), (1, 1)], (1, 1), False),
    "max_pool2d(2)": ((2, 2), (2, 2), [(0, 0), (0, 0)], (1, 1), False),
    "conv2d(1, 4, padding=same)": ((4, 4), (1, 1), [(1, 2), (1, 2)], (1, 1), False),
    "avg_pool2d(global)": ((6, 5), (6, 5), [(0, 0), (0, 0)], (1, 1), False),
    "conv_transpose2d(1, 3, stride=2)": ((3, 3), (2, 2), [(0, 0), (0, 0)], (1, 1), True),
    "adaptive_avg_pool2d(2)": None,
}


@pytest.mark.parametrize("text", WINDOWS)
def test_a_window_is_that_of_its_layer(text: str) -> None:
    assert window_of(placed(parse(text), (4, 6, 5))[0].module, 2) == WINDOWS[text]
