"""Forward and backward through a dense network, for a block of rows.

Layer l turns sizes[l] numbers a row into sizes[l+1]. Its weights lie as (inputs, units) with the units
padded to whole vectors, and a second time as (units, inputs), the mirror, which the backward pass walks
along; its values lie as one padded row after the other. Where each part begins is in the plan (state.py).
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from engine.jit import inlined, merged, part
from engine.kernels.heads import start_backward
from engine.kernels.layers import activate, slope
from engine.kernels.rules import move
from engine.kernels.state import (
    BIASES,
    DELTAS,
    FIRST,
    FROZEN,
    GRADIENT,
    HEAD,
    KINDS,
    LAYERS,
    LOWEST,
    MIRROR,
    MIRRORS,
    ONES,
    PARAMS,
    PENALTY,
    RULE,
    RULE_NUMBERS,
    SCRATCH,
    SECOND,
    SIZE,
    SIZES,
    VALUES,
    VALUES_AT,
    WEIGHTS,
    WIDES,
    ZEROS,
    Session,
    choice,
    doubles,
    layer_part,
    numbers,
    plan,
)
from engine.kernels.tiles import add_product, product, transpose, width
from engine.losses import PLAIN_SQUARED_ERROR
from engine.vector_memory import get, load, store

Pointer = Any


@inlined
def is_apart(run: Session) -> bool:
    """Whether the last layer's activation is applied by itself, not together with the loss."""
    return choice(run, HEAD) >= PLAIN_SQUARED_ERROR


@part
def reflect(run: Session) -> None:
    """Bring the mirrors up to date with the weights."""
    for layer in range(choice(run, LOWEST) + 1, choice(run, LAYERS)):
        inputs, units = plan(run, SIZES, layer), plan(run, SIZES, layer + 1)
        wide, wide_in = plan(run, WIDES, layer + 1), plan(run, WIDES, layer)
        weights, mirror = layer_part(run, PARAMS, WEIGHTS, layer), layer_part(run, MIRROR, MIRRORS, layer)
        transpose(mirror, wide_in, weights, wide, inputs, units, numbers(run, ZEROS))


@part
def forward(run: Session, inputs: Pointer, rows: int) -> None:
    """Values of all layers for a block; a head that takes weighted sums finds them after the last layer."""
    left, left_row = inputs, plan(run, SIZES, 0)
    for layer in range(choice(run, LAYERS)):
        wide = plan(run, WIDES, layer + 1)
        out = layer_part(run, VALUES, VALUES_AT, layer + 1)
        weights = layer_part(run, PARAMS, WEIGHTS, layer)
        bias = layer_part(run, PARAMS, BIASES, layer)
        product(out, wide, left, left_row, 1, weights, wide, bias, rows, plan(run, SIZES, layer), wide)
        if layer + 1 < choice(run, LAYERS) or is_apart(run):
            activate(plan(run, KINDS, layer), out, rows, plan(run, SIZES, layer + 1), wide)
        left, left_row = out, wide


@part
def last_deltas(run: Session, targets: Pointer, rows: int, scale: float) -> None:
    """scale · ∂loss/∂z of the last layer, row by row."""
    last = choice(run, LAYERS)
    z, d = layer_part(run, VALUES, VALUES_AT, last), layer_part(run, DELTAS, VALUES_AT, last)
    units, wide = plan(run, SIZES, last), plan(run, WIDES, last)
    start_backward(choice(run, HEAD), z, d, targets, numbers(run, SCRATCH), rows, units, wide, scale)
    if is_apart(run):
        slope(plan(run, KINDS, last - 1), z, d, rows, units, wide)


@merged
def pass_back(run: Session, layer: int, rows: int) -> None:
    """From ∂L/∂z of a layer to ∂L/∂z of the layer below."""
    wide, wide_in = plan(run, WIDES, layer + 1), plan(run, WIDES, layer)
    above, below = layer_part(run, DELTAS, VALUES_AT, layer + 1), layer_part(run, DELTAS, VALUES_AT, layer)
    mirror = layer_part(run, MIRROR, MIRRORS, layer)
    units = plan(run, SIZES, layer + 1)
    product(below, wide_in, above, wide, 1, mirror, wide_in, numbers(run, ZEROS), rows, units, wide_in)
    h = layer_part(run, VALUES, VALUES_AT, layer)
    slope(plan(run, KINDS, layer - 1), h, below, rows, plan(run, SIZES, layer), wide_in)


@merged
def add_gradient(
    run: Session,
    inputs: Pointer,
    layer: int,
    rows: int,
    goal: int,
    keep: float,
    scale: float,
) -> None:
    """goal = keep·goal + scale·∂L/∂(weights) of one layer, for this block; the same for its bias, kept whole."""
    size, wide = plan(run, SIZES, layer), plan(run, WIDES, layer + 1)
    deltas = layer_part(run, DELTAS, VALUES_AT, layer + 1)
    left, left_row = inputs, size
    if layer > 0:
        left, left_row = layer_part(run, VALUES, VALUES_AT, layer), plan(run, WIDES, layer)
    weights, bias = layer_part(run, goal, WEIGHTS, layer), layer_part(run, goal, BIASES, layer)
    add_product(weights, wide, left, 1, left_row, deltas, wide, keep, scale, size, rows, wide)
    add_product(bias, wide, numbers(run, ONES), 0, 0, deltas, wide, 1.0, scale, 1, rows, wide)


@part
def backward(run: Session, inputs: Pointer, rows: int, goal: Any, keep: float, scale: float) -> None:
    """Add scale · the block's ∂L/∂(weights, biases) to `goal`, from the last layer down to the lowest trained one.

    The goal is the gradient; or, for plain gradient descent, the parameters themselves, and no gradient is kept.
    """
    for layer in range(choice(run, LAYERS) - 1, choice(run, LOWEST) - 1, -1):
        if layer > choice(run, LOWEST):
            pass_back(run, layer, rows)
        if plan(run, FROZEN, layer) == 0 or goal == GRADIENT:
            add_gradient(run, inputs, layer, rows, goal, keep, scale)


@merged
def clear_gradient(run: Session) -> None:
    """Zero the gradient, before blocks are added."""
    goal = numbers(run, GRADIENT)
    zero = load(numbers(run, ZEROS), 0)
    for i in range(0, choice(run, SIZE), width(goal)):
        store(goal, i, zero)


@merged
def move_all(run: Session, rate: float, steps: int) -> None:
    """Let the optimizer move every layer that is trained; the penalty concerns weights only."""
    for layer in range(choice(run, LOWEST), choice(run, LAYERS)):
        if plan(run, FROZEN, layer) == 0:
            wide = plan(run, WIDES, layer + 1)
            penalty = get(run.amounts, PENALTY)
            move_part(run, plan(run, WEIGHTS, layer), wide * plan(run, SIZES, layer), rate, penalty, steps)
            move_part(run, plan(run, BIASES, layer), wide, rate, 0.0, steps)


@part
def move_part(run: Session, at: int, count: int, rate: float, penalty: float, steps: int) -> None:
    """Let the optimizer move `count` parameters from place `at` on."""
    w, g = numbers(run, PARAMS) + at, numbers(run, GRADIENT) + at
    first, second = numbers(run, FIRST) + at, numbers(run, SECOND) + at
    move(choice(run, RULE), w, g, first, second, count, rate, penalty, doubles(run, RULE_NUMBERS), steps)
