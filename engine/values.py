"""Numbers as they come in (floats, nested lists) and as the tape keeps them (floats, float64 arrays)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from engine.array_maths import show_shape
from engine.errors import NumberError
from engine.rule import Shape, Value

MAX_NUMBERS = 1_000_000
_ENOUGH = Context(prec=400)


def shape_of(value: Any) -> Shape:
    """The shape of a number or of nested lists of numbers.

    Raises NumberError for an empty or ragged array, for more than a million numbers, and for what is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Sequence) or isinstance(value, str | bytes):
        if hasattr(value, "shape"):
            return tuple(int(n) for n in value.shape)
        raise NumberError(f"{value!r:.40} is no number")
    if not isinstance(value, Sequence):
        return ()
    if not value:
        raise NumberError("an array needs at least one entry")
    if len(value) > MAX_NUMBERS:
        raise NumberError(f"an array may have {MAX_NUMBERS} numbers")
    first = shape_of(value[0])
    if len(first) >= 2:
        raise NumberError("arrays have one axis or two")
    for i, entry in enumerate(value):
        shape = shape_of(entry)
        if shape != first:
            raise NumberError(f"ragged array: entry 0 is {show_shape(first)}, entry {i} is {show_shape(shape)}")
    return (len(value), *first)


def to_value(number: Any, shape: Shape, name: str) -> Value:
    """`number` as a float or float64 array of `shape`.

    Raises NumberError, which says `name`, for another shape and for what is not finite.
    """
    found = shape_of(number)
    if found != shape:
        raise NumberError(f"{name} is {show_shape(shape)}, but was given {show_shape(found)}")
    if not shape:
        value = _finite(number, name)
        return value
    import numpy as np

    try:
        array = np.array(number, dtype=float)
    except (OverflowError, TypeError, ValueError):
        raise NumberError(f"{name} holds a number that is too large for a double") from None
    if not np.isfinite(array).all():
        raise NumberError(f"{name} holds a value that is not finite")
    return array


def _finite(number: Any, name: str) -> float:
    try:
        value = float(number)
    except (OverflowError, TypeError, ValueError):
        raise NumberError(f"{name} is too large for a double") from None
    if not math.isfinite(value):
        raise NumberError(f"{name} is {value}; a value must be finite")
    return value


def to_plain(value: Value) -> Any:
    """A float or nested lists of floats: what JSON holds."""
    return value.tolist() if hasattr(value, "tolist") else value


def rounded(value: Value, decimals: int) -> Value:
    """`value` rounded as on paper: half away from zero, on its shortest decimal form."""
    if hasattr(value, "tolist"):
        import numpy as np

        flat = [round_half_up(float(x), decimals) for x in value.ravel()]
        return np.array(flat).reshape(value.shape)
    return round_half_up(value, decimals)


def round_half_up(x: float, decimals: int) -> float:
    """x to `decimals` places, 5 rounded away from zero: 0.25 → 0.3, as people do it."""
    if not abs(x) < 2.0**53:  # whole, infinite or nan
        return x
    unit = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(x)).quantize(unit, ROUND_HALF_UP, _ENOUGH)) + 0.0
