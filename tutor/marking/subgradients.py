"""At a kink any subgradient is right: whatever lies between the derivatives on the sides that meet there.

The other names still vary: `w/2` is a subgradient of w·relu(x) at x = 0 whatever w is, 1.3 is none where w is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.evaluate import evaluate
from engine.lead import Array
from engine.sampling import drawn, near

if TYPE_CHECKING:
    from engine.expression import Expr
    from engine.points import Points
    from tutor.marking.context import Target

PLACES = 6
AROUND = 64
DIRECTIONS = 64
SEED = 20_231_119
NEAR, FAR = 1e-8, 4.0
SLACK = 1e-6
ENOUGH = 8


def is_subgradient(expr: Expr, target: Target) -> bool:
    """Whether an answer is a convex combination of the sides of the lesson's kinks, at several places on them.

    Away from the kinks it has to stay between the slopes of their sides as well: w·x is 0 at the kink of w·relu(x) by
    chance only.
    """
    if not target.tied or not target.derivatives:
        return False
    places = _on_the_kinks(target)
    differs = False
    for i in range(places.count):
        here = _moved(target, places, i, np.zeros(1))
        around = _values(target, _moved(target, places, i, np.full(AROUND, NEAR)))
        given = _flat(evaluate(expr, here).value, 1)
        if len(around) < ENOUGH or given.shape[1] != around.shape[1] or not _within(given, around):
            return False
        differs |= bool(np.max(np.ptp(around, axis=0)) > SLACK * np.max(np.abs(around)))
        far = _moved(target, places, i, np.full(AROUND, FAR))
        slopes = _values(target, far)
        answers = _flat(evaluate(expr, far).value, AROUND)
        if len(slopes) >= ENOUGH and not _within(answers[np.isfinite(answers).all(axis=1)], slopes):
            return False
    return differs


def are_subgradients(entries: Array, slack: Array, target: Target) -> bool:
    """Whether the numbers of an array, each known to ±`slack`, are together a convex combination of the kinks' sides.

    Entry by entry is not enough: where two entries tie for the maximum, one slope is shared between them.
    """
    if not target.tied or not target.derivatives:
        return False
    around = _values(target, near(target.situation, AROUND, SEED))
    if len(around) < ENOUGH or around.shape[1] != len(entries):
        return False
    directions = _directions(len(entries))
    spread, own, loose = around @ directions, entries @ directions, slack @ np.abs(directions)
    return bool((own >= spread.min(axis=0) - loose).all() and (own <= spread.max(axis=0) + loose).all())


def _values(target: Target, points: Points) -> Array:
    """The right values at those points that have one."""
    found = _flat(target.value_at(points).value, points.count)
    return found[np.isfinite(found).all(axis=1)]


def _within(given: Array, hull: Array) -> bool:
    """Whether all rows lie in the convex hull of others, as far as a number of directions can tell.

    The directions are each entry, their sum, and random ones: what is outside sticks out along some of them.
    """
    directions = _directions(hull.shape[1])
    spread, own = hull @ directions, given @ directions
    slack = SLACK * max(float(np.abs(hull).max()), 1e-300)
    return bool(
        np.isfinite(own).all()
        and (own >= spread.min(axis=0) - slack).all()
        and (own <= spread.max(axis=0) + slack).all()
    )


def _directions(size: int) -> Array:
    random = np.random.default_rng(SEED).normal(size=(size, DIRECTIONS))
    return np.concatenate([np.eye(size), np.ones((size, 1)), random], axis=1)


def _on_the_kinks(target: Target) -> Points:
    """Places at which what leads to a kink is as in the lesson and everything else varies; the first is the lesson."""
    situation, graph = target.situation, target.home.graph
    bound = _inputs_of(target)
    found = drawn(situation, PLACES, SEED, branch=False)
    inputs = {}
    for key in situation.inputs:
        own = situation.stacked(key)
        others = found.values[graph.slot_of[key]][: found.count]
        others = np.broadcast_to(own, (found.count, *own.shape[1:])) if key in bound else others
        inputs[key] = np.concatenate([own, others])
    return situation.points(inputs)


def _inputs_of(target: Target) -> frozenset[str]:
    """The keys of the inputs that lead to an operation on its kink."""
    slots = target.home.graph.slots
    reached, waiting = set(target.tied), list(target.tied)
    while waiting:
        fresh = set(slots[waiting.pop()].args) - reached
        reached |= fresh
        waiting += fresh
    return frozenset(str(slots[i].name) for i in reached if slots[i].op == "input")


def _moved(target: Target, places: Points, i: int, widths: Array) -> Points:
    """One place, with what leads to a kink moved at random by up to these shares of its size."""
    random = np.random.default_rng(SEED + i)
    bound = _inputs_of(target)
    inputs = {}
    for key in target.situation.inputs:
        own = places.values[places.graph.slot_of[key]][i : i + 1]
        noise = random.uniform(-1.0, 1.0, (len(widths), *own.shape[1:]))
        share = widths.reshape(-1, *[1] * (own.ndim - 1)) * (key in bound)
        inputs[key] = own + share * noise * (0.5 + 0.5 * np.abs(own))
    return target.situation.points(inputs)


def _flat(value: Array, count: int) -> Array:
    return np.broadcast_to(value, (count, *value.shape[1:])).reshape(count, -1)
