"""Upright bars: many numbers side by side on one scale, also a logarithmic one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from tutor.draw.cells import Row, Rows, Run, fit
from tutor.draw.scale import short, showable

_LEVELS: Final = " ▁▂▃▄▅▆▇█"
_AXIS: Final = 8
"""Cells left of the columns for the numbers of the scale."""


def column_chart(
    values: Sequence[float], width: int, height: int, *, log: bool = False, ascii_only: bool = False
) -> Rows:
    """Sizes as columns in exactly `width` × `height` cells; where there are too many, one column stands for several.

    With `log` a column's height follows the power of ten; a last row tells the scale across. What is not finite (with
    `log`: 0) has no column.
    """
    room, tall = width - _AXIS, height - 1
    if room < 4 or tall < 2 or not values:
        return tuple((Run(" " * max(width, 0)),) for _ in range(max(height, 0)))
    group = -(-len(values) // room)
    sizes = [_size(values[i : i + group], log=log) for i in range(0, len(values), group)]
    wide = max(1, min(room // len(sizes), 6))
    low, high = _limits([size for size in sizes if size is not None], log=log)
    heights = [0 if size is None else _eighths(size, low, high, tall) for size in sizes]
    body = [
        _row(heights, tall - 1 - y, wide, _scale(y, tall, low, high, log=log), width, ascii_only) for y in range(tall)
    ]
    return (*body, _below(len(values), group, len(sizes) * wide, width))


def _size(values: Sequence[float], *, log: bool) -> float | None:
    """The mean size of some numbers, with `log` the mean power of ten; None where none can be shown."""
    sizes = [abs(float(value)) for value in values if showable(abs(float(value)), log=log)]
    if not sizes:
        return None
    return math.fsum(math.log10(size) if log else size for size in sizes) / len(sizes)


def _limits(sizes: Sequence[float], *, log: bool) -> tuple[float, float]:
    """The scale: from 0, with `log` from the whole power below the smallest."""
    if not sizes:
        return 0.0, 1.0
    if not log:
        return 0.0, max(sizes) or 1.0
    low, high = math.floor(min(sizes)) - 1.0, float(math.ceil(max(sizes)))
    return low, high if high > low else low + 1


def _eighths(size: float, low: float, high: float, tall: int) -> int:
    return max(1, round((size - low) / (high - low) * tall * 8)) if size > low else 0


def _scale(y: int, tall: int, low: float, high: float, *, log: bool) -> str:
    """The number beside a row: at the top and at the bottom, with `log` in the middle too."""
    if y not in (0, (tall - 1) // 2 if log else 0, tall - 1):
        return ""
    at = high - (high - low) * (y / max(1, tall - 1))
    return f"1e{round(at)}" if log else short(at)


def _row(heights: Sequence[int], level: int, wide: int, scale: str, width: int, ascii_only: bool) -> Row:
    letters = []
    for height in heights:
        part = max(0, min(8, height - 8 * level))
        letters.append(("#" if part >= 4 else " ") * wide if ascii_only else _LEVELS[part] * wide)
    edge = "|" if ascii_only else "│"
    bars = fit("".join(letters), width - _AXIS)
    return (
        Run(fit(scale, _AXIS - 2, right=True, ellipsis="~" if ascii_only else "…") + " " + edge, "axis"),
        Run(bars, "series.0"),
    )


def _below(count: int, group: int, used: int, width: int) -> Row:
    """First and last place, and how many share a column."""
    note = f"   {group} to a column" if group > 1 else ""
    last = str(count)
    gap = max(1, used - 1 - len(last))
    return (Run(fit(" " * _AXIS + "1" + " " * gap + last + note, width, ellipsis="~"), "axis"),)
