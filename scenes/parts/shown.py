"""What there is to show of a trace of torch code: its tensors, which stage needs which of them, and what is kept for the end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from engine.code.step import CodeStep
from engine.paths import by_path
from scenes.parts.digits import MOST_DIGITS
from scenes.parts.roles import role_of
from scenes.parts.sheet import need
from scenes.parts.story import Story

MOST_GIVEN = 6


class Shown:
    """The tensors of a trace by their paths. Results that no step computes are ``plain``: of these all numbers are known at once.

    What is a ``share`` of a whole has the colour of that.
    """

    def __init__(self, trace: Story[CodeStep], share: str = "") -> None:
        self.share = share
        self.stages = list(dict.fromkeys(block.stage for block in trace.blocks))
        self.steps = [*trace.sample, *trace.at_ends]
        self.given: dict[str, np.ndarray] = dict(by_path(trace.inputs))
        made: dict[str, np.ndarray] = dict(by_path(trace.outputs))
        self.computed = {path: values for path, values in made.items() if path in self.stages}
        self.plain = {path: values for path, values in made.items() if path not in self.stages and path not in self.given}
        self.plain = {path: values for path, values in self.plain.items() if path in self._read or values.size <= MOST_DIGITS}
        self.tensors = {**self.given, **self.computed, **self.plain}
        self._needs: dict[tuple[str, int], float | None] = {}
        self._returned: Sequence[str] = getattr(trace, "results", ())

    def called(self, path: str) -> str:
        """The name of a tensor."""
        return path

    def need(self, path: str, characters: int) -> float | None:
        """The least width of a tensor's cells, as :func:`scenes.parts.sheet.need` finds it."""
        if (path, characters) not in self._needs:
            self._needs[path, characters] = need(self.tensors[path], characters)
        return self._needs[path, characters]

    def role(self, path: str) -> str:
        """The colour of a tensor."""
        return "share" if path == self.share else role_of(path, path not in self.given)

    @cached_property
    def reads(self) -> dict[str, set[str]]:
        """What steps of every stage read."""
        return {stage: {path for step in self.steps if stage in step.writes for path in step.reads} for stage in self.stages}

    @property
    def _read(self) -> set[str]:
        return set().union(*self.reads.values())

    @cached_property
    def needed(self) -> dict[str, list[str]]:
        """What every stage reads and makes."""
        found = {stage: [path for path in self.tensors if path in self.reads[stage] | {stage}] for stage in self.stages}
        return {stage: paths if len(paths) > 1 else self.whole for stage, paths in found.items()}

    @cached_property
    def late(self) -> set[str]:
        """Plain results that are read, but not from the start."""
        return {*self.plain} & self._read - self.reads[self.stages[0]]

    @property
    def at_once(self) -> bool:
        """Whether all tensors may stand there through all steps."""
        return not self.late

    @cached_property
    def at_end(self) -> set[str]:
        """Plain results that nothing reads."""
        return {*self.plain} - self._read

    @property
    def at_start(self) -> list[str]:
        """What is given, of very much that which is read."""
        return [path for path in self.given if len(self.given) <= MOST_GIVEN or path in self._read]

    @cached_property
    def whole(self) -> list[str]:
        """All that can stand there from the start."""
        return [path for path in self.tensors if path not in self.late | self.at_end]

    @property
    def made(self) -> list[str]:
        """All that was computed, and what is given and given back, such as a mask."""
        return [*(path for path in self.given if path in self._returned), *self.computed, *self.plain]

    @property
    def results(self) -> list[str]:
        """What the code gives back, as far as that is known."""
        return [path for path in self.made if path in self._returned] or self.made
