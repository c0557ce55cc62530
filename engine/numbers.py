"""The one way a number is written for people: the same digits on the screen, in text and in sentences."""

from __future__ import annotations

import math
from typing import Any

DIGITS = 6
"""Significant digits that are shown unless asked otherwise."""


def show_number(value: float, digits: int = DIGITS) -> str:
    """`value` with `digits` significant digits and no padding: 0.105, -2, 1.67e-99, nan, inf."""
    if not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-4 <= size < 10.0 ** max(digits, 6):
        text = f"{value:.{digits}g}"
        return f"{float(text):.0f}" if "e" in text else text
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def show_value(value: Any, digits: int = DIGITS, most: int = 40) -> str:
    """A number, or an array as nested brackets with at most `most` entries written out."""
    if isinstance(value, int | float):
        return show_number(float(value), digits)
    if value.ndim == 0:
        return show_number(float(value), digits)
    if value.size > most:
        return "[…] " + "×".join(str(n) for n in value.shape)
    return "[" + ", ".join(show_value(entry, digits, most) for entry in value) + "]"


def counted(number: float, word: str) -> str:
    """`1 point`, `2 points`."""
    return f"{number:g} {word}{'' if number == 1 else 's'}"
