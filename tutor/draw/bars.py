"""Small charts of text alone: labelled bars, also on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, clip, fit
from tutor.draw.scale import short, showable

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


def bar_chart(
    labels: Sequence[str], values: Sequence[float], width: int, *, log: bool = False, ascii_only: bool = False
) -> Rows:
    """One row for each value: its label, a bar of its size (sign left to the number), the number.

    With `log` a bar's length follows the power of ten, from one decade below the smallest value above zero: so
    a gradient that vanishes from layer to layer is a staircase. A last row tells the scale.
    """
    sizes = [abs(float(value)) for value in values]
    shown = [size for size in sizes if showable(size, log=log)]
    floor = math.floor(math.log10(min(shown))) - 1 if log and shown else None
    high = max(shown, default=1.0) or 1.0
    cut = "~" if ascii_only else "…"
    names = [clip(ascii_text(label) if ascii_only else label, max(width // 3, 1), cut) for label in labels]
    first = max(map(cell_width, names), default=0)
    numbers = [_number(float(value)) for value in values]
    last = max(map(len, numbers), default=0)
    room = max(width - first - last - 2, 0)
    rows = []
    for name, size, number in zip(names, sizes, numbers, strict=True):
        bar = _bar(_share(size, high, floor) * room, room, ascii_only=ascii_only)
        runs = (
            Run(fit(name, first) + " ", "axis"),
            Run(bar + " ", "series.0"),
            Run(fit(number, last, right=True), "value"),
        )
        rows.append(_exactly(runs, width, cut))
    if floor is not None:
        low = short(10.0**floor) if 10.0**floor else f"1e{floor}"  # below the smallest number there is
        rows.append(_exactly((Run(f"{' ' * first} log scale, {low} to {short(high)}", "note"),), width, cut))
    return tuple(rows)


def _number(value: float) -> str:
    return short(value) if math.isfinite(value) else "not finite"


def _share(size: float, high: float, floor: int | None) -> float:
    """How much of the room a bar takes; `floor` is the power of ten at which a logarithmic scale begins."""
    if not showable(size, log=floor is not None):
        return 0.0 if not size > high else 1.0
    if floor is not None:
        return (math.log10(size) - floor) / (math.log10(high) - floor)
    return size / high


def _bar(length: float, room: int, *, ascii_only: bool) -> str:
    """A bar of `length` cells in `room` cells, to an eighth of a cell."""
    eighths = round(length * 8)
    if ascii_only:
        return ("#" * round(length)).ljust(room)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(room)


def _exactly(runs: Sequence[Run], width: int, ellipsis: str) -> Row:
    row: list[Run] = []
    room = width
    for run in runs:
        text = run.text if cell_width(run.text) <= room else fit(run.text, room, ellipsis=ellipsis)
        if text:
            row.append(Run(text, run.style))
        room -= cell_width(text)
    return (*row, Run(" " * room)) if room else tuple(row)
