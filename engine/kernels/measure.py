"""What is measured when an epoch has ended, over all rows, with the weights as they are then."""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import inlined, merged, part
from engine.kernels import state as s
from engine.kernels.heads import block_loss, count_right
from engine.kernels.passes import backward, clear_gradient, forward, is_apart, last_deltas
from engine.kernels.state import (
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
from engine.simd import double, total
from engine.vector_memory import get, load, put, store

Pointer = Any
INF = float("inf")


@merged
def record(run: Session) -> bool:
    """Measure the epoch that has ended, keep what is to be kept, and see whether the run is over.

    False when the flag was raised meanwhile: the epoch will be measured when the run goes on.
    """
    row, epoch = count(run, s.RECORDED), count(run, s.EPOCH) + 1
    validated = choice(run, s.VALIDATION_ROWS) > 0 and epoch % choice(run, s.VALIDATE_EVERY) == 0
    measured = epoch % choice(run, s.MEASURE_EVERY) == 0
    if (measured or validated) and not measure_rows(run, row, measured, validated):
        return False
    if epoch > 0:
        rate = get(doubles(run, s.RATE_NOW), 0) * get(doubles(run, s.SHARES), row)
        note(run, row, s.RATE, rate)
    moved = measure_weights(run, row, epoch, measured and choice(run, s.DIAGNOSE) != 0)
    keep(run, row, epoch)
    set_count(run, s.EPOCH, epoch)
    set_count(run, s.BATCH, 0)
    set_count(run, s.SHUFFLED, 0)
    set_count(run, s.RECORDED, row + 1)
    set_count(run, s.STATUS, judge(run, noted(run, row, s.TRAIN_LOSS), moved, epoch, measured))
    return True


@inlined
def note(run: Session, row: int, column: int, value: float) -> None:
    """Write into the history; it comes filled with NaN."""
    put(doubles(run, s.HISTORY), row * s.COLUMNS + column, value)


@inlined
def noted(run: Session, row: int, column: int) -> float:
    """Read from the history."""
    return get(doubles(run, s.HISTORY), row * s.COLUMNS + column)


@inlined
def note_layer(run: Session, row: int, column: int, layer: int, value: float) -> None:
    """Write into the history of layers."""
    place = (row * s.LAYER_COLUMNS + column) * choice(run, s.LAYERS) + layer
    put(doubles(run, s.LAYER_HISTORY), place, value)


@merged
def keep(run: Session, row: int, epoch: int) -> None:
    """Copy the weights aside: always, where the validation loss is the smallest yet, and at every n-th epoch."""
    size, params = choice(run, s.SIZE), numbers(run, s.PARAMS)
    copy(numbers(run, s.PREVIOUS), params, size)
    loss, levels = noted(run, row, s.VALIDATION_LOSS), doubles(run, s.LEVEL)
    if choice(run, s.KEEP_BEST) and loss < get(levels, s.BEST_LOSS):
        copy(numbers(run, s.BEST), params, size)
        put(levels, s.BEST_LOSS, loss)
        set_count(run, s.BEST_EPOCH, epoch)
    if choice(run, s.KEEP_EVERY) > 0 and epoch % choice(run, s.KEEP_EVERY) == 0:
        copy(numbers(run, s.KEPT_PARAMS) + count(run, s.KEPT) * size, params, size)
        set_count(run, s.KEPT, count(run, s.KEPT) + 1)


@part
def copy(goal: Pointer, source: Pointer, size: int) -> None:
    """Copy whole vectors."""
    for i in range(0, size, width(goal)):
        store(goal, i, load(source, i))


@merged
def judge(run: Session, loss: float, moved: float, epoch: int, measured: bool) -> int:
    """Whether the run goes on: the status after this epoch."""
    levels = doubles(run, s.LEVEL)
    if epoch == 0:
        put(levels, s.FIRST_LOSS, loss)
    if not moved < INF:
        return s.DIVERGED
    below = get(run.amounts, s.CALM_BELOW)
    if measured:
        change = abs(loss - get(levels, s.LAST_LOSS))
        put(levels, s.LAST_LOSS, loss)
        if not abs(loss) < s.BEYOND * (1.0 + abs(get(levels, s.FIRST_LOSS))):
            return s.DIVERGED
        if epoch > 0 and choice(run, s.CALM_ON) == s.ON_LOSS and change < below:
            return s.CALM_LOSS
    if epoch > 0 and choice(run, s.CALM_ON) == s.ON_WEIGHTS and moved < below:
        return s.CALM_WEIGHTS
    return s.RUNNING


@merged
def measure_rows(run: Session, row: int, measured: bool, validated: bool) -> bool:
    """Loss and accuracy over the training rows, then over the validation rows, in blocks; False when stopped."""
    for own in range(0 if measured else 1, 2 if validated else 1):
        rows = choice(run, s.VALIDATION_ROWS if own else s.ROWS)
        all_inputs = numbers(run, s.VALIDATION_INPUTS if own else s.INPUTS)
        all_targets = numbers(run, s.VALIDATION_TARGETS if own else s.TARGETS)
        diagnose = choice(run, s.DIAGNOSE) != 0 and own == 0
        if diagnose:
            forget(run)
        loss, right = 0.0, 0
        for start in range(0, rows, choice(run, s.BLOCK)):
            if is_stopped(run):
                return False
            here = min(choice(run, s.BLOCK), rows - start)
            inputs = all_inputs + start * plan(run, s.SIZES, 0)
            targets = all_targets + start * plan(run, s.SIZES, choice(run, s.LAYERS))
            forward(run, inputs, here)
            loss += summed_loss(run, targets, here)
            right += rightly(run, targets, here)
            if diagnose:
                mark_alive(run, here)
                last_deltas(run, targets, here, 1.0 / rows if choice(run, s.MEAN) else 1.0)
                backward(run, inputs, here, np.int64(s.GRADIENT), 1.0, 1.0)
        note(run, row, s.VALIDATION_LOSS if own else s.TRAIN_LOSS, loss / rows if choice(run, s.MEAN) else loss)
        if choice(run, s.ACCURACY) != s.NO_CLASSES:
            note(run, row, s.VALIDATION_ACCURACY if own else s.TRAIN_ACCURACY, right / rows)
    return True


@merged
def forget(run: Session) -> None:
    """Before a diagnosis: no gradient yet, and every hidden unit dead until it is seen alive."""
    clear_gradient(run)
    dead = integers(run, s.DEAD)
    for layer in range(1, choice(run, s.LAYERS)):
        for unit in range(plan(run, s.SIZES, layer)):
            put(dead, unit, 1)
        dead += plan(run, s.SIZES, layer)


@merged
def summed_loss(run: Session, targets: Pointer, rows: int) -> float:
    """The block's loss, added up."""
    last = choice(run, s.LAYERS)
    z, scratch = layer_part(run, s.VALUES, s.VALUES_AT, last), numbers(run, s.SCRATCH)
    units, wide = plan(run, s.SIZES, last), plan(run, s.WIDES, last)
    return block_loss(choice(run, s.HEAD), z, targets, scratch, rows, units, wide)


@merged
def rightly(run: Session, targets: Pointer, rows: int) -> int:
    """How many of the block's rows are classified rightly."""
    if choice(run, s.ACCURACY) == s.NO_CLASSES:
        return 0
    last = choice(run, s.LAYERS)
    cut = 0.5 if is_apart(run) else 0.0
    z = layer_part(run, s.VALUES, s.VALUES_AT, last)
    return count_right(z, targets, rows, plan(run, s.SIZES, last), plan(run, s.WIDES, last), cut)


@merged
def mark_alive(run: Session, rows: int) -> None:
    """Note every hidden unit that is above 0 for some row."""
    dead = integers(run, s.DEAD)
    for layer in range(1, choice(run, s.LAYERS)):
        units, wide = plan(run, s.SIZES, layer), plan(run, s.WIDES, layer)
        values = layer_part(run, s.VALUES, s.VALUES_AT, layer)
        for r in range(rows):
            for i in range(units):
                if get(values, r * wide + i) > 0.0:
                    put(dead, i, 0)
        dead += units


@merged
def measure_weights(run: Session, row: int, epoch: int, diagnosed: bool) -> float:
    """Each layer's norms; the penalty, which is added to the loss; and how far all weights and biases have moved."""
    penalty, moved = 0.0, 0.0
    dead = integers(run, s.DEAD)
    for layer in range(choice(run, s.LAYERS)):
        wide = plan(run, s.WIDES, layer + 1)
        size = wide * plan(run, s.SIZES, layer)
        weights, before = layer_part(run, s.PARAMS, s.WEIGHTS, layer), layer_part(run, s.PREVIOUS, s.WEIGHTS, layer)
        square, change, old = squared(weights, size), squared_change(weights, before, 1.0, size), squared(before, size)
        note_layer(run, row, s.WEIGHT_NORM, layer, square**0.5)
        if epoch > 0 and old > 0.0:
            note_layer(run, row, s.UPDATE_RATIO, layer, (change / old) ** 0.5)
        bias, bias_before = layer_part(run, s.PARAMS, s.BIASES, layer), layer_part(run, s.PREVIOUS, s.BIASES, layer)
        penalty += square
        moved += change + squared_change(bias, bias_before, 1.0, wide)
        if diagnosed:
            measure_layer(run, row, layer, dead)
        dead += plan(run, s.SIZES, layer + 1)
    loss = noted(run, row, s.TRAIN_LOSS) + 0.5 * get(run.amounts, s.PENALTY) * penalty
    note(run, row, s.TRAIN_LOSS, loss)
    return moved**0.5


@merged
def measure_layer(run: Session, row: int, layer: int, dead: Pointer) -> None:
    """The norm of the objective's gradient by a layer's weights and bias, and how many hidden units are dead."""
    wide, units = plan(run, s.WIDES, layer + 1), plan(run, s.SIZES, layer + 1)
    size = wide * plan(run, s.SIZES, layer)
    if layer >= choice(run, s.LOWEST):
        gradient, weights = layer_part(run, s.GRADIENT, s.WEIGHTS, layer), layer_part(run, s.PARAMS, s.WEIGHTS, layer)
        square = squared_change(gradient, weights, -get(run.amounts, s.PENALTY), size)
        square += squared(layer_part(run, s.GRADIENT, s.BIASES, layer), wide)
        note_layer(run, row, s.GRADIENT_NORM, layer, square**0.5)
    if layer + 1 < choice(run, s.LAYERS):
        found = 0
        for unit in range(units):
            found += get(dead, unit)
        note_layer(run, row, s.DEAD_UNITS, layer, float(found))


@part
def squared(x: Pointer, size: int) -> float:
    """Σ x² over whole vectors."""
    result = double(load(x, 0)) * 0.0
    for i in range(0, size, width(x)):
        each = double(load(x, i))
        result += each * each
    return total(result)


@part
def squared_change(x: Pointer, y: Pointer, share: float, size: int) -> float:
    """Σ (x − share·y)² over whole vectors."""
    result = double(load(x, 0)) * 0.0
    for i in range(0, size, width(x)):
        each = double(load(x, i)) - double(load(y, i)) * share
        result += each * each
    return total(result)
