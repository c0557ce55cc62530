"""One sigmoid unit trained on one row at a time, which is logistic regression as textbooks write it.

Here nothing can run side by side as in tiles: each row needs the weights that the row before has left. What counts is
the chain from one weighted sum z to the next: sigmoid, difference, move. So the next z is not taken from the moved
weights but put together from two parts, of which only the second hangs on the chain:

    z' = w_moved · x' = (w · x') + move·(x · x')        with move = −η(σ(z) − t)

The bias is a weight of its own whose input is 1: `rows` holds each row's inputs, then 1, padded to whole vectors.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from engine.jit import inlined, part
from engine.kernels.state import (
    BATCH,
    BIASES,
    ORDER,
    PARAMS,
    PENALTY,
    RATE_NOW,
    RECORDED,
    ROWS,
    ROWS_OF_ONE,
    ROWS_WITH_ONE,
    SCRATCH,
    SHARES,
    SHUFFLE,
    SIZES,
    STEPS,
    TARGETS,
    WEIGHTS,
    WIDES,
    Session,
    choice,
    count,
    doubles,
    integers,
    is_stopped,
    layer_part,
    numbers,
    plan,
    set_count,
)
from engine.kernels.tiles import width
from engine.simd import double, fma, rounded_like, total
from engine.vector_math import sigmoid_core
from engine.vector_memory import get, load, put, store

Pointer = Any
ROWS_AT_ONCE = 512  # between two looks at the flag and the learning rate


@part
def run_rows(run: Session) -> bool:
    """The rest of an epoch; False when the flag was raised."""
    rows, weights = choice(run, ROWS), numbers(run, SCRATCH)
    gather_weights(run, weights)
    while count(run, BATCH) < rows:
        if is_stopped(run):
            return False
        start = count(run, BATCH)
        stop = min(start + ROWS_AT_ONCE, rows)
        rate = get(doubles(run, RATE_NOW), 0) * get(doubles(run, SHARES), count(run, RECORDED))
        visit(run, weights, start, stop, rate)
        scatter_weights(run, weights)
        set_count(run, BATCH, stop)
        set_count(run, STEPS, count(run, STEPS) + stop - start)
    return True


@part
def gather_weights(run: Session, weights: Pointer) -> None:
    """Weights, bias, and zeros up to a whole vector, side by side."""
    size, apart, wide = plan(run, SIZES, 0), plan(run, WIDES, 1), choice(run, ROWS_WITH_ONE)
    source = layer_part(run, PARAMS, WEIGHTS, 0)
    for i in range(size):
        put(weights, i, get(source, i * apart))
    put(weights, size, get(layer_part(run, PARAMS, BIASES, 0), 0))
    for i in range(size + 1, wide):
        put(weights, i, 0.0)


@part
def scatter_weights(run: Session, weights: Pointer) -> None:
    """Back to where the layer has them."""
    size, apart = plan(run, SIZES, 0), plan(run, WIDES, 1)
    goal = layer_part(run, PARAMS, WEIGHTS, 0)
    for i in range(size):
        put(goal, i * apart, get(weights, i))
    put(layer_part(run, PARAMS, BIASES, 0), 0, get(weights, size))


@inlined
def row_at(run: Session, index: int) -> int:
    """Which row is visited at this place."""
    return get(integers(run, ORDER), index) if choice(run, SHUFFLE) else index


@part
def dot(x: Pointer, y: Pointer, wide: int) -> float:
    """x · y over whole vectors."""
    result = load(x, 0) * load(y, 0)
    for i in range(width(x), wide, width(x)):
        result = fma(load(x, i), load(y, i), result)
    return double(total(result))


@part
def visit(run: Session, weights: Pointer, start: int, stop: int, rate: float) -> None:
    """One move for each row from `start` to `stop`, in the epoch's order."""
    wide, size = choice(run, ROWS_WITH_ONE), plan(run, SIZES, 0)
    rows, targets = numbers(run, ROWS_OF_ONE), numbers(run, TARGETS)
    keep = 1.0 - rate * get(run.amounts, PENALTY)
    this = row_at(run, start)
    x = rows + this * wide
    z = dot(weights, x, wide)
    for index in range(start, stop):
        following = row_at(run, min(index + 1, stop - 1))
        after = rows + following * wide
        if keep != 1.0:
            for i in range(size):
                put(weights, i, get(weights, i) * keep)
        ahead, cross = dot(weights, after, wide), dot(x, after, wide)
        move = rate * (double(get(targets, this)) - sigmoid_core(z))
        z = fma(move, cross, ahead)
        for i in range(0, wide, width(x)):
            value = load(weights, i)
            store(weights, i, fma(load(x, i), rounded_like(move, get(x, 0)), value))
        this, x = following, after
