"""The words that attend to each other: read from a text, named in sentences, each with its embedding."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.errors import InputError
from engine.sentences import narrowed
from engine.shown import shown
from engine.trace import TensorLike
from engine.words import Words, check_words

EMBED_DIM = 4
#: Longer tokens lose their middles in sentences.
LONGEST = 14

#: Words for the queries and for the keys, where they are given.
Named = tuple[Words | None, Words | None]
#: Names of queries and of keys.
TokenNames = tuple[list[str], list[str]]


def words_in(tokens: str | None, given: Mapping[str, TensorLike | None], named: Named) -> list[str] | None:
    """The words of a text, which takes the place of vectors and of their names."""
    if tokens is None:
        if given["query"] is None:
            others = [name for name in ("key", "value") if given[name] is not None]
            raise InputError(f"there is no query{f', only {others[0]}' if others else ''}; give query, or tokens such as 'the cat sat'")
        return None
    others = [name for name, value in given.items() if value is not None]
    others += [name for name, names in zip(("labels", "key_labels"), named, strict=True) if names is not None]
    if others:
        raise InputError(f"both tokens {shown(short(tokens))} and {others[0]} are given; give one of them")
    words = tokens.split()
    if not words:
        raise InputError(f"tokens is {shown(tokens)}, which holds no word; give words with spaces between them, such as 'the cat sat'")
    return words


def short(word: str) -> str:
    return narrowed(word, LONGEST)


def names_of(named: Named, queries: int, keys: int, bias: bool) -> tuple[TokenNames, TokenNames]:
    """Of queries and of keys, short ones and as a sentence says them; with ``bias`` one key more."""
    for name, given, count, what in zip(("labels", "key_labels"), named, (queries, keys), ("queries", "keys"), strict=True):
        check_words(name, given, count, what)
    asks, said = _called(named[0], "query", queries)
    meets, heard = _called(named[1], "key", keys)
    return (asks, [*meets, *["bias"] * bias]), (said, [*heard, *["the bias key"] * bias])


def _called(words: Words | None, kind: str, count: int) -> tuple[list[str], list[str]]:
    if words is None:
        return [f"{kind[0]}{i}" for i in range(count)], [f"{kind} {i}" for i in range(count)]
    return [*words], [f"“{short(word)}”" for word in words]


def of_both(named: Named, key: TensorLike | None, words: Words | None = None) -> Named:
    """The ``words`` of a text are those of queries and keys; without keys of their own the queries are the keys, with their words."""
    labels, key_labels = named if words is None else (words, words)
    return labels, labels if key_labels is None and key is None else key_labels


def named_params(labels: Words | None, key_labels: Words | None) -> dict[str, list[str]]:
    """As a trace has them."""
    return {name: [*words] for name, words in (("labels", labels), ("key_labels", key_labels)) if words is not None}


def embeddings(words: list[str], width: int, seed: int, device: str, dtype: str) -> Tensor:
    """A vector of halves from −1 to 1 for every word, the same for the same word."""
    distinct = {word: n for n, word in enumerate(dict.fromkeys(words))}
    generator = torch.Generator().manual_seed(seed)
    table = torch.randint(-2, 3, (len(distinct), width), generator=generator).double() / 2
    return table[[distinct[word] for word in words]].to(device=device, dtype=getattr(torch, dtype))
