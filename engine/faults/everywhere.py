"""One mistake made at every place where it can be made: the slope of each sigmoid left out, each relu taken as 1."""

from __future__ import annotations

from collections.abc import Iterator

from engine.batched import pull_of
from engine.faults import Candidate, cost
from engine.faults.paths import Paths
from engine.faults.sites import UNARY, Change, Share, Site
from engine.faults.slopes import changes
from engine.lead import Array, total

MAX_SLOTS = 400
"""Each such mistake costs a backward pass of its own."""
_MANY = 12
"""An operation that stands at more places is no matter of one habit."""


def repeated_mistakes(paths: Paths) -> Iterator[Candidate]:
    """The same wrong share on all edges of one kind of operation; `about` is "every sigmoid"."""
    if len(paths.slots) > MAX_SLOTS:
        return
    for op, sites in _alike(paths).items():
        for group in _groups(sites):
            first, change = group[0]
            shares = {(site.slot, site.argument): each.share for site, each in group}
            value = _with_shares(paths, shares)
            at = paths.node_at(first.slot)
            more = change.cost - cost(change.fault) + 0.1
            yield Candidate(change.fault, at, value, cost(change.fault, more), change.factor, f"every {op}")


def _alike(paths: Paths) -> dict[str, list[Site]]:
    """The edges of each operation that stands at several places of the paths, the last one first."""
    found: dict[str, list[Site]] = {}
    for site in reversed(paths.sites):
        if site.here.op in UNARY or site.here.op == "softmax":
            found.setdefault(site.here.op, []).append(site)
    return {op: sites for op, sites in found.items() if 2 <= len(sites) <= _MANY}


def _groups(sites: list[Site]) -> Iterator[list[tuple[Site, Change]]]:
    """What can be done wrong in one way at all of the edges."""
    ways: dict[tuple[str, str, str | None], list[tuple[Site, Change]]] = {}
    for site in sites:
        for change in changes(site):
            if change.fault != "wrong-index":
                ways.setdefault((change.fault, change.about, change.factor), []).append((site, change))
    yield from (group for group in ways.values() if len(group) == len(sites))


def _with_shares(paths: Paths, shares: dict[tuple[int, int], Share]) -> Array:
    """The derivative when these edges hand back something else."""
    slots, values = paths.slots, paths.points.values
    top = paths.down[paths.top]
    assert top is not None
    found: dict[int, Array] = {paths.top: top}
    for i in range(paths.top, paths.bottom, -1):
        g = found.pop(i, None)
        if g is None:
            continue
        x = [values[arg] for arg in slots[i].args]
        for k, arg in enumerate(slots[i].args):
            if paths.up[arg] is None or arg < paths.bottom:
                continue
            change = shares.get((i, k))
            share = pull_of(slots[i], g, values[i], x, k) if change is None else change(g)
            found[arg] = share if arg not in found else found[arg] + share
    seed = paths.up[paths.bottom]
    assert seed is not None
    return total(found[paths.bottom] * seed) if paths.bottom in found else paths.right * 0.0
