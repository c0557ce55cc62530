"""The end of the network: from its last layer to the loss of each row, and back.

z are the last layer's numbers for a block of rows: weighted sums where loss and activation are taken
together (the first three heads of losses.py), activated values otherwise. `targets` has `units` numbers a
row without padding; vectors read over a row's end, and what they find there goes into padding that is
cleared.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from engine.jit import inlined, merged, part
from engine.kernels.layers import clear, row_maximum, softmax_rows
from engine.kernels.tiles import width
from engine.losses import (
    PLAIN_BCE,
    PLAIN_SQUARED_ERROR,
    SIGMOID_BCE,
    SIGMOID_CROSS_ENTROPY,
    SOFTMAX_CROSS_ENTROPY,
)
from engine.simd import double, rounded_like, select, total
from engine.vector_math import bce_of_sum, exp, log, log1p, sigmoid, softplus
from engine.vector_memory import get, load, put, store

Pointer = Any


@part
def start_backward(  # noqa: PLR0913
    head: int,
    z: Pointer,
    d: Pointer,
    targets: Pointer,
    scratch: Pointer,
    rows: int,
    units: int,
    wide: int,
    scale: float,
) -> None:
    """d = scale · ∂loss/∂z of every row."""
    if head == SIGMOID_BCE and units == 1:
        one_sigmoid(z, d, targets, scratch, rows, wide, scale)
        return
    if head == SOFTMAX_CROSS_ENTROPY:
        for i in range(0, rows * wide, width(z)):
            store(d, i, load(z, i))
        softmax_rows(d, rows, units, wide)
    for r in range(rows):
        at_z, at_d, at_t = z + r * wide, d + r * wide, targets + r * units
        mass = mass_of(at_t, units) if head == SOFTMAX_CROSS_ENTROPY else 0.0
        for i in range(0, wide, width(z)):
            x, t = double(load(at_z, i)), double(load(at_t, i))
            if head == SIGMOID_BCE:
                change = sigmoid(x) - t
            elif head == SOFTMAX_CROSS_ENTROPY:
                change = double(load(at_d, i)) * mass - t
            elif head == SIGMOID_CROSS_ENTROPY:
                change = t * -sigmoid(-x)
            elif head == PLAIN_SQUARED_ERROR:
                change = 2.0 * (x - t)
            elif head == PLAIN_BCE:
                change = bce_slope(x, t)
            else:
                change = x * 0.0
            store(at_d, i, rounded_like(change * scale, load(at_z, i)))
        clear(at_d, units, wide)


@inlined
def bce_slope(p: Any, t: Any) -> Any:
    """−t/p + (1−t)/(1−p). A term of weight 0 does not count, so that a prediction of exactly 0 or 1 that is right has
    a slope; between, one fraction loses no digits where p is near t."""
    above = select(t == 0.0, 1.0, select(t == 1.0, -1.0, p - t))
    return above / (select(t == 0.0, 1.0, p) * select(t == 1.0, 1.0, 1.0 - p))


@inlined
def mass_of(targets: Pointer, units: int) -> float:
    """The targets of one row, added up: 1 where they are probabilities."""
    mass = 0.0
    for i in range(units):
        mass += double(get(targets, i))
    return mass


@merged
def one_sigmoid(z: Pointer, d: Pointer, targets: Pointer, scratch: Pointer, rows: int, wide: int, scale: float) -> None:
    """The same for a single sigmoid unit: the rows are brought side by side first, so that lanes are not wasted."""
    for r in range(rows):
        put(scratch, r, get(z, r * wide))
    for i in range(0, rows, width(z)):
        x = load(scratch, i)
        change = sigmoid(double(x)) - double(load(targets, i))
        store(scratch, i, rounded_like(change * scale, x))
    for r in range(rows):
        put(d, r * wide, get(scratch, r))


@part
def block_loss(head: int, z: Pointer, targets: Pointer, scratch: Pointer, rows: int, units: int, wide: int) -> float:
    """The sum of the rows' losses."""
    if head == SIGMOID_BCE and units == 1:
        return one_sigmoid_loss(z, targets, scratch, rows, wide)
    result = 0.0
    for r in range(rows):
        result += row_loss(head, z + r * wide, targets + r * units, units)
    return result


@merged
def one_sigmoid_loss(z: Pointer, targets: Pointer, scratch: Pointer, rows: int, wide: int) -> float:
    """Σ bce over the rows, which are brought side by side."""
    for r in range(rows):
        put(scratch, r, get(z, r * wide))
    for i in range(0, rows, width(z)):
        x = load(scratch, i)
        store(scratch, i, rounded_like(bce_of_sum(double(x), double(load(targets, i))), x))
    for r in range(rows, rows + width(z)):
        put(scratch, r, 0.0)
    result = double(load(scratch, 0))
    for i in range(width(z), rows, width(z)):
        result += double(load(scratch, i))
    return total(result)


@merged
def row_loss(head: int, z: Pointer, targets: Pointer, units: int) -> float:
    """The loss of one row, one unit after the other."""
    if head == SOFTMAX_CROSS_ENTROPY:
        return softmax_cross_entropy(z, targets, units)
    result = 0.0
    for i in range(units):
        x, t = double(get(z, i)), double(get(targets, i))
        if head == SIGMOID_BCE:
            result += bce_of_sum(x, t)
        elif head == SIGMOID_CROSS_ENTROPY:
            result += t * softplus(-x) if t != 0.0 else 0.0
        elif head == PLAIN_SQUARED_ERROR:
            result += (x - t) * (x - t)
        elif head == PLAIN_BCE:
            result -= (t * log(x) if t != 0.0 else 0.0) + ((1.0 - t) * log1p(-x) if t != 1.0 else 0.0)
    return result


@merged
def softmax_cross_entropy(z: Pointer, targets: Pointer, units: int) -> float:
    """Σ t·(ln Σ e^z − z): no probability is formed, so none is rounded to 0."""
    top = row_maximum(z, units)
    whole = 0.0
    for i in range(units):
        whole += exp(double(get(z, i)) - top)
    level = top + log(whole)
    result = 0.0
    for i in range(units):
        t = double(get(targets, i))
        if t != 0.0:
            result += t * (level - double(get(z, i)))
    return result


@part
def count_right(z: Pointer, targets: Pointer, rows: int, units: int, wide: int, cut: float) -> int:
    """How many rows are classified rightly: one unit against `cut`, or the largest of several."""
    right = 0
    for r in range(rows):
        at_z, at_t = z + r * wide, targets + r * units
        if units == 1:
            right += (double(get(at_z, 0)) > cut) == (double(get(at_t, 0)) > 0.5)
        else:
            right += largest(at_z, units) == largest(at_t, units)
    return right


@part
def largest(row: Pointer, units: int) -> int:
    """The place of a row's largest number; the first one of equals."""
    place = 0
    for i in range(1, units):
        if get(row, i) > get(row, place):
            place = i
    return place
