"""Curves of several training runs with what happened to them: a legend that is never cut, changed learning rates, the
best epoch, the epoch that is looked at.

Each curve is told from the others by a glyph and a word, not by its colour alone. Signs on the epoch axis are told
below it in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, cell_width, clip, row_text
from tutor.draw.plot import MOST_SERIES, PlotOptions, Series, line_plot, signs_of
from tutor.draw.scale import Point, all_showable, padded, showable

GLYPHS: Final = "▞•+×○◆"
ASCII_GLYPHS: Final = "*+xo#@"
RATE, BEST = "▲", "★"
ASCII_RATE, ASCII_BEST = "^", "*"
TOO_HIGH, CUT_AT = 30.0, 2.0
"""A curve that goes beyond so many times the highest start is cut off, at so many times that start."""
MOST_TOLD: Final = 3
CUT: Final = "Cut off above, where a run shoots up; l shows all of it."


@dataclass(frozen=True)
class Group:
    """What is measured, in words, and a curve for each run (label: the run's name)."""

    words: str
    curves: tuple[Series, ...]


@dataclass(frozen=True)
class Happened:
    """What is marked on the epochs: `now` the epoch that is looked at, `rates` changes of the learning rate (epoch,
    new rate), `best` the epoch with the lowest validation loss and that loss; `of` is the run's name, "" for one."""

    now: int | None = None
    rates: Sequence[tuple[int, float]] = ()
    best: tuple[int, float] | None = None
    of: str = ""


@dataclass(frozen=True)
class Look:
    """How curves are looked at: on a logarithmic scale, in a window of epochs (None: all)."""

    log: bool = False
    across: Point | None = None
    ascii_only: bool = False


def glyph_of(i: int, *, ascii_only: bool = False) -> str:
    """The sign of curve number i."""
    return (ASCII_GLYPHS if ascii_only else GLYPHS)[i % MOST_SERIES]


def curves_picture(groups: Sequence[Group], happened: Happened, look: Look, width: int, height: int) -> Rows:
    """Legend, plot and what happened, in exactly `height` rows of at most `width` cells."""
    if width < 1 or height < 1:
        return ()
    series = [one for group in groups for one in group.curves][:MOST_SERIES]
    legend = legend_rows(groups, width, log=look.log, ascii_only=look.ascii_only)
    told = happened_rows(happened, width, ascii_only=look.ascii_only)
    up = None if look.log else _ceiling(series, look.across)
    if up is not None:
        lines = wrap(CUT, max(12, width - 2), initial_indent="  ", subsequent_indent="  ")
        told = (*told, *((Run(line, "note"),) for line in lines))
    room = height - len(legend) - len(told)
    if room < 5:
        legend, told, room = legend[: max(1, height - 5)], (), max(0, height - min(len(legend), max(1, height - 5)))
    marks = () if happened.now is None else (float(happened.now),)
    options = PlotOptions(log=look.log, marks=marks, across=look.across, up=up, ascii_only=look.ascii_only)
    plot = line_plot(series, width, room + 1, options)[1:]
    plot = _marked(plot, _reach(series, look.across), happened, look.ascii_only)
    return (*legend, *plot, *told)[:height]


def legend_rows(groups: Sequence[Group], width: int, *, log: bool = False, ascii_only: bool = False) -> Rows:
    """One line for each kind of curve, or more: a label moves to the next line whole."""
    rows: list[Row] = []
    signs = iter(signs_of([one for group in groups for one in group.curves][:MOST_SERIES]))
    for group in groups:
        rows.append((Run(clip(f" {group.words}{', log scale' if log else ''}:", width), "title"),))
        for one in group.curves:
            i = next(signs, None)
            if i is None:
                break
            label = f"  {glyph_of(i, ascii_only=ascii_only)} {one.label}{_lost(one, log)}"
            piece = Run(clip(label, width), f"series.{i}")
            used = sum(cell_width(part.text) for part in rows[-1])
            if used + cell_width(piece.text) > width:
                rows.append((piece,))
            else:
                rows[-1] = (*rows[-1], piece)
    return tuple(rows)


def _lost(one: Series, log: bool) -> str:
    """What is said about points that have no place."""
    if all_showable(one.values, log=log):
        return ""
    first = next(i for i, value in enumerate(one.values) if not showable(value, log=log))
    if log and math.isfinite(one.values[first]) and one.values[first] <= 0:
        return " (0 or less: not on a log scale)"
    word = "at" if any(showable(value, log=log) for value in one.values[first:]) else "from"
    return f" (no number {word} epoch {one.place(first):g})"


def _ceiling(series: Sequence[Series], across: Point | None) -> Point | None:
    """Where to cut off, if a curve would squash all others; None if none does."""
    inside = [
        float(value)
        for one in series
        for i, value in enumerate(one.values)
        if showable(float(value)) and (across is None or across[0] <= one.place(i) <= across[1])
    ]
    starts = [float(one.values[0]) for one in series if len(one.values) and showable(float(one.values[0]))]
    start = max(starts, default=0.0)
    if start <= 0 or not inside or max(inside) <= TOO_HIGH * start:
        return None
    return min(inside), CUT_AT * start


def _reach(series: Sequence[Series], across: Point | None) -> Point:
    """The epochs at the left and right end of the axis."""
    return across or padded(float(one.place(i)) for one in series for i in (0, len(one.values) - 1) if len(one.values))


def happened_rows(happened: Happened, width: int, *, ascii_only: bool = False) -> Rows:
    """The signs on the axis in words."""
    rate, best = (ASCII_RATE, ASCII_BEST) if ascii_only else (RATE, BEST)
    of = f" of {happened.of}" if happened.of else ""
    told: list[str] = []
    if happened.best is not None:
        epoch, loss = happened.best
        told.append(f"{best} epoch {epoch}: lowest validation loss{of}, {show_number(loss, 4)}")
    if happened.rates:
        last = happened.rates[-MOST_TOLD:]
        changes = ", ".join(f"{show_number(value, 3)} from epoch {epoch}" for epoch, value in last)
        told.append(f"{rate} learning rate{of}: {changes}")
    room = max(12, width - 2)
    lines = [line for text in told for line in wrap(text, room, initial_indent="  ", subsequent_indent="    ")]
    return tuple((Run(clip(line, width), "mark"),) for line in lines)


def _marked(plot: Rows, reach: Point, happened: Happened, ascii_only: bool) -> Rows:
    """The plot with signs on its epoch axis."""
    at = next((y for y in range(len(plot) - 1, -1, -1) if row_text(plot[y]).lstrip()[:1] in {"└", "+"}), None)
    if at is None:
        return plot
    text = row_text(plot[at])
    corner = len(text) - len(text.lstrip())
    room = len(text.rstrip()) - corner - 1
    rate, best = (ASCII_RATE, ASCII_BEST) if ascii_only else (RATE, BEST)
    signs = [(epoch, rate) for epoch, _ in happened.rates]
    signs += [(happened.best[0], best)] if happened.best is not None else []
    row = plot[at]
    for epoch, sign in signs:
        if reach[0] <= epoch <= reach[1] and reach[1] > reach[0] and room > 1:
            x = corner + 1 + round((epoch - reach[0]) / (reach[1] - reach[0]) * (room - 1))
            row = _with(row, x, Run(sign, "mark"))
    return (*plot[:at], row, *plot[at + 1 :])


def _with(row: Row, x: int, sign: Run) -> Row:
    """The row with one cell replaced."""
    runs: list[Run] = []
    at = 0
    for part in row:
        end = at + len(part.text)
        if at <= x < end:
            parts = (Run(part.text[: x - at], part.style), sign, replace(part, text=part.text[x - at + 1 :]))
            runs += [piece for piece in parts if piece.text]
        else:
            runs.append(part)
        at = end
    return tuple(runs)
