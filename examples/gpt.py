"""A GPT of characters, small enough to look at: two blocks, two heads, 32 numbers for each character.

    .venv/bin/python examples/gpt.py

trains it in half a minute on ``jack.txt``, a nursery rhyme, writes its weights, ``gpt.pt``, and its vocabulary, ``gpt_vocabulary.json``,
beside this file, says how well it knows the rhyme by heart, and lets it go on after "This is the cat".

Sources: A. Radford et al., Language Models are Unsupervised Multitask Learners, OpenAI, 2019; A. Karpathy, nanoGPT, 2022.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FOLDER = Path(__file__).parent
TEXT, VOCABULARY, WEIGHTS = FOLDER / "jack.txt", FOLDER / "gpt_vocabulary.json", FOLDER / "gpt.pt"
CONTEXT = 32  # as many characters it sees at once
SEED, STEPS, BATCH_SIZE, LR = 0, 1500, 32, 0.01


class CausalSelfAttention(nn.Module):
    """Each character looks at itself and at those before it."""

    def __init__(self, d_model: int, nhead: int) -> None:
        super().__init__()
        self.nhead = nhead
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.output = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.query_key_value(x).chunk(3, dim=-1)
        q, k, v = self.split(q), self.split(k), self.split(v)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # what comes later weighs nothing
        return self.output(mixed.transpose(-3, -2).flatten(-2))  # the heads side by side again

    def split(self, x: Tensor) -> Tensor:
        """From (..., length, d_model) to (..., nhead, length, d_model / nhead)."""
        return x.unflatten(-1, (self.nhead, -1)).transpose(-3, -2)


class Block(nn.Module):
    """What attention finds is added, then what two linear layers make of it."""

    def __init__(self, d_model: int, nhead: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attention = CausalSelfAttention(d_model, nhead)
        self.norm2 = nn.LayerNorm(d_model)
        self.linear1, self.linear2 = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        hidden = F.gelu(self.linear1(self.norm2(x)))
        return x + self.linear2(hidden)


class GPT(nn.Module):
    """From characters to a score for each character that may come next."""

    def __init__(self, num_embeddings: int = 27, d_model: int = 32, nhead: int = 2, num_layers: int = 2) -> None:
        super().__init__()
        self.characters = nn.Embedding(num_embeddings, d_model)
        self.positions = nn.Embedding(CONTEXT, d_model)
        self.blocks = nn.ModuleList([Block(d_model, nhead) for _ in range(num_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, num_embeddings)

    def forward(self, ids: Tensor) -> Tensor:
        """From (..., length), at most 32 long, to (..., length, num_embeddings)."""
        places = torch.arange(ids.shape[-1], device=ids.device)
        x = self.characters(ids) + self.positions(places)  # which character, and where
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def vocabulary() -> dict[str, int]:
    """The number of each character."""
    return json.loads(VOCABULARY.read_text(encoding="utf-8"))


def tokenize(text: str) -> tuple[Tensor, list[str]]:
    """The numbers of a text's characters, and the characters."""
    known = vocabulary()
    unknown = sorted(set(text) - set(known))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no character that the GPT knows; it knows {''.join(known)!r}")
    return torch.tensor([known[character] for character in text]), list(text)


def pretrained() -> GPT:
    """With the weights beside this file."""
    net = GPT()
    net.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return net.eval()


def windows(text: str) -> tuple[Tensor, Tensor]:
    """Every 32 characters of a text, and the one that follows each of them."""
    every = tokenize(text)[0].unfold(0, CONTEXT + 1, 1)
    return every[:, :-1], every[:, 1:]


def loss_of(net: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    """How surprised it is by the next character, on average: ln 27 for one that knows nothing."""
    return F.cross_entropy(net(inputs).flatten(0, 1), targets.flatten())


def train(text: str) -> GPT:
    """A GPT that has read pieces of the text, in any order."""
    torch.manual_seed(SEED)
    inputs, targets = windows(text)
    net = GPT()
    optimizer = torch.optim.AdamW(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=STEPS)
    for _ in range(STEPS):
        chosen = torch.randint(len(inputs), (BATCH_SIZE,))
        loss = loss_of(net, inputs[chosen], targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def sample(net: GPT, start: str, length: int = 200, temperature: float = 0.5, seed: int = 0) -> str:
    """The text goes on, one character at a time; at a low temperature it takes few risks."""
    random = torch.Generator().manual_seed(seed)
    spelled = list(vocabulary())
    ids = tokenize(start)[0]
    for _ in range(length):
        scores = net(ids[-CONTEXT:])[-1]
        shares = torch.softmax(scores / temperature, dim=-1)
        ids = torch.cat([ids, torch.multinomial(shares, 1, generator=random)])
    return "".join(spelled[number] for number in ids)


def main() -> None:
    """Trains, writes and tells."""
    text = TEXT.read_text(encoding="utf-8")
    VOCABULARY.write_text(json.dumps({character: number for number, character in enumerate(sorted(set(text)))}) + "\n", encoding="utf-8")
    net = train(text)
    torch.save(net.state_dict(), WEIGHTS)
    with torch.no_grad():
        print(f"cross entropy of the next character, over all of the text: {loss_of(net, *windows(text)):.3f}\n")
    print(sample(net, "This is the cat"))


if __name__ == "__main__":
    main()
