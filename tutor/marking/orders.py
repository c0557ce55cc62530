"""Orders: any order in which every node stands after what it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import did_you_mean
from engine.graph import Graph
from engine.names import normalise


@dataclass(frozen=True)
class OrderVerdict:
    """Whether an order is valid, and the first place where it is not. `readable` is False for an unknown name."""

    right: bool
    note: str = ""
    at: str | None = None
    readable: bool = True
    read_as: str = ""


def judge_order(answer: str, graph: Graph, backward: bool) -> OrderVerdict:
    """Any topological order of the graph's nodes is right; givens and weights may be listed or left out."""
    words = [word for word in re.split(r"[\s,;>→←<\-]+", answer[:4000]) if word]
    keys: list[str] = []
    for word in words:
        key = normalise(word)
        if key not in graph.names:
            hint = did_you_mean(word[:60], graph.names.values())
            return OrderVerdict(False, f"the graph has no node {word[:60]}{hint}", readable=False)
        if key in keys:
            return OrderVerdict(False, f"{graph.names[key]} stands there twice", key)
        keys.append(key)
    read_as = ", ".join(graph.names[key] for key in keys)
    nodes = needed(graph, backward)
    missing = [graph.names[key] for key in nodes if key not in keys]
    if missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        return OrderVerdict(False, f"{len(missing)} missing: {some}", normalise(missing[0]), read_as=read_as)
    return _checked(keys, graph, backward, read_as)


def needed(graph: Graph, backward: bool) -> tuple[str, ...]:
    """The nodes an order has to name: all of them; backwards those that the output depends on."""
    if not backward:
        return tuple(graph.nodes)
    reached: set[str] = {graph.output}
    for key in reversed(list(graph.nodes)):
        if key in reached:
            reached.update(graph.nodes[key].parents)
    return tuple(key for key in graph.nodes if key in reached)


def _checked(keys: list[str], graph: Graph, backward: bool, read_as: str) -> OrderVerdict:
    place = {key: i for i, key in enumerate(keys)}
    relevant = set(needed(graph, backward))
    for key in keys:
        before = graph.consumers(key) if backward else (graph.nodes[key].parents if key in graph.nodes else ())
        for other in before:
            if other in place and place[other] > place[key] and (not backward or other in relevant):
                first, then = graph.names[other], graph.names[key]
                why = (
                    f"the gradient of {then} is complete only after {first}, which uses it"
                    if backward
                    else f"{then} cannot be computed before {first}, which it needs"
                )
                return OrderVerdict(False, why, key, read_as=read_as)
    return OrderVerdict(True, read_as=read_as)
