"""Activations over a block of rows: values forward, slopes backward.

A block is `rows` rows of `wide` numbers each, padded to whole vectors, one after the other. Most
activations do not care where a row ends and run over the block as one stretch of vectors; softmax goes row
by row over its real units.
"""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from engine.activations import LEAK, LEAKY_RELU, RELU, SIGMOID, SOFTMAX, SOFTPLUS, STEP, TANH
from engine.jit import part
from engine.kernels.tiles import width
from engine.simd import double, fill, rounded_like, select
from engine.vector_math import exp, expm1, sigmoid, softplus, tanh
from engine.vector_memory import get, load, put, store

Pointer = Any


@part
def activate(kind: int, z: Pointer, rows: int, units: int, wide: int) -> None:  # noqa: C901, PLR0912
    """Replace the weighted sums z of a block by the layer's values."""
    count, step = rows * wide, width(z)
    if kind == RELU:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, select(x > 0.0, x, select(x == x, 0.0, x)))
    elif kind == TANH:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, rounded_like(tanh(double(x)), x))
    elif kind == SIGMOID:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, rounded_like(sigmoid(double(x)), x))
    elif kind == LEAKY_RELU:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, select(x > 0.0, x, x * LEAK))
    elif kind == SOFTPLUS:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, rounded_like(softplus(double(x)), x))
    elif kind == STEP:
        for i in range(0, count, step):
            x = load(z, i)
            store(z, i, select(x > 0.0, fill(x, 1.0), 0.0))
    elif kind == SOFTMAX:
        softmax_rows(z, rows, units, wide)


@part
def softmax_rows(z: Pointer, rows: int, units: int, wide: int) -> None:
    """Each row becomes exp(z − max z), divided by its sum; the padding becomes 0."""
    step = width(z)
    for r in range(rows):
        row = z + r * wide
        top = row_maximum(row, units)
        for i in range(0, wide, step):
            x = load(row, i)
            store(row, i, rounded_like(exp(double(x) - top), x))
        clear(row, units, wide)
        whole = 0.0
        for i in range(units):
            whole += double(get(row, i))
        for i in range(0, wide, step):
            x = load(row, i)
            store(row, i, rounded_like(double(x) / whole, x))


@part
def row_maximum(row: Pointer, units: int) -> float:
    """The largest of a row's numbers; NaN when one of them is."""
    top = double(get(row, 0))
    for i in range(1, units):
        x = double(get(row, i))
        if x > top or x != x:
            top = x
    return top


@part
def clear(row: Pointer, units: int, wide: int) -> None:
    """Zero the padding behind a row's `units` numbers."""
    for i in range(units, wide):
        put(row, i, 0.0)


@part
def slope(kind: int, h: Pointer, d: Pointer, rows: int, units: int, wide: int) -> None:  # noqa: C901, PLR0912
    """Multiply d (∂L/∂h) by the activation's slope at its values h: it becomes ∂L/∂z."""
    count, step = rows * wide, width(h)
    if kind == RELU:
        for i in range(0, count, step):
            store(d, i, select(load(h, i) > 0.0, load(d, i), 0.0))
    elif kind == TANH:
        for i in range(0, count, step):
            x = load(h, i)
            store(d, i, load(d, i) * (1.0 - x * x))
    elif kind == SIGMOID:
        for i in range(0, count, step):
            x = load(h, i)
            store(d, i, load(d, i) * (x * (1.0 - x)))
    elif kind == LEAKY_RELU:
        for i in range(0, count, step):
            x = load(d, i)
            store(d, i, select(load(h, i) > 0.0, x, x * LEAK))
    elif kind == SOFTPLUS:
        for i in range(0, count, step):
            x = load(h, i)
            store(d, i, load(d, i) * -rounded_like(expm1(-double(x)), x))
    elif kind == STEP:
        for i in range(0, count, step):
            store(d, i, load(d, i) * 0.0)
    elif kind == SOFTMAX:
        softmax_slope(h, d, rows, units, wide)


@part
def softmax_slope(h: Pointer, d: Pointer, rows: int, units: int, wide: int) -> None:
    """Row by row d becomes h·(d − Σ_j d_j h_j), softmax's Jacobian times d."""
    for r in range(rows):
        at_h, at_d = h + r * wide, d + r * wide
        common = 0.0
        for i in range(units):
            common += double(get(at_h, i)) * double(get(at_d, i))
        for i in range(0, wide, width(h)):
            x = load(at_h, i)
            store(at_d, i, rounded_like(double(x) * (double(load(at_d, i)) - common), x))
