"""All wrong derivatives that a common mistake produces, at many points at once.

A derivative is a sum over paths. With the gradients G of every slot (from above) and the tangents D of every slot
(from below), the part of it that runs through one edge is ⟨share of the edge for G, D⟩; a mistake on that edge changes
only this part. So every mistake costs one inner product instead of a backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.batched import LEAD, Array, pull_of, total
from engine.evaluate import Points, gradients, tangents, units
from engine.fault_slopes import Change, Site, changes, said, siblings
from engine.faults import Candidate, cost
from engine.graph import Graph, Node
from engine.lowering import Slot
from engine.ops import OPS
from engine.trace import Reference

MAX_CHANNELS = 64
MAX_ENTRIES = 4_000
LINEAR = frozenset(("add", "sub", "neg", "copy", "sum", "mean", "index", "stack", "transpose"))
PENALTIES = ("lam", "l2", "l1", "decay", "reg", "alpha", "mu")


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


def candidates(paths: Paths) -> Iterator[Candidate]:
    """Every wrong derivative of the catalogue; values are points × rows × channels, before rows are pooled."""
    with np.errstate(all="ignore"):
        yield Candidate("claimed-zero", None, paths.right * 0.0, cost("claimed-zero", 1.0))
        yield from local_mistakes(paths)
        yield from dropped_nodes(paths)
        yield from dropped_paths(paths)
        yield from other_derivatives(paths)


# -- one edge


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


# -- whole nodes


def dropped_nodes(paths: Paths) -> Iterator[Candidate]:
    """The local derivative of a node (of several operations) left out, or everything between two nodes."""
    path = [key for key in paths.graph.names if _between(paths, key)]
    for upper in path:
        top = paths.graph.slot_of[upper]
        for lower in path:
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


def _between(paths: Paths, key: str) -> bool:
    slot = paths.graph.slot_of[key]
    return paths.down[slot] is not None and paths.up[slot] is not None and paths.bottom <= slot <= paths.top


def _joined(g: Array, d: Array) -> Array:
    if g.ndim == d.ndim:
        return total(g * d)
    return total(g) * d if d.ndim == LEAD else g * total(d)


def _gap(paths: Paths, upper: str, lower: str, value: Array) -> Iterator[Candidate]:
    """What is left if the steps from `lower` to `upper` are taken as 1."""
    graph = paths.graph
    bottom = lower == paths.by.key and paths.slots[paths.bottom].shape == ()
    if lower in graph.nodes[upper].parents:
        if _same(paths.down[graph.slot_of[lower]], paths.down[graph.slot_of[upper]]):
            return  # the local derivative is 1: what is missing is a path
        yield Candidate("missing-factor", upper, value, cost("missing-factor", 0.1), slot=graph.slot_of[upper])
        return
    steps = 0.0
    if bottom:
        yield Candidate("stopped-early", upper, value, cost("stopped-early"), slot=graph.slot_of[upper])
        steps = 0.3
    about = graph.names[lower]
    yield Candidate("missing-factor", upper, value, cost("missing-factor", 0.6 + steps), None, about)


# -- whole paths


def dropped_paths(paths: Paths) -> Iterator[Candidate]:
    """Only some of the paths; paths multiplied; parts of the sum scaled or turned round."""
    right = paths.right
    for site in paths.sites:
        part = paths.parts[site.slot, site.argument]
        if _same(part, right):
            continue
        fault, at = _dropped(paths, site)
        about = said(paths.graph, site.here.args[site.argument])
        yield Candidate(fault, at, right - part, cost(fault), None, about, site.slot, site.argument)
        for factor, label in _scales(paths):
            more = cost("constant-factor", 0.4)
            place = paths.node_at(site.slot)
            yield Candidate("constant-factor", place, right + (factor - 1) * part, more, label, about, site.slot)
    yield from _kept_alone(paths)
    yield from _entries(paths)
    yield from _products(paths)


def _same(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None or a.shape[LEAD:] != b.shape[LEAD:]:
        return False
    return bool(np.allclose(a, b, rtol=1e-12, atol=0.0))


def _dropped(paths: Paths, site: Site) -> tuple[str, str | None]:
    """The name of the mistake of leaving out one edge: a penalty forgotten, or a path."""
    inside = paths.inputs[site.here.args[site.argument]]
    penalties = {key for key in inside if key.startswith(PENALTIES)}
    if penalties and paths.by.key in inside:
        others = (paths.inputs[s.here.args[s.argument]] for s in paths.sites)
        if any(other - inside for other in others if not other & penalties):
            return "missing-regulariser", paths.node_at(site.slot)
    return "missing-path", paths.fan_out(site)


def _scales(paths: Paths) -> list[tuple[float, str]]:
    counts = sorted({n for slot in paths.slots for n in slot.shape if n > 1} | {paths.points.row_count} - {1})
    scales = [(2.0, "2"), (0.5, "0.5")]
    for n in counts[:6]:
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
        if not shape or not _between(paths, key) or key == paths.by.key:
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
    at = _below(paths, key)
    for j in active:
        about = f"{paths.graph.names[key]}[{j}]"
        drop = rest + parts.sum(axis=-1) - parts[..., j]
        yield Candidate("missing-path", at, drop, cost("missing-path", 0.05), None, about)
        if len(active) > 2:
            only = f"all but {about}"
            yield Candidate("missing-path", at, rest + parts[..., j], cost("missing-path", 0.05), None, only)


def _below(paths: Paths, key: str) -> str:
    """The nearest name below an array from which paths lead to several of its entries."""
    for other in reversed(list(paths.graph.names)):
        slot = paths.graph.slot_of[other]
        if slot < paths.graph.slot_of[key] and _between(paths, other):
            op = [s for s in paths.sites if s.here.args[s.argument] == slot]
            if any(OPS[s.here.op].elementwise is False for s in op) or other == paths.by.key:
                return other
    return paths.by.key


def _products(paths: Paths) -> Iterator[Candidate]:
    """Paths multiplied where they are added, and a product of sums over rows instead of a sum of products."""
    graph = paths.graph
    path = [key for key in graph.names if _between(paths, key)]
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
    parting = [key for key in path if _parts_here(paths, key)]
    for upper in path:
        if parting and _all_meet(paths, upper):
            yield from _multiplied(paths, upper, parting)


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
    return _same(total(g * d), paths.right)


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
        at = _below(paths, key) if slots[graph.slot_of[key]].shape else key
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
        if not 2 <= len(active) <= 6:
            return
        parts = [product[..., j] for j in active]
        yield parts
        common = _common(inner, slot)
        yield [parts[0], *(part / common for part in parts[1:])]
        return
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
        if below < slot and d is not None and _between(inner, key):
            flat = np.abs(d).reshape(*d.shape[:LEAD], -1)
            if (flat > 0).any(axis=(0, 1, 2)).sum() == 1:
                return total(d)
    return np.ones((1,) * LEAD)


# -- derivatives of or by something else


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
            yield Candidate(fault, key, flat[..., j], cost(fault, more), None, about, slot)


def _kind_of_other(paths: Paths, key: str, kin: set[str]) -> tuple[str, float]:
    if key == paths.by.key or key in kin:
        return "wrong-index", 0.0
    if _between(paths, key):
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
        if d is None or slot == paths.top or paths.above > 1 or (g is not None and _same(g, g * 0.0 + 1.0)):
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
        yield Candidate("wrong-index", paths.of.key, flat[..., j], cost("wrong-index"), None, f"{name}[{entry}]")
        if len(above) == len(below) == 1 and entry == j and i < flat.shape[-1]:
            yield Candidate("transposed", paths.of.key, flat[..., i], cost("transposed"))
