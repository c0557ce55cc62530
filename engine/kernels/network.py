"""Epochs of a dense network: batches, measurements, stopping, in one call without the interpreter.

The caller owns every array and may read the counters, change the learning rate or raise the flag while the
kernel runs: it looks at the flag before each block of rows. A call ends after a whole batch, or before an
epoch's measurements; called again, it goes on exactly there.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import kernel, merged
from engine.kernels.logistic import run_rows
from engine.kernels.measure import record
from engine.kernels.order import collect, shuffle
from engine.kernels.passes import backward, clear_gradient, forward, last_deltas, move_all, reflect
from engine.kernels.state import (
    BATCH,
    BATCH_ROWS,
    BLOCK,
    DELTAS,
    EPOCH,
    GRADIENT,
    INPUTS,
    KEPT,
    LAYERS,
    MEAN,
    ORDER,
    PARAMS,
    PENALTY,
    RATE_NOW,
    RECORDED,
    ROWS,
    ROWS_WITH_ONE,
    RULE,
    RUNNING,
    SHARES,
    SHUFFLE,
    SHUFFLED,
    SIZES,
    STATUS,
    STEPS,
    TARGETS,
    VALUES,
    Session,
    choice,
    count,
    doubles,
    integers,
    is_stopped,
    numbers,
    plan,
    set_count,
)
from engine.optimizers import SGD
from engine.vector_memory import get, pointer

Array = Any
Pointer = Any


@kernel
def train(  # noqa: PLR0913
    plan_places: Array,
    number_places: Array,
    integer_places: Array,
    double_places: Array,
    choices: Array,
    amounts: Array,
    key: Array,
    like: Array,
    epochs: int,
    batches: int,
) -> None:
    """Go on until `epochs` epochs are measured, `batches` batches are done (0: any number), or the run ends."""
    run = Session(
        pointer(plan_places),
        pointer(number_places),
        pointer(integer_places),
        pointer(double_places),
        pointer(choices),
        pointer(amounts),
        pointer(key),
        pointer(like),
    )
    reflect(run)
    set_count(run, RECORDED, 0)
    set_count(run, KEPT, 0)
    while count(run, STATUS) == RUNNING and not is_stopped(run) and count(run, RECORDED) < epochs:
        if count(run, EPOCH) >= 0 and not run_batches(run, batches):
            return
        if not record(run):
            return


@merged
def run_batches(run: Session, most: int) -> bool:
    """The rest of an epoch's batches; False when `most` or the flag ended it before the epoch was over."""
    if choice(run, SHUFFLE) and count(run, SHUFFLED) == 0:
        shuffle(integers(run, ORDER), choice(run, ROWS), get(run.key, 0), count(run, EPOCH))
        set_count(run, SHUFFLED, 1)
    if choice(run, ROWS_WITH_ONE) > 0 and most == 0:
        return run_rows(run)
    done = 0
    while count(run, BATCH) * choice(run, BATCH_ROWS) < choice(run, ROWS):
        if (most > 0 and done >= most) or not run_batch(run):
            return False
        set_count(run, BATCH, count(run, BATCH) + 1)
        done += 1
    return True


@merged
def run_batch(run: Session) -> bool:
    """One batch, in blocks of rows, and one move; False when the flag was raised, and then nothing has changed."""
    start = count(run, BATCH) * choice(run, BATCH_ROWS)
    stop = min(start + choice(run, BATCH_ROWS), choice(run, ROWS))
    rate = get(doubles(run, RATE_NOW), 0) * get(doubles(run, SHARES), count(run, RECORDED))
    straight = choice(run, RULE) == SGD and stop - start <= choice(run, BLOCK)
    goal, keep, scale = np.int64(GRADIENT), 1.0, 1.0
    if straight:
        goal, keep, scale = np.int64(PARAMS), 1.0 - rate * get(run.amounts, PENALTY), -rate
    else:
        clear_gradient(run)
    for block in range(start, stop, choice(run, BLOCK)):
        if is_stopped(run):
            return False
        rows = min(choice(run, BLOCK), stop - block)
        inputs, targets = take_rows(run, block, rows)
        forward(run, inputs, rows)
        last_deltas(run, targets, rows, 1.0 / (stop - start) if choice(run, MEAN) else 1.0)
        backward(run, inputs, rows, goal, keep, scale)
    set_count(run, STEPS, count(run, STEPS) + 1)
    if not straight:
        move_all(run, rate, count(run, STEPS))
    reflect(run)
    return True


@merged
def take_rows(run: Session, start: int, rows: int) -> tuple[Pointer, Pointer]:
    """Inputs and targets of some rows: where they lie, or, shuffled, a copy."""
    size, units = plan(run, SIZES, 0), plan(run, SIZES, choice(run, LAYERS))
    inputs, targets = numbers(run, INPUTS), numbers(run, TARGETS)
    if choice(run, SHUFFLE) == 0:
        return inputs + start * size, targets + start * units
    order = integers(run, ORDER) + start
    copied, copied_targets = numbers(run, VALUES), numbers(run, DELTAS)
    collect(copied, inputs, order, rows, size)
    collect(copied_targets, targets, order, rows, units)
    return copied, copied_targets
