"""Models of every kind that a lecture speaks of, small, with what their forward pass is given; and what tests ask of recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.recorder.record import Recording, record


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class Residual(nn.Module):
    """A block of a ResNet as torchvision writes it: ReLU and addition in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(nn.Conv2d(3, 8, 1, 2, bias=False), nn.BatchNorm2d(8))

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        identity = self.downsample(x)
        out += identity
        return self.relu(out)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))


class Recurrent(nn.Module):
    """Classifies a sequence by the last output of an LSTM or GRU."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.embedding, self.rnn, self.fc = nn.Embedding(12, 5), kind(5, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        embedded = self.embedding(tokens)
        output, _ = self.rnn(embedded)
        last = output[:, -1]
        return self.fc(last)


def encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.attention, self.projection = nn.Linear(8, 24, bias=False), nn.Linear(8, 8, bias=False)
        self.up, self.down = nn.Linear(8, 32), nn.Linear(32, 8)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.attention(self.norm1(x)).view(batch, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(gelu(self.up(self.norm2(x))))


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1.0 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


class Gpt(nn.Module):
    """Its embedding and its head are one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.position = nn.Embedding(20, 8), nn.Parameter(torch.randn(6, 8))
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Branch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0 and x.norm().item() < 1e3:
            return self.small(x)
        return self.large(x)


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.boxes, self.scores = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> dict[str, Any]:
        features = self.body(x).relu()
        return {"boxes": self.boxes(features), "scores": self.scores(features), "levels": (features, x)}


@dataclass
class Output:
    logits: Tensor
    loss: Tensor | None = None


class Classified(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 5)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Output:
        logits = self.fc(x)
        loss = None if labels is None else F.cross_entropy(logits, labels)
        return Output(logits, loss)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shared, self.act = nn.Linear(3, 3), nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.shared(x))
        return self.act(self.shared(x))


class Patched(nn.Module):
    """Writes into a tensor that was read before, through a view of it."""

    def forward(self, x: Tensor) -> Tensor:
        y = x * 2
        before = y + 1
        row = y[0]
        row.add_(100)
        y[:, 1] = 0
        column = y.T[0]
        return before + y * column.sum()


class Indexed(nn.Module):
    def forward(self, q: Tensor, k: Tensor, places: Tensor) -> Tensor:
        scores = torch.einsum("bqd,bkd->bqk", q, k)
        mask = torch.ones(4, 4, dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(mask, -1e9)
        weights = torch.softmax(scores, dim=-1)
        best, where = weights.max(dim=-1)
        chosen = weights.gather(-1, places)
        rows = [row * 2 for row in best]
        total = torch.where(best > 0.5, torch.stack(rows), chosen[..., 0]) + where
        if total.shape[0] > 1:
            total = total / total.mean()
        return total


#: A model, ready, and the arguments of its forward pass.
Case = tuple[nn.Module, tuple[Any, ...]]
CASES: dict[str, Callable[[], Case]] = {
    "lenet": lambda: (LeNet(), (torch.randn(2, 1, 28, 28),)),
    "residual": lambda: (Residual().eval(), (torch.randn(1, 3, 16, 16),)),
    "mlp_train": lambda: (mlp().train(), (torch.randn(8, 4),)),
    "mlp_eval": lambda: (mlp().eval(), (torch.randn(8, 4),)),
    "lstm": lambda: (Recurrent(nn.LSTM), (torch.randint(12, (3, 4)),)),
    "gru": lambda: (Recurrent(nn.GRU), (torch.randint(12, (3, 4)),)),
    "encoder": lambda: (encoder().eval(), (torch.randn(2, 5, 8),)),
    "gpt": lambda: (Gpt(), (torch.randint(20, (2, 6)),)),
    "branch": lambda: (Branch(), (torch.ones(2, 3),)),
    "other_branch": lambda: (Branch(), (-torch.ones(2, 3),)),
    "dict": lambda: (Heads(), (torch.randn(2, 3),)),
    "dataclass": lambda: (Classified(), (torch.randn(2, 3), torch.tensor([1, 4]))),
    "twice": lambda: (Twice(), (torch.randn(2, 3),)),
    "view": lambda: (Patched(), (torch.randn(3, 3),)),
    "indexed": lambda: (Indexed(), (torch.randn(2, 4, 3), torch.randn(2, 4, 3), torch.randint(4, (2, 4, 1)))),
}


def case(name: str) -> Case:
    """The same every time."""
    torch.manual_seed(7)
    return CASES[name]()


def recorded(name: str) -> Recording:
    model, args = case(name)
    return record(model, *args)


def same(one: Any, other: Any) -> bool:
    """NaN is NaN; shape, type and numbers to the last bit."""
    return one.shape == other.shape and one.dtype == other.dtype and torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


def named(recording: Recording) -> list[tuple[str, *tuple[str, ...]]]:
    return [(operation.name, *operation.variables) for operation in recording.operations]
