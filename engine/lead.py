"""Arrays with three leading axes, points × rows × channels, before the axes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LEAD = 3
"""Leading axes: points, rows, channels."""

Array = Any

Arrays = Sequence[Array]


def aligned(x: Array, rank: int) -> Array:
    """`x` with axes of length 1 put between the leading ones and its own, so that it has `rank` axes of its own."""
    own = x.ndim - LEAD
    return x if own >= rank else x.reshape(x.shape[:LEAD] + (1,) * (rank - own) + x.shape[LEAD:])


def total(x: Array) -> Array:
    """`x` summed over its own axes."""
    return x.reshape(*x.shape[:LEAD], -1).sum(axis=-1)


def shrunk(g: Array, shape: tuple[int, ...]) -> Array:
    """A gradient summed over the axes along which an argument of `shape` was repeated."""
    extra = g.ndim - LEAD - len(shape)
    if extra > 0:
        g = g.sum(axis=tuple(range(LEAD, LEAD + extra)))
    repeated = tuple(LEAD + i for i, n in enumerate(shape) if n == 1 and g.shape[LEAD + i] != 1)
    return g.sum(axis=repeated, keepdims=True) if repeated else g
