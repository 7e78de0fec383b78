"""Scenes of shares, opened and looked at."""

from __future__ import annotations

from typing import Any

import torch

from scenes.distribution.sharing import Sharing
from scenes.parts.beat import Beat
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.showing import every_kind, pictures


def numbers(*shape: int) -> torch.Tensor:
    return 2 * torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def opened(kind: type[Sharing], trace: Any) -> Any:
    return showing.opened(kind, trace)


def at(scene: Sharing, shown: Beat, share: float) -> Any:
    """What stands in place of the lens at a moment of a beat."""
    scene.timeline(shown).interpolate(share)
    return scene.picture


def themes(case: str) -> list[str]:
    """Small, middle and large are looked at in all of them, all else in one."""
    return [theme for theme in THEMES if theme == "dark" or case in ("small", "middle", "large")]


def check_order(kind: type[Sharing], trace: Any, left: int) -> None:
    """A beat looks the same whatever was shown before, be it a beat that is left while things are on their way."""
    planned = every_kind(trace)
    scene = opened(kind, trace)
    in_order = [pictures(scene, shown) for shown in planned]
    for shown, expected in reversed([*zip(planned, in_order, strict=True)]):
        scene.timeline(planned[left]).interpolate(0.2)
        assert pictures(scene, shown) == expected, shown.name
    assert pictures(opened(kind, trace), planned[left], first=20) == in_order[left][20:]
