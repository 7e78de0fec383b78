"""A text as the numbers of its words, by a vocabulary: a list of words, a mapping of words to numbers, or a tokenizer's file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.inputs.files import Source, read_text
from engine.shown import shown

#: What a vocabulary calls a word that it has not.
UNKNOWN = ("[UNK]", "<unk>", "<UNK>", "[unk]")
_SPECIAL = re.compile(r"<.*>|\[.*\]|")
_KINDS = 'give a .txt file with one word a line, a .json file such as {"the": 0, "cat": 1}, or a tokenizer.json'


@dataclass(frozen=True, eq=False)
class Tokens:
    """The numbers, 1 x n, and what they stand for, as labels."""

    ids: Tensor
    words: list[str]


def tokens(text: str, vocabulary: str | Path | Mapping[str, int]) -> Tokens:
    """The words of a text and their numbers. A vocabulary of single characters reads a text character by character.

    A word that is not there is looked for in small letters, then in its parts between punctuation marks; if the vocabulary has a word for
    unknown ones, that stands for the rest.

    Raises:
        InputError: a file that is no vocabulary, a word that is not in it, a text without words.
    """
    if not text.strip():
        raise InputError(f"tokens is {shown(text)}, in which there is no word; give words such as 'the cat sat'")
    if isinstance(vocabulary, Mapping):
        return _looked_up(text, _numbered(dict(vocabulary), "vocabulary"), "the vocabulary")
    given, path = shown(str(vocabulary)), Path(vocabulary).expanduser()
    content = read_text(Source(path, None, given, None))
    if path.suffix.lower() != ".json":
        words = content.splitlines()
        return _looked_up(text, {word: place for place, word in reversed([*enumerate(words)])}, given)
    found = _json(content, given)
    if isinstance(found, dict) and isinstance(found.get("model"), dict):
        return _tokenized(text, content, given)
    return _looked_up(text, _numbered(found, given), given)


def _json(content: str, given: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{given} is no JSON ({error}); {_KINDS}") from error


def _numbered(found: Any, given: str) -> dict[str, int]:
    """A mapping, or a list, whose places are the numbers."""
    if isinstance(found, list) and all(isinstance(word, str) for word in found):
        found = {word: place for place, word in reversed([*enumerate(found)])}
    if not (isinstance(found, dict) and found and all(isinstance(word, str) and type(place) is int for word, place in found.items())):
        raise InputError(f"{given} is no mapping of words to whole numbers; {_KINDS}")
    wrong = next((word for word, place in found.items() if not 0 <= place < 2**63), None)
    if wrong is not None:
        raise InputError(f"{given} gives {shown(wrong)} the number {found[wrong]}; give numbers from 0 on")
    return found


def _looked_up(text: str, known: Mapping[str, int], given: str) -> Tokens:
    is_by_character = all(len(word) == 1 for word in known if not _SPECIAL.fullmatch(word)) and any(len(word) == 1 for word in known)
    unknown = next((word for word in UNKNOWN if word in known), None)
    pieces = list(text) if is_by_character else [piece for word in text.split() for piece in _pieces(word, known)]
    found = [_nearest(piece, known) or unknown for piece in pieces]
    if None in found:
        wrong = pieces[found.index(None)]
        near = get_close_matches(wrong, known, n=1)
        instead = f"did you mean {shown(near[0])}?" if near else f"use its words, such as {shown(next(iter(known)))}"
        raise InputError(f"{shown(wrong)} is not in {given}; {instead}")
    return Tokens(torch.tensor([[known[str(word)] for word in found]]), pieces)


def _pieces(word: str, known: Mapping[str, int]) -> Iterator[str]:
    """A word whole, or in parts if it is not known and they are."""
    if _nearest(word, known):
        yield word
    else:
        yield from re.findall(r"\w+|[^\w\s]", word) or [word]


def _nearest(word: str, known: Mapping[str, int]) -> str | None:
    return next((one for one in (word, word.lower()) if one in known), None)


def _tokenized(text: str, content: str, given: str) -> Tokens:
    """By the package ``tokenizers``, which knows how its file is meant."""
    try:
        tokenizer = import_module("tokenizers").Tokenizer.from_str(content)
    except ImportError as error:
        raise InputError(f"{given} is a tokenizer's file, for which tokenizers is not installed; pip install tokenizers") from error
    except Exception as error:  # its errors are plain ones
        raise InputError(f"{given} cannot be read as a tokenizer's file ({error}); {_KINDS}") from error
    found = tokenizer.encode(text)
    return Tokens(torch.tensor([found.ids]), list(found.tokens))
