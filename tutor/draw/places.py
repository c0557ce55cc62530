"""Rows for the places of each column: neighbours level with each other where they can be, never overlapping."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tutor.draw.ranks import Place, Ranks

_ROUNDS = 6
_STRAIGHT = 6.0
"""How much more it counts that an edge passes a column without a bend than that a node stands in the middle."""


def port_rows(ranks: Ranks, heights: Mapping[str, int], gap: int) -> list[dict[Place, int]]:
    """The row at which lines reach each place (the middle of its box), column by column, the top row being 0 or more.

    `heights` gives the odd number of rows of each node's box; stand-ins are one row. `gap` rows stay free
    between two boxes.
    """
    columns = [_Column(ranks, k, heights, gap) for k in range(len(ranks.columns))]
    spots: dict[Place, float] = {}
    for column in columns:
        spots.update(zip(column.places, column.offsets, strict=True))
    near = _near(ranks)
    for step in range(_ROUNDS):
        for column in columns if step % 2 == 0 else reversed(columns):
            spots.update(column.settled(near, spots))
    return _whole(columns, spots, heights)


class _Column:
    """The places of one column and the least distances between them."""

    def __init__(self, ranks: Ranks, k: int, heights: Mapping[str, int], gap: int) -> None:
        self.places = ranks.columns[k]
        self.stands_in = {place: ranks.rank[place[0]] != k for place in self.places}
        rows = [1 if self.stands_in[place] else heights[place[0]] for place in self.places]
        self.offsets: list[int] = []
        for i, height in enumerate(rows):
            if i == 0:
                self.offsets.append(height // 2)
                continue
            between = gap if height > 1 and rows[i - 1] > 1 else 0
            self.offsets.append(self.offsets[-1] + rows[i - 1] // 2 + height // 2 + 1 + between)

    def settled(self, near: Mapping[Place, Sequence[Place]], spots: Mapping[Place, float]) -> dict[Place, float]:
        """The rows nearest, in the least squares, to the middle of each place's neighbours."""
        wishes, weights = [], []
        for place, offset in zip(self.places, self.offsets, strict=True):
            ends = near.get(place, ())
            wishes.append((sum(spots[end] for end in ends) / len(ends) if ends else spots[place]) - offset)
            weights.append(_STRAIGHT if self.stands_in[place] else 1.0 if ends else 0.01)
        levels = _rising(wishes, weights)
        return {place: level + offset for place, level, offset in zip(self.places, levels, self.offsets, strict=True)}

    def whole(self, spots: Mapping[Place, float]) -> dict[Place, int]:
        """Whole rows; every half is rounded alike, so that what was level stays level."""
        level, rows = -(10**9), {}
        for place, offset in zip(self.places, self.offsets, strict=True):
            level = max(level, math.floor(spots[place] - offset + 0.5 - 1e-6))
            rows[place] = level + offset
        return rows


def _rising(wishes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The never-falling sequence nearest to the wishes in weighted least squares (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for wish, weight in zip(wishes, weights, strict=True):
        mean, mass, count = wish, weight, 1
        while pools and pools[-1][0] > mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * mass) / (heavy + mass)
            mass, count = mass + heavy, count + many
        pools.append((mean, mass, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _near(ranks: Ranks) -> dict[Place, list[Place]]:
    near: dict[Place, list[Place]] = {}
    for hops in ranks.hops:
        for start, ends in hops.items():
            for end in ends:
                near.setdefault(start, []).append(end)
                near.setdefault(end, []).append(start)
    return near


def _whole(
    columns: Sequence[_Column], spots: Mapping[Place, float], heights: Mapping[str, int]
) -> list[dict[Place, int]]:
    rows = [column.whole(spots) for column in columns]
    tops = [
        row - (0 if column.stands_in[place] else heights[place[0]] // 2)
        for column, own in zip(columns, rows, strict=True)
        for place, row in own.items()
    ]
    top = min(tops, default=0)
    return [{place: row - top for place, row in own.items()} for own in rows]
