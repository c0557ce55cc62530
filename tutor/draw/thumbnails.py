"""Small images side by side: weights as templates, digits; two pixels to a cell, larger or smaller as there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, fit
from tutor.draw.field import Grid, half_blocks, shaded

GAP = 2
LARGEST = 3


def thumbnails(
    images: Sequence[Grid],
    labels: Sequence[str],
    width: int,
    height: int,
    *,
    colour: bool = True,
    ascii_only: bool = False,
) -> Rows:  # fmt: skip
    """Every image with its name below, all on one scale, in at most `width` × `height` cells.

    Numbers of both signs have 0 in the middle of the scale. Without colour a cell is one pixel, shaded by letters.
    """
    if not images or not images[0] or not images[0][0]:
        return ()
    limits, signed = scale_of(images)
    tall, wide = len(images[0]), len(images[0][0])
    halves = colour and not ascii_only
    size = _size(len(images), tall, wide, width, height, halves=halves)
    rows: list[Row] = []
    drawn = []
    for image in images:
        grid = resized(image, *size)
        part = (
            half_blocks(grid, limits, "field" if signed else "grey")
            if halves
            else shaded(grid[::2], limits, ascii_only=ascii_only)
        )
        drawn.append(part)
    across = max(1, (width + GAP) // (size[1] + GAP))
    across = -(-len(drawn) // -(-len(drawn) // across))  # rows of images of about one length
    for start in range(0, len(drawn), across):
        group = drawn[start : start + across]
        rows += [_joined([part[y] for part in group]) for y in range(len(group[0]))]
        rows.append(_names(labels[start : start + across], size[1], ascii_only=ascii_only))
    return tuple(rows[: max(height, 0)])


def scale_of(images: Sequence[Grid]) -> tuple[tuple[float, float], bool]:
    """The limits of a scale that all the images share, and whether it has two signs."""
    every = [float(value) for image in images for line in image for value in line if math.isfinite(value)]
    low, high = min(every, default=0.0), max(every, default=1.0)
    if low < 0 < high:
        most = max(-low, high)
        return (-most, most), True
    return (low, high if high > low else low + 1.0), False


def _size(count: int, tall: int, wide: int, width: int, height: int, *, halves: bool) -> tuple[int, int]:
    """Pixels (down, across) at which all images fit, as large as possible; a cell is two pixels high."""
    for factor in (*range(LARGEST, 0, -1), *(1 / k for k in range(2, 17))):
        down, across = max(2, round(tall * factor)), max(2, round(wide * factor))
        in_a_row = (width + GAP) // (across + GAP)
        if in_a_row and -(-count // in_a_row) * (-(-down // 2) + 1) <= height:
            return down, across
    return 2, 2


def resized(image: Grid, down: int, across: int) -> list[list[float]]:
    """The image in another size: pixels repeated, or the mean of those that fall together."""
    tall, wide = len(image), len(image[0])
    return [[_mean(image, _span(y, down, tall), _span(x, across, wide)) for x in range(across)] for y in range(down)]


def _span(i: int, count: int, size: int) -> range:
    start = i * size // count
    return range(start, max(start + 1, (i + 1) * size // count))


def _mean(image: Grid, rows: range, columns: range) -> float:
    found = [float(image[y][x]) for y in rows for x in columns]
    return math.fsum(found) / len(found) if all(map(math.isfinite, found)) else math.nan


def _joined(parts: Sequence[Row]) -> Row:
    row: list[Run] = []
    for i, part in enumerate(parts):
        row += [*([Run(" " * GAP)] if i else []), *part]
    return tuple(row)


def _names(labels: Sequence[str], wide: int, *, ascii_only: bool) -> Row:
    shown = [fit(ascii_text(label) if ascii_only else label, wide, ellipsis="~") for label in labels]
    text = (" " * GAP).join(shown)
    return (Run(fit(text, cell_width(text)), "name"),)
