"""Sizes and counts of a network: a ledger, written layer by layer."""

from __future__ import annotations

from scenes.ledger.reel import LedgerReel


class Summary(LedgerReel):
    """Each layer comes in as a block drawn to scale; its parameters are counted from its kernel."""

    concept = "summary"
