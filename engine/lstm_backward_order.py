"""Which step of the way back through an LSTM computes what: time steps backwards, then what adds up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from engine.lstm_backward_step import TIMED

#: So many of the last time steps have chapters of their own.
APART = 2

PHASES = {
    "grad_h": "gradient of h",
    "grad_c": "gradient of c",
    "grad_h0": "gradient of h0",
    "grad_c0": "gradient of c0",
    "grad_input": "gradient of the input",
    "grad_weight_ih": "gradient of weight_ih",
    "grad_weight_hh": "gradient of weight_hh",
    "grad_bias": "gradient of the biases",
}


@dataclass(frozen=True)
class Order:
    """The steps of a layer with these sizes."""

    times: int
    features: int
    units: int
    has_bias: bool

    @property
    def gathered(self) -> list[tuple[str, int]]:
        """What comes after the way through time, with the number of its steps."""
        units, features, times = self.units, self.features, self.times
        found = [("grad_h0", units), ("grad_c0", units), ("grad_input", times * features)]
        found += [("grad_weight_ih", 4 * units * features), ("grad_weight_hh", 4 * units * units)]
        return [*found, ("grad_bias", 4 * units)] if self.has_bias else found

    @property
    def timed(self) -> int:
        """Number of steps on the way through time."""
        return self.times * len(TIMED) * self.units

    @property
    def length(self) -> int:
        """Number of all steps."""
        return self.timed + sum(count for _, count in self.gathered)

    def start(self, stage: str) -> int:
        """The first step of what is gathered."""
        ends = accumulate((count for _, count in self.gathered), initial=self.timed)
        return dict(zip((name for name, _ in self.gathered), ends, strict=False))[stage]

    @property
    def phases(self) -> list[tuple[str, int]]:
        """Chapters; all time steps but the last two are one."""
        units, times = self.units, self.times
        found = []
        for t in range(times - 1, max(-1, times - 1 - APART), -1):
            found += [(self.timed_phase(t, stage), units * count) for stage, count in (("grad_h", 1), ("grad_c", 1), ("delta_i", 4))]
        if times > APART:
            found.append((self.timed_phase(0, "grad_h"), (times - APART) * len(TIMED) * units))
        return [*found, *((PHASES[stage], count) for stage, count in self.gathered)]

    def phase(self, time: int, stage: str) -> str:
        """The chapter of a step."""
        return self.timed_phase(time, stage) if stage in TIMED else PHASES[stage]

    def timed_phase(self, time: int, stage: str) -> str:
        """The chapter of a step of a time step."""
        left = self.times - APART
        if time < left:
            return "t = 0" if left == 1 else f"t = {left - 1} to 0"
        return f"t = {time}: {PHASES.get(stage, 'gradients of the gates')}"

    @property
    def lessons(self) -> tuple[int, ...]:
        """The first unit of everything at the last time step, of both states before it, and of all that is gathered."""
        units = self.units
        first = [n * units for n in range(len(TIMED))]
        if self.times > 1:
            first += [len(TIMED) * units, (len(TIMED) + 1) * units]
        return (*first, *(self.start(stage) for stage, _ in self.gathered if stage not in ("grad_h0", "grad_c0")))

    def find(self, k: int) -> tuple[str, int, int]:
        """Stage, time and number of step k within them; the time is −1 for the states before the first one, and for what is gathered."""
        if k < self.timed:
            back, rest = divmod(k, len(TIMED) * self.units)
            number, unit = divmod(rest, self.units)
            return TIMED[number], self.times - 1 - back, unit
        stage = next(stage for stage, _ in reversed(self.gathered) if self.start(stage) <= k)
        return stage, -1, k - self.start(stage)
