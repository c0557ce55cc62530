"""A backward pass with one mistake in it: what the bug laboratory shows.

The mistake is put where a student could make it, on the edges of one node; everything else is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batched import pull_of, units
from engine.errors import EngineError, did_you_mean
from engine.faults import FAULTS
from engine.faults.sites import Site
from engine.faults.slopes import changes
from engine.graph import Graph
from engine.lead import LEAD, Array
from engine.points import Points
from engine.rule import Value
from engine.trace import Trace

INJECTABLE = tuple(
    name for name, fault in FAULTS.items() if fault.in_backward and name not in {"wrong-name", "missing-regulariser"}
)
"""The faults that one node of a backward pass can have."""


@dataclass(frozen=True)
class Injection:
    """A fault at a node, and the wrong gradients of every name by key."""

    fault: str
    at: str
    gradients: Mapping[str, Value]


def broken_gradients(graph: Graph, trace: Trace, fault: str, at: str | None = None) -> dict[str, Value]:
    """Every name's gradient from a backward pass in which the node `at` (or the first that can) makes the mistake.

    Raises EngineError for an unknown fault and for a place where it cannot be made or would not be seen.
    """
    if fault not in FAULTS:
        raise EngineError(f"there is no fault {fault}{did_you_mean(fault, FAULTS)}")
    for injection in injections(graph, trace, fault, None if at is None else graph.key(at)):
        return dict(injection.gradients)
    where = "" if at is None else f" at {at}"
    raise EngineError(f"the fault {fault} cannot be put into this backward pass{where}")


def injections(graph: Graph, trace: Trace, fault: str | None = None, at: str | None = None) -> Iterator[Injection]:
    """Every fault at every node that changes some gradient of an input."""
    points = points_of(trace)
    right = _backward(points, {}, {})
    for node in graph.nodes.values():
        if at is not None and node.key != at:
            continue
        for name in INJECTABLE if fault is None else (fault,):
            for wrong in _broken(points, name, node.key):
                if _differs(graph, right, wrong):
                    yield Injection(name, node.key, _named(graph, wrong))
                    break


def points_of(trace: Trace) -> Points:
    """A trace as one point."""
    lead = (1,) * LEAD
    values = [np.asarray(value, dtype=float).reshape(*lead, *np.shape(value)) for value in trace.values]
    return Points(trace.graph, values)


Overrides = Mapping[tuple[int, int], Any]


def _backward(points: Points, shares: Overrides, merges: Mapping[int, str]) -> list[Array | None]:
    """The reverse pass from the output, with some shares and some ways of adding them up replaced."""
    slots = points.graph.slots
    top = points.graph.slot_of[points.graph.output]
    incoming: dict[int, list[Array]] = {top: [units(slots[top].shape)]}
    found: list[Array | None] = [None] * len(slots)
    with np.errstate(all="ignore"):
        for i in range(top, -1, -1):
            if i not in incoming:
                continue
            g = found[i] = _merged(incoming[i], merges.get(i, "sum"))
            x = [points.values[arg] for arg in slots[i].args]
            for k, arg in enumerate(slots[i].args):
                if slots[arg].op != "const":
                    change = shares.get((i, k))
                    share = pull_of(slots[i], g, points.values[i], x, k) if change is None else change(g)
                    incoming.setdefault(arg, []).append(share)
    return found


def _merged(parts: list[Array], how: str) -> Array:
    whole = parts[0]
    if how == "first":
        return whole
    for part in parts[1:]:
        whole = whole * part if how == "product" else whole + part
    if how == "zero":
        return whole * 0.0
    return -whole if how == "minus" else 2.0 * whole if how == "twice" else whole


_MERGES = {
    "missing-path": "first",
    "product-of-paths": "product",
    "claimed-zero": "zero",
    "sign": "minus",
    "constant-factor": "twice",
}


def _broken(points: Points, fault: str, at: str) -> Iterator[list[Array | None]]:
    """Backward passes with this fault at this node, the likeliest form first."""
    graph = points.graph
    node = graph.nodes[at]
    if fault in _MERGES:
        yield _backward(points, {}, {node.slot: _MERGES[fault]})
        return
    found = []
    for i in reversed(node.slots):
        for k, arg in enumerate(graph.slots[i].args):
            if graph.slots[arg].op == "const":
                continue
            site = Site(points, i, k)
            found += [(change.cost, i, k, change) for change in changes(site) if change.fault == fault]
    for _, i, k, change in sorted(found, key=lambda entry: entry[0]):
        yield _backward(points, {(i, k): change.share}, {})


def _differs(graph: Graph, right: list[Array | None], wrong: list[Array | None]) -> bool:
    for key in (*graph.weights, *graph.given):
        a, b = right[graph.slot_of[key]], wrong[graph.slot_of[key]]
        if a is not None and b is not None:
            finite = np.isfinite(b).all()
            if finite and not np.allclose(a, b, rtol=1e-3, atol=1e-9):
                return True
    return False


def _named(graph: Graph, found: list[Array | None]) -> dict[str, Value]:
    named: dict[str, Value] = {}
    for key in graph.names:
        slot = graph.slot_of[key]
        g, shape = found[slot], graph.slots[slot].shape
        value = np.zeros(shape) if g is None else np.broadcast_to(g[0, 0, 0], shape)
        named[key] = np.array(value) + 0.0 if shape else float(value) + 0.0
    return named
