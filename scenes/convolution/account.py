"""The sum of a step by its channels, as it is written: what each of them adds, and how that is had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from engine.concepts.convolution.step import ConvStep
from engine.numbers import CANCELS, Sum, sum_of_products
from engine.running import relation, running_sums
from engine.spelling import MOST_DECIMALS, MOST_DIGITS, Way

#: So many channels are shown one by one; of more only some are chosen.
MOST_CHANNELS = 8


@dataclass(frozen=True)
class Account:
    """``whole`` has the sums of the ``groups`` of channels as its terms, then the bias if there is one."""

    step: ConvStep
    groups: Sequence[Sequence[int]]
    whole: Sum

    @classmethod
    def of(cls, step: ConvStep) -> Account:
        """That of a step."""
        groups = step.groups(MOST_CHANNELS)
        return cls(step, groups, sum_of_products([(summand,) for summand in step.summands(groups)], step.value))

    @property
    def texts(self) -> list[str]:
        """What the groups and the bias add."""
        return [text for (text,) in self.whole.terms]

    @property
    def running(self) -> list[str]:
        """What they have come to after each of them."""
        return running_sums([(summand,) for summand in self.step.summands(self.groups)], self.whole)

    def terms(self, number: int) -> slice:
        """Those of the step's terms that belong to a channel."""
        taps = len(self.step.window)
        return slice(number * taps, (number + 1) * taps)

    def part(self, number: int) -> Sum:
        """The sum of a channel: finely enough that its products add up to what the account says that it adds, if that stands there."""
        terms = self.step.terms[self.terms(number)]
        own = sum_of_products(terms, self.step.partial_sums[number])
        index = next((index for index, group in enumerate(self.groups) if tuple(group) == (number,)), None)
        if index is None:
            return own
        value = self.texts[index]
        ways = [Way(own.decimals + more) for more in range(1, MOST_DECIMALS)] + [Way(digits, True) for digits in range(5, MOST_DIGITS + 1)]
        finer = (tuple(tuple(way.text(factor) for factor in term) for term in terms) for way in ways)
        found = next((texts for texts in chain([own.terms], finer) if relation(texts, value) != CANCELS), own.terms)
        return replace(own, terms=found, relation=relation(found, value), value=value)
