"""Networks as plays: a small one, LeNet, and one of 40 parts with skips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import engine
from engine.network.played import ModelPlay
from engine.network.whole import WholeTrace, whole
from engine.step import Reference


def unopened(
    kind: str, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor], operations: Sequence[str] = (), parameters: int = 0
) -> WholeTrace:
    """An act that is not opened."""
    return whole(kind.lower(), kind, operations, parameters, inputs, outputs, Reference(kind, 0.0, 1.0))


def film(module: nn.Module, given: Tensor | Mapping[str, Tensor], opened: str = "-") -> ModelPlay:
    """A model as a play; ``opened`` says what is worked out, nothing if it is not given."""
    return engine.model(given, module.double(), opened=opened, depth=4)


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.fc1(x))
        return F.softmax(self.fc2(h), dim=-1)


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x)


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.conv1(x))
        out = self.conv2(out)
        return F.relu(out + x)


class ResNet(nn.Module):
    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.layer = nn.Sequential(*(Block(8) for _ in range(blocks)))
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(F.relu(self.stem(x)))
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        return self.fc(x)


def mlp() -> ModelPlay:
    torch.manual_seed(0)
    return film(MLP(), torch.tensor([[1.0, -2.0, 0.5, 3.0]]).double())


def lenet() -> ModelPlay:
    torch.manual_seed(0)
    picture = torch.zeros(28, 28).double()
    picture[4:24, 12:16] = 1.0
    picture[4:8, 8:20] = 0.7
    return film(LeNet(), picture[None, None])


def residual() -> ModelPlay:
    torch.manual_seed(0)
    return film(ResNet(9), torch.rand(1, 3, 16, 16).double())


def some_opened() -> ModelPlay:
    """A block whose plus is worked out, so that what waits is seen to land."""
    torch.manual_seed(0)
    return film(ResNet(1), torch.rand(1, 3, 6, 6).double(), opened="*add* fc")


MODELS: dict[str, Callable[[], ModelPlay]] = {
    "mlp": cache(mlp),
    "lenet": cache(lenet),
    "residual": cache(residual),
    "some_opened": cache(some_opened),
}
