"""Every wrong answer that a common mistake gives to one question, worked out once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError
from engine.evaluate import evaluate
from engine.expression import Call, Derivative, Expr, walk
from engine.faults import Candidate, cost
from engine.faults.all_mistakes import all_mistakes
from engine.faults.paths import Paths
from engine.lead import Array
from engine.points import Points
from engine.printing import show
from engine.trace import to_reference
from tutor.marking.value_mistakes import value_mistakes

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
    for candidate in all_mistakes(paths):
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
        yield from _gradient_alone(derivative, points)
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


def _gradient_alone(derivative: Derivative, points: Points) -> Iterator[Candidate]:
    """The derivative itself, of an update that goes on from it."""
    value = evaluate(derivative, points).value
    more = cost("derivative-not-value", -0.2)
    yield Candidate("derivative-not-value", None, value, more, None, show(derivative, points.graph.names))


def _derivatives(expr: Expr) -> Iterator[Derivative]:
    return (here for here in walk(expr) if isinstance(here, Derivative))
