"""The namespace `m` of the table of operations for compiled code: numbers, or vectors of them lane by lane.

It has the names of `engine.scalar` and of NumPy with the same meaning, so that a rule is written once for all three.
exp, log, tanh are vector_math's; sin, cos, sinh, cosh and general powers are the C library's, lane after lane.
"""

from __future__ import annotations

from typing import Any

from engine.jit import merged
from engine.simd import absolute, lane_by_lane, nearest, root, select
from engine.vector_math import exp, log, log1p, tanh

__all__ = [
    "absolute",
    "cos",
    "cosh",
    "divide",
    "exp",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "power",
    "rint",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tanh",
    "where",
]

Number = Any
"""A double or a vector of them."""

where = select
rint = nearest
sqrt = root
sin = lane_by_lane("sin", 1)
cos = lane_by_lane("cos", 1)
sinh = lane_by_lane("sinh", 1)
cosh = lane_by_lane("cosh", 1)
power = lane_by_lane("pow", 2)


@merged
def divide(x: Number, y: Number) -> Number:
    """x/y; ±inf or NaN at y = 0."""
    return x / y


@merged
def sign(x: Number) -> Number:
    """−1, 0 or 1; NaN of NaN."""
    return select(x > 0.0, 1.0, select(x < 0.0, -1.0, x))


@merged
def maximum(x: Number, y: Number) -> Number:
    """The larger; NaN if either is NaN."""
    return select(x >= y, x, select(x == x, y, x))


@merged
def minimum(x: Number, y: Number) -> Number:
    """The smaller; NaN if either is NaN."""
    return select(x <= y, x, select(x == x, y, x))
