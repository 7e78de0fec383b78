"""A full beat that goes from channel to channel: each is worked out, and its sum goes to the ledger."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

from scenes.convolution.account import Account
from scenes.convolution.by_rows import RowSums, adds_rows
from scenes.convolution.channels import ChannelReel
from scenes.convolution.reel import C
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from scenes.parts.lens import Lens
from scenes.parts.motion import Cue, states
from scenes.parts.pieces import Piece
from scenes.parts.strip import Adding
from scenes.parts.travel import Flight
from scenes.parts.worked import MOST_TICKS, MOST_TRAVELLING

#: When the frames of such a beat have arrived, all channels have added, and the result is written; shares of the beat.
ARRIVED, ADDED, WRITTEN = 0.06, 0.76, 0.86
#: How much time the first channel takes, another one, those without a row of their own, and the bias.
FIRST, NEXT, REST, BIAS = 3.0, 1.2, 1.0, 0.5
#: When a channel has come, its numbers are read and its products added; shares of its time.
COME, READ, SUMMED = 0.14, 0.36, 0.78


class Visit(NamedTuple):
    """A row of an account, and from when to when it is looked at."""

    row: int
    start: float
    stop: float

    def at(self, share: float) -> float:
        """A moment of it in the beat."""
        return self.start + share * (self.stop - self.start)


class VisitedReel(ChannelReel[C]):
    """The first channel term by term, others row by row, those that are not chosen together."""

    def work_out(self, beat: Beat) -> list[Cue]:
        step = self.trace[beat.start]
        if len(step.channels) == 1:
            return super().work_out(beat)
        work, account = WrittenStep.of(step), self.account(step)
        self.begin(step, beat.shown)
        self.keep(step, beat.before)
        cues = [self.glide(step, beat.before, ARRIVED), *self.carry(step, beat.before, ARRIVED)]
        for visit in visits(account):
            cues += self.visit(work, account, visit)
        return [*cues, *self.land(work, ADDED, WRITTEN, self.line(work))]

    def visit(self, work: WrittenStep[C], account: Account, visit: Visit) -> list[Cue]:
        """What happens at a row."""
        if visit.row >= len(account.groups):
            return [self.add_bias(account, visit)]
        group = account.groups[visit.row]
        if len(group) > 1:
            return [self.add_rest(account, visit)]
        return [
            *([self.come(work, account, visit)] if visit.row else []),
            self.read_channel(work, account, visit),
            *self.add_channel(work, account, visit),
            self.pay(work, account, visit),
        ]

    def turn_to(self, step: C, account: Account, visit: Visit) -> Lens:
        """The channel of a row, with nothing read yet."""
        self.face(step, account.groups[visit.row][0])
        self.strip.clear()
        self.tell(account, visit.row, visit.row)
        self.aim(self.reads(step))
        (lens,) = self.lenses
        lens.clear()
        return lens

    def come(self, work: WrittenStep[C], account: Account, visit: Visit) -> Cue:
        """A channel comes out of its row."""

        def out_of() -> list[Flight]:
            lens = self.turn_to(work.step, account, visit)
            row = self.ledger.row(visit.row, len(account.texts) + 1) if self.ledger is not None else lens.plane.whole
            return [Flight(self.factors[0], boxes=(row, lens.plane.whole), pixels=lens.plane.pixels())]

        return self.travellers.cue(visit.start, visit.at(COME), out_of)

    def read_channel(self, work: WrittenStep[C], account: Account, visit: Visit) -> Cue:
        """Its numbers travel to the lens."""
        cells = self.window_cells(work.step)

        def turn() -> Lens:
            lens = self.turn_to(work.step, account, visit)
            self.show_part(account, cells)
            return lens

        def into() -> list[Flight]:
            lens = turn()
            found = lens.flights(cells)
            lens.clear()
            return found

        return self.travellers.cue(visit.at(COME) if visit.row else visit.start, visit.at(READ), into, turn)

    def adding(self, work: WrittenStep[C], account: Account, visit: Visit) -> Adding | RowSums:
        """The sum of a channel on the strip."""
        number, (lens,) = account.groups[visit.row][0], self.lenses
        if adds_rows(work.step, lens):
            return RowSums.of(self.strip, work.step, [number], lens, self.result_role)
        terms = work.step.terms[account.terms(number)]
        return self.strip.adding(
            terms, account.part(number), self.factors, self.result_role, breaks=range(0, len(terms), lens.tile.columns)
        )

    def add_channel(self, work: WrittenStep[C], account: Account, visit: Visit) -> list[Cue]:
        """Its products are added up: those of the first channel one by one, of others row by row."""
        adding, taps, (lens,) = self.adding(work, account, visit), len(work.step.window), self.lenses
        by_rows = isinstance(adding, RowSums)
        ticks = lens.tile.rows if by_rows or visit.row else min(taps, MOST_TICKS)
        start, stop = visit.at(READ), visit.at(SUMMED)

        def tick(state: int) -> None:
            if state:
                added = (state * taps + ticks // 2) // ticks
                adding.write(added)
                if by_rows:
                    self.lenses[0].mark_row(state - 1)
                else:
                    self.bench.mark(added - 1)

        return [
            states(start, stop, ticks + 1, tick),
            *([] if visit.row or isinstance(adding, RowSums) else self.sent(work, account, adding, start, stop)),
        ]

    def sent(self, work: WrittenStep[C], account: Account, adding: Adding, start: float, stop: float) -> list[Cue]:
        """The factors of the first channel travel to the strip."""
        taps = len(work.step.window)
        if not 1 < taps <= MOST_TRAVELLING or not self.lenses[0].tile.has_digits:
            return []
        self.show_part(account, self.window_cells(work.step))
        pause = (stop - start) / (taps + 1)
        trips = self.trips(work, {n: (adding.factors(n + 1), start + (n + 1) * pause) for n in range(taps)}, start, pause)
        self.keep(work.step, self.before)
        return [self.stream(work, trips, start, stop)]

    def pay(self, work: WrittenStep[C], account: Account, visit: Visit) -> Cue:
        """Its sum goes to the ledger."""
        adding, rows = self.adding(work, account, visit), len(account.texts) + 1

        def off() -> list[Flight]:
            adding.write(len(work.step.window))
            self.bench.mark(None)
            start, text = self.strip.last, account.texts[visit.row]
            if start is None or self.ledger is None:
                return []
            return [Flight(self.result_role, lines=(start, self.ledger.place(text, visit.row, rows)))]

        return self.travellers.cue(visit.at(SUMMED), visit.stop, off, lambda: self.tell(account, visit.row + 1))

    def add_rest(self, account: Account, visit: Visit) -> Cue:
        """Channels without a row of their own add one after the other."""
        group, text = account.groups[visit.row], account.texts[visit.row]

        def tick(state: int) -> None:
            if state:
                self.strip.write([Piece(f"{len(group)} more {self.kin}", "ink")])
                self.tell(account, visit.row, visit.row, state)
            if state == len(group):
                self.strip.write([Piece(f"{len(group)} more {self.kin} add", "ink"), Piece(text, self.result_role)])
                self.tell(account, visit.row + 1)

        return states(visit.start, visit.at(SUMMED), len(group) + 1, tick)

    def add_bias(self, account: Account, visit: Visit) -> Cue:
        """The bias is added."""

        def tick(state: int) -> None:
            if state:
                self.strip.write([Piece("bias", "ink"), Piece(account.texts[visit.row], "weight")])
                self.tell(account, visit.row + 1)

        return states(visit.start, visit.at(COME), 2, tick)

    def line(self, work: WrittenStep[C]) -> list[Piece]:
        """The sum of a step on one line: by channels if there are several, else by terms."""
        if len(work.step.channels) == 1:
            return super().line(work)
        account = self.account(work.step)
        roles = [(self.result_role,)] * len(account.groups) + [("weight",)] * (work.step.bias is not None)
        return self.strip.whole(account.whole, roles, f"sum of {len(account.texts)} sums", self.result_role)


def visits(account: Account) -> list[Visit]:
    """All rows, one after the other."""
    shares: list[float] = [FIRST, *(NEXT if len(group) == 1 else REST for group in account.groups[1:])]
    shares += [BIAS] * (len(account.texts) - len(account.groups))
    edges = [ARRIVED + (ADDED - ARRIVED) * at / sum(shares) for at in accumulate(shares, initial=0.0)]
    return [Visit(row, start, stop) for row, (start, stop) in enumerate(pairwise(edges))]
