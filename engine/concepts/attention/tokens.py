"""The words that attend to each other: read from a text, named in sentences, each with its embedding."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.errors import InputError
from engine.shown import shown
from engine.trace import TensorLike

EMBED_DIM = 4
#: Longer tokens are cut short in sentences.
LONGEST = 14

#: Names of queries and of keys.
TokenNames = tuple[list[str], list[str]]


def words_in(tokens: str | None, given: Mapping[str, TensorLike | None]) -> list[str] | None:
    if tokens is None:
        if given["query"] is None:
            others = [name for name in ("key", "value") if given[name] is not None]
            raise InputError(f"there is no query{f', only {others[0]}' if others else ''}; give query, or tokens such as 'the cat sat'")
        return None
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise InputError(f"both tokens {shown(short(tokens))} and {named[0]} are given; give one of them")
    words = tokens.split()
    if not words:
        raise InputError(f"tokens is {shown(tokens)}, which holds no word; give words with spaces between them, such as 'the cat sat'")
    return words


def short(word: str) -> str:
    return word if len(word) <= LONGEST else f"{word[: LONGEST - 1]}…"


def names_of(words: list[str] | None, queries: int, keys: int, bias: bool) -> tuple[TokenNames, TokenNames]:
    """Of queries and of keys, short ones and as a sentence says them; with ``bias`` one key more."""
    if words is None:
        asks, meets = [f"q{i}" for i in range(queries)], [f"k{j}" for j in range(keys)]
        said, heard = [f"query {i}" for i in range(queries)], [f"key {j}" for j in range(keys)]
    else:
        asks = meets = words
        said = heard = [f"“{short(word)}”" for word in words]
    return (asks, [*meets, *["bias"] * bias]), (said, [*heard, *["the bias key"] * bias])


def embeddings(words: list[str], width: int, seed: int, device: str, dtype: str) -> Tensor:
    """A vector of halves from −1 to 1 for every word, the same for the same word."""
    distinct = {word: n for n, word in enumerate(dict.fromkeys(words))}
    generator = torch.Generator().manual_seed(seed)
    table = torch.randint(-2, 3, (len(distinct), width), generator=generator).double() / 2
    return table[[distinct[word] for word in words]].to(device=device, dtype=getattr(torch, dtype))
