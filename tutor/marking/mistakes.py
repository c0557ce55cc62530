"""Every wrong answer that a common mistake gives to one question, worked out once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.batched import Array
from engine.errors import EngineError
from engine.evaluate import Points, evaluate, gradients, lower, units
from engine.expression import Call, Derivative, Expr, Index, Name, Number, walk
from engine.fault_edits import Edit, Tape, edits_of
from engine.fault_nodes import node_mistakes
from engine.fault_paths import PENALTIES, Paths, candidates
from engine.fault_slopes import UNARY, siblings
from engine.faults import Candidate, cost
from engine.graph import Graph
from engine.trace import to_reference

RELATIVE = 1e-8


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Candidates with their values, points × entries each, and the right value in the same form."""

    candidates: tuple[Candidate, ...]
    values: Array
    right: Array

    def matching(self, answer: Array, usable: Array) -> list[int]:
        """The candidates that give this answer at all usable points."""
        return np.flatnonzero(agree(self.values, answer, usable)).tolist()


def agree(values: Array, answer: Array, usable: Array) -> Array:
    """Which of many values (each points × entries) equal an answer at all usable points."""
    with np.errstate(all="ignore"):
        some, mine = values[:, usable], answer[usable]
        scale = np.nanmax(np.abs(mine), initial=0.0) if mine.size else 0.0
        allowed = RELATIVE * np.maximum(np.abs(some), np.abs(mine)) + 1e-12 * scale + 1e-300
        close = (np.abs(some - mine) <= allowed) & np.isfinite(some)
    return close.all(axis=tuple(range(1, close.ndim)))


def mistakes_at(expr: Expr, points: Points, visible_only: bool = True) -> Mistakes:
    """All candidates for a target at some points; those that give the right answer are left out unless asked for."""
    right = evaluate(expr, points).value
    found: list[Candidate] = []
    values: list[Array] = []
    flat_right = flat(right, points)
    for candidate in _candidates(expr, points):
        value = flat(candidate.value, points)
        if value.shape == flat_right.shape:
            found.append(candidate)
            values.append(value)
    found, values = _testable(found, values)
    if not found:
        return Mistakes((), np.zeros((0, *flat_right.shape)), flat_right)
    stacked = np.stack(values)
    if not visible_only:
        return Mistakes(tuple(found), stacked, flat_right)
    visible = ~agree(stacked, flat_right, np.isfinite(flat_right).all(axis=1))
    kept = np.flatnonzero(visible)
    return Mistakes(tuple(found[i] for i in kept), stacked[kept], flat_right)


def _testable(found: list[Candidate], values: list[Array]) -> tuple[list[Candidate], list[Array]]:
    """Those that have a value at two points or more (at the one, where there is only one)."""
    kept = [i for i, value in enumerate(values) if np.isfinite(value).all(axis=1).sum() >= min(2, len(value))]
    return [found[i] for i in kept], [values[i] for i in kept]


def flat(value: Array, points: Points) -> Array:
    """Points × everything else."""
    count = points.count
    if value.shape[0] != count:
        value = np.broadcast_to(value, (count, *value.shape[1:]))
    return value.reshape(count, -1)


def _candidates(expr: Expr, points: Points) -> Iterator[Candidate]:
    match expr:
        case Derivative():
            yield from derivative_mistakes(expr, points)
        case Call(op="neg", args=(Derivative() as inner,)):
            for candidate in derivative_mistakes(inner, points):
                yield candidate.times(-candidate.value, 0.0)
        case _:
            yield from _inner_derivatives(expr, points)
            yield from value_mistakes(expr, points)


def derivative_meant(expr: Expr, points: Points) -> Expr | None:
    """The derivative of a node that a formula without derivatives writes out, up to its sign; None if it is none."""
    if isinstance(expr, Name | Number) or any(True for _ in _derivatives(expr)) or points.count < 3:
        return None
    graph = points.graph
    value = flat(evaluate(expr, points).value, points)
    if value.shape[1] != 1 or not np.isfinite(value).all() or not np.ptp(value, axis=0).any():
        return None
    for of in dict.fromkeys([graph.output, *reversed(graph.nodes)]):
        top = graph.slot_of[of]
        size = int(np.prod(graph.slots[top].shape, dtype=int))
        for entry in range(size) if size <= 12 else ():
            down = gradients(graph.slots, points.values, {top: units(graph.slots[top].shape, entry)})
            found = _by_what(graph, down, top, value, points)
            if found is not None:
                by, sign = found
                derivative = Derivative(_reference(graph, of, entry), by)
                return derivative if sign > 0 else Call("neg", (derivative,))
    return None


def _by_what(
    graph: Graph, down: list[Array | None], top: int, value: Array, points: Points
) -> tuple[Expr, float] | None:
    """The name or entry by which the derivative has this value (or minus it)."""
    for key in (*graph.weights, *graph.given, *graph.nodes):
        slot = graph.slot_of[key]
        g = down[slot]
        if g is None or slot >= top:
            continue
        pooled = points.pooled(g) if points.rows and key in points.shared else g
        entries = pooled.reshape(*pooled.shape[:3], -1)
        if entries.shape[1] != 1:
            continue
        for sign in (1.0, -1.0):
            close = np.isclose(sign * value[:, None, None], entries, rtol=1e-9, atol=1e-13).all(axis=(0, 1, 2))
            if close.any():
                return _reference(graph, key, int(close.argmax())), sign
    return None


def _reference(graph: Graph, key: str, entry: int) -> Expr:
    shape = graph.slots[graph.slot_of[key]].shape
    if not shape:
        return Name(key)
    return Index(Name(key), tuple(int(i) for i in np.unravel_index(entry, shape)))


def paths_of(expr: Derivative, points: Points) -> Paths | None:
    """The paths of a derivative, unless it is too large to look through."""
    of, by = to_reference(points.graph, expr.of), to_reference(points.graph, expr.by)
    if of is None or by is None:
        return None
    paths = Paths(points, of, by)
    return None if paths.too_large or paths.top < paths.bottom else paths


def derivative_mistakes(expr: Derivative, points: Points) -> Iterator[Candidate]:
    """The candidates of one derivative, their values points × rows × entries."""
    paths = paths_of(expr, points)
    if paths is None:
        return
    pooled = points.is_total(paths.of, paths.by)
    for candidate in [*candidates(paths), *node_mistakes(paths)]:
        value = candidate.value
        yield candidate.times(points.pooled(value) if pooled else value, 0.0)
    if pooled:
        yield from _row_mistakes(paths)


def _row_mistakes(paths: Paths) -> Iterator[Candidate]:
    """Sum and mean over the rows confused; sums multiplied."""
    points = paths.points
    total = points.pooled(paths.right)
    count = points.row_count
    factor = float(count) if points.mean else 1.0 / count
    label = "N" if points.mean else "1/N"
    yield Candidate("constant-factor", None, total * factor, cost("constant-factor", -0.05), label)
    for key in paths.graph.names:
        slot = paths.graph.slot_of[key]
        g, d = paths.down[slot], paths.up[slot]
        if g is not None and d is not None and not paths.slots[slot].shape and key != paths.by.key:
            rest = total - points.pooled(g * d)
            value = rest + points.pooled(g) * points.pooled(d)
            yield Candidate("product-of-paths", key, value, cost("product-of-paths", 0.1), None, "sums")


def _inner_derivatives(expr: Expr, points: Points) -> Iterator[Candidate]:
    """A wrong derivative carried into a larger formula, such as an update."""
    seen: set[Derivative] = set()
    for derivative in _derivatives(expr):
        if derivative in seen:
            continue
        seen.add(derivative)
        found = [c for c in derivative_mistakes(derivative, points) if c.value.shape[2] == 1]
        if not found:
            continue
        rows = max(c.value.shape[1] for c in found)
        count = points.count
        stacked = np.concatenate([np.broadcast_to(c.value, (count, rows, 1)) for c in found], axis=2)
        try:
            values = evaluate(expr, points, {derivative: stacked}).value
        except EngineError:
            continue
        values = np.broadcast_to(values, (*values.shape[:2], len(found), *values.shape[3:]))
        for i, candidate in enumerate(found):
            yield candidate.times(values[:, :, i : i + 1], 0.1)


def _derivatives(expr: Expr) -> Iterator[Derivative]:
    return (here for here in walk(expr) if isinstance(here, Derivative))


# -- values


def value_mistakes(expr: Expr, points: Points) -> Iterator[Candidate]:
    """Mistakes in computing a value: each small change of its definition."""
    low = lower(expr, points)
    inputs = sum(slot.op == "input" for slot in points.graph.slots)
    tape = Tape(low.slots, low.values, inputs, low.slot)
    if not tape.used:
        return
    edits = edits_of(tape, points)
    values = tape.run(edits)
    for i, edit in enumerate(edits):
        yield named(edit, values[:, :, i : i + 1], tape, points.graph)
    yield from _everywhere(points, tape)


def _everywhere(points: Points, tape: Tape) -> Iterator[Candidate]:
    """One of a node's parents mistaken for another name of its shape wherever the node reads it."""
    graph = points.graph
    edits, labels = [], []
    for node in graph.nodes.values():
        if node.slot not in tape.used:
            continue
        for parent in node.parents:
            slot = graph.slot_of[parent]
            places = tuple((i, k) for i in node.slots for k, arg in enumerate(graph.slots[i].args) if arg == slot)
            for other in graph.names:
                here = graph.slot_of[other]
                if here != slot and here < node.slot and graph.slots[here].shape == graph.slots[slot].shape:
                    edits.append(Edit("name", places, points.values[here], graph.names[other], slot, here, other))
                    labels.append(node.key)
    if edits:
        values = tape.run(edits)
        for i, edit in enumerate(edits):
            yield named(edit, values[:, :, i : i + 1], tape, graph)


def named(edit: Edit, value: Array, tape: Tape, graph: Graph) -> Candidate:
    """A change of the right computation as a fault of the catalogue."""
    at = place_of(edit, tape, graph)
    about = edit.about
    match edit.kind:
        case "sign":
            return Candidate("sign", at, value, cost("sign", 0.3), None, _said(edit.old, tape, graph))
        case "keep term":
            left_out = _said(edit.old, tape, graph)
            fault = "missing-regulariser" if _is_penalty(edit.old, tape) else "missing-path"
            return Candidate(fault, at, value, cost(fault), None, f"the term {left_out}")
        case "keep":
            return Candidate("missing-factor", at, value, cost("missing-factor"), None, _said(edit.old, tape, graph))
        case "bare":
            return Candidate("missing-factor", at, value, cost("missing-factor", 0.3), None, about)
        case "count":
            return Candidate("constant-factor", at, value, cost("constant-factor"), about, "")
        case "name":
            fault, place = relation(edit, tape, graph)
            return Candidate(fault, place or at, value, cost(fault, 0.2), None, about)
        case "function" if about.startswith("1 minus"):
            return Candidate("wrong-name", at, value, cost("wrong-name", -0.8), None, about)
        case "function" | "times":
            return Candidate("extra-factor", at, value, cost("extra-factor", 0.2), None, about)
        case "over":
            return Candidate("missing-factor", at, value, cost("missing-factor", 0.7), None, about)
        case "plus":
            return Candidate("extra-factor", at, value, cost("extra-factor", 0.5), None, f"the term {about}")
        case _:
            return Candidate("missing-path", at, value, cost("missing-path", 0.4), None, f"the term {about}")


def place_of(edit: Edit, tape: Tape, graph: Graph) -> str | None:
    """The node in which a change was made."""
    slot = edit.places[0][0]
    for node in graph.nodes.values():
        if slot in node.slots:
            return node.key
    return None


def _said(slot: int | None, tape: Tape, graph: Graph) -> str:
    from engine.printing import show

    if slot is None:
        return ""
    here = tape.slots[slot]
    return graph.names[here.name] if here.name in graph.names else show(here.expr, graph.names)


def _is_penalty(slot: int | None, tape: Tape) -> bool:
    waiting = [] if slot is None else [slot]
    seen: set[int] = set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        name = tape.slots[here].name
        if name is not None and name.startswith(PENALTIES) and tape.slots[here].op == "input":
            return True
        waiting.extend(tape.slots[here].args)
    return False


def relation(edit: Edit, tape: Tape, graph: Graph) -> tuple[str, str | None]:
    """How one name was taken for another: a neighbour, the wrong side of an activation, or something else."""
    assert edit.old is not None
    old = tape.slots[edit.old]
    old_key = old.name if old.name in graph.names else None
    if old.op == "index":
        base = tape.slots[old.args[0]].name
        if base == edit.name or (base in graph.names and edit.name in siblings(graph, str(base))):
            return "wrong-index", None
    if old_key is not None and edit.name in siblings(graph, old_key):
        return "wrong-index", None
    if old.op == "const":
        return "wrong-argument" if edit.name else "wrong-derivative", None
    for a, b in ((old_key, edit.name), (edit.name, old_key)):
        if a in graph.nodes and b in graph.names:
            slot = graph.slots[graph.slot_of[a]]
            if (slot.op in UNARY or slot.op == "softmax") and slot.args[0] == graph.slot_of[b]:
                return "wrong-argument", a
    return "wrong-name", None
