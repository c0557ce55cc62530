"""The lines between two columns: each place that has a bend gets an upright lane of its own.

Lanes are ordered so that no line runs along another one that goes elsewhere, and then so that few cross.
Where the order would have to be a circle, a place takes a detour along a free row to a second lane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tutor.draw.ranks import Place, Ranks

_SHIFTS = (0, 1, -1, 2, -2)


@dataclass(frozen=True)
class Wire:
    """The lines from one place to its ends in the next column.

    `lane` counts upright lanes from the left, None for a line without a bend. With `detour` = (row, lane) the
    first lane leads to that row, along it to the second lane, and from there to the ends.
    """

    start: Place
    row: int
    ends: tuple[tuple[Place, int], ...]
    lane: int | None = None
    detour: tuple[int, int] | None = None

    @cached_property
    def targets(self) -> frozenset[int]:
        """The rows of its ends."""
        return frozenset(row for _, row in self.ends)

    @cached_property
    def span(self) -> tuple[int, int]:
        """The top and the bottom row of its upright line."""
        rows = (self.row, *self.targets)
        return min(rows), max(rows)


@dataclass(frozen=True, slots=True)
class Channel:
    """All wires between two columns and the number of lanes that they need."""

    wires: tuple[Wire, ...]
    lanes: int


def routed(ranks: Ranks, rows: list[dict[Place, int]]) -> tuple[list[dict[Place, int]], list[Channel]]:
    """The rows again, some columns moved up or down a little so that fewer detours are needed, and the channels."""
    rows = [dict(column) for column in rows]
    channels = []
    for k, hops in enumerate(ranks.hops):
        shift, channel = _best(hops, rows[k], rows[k + 1])
        for later in rows[k + 1 :]:
            for place in later:
                later[place] += shift
        channels.append(channel)
    return rows, channels


def _best(
    hops: Mapping[Place, tuple[Place, ...]], left: Mapping[Place, int], right: Mapping[Place, int]
) -> tuple[int, Channel]:
    fallback = None
    for shift in _SHIFTS:
        wires = [
            Wire(start, left[start], tuple((end, right[end] + shift) for end in ends))
            for start, ends in sorted(hops.items(), key=lambda item: left[item[0]])
        ]
        channel = _channel(wires)
        if not any(wire.detour for wire in channel.wires):
            return shift, channel
        fallback = fallback or channel
    assert fallback is not None
    return 0, fallback


def _channel(wires: Sequence[Wire]) -> Channel:
    straight = [wire for wire in wires if wire.targets == {wire.row}]
    bent = [wire for wire in wires if wire.targets != {wire.row}]
    order, circling = _order(bent)
    lanes = _packed(order, first=len(circling))
    count = max(lanes, default=len(circling) - 1) + 1
    placed = [replace(wire, lane=lane) for wire, lane in zip(order, lanes, strict=True)]
    free = _free_rows(wires)
    for i, wire in enumerate(circling):
        row = min(free, key=lambda candidate: (abs(candidate - wire.row), candidate))
        free.remove(row)
        placed.append(replace(wire, lane=i, detour=(row, count)))
        count += 1
    return Channel((*straight, *placed), count)


def _free_rows(wires: Sequence[Wire]) -> list[int]:
    """Rows without any level line in this channel, enough for every wire."""
    taken = {wire.row for wire in wires}.union(*(wire.targets for wire in wires))
    return [row for row in range(max(taken, default=0) + len(wires) + 1) if row not in taken]


def _order(wires: Sequence[Wire]) -> tuple[list[Wire], list[Wire]]:
    """From left to right; and the wires that stand in a circle of "left of"."""
    gain = {a: {b: _crossings(a, b) - _crossings(b, a) for b in wires if b is not a} for a in wires}
    before = {a: {b for b in wires if b is not a and b.row in a.targets} for a in wires}
    order: list[Wire] = []
    circling: list[Wire] = []
    left = list(wires)
    while left:
        ready = [wire for wire in left if not before[wire].intersection(left)]
        if ready:
            chosen = min(ready, key=lambda wire: sum(gain[wire][other] for other in left if other is not wire))
            order.append(chosen)
        else:
            chosen = max(left, key=lambda wire: sum(wire in before[other] for other in left))
            circling.append(chosen)
        left.remove(chosen)
    return order, circling


def _crossings(a: Wire, b: Wire) -> int:
    """How often the two cross when the lane of `a` is left of the lane of `b`."""
    top, bottom = b.span
    crossed = sum(top <= row <= bottom for row in a.targets - b.targets - {b.row})
    top, bottom = a.span
    return crossed + (top < b.row < bottom and b.row not in a.targets)


def _packed(order: Sequence[Wire], first: int) -> list[int]:
    """A lane for each; two share one where they keep apart and neither order crosses less."""
    lanes: list[int] = []
    for i, wire in enumerate(order):
        lane = first
        for other, taken in zip(order[:i], lanes, strict=True):
            apart = other.span[1] < wire.span[0] or wire.span[1] < other.span[0]
            if not apart or other.row in wire.targets or _crossings(other, wire) < _crossings(wire, other):
                lane = max(lane, taken + 1)
        lanes.append(lane)
    return lanes
