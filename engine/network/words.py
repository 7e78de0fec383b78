"""The words of a text that a network reads: as numbers for it, and as labels of what it makes of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine.errors import InputError
from engine.imported import told
from engine.inputs.vocabulary import tokens
from engine.network.given import parameters
from engine.network.network import Network
from engine.sentences import listed
from engine.shown import shown
from engine.step import Cell

#: What a file of code may call its own way from a text to numbers.
TOKENIZE = "tokenize"
_RETURNS = "let it return the numbers and the words, or a dict of inputs with a list of words under tokens"
#: In place of a word in which there is nothing to be seen, and of a line break.
BLANK, BREAK = "␣", "↵"


@dataclass(frozen=True)
class Labels:
    """A word for each of the tokens. They ``are_plain`` where no layer has as many numbers: then an axis of that size is one of tokens."""

    words: Sequence[str] = ()
    are_plain: bool = True

    @classmethod
    def of(cls, words: Sequence[str], network: Network) -> Labels:
        """The words as they can be drawn, for what a network computes."""
        sizes = {size for module in network.modules.values() for one in module.parameters() for size in one.shape}
        return cls([_seen(word) for word in words], len(words) not in sizes)

    def fitting(self, count: int) -> list[str] | None:
        """The words, if there are so many."""
        return [*self.words] if self.words and len(self.words) == count else None

    def options(self, **counts: int) -> dict[str, list[str]]:
        """Arguments of a concept with those of these names for which there are so many words."""
        return {name: found for name, count in counts.items() if (found := self.fitting(count)) is not None}

    def columns(self, tensors: Sequence[Tensor]) -> list[str] | None:
        """The words, if it is plain that columns of one of the tensors are tokens."""
        return next((found for one in tensors if self.are_plain and one.dim() and (found := self.fitting(one.shape[-1]))), None)

    def word(self, tensor: Tensor, cell: Cell) -> str:
        """The word, or the two of them, that a cell belongs to; nothing where that is not plain."""
        axes = [axis for axis, size in enumerate(tensor.shape) if self.are_plain and self.fitting(size)]
        return listed([f"“{self.words[cell[axis]]}”" for axis in axes]) if len(axes) <= 2 else ""


NO_LABELS = Labels()


def _seen(word: str) -> str:
    return "".join(BREAK if sign == "\n" else sign for sign in word) if word.strip(" ") else BLANK


# --- from a text to numbers --------------------------------------------------------------------------------------------------------------


def read_text(network: Network | None, given: Any, text: str | None, vocabulary: str | Mapping[str, int] | None) -> tuple[Any, list[str]]:
    """What a network is called with if it reads a text besides what is ``given``, and the words of that; no network is one of layers.

    Without a vocabulary the function ``tokenize`` of the network's file makes numbers of the text.

    Raises:
        InputError: no text and nothing given, a text that cannot be read, a vocabulary without a text.
    """
    if text is None:
        if vocabulary is not None:
            raise InputError(
                f"vocabulary is {shown(str(vocabulary))}, but no tokens are given to read with it; give tokens such as 'the cat'"
            )
        if given is None:
            raise InputError("the model is given nothing; give its input, or tokens and a vocabulary")
        return given, []
    if vocabulary is not None:
        found = tokens(text, vocabulary)
        return _beside(network, given, found.ids), found.words
    named, words = _tokenized(network, text)
    if isinstance(named, Tensor):
        return _beside(network, given, named), words
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"{TOKENIZE} gives {listed([*named])} by name; give each other input by its name too")
    return {**named, **(given or {})}, words


def _beside(network: Network | None, given: Any, ids: Tensor) -> Any:
    """The numbers as the first argument that is not given."""
    if given is None:
        return ids
    if not isinstance(given, Mapping):
        return (ids, *(given if isinstance(given, tuple) else (given,)))
    free = [name for name in (parameters(network) if network else ()) if name not in given]
    if not free:
        verb = "is" if len(given) == 1 else "are"
        raise InputError(f"{listed([*given])} {verb} given, and there is no input left for tokens; leave one out")
    return {free[0]: ids, **given}


def _tokenized(network: Network | None, text: str) -> tuple[Any, list[str]]:
    """What the function of the network's own file makes of a text."""
    function = _function(network)
    if network is None or network.file is None or function is None:
        where = network.file.name if network and network.file else "the model"
        raise InputError(f"tokens is given, but no vocabulary, and {where} has no function {TOKENIZE}; give --vocabulary, or write one")
    with told(network.file, f"{network.file.name}:{TOKENIZE}"):
        found = function(text)
    if isinstance(found, Mapping) and "tokens" in found:
        found = {name: one for name, one in found.items() if name != "tokens"}, found["tokens"]
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], Tensor | Mapping) and _are_words(found[1])):
        raise InputError(f"{network.file.name}:{TOKENIZE} gives {shown(found)}; {_RETURNS}")
    return found[0], [*found[1]]


def _are_words(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, str) for one in value)


def _function(network: Network | None) -> Callable[[str], Any] | None:
    modules = [*sys.modules.values()] if network and network.file else []
    own = (one for one in modules if network and getattr(one, "__file__", None) == str(network.file))
    return next((one for module in own if callable(one := getattr(module, TOKENIZE, None))), None)
