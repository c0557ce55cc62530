"""A large graph by layers: one box for each column, with how many nodes it has and between which values they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor.draw.boxes import PictureNode, State
from tutor.draw.ranks import ranked

MOST_LAYERS = 40
"""Longer graphs put several columns into one box."""

ActiveEdge = tuple[str, str, bool]


def by_layers(
    nodes: Sequence[PictureNode], edges: Sequence[ActiveEdge]
) -> tuple[list[PictureNode], list[ActiveEdge], dict[str, str]]:
    """The graph of layers: its nodes, its edges, and in which layer each node is.

    A layer's name is that of its first and last node. It is active where one of its nodes is, and known once
    all of them are.
    """
    rank = ranked([node.name for node in nodes], [(source, target) for source, target, _ in edges]).rank
    each = math.ceil((max(rank.values(), default=0) + 1) / MOST_LAYERS)
    members: dict[int, list[PictureNode]] = {}
    for node in nodes:
        members.setdefault(rank[node.name] // each, []).append(node)
    layers = {level: _layer(members[level], level) for level in sorted(members)}
    layer_of = {node.name: layers[level].name for level in layers for node in members[level]}
    joined: dict[tuple[str, str], bool] = {}
    for source, target, active in edges:
        pair = (layer_of[source], layer_of[target])
        if pair[0] != pair[1]:
            joined[pair] = joined.get(pair, False) or active
    return list(layers.values()), [(*pair, active) for pair, active in joined.items()], layer_of


def _layer(members: Sequence[PictureNode], level: int) -> PictureNode:
    if len(members) == 1:
        return members[0]
    kinds = {node.kind for node in members}
    known = [node for node in members if node.state != "hidden"]
    name = f"{level}: {members[0].name}…{members[-1].name}"
    value = f"{len(members)} nodes {spread([node.value for node in known])}".rstrip()
    kind = kinds.pop() if len(kinds) == 1 else "output" if "output" in kinds else "node"
    return PictureNode(name, value, spread([node.gradient for node in known]), kind, _state(members))


def _state(members: Sequence[PictureNode]) -> State:
    states = {node.state for node in members}
    if "active" in states:
        return "active"
    if len(states) == 1:
        return states.pop()
    return "known"


def spread(texts: Sequence[str]) -> str:
    """The least and the greatest of printed numbers, "…" between them; empty where none can be read."""
    read = [(number, text) for text in texts if (number := _number(text)) is not None]
    if not read:
        return ""
    low, high = min(read)[1], max(read)[1]
    return low if low == high else f"{low} … {high}"


def _number(text: str) -> float | None:
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
