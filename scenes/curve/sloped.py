"""The graph of a function with its slopes: when the values are found, a dot rides over the curve, and the slope is a bar below it."""

from __future__ import annotations

from typing import ClassVar

from engine.code.step import CodeStep
from scenes.curve.graphed import Graphed
from scenes.curve.ride import Ride
from scenes.parts.desk import WrittenStep
from scenes.parts.factors import laid
from scenes.parts.ink import Box
from scenes.parts.travel import Flight


class Sloped(Graphed):
    """``slope`` is the slope in every point, ``chain`` what is left of 1 after each layer.

    There is no lens: what has to be read for a slope goes to the strip.
    """

    given = "input"
    slope: ClassVar[str] = "slope"
    chain: ClassVar[str] = "chain"
    wide, broad, heights = 6.8, 9.2, ()

    def make(self, room: Box) -> Ride:
        names, outputs = (self.given, self.made, self.slope), self.trace.outputs
        return Ride(outputs[self.curve], outputs.get(self.chain), room, names, [self.role[name] for name in names], self.theme)

    def pictured(self, step: CodeStep) -> bool:
        return True

    def known(self, step: CodeStep) -> None:
        super().known(step)
        xs, slopes = (self.shown.tensors[name].ravel().tolist() for name in (self.given, self.slope))
        steep = self.counts[self.slope]
        self.picture.look(known=1.0 if steep or self.slope in step.writes else 0.0, layered=self.chain in step.writes)
        self.picture.mark_slopes([*zip(xs, slopes, strict=True)][:steep])

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        graph, (x, y, slope) = self.picture, self.point(step, self.given, self.made, self.slope)
        if self.chain in step.writes:
            graph.stack(step.writes[self.chain][0][0] + 1, share)
        elif step.reduce == "max":
            graph.level(step.value, share)
        elif self.made in step.writes:
            graph.climb(x, y, share)
        elif self.slope not in step.writes:
            # What is computed on the way to the values has no place on their curve.
            graph.climb(x, y, 1.0 if self.counts[self.made] else 0.0)
        elif share >= 1:
            graph.look(known=1.0)
            graph.touch((x, y), slope)
        elif old is None:
            graph.survey(x, share)
        else:
            (start,) = self.point(old, self.given)
            graph.ride(start, x, share)

    def flights(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        return super().flights(work) if not self.drawn or super().pictured(work.step) else self._to_strip(work)

    def _to_strip(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        """From the cells of factors to where they will stand on the strip."""
        self.strip.write(self.line(work))
        written = sorted((line for mark in self.strip.marks.values() for line in mark.lines), key=lambda line: line.x)
        self.strip.clear()
        found, texts = list[Flight](), laid(work.written.terms)
        for term, row, (path, cell) in self._factors(work.step):
            if term >= len(texts) or path not in self.here:
                continue
            text = texts[term][row]
            at = next((n for n, line in enumerate(written) if line.text.strip("()") == text), None)
            start = self.here[path].line(cell, text)
            if at is not None and start is not None:
                found.append(Flight(self.role[path], row, lines=(start, written[at])))
                written = written[at + 1 :]
        return found
