"""Many runs of one sigmoid unit at once: one run in each lane of the vectors.

A single run of logistic.py waits most of the time, each row for the row before. Runs that differ in learning rate,
penalty, seed or first weights but see the same rows are independent of each other: side by side in lanes they fill the
vectors, and several groups of lanes, taken in turn, fill the waiting.

`weights` holds input after input, bias last, the runs of each side by side; everything else that differs is one
number a run. A run that has ended goes on with the rate 0, which leaves its weights as they are.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any, NamedTuple

from engine.jit import inlined, kernel, merged, part
from engine.kernels.order import shuffle
from engine.kernels.state import BEYOND, CALM_LOSS, CALM_WEIGHTS, DIVERGED, ON_LOSS, ON_WEIGHTS, RUNNING
from engine.kernels.tiles import width
from engine.simd import fill, fma, root, select, with_sign
from engine.vector_math import bce_of_sum, exp_core, log, sigmoid_core
from engine.vector_memory import broadcast, gather, get, load, pointer, put, store

Array = Any
Pointer = Any
INF = float("inf")

# measurements of each epoch, for every run
LOSS, RIGHT, VALIDATION_LOSS, VALIDATION_RIGHT, NORM, MOVED, GRADIENT, MEASURES = range(8)
# What a product of (1 + e^−|z|) over rows rounds away matters only where the loss itself is as small as this.
EXACT_BELOW = 1e-3
ROWS_A_PRODUCT = 512


class Runs(NamedTuple):
    """One number a run, except `weights`, `before` (inputs + 1 each) and `slopes` (the same, for measuring)."""

    weights: Pointer
    before: Pointer
    slopes: Pointer
    rates: Pointer  # of this epoch
    shares: Pointer  # the first rate; the schedule's factors are common
    penalties: Pointer
    losses: Pointer  # at the epoch before
    firsts: Pointer  # at epoch 0
    ended: Pointer  # status as in state.py, as a double
    thresholds: Pointer  # of the stop rule
    calm_on: Pointer  # which stop rule


@kernel
def train_lanes(  # noqa: PLR0913
    table: Array,
    validation: Array,
    runs: Array,
    keys: Array,
    order: Array,
    shares: Array,
    measured: Array,
    kept: Array,
    flag: Array,
    size: int,
    lanes: int,
    first: int,
    epochs: int,
    shuffled: int,
    mean: int,
    diagnose: int,
) -> int:
    """Measure epoch `first` if that is 0, then train and measure up to `epochs` rows of `measured`; how many are done.

    `table` has the rows with their target behind the inputs. `order` is room for every run's order of rows.
    """
    each = lay_out(pointer(runs), size, lanes)
    rows = table.size // (size + 1)
    penalised = has_penalty(each, lanes)
    for epoch in range(epochs):
        if first + epoch > 0:
            begin(each, pointer(order), pointer(keys), lanes, rows if shuffled else 0, first + epoch - 1, shares[epoch])
            for row in range(rows):
                if row % 64 == 0 and flag[0] != 0:
                    return epoch
                if shuffled:
                    visit_own(each, pointer(table), pointer(order), row, rows, size, lanes)
                else:
                    visit(each, pointer(table) + row * (size + 1), size, lanes, penalised)
        out = pointer(measured) + epoch * MEASURES * lanes
        measure(each, pointer(table), rows, size, lanes, mean, diagnose, out)
        if validation.size > 1:
            part_out = out + VALIDATION_LOSS * lanes
            measure(each, pointer(validation), validation.size // (size + 1), size, lanes, mean, 0, part_out)
        weigh(each, size, lanes, out)
        for lane in range(lanes):
            settle(each, out, lanes, lane, first + epoch)
        copy_weights(each, each.before, (size + 1) * lanes)
        if kept.size > 1:
            copy_weights(each, pointer(kept) + epoch * (size + 1) * lanes, (size + 1) * lanes)
    return epochs


@inlined
def has_penalty(runs: Runs, lanes: int) -> bool:
    """Whether any of the runs is regularised."""
    found = False
    for lane in range(lanes):
        found = found or get(runs.penalties, lane) != 0.0
    return found


@inlined
def copy_weights(runs: Runs, goal: Pointer, count: int) -> None:
    """The weights of all runs as they are."""
    for i in range(count):
        put(goal, i, get(runs.weights, i))


@merged
def begin(runs: Runs, order: Pointer, keys: Pointer, lanes: int, shuffled_rows: int, epoch: int, share: float) -> None:
    """The runs' learning rates for an epoch, 0 for those that have ended; and their orders of rows."""
    for lane in range(lanes):
        alive = get(runs.ended, lane) == RUNNING
        put(runs.rates, lane, get(runs.shares, lane) * share if alive else 0.0)
        if shuffled_rows:
            shuffle(order + lane * shuffled_rows, shuffled_rows, get(keys, lane), epoch)


@inlined
def lay_out(runs: Pointer, size: int, lanes: int) -> Runs:
    """Where each part of `runs` begins."""
    weights, one = (size + 1) * lanes, runs + 3 * (size + 1) * lanes
    return Runs(
        runs,
        runs + weights,
        runs + 2 * weights,
        one,
        one + lanes,
        one + 2 * lanes,
        one + 3 * lanes,
        one + 4 * lanes,
        one + 5 * lanes,
        one + 6 * lanes,
        one + 7 * lanes,
    )


@part
def visit(runs: Runs, row: Pointer, size: int, lanes: int, penalised: bool) -> None:
    """One row, the same for all runs: z = w·x + b; w ← (1 − ηλ)w + η(t − σ(z))x."""
    target = broadcast(row, size)
    for at in range(0, lanes, width(row)):
        w = runs.weights + at
        z = load(w, size * lanes)
        for i in range(size):
            z = fma(load(w, i * lanes), broadcast(row, i), z)
        rate = load(runs.rates, at)
        move = rate * (target - sigmoid_core(z))
        if penalised:
            shrink(w, 1.0 - rate * load(runs.penalties, at), size, lanes)
        for i in range(size):
            store(w, i * lanes, fma(move, broadcast(row, i), load(w, i * lanes)))
        store(w, size * lanes, load(w, size * lanes) + move)


@inlined
def shrink(w: Pointer, keep: Any, size: int, lanes: int) -> None:
    """The penalty's part of a move: w ← (1 − ηλ)w."""
    for i in range(size):
        store(w, i * lanes, load(w, i * lanes) * keep)


@part
def visit_own(runs: Runs, table: Pointer, order: Pointer, index: int, rows: int, size: int, lanes: int) -> None:
    """The same, where every run has its own order of rows."""
    for at in range(0, lanes, width(table)):
        w = runs.weights + at
        z = load(w, size * lanes)
        for i in range(size):
            z = fma(load(w, i * lanes), own_number(table, order, index, rows, size, at, i), z)
        rate = load(runs.rates, at)
        move = rate * (own_number(table, order, index, rows, size, at, size) - sigmoid_core(z))
        shrink(w, 1.0 - rate * load(runs.penalties, at), size, lanes)
        for i in range(size):
            x = own_number(table, order, index, rows, size, at, i)
            store(w, i * lanes, fma(move, x, load(w, i * lanes)))
        store(w, size * lanes, load(w, size * lanes) + move)


@inlined
def own_number(table: Pointer, order: Pointer, index: int, rows: int, size: int, at: int, column: int) -> Any:
    """Column `column` of the row that each run visits now."""
    return gather(table + column, order + (at * rows + index), rows, size + 1)


@part
def measure(
    runs: Runs, table: Pointer, rows: int, size: int, lanes: int, mean: int, diagnose: int, out: Pointer
) -> None:
    """Loss (without penalty) and rightly classified rows of every run; if asked for, the gradient as well."""
    share = 1.0 / rows if mean else 1.0
    for at in range(0, lanes, width(table)):
        loss, right = quick_loss(runs.weights + at, table, rows, size, lanes)
        store(out, at, loss * share)
        store(out, lanes + at, right / rows)
        for lane in range(at, at + width(table)):
            if not get(out, lane) > EXACT_BELOW:
                store(out, at, exact_loss(runs.weights + at, table, rows, size, lanes) * share)
                break
        if diagnose:
            add_slopes(runs.weights + at, runs.slopes + at, table, rows, size, lanes, share)


@inlined
def score(w: Pointer, row: Pointer, size: int, lanes: int) -> Any:
    """z = w·x + b of one row, for a group of runs."""
    z = load(w, size * lanes)
    for i in range(size):
        z = fma(load(w, i * lanes), broadcast(row, i), z)
    return z


@part
def quick_loss(w: Pointer, table: Pointer, rows: int, size: int, lanes: int) -> tuple[Any, Any]:
    """Σ max(z, 0) − zt + ln Π(1 + e^−|z|): one logarithm for many rows. And the number of rows that are right."""
    loss, right = fill(table, 0.0), fill(table, 0.0)
    for start in range(0, rows, ROWS_A_PRODUCT):
        product = fill(table, 1.0)
        for r in range(start, min(start + ROWS_A_PRODUCT, rows)):
            row = table + r * (size + 1)
            z, t = score(w, row, size, lanes), broadcast(row, size)
            product = product * (1.0 + exp_core(with_sign(z, -1.0)))
            loss = loss + fma(z, -t, select(z > 0.0, z, 0.0))
            is_one = get(row, size) > 0.5
            right = right + select(z > 0.0, 1.0 if is_one else 0.0, 0.0 if is_one else 1.0)
        loss = loss + log(product)
    return loss, right


@part
def exact_loss(w: Pointer, table: Pointer, rows: int, size: int, lanes: int) -> Any:
    """The same, each row with its own logarithm."""
    loss = fill(table, 0.0)
    for r in range(rows):
        row = table + r * (size + 1)
        z = score(w, row, size, lanes)
        loss = loss + bce_of_sum(z, broadcast(row, size))
    return loss


@part
def add_slopes(w: Pointer, slopes: Pointer, table: Pointer, rows: int, size: int, lanes: int, share: float) -> None:
    """share · Σ (σ(z) − t)·x, by weight and bias."""
    for i in range(size + 1):
        store(slopes, i * lanes, fill(table, 0.0))
    for r in range(rows):
        row = table + r * (size + 1)
        change = (sigmoid_core(score(w, row, size, lanes)) - broadcast(row, size)) * share
        for i in range(size):
            store(slopes, i * lanes, fma(change, broadcast(row, i), load(slopes, i * lanes)))
        store(slopes, size * lanes, load(slopes, size * lanes) + change)


@part
def weigh(runs: Runs, size: int, lanes: int, out: Pointer) -> None:
    """Norms of the weights, of their change with the bias's, and of the gradient; the penalty goes onto the loss."""
    for at in range(0, lanes, width(out)):
        square, change, slope = fill(out, 0.0), fill(out, 0.0), fill(out, 0.0)
        penalty = load(runs.penalties, at)
        for i in range(size + 1):
            w = load(runs.weights, i * lanes + at)
            moved = w - load(runs.before, i * lanes + at)
            change = fma(moved, moved, change)
            g = load(runs.slopes, i * lanes + at)
            if i < size:
                square = fma(w, w, square)
                g = fma(penalty, w, g)
            slope = fma(g, g, slope)
        store(out, at, fma(penalty * 0.5, square, load(out, at)))
        store(out, NORM * lanes + at, root(square))
        store(out, MOVED * lanes + at, root(change))
        store(out, GRADIENT * lanes + at, root(slope))


@merged
def settle(runs: Runs, out: Pointer, lanes: int, lane: int, epoch: int) -> None:
    """Whether one run goes on, by the rules of measure.judge."""
    loss, moved = get(out, lane), get(out, MOVED * lanes + lane)
    if epoch == 0:
        put(runs.firsts, lane, loss)
    change = abs(loss - get(runs.losses, lane))
    put(runs.losses, lane, loss)
    if get(runs.ended, lane) != RUNNING:
        return
    if not (moved < INF and abs(loss) < BEYOND * (1.0 + abs(get(runs.firsts, lane)))):
        put(runs.ended, lane, float(DIVERGED))
    elif epoch > 0 and get(runs.calm_on, lane) == ON_LOSS and change < get(runs.thresholds, lane):
        put(runs.ended, lane, float(CALM_LOSS))
    elif epoch > 0 and get(runs.calm_on, lane) == ON_WEIGHTS and moved < get(runs.thresholds, lane):
        put(runs.ended, lane, float(CALM_WEIGHTS))
