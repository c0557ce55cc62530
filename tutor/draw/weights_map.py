"""Weights as a map: the sign by colour and by glyph, the size by the depth of colour and by the number of glyphs.

A cell is two columns: `++` large and positive, `+ ` positive, `· ` near nothing, `− ` negative, `−−` large and
negative. Where there is room each weight is written out as a number instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, cell_width, fit
from tutor.draw.field import Grid, level

NUMBER: Final = 9
"""Columns of a weight that is written out."""
MOST_WRITTEN: Final = 12
"""Rows of weights that are written out at most."""
MIDDLE, ON_NUMBERS, ON_GLYPHS = 4, 2, 3
"""The level of 0, and how far from it the ground of a number and of a glyph may lie."""
LARGE, SMALL = 0.5, 1 / 16
"""From which share of the largest weight on a cell has two glyphs, and one."""


@dataclass(frozen=True)
class LayerWeights:
    """The weights of a layer: `shape` is units × inputs, `grid` its rows and columns, each cell the largest in size of
    the weights it stands for where there are fewer cells than weights.

    `biases` are as many as the grid has rows (or none), `biggest` is unit and input (from 1) of the largest in size
    and its value, `limit` its size; `inputs` and `units` are names (empty: numbers). With `picture` (height, width)
    the inputs are the pixels of an image, and each row of `grid` is one unit's picture.
    """

    name: str
    shape: tuple[int, int]
    grid: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...] = ()
    biggest: tuple[int, int, float] = (1, 1, 0.0)
    limit: float = 0.0
    inputs: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    picture: tuple[int, int] | None = None


def pooled(grid: Grid, rows: int, columns: int) -> list[list[float]]:
    """At most so many rows and columns; each cell is the largest in size of those it stands for."""
    rows, columns = min(rows, len(grid)), min(columns, max(map(len, grid), default=0))
    if rows < 1 or columns < 1:
        return []
    found = []
    for band in _bands(len(grid), rows):
        lines = grid[band[0] : band[1]]
        found.append([_largest(lines, *part) for part in _bands(len(grid[0]), columns)])
    return found


def _bands(count: int, parts: int) -> list[tuple[int, int]]:
    cuts = [i * count // parts for i in range(parts + 1)]
    return list(pairwise(cuts))


def _largest(lines: Grid, start: int, end: int) -> float:
    return max((float(value) for line in lines for value in line[start:end]), key=_size)


def _size(value: float) -> float:
    return math.inf if math.isnan(value) else abs(value)


def biggest_words(layer: LayerWeights) -> str:
    """Which weight is the largest in size, by name, and its value."""
    unit, source, value = layer.biggest
    if layer.shape[1] < 1:
        return ""
    to = layer.units[unit - 1] if unit <= len(layer.units) else f"unit {unit}"
    from_ = layer.inputs[source - 1] if source <= len(layer.inputs) else f"input {source}"
    sign = "+" if value > 0 else ""
    if layer.shape == (1, 1):
        return f"{sign}{show_number(value, 4)}"
    if layer.shape[1] == 1 and not layer.biases:
        return f"biggest: {to}, {sign}{show_number(value, 3)}"
    return f"biggest: {from_} → {to}, {sign}{show_number(value, 3)}"


def shape_words(layer: LayerWeights) -> str:
    """How many weights there are."""
    units, inputs = layer.shape
    if not layer.biases and inputs == 1:
        return "one weight" if units == 1 else f"{units} weights"
    biases = f" + {units} bias{'es' if units > 1 else ''}" if layer.biases else ""
    return f"{units}×{inputs}{biases}"


def layer_map(layer: LayerWeights, width: int, height: int, *, ascii_only: bool = False) -> Rows:
    """The weights of a layer in at most `width` × `height` cells; the last column, behind a bar, is the biases."""
    if height < 1 or width < 8 or not layer.grid:
        return ()
    if layer.picture is not None:
        return _pictures(layer, width, height, ascii_only=ascii_only)
    label = _label_width(layer)
    if is_written(layer, width, height):
        return _written(layer, label)
    if width < label + 12:
        return ()
    return _glyphs(layer, label, width, height, ascii_only=ascii_only)


def is_written(layer: LayerWeights, width: int, height: int) -> bool:
    """Whether there is room to write the layer's weights as numbers."""
    if layer.picture is not None or not layer.grid:
        return False
    rows, columns = len(layer.grid), len(layer.grid[0])
    wide = _label_width(layer) + (columns + bool(layer.biases)) * NUMBER + 2
    return layer.shape == (rows, columns) and wide <= width and rows + 1 <= min(height, MOST_WRITTEN + 1)


def _label_width(layer: LayerWeights) -> int:
    return max([6, *(min(14, cell_width(name)) for name in layer.units)]) + 2


def _named(layer: LayerWeights, row: int, of: int) -> str:
    count = layer.shape[0]
    if of == count:
        return layer.units[row] if row < len(layer.units) else f"unit {row + 1}"
    return f"{row * count // of + 1}–{(row + 1) * count // of}"


def _written(layer: LayerWeights, label: int) -> Rows:
    names = [layer.inputs[i] if i < len(layer.inputs) else f"in {i + 1}" for i in range(layer.shape[1])]
    head = [Run(" " * label, "axis"), *(Run(fit(name, NUMBER - 1, right=True) + " ", "axis") for name in names)]
    head += [Run(fit("bias", NUMBER + 1, right=True), "axis")] if layer.biases else []
    rows: list[Row] = [tuple(head)] if layer.shape[1] > 1 or layer.biases else []
    for i, line in enumerate(layer.grid):
        cells = [Run(_number(value), _shade(value, layer.limit, ON_NUMBERS)) for value in line]
        bias = [Run(" │", "axis"), Run(_number(layer.biases[i]), "value")] if layer.biases else []
        rows.append((Run(f"  {fit(_named(layer, i, len(layer.grid)), label - 2)}", "name"), *cells, *bias))
    return tuple(rows)


def _number(value: float) -> str:
    text = show_number(value, 3)
    return fit(text if value < 0 or math.isnan(value) else f"+{text}", NUMBER - 1, right=True) + " "


def _shade(value: float, limit: float, deepest: int) -> str:
    """The style of a weight: at most so many levels from the middle, as letters must be read on it."""
    found = level(value, -limit, limit) - MIDDLE
    return f"point.0.{MIDDLE + max(-deepest, min(deepest, found))}"


def glyph(value: float, limit: float, *, ascii_only: bool = False) -> str:
    """The two glyphs of a weight."""
    if math.isnan(value) or math.isinf(value):
        return "!!"
    share = abs(value) / limit if limit > 0 else 0.0
    if share < SMALL:
        return ". " if ascii_only else "· "
    sign = "+" if value > 0 else "-" if ascii_only else "−"
    return sign * 2 if share >= LARGE else f"{sign} "


def _cells(line: Sequence[float], limit: float, *, ascii_only: bool) -> list[Run]:
    runs: list[Run] = []
    for value in line:
        text, style = glyph(value, limit, ascii_only=ascii_only), _shade(value, limit, ON_GLYPHS)
        if runs and runs[-1].style == style:
            runs[-1] = Run(runs[-1].text + text, style)
        else:
            runs.append(Run(text, style))
    return runs


def _glyphs(layer: LayerWeights, label: int, width: int, height: int, *, ascii_only: bool) -> Rows:
    biased = 4 if layer.biases else 0
    grid = pooled(layer.grid, height, max(1, (width - label - biased - 2) // 2))
    biases = pooled([[bias] for bias in layer.biases], len(grid), 1)
    bar = " | " if ascii_only else " │ "
    rows = []
    for i, line in enumerate(grid):
        bias = _cells(biases[i], layer.limit, ascii_only=ascii_only) if biases else []
        name = Run(f"  {fit(_named(layer, i, len(grid)), label - 2)} ", "axis")
        rows.append(
            (name, *_cells(line, layer.limit, ascii_only=ascii_only), *([Run(bar, "axis")] if bias else []), *bias)
        )
    return tuple(rows)


def _pictures(layer: LayerWeights, width: int, height: int, *, ascii_only: bool) -> Rows:
    """Each unit's weights as the picture it looks for, side by side as many as fit."""
    assert layer.picture is not None
    tall, wide = layer.picture
    scale = 1
    while tall // scale + 1 > height or (wide // scale) * 2 + 2 > width:
        scale += 1
        if scale > max(tall, wide):
            return ()
    high, across = tall // scale, wide // scale
    each = max(2 * across, 8) + 2
    rows: list[list[Run]] = []
    many = max(1, width // each)
    bands = max(1, height // (high + 1))
    for first in range(0, min(len(layer.grid), many * bands), many):
        shown = layer.grid[first : first + many]
        rows.append([Run(fit(f"  {_unit(layer, first + i)}", each), "axis") for i in range(len(shown))])
        pictures = [pooled([line[y * wide : (y + 1) * wide] for y in range(tall)], high, across) for line in shown]
        for y in range(high):
            row: list[Run] = []
            for picture in pictures:
                rest = each - 2 - 2 * len(picture[y])
                row += [Run("  "), *_cells(picture[y], layer.limit, ascii_only=ascii_only), Run(" " * rest)]
            rows.append(row)
    return tuple(tuple(part for part in row if part.text) for row in rows)


def _unit(layer: LayerWeights, i: int) -> str:
    return layer.units[i] if i < len(layer.units) else f"unit {i + 1}"
