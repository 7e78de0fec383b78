"""What stands below the picture of a pooling and of its way back: what a step means, without its numbers."""

from __future__ import annotations

from collections.abc import Callable

from engine.concepts.pooling.arguments import PoolSetup
from engine.stage import Work
from engine.step import Cell


def forward(setup: PoolSetup, *, largest: bool) -> Callable[[Cell, Work], str]:
    """What is kept of a window."""

    def kept(cell: Cell, work: Work) -> str:
        if work.fields["winner"] is None:
            return "This window lies in the padding: nothing can win."
        first = "; of equal ones the first" if work.fields["ties"] > 1 else ""
        return f"The largest number of the window goes through{first}."

    def mean(cell: Cell, work: Work) -> str:
        ((numbers,),) = work.sums
        if setup.override is not None:
            return "The numbers of the window, added up and divided by what was asked for."
        if None not in numbers.places:
            return "The numbers of the window are added up and shared evenly."
        counted = work.by == len(numbers.values)
        return f"The mean of the window, {'with' if counted else 'without'} the zeros beyond the edge."

    return kept if largest else mean


def forward_shared(setup: PoolSetup, *, largest: bool) -> str:
    """Of all windows."""
    kept = "its largest number" if largest else "the mean of its numbers" if setup.override is None else "its sum, divided,"
    return f"The window moves on; {kept} is kept."


def result(setup: PoolSetup, *, largest: bool) -> str:
    """What there is at the end."""
    gave = "its largest number" if largest else "its mean" if setup.override is None else "its sum, divided"
    return f"Every window gave {gave}"


def backward(*, routes: bool) -> Callable[[Cell, Work], str]:
    """What a window sends back."""

    def caption(cell: Cell, work: Work) -> str:
        added = ", on top of the rest" if work.fields["before"] else ""
        if not routes:
            return f"The cells of this window share its gradient evenly{added}."
        first = "first of the equal cells" if work.fields["ties"] > 1 else "cell that won"
        return f"The {first} gets the gradient of its window{added}."

    return caption


#: Of all windows, by whether a gradient goes to one cell.
BACKWARD_SHARED = {
    True: "Window by window: the gradient goes to the cell that won.",
    False: "Window by window: the gradient is shared among its cells.",
}
