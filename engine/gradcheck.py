"""Finite differences: the outside proof of every gradient.

A five-point central difference has a truncation error of h⁴ f⁽⁵⁾/30 and a rounding error of about ε|f|/h; both are
smallest near h = ε^(1/5) (Press et al., "Numerical Recipes", section 5.7). A step that would cross a kink is made
smaller; where the point itself is on a kink there is nothing to compare, and the place is reported instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.graph import Graph
from engine.tape import Values, compute, quiet, sides
from engine.trace import Trace

STEP = 2.0**-10
"""About ε^(1/5), and a power of two so that x ± h is exact for most x."""
MOST = 400
"""At most so many entries are checked; spread evenly over all of them."""
LEAST = 8
WORK = 4e7
"""About so many numbers are computed before fewer entries than MOST are checked (a second or less)."""
SMALLER = 2.0**-10
TRIES = 3


@dataclass(frozen=True)
class GradientCheck:
    """The largest relative error, where it is, and the entries that stand on a kink and were not compared."""

    max_relative_error: float
    worst: str | None
    checked: int
    at_kinks: tuple[str, ...]


def check_gradients(trace: Trace) -> GradientCheck:
    """Compares ∂output/∂input with finite differences, for every entry of the givens and weights.

    Paper arithmetic is left aside: the exact graph is checked. The error of an entry is |a − n| over the larger of
    |a|, |n| and a millionth of the largest gradient (or of the output's size, for the rounding of n).
    """
    graph = trace.graph
    exact = Trace.of(graph, {key: trace.value(key) for key in [*graph.given, *graph.weights]})
    found: list[tuple[str, float, float]] = []
    kinks: list[str] = []
    probe = _Probe(exact)
    for key, entry, label in _entries(graph):
        analytic = _at(exact.gradient(key), entry)
        numeric = probe.slope(graph.slot_of[key], entry)
        if numeric is None:
            kinks.append(label)
        else:
            found.append((label, analytic, numeric))
    floor = 1e-6 * max([abs(a) for _, a, _ in found] + [abs(float(exact.values[exact.output])), 1e-300])
    worst, at = 0.0, None
    for label, a, n in found:
        error = _relative(a, n, floor)
        if not error <= worst:
            worst, at = error, label
        if math.isnan(worst):
            break  # nothing is worse, and every comparison with it is false
    return GradientCheck(worst, at, len(found), tuple(kinks))


def _relative(a: float, n: float, floor: float) -> float:
    """|a − n| over the largest of |a|, |n| and `floor`; nan where any of them is, which max() would hide."""
    if a == n:
        return 0.0
    if math.isnan(a + n + floor):
        return math.nan
    return abs(a - n) / max(abs(a), abs(n), floor)


def _entries(graph: Graph) -> Iterator[tuple[str, int, str]]:
    every: list[tuple[str, int, str]] = []
    for key in [*graph.given, *graph.weights]:
        shape = graph.slots[graph.slot_of[key]].shape
        size = 1
        for n in shape:
            size *= n
        name = graph.names[key]
        every += [(key, i, f"{name}[{i}]" if shape else name) for i in range(min(size, 100_000))]
    most = min(MOST, max(LEAST, int(WORK / (4.0 * _cost(graph)))))
    stride = -(-len(every) // most) or 1
    yield from every[::stride]


def _cost(graph: Graph) -> float:
    """How many numbers a forward pass computes; one of a matrix product counts as its inner length (64 at a time)."""
    cost = 1.0
    for slot in graph.slots:
        size = math.prod(slot.shape)
        inner = graph.slots[slot.args[0]].shape[-1] if slot.op == "matmul" else 64
        cost += size * max(1.0, inner / 64)
    return cost


def _at(value: Any, entry: int) -> float:
    return float(value.flat[entry]) if hasattr(value, "flat") else float(value)


class _Probe:
    """Evaluates the output with one entry of one input moved, recomputing only what depends on it."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.slots = trace.graph.slots
        self.side = sides(self.slots, trace.values)
        self.kinked = bool(self.side)
        self._after: dict[int, list[int]] = {}

    def slope(self, slot: int, entry: int) -> float | None:
        """∂output/∂entry by finite differences; None on a kink."""
        x = _at(self.trace.values[slot], entry)
        h = STEP * max(1.0, abs(x))
        for _ in range(TRIES):
            found = self.five_points(slot, entry, x, h)
            if found is not None:
                return found
            h *= SMALLER
        return None

    def five_points(self, slot: int, entry: int, x: float, h: float) -> float | None:
        f = []
        for k in (-2.0, -1.0, 1.0, 2.0):
            value = self.moved(slot, entry, x + k * h)
            if value is None:
                return None
            f.append(value)
        return (f[0] - f[3] + 8.0 * (f[2] - f[1])) / (12.0 * h)

    def moved(self, slot: int, entry: int, x: float) -> float | None:
        """The output at another value of the entry, or None on another side of a kink."""
        values: Values = list(self.trace.values)
        if self.slots[slot].shape:
            values[slot] = values[slot].copy()
            values[slot].flat[entry] = x
        else:
            values[slot] = x
        with quiet(self.slots):
            for i in self.after(slot):
                values[i] = compute(self.slots, self.slots[i], values)
        if self.kinked and sides(self.slots, values) != self.side:
            return None
        return float(values[self.trace.output])

    def after(self, slot: int) -> list[int]:
        """The operations that depend on `slot`, in order."""
        if slot not in self._after:
            touched = {slot}
            for i in range(slot + 1, len(self.slots)):
                if not touched.isdisjoint(self.slots[i].args):
                    touched.add(i)
            self._after[slot] = sorted(touched - {slot})
        return self._after[slot]
