"""What a network is called with, as a user gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from engine.reader import TensorLike

#: One tensor, several in a tuple, or tensors by the names of the network's parameters.
Inputs: TypeAlias = "TensorLike | tuple[TensorLike, ...] | Mapping[str, TensorLike]"
#: A file that gives words their numbers, or these numbers themselves.
Vocabulary: TypeAlias = "str | Mapping[str, int]"
