"""Networks whose gradients go back to all parameters, with what is wanted of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import model
from engine.network.played import ModelPlay
from tests.engine.models import Classified, Gpt, LeNet, Recurrent, Residual, Twice, encoder

X, Y = torch.randn(2, 4, generator=torch.Generator().manual_seed(1)).double(), torch.tensor([[0.5, 0.2, 0.1], [1.0, 0.0, 0.3]]).double()


class Skipping(nn.Module):
    """An MLP with a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.fc1(x))
        x = x + F.relu(self.fc2(x))
        return self.fc3(x)


class Heads(nn.Module):
    """Queries, keys and values are parts of one tensor; a token of its own is set before the others, and the only one that is read."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.attention, self.fc = nn.Parameter(torch.randn(1, 4)), nn.Linear(4, 12), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.token, x])
        q, k, v = self.attention(x).chunk(3, -1)
        weights = torch.softmax(q @ k.T / 2, -1)
        return self.fc((weights @ v)[0])


class Cell(nn.Module):
    """Gives two results, of which the one is made of the other; what it reads first is of one row for all."""

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        c = torch.sigmoid(x) * c + torch.tanh(x)
        h = torch.sigmoid(x) * torch.tanh(c)
        return h, c


class Cells(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.w, self.u, self.fc = Cell(), nn.Linear(3, 2), nn.Linear(2, 2, bias=False), nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(1, 2)
        for t in range(3):
            h, c = self.cell(self.w(x[t : t + 1]) + self.u(h), c)
        return self.fc(h)


class Sequences(nn.Module):
    """An encoder whose last states a decoder begins with; both ways, and two layers of it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.LSTM(3, 2, bidirectional=True), nn.LSTM(4, 3, 2)
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        output, (h, _) = self.encoder(x)
        output, (last, _) = self.decoder(output)
        return self.fc(last[-1]) * h.sum()


class Dropped(nn.Module):
    """Subtracts what a dropout hands on as it is; what that is computed from has no name."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.dropout = nn.Linear(4, 3), nn.Linear(4, 3), nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc1(x) - self.dropout(self.fc2(x))


class Shared(nn.Module):
    """Of two results of one module the one is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.fc1, self.fc2 = Cell(), nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        h, c = self.cell(x, x)
        return self.fc1(h) * self.fc2(h) * c.sum()


@dataclass(frozen=True)
class Case:
    """A network, what it is given, and what is wanted of it; ``of`` computes the loss from what it gives."""

    make: Callable[[], nn.Module]
    given: Callable[[], tuple[Any, ...]]
    of: Callable[[Any], Tensor]
    target: Any = None
    loss: str | None = None
    training: bool = False


def _classes(*wanted: int) -> Callable[[Tensor], Tensor]:
    return lambda output: F.cross_entropy(output.reshape(-1, output.shape[-1]), torch.tensor(wanted))


WANTED = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(3)).double()
CASES = {
    "lenet": Case(LeNet, lambda: (torch.randn(2, 1, 28, 28),), _classes(3, 7), [3, 7]),
    "skip": Case(Skipping, lambda: (torch.randn(2, 4),), _classes(0, 2), [0, 2]),
    "residual": Case(Residual, lambda: (torch.randn(1, 3, 8, 8),), Tensor.sum),
    "residual_training": Case(
        Residual, lambda: (torch.randn(2, 3, 8, 8),), lambda y: y.square().sum() / 2, torch.zeros(2, 8, 4, 4).tolist(), "half_squares", True
    ),
    "gpt": Case(Gpt, lambda: (torch.randint(20, (1, 6)),), _classes(1, 2, 3, 4, 5, 6), [1, 2, 3, 4, 5, 6]),
    "lstm": Case(lambda: Recurrent(nn.LSTM), lambda: (torch.randint(12, (1, 4)),), _classes(2), 2),
    "gru": Case(lambda: Recurrent(nn.GRU), lambda: (torch.randint(12, (3, 4)),), _classes(2, 0, 1), [2, 0, 1]),
    "twice": Case(Twice, lambda: (torch.randn(2, 3),), Tensor.sum),
    "encoder": Case(encoder, lambda: (torch.randn(1, 3, 8),), lambda y: F.mse_loss(y, WANTED.to(y.dtype)), WANTED, "mse_loss"),
    "heads": Case(Heads, lambda: (torch.randn(3, 4),), _classes(1), 1),
    "cells": Case(Cells, lambda: (torch.randn(3, 3),), _classes(1), 1),
    "sequences": Case(Sequences, lambda: (torch.randn(4, 1, 3),), Tensor.sum),
    "dropped": Case(Dropped, lambda: (torch.randn(2, 4),), Tensor.sum),
    "shared": Case(Shared, lambda: (torch.randn(2, 4),), Tensor.sum),
    "own_loss": Case(Classified, lambda: (torch.randn(2, 3), torch.tensor([1, 4])), lambda found: found.loss),
}


def made(name: str, dtype: torch.dtype = torch.float64, opened: str | None = None) -> tuple[ModelPlay, nn.Module, Case]:
    """A play with its way back, and the network; it is the same every time."""
    case = CASES[name]
    torch.manual_seed(7)
    net, given = case.make().to(dtype), case.given()
    given = tuple(one.to(dtype) if one.is_floating_point() else one for one in given)
    film = model(given, net, target=case.target, loss=case.loss, backward=True, opened=opened, training=case.training)
    net.train(case.training)
    case.of(net(*given)).backward()
    return film, net, case


def act_of(film: ModelPlay, name: str) -> Any:
    return next(act for act in film.acts if act.name == name)
