"""Dropout: a coin for each unit, and all networks that coins can leave."""

from __future__ import annotations

import numpy as np
from manim import Group

from engine.code.step import CodeStep
from engine.step import Cell
from scenes.parts.desk import Work
from scenes.parts.ink import Box
from scenes.parts.travel import Flight
from scenes.thinning.beside import Beside
from scenes.thinning.coins import Coins, Layer, Moment
from scenes.thinning.thinned import Ensemble, State, Thinned


class Dropout(Beside):
    """Heads, a unit stays and grows; tails, it goes dark and its lines fall away."""

    concept = "dropout"

    def make(self, room: Box) -> Group | None:
        given, made = self.trace.inputs, self.trace.outputs
        before, after = _rows(given["input"]), _rows(made["output"])
        nothing = np.zeros((0, before.shape[-1]))
        weight, following = given.get("weight", nothing), _rows(made["z"]) if "z" in made else nothing.T
        layer = Layer(before, after, _rows(made["mask"]) if "mask" in made else None, weight, following)
        self.units, self.following = layer.units, len(weight)
        self.coins, self.thinned = Coins(layer, room, self.theme), self._thinned(room) if "masks" in made else None
        return Group(self.coins, *([self.thinned] if self.thinned else [])) if layer.fits else None

    def _thinned(self, room: Box) -> Thinned | None:
        masks, chances, values, mean, full = (
            self.trace.outputs[name] for name in ("masks", "probability", "thinned", "mean", "weight_scaled")
        )
        self.columns = values.shape[-1]
        ensemble = Ensemble(masks, chances, values, mean, full, self.following > 0)
        return Thinned(ensemble, room, self.theme, ("mean", "weight_scaled")) if ensemble.fits else None

    def move(self, step: CodeStep, share: float) -> None:
        ((path, (cell, *_)), *_) = step.writes.items()
        if self.thinned is None or path in ("output", "z"):
            self.coins.show(self._moment(path, cell, step.index, share))
            if self.thinned:
                self.thinned.hide()
        else:
            self.coins.hide()
            self.thinned.show(self._state(path, cell, step.index, share))

    def landing(self, work: Work[CodeStep]) -> list[Flight]:
        ((path, (cell, *_)), *_) = work.step.writes.items()
        start = self.strip.last
        end = self.thinned.line(cell[0], start.text) if self.thinned and path == "thinned" and start else None
        return [Flight("output", lines=(start, end))] if start and end else super().landing(work)

    def _moment(self, path: str, cell: Cell, k: int, share: float) -> Moment:
        acting = {"output": "unit", "z": "next"}.get(path)
        if acting is None:
            return Moment(0, self.units, self.following)
        done, values = self.trace.blocks.done(k), self.trace.outputs[path]
        row = int(np.ravel_multi_index(cell, values.shape)) // values.shape[-1]
        return Moment(row, done["output"] - row * self.units, done["z"] - row * self.following, acting, share)

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
