"""Where everything of a graph's picture stands, in whole cells: columns, boxes, channels of lanes between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from tutor.draw.lanes import Channel, routed
from tutor.draw.places import port_rows
from tutor.draw.ranks import Edge, Place, Ranks, ranked
from tutor.draw.wiring import Sites

Box = tuple[int, int, int, int]
"""x, y of the top left corner, width, height, in cells."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the layout depends on and nothing else: steps through a graph keep it, so that it is made once.

    `sizes` holds (width, height) of each node; a node of height 1 is a parameter on one row. `margin` cells more are
    kept before every column but the first.
    """

    names: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    edges: tuple[Edge, ...]
    tight: bool
    margin: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The box of each node, the wires between the columns and where they run, and the size of it all."""

    boxes: Mapping[str, Box]
    rank: Mapping[str, int]
    channels: tuple[Channel, ...]
    sites: tuple[Sites, ...]
    width: int
    height: int


@lru_cache(maxsize=64)
def laid_out(shape: Shape) -> Layout:
    """The layout of a graph; raises ValueError as `ranks.ranked` does."""
    sizes = dict(zip(shape.names, shape.sizes, strict=True))
    ranks = ranked(shape.names, shape.edges)
    heights = {name: height for name, (_, height) in sizes.items()}
    rows, channels = routed(ranks, port_rows(ranks, heights, 0 if shape.tight else 1))
    top = _top(rows, channels, heights, ranks)
    rows = [{place: row - top for place, row in column.items()} for column in rows]
    channels = [_lowered(channel, -top) for channel in channels]
    spans = _spans(ranks, sizes, channels, shape)
    boxes = _boxes(ranks, rows, spans, sizes)
    bottom = max((y + height for _, y, _, height in boxes.values()), default=0)
    lowest = max((row for channel in channels for row in _rows(channel)), default=-1)
    sites = tuple(
        _sites(left, right, channel, boxes, ranks, shape.tight)
        for (left, right), channel in zip(pairwise(spans), channels, strict=True)
    )
    return Layout(boxes, ranks.rank, tuple(channels), sites, spans[-1][1] if spans else 0, max(bottom, lowest + 1))


def _rows(channel: Channel) -> list[int]:
    return [row for wire in channel.wires for row in (*wire.span, *(wire.detour or ())[:1])]


def _top(
    rows: Sequence[Mapping[Place, int]], channels: Sequence[Channel], heights: Mapping[str, int], ranks: Ranks
) -> int:
    tops = [row for channel in channels for row in _rows(channel)]
    for k, column in enumerate(rows):
        tops += [row - heights[place[0]] // 2 for place, row in column.items() if ranks.rank[place[0]] == k]
    return min(tops, default=0)


def _lowered(channel: Channel, by: int) -> Channel:
    wires = tuple(
        replace(
            wire,
            row=wire.row + by,
            ends=tuple((end, row + by) for end, row in wire.ends),
            detour=(wire.detour[0] + by, wire.detour[1]) if wire.detour else None,
        )
        for wire in channel.wires
    )
    return replace(channel, wires=wires)


Span = tuple[int, int]
"""The first cell of a column and the one after its last."""


def _spans(ranks: Ranks, sizes: Mapping[str, tuple[int, int]], channels: Sequence[Channel], shape: Shape) -> list[Span]:
    spans, x = [], 0
    for k, column in enumerate(ranks.columns):
        width = max(sizes[name][0] for name, _ in column if ranks.rank[name] == k)
        spans.append((x, x + width))
        if k < len(channels):
            x += width + channels[k].lanes + (1 if shape.tight else 3) + shape.margin
    return spans


def _boxes(
    ranks: Ranks, rows: Sequence[Mapping[Place, int]], spans: Sequence[Span], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, Box]:
    """Boxes of one column are equally wide; parameters stand at its right."""
    boxes = {}
    for k, column in enumerate(ranks.columns):
        own = [name for name, _ in column if ranks.rank[name] == k]
        wide = max((sizes[name][0] for name in own if sizes[name][1] > 1), default=0)
        for name in own:
            width, height = sizes[name]
            width = wide if height > 1 else width
            boxes[name] = (spans[k][1] - width, rows[k][name, k] - height // 2, width, height)
    return boxes


def _sites(left: Span, right: Span, channel: Channel, boxes: Mapping[str, Box], ranks: Ranks, tight: bool) -> Sites:
    before = {}
    for wire in channel.wires:
        for (name, k), _ in wire.ends:
            before[name, k] = boxes[name][0] - 1 if ranks.rank[name] == k else right[1] - 1
    after = {wire.start: left[1] for wire in channel.wires}
    return Sites(after, before, left[1] + (0 if tight else 1))
