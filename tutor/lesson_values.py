"""The values of a lesson file: numbers, arrays, names, lines of text, each with its limits."""

import math
from typing import Annotated, Any

from tutor.lesson_part import Before, Limits, NotANumberError

MAX_WHOLE = 2**53


def _number(value: Any, at: tuple[int, ...] = ()) -> float:
    """Whole numbers and decimals alike; never a truth value, never nan or infinity. `at` says at which entry it is."""
    if type(value) is int and abs(value) <= MAX_WHOLE:
        return float(value)
    if type(value) is float and math.isfinite(value):
        return value
    wanted = "a finite number" if type(value) is float else "a number (whole ones up to 2^53)"
    raise NotANumberError(wanted, at, value)


def _array(value: Any, at: tuple[int, ...] = ()) -> Any:
    """Numbers in lists in lists."""
    if isinstance(value, list) and len(at) < 2:
        return [_array(entry, (*at, i)) for i, entry in enumerate(value)]
    number = _number(value, at)
    return value if type(value) is int else number  # whole numbers are labels and sizes: they stay what they are


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Real = Annotated[float, Before(lambda value: _number(value))]
Array = Annotated[Any, Before(lambda value: _array(value))]
"""A number, a vector or a matrix."""
Names = Annotated[list[str], Before(_several)]
Slug = Annotated[str, Limits(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
Key = Annotated[str, Limits(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]
"""The name of a table: a graph, a run, a model, a data set."""
Line = Annotated[str, Limits(max_length=500)]
Text = Annotated[str, Limits(max_length=20_000)]
Whole = int
