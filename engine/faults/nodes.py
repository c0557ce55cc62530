"""Mistakes at whole nodes: another loss's derivative, a parent mistaken for another, the wrong layer's gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.batched import forward, pull_of
from engine.faults import Candidate, cost
from engine.faults.array_slopes import loss_slopes
from engine.faults.paths import Paths
from engine.faults.sites import UNARY, siblings
from engine.graph import Node
from engine.lead import LEAD, Array, aligned, total
from engine.ops import OPS

_MOST = 12
_CURVED = frozenset(
    ("abs", "bce", "cross_entropy", "log", "logsigmoid", "logsoftmax", "max", "norm", "pow", "relu", "softplus")
)
"""What losses are made of."""
_MULTILINEAR = frozenset(("mul", "add", "sub", "neg", "const", "index", "copy", "matmul", "dot"))


def node_mistakes(paths: Paths) -> Iterator[Candidate]:
    """Every mistake of this file; values are points × rows × channels."""
    with np.errstate(all="ignore"):
        for node in paths.graph.nodes.values():
            if _on_path(paths, node.slot):
                yield from _other_losses(paths, node)
                yield from _other_parents(paths, node)
        yield from _simplified(paths)
        yield from _exchanged(paths)
        yield from _wrong_layers(paths)


def _on_path(paths: Paths, slot: int) -> bool:
    return paths.down[slot] is not None and paths.up[slot] is not None and paths.bottom < slot <= paths.top


def node_shares(paths: Paths, node: Node, values: list[Array], g: Array | None = None) -> dict[int, Array]:
    """What a node hands back to each slot outside it, with its operations at the given values (and gradient g)."""
    g = paths.down[node.slot] if g is None else g
    assert g is not None
    found: dict[int, Array] = {node.slot: g}
    for i in reversed(node.slots):
        if i not in found:
            continue
        slot, upstream = paths.slots[i], found.pop(i)
        x = [values[arg] for arg in slot.args]
        for k, arg in enumerate(slot.args):
            if paths.up[arg] is not None:
                share = pull_of(slot, upstream, values[i], x, k)
                found[arg] = share if arg not in found else found[arg] + share
    return found


def _part(paths: Paths, shares: dict[int, Array]) -> Array:
    """What these shares add to the derivative."""
    parts = [total(share * d) for slot, share in shares.items() if (d := paths.up[slot]) is not None]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


# -- another loss


def _other_losses(paths: Paths, node: Node) -> Iterator[Candidate]:
    """The derivative of a common loss in place of this node's own; a node of one array loss is done edge by edge."""
    if paths.slots[node.slot].shape or paths.slots[node.slot].op in {"squared_error", "bce", "cross_entropy"}:
        return
    if not _may_be_loss(paths, node):
        return
    right = node_shares(paths, node, paths.points.values)
    g = paths.down[node.slot]
    assert g is not None
    for parent in node.parents:
        slot = paths.graph.slot_of[parent]
        if slot not in right or not (_on_path(paths, slot) or slot == paths.bottom):
            continue
        rest = paths.right - _part(paths, {slot: right[slot]})
        for target in _targets(paths, node, slot):
            p, t = paths.points.values[slot], paths.points.at(target)
            for about, slope in loss_slopes(p, t).items():
                value = rest + _part(paths, {slot: aligned(g, p.ndim - LEAD) * slope})
                more = 0.15 if about.startswith("the target") else 0.05
                if about.endswith("cross-entropy"):
                    more = cost("missing-factor") - cost("wrong-derivative") + 0.04  # as likely as a slope left out
                yield Candidate(
                    "wrong-derivative", node.key, value, cost("wrong-derivative", more), None, about.strip()
                )


def _may_be_loss(paths: Paths, node: Node) -> bool:
    """A plain sum of products is none, and no activation is."""
    slots = [paths.slots[i] for i in node.slots]
    squares = (slot.op == "mul" and len({paths.slots[i].expr for i in slot.args}) == 1 for slot in slots)
    return any(slot.op in _CURVED for slot in slots) or any(squares)


def _targets(paths: Paths, node: Node, slot: int) -> list[str]:
    shape = paths.slots[slot].shape
    return [
        key
        for key in node.parents
        if key in paths.graph.given
        and paths.slots[paths.graph.slot_of[key]].shape == shape
        and paths.up[paths.graph.slot_of[key]] is None
    ]


# -- a parent mistaken for another value


def _other_parents(paths: Paths, node: Node) -> Iterator[Candidate]:
    """The node's local derivatives taken with the value before (or after) an activation, or with a sibling's."""
    right = None
    for parent in node.parents:
        slot = paths.graph.slot_of[parent]
        for fault, at, about, value in _mistakable(paths, node, parent):
            if right is None:
                right = _part(paths, node_shares(paths, node, paths.points.values))
            values = list(paths.points.values[: node.slots[0]])
            values[slot] = value
            forward(paths.slots[: node.slots[-1] + 1], values, node.slots[0])
            found = paths.right - right + _part(paths, node_shares(paths, node, values))
            yield Candidate(fault, at, found, cost(fault, 0.15), None, about)


def _mistakable(paths: Paths, node: Node, parent: str) -> Iterator[tuple[str, str, str, Array]]:
    graph = paths.graph
    slot = graph.slot_of[parent]
    here = paths.slots[slot]
    if (here.op in UNARY or here.op == "softmax") and paths.slots[here.args[0]].shape == here.shape:
        before = here.args[0]
        name = paths.slots[before].name
        said = graph.names[name] if name is not None else "its input"
        yield "wrong-argument", parent, said, paths.points.values[before]
    for other in graph.consumers(parent):
        after = paths.slots[graph.slot_of[other]]
        if after.args == (slot,) and after.shape == here.shape and other != node.key:
            yield "wrong-argument", parent, graph.names[other], paths.points.at(other)
    if all(paths.slots[i].op in _MULTILINEAR for i in node.slots):
        return  # a neighbour's factor is tried edge by edge
    for key in siblings(graph, parent)[:_MOST]:
        yield "wrong-index", node.key, graph.names[key], paths.points.at(key)


# -- where two rules melt into one: (h − t)


def _simplified(paths: Paths) -> Iterator[Candidate]:
    """Sigmoid or softmax with its cross-entropy leaves κ·(h − t) at the scores: mistakes in writing that down."""
    graph = paths.graph
    if paths.slots[paths.top].shape:
        return
    for key in graph.nodes:
        h = graph.slot_of[key]
        slot = paths.slots[h]
        if slot.op not in {"sigmoid", "softmax"} or not (_on_path(paths, h) or h == paths.bottom):
            continue
        a = slot.args[0]
        g, d = paths.down[a], paths.up[a]
        if g is None or d is None or paths.slots[a].shape != slot.shape:
            continue
        for target in graph.given:
            if paths.slots[graph.slot_of[target]].shape == slot.shape and _is_read(paths, target):
                yield from _written_down(paths, key, a, target, g, d)


def _is_read(paths: Paths, key: str) -> bool:
    """Whether what is differentiated reads it, itself or through other nodes."""
    nodes, waiting, seen = paths.graph.nodes, [paths.of.key], set[str]()
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += nodes[here].parents if here in nodes else ()
    return key in seen


def _written_down(paths: Paths, key: str, a: int, target: str, g: Array, d: Array) -> Iterator[Candidate]:
    h, t, x = paths.points.at(key), paths.points.at(target), paths.points.values[a]
    scale = _constant(g, h - t)
    if scale is None:
        return
    rest = paths.right - total(g * d)
    output = paths.of.key
    name = paths.slots[a].name
    before = paths.graph.names[name] if name is not None else "its input"
    wrong: list[tuple[str, str, str, Array, float]] = [
        ("wrong-argument", key, before, x - t, 0.0),
        ("wrong-derivative", output, "1 for every target", h - 1.0 + 0.0 * t, 0.0),
        ("wrong-derivative", output, "the target forgotten", h + 0.0 * t, 0.0),
        ("wrong-derivative", output, "the target alone", -t + 0.0 * h, 0.1),
        ("wrong-derivative", output, "half the squared error", (h - t) * h * (1.0 - h), 0.05),
        ("wrong-derivative", output, "squared error", 2.0 * (h - t) * h * (1.0 - h), 0.05),
        ("sign", output, paths.graph.names[target], h + t, 0.5),
    ]
    if h.ndim > LEAD:
        wrong.append(("wrong-index", key, "the index of the sum", (t * h).sum(axis=-1, keepdims=True) - t, 0.0))
        for step in range(1, min(h.shape[-1], 6)):
            wrong.append(("wrong-index", output, "another class", h - np.roll(t, step, axis=-1), 0.0))
            wrong.append(("wrong-index", key, "another class", np.roll(h, step, axis=-1) - t, 0.0))
    for fault, at, about, value, more in wrong:
        yield Candidate(fault, at, rest + total(scale * value * d), cost(fault, more), None, about)


def _constant(g: Array, pattern: Array) -> float | None:
    """κ if g is κ times the pattern at every point."""
    wide = np.broadcast_to(pattern, np.broadcast_shapes(g.shape, pattern.shape))
    clear = np.abs(wide) > 1e-9
    if not clear.any():
        return None
    ratio = np.broadcast_to(g, wide.shape)[clear] / wide[clear]
    scale = float(np.median(ratio))
    fits = np.allclose(np.broadcast_to(g, wide.shape), scale * wide, rtol=1e-8, atol=1e-12)
    return scale if fits and scale != 0 else None


# -- two functions in the wrong order


def _exchanged(paths: Paths) -> Iterator[Candidate]:
    """f(g(x)) differentiated as g(f(x))."""
    for site in paths.sites:
        outer, k = site.here, site.here.args[0]
        inner = paths.slots[k]
        g = paths.down[site.slot]
        if outer.op not in UNARY or inner.op not in UNARY or outer.op == inner.op or g is None:
            continue
        d = paths.up[inner.args[0]]
        if d is None:
            continue
        x = paths.points.values[inner.args[0]]
        first, second = OPS[outer.op], OPS[inner.op]
        y = first.value(np, x)
        slope = first.slopes[0](np, y, x) * second.slopes[0](np, second.value(np, y), y)
        value = paths.right - paths.parts[site.slot, 0] + total(g * slope * d)
        at = paths.node_at(site.slot)
        yield Candidate("wrong-argument", at, value, cost("wrong-argument", 0.3), None, f"{inner.op} of {outer.op}")


# -- the gradient of another layer


def _wrong_layers(paths: Paths) -> Iterator[Candidate]:
    """A node's share made with the gradient of a sibling node instead of its own."""
    nodes = [node for node in paths.graph.nodes.values() if paths.down[node.slot] is not None]
    for node in nodes:
        if not _on_path(paths, node.slot):
            continue
        own = node_shares(paths, node, paths.points.values)
        for key in siblings(paths.graph, node.key)[:_MOST]:
            g = paths.down[paths.graph.slot_of[key]]
            if g is None or key not in paths.graph.nodes:
                continue
            shares = node_shares(paths, node, paths.points.values, g)
            value = paths.right - _part(paths, own) + _part(paths, shares)
            about = f"gradient of {paths.graph.names[key]}"
            yield Candidate("wrong-index", node.key, value, cost("wrong-index", 0.3), None, about)
