"""The values of a lesson file: numbers, arrays, names, lines of text, each with its limits."""

import math
import re
from typing import Annotated, Any

from tutor.lesson_part import Before, Limits, NotANumberError

MAX_WHOLE = 2**53
KEY, MAX_KEY = r"^[A-Za-z][A-Za-z0-9_-]*$", 40
"""How a table may be called."""
SLUG, MAX_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$", 80
"""How a lesson, a unit or a question may be called."""


def is_slug(text: str) -> bool:
    """Whether a lesson, a unit or a question may be called so."""
    return len(text) <= MAX_SLUG and re.fullmatch(SLUG, text) is not None


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
        found = [_array(entry, (*at, i)) for i, entry in enumerate(value)]
        _check_even(found, value, at)
        return found
    number = _number(value, at)
    return value if type(value) is int else number  # whole numbers are labels and sizes: they stay what they are


def _check_even(found: list[Any], value: list[Any], at: tuple[int, ...]) -> None:
    """Rows of one length: all entries are numbers, or lists of as many numbers as the first."""
    first = len(found[0]) if found and isinstance(found[0], list) else None
    for i, entry in enumerate(found):
        if (len(entry) if isinstance(entry, list) else None) != first:
            wanted = "a number, as the first one," if first is None else f"a list of {first}, as the first one,"
            raise NotANumberError(wanted, (*at, i), value[i])


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Real = Annotated[float, Before(lambda value: _number(value))]
Array = Annotated[Any, Before(lambda value: _array(value))]
"""A number, a vector or a matrix."""
Names = Annotated[list[str], Before(_several)]
Slug = Annotated[str, Limits(pattern=SLUG, max_length=MAX_SLUG)]
Key = Annotated[str, Limits(pattern=KEY, max_length=MAX_KEY)]
"""The name of a table: a graph, a run, a model, a data set."""
Line = Annotated[str, Limits(max_length=500)]
Text = Annotated[str, Limits(max_length=20_000)]
Whole = int
