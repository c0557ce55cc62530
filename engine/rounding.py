"""First-order bounds of rounding errors, carried along the tape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.batched import ROWS, slope_of
from engine.batched_arrays import BATCHED
from engine.lead import LEAD, Array, aligned
from engine.lowering import Slot
from engine.ops import OPS

EPS = float(np.finfo(float).eps)


def error_bounds(slots: Sequence[Slot], values: Sequence[Array], errors: list[Array]) -> list[Array]:
    """First-order bounds of the rounding error of every slot, continued from `errors` of the first ones."""
    with np.errstate(all="ignore"):
        for i in range(len(errors), len(slots)):
            errors.append(_bound(slots[i], values[i], slots[i].args, values, errors))
    return errors


def _bound(slot: Slot, y: Array, args: Sequence[int], values: Sequence[Array], errors: Sequence[Array]) -> Array:
    own = EPS * np.abs(y)
    if slot.op in ROWS:
        return own + ROWS[slot.op](slot, errors[args[0]] + 4 * EPS * np.abs(values[args[0]]))
    if not args:
        return own if slot.op == "const" else own * 0.0
    if OPS[slot.op].elementwise:
        x, rank = [values[arg] for arg in args], len(slot.shape)
        for k, arg in enumerate(args):
            if slot.op == "pow" and k == 1:
                continue  # an exponent is nearly always an exact constant
            slope = np.abs(slope_of(slot, y, x, k))
            own = own + np.where(np.isfinite(slope), slope, 0.0) * aligned(errors[arg], rank)
        return own
    if slot.op in {"matmul", "dot", "outer"}:
        a, b = (np.abs(values[arg]) for arg in args)
        product = BATCHED[slot.op].value
        spread = product(slot, a, errors[args[1]] + 4 * EPS * b) + product(slot, errors[args[0]], b)
        return own + spread
    if slot.op in {"transpose", "index", "stack"}:
        return own + BATCHED[slot.op].value(slot, *(errors[arg] for arg in args))
    if slot.op == "sum":
        return BATCHED["sum"].value(slot, errors[args[0]] + 4 * EPS * np.abs(values[args[0]]))
    worst = [errors[arg] + 4 * EPS * np.abs(values[arg]) for arg in args]
    largest = np.zeros((1,) * LEAD)
    for e in worst:
        largest = largest + e.reshape(*e.shape[:LEAD], -1).max(axis=-1)
    return own + aligned(largest, len(slot.shape))
