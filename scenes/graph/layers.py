"""Where the nodes of a graph stand: columns side by side, every node as near to its neighbours as its column allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from engine.concepts.backprop.graph import Graph
from scenes.parts.curves import Track
from scenes.parts.ink import Box

#: The node that is read, and the one that reads it.
Edge = tuple[str, str]
#: A node by its name; an edge that passes through a column by its ends and the number of the column.
Key = str | tuple[str, str, int]

PASSES = 150
NO_ENDS = (-1e3, 1e3)
WIDEST_GAP = 3.2
WIDEST_ROW_GAP = 1.2
SPREAD = 0.9  # of the height of the room


@dataclass(frozen=True)
class Slot:
    """The room that a node needs: its width, and how far it reaches above and below the height at which its edges meet it."""

    width: float
    above: float
    below: float


@dataclass(frozen=True)
class Layers:
    """``places`` are where edges meet the nodes, in the middle of their width; ``ways`` the edges by their ends."""

    places: Mapping[str, tuple[float, float]]
    ways: Mapping[Edge, Track]


def layers(graph: Graph, slots: Mapping[str, Slot], room: Box, gaps: tuple[float, float], passing: float) -> Layers | None:
    """Places all nodes in ``room``; none if they do not fit with ``gaps`` between columns and rows. ``passing`` is for an edge."""
    columns: list[list[Key]] = [[e if isinstance(e, str) else (*e, i) for e in column] for i, column in enumerate(graph.columns)]
    sizes: dict[Key, Slot] = dict(slots.items())
    for passes in (key for column in columns for key in column if not isinstance(key, str)):
        sizes[passes] = Slot(0.0, passing / 2, passing / 2)
    spans = _spans([max(sizes[key].width for key in column) for column in columns], room, gaps[0])
    heights = [sum(sizes[key].above + sizes[key].below for key in column) + gaps[1] * (len(column) - 1) for column in columns]
    if spans is None or max(heights) > room[3] - room[1]:
        return None
    chains = _chains(graph, columns)
    # Where there is room the rows stand further apart.
    spare = [(SPREAD * (room[3] - room[1]) - height) / (len(c) - 1) for c, height in zip(columns, heights, strict=True) if len(c) > 1]
    gap = gaps[1] + min(WIDEST_ROW_GAP, max(0.0, min(spare, default=0.0)))
    ys = _heights(columns, sizes, chains, (room[1], room[3]), gap)
    nodes = [(i, name) for i, column in enumerate(columns) for name in column if isinstance(name, str)]
    places = {name: ((spans[i][0] + spans[i][1]) / 2, ys[name]) for i, name in nodes}
    at = {key: i for i, column in enumerate(columns) for key in column}
    ways = {}
    for (a, b), chain in chains.items():
        stops = [(places[a][0] + sizes[a].width / 2, ys[a]), (spans[at[a]][1], ys[a])]
        for key in chain[1:-1]:
            stops += [(spans[at[key]][0], ys[key]), (spans[at[key]][1], ys[key])]
        left = places[b][0] - sizes[b].width / 2
        stops += [(spans[at[b]][0] - 0.001, ys[b]), (left, ys[b])]
        ways[a, b] = Track(_distinct(stops))
    return Layers(places, ways)


def _distinct(stops: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without points that are hardly further than the one before; the last one stays."""
    kept = [stops[0]]
    for stop in stops[1:-1]:
        if stop[0] - kept[-1][0] > 0.01:
            kept.append(stop)
    if len(kept) > 1 and stops[-1][0] - kept[-1][0] < 0.25:
        kept.pop()
    return [*kept, stops[-1]]


def _spans(widths: Sequence[float], room: Box, least: float) -> list[tuple[float, float]] | None:
    """Left and right of every column."""
    left = room[2] - room[0] - sum(widths)
    gap = min(WIDEST_GAP, left / max(1, len(widths) - 1))
    if (len(widths) > 1 and gap < least) or left < 0:
        return None
    x = (room[0] + room[2]) / 2 - (sum(widths) + gap * (len(widths) - 1)) / 2
    lefts = accumulate((width + gap for width in widths), initial=x)
    return [(left, left + width) for left, width in zip(lefts, widths, strict=False)]


def _chains(graph: Graph, columns: Sequence[Sequence[Key]]) -> dict[tuple[str, str], list[Key]]:
    """For every edge all that it goes through, from left to right."""
    through: dict[tuple[str, str], list[Key]] = {}
    for column in columns:
        for key in column:
            if not isinstance(key, str):
                through.setdefault(key[:2], []).append(key)
    return {(arg, node.name): [arg, *through.get((arg, node.name), []), node.name] for node in graph.nodes.values() for arg in node.args}


def _heights(
    columns: Sequence[Sequence[Key]],
    sizes: Mapping[Key, Slot],
    chains: Mapping[tuple[str, str], Sequence[Key]],
    ends: tuple[float, float],
    gap: float,
) -> dict[Key, float]:
    """A height for every entry, in the middle of its neighbours' where there is room, in the order of its column."""
    beside: dict[Key, list[Key]] = {}
    for chain in chains.values():
        for a, b in pairwise(chain):
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
    middle = (ends[0] + ends[1]) / 2
    ys: dict[Key, float] = {}
    for column in columns:
        ys |= _column(column, [middle] * len(column), [1.0] * len(column), sizes, NO_ENDS, gap)
    # First as if there were no ends: what is pressed against one stands askew. Then within them, where that is still needed.
    for within in (NO_ENDS, ends):
        for turn in range(PASSES):
            for column in columns if turn % 2 else reversed(columns):
                others = [beside.get(key, [key]) for key in column]
                wanted = [sum(ys[other] for other in near) / len(near) for near in others]
                ys |= _column(column, wanted, [len(near) for near in others], sizes, within, gap)
        high, low = max(y + sizes[key].above for key, y in ys.items()), min(y - sizes[key].below for key, y in ys.items())
        ys = {key: y + middle - (high + low) / 2 for key, y in ys.items()}
        if high - low <= ends[1] - ends[0]:
            break
    return ys


def _column(
    column: Sequence[Key],
    wanted: Sequence[float],
    weights: Sequence[float],
    sizes: Mapping[Key, Slot],
    ends: tuple[float, float],
    gap: float,
) -> dict[Key, float]:
    """The heights nearest to those wanted that keep order and distance, from top to bottom."""
    offsets, total = [], 0.0
    for i, key in enumerate(column):
        total += sizes[column[i - 1]].below + gap + sizes[key].above if i else 0.0
        offsets.append(total)
    # Without the distances, what is left to be kept is the order.
    goals = [w + o for w, o in zip(wanted, offsets, strict=True)]
    high = ends[1] - sizes[column[0]].above
    low = ends[0] + sizes[column[-1]].below + offsets[-1]
    return {key: min(high, max(low, y)) - o for key, y, o in zip(column, _falling(goals, weights), offsets, strict=True)}


def _falling(goals: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest numbers of which none is larger than the one before: neighbours in the wrong order become their weighted mean."""
    pools: list[tuple[float, float, int]] = []  # sum, weight, how many
    for goal, weight in zip(goals, weights, strict=True):
        pools.append((goal * weight, weight, 1))
        while len(pools) > 1 and pools[-1][0] / pools[-1][1] > pools[-2][0] / pools[-2][1]:
            (a, b, c), (d, e, f) = pools.pop(), pools.pop()
            pools.append((a + d, b + e, c + f))
    return [total / weight for total, weight, count in pools for _ in range(count)]
