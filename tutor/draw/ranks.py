"""Which column each node of a graph stands in, and in which order within it, so that few edges cross.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981):
longest-path ranks, stand-ins where an edge passes a column, sweeps by barycentres, then swaps of neighbours.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]
Place = tuple[str, int]
"""A node in a column: (name, rank). At another rank than the node's own it is a stand-in that its edges pass."""

_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Ranks:
    """The columns from left to right, each its places from top to bottom, and the hops from column to column.

    `hops[k]` maps a place of column k to the places of column k+1 that it has a line to.
    """

    columns: tuple[tuple[Place, ...], ...]
    hops: tuple[dict[Place, tuple[Place, ...]], ...]
    rank: Mapping[str, int]


def ranked(names: Sequence[str], edges: Iterable[Edge]) -> Ranks:
    """Columns for the nodes `names`, joined by `edges` (source, target).

    Raises ValueError where names repeat, an edge names an unknown node, or edges form a circle.
    """
    joined = tuple(dict.fromkeys(edges))
    _check(names, joined)
    rank = _rank(names, joined)
    hops = _hops(rank, joined)
    columns: list[list[Place]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in names:
        columns[rank[name]].append((name, rank[name]))
    for k, starts in enumerate(hops):
        known = set(columns[k + 1])
        for end in (end for ends in starts.values() for end in ends):
            if end not in known:
                known.add(end)
                columns[k + 1].append(end)
    return Ranks(_ordered(columns, hops), hops, rank)


def _check(names: Sequence[str], edges: Sequence[Edge]) -> None:
    known = set(names)
    if len(known) < len(names):
        raise ValueError("two nodes of a picture have the same name")
    for edge in edges:
        if not known.issuperset(edge):
            raise ValueError(f"an edge {edge[0]!r} → {edge[1]!r} names a node that is not in the picture")


def _rank(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Longest path from the left; nodes without incoming edges stand right before their first use."""
    targets: dict[str, list[str]] = {name: [] for name in names}
    missing = dict.fromkeys(names, 0)
    for source, target in edges:
        targets[source].append(target)
        missing[target] += 1
    sources = [name for name in names if not missing[name]]
    rank = dict.fromkeys(names, 0)
    ready = list(sources)
    for name in ready:
        for target in targets[name]:
            rank[target] = max(rank[target], rank[name] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    if len(ready) < len(names):
        raise ValueError("the edges of a picture form a circle")
    for name in sources:
        rank[name] = min((rank[target] for target in targets[name]), default=1) - 1
    return rank


def _hops(rank: Mapping[str, int], edges: Sequence[Edge]) -> tuple[dict[Place, tuple[Place, ...]], ...]:
    found: list[dict[Place, dict[Place, None]]] = [{} for _ in range(max(rank.values(), default=0))]
    for source, target in edges:
        for k in range(rank[source], rank[target]):
            end = (target, k + 1) if k + 1 == rank[target] else (source, k + 1)
            found[k].setdefault((source, k), {})[end] = None
    return tuple({start: tuple(ends) for start, ends in column.items()} for column in found)


def _ordered(
    columns: list[list[Place]], hops: Sequence[dict[Place, tuple[Place, ...]]]
) -> tuple[tuple[Place, ...], ...]:
    right = {start: ends for column in hops for start, ends in column.items()}
    left: dict[Place, tuple[Place, ...]] = {}
    for start, ends in right.items():
        for end in ends:
            left[end] = (*left.get(end, ()), start)
    best, fewest = [list(column) for column in columns], _crossings(columns, hops)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        _sweep(columns, left, right, forward=sweep % 2 == 0)
        crossings = _crossings(columns, hops)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return tuple(tuple(column) for column in best)


Neighbours = Mapping[Place, tuple[Place, ...]]


def _sweep(columns: list[list[Place]], left: Neighbours, right: Neighbours, *, forward: bool) -> None:
    order = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    for k in order:
        spots = {place: i for i, place in enumerate(columns[k - 1 if forward else k + 1])}
        near = left if forward else right
        _by_barycentre(columns[k], near, spots)
        _swap_neighbours(columns[k], near, spots)


def _by_barycentre(column: list[Place], near: Neighbours, spots: Mapping[Place, int]) -> None:
    """Sort by the mean spot of the neighbours; a place without any keeps its spot."""
    scale = max(len(spots) - 1, 1) / max(len(column) - 1, 1)
    weight = {}
    for i, place in enumerate(column):
        ends = near.get(place, ())
        weight[place] = sum(spots[end] for end in ends) / len(ends) if ends else i * scale
    column.sort(key=lambda place: weight[place])


def _swap_neighbours(column: list[Place], near: Neighbours, spots: Mapping[Place, int]) -> None:
    ends = {place: sorted(spots[end] for end in near.get(place, ())) for place in column}
    for _ in range(len(column)):
        swapped = False
        for i in range(len(column) - 1):
            above, below = ends[column[i]], ends[column[i + 1]]
            if _pair_crossings(above, below) > _pair_crossings(below, above):
                column[i], column[i + 1] = column[i + 1], column[i]
                swapped = True
        if not swapped:
            return


def _pair_crossings(above: Sequence[int], below: Sequence[int]) -> int:
    """How often lines to the sorted spots `above` cross lines to `below` from a place under it."""
    return sum(len(above) - bisect_right(above, spot) for spot in below)


def _crossings(columns: Sequence[Sequence[Place]], hops: Sequence[dict[Place, tuple[Place, ...]]]) -> int:
    total = 0
    for k, starts in enumerate(hops):
        spots = {place: i for i, place in enumerate(columns[k + 1])}
        seen: list[int] = []
        for place in columns[k]:
            ends = [spots[end] for end in starts.get(place, ())]
            total += sum(len(seen) - bisect_right(seen, spot) for spot in ends)
            for spot in ends:
                insort(seen, spot)
    return total
