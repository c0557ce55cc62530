"""The chain rule with Jacobians: row = output, column = input, multiplied in the order in which a textbook writes them.

D(F∘G)(p) = DF(G(p))·DG(p): the Jacobian of what is nearer to the output stands on the left. Where several paths meet
their products are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.graph import Graph
from engine.numbers import show_value
from engine.step import Share, Step
from engine.trace import Trace

WRITTEN_OUT = 24
"""Jacobians up to so many entries are shown with their numbers, larger ones by their shape."""


def jacobian_steps(trace: Trace, top: str, bottom: str | None) -> Iterator[Step]:
    """∂top/∂n for every node n on the way back from `top`, ending with `bottom` (or with every input)."""
    graph = trace.graph
    wanted = _between(graph, top, bottom)
    found: dict[str, Any] = {}
    for key in _backwards(graph, top, wanted):
        if key == top:
            found[key] = trace.derivative(top, top)
            yield _first(trace, top, found[key])
            continue
        readers = [node for node in graph.consumers(key) if node in found]
        shares = tuple(_share(trace, key, node, found[node]) for node in readers)
        total: Any = 0.0
        for share in shares:
            total = total + share.share
        found[key] = total if shares else trace.derivative(top, key)
        yield _step(trace, top, key, shares, found[key])


def _between(graph: Graph, top: str, bottom: str | None) -> set[str]:
    """The names that lie on a path from `bottom` (or any input) to `top`."""
    up = {top}
    for node in reversed(list(graph.nodes.values())):
        if node.key in up:
            up.update(node.parents)
    if bottom is None:
        return up
    down = {bottom}
    for node in graph.nodes.values():
        if not down.isdisjoint(node.parents):
            down.add(node.key)
    return up & down | {top, bottom}


def _backwards(graph: Graph, top: str, wanted: set[str]) -> Iterator[str]:
    """Nodes from `top` down, then the inputs."""
    yield from (key for key in reversed(list(graph.nodes)) if key in wanted)
    yield from (key for key in [*graph.given, *graph.weights] if key in wanted)


def _first(trace: Trace, top: str, value: Any) -> Step:
    name = trace.graph.names[top]
    slot = trace.graph.slot_of[top]
    sentence = f"The walk starts at {name}: its Jacobian by itself is the identity."
    return Step("backward", name, top, slot, f"∂{name}/∂{name}", shown(value), value, sentence, (), name)


def _share(trace: Trace, parent: str, node: str, upstream: Any) -> Share:
    """The product of what has come down to `node` and its own Jacobian by `parent`."""
    import numpy as np

    local = trace.local(parent, node)
    axes = len(trace.graph.shape(node))
    product = np.tensordot(np.asarray(upstream), np.asarray(local), axes=axes)
    return Share(trace.graph.names[node], upstream, local, product if product.ndim else float(product), "")


def _step(trace: Trace, top: str, key: str, shares: tuple[Share, ...], value: Any) -> Step:
    names = trace.graph.names
    out, name = names[top], names[key]
    direct = [share.consumer == out for share in shares]
    formula = " + ".join(
        f"∂{out}/∂{name}" if one else f"∂{out}/∂{share.consumer}·∂{share.consumer}/∂{name}"
        for one, share in zip(direct, shares, strict=True)
    )
    numbers = " + ".join(
        shown(share.local) if one else f"{shown(share.upstream)}·{shown(share.local)}"
        for one, share in zip(direct, shares, strict=True)
    )
    sentence = f"{len(shares)} paths meet at {name}: their products are added." if len(shares) > 1 else ""
    if not shares:
        sentence = f"No path leads from {name} to {out}: the derivative is 0."
    return Step("backward", name, key, trace.graph.slot_of[key], formula, numbers, value, sentence, shares, out)


def shown(value: Any) -> str:
    """A number, or a matrix with its shape: [[1, 2], [3, 4]] (2×2)."""
    if not getattr(value, "ndim", 0):
        text = show_value(float(value))
        return f"({text})" if text.startswith("-") else text
    shape = "×".join(str(n) for n in value.shape)
    if value.size > WRITTEN_OUT or value.ndim > 2:
        return f"({shape})"
    return f"{show_value(value, 5)} ({shape})"
