"""A lesson's picture in character cells: one entry for each kind of figure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.numbers import show_number
from tutor.draw.bars import bar_chart
from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, clip, fit
from tutor.draw.columns import column_chart
from tutor.draw.curves import Group, legend_rows
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.draw.scale import showable
from tutor.draw.table import matrix_table
from tutor.draw.thumbnails import thumbnails
from tutor.figures.figure import Bars, Curves, Figure, Histogram, Images, Matrix, Untold
from tutor.text import safe

MOST_NOTES = 3
BORDER = (9, 2)
"""Cells beside and below a plot that hold its scales."""


@dataclass(frozen=True)
class Room:
    """The cells for a picture, and what they can show."""

    width: int
    height: int
    colour: bool = True
    ascii_only: bool = False


def figure_rows(figure: Figure, room: Room) -> Rows:
    """The figure in at most `room.height` rows of at most `room.width` cells."""
    if room.width < 8 or room.height < 2:
        return ()
    rows = _DRAWS[type(figure)](figure, room)
    if figure.title and not isinstance(figure, Curves):
        rows = (title_row(figure.title, room), *rows)
    return tuple(_held(row, room) for row in rows[: room.height])


def _held(row: Row, room: Room) -> Row:
    """The row in the room's width, in the letters that there are."""
    runs: list[Run] = []
    left = room.width
    for run in row:
        text = ascii_text(run.text) if room.ascii_only else run.text
        text = clip(text, left, "~" if room.ascii_only else "…")
        if text:
            runs.append(Run(text, run.style))
        left -= cell_width(text)
    return tuple(runs)


def title_row(title: str, room: Room) -> Row:
    """A title on a row of its own."""
    return (Run(fit(_text(title, room), room.width).rstrip(), "title"),)


def _text(text: str, room: Room) -> str:
    shown = safe(text, 200)
    return ascii_text(shown) if room.ascii_only else shown


def _below_title(figure: Bars | Matrix | Histogram | Images, room: Room) -> int:
    return room.height - (1 if figure.title else 0)


def _curves(figure: Curves, room: Room) -> Rows:
    notes = _notes(figure, room)
    series = [Series(_text(line.label, room), line.values, line.places, line.dots, line.sign) for line in figure.lines]
    title = _text(figure.title or figure.across, room)
    legend = legend_rows([Group(title, tuple(series))], room.width, log=figure.log, ascii_only=room.ascii_only)
    left = room.height - len(legend) - len(notes)
    if left < 8:
        notes, left = (), room.height - len(legend)
    across, up = _window(figure, room.width, left)
    if across is not None and up is not None:
        series = [_inside(one, across, up) for one in series]
    options = PlotOptions(
        log=figure.log, log_across=figure.log_across, marks=figure.marks, across=across, up=up,
        ascii_only=room.ascii_only,
    )  # fmt: skip
    return (*legend, *line_plot(series, room.width, left + 1, options)[1:], *notes)


def _notes(figure: Curves, room: Room) -> Rows:
    lines = [line for note in figure.notes for line in textwrap.wrap(_text(note, room), room.width - 2)]
    return tuple((Run(f"  {line}", "note"),) for line in lines[:MOST_NOTES])


def _window(figure: Curves, width: int, height: int) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """The part of the plane that is shown; where right angles must look right it is as wide as the cells make it."""
    if not figure.equal or figure.window is None:
        return None, figure.window
    low, high = figure.window
    cells = max(1, width - BORDER[0]) / (2 * max(1, height - BORDER[1]))
    half = (high - low) * cells / 2
    dots = [place for line in figure.lines if line.dots for place in line.places]
    middle = (min(dots) + max(dots)) / 2 if dots else (low + high) / 2
    return (middle - half, middle + half), (low, high)


def _inside(one: Series, across: tuple[float, float], up: tuple[float, float]) -> Series:
    """The points of a curve that are in the window: what leaves it is cut off there, not bent along its edge."""
    assert one.places is not None
    spots = zip(one.places, one.values, strict=True)
    kept = [(x, y) for x, y in spots if across[0] <= x <= across[1] and up[0] <= y <= up[1]]
    return Series(one.label, [y for _, y in kept], [x for x, _ in kept], one.dots, one.sign)


def _bars(figure: Bars, room: Room) -> Rows:
    height = _below_title(figure, room)
    needed = len(figure.values) + (1 if figure.log else 0)
    if needed > height and len(figure.values) > 8:
        return column_chart(figure.values, room.width, height, log=figure.log, ascii_only=room.ascii_only)
    labels = [_text(label, room) for label in figure.labels]
    return bar_chart(labels, figure.values, room.width, log=figure.log, ascii_only=room.ascii_only)


def _matrix(figure: Matrix, room: Room) -> Rows:
    rows, columns = ([_text(name, room) for name in names] for names in (figure.rows, figure.columns))
    height = _below_title(figure, room)
    return matrix_table(rows, columns, figure.values, room.width, height, ascii_only=room.ascii_only)


def _histogram(figure: Histogram, room: Room) -> Rows:
    """One panel for each set of numbers, side by side, on the same edges."""
    count = max(1, len(figure.counts))
    wide = (room.width - 2 * (count - 1)) // count
    tall = _below_title(figure, room)
    panels = [_panel(figure, i, wide, tall, room) for i in range(len(figure.counts))]
    return tuple(_side_by_side([panel[y] for panel in panels], wide) for y in range(min(map(len, panels))))


def _panel(figure: Histogram, i: int, width: int, height: int, room: Room) -> Rows:
    label = fit(_text(figure.labels[i], room), width)
    said = f"deviation {show_number(figure.deviations[i], 3)}" if i < len(figure.deviations) else ""
    chart = column_chart(figure.counts[i], width, height - 2, ascii_only=room.ascii_only)
    low, high = show_number(figure.edges[0], 2), show_number(figure.edges[-1], 2)
    used = max(len(low) + len(high) + 1, _used(chart) - 8)
    below = " " * 8 + low + " " * (used - len(low) - len(high)) + high
    return ((Run(label, "title"),), *chart[:-1], (Run(fit(below, width), "axis"),), (Run(fit(said, width), "note"),))


def _used(chart: Rows) -> int:
    """How far to the right the columns reach."""
    return max((len("".join(run.text for run in row).rstrip()) for row in chart[:-1]), default=0)


def _side_by_side(rows: Sequence[Row], width: int) -> Row:
    found: list[Run] = []
    for i, row in enumerate(rows):
        used = sum(len(run.text) for run in row)
        found += [*([Run("  ")] if i else []), *row, Run(" " * max(0, width - used))]
    return tuple(found)


def _images(figure: Images, room: Room) -> Rows:
    labels = [_text(label, room) for label in figure.labels]
    height = _below_title(figure, room)
    return thumbnails(figure.images, labels, room.width, height, colour=room.colour, ascii_only=room.ascii_only)


def _untold(figure: Untold, room: Room) -> Rows:
    lines = textwrap.wrap(_text(figure.says, room), room.width - 2)
    return tuple((Run(f"  {line}", "note"),) for line in lines)


_DRAWS: Mapping[type, Callable[[Any, Room], Rows]] = {
    Curves: _curves,
    Bars: _bars,
    Matrix: _matrix,
    Histogram: _histogram,
    Images: _images,
    Untold: _untold,
}


def all_showable(figure: Figure) -> bool:
    """Whether there is at least one number in the picture that has a place in it."""
    if isinstance(figure, Curves):
        return any(showable(value, log=figure.log) for line in figure.lines for value in line.values)
    if isinstance(figure, Bars):
        return any(showable(abs(value), log=figure.log) for value in figure.values)
    return not isinstance(figure, Untold)
