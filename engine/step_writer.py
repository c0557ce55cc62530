"""Writes the steps of a pass: each with its formula, the numbers put in, and what there is to say about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from engine.expression import Call, Entry, Expr, Index, Name, rebuild
from engine.graph import Graph
from engine.lowering import Slot
from engine.numbers import show_number, show_value
from engine.ops import OPS
from engine.printing import atom, show
from engine.rule import Value
from engine.step import Detail, Share, Step
from engine.tape import slopes
from engine.trace import Trace, to_reference

SHOWN_JACOBIAN = 64
"""Jacobians up to this many entries are written out."""


class Writer:
    """Writes the steps of one trace."""

    def __init__(self, trace: Trace, detail: Detail = "node") -> None:
        self.trace = trace
        self.graph = trace.graph
        self.slots = trace.graph.slots
        self.has_arrays = any(slot.shape for slot in self.slots)
        self.short = short_names(trace.graph) if detail == "op" else {}

    # -- words for slots

    def label(self, i: int) -> str:
        """A node by its name, another operation by its formula."""
        slot = self.slots[i]
        if slot.name:
            return self.graph.names[slot.name]
        return self.short.get(i) or self.written(slot.expr)

    def written(self, expr: Expr) -> str:
        return show(expr, self.graph.names)

    def atom(self, i: int) -> str:
        slot = self.slots[i]
        if slot.name or i in self.short:
            return self.label(i)
        return atom(slot.expr, self.graph.names)

    def with_numbers(self, expr: Expr) -> str:
        """A formula with numbers for its names; an entry of an array shows just that entry."""
        if not self.has_arrays:
            return show(expr, self.graph.names, self.number_of)
        entries: dict[str, str] = {}

        def shorten(here: Expr) -> Expr:
            if not isinstance(here, Index | Entry) or (found := to_reference(self.graph, here)) is None:
                return here
            key = f"#{found.key}[{found.entry}]"
            array = self.trace.values[self.graph.slot_of[found.key]]
            entries[key] = show_value(float(array.flat[found.entry]))
            return Name(key)

        return show(rebuild(expr, shorten), self.graph.names, lambda key: entries.get(key) or self.number_of(key))

    def number_of(self, key: str) -> str:
        return show_value(self.trace.values[self.graph.slot_of[key]], most=12)

    # -- forward

    def forward(self, detail: Detail) -> Iterator[Step]:
        for i, slot in enumerate(self.slots):
            if slot.args and (slot.name or detail == "op"):
                yield self.forward_step(i, slot, detail)

    def forward_step(self, i: int, slot: Slot, detail: Detail) -> Step:
        if detail == "node" and slot.name:
            expr = self.graph.nodes[slot.name].expr
            numbers = self.with_numbers(expr)
            formula = self.written(expr)
        else:
            formula = self.op_text(slot, self.label)
            numbers = self.op_text(slot, lambda arg: show_value(self.trace.values[arg], most=12))
        value = self.trace.values[i]
        return Step("forward", self.label(i), slot.name, i, formula, numbers, value, self.forward_sentence(i, slot))

    def op_text(self, slot: Slot, write: Callable[[int], str]) -> str:
        """The one operation of a slot, each argument as `write` says."""
        stand_ins = {f"#{k}": arg for k, arg in enumerate(slot.args)}
        parts = tuple(Name(key) for key in stand_ins)
        expr = slot.expr
        if slot.op == "copy":
            expr = parts[0]
        elif slot.op in {"max", "min"}:
            expr = Call(slot.op, parts)
        elif len(expr.parts) >= len(parts):
            expr = expr.with_parts(parts + expr.parts[len(parts) :])
        return show(expr, None, lambda key: write(stand_ins[key]))

    def forward_sentence(self, i: int, slot: Slot) -> str:
        said = [self.short_names_explained()] if i == next(iter(self.short), None) else []
        if self.at_kink(slot):
            rule = OPS[slot.op]
            said.append(f"Here {rule.name} stands on its kink: {rule.kink}.")
        return " ".join(said)

    def short_names_explained(self) -> str:
        names = list(self.short.values())
        if len(names) == 1:
            return f"{names[0]} is an operation inside a node; it has no name of its own."
        return f"{', '.join(names[:2])}{', …' * (len(names) > 2)} are operations inside nodes; they have no names."

    def at_kink(self, slot: Slot) -> bool:
        """Whether a scalar input is exactly where the derivative does not exist."""
        rule = OPS[slot.op]
        if not rule.kink or slot.shape or any(self.slots[a].shape for a in slot.args):
            return False
        args = [self.trace.values[a] for a in slot.args]
        return bool(args[0] == args[1] if len(args) == 2 else args[0] == 0)

    # -- backward

    def backward(self, detail: Detail) -> Iterator[Step]:
        output = self.trace.output
        readers = self.readers(detail)
        for i in range(output, -1, -1):
            slot = self.slots[i]
            if slot.op == "const" or (not slot.name and detail == "node") or (slot.args and i > output):
                continue
            if slot.args:
                yield self.backward_step(i, readers.get(i, []), detail)
        for key in [*self.graph.given, *self.graph.weights]:
            i = self.graph.slot_of[key]
            yield self.backward_step(i, readers.get(i, []), detail)

    def readers(self, detail: Detail) -> dict[int, list[int]]:
        """Which operations (or nodes) read each slot, those that the output depends on."""
        found: dict[int, list[int]] = {}
        if detail == "op":
            for i, slot in enumerate(self.slots[: self.trace.output + 1]):
                for arg in dict.fromkeys(slot.args):
                    found.setdefault(arg, []).append(i)
        else:
            for node in self.graph.nodes.values():
                if node.slot <= self.trace.output:
                    for parent in node.parents:
                        found.setdefault(self.graph.slot_of[parent], []).append(node.slot)
        return found

    def backward_step(self, i: int, readers: list[int], detail: Detail) -> Step:
        slot = self.slots[i]
        name = self.label(i)
        gradient = self.trace.slot_gradient(i)
        out = self.graph.names[self.graph.output]
        if i == self.trace.output:
            start = "The backward pass starts at the output, whose derivative by itself is 1."
            return Step("backward", name, slot.name, i, f"∂{out}/∂{out}", "1", gradient, start, (), out)
        shares = tuple(self.share(i, reader, detail) for reader in readers if self.reached(reader))
        formula = " + ".join(self.share_formula(out, name, share) for share in shares)
        numbers = " + ".join(self.share_numbers(share) for share in shares)
        sentence = self.backward_sentence(name, shares, readers, detail)
        return Step("backward", name, slot.name, i, formula or "0", numbers or "0", gradient, sentence, shares, out)

    def reached(self, reader: int) -> bool:
        return self.trace.backward.gradients[reader] is not None

    def share_formula(self, out: str, name: str, share: Share) -> str:
        if share.consumer == out:
            return f"1·{_as_factor(share.formula)}" if share.formula else f"∂{out}/∂{_short(name)}"
        local = _as_factor(share.formula)
        return f"∂{out}/∂{_short(share.consumer)}·{local or f'∂{_short(share.consumer)}/∂{_short(name)}'}"

    def share_numbers(self, share: Share) -> str:
        if share.local is None or _is_array(share.local):
            return show_value(share.share, most=12)
        return f"{_factor(share.upstream)}·{_factor(share.local)}"

    def share(self, i: int, reader: int, detail: Detail) -> Share:
        upstream = self.trace.slot_gradient(reader)
        if detail == "node":
            return self.node_share(i, reader, upstream)
        slot = self.slots[reader]
        places = [k for k, arg in enumerate(slot.args) if arg == i]
        handed = self.trace.backward.shares[reader]
        share = _total([handed[k] for k in places])
        formula = " + ".join(text for k in places if (text := self.slope_formula(reader, k)))
        local: Value | None = None
        if OPS[slot.op].elementwise and not slot.shape:
            local = _total([slopes(self.slots, reader, self.trace.values)[k] for k in places])
        return Share(self.label(reader), upstream, local, share, formula)

    def node_share(self, i: int, reader: int, upstream: Value) -> Share:
        parent, node = self.slots[i].name, self.slots[reader].name
        assert parent is not None and node is not None
        share = self.trace.share(parent, node)
        size = math.prod(self.slots[i].shape) * math.prod(self.slots[reader].shape)
        local = self.trace.local(parent, node) if size <= SHOWN_JACOBIAN else None
        return Share(self.label(reader), upstream, local, share, self.local_formula(parent, node))

    # -- local derivatives as formulas

    def slope_formula(self, i: int, k: int) -> str:
        """The local derivative of operation `i` by its k-th argument."""
        slot = self.slots[i]
        rule = OPS[slot.op]
        if slot.op == "pow" and k == 0 and self.slots[slot.args[1]].op == "const":
            return self.power_slope(slot)
        if k >= len(rule.slope_text):
            return ""
        names = [self.atom(arg) for arg in slot.args]
        return rule.slope_text[k].format(*names, y=self.atom(i), a=self.label(slot.args[0]))

    def power_slope(self, slot: Slot) -> str:
        exponent = self.slots[slot.args[1]].const or 0.0
        base = self.atom(slot.args[0])
        if exponent == 2:
            return f"2·{base}"
        return f"{show_number(exponent)}·{base}^{_factor(exponent - 1)}"

    def local_formula(self, parent: str, node: str) -> str:
        """∂node/∂parent as a formula: a product along each path inside the node, summed over the paths; empty where
        an operation on a path has no formula for its slope."""
        owner = self.graph.nodes[node]
        target = self.graph.slot_of[parent]
        if len(owner.slots) > 12 or any(self.slots[i].shape for i in owner.slots):
            return ""
        products: dict[int, list[list[str]]] = {owner.slot: [[]]}
        for i in reversed(owner.slots):
            for path in products.get(i, []):
                for k, arg in enumerate(self.slots[i].args):
                    if self.slots[arg].op != "const":
                        products.setdefault(arg, []).append([*path, self.slope_formula(i, k)])
        paths = products.get(target, [])[:4]
        return " + ".join(map(_product, paths)).replace(" + -", " - ") if all(map(all, paths)) else ""

    def backward_sentence(self, name: str, shares: tuple[Share, ...], readers: list[int], detail: Detail) -> str:
        out = self.graph.names[self.graph.output]
        if not shares:
            return f"No path leads from {name} to {out}: its gradient is 0."
        said: list[str] = []
        if len(shares) > 1:
            said.append(f"{len(shares)} paths meet at {_short(name)}: their shares are added.")
        for reader in dict.fromkeys(readers):
            slot = self.slots[reader]
            if self.reached(reader) and (detail == "op" or len(self.single(reader)) == 1):
                rule = OPS[slot.op]
                said.append(rule.says)
                if self.at_kink(slot):
                    said.append(f"{rule.name} stands on its kink: {rule.kink}.")
        return " ".join(dict.fromkeys(said))

    def single(self, reader: int) -> list[int]:
        """The operations of a node, constants left out."""
        key = self.slots[reader].name
        if key is None or key not in self.graph.nodes:
            return [reader]
        return [i for i in self.graph.nodes[key].slots if self.slots[i].op != "const"]


def short_names(graph: Graph) -> dict[int, str]:
    """u1, u2, … for the operations inside nodes, by slot; another letter where the graph has such names."""
    taken = "".join(graph.names)
    letter = next(c for c in ("u", "q", "k", "o", "op", "step") if f"{c}1" not in graph.names or c not in taken)
    inner = [i for i, slot in enumerate(graph.slots) if slot.args and not slot.name]
    return {i: f"{letter}{n}" for n, i in enumerate(inner, start=1)}


def _short(name: str) -> str:
    return name if name.isalnum() or len(name) < 3 else f"({name})" if any(c in name for c in " ·/^-+") else name


def _is_array(value: Any) -> bool:
    return bool(getattr(value, "ndim", 0))


def _factor(value: Value) -> str:
    text = show_value(value, most=12)
    return f"({text})" if text.startswith("-") else text


def _total(values: list[Any]) -> Value:
    found = [v for v in values if v is not None]
    total = found[0] if found else 0.0
    for value in found[1:]:
        total = total + value
    return total


def _product(factors: list[str]) -> str:
    sign = "-" if sum(f == "-1" for f in factors) % 2 else ""
    kept = [f for f in factors if f not in {"1", "-1"}]
    if not kept:
        return f"{sign}1"
    if len(kept) == 1:
        return sign + (_as_factor(kept[0]) if sign else kept[0])
    return sign + "·".join(_as_factor(factor) for factor in kept)


def _as_factor(formula: str) -> str:
    """In brackets if it is a sum, a condition or negative."""
    depth = 0
    for i, char in enumerate(formula):
        depth += (char in "([") - (char in ")]")
        if depth == 0 and (char == " " or (char == "-" and i == 0)):
            return f"({formula})"
    return formula
