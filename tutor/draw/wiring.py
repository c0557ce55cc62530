"""Painting the wires of a channel on a canvas: joined where they belong together, bridged where they only cross."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tutor.draw.cells import DOWN, LEFT, RIGHT, UP, Canvas
from tutor.draw.lanes import Channel, Wire
from tutor.draw.ranks import Place

Weight = Callable[[Place, Place], int]
"""LIGHT or HEAVY for the hop between two places of neighbouring columns."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Where things stand: the first cell right of a place, the last cell before one, the cell of lane 0."""

    after: Mapping[Place, int]
    before: Mapping[Place, int]
    lane: int


def paint_wires(canvas: Canvas, channel: Channel, sites: Sites, weight: Weight) -> None:
    """All level lines first, then the upright ones, which must know what they cross."""
    for wire in channel.wires:
        _level(canvas, wire, sites, weight)
    for wire in channel.wires:
        _upright(canvas, wire, sites, weight)


def _level(canvas: Canvas, wire: Wire, sites: Sites, weight: Weight) -> None:
    heaviest = max(weight(wire.start, end) for end, _ in wire.ends)
    start = sites.after[wire.start]
    if wire.lane is None:
        for end, row in wire.ends:
            canvas.horizontal(start, sites.before[end], row, weight(wire.start, end))
        return
    lane = sites.lane + wire.lane
    _right_to(canvas, start, lane, wire.row, heaviest)
    if wire.detour:
        row, second = wire.detour
        _from_to(canvas, lane, sites.lane + second, row, heaviest)
        lane = sites.lane + second
    for end, row in wire.ends:
        canvas.arm(lane, row, RIGHT, weight(wire.start, end))
        canvas.horizontal(lane + 1, sites.before[end], row, weight(wire.start, end))


def _right_to(canvas: Canvas, start: int, lane: int, row: int, weight: int) -> None:
    canvas.horizontal(start, lane - 1, row, weight)
    canvas.arm(lane, row, LEFT, weight)


def _from_to(canvas: Canvas, first: int, second: int, row: int, weight: int) -> None:
    canvas.arm(first, row, RIGHT, weight)
    canvas.horizontal(first + 1, second - 1, row, weight)
    canvas.arm(second, row, LEFT, weight)


def _upright(canvas: Canvas, wire: Wire, sites: Sites, weight: Weight) -> None:
    if wire.lane is None:
        return
    weights = [(row, weight(wire.start, end)) for end, row in wire.ends]
    if wire.detour is None:
        _lane(canvas, sites.lane + wire.lane, wire.row, weights)
        return
    row, second = wire.detour
    _lane(canvas, sites.lane + wire.lane, wire.row, [(row, max(heavy for _, heavy in weights))])
    _lane(canvas, sites.lane + second, row, weights)


def _lane(canvas: Canvas, x: int, start: int, ends: list[tuple[int, int]]) -> None:
    """An upright line from row `start` to each (row, weight) of `ends`."""
    joints = {start, *(row for row, _ in ends)}
    for y in range(min(joints), max(joints) + 1):
        above = _passing(start, ends, y - 1)
        below = _passing(start, ends, y)
        if y in joints:
            canvas.arm(x, y, UP, above)
            canvas.arm(x, y, DOWN, below)
        else:
            canvas.bridge(x, y, max(above, below))


def _passing(start: int, ends: list[tuple[int, int]], y: int) -> int:
    """The weight of the line between rows y and y+1, 0 where there is none."""
    found = (heavy for row, heavy in ends if min(start, row) <= y < max(start, row))
    return max(found, default=0)
