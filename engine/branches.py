"""Which side of its kink every operation is on: relu, max, min, abs, step and round have one."""

from __future__ import annotations

import numpy as np

from engine.lead import LEAD, Array
from engine.ops import OPS
from engine.points import Points


def kinks(points: Points) -> list[int]:
    """The slots of operations that have a kink."""
    return [i for i, s in enumerate(points.graph.slots) if s.op in OPS and OPS[s.op].side is not None]


def sides_at_home(home: Points) -> dict[int, tuple[Array, Array]]:
    """`sides` of the lesson's own values, where a distance that may be nothing but rounding is 0: 3·0.1 − 0.3 is."""
    found = {}
    for i, (side, distance) in sides(home).items():
        slot = home.graph.slots[i]
        noise: Array | float = 0.0
        for arg in slot.args:
            error = home.errors[arg]
            whole = not OPS[slot.op].elementwise and error.ndim > LEAD
            noise = noise + (error.reshape(*error.shape[:LEAD], -1).max(axis=-1) if whole else error)
        found[i] = (side, np.where(distance <= noise, 0.0, distance))
    return found


def sides(points: Points) -> dict[int, tuple[Array, Array]]:
    """For every operation with a kink: which side it is on, and its distance from the kink, entry by entry."""
    found: dict[int, tuple[Array, Array]] = {}
    with np.errstate(all="ignore"):
        for i in kinks(points):
            slot = points.graph.slots[i]
            x = [points.values[arg] for arg in slot.args]
            if OPS[slot.op].elementwise:
                side = np.asarray(OPS[slot.op].side(np, *x))  # type: ignore[misc]
                distance = np.abs(x[0] - x[1]) if len(x) == 2 else np.abs(x[0])
                if slot.op == "round":
                    distance = np.abs(x[0] - np.floor(x[0]) - 0.5)
            else:
                flat = x[0].reshape(*x[0].shape[:LEAD], -1)
                side = flat.argmax(axis=-1) if slot.op == "largest" else flat.argmin(axis=-1)
                ordered = np.sort(flat, axis=-1)
                pair = (-1, -2) if slot.op == "largest" else (0, 1)
                distance = np.abs(ordered[..., pair[0]] - ordered[..., pair[1] if flat.shape[-1] > 1 else pair[0]])
                if flat.shape[-1] == 1:
                    distance = distance + 1.0
            found[i] = (side, distance)
    return found


def at_kink(home: Points) -> list[int]:
    """The operations that are at their kink, but for rounding."""
    return [i for i, (_, distance) in sides_at_home(home).items() if (distance <= 0).any()]


def left_branch(home: Points, points: Points) -> dict[int, Array]:
    """For every operation with a kink: at which points it is on another side than at home (in any row or entry)."""
    found: dict[int, Array] = {}
    own = sides(home)
    for i, (side, _) in sides(points).items():
        other = np.broadcast_to(side != own[i][0], (points.count, *side.shape[1:]))
        found[i] = other.reshape(points.count, -1).any(axis=1)
    return found
