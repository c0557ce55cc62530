"""In which order rows are visited: engine/random.py's numbers and permutation, compiled.

Epoch e is shuffled from file order with the stream Random(seed, "shuffle") from number e·(n − 1) on, so an epoch's
order depends on seed and epoch alone, and a run that goes on later needs no other state.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import part
from engine.random import GAMMA, MIX_1, MIX_2
from engine.vector_memory import get, put

Pointer = Any


@part
def draw(key: Any, position: int) -> Any:
    """Number `position` (from 1) of the stream: 64 bits."""
    z = key + np.uint64(position) * np.uint64(GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return z ^ (z >> np.uint64(31))


@part
def shuffle(order: Pointer, rows: int, key: Any, epoch: int) -> None:
    """The order of this epoch (from 0), as Random.permutation makes it."""
    for row in range(rows):
        put(order, row, row)
    position = epoch * (rows - 1)
    for last in range(rows - 1, 0, -1):
        position += 1
        place = np.int64(((draw(key, position) >> np.uint64(32)) * np.uint64(last + 1)) >> np.uint64(32))
        row = get(order, last)
        put(order, last, get(order, place))
        put(order, place, row)


@part
def collect(goal: Pointer, source: Pointer, order: Pointer, rows: int, size: int) -> None:
    """Copy the rows named by `order` one behind the other."""
    for r in range(rows):
        row = source + get(order, r) * size
        for i in range(size):
            put(goal, r * size + i, get(row, i))
