"""Samples with what the network says of them: images in half blocks with their labels, other data as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, fit
from tutor.draw.field import half_blocks, shaded
from tutor.text import safe

RIGHT, WRONG = "✓", "✗"
LEAST_TILE: Final = 10
ENOUGH: Final = 6
"""So many images are worth more than larger ones."""


@dataclass(frozen=True)
class Sample:
    """One row of the data: its number (from 1), inputs, target, what the network says, how sure it is (0 to 1; the
    error where the target is no class), and whether that is right (None where the target is no class).

    Where there is no target either, `says` is the row's loss.
    """

    number: int
    inputs: tuple[float, ...]
    target: str
    says: str
    sure: float | None = None
    right: bool | None = None


@dataclass(frozen=True)
class Samples:
    """Some rows from place `start` on of `count` that there are; `wrong` of all are told wrongly (None: no classes).

    `part` is training or validation; `columns` are names of inputs, `image` height and width if rows are images.
    """

    count: int
    wrong: int | None
    start: int
    part: str
    columns: tuple[str, ...]
    rows: tuple[Sample, ...]
    image: tuple[int, int] | None = None
    only_wrong: bool = False


def samples_words(samples: Samples, width: int = 80) -> str:
    """How many rows there are, how many are told wrongly, and, where there is room, which one is the first shown."""
    rows = f"{samples.count} {samples.part} row{'' if samples.count == 1 else 's'}"
    told = rows if samples.wrong is None else f"{samples.wrong} of {rows} wrong"
    place = f", from row {samples.rows[0].number}" if samples.rows else ""
    only = ", only wrong ones" if samples.only_wrong else ""
    return next((text for text in (told + only + place, told + only, told) if len(text) <= width), told)


def samples_picture(
    samples: Samples, width: int, height: int, *, colour: bool = True, ascii_only: bool = False
) -> Rows:
    """The samples in at most `width` × `height` cells."""
    if not samples.rows:
        return ((Run("  None: nothing is told wrongly here.", "dim"),),)
    if samples.image is None:
        return sample_table(samples, width, height, ascii_only=ascii_only)
    return _images(samples, width, height, colour=colour, ascii_only=ascii_only)


def tiles(image: tuple[int, int], width: int, height: int) -> tuple[int, int, int]:
    """How many images fit side by side and below each other, and how many times they are enlarged."""
    best = (max(1, width // _tile(image, 1)), max(1, height // (image[0] // 2 + 2)), 1)
    for scale in (2, 3):
        found = (width // _tile(image, scale), height // (image[0] * scale // 2 + 2), scale)
        if found[0] * found[1] >= ENOUGH:
            best = found
    return best


def _tile(image: tuple[int, int], scale: int) -> int:
    return max(LEAST_TILE, image[1] * scale) + 2


def room_for(samples: Samples | None, width: int, height: int) -> tuple[int, int]:
    """How many samples one line of the picture has, and how many the whole picture."""
    if samples is None or samples.image is None:
        return 1, max(1, height - 1)
    across, down, _ = tiles(samples.image, width, height)
    return across, across * down


def _images(samples: Samples, width: int, height: int, *, colour: bool, ascii_only: bool) -> Rows:
    assert samples.image is not None
    across, down, scale = tiles(samples.image, width, height)
    wide = _tile(samples.image, scale)
    rows: list[Row] = []
    for first in range(0, min(len(samples.rows), across * down), across):
        shown = samples.rows[first : first + across]
        pictures = [digit(one.inputs, samples.image, scale, colour=colour, ascii_only=ascii_only) for one in shown]
        rows += [tuple(part for line in lines for part in _padded(line, wide)) for lines in zip(*pictures, strict=True)]
        rows.append(tuple(part for one in shown for part in _caption(one, wide)))
        rows.append(())
    return tuple(rows[:height])


def _padded(row: Row, width: int) -> Row:
    used = sum(cell_width(part.text) for part in row)
    return (*row, Run(" " * max(0, width - used)))


def _caption(one: Sample, width: int) -> Row:
    sign, style = (RIGHT, "right") if one.right else (WRONG, "wrong") if one.right is not None else ("", "text")
    says = f"{sign} {safe(one.says, 12)}" + ("" if one.right else f", is {safe(one.target, 12)}")
    return (Run(fit(says, width), style),)


def digit(
    pixels: tuple[float, ...], image: tuple[int, int], scale: int = 1, *, colour: bool = True, ascii_only: bool = False
) -> Rows:
    """An image, two of its rows to a row of cells; without colour letters of growing ink."""
    tall, wide = image
    grid = [
        [pixels[y * wide + x] for x in range(wide) for _ in range(scale)] for y in range(tall) for _ in range(scale)
    ]
    low, high = min(pixels), max(pixels)
    if colour and not ascii_only:
        return half_blocks(grid, (low, high), "grey")
    halved = [
        [(a + b) / 2 for a, b in zip(above, below, strict=True)]
        for above, below in zip(grid[::2], [*grid[1::2], grid[-1]][: len(grid[::2])], strict=True)
    ]
    return shaded(halved, (low, high), ascii_only=ascii_only)


def sample_table(samples: Samples, width: int, height: int, *, ascii_only: bool = False) -> Rows:
    """A row a sample: number, inputs as many as fit, target, what the network says, right or wrong."""
    graded = samples.wrong is not None
    last: tuple[tuple[str, int], ...] = (("target", 9), ("says", 9), ("sure" if graded else "error", 9))
    if not any(one.target for one in samples.rows):
        last = (("loss", 9),)
    room = width - 8 - sum(wide for _, wide in last) - (10 if graded else 0)
    shown = max(0, min(len(samples.columns), room // 9))
    more = len(samples.columns) - shown
    head = [("row", 6), *((safe(name, 40), 9) for name in samples.columns[:shown]), *last]
    names = "".join(fit(ascii_text(text) if ascii_only else text, wide - 1, right=True) + " " for text, wide in head)
    note = f"  (+ {more} inputs)" if more > 0 else ""
    return ((Run(f" {names}{note}", "axis"),), *(_table_row(one, shown) for one in samples.rows[: height - 1]))


def _table_row(one: Sample, shown: int) -> Row:
    inputs = [Run(_right(show_number(value, 3), 9), "text") for value in one.inputs[:shown]]
    sure = "" if one.sure is None else f"{one.sure:.0%}" if one.right is not None else show_number(one.sure, 3)
    row = [Run(f" {_right(str(one.number), 6)}", "axis"), *inputs]
    row += [Run(_right(safe(one.target, 40), 9), "text")] if one.target else []
    row.append(Run(_right(safe(one.says, 40), 9), "value"))
    row += [Run(_right(sure, 9), "text")] if sure else []
    if one.right is not None:
        row.append(Run(f" {RIGHT} right" if one.right else f" {WRONG} wrong", "right" if one.right else "wrong"))
    return tuple(row)


def _right(text: str, width: int) -> str:
    return fit(text, width - 1, right=True) + " "
