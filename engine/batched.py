"""The tape at many points at once: forward pass, gradients from above, tangents from below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engine.batched_arrays import batched_of
from engine.lead import LEAD, Array, Arrays, aligned, shrunk
from engine.lowering import Slot
from engine.ops import OPS


def _over_rows(slot: Slot, x: Array) -> Array:
    """Σ over the rows of data: the second of the leading axes."""
    count = dict(slot.options)["count"]
    return np.broadcast_to(x, (x.shape[0], count, *x.shape[2:])).sum(axis=1, keepdims=True)


ROWS: dict[str, Callable[[Slot, Array], Array]] = {
    "rows": _over_rows,
    "rows mean": lambda slot, x: _over_rows(slot, x) / dict(slot.options)["count"],
}
"""Operations that only answers have: a sum and a mean over the rows of data."""


def value_of(slot: Slot, x: Arrays) -> Array:
    """The value of one operation from its arguments' values."""
    if slot.op in ROWS:
        return ROWS[slot.op](slot, x[0])
    rule = OPS[slot.op]
    if rule.elementwise:
        rank = len(slot.shape)
        return np.asarray(rule.value(np, *(aligned(a, rank) for a in x)), dtype=float)
    return batched_of(slot.op).value(slot, *x)


def slope_of(slot: Slot, y: Array, x: Arrays, i: int) -> Array:
    """The local derivative of an elementwise operation by argument i, entry by entry."""
    rank = len(slot.shape)
    return np.asarray(OPS[slot.op].slopes[i](np, y, *(aligned(a, rank) for a in x)), dtype=float)


def push_of(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
    """The tangent of one operation from its arguments' tangents (None: none)."""
    if not OPS[slot.op].elementwise:
        return batched_of(slot.op).push(slot, y, x, dx)
    rank = len(slot.shape)
    parts = [slope_of(slot, y, x, i) * aligned(d, rank) for i, d in enumerate(dx) if d is not None]
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    lead = found.shape[:LEAD]
    return np.broadcast_to(found, (*lead, *slot.shape))


def pull_of(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    """What one operation hands back to argument i for the gradient g of its output."""
    if not OPS[slot.op].elementwise:
        return batched_of(slot.op).pull(slot, g, y, x, i)
    return shrunk(g * slope_of(slot, y, x, i), x[i].shape[LEAD:])


def forward(slots: Sequence[Slot], values: list[Array], start: int = 0) -> list[Array]:
    """`values` (the inputs, and everything before `start`) completed to the value of every slot."""
    with np.errstate(all="ignore"):
        for i in range(start, len(slots)):
            slot = slots[i]
            if slot.op == "const":
                values.append(np.full((1,) * LEAD, slot.const))
            elif slot.op != "input":
                values.append(value_of(slot, [values[arg] for arg in slot.args]))
            elif i >= len(values):
                raise AssertionError(f"input {slot.name} has no value")
    return values


def gradients(
    slots: Sequence[Slot], values: Sequence[Array], seeds: Mapping[int, Array], stop: int = 0
) -> list[Array | None]:
    """Reverse pass from the seeded slots down to slot `stop`; None where nothing comes back."""
    found: list[Array | None] = [None] * len(slots)
    for i, seed in seeds.items():
        found[i] = seed
    with np.errstate(all="ignore"):
        for i in range(max(seeds), stop - 1, -1):
            g, slot = found[i], slots[i]
            if g is None:
                continue
            x = [values[arg] for arg in slot.args]
            for k, arg in enumerate(slot.args):
                if slots[arg].op != "const" and arg >= stop:
                    share = pull_of(slot, g, values[i], x, k)
                    before = found[arg]
                    found[arg] = share if before is None else before + share
    return found


def tangents(slots: Sequence[Slot], values: Sequence[Array], start: int, seed: Array) -> list[Array | None]:
    """Forward-mode derivatives of every slot along `seed` of slot `start`; None where it has no influence."""
    found: list[Array | None] = [None] * len(slots)
    found[start] = seed
    with np.errstate(all="ignore"):
        for i in range(start + 1, len(slots)):
            slot = slots[i]
            dx = [found[arg] for arg in slot.args]
            if any(d is not None for d in dx):
                found[i] = push_of(slot, values[i], [values[arg] for arg in slot.args], dx)
    return found


def units(shape: tuple[int, ...], entry: int | None = None) -> Array:
    """Channels × shape: 1 at one entry each (all entries, or just `entry`)."""
    size = int(np.prod(shape, dtype=int))
    rows = np.eye(size) if entry is None else np.eye(size)[entry : entry + 1]
    return rows.reshape(1, 1, -1, *shape)
