"""What a mask does to the scores: it hides keys from queries, or adds numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.errors import InputError
from engine.sentences import typed
from engine.trace import MaskLike, floating, largest

#: ``auto`` takes what holds only 0 and 1 for boolean and anything else for additive.
MaskKind = Literal["auto", "boolean", "additive"]


@dataclass(frozen=True, eq=False)
class AttentionMask:
    """``added`` to the scores, queries x keys: 0 where a query may look at a key, −∞ where it may not; also others if ``additive``."""

    added: Tensor
    additive: bool

    @property
    def visible(self) -> Tensor:
        """Which keys every query may look at."""
        return self.added > -torch.inf

    @property
    def shown(self) -> Tensor:
        """As a trace has it: the numbers that are added, or 1 where a query may look and 0 where it may not."""
        return self.added if self.additive else self.visible.to(self.added.dtype)

    @property
    def kind(self) -> str:
        """As an argument says it."""
        return "additive" if self.additive else "boolean"

    @property
    def changed(self) -> tuple[tuple[int, ...], ...]:
        """The pairs of query and key whose score it changes, row by row."""
        return tuple(map(tuple, (self.added != 0).nonzero().tolist()))

    def reach(self, weights: Tensor) -> float:
        """The largest number that is added to a score of which anything is left; others hide it, however large they are."""
        return largest(self.added.expand(weights.shape)[weights > 0])

    def for_torch(self) -> Tensor:
        """As ``torch.nn.functional.scaled_dot_product_attention`` takes it."""
        return self.added if self.additive else self.visible


def mask_of(
    mask: MaskLike | None, kind: MaskKind, causal: bool, queries: int, keys: int, like: Tensor, extra: int = 0
) -> AttentionMask | None:
    """The mask in the dtype and on the device of ``like``; none where nothing is masked. It leaves the last ``extra`` keys alone.

    Raises :class:`InputError` for another shape, numbers that are no mask of that kind, and a row without a key.
    """
    if mask is None and not causal:
        return None
    added, additive = like.new_zeros(queries, keys - extra), False
    if mask is not None:
        is_bool = isinstance(mask, Tensor) and mask.dtype == torch.bool
        given = floating("mask", mask).to(like.device)
        if given.shape != added.shape:
            sizes = f"{queries} queries and {keys - extra} keys go with {queries}x{keys - extra}"
            raise InputError(f"mask has shape {typed(given.shape)}, but {sizes}; give that")
        if is_bool and kind == "additive":
            raise InputError("mask_kind is 'additive', but mask holds booleans; give numbers, or leave mask_kind out")
        binary = (given == 0) | (given == 1)
        additive = kind == "additive" or (kind == "auto" and not bool(binary.all()))
        added = _numbers(given, like) if additive else _hiding(given, binary, like)
    if causal:
        added = added.masked_fill(torch.ones_like(added, dtype=torch.bool).triu(1), -torch.inf)
    found = AttentionMask(F.pad(added, (0, extra)), additive)
    _check_rows(found, given=mask is not None, causal=causal)
    return found


def _hiding(given: Tensor, binary: Tensor, like: Tensor) -> Tensor:
    if not bool(binary.all()):
        wrong = given[~binary][0]
        raise InputError(
            f"mask holds {wrong:g}; give 1 where a query may look and 0 where it may not, or mask_kind 'additive' for numbers that are "
            "added to the scores"
        )
    return torch.zeros_like(given, dtype=like.dtype).masked_fill(given == 0, -torch.inf)


def _numbers(given: Tensor, like: Tensor) -> Tensor:
    wrong = given[torch.isnan(given) | (given == torch.inf)]
    if len(wrong):
        raise InputError(f"mask holds {wrong[0]:g}; give numbers that are added to the scores, and -Infinity where a query may not look")
    added = given.to(like.dtype)
    lost = given[torch.isinf(added) & torch.isfinite(given)]
    if len(lost):
        dtype = str(like.dtype).removeprefix("torch.")
        raise InputError(
            f"mask holds {lost[0]:g}, which {dtype} cannot hold; give numbers from {torch.finfo(like.dtype).min:.2g}, or -Infinity"
        )
    return added


def _check_rows(mask: AttentionMask, *, given: bool, causal: bool) -> None:
    blind = (~mask.visible.any(dim=1)).nonzero()
    if not len(blind):
        return
    by = "mask and causal hide" if causal and given else "mask hides"
    need = "number other than -Infinity" if mask.additive else "1"
    hint = "" if mask.additive else ", or mask_kind 'additive' for numbers that are added to the scores"
    raise InputError(f"{by} every key from row {int(blind[0])}, counted from 0; leave at least one {need} in each row{hint}")


def check_masked(raw: Tensor, mask: AttentionMask | None) -> None:
    """Refuses masks of which the scores become too large."""
    if mask is None:
        return
    scores = raw + mask.added
    reach = (scores - scores.amax(dim=-1, keepdim=True))[..., mask.visible]
    if not bool(torch.isfinite(scores[..., mask.visible]).all() and torch.isfinite(reach).all()):
        most = float(mask.added[mask.visible].abs().max())
        raise InputError(
            f"the scores overflow: the mask goes up to {most:.2g}; give smaller numbers, or -Infinity where a query may not look"
        )
