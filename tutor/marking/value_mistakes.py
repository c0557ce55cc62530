"""Mistakes in computing a value: each small change of its definition, under the name of a fault."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.evaluate import lower
from engine.expression import Entry, Expr, Index, Name
from engine.faults import Candidate, cost
from engine.faults.edges import PENALTIES
from engine.faults.edit_kinds import edits_of
from engine.faults.edits import Edit, Tape
from engine.faults.sites import UNARY, siblings
from engine.graph import Graph
from engine.lead import LEAD, Array
from engine.points import Points
from engine.printing import show
from engine.trace import Reference
from tutor.marking.dropped_sums import dropped_sums

SHARES = ("softmax", "logsoftmax", "the division")
MOST_ENTRIES = 24
"""Of a larger array no single entry is taken for the answer."""


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
    yield from dropped_sums(tape, points.graph)
    if isinstance(expr, Name):
        yield from _slopes(expr.key, points)
    yield from _other_values(tape, points, _array_of(expr))


def _array_of(expr: Expr) -> str:
    """The key of the array that an entry is asked of; "" for anything else."""
    return expr.body.key if isinstance(expr, Index | Entry) and isinstance(expr.body, Name) else ""


def _other_values(tape: Tape, points: Points, array: str) -> Iterator[Candidate]:
    """The value of another node, or one of its entries, as the whole answer; of `array` an entry is asked for."""
    graph, shape = points.graph, tape.slots[tape.slot].shape
    for key in graph.nodes:
        value, own = points.at(key), graph.slots[graph.slot_of[key]].shape
        size = int(np.prod(own, dtype=int))
        if own == shape:
            entries = [(graph.names[key], value)]
        elif not shape and size <= MOST_ENTRIES:
            flat = value.reshape(*value.shape[:LEAD], -1)
            places = [",".join(map(str, np.unravel_index(j, own))) for j in range(size)]
            entries = [(f"{graph.names[key]}[{place}]", flat[..., j]) for j, place in enumerate(places)]
        else:
            continue
        for said, one in entries:
            fault, more = ("wrong-index", 0.0) if key == array else ("wrong-name", -0.2)
            yield Candidate(fault, key, one, cost(fault, more), None, f"the value of {said}")


def _slopes(key: str, points: Points) -> Iterator[Candidate]:
    """A derivative where a node's value is asked for: by one of its parents, or the gradient at the node."""
    graph = points.graph
    if key not in graph.nodes or graph.slots[graph.slot_of[key]].shape:
        return
    own, more = Reference(key, None), cost("derivative-not-value")
    for parent in graph.nodes[key].parents:
        if not graph.slots[graph.slot_of[parent]].shape:
            value = points.derivative(own, Reference(parent, None))
            said = f"∂{graph.names[key]}/∂{graph.names[parent]}"
            yield Candidate("derivative-not-value", key, value, more, None, said)
    if key != graph.output and not graph.slots[graph.slot_of[graph.output]].shape:
        value = points.derivative(Reference(graph.output, None), own)
        said = f"∂{graph.names[graph.output]}/∂{graph.names[key]}"
        yield Candidate("derivative-not-value", key, value, more + 0.05, None, said)


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
            return Candidate("sign", at, value, cost("sign", 0.3), None, said_on(edit.old, tape, graph))
        case "keep term":
            left_out = said_on(edit.old, tape, graph)
            fault = "missing-regulariser" if _is_penalty(edit.old, tape) else "missing-path"
            return Candidate(fault, at, value, cost(fault), None, f"the term {left_out}")
        case "keep":
            lost = f"the factor {said_on(edit.old, tape, graph)}"
            return Candidate("missing-factor", at, value, cost("missing-factor"), None, lost)
        case "bare":
            more = 0.3 if about not in SHARES else 0.5  # the scores in place of the shares: rather the wrong argument
            return Candidate("missing-factor", at, value, cost("missing-factor", more), None, about)
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
            return Candidate("missing-factor", at, value, cost("missing-factor", 0.7), None, f"the factor {about}")
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


def said_on(slot: int | None, tape: Tape, graph: Graph) -> str:
    """A slot of a tape as a student would write it; "" for none."""
    if slot is None:
        return ""
    here = tape.slots[slot]
    return (
        graph.names[here.name] if here.name is not None and here.name in graph.names else show(here.expr, graph.names)
    )


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
        if a is not None and b is not None and a in graph.nodes and b in graph.names:
            slot = graph.slots[graph.slot_of[a]]
            if (slot.op in UNARY or slot.op == "softmax") and b in graph.nodes[a].parents:
                return "wrong-argument", a
    return "wrong-name", None
