"""What a clip has to tell, before it is known how much of it there is time for: runs of steps of one kind, and the words for them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.sentences import listed
from engine.step import Step
from scenes.parts.reading import leading

if TYPE_CHECKING:
    from engine.blocks import Blocks

#: A clip that sweeps over so many steps stops at the strongest one, and says so.
WORTH_STOPPING = 40
STRONGEST = "The strongest result. "
#: A step that shows its kind first is one of so many at the beginning.
FEW = 5
#: Chapters of one kind of steps after these are swept through together.
MOST_PHASES = 6
#: So many kinds of steps that are swept over together are named one by one.
MOST_NOUNS = 3


class Stretch(NamedTuple):
    """Steps ``start`` to ``stop`` (exclusive) of one kind, in one chapter."""

    kind: str
    phase: str
    start: int
    stop: int


@dataclass(frozen=True, kw_only=True)
class Syllabus:
    """``step`` gives the steps of the ``runs``; ``lessons`` are those that do something for the first time, the most important one first.

    ``known`` are kinds that were shown before the first step. Chapters of one kind are told apart up to ``most_phases``. Without a
    ``closing`` nothing is said at the end. What ``is_passing`` is not worked out.
    """

    runs: Sequence[Stretch]
    step: Callable[[int], Step]
    title: str
    opening: str
    closing: str
    lessons: Sequence[int] = ()
    highlight: int | None = None
    known: frozenset[str] = frozenset()
    most_phases: int = MOST_PHASES
    is_passing: bool = False

    @classmethod
    def of(cls, trace: Any, **others: Any) -> Syllabus:
        """That of a trace, or of its record; ``others`` are fields that are not its own."""
        own = {name: getattr(trace, name) for name in ("title", "opening", "closing", "lessons", "highlight")}
        return cls(runs=runs(trace.blocks), step=cache(trace.__getitem__), **{**own, **others})

    @property
    def steps(self) -> int:
        """How many."""
        return self.runs[-1].stop

    @cached_property
    def firsts(self) -> Mapping[str, int]:
        """The step of every kind that shows it first: a lesson, if it is one of the first few, else the very first."""
        return {run.kind: self._first(run) for run in reversed(self.runs)}

    def _first(self, run: Stretch) -> int:
        few = range(run.start, min(run.stop, run.start + FEW))
        return min((step for step in self.lessons if step in few), default=run.start)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many steps every kind has."""
        found: Counter[str] = Counter()
        for run in self.runs:
            found[run.kind] += run.stop - run.start
        return found

    @property
    def openings(self) -> list[str]:
        """What may be said before the first step, the longest first; where there is no time for any of it, the ``name`` alone."""
        return leading(self.opening)

    @property
    def name(self) -> str:
        """The title as a sentence."""
        return f"{self.title}."

    @property
    def closings(self) -> list[str]:
        """What may be said after the last one."""
        return leading(self.closing)

    def run(self, step: int) -> Stretch:
        """The one that a step is in."""
        return self.runs[bisect_right(self.runs, step, key=lambda run: run.start) - 1]

    def pieces(self, start: int, stop: int) -> Iterator[Stretch]:
        """What lies between two steps, cut where the runs end."""
        first = bisect_right(self.runs, start, key=lambda run: run.start) - 1
        for run in self.runs[first : bisect_right(self.runs, stop - 1, key=lambda run: run.start)]:
            yield run._replace(start=max(start, run.start), stop=min(stop, run.stop))

    def begins(self, step: int) -> str:
        """What is said before all else of a step that is worked out."""
        return STRONGEST if step == self.highlight and self.steps >= WORTH_STOPPING else ""

    def caption(self, step: int) -> str:
        """What stands below a step that is worked out."""
        return self.begins(step) + (self.step(step).caption or self.step(step).say)

    def shared(self, kind: str) -> str:
        """What holds for all steps of a kind; a step that is the only one has a sentence of its own."""
        step = self.step(self.firsts[kind])
        return step.shared if self.counts[kind] > 1 and step.shared else step.caption or step.say

    def named(self, kinds: Iterable[str], *, again: bool) -> str:
        """What is computed in steps of several kinds: all of it by name, or where that is too much the first and the last of it."""
        nouns = [self.step(self.firsts[kind]).noun or kind for kind in kinds]
        own = [*dict.fromkeys(nouns)]
        if len(own) > MOST_NOUNS:
            last = nouns[-1] if nouns[-1] != nouns[0] else own[-1]
            return f"{'Again' if again else 'All'} from {nouns[0]} to {last}."
        return f"{'Again' if again else 'Now'} {listed(own)}."


def runs(blocks: Blocks) -> list[Stretch]:
    """Neighbouring blocks of one stage and one chapter as one."""
    found: list[Stretch] = []
    for block in blocks:
        before = found[-1] if found else None
        if before is not None and before[:2] == (block.stage, block.phase):
            found[-1] = before._replace(stop=block.start + block.steps)
        else:
            found.append(Stretch(block.stage, block.phase, block.start, block.start + block.steps))
    return found
