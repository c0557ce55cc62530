"""Steps of gradient descent, and the same step taken the wrong way: up the gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.expression import Entry, Expr, Index, Name, Number, names_in, walk
from engine.faults import Candidate, cost
from engine.lead import Array
from engine.points import Points
from tutor.marking.context import Target

RATES = ("eta", "lr", "rate", "alpha", "step")
"""How the names of learning rates begin."""
MOST_ENTRIES = 200


def ascents(
    answer: Array, right: Array, points: Points, target: Target, said: Expr | None = None
) -> Iterator[Candidate]:
    """A step in the other direction: `answer` and `right` (points × entries) lie on both sides of the weight.

    `said` is the answer's formula, if it is one.
    """
    middle = (answer + right) / 2
    if not _is_step(target, said) or (points.rows and middle.shape[1] == points.row_count):
        return
    for key in (*points.graph.given, *points.graph.weights):
        if key in points.shared and any(_is(own, middle) for own in _wholes_and_entries(points.at(key), middle)):
            yield Candidate("ascent", key, answer, cost("ascent"))
            return


def _is_step(target: Target, said: Expr | None) -> bool:
    """Whether a weight's next value is asked for: a derivative or a learning rate stands in it, or a share as one."""
    if target.is_derivative:
        return False
    if not target.is_value:
        return True
    rule = _rule(target)
    names = {*names_in(rule), *(names_in(said) if said is not None else ())}
    shares = any(isinstance(here, Number) and 0 < here.value < 1 for here in walk(rule))
    return shares or any(name.startswith(RATES) for name in names)


def _rule(target: Target) -> Expr:
    """What is asked for; for a node its formula."""
    graph = target.context.graph
    whole = target.expr.body if isinstance(target.expr, Index | Entry) else target.expr
    if isinstance(whole, Name) and graph is not None and whole.key in graph.nodes:
        return graph.nodes[whole.key].expr
    return target.expr


def _wholes_and_entries(value: Array, like: Array) -> Iterator[Array]:
    """A name's values as points × entries, where they are as many; else each of its entries by itself."""
    flat = np.broadcast_to(value, (len(like), *value.shape[1:])).reshape(len(like), -1)
    if flat.shape == like.shape:
        yield flat
    if like.shape[1] == 1:
        yield from (flat[:, j : j + 1] for j in range(min(flat.shape[1], MOST_ENTRIES)))


def _is(own: Array, middle: Array) -> bool:
    return bool(np.any(own) and np.allclose(own, middle, rtol=1e-9, atol=1e-12))
