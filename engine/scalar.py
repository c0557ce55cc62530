"""Real functions of one number with the rules of IEEE 754: they return inf or nan where Python's would raise.

NumPy has the same names with the same meaning for arrays, so a rule of the table `OPS` is written once, against
either of the two; a lesson that holds only scalars never imports NumPy.
"""

from __future__ import annotations

import math
from typing import Any

inf = math.inf
nan = math.nan


def exp(x: float) -> float:
    """e^x; inf above 709.78."""
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    """ln x; −inf at 0, nan below."""
    if x > 0:
        return math.log(x)
    return -inf if x == 0 else nan


def log1p(x: float) -> float:
    """ln(1 + x)."""
    if x > -1:
        return math.log1p(x)
    return -inf if x == -1 else nan


def sqrt(x: float) -> float:
    """√x; nan below 0."""
    return math.sqrt(x) if x >= 0 else nan


def sin(x: float) -> float:
    """sin x; nan at ±inf."""
    return math.sin(x) if math.isfinite(x) else nan


def cos(x: float) -> float:
    """cos x; nan at ±inf."""
    return math.cos(x) if math.isfinite(x) else nan


def sinh(x: float) -> float:
    """sinh x; ±inf past 710."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def cosh(x: float) -> float:
    """cosh x; inf past ±710."""
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


tanh = math.tanh
absolute = math.fabs


def sign(x: float) -> float:
    """−1, 0 or 1; nan of nan."""
    return x if x != x else float((x > 0) - (x < 0))


def rint(x: float) -> float:
    """The nearest whole number, ties to even."""
    return float(round(x)) if math.isfinite(x) else x


def divide(x: float, y: float) -> float:
    """x / y; ±inf or nan at y = 0."""
    if y != 0:
        return x / y
    if x == 0 or x != x or y != y:
        return nan
    return math.copysign(inf, x) * math.copysign(1.0, y)


def power(x: float, y: float) -> float:
    """x^y; nan for a negative x with a broken y, inf where it overflows.

    As IEEE 754 has it, so that (−∞)^y is ∞ or 0 for a broken y too. NumPy gives nan for (−∞)^0.5 where the exponent is
    the same for a whole array, and ∞ where each number has its own.
    """
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0 and y % 2 == 1 else inf
    except ValueError:
        if x == 0 and y < 0:
            return math.copysign(inf, x) if y % 2 == 1 else inf
        return nan


def where(condition: Any, x: float, y: float) -> float:
    """x if the condition holds, else y."""
    return x if condition else y


def maximum(x: float, y: float) -> float:
    """The larger; nan if either is nan."""
    return x if x >= y or x != x else y


def minimum(x: float, y: float) -> float:
    """The smaller; nan if either is nan."""
    return x if x <= y or x != x else y
