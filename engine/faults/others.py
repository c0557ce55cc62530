"""The derivative of or by something else, or with rows and columns exchanged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.batched import gradients, units
from engine.faults import Candidate, cost
from engine.faults.paths import Paths, is_between, same
from engine.faults.sites import siblings
from engine.lead import LEAD, total


def other_derivatives(paths: Paths) -> Iterator[Candidate]:
    """The derivative by another name or entry, of another node, or transposed."""
    yield from _by_others(paths)
    yield from _of_others(paths)
    if paths.of.entry is not None and paths.by.entry is not None:
        yield from _transposed(paths)
    if len(paths.shape) == 2 and paths.shape[0] == paths.shape[1]:
        n = paths.shape[0]
        turned = paths.right.reshape(*paths.right.shape[:2], n, n).swapaxes(-1, -2)
        yield Candidate("transposed", paths.of.key, turned.reshape(paths.right.shape), cost("transposed"))


def _by_others(paths: Paths) -> Iterator[Candidate]:
    graph = paths.graph
    wanted = paths.slots[paths.bottom].shape
    kin = set(siblings(graph, paths.by.key))
    for key in graph.names:
        slot = graph.slot_of[key]
        g = paths.down[slot]
        if g is None or slot > paths.top or (slot == paths.top):
            continue
        shape = paths.slots[slot].shape
        fault, more = _kind_of_other(paths, key, kin)
        if paths.below > 1 and paths.by.entry is None:
            if shape == wanted and key != paths.by.key:
                own = units(shape)
                value = total(g * np.tile(own, (1, 1, paths.above) + (1,) * len(shape)))
                yield Candidate(fault, key, value, cost(fault, more), slot=slot)
            continue
        flat = g.reshape(*g.shape[:LEAD], -1)
        if flat.shape[-1] > 200:
            continue
        for j in range(flat.shape[-1]):
            if key == paths.by.key and (j == paths.by.entry or not shape):
                continue
            about = graph.names[key] + (f"[{','.join(map(str, np.unravel_index(j, shape)))}]" if shape else "")
            about = f"by {about}" if fault in ("wrong-name", "wrong-index") else about
            yield Candidate(fault, key, flat[..., j], cost(fault, more), None, about, slot)


def _kind_of_other(paths: Paths, key: str, kin: set[str]) -> tuple[str, float]:
    if key == paths.by.key or key in kin:
        return "wrong-index", 0.0
    if is_between(paths, key):
        direct = paths.by.key in (paths.graph.nodes[key].parents if key in paths.graph.nodes else ())
        return "stopped-early", 0.0 if not direct else 0.1
    if paths.graph.nodes.get(key) is None and _stem_array(paths, key):
        return "wrong-index", 0.2
    return "wrong-name", 0.0


def _stem_array(paths: Paths, key: str) -> bool:
    """Whether two inputs are the same letter with other numbers."""
    strip = "0123456789"
    return key.rstrip(strip) == paths.by.key.rstrip(strip)


def _of_others(paths: Paths) -> Iterator[Candidate]:
    """∂node/∂by for nodes on the way: everything above left out."""
    graph = paths.graph
    direct = graph.nodes[paths.of.key].parents if paths.of.key in graph.nodes else ()
    for key in graph.nodes:
        slot = graph.slot_of[key]
        d = paths.up[slot]
        g = paths.down[slot]
        if d is None or slot == paths.top or paths.above > 1 or (g is not None and same(g, g * 0.0 + 1.0)):
            continue
        flat = d.reshape(*d.shape[:LEAD], -1)
        for j in range(min(flat.shape[-1], 50)):
            about = graph.names[key] + (f"[{j}]" if flat.shape[-1] > 1 else "")
            if not np.any(flat[..., j]):
                continue
            if key in direct:
                at = paths.of.key
                yield Candidate("missing-factor", at, flat[..., j], cost("missing-factor", 0.1), None, f"∂ of {about}")
            else:
                yield Candidate("wrong-name", key, flat[..., j], cost("wrong-name", -0.1), None, f"∂ of {about}")


def _transposed(paths: Paths) -> Iterator[Candidate]:
    """∂of[j]/∂by[i] for ∂of[i]/∂by[j], and ∂of[j] by the right entry."""
    above, below = paths.slots[paths.top].shape, paths.slots[paths.bottom].shape
    i, j = paths.of.entry, paths.by.entry
    assert i is not None and j is not None
    for entry in range(min(int(np.prod(above)), 20)):
        if entry == i:
            continue
        seeded = gradients(paths.slots, paths.points.values, {paths.top: units(above, entry)}, paths.bottom)
        g = seeded[paths.bottom]
        if g is None:
            continue
        flat = g.reshape(*g.shape[:LEAD], -1)
        name = paths.graph.names[paths.of.key]
        yield Candidate("wrong-index", paths.of.key, flat[..., j], cost("wrong-index"), None, f"of {name}[{entry}]")
        if len(above) == len(below) == 1 and entry == j and i < flat.shape[-1]:
            yield Candidate("transposed", paths.of.key, flat[..., i], cost("transposed"))
