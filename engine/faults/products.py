"""Paths multiplied where they are added, and sums multiplied where products are summed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.faults import Candidate, cost
from engine.faults.edges import below
from engine.faults.paths import Paths, is_between, same
from engine.lead import LEAD, Array, total
from engine.trace import Reference


def multiplied_paths(paths: Paths) -> Iterator[Candidate]:
    """Paths multiplied where they are added, and a product of sums over rows instead of a sum of products."""
    graph = paths.graph
    path = [key for key in graph.names if is_between(paths, key)]
    for key in path:
        slot = graph.slot_of[key]
        g, d = paths.down[slot], paths.up[slot]
        assert g is not None and d is not None
        shape = paths.slots[slot].shape
        if shape and key != paths.by.key:
            wide = np.broadcast_to(g, (*g.shape[:LEAD], *shape)).sum(axis=LEAD)
            tall = np.broadcast_to(d, (*d.shape[:LEAD], *shape)).sum(axis=LEAD)
            value = paths.right - total(g * d) + total(wide * tall)
            yield Candidate("product-of-paths", key, value, cost("product-of-paths", 0.1), None, "sums")
    yield from _terms(paths)
    parting = [key for key in path if _parts_here(paths, key)]
    for upper in path:
        if parting and _all_meet(paths, upper):
            yield from _multiplied(paths, upper, parting)


def _terms(paths: Paths) -> Iterator[Candidate]:
    """The derivatives of two terms multiplied instead of added."""
    for site in paths.sites:
        if site.here.op != "add" or site.argument != 0 or (site.slot, 1) not in paths.parts:
            continue
        one, other = paths.parts[site.slot, 0], paths.parts[site.slot, 1]
        g = paths.down[site.slot]
        if g is None or site.here.shape:
            continue
        rest = paths.right - one - other
        for value in (one * other / g, one * other):
            yield Candidate("product-of-paths", paths.fan_out(site), rest + value, cost("product-of-paths"))


def _parts_here(paths: Paths, key: str) -> bool:
    """Whether several ways lead on from a name: several entries, or several consumers."""
    slot = paths.graph.slot_of[key]
    consumers = sum(site.here.args[site.argument] == slot for site in paths.sites)
    size = int(np.prod(paths.slots[slot].shape, dtype=int))
    return 2 <= consumers <= 6 or 2 <= size <= 200


def _all_meet(paths: Paths, upper: str) -> bool:
    """Whether every path runs through this scalar."""
    slot = paths.graph.slot_of[upper]
    g, d = paths.down[slot], paths.up[slot]
    if paths.slots[slot].shape or g is None or d is None or slot == paths.bottom:
        return False
    return same(total(g * d), paths.right)


def _multiplied(paths: Paths, upper: str, parting: list[str]) -> Iterator[Candidate]:
    """The ways from each name where paths part up to a node in which all of them meet, multiplied."""
    graph, slots = paths.graph, paths.slots
    top = graph.slot_of[upper]
    g = paths.down[top]
    assert g is not None
    inner = Paths(paths.points, Reference(upper), paths.by)
    for key in parting:
        if graph.slot_of[key] >= top:
            continue
        at = below(paths, key) if slots[graph.slot_of[key]].shape else key
        for parts in _ways(inner, key):
            value = g
            for part in parts:
                value = value * part
            yield Candidate("product-of-paths", at, value, cost("product-of-paths"))


def _ways(inner: Paths, key: str) -> Iterator[list[Array]]:
    """The parts of a derivative that run through each entry of an array or each consumer of a name."""
    graph = inner.graph
    slot = graph.slot_of[key]
    g, d = inner.down[slot], inner.up[slot]
    if g is None or d is None:
        return
    if inner.slots[slot].shape:
        product = (g * d).reshape(*np.broadcast_shapes(g.shape, d.shape)[:LEAD], -1)
        active = [j for j in range(product.shape[-1]) if np.any(product[..., j])]
        if 2 <= len(active) <= 6:
            parts = [product[..., j] for j in active]
            yield parts
            common = _common(inner, slot)
            yield [parts[0], *(part / common for part in parts[1:])]
            return
        d = total(d)
    consumers = [s for s in inner.sites if s.here.args[s.argument] == slot]
    if 2 <= len(consumers) <= 6:
        parts = [inner.part_of(s) for s in consumers]
        yield parts
        yield [parts[0], *(part / d for part in parts[1:])]


def _common(inner: Paths, slot: int) -> Array:
    """The factor that all entries' paths share below: the tangent of the name they all come from."""
    for key in reversed(list(inner.graph.names)):
        below = inner.graph.slot_of[key]
        d = inner.up[below]
        if below < slot and d is not None and is_between(inner, key):
            flat = np.abs(d).reshape(*d.shape[:LEAD], -1)
            if (flat > 0).any(axis=(0, 1, 2)).sum() == 1:
                return total(d)
    return np.ones((1,) * LEAD)
