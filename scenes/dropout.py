"""Dropout: a coin for each unit, and all networks that coins can leave."""

from __future__ import annotations

import numpy as np
from manim import Group

from engine.code.step import CodeStep
from engine.step import Cell
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import Box
from scenes.parts.mechanism import Moving
from scenes.parts.travel import Flight
from scenes.thinning.coins import CoinMoment, Coins, Layer
from scenes.thinning.crowd import Crowd
from scenes.thinning.thinned import Ensemble, State, Thinned

WIDE, NARROW = 5.2, 3.2  # with and without lines to the next layer


class Dropout(Moving):
    """Heads, a unit stays and grows; tails, it goes dark and its lines fall away."""

    concept = "dropout"
    stacks = False
    ease = staticmethod(float)  # a coin has a pace of its own

    def possible(self) -> bool:
        given, made = self.trace.inputs, self.trace.outputs
        before, after = _rows(given["input"]), _rows(made["output"])
        nothing = np.zeros((0, before.shape[-1]))
        weight, following = given.get("weight", nothing), _rows(made["z"]) if "z" in made else nothing.T
        self.layer = Layer(before, after, _rows(made["mask"]) if "mask" in made else None, weight, following)
        self.units, self.following = self.layer.units, len(weight)
        self.wide = WIDE if len(weight) or "masks" in made or self.layer.is_wide else NARROW
        return self.layer.fits

    def pictured(self, step: CodeStep) -> bool:
        return False  # numbers are worked out under the lens

    def make(self, room: Box) -> Group:
        self.coins = (Crowd if self.layer.is_wide else Coins)(self.layer, room, self.theme)
        self.thinned = self._thinned(room) if "masks" in self.trace.outputs else None
        return Group(self.coins)

    def _thinned(self, room: Box) -> Thinned | None:
        masks, chances, values, mean, full = (
            self.trace.outputs[name] for name in ("masks", "probability", "thinned", "mean", "weight_scaled")
        )
        self.columns = values.shape[-1]
        ensemble = Ensemble(masks, chances, values, mean, full, self.following > 0)
        return Thinned(ensemble, room, self.theme, ("mean", "weight_scaled")) if ensemble.fits else None

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        path, cell = step.made, step.target
        if self.thinned is None or path in ("output", "z"):
            self.picture.submobjects = [self.coins]
            self.coins.show(self._moment(path, cell, step.index, share))
        else:
            self.picture.submobjects = [self.thinned]
            self.thinned.show(self._state(path, cell, step.index, share))

    def landing(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        path, cell = work.step.made, work.step.target
        start = self.strip.last
        end = self.thinned.line(cell[0], start.text) if self.drawn and self.thinned and path == "thinned" and start else None
        return [Flight("output", lines=(start, end))] if start and end else super().landing(work)

    def _moment(self, path: str, cell: Cell, k: int, share: float) -> CoinMoment:
        acting = {"output": "unit", "z": "next"}.get(path)
        if acting is None:
            return CoinMoment(0, self.units, self.following)
        done, values = self.trace.blocks.done(k), self.trace.outputs[path]
        row = int(np.ravel_multi_index(cell, values.shape)) // values.shape[-1]
        return CoinMoment(row, done["output"] - row * self.units, done["z"] - row * self.following, acting, share)

    def _state(self, path: str, cell: Cell, k: int, share: float) -> State:
        done, column = self.trace.blocks.done(k), 0 if path == "probability" else cell[-1]
        chances = done["probability"] + share * (path == "probability")
        values = done["thinned"] // self.columns + share * (path == "thinned")
        mean, full = (float(done[name] > column) + share * (path == name) for name in ("mean", "weight_scaled"))
        looked = cell[0] if path in ("probability", "thinned", "deviation") else None
        return State(column, chances, values, mean, full, looked)


def _rows(values: np.ndarray) -> np.ndarray:
    """Samples below one another."""
    return values.reshape(-1, values.shape[-1])
