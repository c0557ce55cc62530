"""A sum of which one term is left: Σ_i f(z_i) taken for f(z_1), a softmax whose normaliser is one exponential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

import numpy as np

from engine.batched import value_of
from engine.faults import Candidate, cost
from engine.faults.edits import Tape
from engine.graph import Graph
from engine.lead import Array

MAX_TERMS = 8
MAX_COMBINATIONS = 150
_SUMS = ("sum", "mean", "softmax", "dot")


def dropped_sums(tape: Tape, graph: Graph) -> Iterator[Candidate]:
    """The value with one term in place of one sum, or of several sums at once; about is "the sum" of a node."""
    counts = {i: count for i in tape.used if 2 <= (count := _terms(tape, i)) <= MAX_TERMS}
    slots = list(counts)[-4:]
    ways = product(*(range(-1, counts[i]) for i in slots))
    for way in islice(ways, MAX_COMBINATIONS):
        chosen = {i: term for i, term in zip(slots, way, strict=True) if term >= 0}
        if chosen:
            yield _told(chosen, _value(tape, chosen), graph)


def _terms(tape: Tape, i: int) -> int:
    """How many terms an operation adds up; 0 where it does not, or adds along one axis of several."""
    slot = tape.slots[i]
    if slot.op not in _SUMS or len(tape.slots[slot.args[0]].shape) != 1:
        return 0
    return tape.slots[slot.args[0]].shape[0]


def _value(tape: Tape, chosen: Mapping[int, int]) -> Array:
    new: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for i in tape.used:
            slot = tape.slots[i]
            if slot.args and (i in chosen or any(arg in new for arg in slot.args)):
                x = [new.get(arg, tape.values[arg]) for arg in slot.args]
                new[i] = value_of(slot, x) if i not in chosen else _one_term(slot.op, x, chosen[i])
    return new[tape.slot]


def _one_term(op: str, x: list[Array], term: int) -> Array:
    if op == "softmax":
        return np.exp(x[0] - x[0][..., term : term + 1])
    if op == "dot":
        return x[0][..., term] * x[1][..., term]
    return x[0][..., term]


def _told(chosen: Mapping[int, int], value: Array, graph: Graph) -> Candidate:
    owners = {i: node.key for node in graph.nodes.values() for i in node.slots}
    places = list(dict.fromkeys(owners[i] for i in sorted(chosen, reverse=True) if i in owners))
    at = places[0] if places else None
    about = "the sum" if len(places) == 1 else f"the sums in {' and '.join(graph.names[key] for key in places)}"
    more = 0.1 + 0.3 * (len(chosen) - 1)
    return Candidate("missing-path", at, value, cost("missing-path", more), None, about)
