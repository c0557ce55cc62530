"""The optimizers over a stretch of weights: definitions as in engine/optimizers.py, a vector at a time."""

# mypy: warn-return-any=False

from __future__ import annotations

from typing import Any

from engine.jit import part
from engine.kernels.tiles import width
from engine.optimizers import ADAM, MOMENTUM, NESTEROV, RMSPROP, SGD
from engine.simd import root
from engine.vector_memory import get, load, store

Pointer = Any

# places in the array of an optimizer's numbers
MU, ALPHA, BETA_1, BETA_2, EPSILON = range(5)


@part
def move(  # noqa: PLR0913
    rule: int,
    w: Pointer,
    g: Pointer,
    first: Pointer,
    second: Pointer,
    count: int,
    rate: float,
    penalty: float,
    numbers: Pointer,
    steps: int,
) -> None:
    """Move `count` weights (whole vectors) along g + penalty·w; `steps` counts the moves so far, this one included."""
    if rule == SGD:
        for i in range(0, count, width(w)):
            x = load(w, i)
            store(w, i, x - (load(g, i) + x * penalty) * rate)
    elif rule == MOMENTUM or rule == NESTEROV:  # noqa: SIM109
        move_with_momentum(w, g, first, count, rate, penalty, get(numbers, MU), rule == NESTEROV)
    elif rule == RMSPROP:
        alpha, epsilon = get(numbers, ALPHA), get(numbers, EPSILON)
        for i in range(0, count, width(w)):
            x = load(w, i)
            slope = load(g, i) + x * penalty
            s = load(first, i) * alpha + slope * slope * (1.0 - alpha)
            store(first, i, s)
            store(w, i, x - slope * rate / (root(s) + epsilon))
    elif rule == ADAM:
        adam(w, g, first, second, count, rate, penalty, numbers, steps)


@part
def move_with_momentum(
    w: Pointer, g: Pointer, speed: Pointer, count: int, rate: float, penalty: float, mu: float, ahead: bool
) -> None:
    """v ← μv + g; w ← w − ηv, or one step further along v for Nesterov."""
    for i in range(0, count, width(w)):
        x = load(w, i)
        slope = load(g, i) + x * penalty
        v = load(speed, i) * mu + slope
        store(speed, i, v)
        if ahead:
            v = slope + v * mu
        store(w, i, x - v * rate)


@part
def adam(  # noqa: PLR0913
    w: Pointer,
    g: Pointer,
    first: Pointer,
    second: Pointer,
    count: int,
    rate: float,
    penalty: float,
    numbers: Pointer,
    steps: int,
) -> None:
    """Both averages begin at 0; dividing by 1 − βᵗ takes that out again."""
    beta_1, beta_2, epsilon = get(numbers, BETA_1), get(numbers, BETA_2), get(numbers, EPSILON)
    length = rate / (1.0 - beta_1**steps)
    spread = (1.0 - beta_2**steps) ** 0.5
    for i in range(0, count, width(w)):
        x = load(w, i)
        slope = load(g, i) + x * penalty
        m = load(first, i) * beta_1 + slope * (1.0 - beta_1)
        s = load(second, i) * beta_2 + slope * slope * (1.0 - beta_2)
        store(first, i, m)
        store(second, i, s)
        store(w, i, x - m * length / (root(s) / spread + epsilon))
