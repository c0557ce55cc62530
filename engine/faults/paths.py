"""One derivative as the sum over its paths, at many points at once.

With the gradients G of every slot (from above) and the tangents D of every slot (from below), the part of it that runs
through one edge is ⟨share of the edge for G, D⟩; a mistake on that edge changes only this part. So every mistake costs
one inner product instead of a backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.batched import gradients, pull_of, tangents, units
from engine.faults.sites import Site
from engine.graph import Graph, Node
from engine.lead import LEAD, Array, total
from engine.lowering import Slot
from engine.points import Points
from engine.trace import Reference

MAX_CHANNELS = 64

MAX_ENTRIES = 4_000
MAX_SLOTS = 1_000
"""Looking through a graph takes time with the square of its length: a second at this one."""

LINEAR = frozenset(("add", "sub", "neg", "copy", "sum", "mean", "index", "stack", "transpose"))


@dataclass(frozen=True, eq=False)
class Paths:
    """One derivative at many points: ∂of/∂by, with everything between. Channels are of's entries × by's entries."""

    points: Points
    of: Reference
    by: Reference

    @property
    def graph(self) -> Graph:
        return self.points.graph

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.graph.slots

    @property
    def top(self) -> int:
        return self.graph.slot_of[self.of.key]

    @property
    def bottom(self) -> int:
        return self.graph.slot_of[self.by.key]

    @cached_property
    def above(self) -> int:
        """How many entries are differentiated."""
        return 1 if self.of.entry is not None else int(np.prod(self.slots[self.top].shape, dtype=int))

    @cached_property
    def below(self) -> int:
        """By how many entries."""
        return 1 if self.by.entry is not None else int(np.prod(self.slots[self.bottom].shape, dtype=int))

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The derivative's own shape."""
        of = () if self.of.entry is not None else self.slots[self.top].shape
        return (*of, *(() if self.by.entry is not None else self.slots[self.bottom].shape))

    @property
    def too_large(self) -> bool:
        """Whether its channels or arrays are too many to look for mistakes in."""
        if len(self.slots) > MAX_SLOTS:
            return True
        sizes = [int(np.prod(slot.shape, dtype=int)) for slot in self.slots]
        return self.above * self.below > MAX_CHANNELS or sum(sizes) * self.above * self.below > 50 * MAX_ENTRIES

    @cached_property
    def down(self) -> list[Array | None]:
        """G: ∂of/∂slot for every slot."""
        found = gradients(self.slots, self.points.values, {self.top: units(self.slots[self.top].shape, self.of.entry)})
        return [None if g is None else np.repeat(g, self.below, axis=2) if self.below > 1 else g for g in found]

    @cached_property
    def up(self) -> list[Array | None]:
        """D: ∂slot/∂by for every slot."""
        seed = units(self.slots[self.bottom].shape, self.by.entry)
        found = tangents(self.slots, self.points.values, self.bottom, seed)
        return [None if d is None else _tiled(d, (1, 1, self.above)) for d in found]

    @cached_property
    def right(self) -> Array:
        """The derivative itself: points × rows × channels."""
        g, d = self.down[self.bottom], self.up[self.bottom]
        if g is None or d is None or self.top < self.bottom:
            return np.zeros((self.points.count, 1, self.above * self.below))
        return total(g * d)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The edges on paths between the two."""
        found = []
        for k, slot in enumerate(self.slots):
            if self.down[k] is None or k > self.top:
                continue
            for i, arg in enumerate(slot.args):
                twin = slot.args.index(arg) < i
                if self.up[arg] is not None and arg >= self.bottom and not twin and self.slots[arg].op != "const":
                    found.append(Site(self.points, k, i))
        return tuple(found)

    def part(self, site: Site, share: Array) -> Array:
        """What a share of an edge adds to the derivative (both edges if the argument stands there twice)."""
        slot = self.slots[site.slot]
        arg = slot.args[site.argument]
        d = self.up[arg]
        assert d is not None
        times = slot.args.count(arg) if slot.op not in {"stack"} else 1
        return total(share * d) * times

    @cached_property
    def parts(self) -> dict[tuple[int, int], Array]:
        """The part of the derivative that runs through each edge."""
        return {(site.slot, site.argument): self.part_of(site) for site in self.sites}

    def part_of(self, site: Site) -> Array:
        """The part of the derivative that runs through one edge."""
        slot, g = self.slots[site.slot], self.down[site.slot]
        assert g is not None
        share = pull_of(slot, g, site.y, site.x, site.argument)
        if len(slot.args) == 2 and slot.args[0] == slot.args[1] and slot.op not in {"mul", "dot"}:
            share = share / 2 + pull_of(slot, g, site.y, site.x, 1) / 2
        return self.part(site, share)

    @cached_property
    def inputs(self) -> list[frozenset[str]]:
        """The inputs that each slot depends on."""
        found: list[frozenset[str]] = []
        for slot in self.slots:
            own = frozenset((slot.name,)) if slot.op == "input" and slot.name is not None else frozenset()
            found.append(own.union(*(found[arg] for arg in slot.args)))
        return found

    # -- where a slot is in the graph as the student sees it

    @cached_property
    def owners(self) -> dict[int, Node]:
        """The named node that each slot belongs to."""
        return {i: node for node in self.graph.nodes.values() for i in node.slots}

    def node_at(self, slot: int) -> str | None:
        """The key of the node that a slot belongs to (or of the input it is)."""
        owner = self.owners.get(slot)
        return owner.key if owner is not None else self.slots[slot].name

    def is_outer(self, slot: int) -> bool:
        """Whether only sums stand between an operation and the node it belongs to."""
        owner = self.owners[slot]
        reached = {owner.slot}
        for i in reversed(owner.slots):
            if i in reached and self.slots[i].op in LINEAR:
                reached.update(self.slots[i].args)
        return slot in reached

    def fan_out(self, site: Site) -> str | None:
        """Where the path through an edge parts from the others: the nearest name below it with another way up."""
        consumers: dict[int, int] = {}
        ways: dict[int, list[int]] = {}
        for other in self.sites:
            arg = other.here.args[other.argument]
            consumers[arg] = consumers.get(arg, 0) + 1
            ways.setdefault(other.slot, []).append(arg)
        here = site.here.args[site.argument]
        while consumers.get(here, 0) <= 1 and len(set(ways.get(here, []))) == 1:
            here = ways[here][0]
        if consumers.get(here, 0) > 1:
            return self.node_at(here)
        return self.by.key


def _tiled(d: Array, reach: tuple[int, int, int]) -> Array:
    return np.tile(d, reach + (1,) * (d.ndim - LEAD)) if reach[2] > 1 else d


def is_between(paths: Paths, key: str) -> bool:
    """Whether a path between the two runs through a name."""
    slot = paths.graph.slot_of[key]
    return paths.down[slot] is not None and paths.up[slot] is not None and paths.bottom <= slot <= paths.top


def same(a: Array | None, b: Array | None) -> bool:
    """Whether two arrays of one shape of their own agree everywhere; False for None."""
    if a is None or b is None or a.shape[LEAD:] != b.shape[LEAD:]:
        return False
    return bool(np.allclose(a, b, rtol=1e-12, atol=0.0))
