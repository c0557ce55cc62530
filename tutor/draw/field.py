"""Numbers as colours: decision boundaries with their data, digits, maps of weights, two values in each cell.

A cell is an upper half block. Its style `field.3.5` means the upper value has level 3 of 0…8 and the lower one
level 5; `grey.…` is the same on a scale without sign. A data point has the style `point.1.5`: class 1 on level
5. Where there is no colour, `shaded` draws one value a cell with letters of growing ink.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from tutor.draw.cells import Rows, Run

Ramp = Literal["field", "grey"]
Grid = Sequence[Sequence[float]]
"""Rows of numbers, the top row first."""

TOP_LEVEL: Final = 8
CLASS_SIGNS: Final = "○×●+△□"
_ASCII_SIGNS: Final = "ox*+^#"
_SHADES: Final = " ·░░▒▒▓▓█"
_ASCII_SHADES: Final = " .:-=+*#@"


@dataclass(frozen=True, slots=True)
class FieldPoint:
    """A data point: its coordinates and its class (0, 1, …)."""

    x: float
    y: float
    label: int = 0


@dataclass(frozen=True, slots=True)
class FieldWindow:
    """The part of the plane that a field shows: left, right, bottom, top."""

    left: float = 0.0
    right: float = 1.0
    bottom: float = 0.0
    top: float = 1.0


def level(value: float, low: float, high: float) -> int:
    """0 at `low` and below, 8 at `high` and above, 4 in the middle, for a NaN, and between infinite limits."""
    if math.isnan(value) or not high > low or not math.isfinite(high - low):
        return TOP_LEVEL // 2
    share = (min(max(value, low), high) - low) / (high - low)
    return min(int(share * (TOP_LEVEL + 1)), TOP_LEVEL)


def half_blocks(grid: Grid, limits: tuple[float, float], ramp: Ramp = "field", *, ascii_only: bool = False) -> Rows:
    """A grid of numbers, two of its rows to a row of cells (an odd last row is doubled)."""
    return _rows(_half_cells(grid, limits, ramp, ascii_only=ascii_only))


def shaded(grid: Grid, limits: tuple[float, float], *, ascii_only: bool = False) -> Rows:
    """A grid of numbers without colour: one number a cell, lighter to darker letters."""
    return _rows(_shaded_cells(grid, limits, ascii_only=ascii_only))


def field(
    grid: Grid,
    limits: tuple[float, float],
    points: Sequence[FieldPoint] = (),
    window: FieldWindow | None = None,
    *,
    colour: bool = True,
    ascii_only: bool = False,
) -> Rows:
    """Numbers over a part of the plane, and data points on them; each class has a sign of its own.

    With `colour` the grid has two rows for a row of cells, without it one. Points outside the window are left out.
    """
    cells = (
        _half_cells(grid, limits, "field", ascii_only=ascii_only)
        if colour
        else _shaded_cells(grid, limits, ascii_only=ascii_only)
    )
    signs = _ASCII_SIGNS if ascii_only else CLASS_SIGNS
    for point in points:
        spot = _spot(point, window or FieldWindow(), len(cells))
        if spot is not None and cells[spot[1]]:
            row = cells[spot[1]]
            x = min(int(spot[0] * len(row)), len(row) - 1)
            background = row[x][1].rpartition(".")[2] or str(TOP_LEVEL // 2)
            label = point.label % len(signs)
            row[x] = (signs[label], f"point.{label}.{background}")
    return _rows(cells)


def _spot(point: FieldPoint, window: FieldWindow, height: int) -> tuple[float, int] | None:
    """The share of the width (below 1 or at it) and the row of a point; None outside the window."""
    inside = window.left <= point.x <= window.right and window.bottom <= point.y <= window.top
    if height < 1 or not inside or not window.right > window.left or not window.top > window.bottom:
        return None
    across = (point.x - window.left) / (window.right - window.left)
    down = (window.top - point.y) / (window.top - window.bottom)
    return across, min(int(down * height), height - 1)


def _half_cells(
    grid: Grid, limits: tuple[float, float], ramp: Ramp, *, ascii_only: bool
) -> list[list[tuple[str, str]]]:
    if ascii_only:
        return _shaded_cells(grid[::2], limits, ascii_only=True)
    levels = [[level(float(value), *limits) for value in row] for row in grid]
    if len(levels) % 2:
        levels.append(levels[-1])
    return [
        [("▀", f"{ramp}.{upper}.{lower}") for upper, lower in zip(above, below, strict=True)]
        for above, below in zip(levels[::2], levels[1::2], strict=True)
    ]


def _shaded_cells(grid: Grid, limits: tuple[float, float], *, ascii_only: bool) -> list[list[tuple[str, str]]]:
    shades = _ASCII_SHADES if ascii_only else _SHADES
    return [[(shades[level(float(value), *limits)], "") for value in row] for row in grid]


def _rows(cells: Sequence[Sequence[tuple[str, str]]]) -> Rows:
    return tuple(
        tuple(
            Run("".join(letter for letter, _ in group), style)
            for style, group in groupby(row, key=lambda cell: cell[1])
        )
        for row in cells
    )
