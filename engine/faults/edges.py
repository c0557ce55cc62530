"""Mistakes on edges and nodes: a wrong share, a local derivative left out, a path forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.faults import Candidate, cost
from engine.faults.paths import Paths, is_between, same
from engine.faults.sites import Change, Site, said
from engine.faults.slopes import changes
from engine.lead import LEAD, Array, total
from engine.lowering import Slot
from engine.ops import OPS

LONGEST_GAP = 30
"""How many names further down a derivative may go on after steps were left out."""
PENALTIES = ("lam", "l2", "l1", "decay", "reg", "alpha")
REDUCTIONS = frozenset(("sum", "mean", "dot", "matmul", "norm", "squared_error", "bce", "cross_entropy"))
"""Operations that make one number of several: a factor N is lost or gained there."""


def local_mistakes(paths: Paths) -> Iterator[Candidate]:
    """A wrong share on one edge, the rest right."""
    for site in paths.sites:
        g = paths.down[site.slot]
        assert g is not None
        rest = paths.right - paths.parts[site.slot, site.argument]
        for change in changes(site):
            value = rest + paths.part(site, change.share(g))
            fault, at, about = placed(paths, site, change)
            yield Candidate(fault, at, value, change.cost, change.factor, about, site.slot, site.argument)


def placed(paths: Paths, site: Site, change: Change) -> tuple[str, str | None, str]:
    """Under which name the student knows the place of a mistake."""
    at = paths.node_at(site.slot)
    about = change.about
    if "{y}" in about and at is not None:
        about = about.replace("{y}", said(paths.graph, site.slot))
    if change.fault == "missing-factor" and site.here.op == "mul":
        other = paths.slots[site.here.args[1 - site.argument]]
        if _is_target(paths, site, other):
            return "wrong-derivative", at, "the target forgotten"
        if other.name in paths.graph.names and not paths.is_outer(site.slot):
            at = other.name
    return change.fault, at, about


def _is_target(paths: Paths, site: Site, other: Slot) -> bool:
    """Whether a factor is the target of a cross-entropy written out: a given beside a logarithm, in the output."""
    arg = paths.slots[site.here.args[site.argument]]
    base = paths.slots[other.args[0]] if other.op == "index" else other
    return (
        arg.op in {"log", "logsoftmax", "logsigmoid"}
        and base.op == "input"
        and base.name in paths.graph.given
        and paths.node_at(site.slot) == paths.of.key
    )


def dropped_nodes(paths: Paths) -> Iterator[Candidate]:
    """The local derivative of a node (of several operations) left out, or everything between two nodes."""
    path = [key for key in paths.graph.names if is_between(paths, key)]
    for i, upper in enumerate(path):
        top = paths.graph.slot_of[upper]
        for lower in dict.fromkeys([paths.by.key, *path[max(0, i - LONGEST_GAP) : i]]):
            bottom = paths.graph.slot_of[lower]
            if bottom >= top:
                continue
            g, d = paths.down[top], paths.up[bottom]
            assert g is not None and d is not None
            if paths.slots[top].shape != paths.slots[bottom].shape and () not in (
                paths.slots[top].shape,
                paths.slots[bottom].shape,
            ):
                continue
            yield from _gap(paths, upper, lower, _joined(g, d))


def _joined(g: Array, d: Array) -> Array:
    if g.ndim == d.ndim:
        return total(g * d)
    return total(g) * d if d.ndim == LEAD else g * total(d)


def _gap(paths: Paths, upper: str, lower: str, value: Array) -> Iterator[Candidate]:
    """What is left if the steps from `lower` to `upper` are taken as 1."""
    graph = paths.graph
    bottom = lower == paths.by.key and paths.slots[paths.bottom].shape == ()
    if lower in graph.nodes[upper].parents:
        if same(paths.down[graph.slot_of[lower]], paths.down[graph.slot_of[upper]]):
            return  # the local derivative is 1: what is missing is a path
        yield Candidate("missing-factor", upper, value, cost("missing-factor", 0.1), slot=graph.slot_of[upper])
        return
    steps = 0.0
    if bottom:
        yield Candidate("stopped-early", upper, value, cost("stopped-early"), slot=graph.slot_of[upper])
        steps = 0.3
    about = graph.names[lower]
    yield Candidate("missing-factor", upper, value, cost("missing-factor", 0.6 + steps), None, about)


def dropped_paths(paths: Paths) -> Iterator[Candidate]:
    """Only some of the paths; paths multiplied; parts of the sum scaled or turned round."""
    right = paths.right
    for site in paths.sites:
        part = paths.parts[site.slot, site.argument]
        if same(part, right):
            continue
        fault, at = _dropped(paths, site)
        about = said(paths.graph, site.here.args[site.argument])
        yield Candidate(fault, at, right - part, cost(fault), None, about, site.slot, site.argument)
        for factor, label in _scales(paths, site):
            more, along = cost("constant-factor", 0.4), f"along {about}"
            place = paths.node_at(site.slot)
            yield Candidate("constant-factor", place, right + (factor - 1) * part, more, label, along, site.slot)
    yield from _kept_alone(paths)
    yield from _entries(paths)


def _dropped(paths: Paths, site: Site) -> tuple[str, str | None]:
    """The name of the mistake of leaving out one edge: a penalty forgotten, or a path."""
    inside = paths.inputs[site.here.args[site.argument]]
    penalties = {key for key in inside if key.startswith(PENALTIES)}
    if penalties and paths.by.key in inside:
        others = (paths.inputs[s.here.args[s.argument]] for s in paths.sites)
        if any(other - inside for other in others if not other & penalties):
            return "missing-regulariser", paths.node_at(site.slot)
    return "missing-path", paths.fan_out(site)


def _scales(paths: Paths, site: Site) -> list[tuple[float, str]]:
    """Factors that an edge may have got: 2, and N where something is added up or averaged: the rows, or an array."""
    adds = {site.here.op, paths.slots[site.here.args[site.argument]].op} & REDUCTIONS
    sizes = {n for slot in paths.slots for n in slot.shape} if adds else set()
    scales = [(2.0, "2"), (0.5, "0.5")]
    for n in sorted((sizes | {paths.points.row_count}) - {1, 2})[:6]:
        scales += [(float(n), "N"), (1.0 / n, "1/N")]
    return scales


def _kept_alone(paths: Paths) -> Iterator[Candidate]:
    """One of three or more ways out of a slot, or of three or more terms, the others forgotten."""
    groups: dict[tuple[str, int], list[Site]] = {}
    for site in paths.sites:
        groups.setdefault(("from", site.here.args[site.argument]), []).append(site)
        groups.setdefault(("into", site.slot), []).append(site)
    for sites in groups.values():
        if len(sites) < 3:
            continue
        whole = sum(paths.parts[s.slot, s.argument] for s in sites)
        for site in sites:
            part = paths.parts[site.slot, site.argument]
            at = paths.fan_out(site)
            about = f"all but {said(paths.graph, site.slot)}"
            yield Candidate("missing-path", at, paths.right - whole + part, cost("missing-path", 0.1), None, about)


def _entries(paths: Paths) -> Iterator[Candidate]:
    """Paths through single entries (rows, columns) of an array: one forgotten, or all but one."""
    for key in paths.graph.names:
        slot = paths.graph.slot_of[key]
        shape = paths.slots[slot].shape
        if not shape or not is_between(paths, key) or key == paths.by.key:
            continue
        g, d = paths.down[slot], paths.up[slot]
        assert g is not None and d is not None
        product = np.broadcast_to(g * d, np.broadcast_shapes(g.shape, d.shape))
        rest = paths.right - total(product)
        for axis in range(len(shape)):
            axes = tuple(LEAD + other for other in range(len(shape)) if other != axis)
            parts = product.sum(axis=axes) if axes else product
            active = [j for j in range(shape[axis]) if np.any(parts[..., j])]
            if len(active) < 2 or len(active) > 12:
                continue
            yield from _one_entry(paths, key, parts, active, rest)


def _one_entry(paths: Paths, key: str, parts: Array, active: list[int], rest: Array) -> Iterator[Candidate]:
    at = below(paths, key)
    for j in active:
        about = f"{paths.graph.names[key]}[{j}]"
        drop = rest + parts.sum(axis=-1) - parts[..., j]
        yield Candidate("missing-path", at, drop, cost("missing-path", 0.05), None, about)
        if len(active) > 2:
            only = f"all but {about}"
            yield Candidate("missing-path", at, rest + parts[..., j], cost("missing-path", 0.05), None, only)


def below(paths: Paths, key: str) -> str:
    """The nearest name below an array from which paths lead to several of its entries."""
    for other in reversed(list(paths.graph.names)):
        slot = paths.graph.slot_of[other]
        if slot < paths.graph.slot_of[key] and is_between(paths, other):
            op = [s for s in paths.sites if s.here.args[s.argument] == slot]
            if any(OPS[s.here.op].elementwise is False for s in op) or other == paths.by.key:
                return other
    return paths.by.key
