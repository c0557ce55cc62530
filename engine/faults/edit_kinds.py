"""What may be changed in a computation: a name for another, a sign, a factor or term more or less."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from engine.batched import ROWS, slope_of
from engine.faults.edits import Edit, Tape
from engine.faults.sites import UNARY, other_entries, said
from engine.lead import LEAD, Array, aligned
from engine.lowering import Slot
from engine.ops import OPS
from engine.points import Points

MAX_CHANNELS = 6_000

MAX_FLOATS = 4_000_000
FEWEST = 12

CONSTANTS = (0.0, 1.0, 2.0, 0.5, -1.0, 3.0)

FUNCTIONS = ("sigmoid", "exp", "log", "tanh", "relu", "sqrt")


def edits_of(tape: Tape, points: Points, leaves: bool = True) -> list[Edit]:
    """Every small change of a computation, at most `MAX_CHANNELS`; none where its arrays are too large for many."""
    size = points.count * points.row_count
    entries = max((int(np.prod(tape.slots[i].shape, dtype=int)) for i in tape.used), default=1)
    most = min(MAX_CHANNELS, MAX_FLOATS // size // entries // max(1, len(tape.used)) * 4)
    if most < FEWEST:
        return []
    with np.errstate(all="ignore"):
        return list(islice(_all(tape, points, leaves), most))


def _all(tape: Tape, points: Points, leaves: bool) -> Iterator[Edit]:
    yield from _structure(tape, points)
    if leaves:
        yield from _names(tape, points)
    yield from _factors(tape, points)


def _structure(tape: Tape, points: Points) -> Iterator[Edit]:
    """Signs, terms and factors left out, functions left out."""
    for i in tape.used:
        slot = tape.slots[i]
        if slot.args:
            about = said(points.graph, i) if i < len(points.graph.slots) else ""
            x = [aligned(tape.values[arg], len(slot.shape)) for arg in slot.args]
            yield from _STRUCTURE.get(slot.op, _function if slot.op in UNARY else _nothing)(tape, i, x, about)
            if slot.op != "neg":
                yield Edit("sign", ((i, None),), -tape.values[i], about, old=i)
    root = tape.values[tape.slot]
    for op in FUNCTIONS:
        yield Edit("function", ((tape.slot, None),), np.asarray(OPS[op].value(np, root)), op)
    if bool(np.all((root > 0) & (root < 1))):  # shares and probabilities: elsewhere 1 minus it means nothing
        yield Edit("function", ((tape.slot, None),), 1.0 - root, "1 minus it")


def _nothing(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    yield from ()


def _function(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    yield Edit("bare", ((i, None),), x[0], tape.slots[i].op, old=i)


def _terms(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    """The second term's sign turned; either term left out."""
    slot = tape.slots[i]
    adds = slot.op == "add"
    yield Edit("sign", ((i, None),), x[0] - x[1] if adds else x[0] + x[1], about, old=slot.args[1])
    for k in range(2):
        kept = x[k] if adds or k == 0 else -x[k]
        whole = kept + 0.0 * tape.values[i]
        yield Edit("keep term", ((i, None),), whole, about, old=slot.args[1 - k], new=slot.args[k])


def _products(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    """Either factor left out; a division taken for a product."""
    slot = tape.slots[i]
    for k in range(2) if slot.op == "mul" else (0,):
        kept = x[k] + 0.0 * tape.values[i]
        yield Edit("keep", ((i, None),), kept, about, old=slot.args[1 - k], new=slot.args[k])
    if slot.op == "div":
        yield Edit("keep", ((i, None),), x[0] * x[1], about, old=slot.args[1])


def _shares(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    """The scores themselves, or their exponentials before they are divided by the sum."""
    yield Edit("bare", ((i, None),), x[0], tape.slots[i].op, old=i)
    if tape.slots[i].op == "softmax":
        yield Edit("bare", ((i, None),), np.exp(x[0]), "the division", old=i)


def _power(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    yield Edit("bare", ((i, None),), x[0] + 0.0 * tape.values[i], "the power", old=i)


def _minus(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    yield Edit("sign", ((i, None),), x[0], about, old=i)


def _counted(tape: Tape, i: int, x: list[Array], about: str) -> Iterator[Edit]:
    """A mean taken for a sum, and the reverse."""
    slot, y = tape.slots[i], tape.values[i]
    count = dict(slot.options).get("count") if slot.op in ROWS else None
    if count is None and not slot.options:
        count = int(np.prod(tape.slots[slot.args[0]].shape, dtype=int))
    if count is not None:
        is_mean = slot.op in {"mean", "rows mean"}
        yield Edit("count", ((i, None),), y * count if is_mean else y / count, "N" if is_mean else "1/N", old=i)


_STRUCTURE: dict[str, Callable[[Tape, int, list[Array], str], Iterator[Edit]]] = {
    "add": _terms,
    "sub": _terms,
    "mul": _products,
    "div": _products,
    "pow": _power,
    "neg": _minus,
    **dict.fromkeys(("softmax", "logsoftmax"), _shares),
    **dict.fromkeys(("sum", "mean", *ROWS), _counted),
}


def _leaf_places(tape: Tape) -> dict[int, list[tuple[int, int | None]]]:
    """Where names, entries and constants stand in the computation."""
    found: dict[int, list[tuple[int, int | None]]] = {}
    for i in tape.used:
        for k, arg in enumerate(tape.slots[i].args):
            leaf = arg < tape.start or tape.slots[arg].op in {"const", "index", "input"}
            if leaf and tape.slots[i].op != "index":
                found.setdefault(arg, []).append((i, k))
    return found


def _names(tape: Tape, points: Points) -> Iterator[Edit]:
    """Another name, entry or constant where one stands: everywhere, and at each place."""
    groups: dict[tuple[str, Any], list[tuple[int, list[tuple[int, int | None]]]]] = {}
    for leaf, places in _leaf_places(tape).items():
        slot = tape.slots[leaf]
        key: tuple[str, Any] = ("name", slot.name) if slot.name else ("const", slot.const)
        if slot.op == "index":
            key = ("index", (slot.args, slot.options))
        groups.setdefault(key, []).append((leaf, places))
    for members in groups.values():
        leaf = members[0][0]
        everywhere = tuple(place for _, places in members for place in places)
        spots = [everywhere] if len(everywhere) == 1 else [everywhere, *((place,) for place in everywhere[:12])]
        for about, new, name, value in _others(tape, points, leaf):
            for spot in spots:
                yield Edit("name", spot, value, about, leaf, new, name)


def _others(tape: Tape, points: Points, leaf: int) -> Iterator[tuple[str, int | None, str, Array]]:
    """What may stand in place of a leaf: about, slot, key of the name, value."""
    graph, slot = points.graph, tape.slots[leaf]
    if slot.op == "index" and slot.args[0] < len(graph.slots):
        shifted = Points(graph, list(tape.values[: len(graph.slots)]), points.rows, points.mean, points.shared)
        name = graph.slots[slot.args[0]].name or ""
        for about, value in other_entries(_Entries(shifted, slot).points, _Entries(shifted, slot).slot):
            yield about, None, name, value
    for key, spelling in graph.names.items():
        here = graph.slot_of[key]
        shape = graph.slots[here].shape
        if here == leaf:
            continue
        if shape == slot.shape:
            yield spelling, here, key, points.values[here]
        elif not slot.shape and len(shape) == 1 and shape[0] <= 8 and slot.op in {"const", "index", "input"}:
            for j in range(shape[0]):
                yield f"{spelling}[{j}]", None, key, points.values[here][..., j]
    if not slot.shape:
        for constant in CONSTANTS:
            if constant != slot.const:
                yield f"{constant:g}", None, "", np.full((1,) * LEAD, constant)


class _Entries:
    """An entry of the answer's tape as if it were the graph's, so that its neighbours can be listed."""

    def __init__(self, points: Points, slot: Slot) -> None:
        from dataclasses import replace

        graph = replace(points.graph, slots=(*points.graph.slots, slot))
        self.points = replace(points, graph=graph, values=[*points.values, points.values[slot.args[0]]])
        self.slot = len(graph.slots) - 1


def _factors(tape: Tape, points: Points) -> Iterator[Edit]:
    """A factor more or less, a term more: slopes of functions, names, entries."""
    quantities = [q for q in _quantities(points) if q[3].shape[0] == 1 or np.ptp(q[3], axis=0).any()]
    places = [i for i in tape.used if tape.slots[i].op not in {"const", "input"}]
    for i in dict.fromkeys([tape.slot, *reversed(places)]):
        y = tape.values[i]
        for kind, about, slot, q in quantities:
            if (q.ndim != LEAD and q.shape[LEAD:] != y.shape[LEAD:]) or q.shape[1] > y.shape[1]:
                continue
            wide = q if q.ndim == y.ndim else q.reshape(q.shape[:LEAD] + (1,) * (y.ndim - LEAD))
            if not about.startswith("the slope"):
                yield Edit("times", ((i, None),), y * wide, about, new=slot, name=kind)
            if i == tape.slot:
                yield Edit("over", ((i, None),), y / wide, about, new=slot, name=kind)
                if kind != "slope":
                    yield Edit("plus", ((i, None),), y + wide, about, new=slot, name=kind)
                    yield Edit("minus", ((i, None),), y - wide, about, new=slot, name=kind)


def _quantities(points: Points) -> Iterator[tuple[str, str, int, Array]]:
    """What a student may multiply by or add: kind (slope, name, entry, rest), how it is said, slot, value."""
    graph = points.graph
    for i, slot in enumerate(graph.slots):
        if slot.op in UNARY and slot.op not in {"step", "round"}:
            slope = slope_of(slot, points.values[i], [points.values[slot.args[0]]], 0)
            yield "slope", said(graph, i), i, np.broadcast_to(slope, points.values[i].shape)
    functions = {
        slot.op for slot in graph.slots if slot.op in UNARY and slot.op not in {"step", "round", "relu", "abs"}
    }
    for key, spelling in graph.names.items():
        i = graph.slot_of[key]
        shape = graph.slots[i].shape
        for op in sorted(functions) if not shape else ():
            y = OPS[op].value(np, points.values[i])
            yield "slope", f"the slope of {op} at {spelling}", i, np.asarray(OPS[op].slopes[0](np, y, points.values[i]))
        yield "name", spelling, i, points.values[i]
        if graph.slots[i].op in {"sigmoid", "softmax"}:
            yield "rest", f"1 - {spelling}", i, 1.0 - points.values[i]
        size = int(np.prod(shape, dtype=int))
        if shape and size <= 24:
            flat = points.values[i].reshape(*points.values[i].shape[:LEAD], -1)
            for j in range(size):
                label = ",".join(str(k) for k in np.unravel_index(j, shape))
                yield "entry", f"{spelling}[{label}]", i, flat[..., j]
    for i, slot in enumerate(graph.slots):
        if slot.name is None and slot.op not in {"const", "index", "input"} and not slot.shape:
            yield "part", said(graph, i), i, points.values[i]
