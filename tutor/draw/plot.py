"""Curves, safe for any numbers: the only module that imports plotext.

plotext 6.1 ends the process on a NaN in a line and raises on an infinity, so it only ever sees finite points
inside a window that was set, at most two for each column. Its colours become style names here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tutor.draw.cells import Row, Rows, Run, ascii_text, cell_width, clip, fit
from tutor.draw.scale import Point, all_showable, log_ticks, padded, short, showable, telling, tick_labels, ticks

MOST_SERIES: Final = 6
SMALLEST: Final = (16, 5)
"""Columns and rows below which no curve is drawn."""

_MARK_COLOUR: Final = 14
_MARKERS: Final = (("hd", "▞"), ("•", "•"), ("+", "+"), ("×", "×"), ("○", "○"), ("◆", "◆"))
_ASCII_MARKERS: Final = "*+xo#@"
_FRAME_IN_ASCII: Final = str.maketrans("─│┌┐└┘├┤┬┴┼", "-|+++++++++")
_COLOUR = re.compile(r"\x1b\[([0-9;]*)m")


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: its label, its values, and where they stand (`places`, by default 0, 1, 2, …).

    `dots` draws points without lines between them; `sign` is the number of its sign and colour, if it may have that.
    """

    label: str
    values: Sequence[float]
    places: Sequence[float] | None = None
    dots: bool = False
    sign: int | None = None

    def place(self, i: int) -> float:
        """Where value number `i` stands."""
        return float(i) if self.places is None else float(self.places[i])


@dataclass(frozen=True, slots=True)
class PlotOptions:
    """How to plot: `log` values, `log_across` places, a `title`, upright `marks`, the part shown (`across`, `up`;
    None: all of it)."""

    log: bool = False
    log_across: bool = False
    title: str = ""
    marks: Sequence[float] = ()
    across: Point | None = None
    up: Point | None = None
    ascii_only: bool = False


def line_plot(series: Sequence[Series], width: int, height: int, options: PlotOptions | None = None) -> Rows:
    """Curves with axes and a legend in exactly `width` × `height` cells; six series at most.

    Each curve has a mark of its own besides its colour. What has no place (NaN, infinity, on a logarithmic axis
    zero and less) is left out, and the legend says from where.
    """
    options = options or PlotOptions()
    if width < 1 or height < 1:
        return ()
    series = series[:MOST_SERIES]
    legend = _legend(series, width, options)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return _blank_below(legend, "too small for a plot", width, height)
    curves = [_curve(one, width, options) for one in series]
    if not any(curves):
        return _blank_below(legend, "nothing to plot yet", width, height)
    window = _window(curves, options)
    curves = [_inside(curve, window) for curve in curves]
    text = _plotted(curves, series, window, (width, height - 1), options)
    body = [_row(line, width, options.ascii_only) for line in text.split("\n")]
    return (legend, *body[: height - 1])


def signs_of(series: Sequence[Series]) -> list[int]:
    """The number of each curve's sign: the one that it wants where there is such a sign and it is free, else the first
    that no other curve wants or has."""
    wanted = {one.sign for one in series}
    found: list[int] = []
    for one in series:
        free = [sign for sign in range(MOST_SERIES) if sign not in found]
        spare = [sign for sign in free if sign not in wanted] or free
        found.append(one.sign if one.sign is not None and one.sign in free else spare[0])
    return found


def _curve(one: Series, width: int, options: PlotOptions) -> list[Point]:
    """The points worth drawing, on a logarithmic axis as exponents of ten."""
    count = len(one.values) if one.places is None else min(len(one.values), len(one.places))
    start, stop = 0, count
    if options.across and _usable(options.across) and one.places is None:
        start = min(max(math.ceil(max(options.across[0], 0)), 0), count)
        stop = max(start, min(math.floor(min(options.across[1], count)) + 1, count))
    chosen = telling(one.values, start, stop, width, log=options.log)
    points = [(one.place(i), float(one.values[i])) for i in chosen]
    return [
        (math.log10(x) if options.log_across else x, math.log10(y) if options.log else y)
        for x, y in points
        if showable(x, log=options.log_across)
    ]


Window = tuple[Point, Point]


def _window(curves: Sequence[Sequence[Point]], options: PlotOptions) -> Window:
    across = options.across if options.across and _usable(options.across, log=options.log_across) else None
    if across and options.log_across:
        across = (math.log10(across[0]), math.log10(across[1]))
    up = options.up if options.up and _usable(options.up, log=options.log) else None
    if up and options.log:
        up = (math.log10(up[0]), math.log10(up[1]))
    across = across or padded(x for curve in curves for x, _ in curve)
    left, right = across
    return across, up or padded(y for curve in curves for x, y in curve if left <= x <= right)


def _usable(limits: Point, *, log: bool = False) -> bool:
    low, high = padded(limits)
    return limits[0] < limits[1] and (low, high) == limits and all(showable(limit, log=log) for limit in limits)


def _inside(curve: Sequence[Point], window: Window) -> list[Point]:
    (left, right), (low, high) = window
    return [(x, min(max(y, low), high)) for x, y in curve if left <= x <= right]


def _plotted(
    curves: Sequence[Sequence[Point]],
    series: Sequence[Series],
    window: Window,
    size: tuple[int, int],
    options: PlotOptions,
) -> str:
    import plotext

    figure = type(plotext.terminal)().limit(False, False)._master
    figure.theme("simple")
    figure.plot_size(*size)
    figure.axes(False, axis="x", side=1).axes(False, axis="y", side=1)
    _rule(figure.ruler("y"), window[1], size[1] // 3, log=options.log)
    _rule(figure.ruler("x"), window[0], size[0] // 12, log=options.log_across)
    for mark in _marks(options):
        if window[0][0] <= mark <= window[0][1]:
            upright = plotext.marker("|" if options.ascii_only else "│", plotext.pixel(_MARK_COLOUR))
            figure.draw(figure.signal([float(mark)] * 2, list(window[1]), marker=upright).lines(True))
    for i, curve, one in zip(signs_of(series), curves, series, strict=True):
        if curve:
            sign = _ASCII_MARKERS[i] if options.ascii_only else _MARKERS[i][0]
            marker = plotext.marker(sign, plotext.pixel(i + 1))
            signal = figure.signal([x for x, _ in curve], [y for _, y in curve], marker=marker)
            figure.draw(signal.lines(not one.dots))
    return str(figure.build())


def _marks(options: PlotOptions) -> list[float]:
    """Where upright marks stand on the axis."""
    if not options.log_across:
        return [float(mark) for mark in options.marks]
    return [math.log10(mark) for mark in options.marks if showable(mark, log=True)]


def _rule(ruler: Any, limits: Point, most: int, *, log: bool = False) -> None:
    places = (log_ticks if log else ticks)(*limits, max(most, 1))
    ruler.lim(*limits)
    ruler.ticks(places, tick_labels(places, log=log))


def _row(line: str, width: int, ascii_only: bool) -> Row:
    """One line of plotext's output as runs, cut or filled to `width` cells."""
    runs, style, at, room = [], "axis", 0, width
    for match in [*_COLOUR.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if ascii_only:
            text = ascii_text(text.translate(_FRAME_IN_ASCII))
        text = text if cell_width(text) <= room else fit(text, room)
        if text:
            runs.append(Run(text, style))
            room -= cell_width(text)
        if match:
            style, at = _style(match[1], style), match.end()
    return (*runs, Run(" " * room)) if room else tuple(runs)


def _style(codes: str, before: str) -> str:
    if codes in ("", "0"):
        return "axis"
    head, _, colour = codes.rpartition(";")
    if head != "38;5":
        return before
    return "mark" if int(colour) == _MARK_COLOUR else f"series.{int(colour) - 1}"


def _legend(series: Sequence[Series], width: int, options: PlotOptions) -> Row:
    runs = [Run(options.title, "title")] if options.title else []
    for i, one in zip(signs_of(series), series, strict=True):
        sign = _ASCII_MARKERS[i] if options.ascii_only else _MARKERS[i][1]
        gap = "  " if runs else ""
        runs += [Run(f"{gap}{sign} ", f"series.{i}"), Run(one.label + _left_out(one, options), f"series.{i}")]
    return _cut(runs, width, options.ascii_only)


def _left_out(one: Series, options: PlotOptions) -> str:
    """What the legend says about points that have no place."""
    if all_showable(one.values, log=options.log):
        return ""
    lost = next(i for i, value in enumerate(one.values) if not showable(value, log=options.log))
    zero = options.log and math.isfinite(one.values[lost])
    place = one.place(lost) if one.places is None or lost < len(one.places) else math.nan
    return f" ({'0 or less' if zero else 'not finite'}{f' at {short(place)}' if showable(place) else ''})"


def _cut(runs: Sequence[Run], width: int, ascii_only: bool) -> Row:
    row: list[Run] = []
    room = width
    for run in runs:
        text = clip(ascii_text(run.text) if ascii_only else run.text, room, "~" if ascii_only else "…")
        if text:
            row.append(Run(text, run.style))
            room -= cell_width(text)
    return (*row, Run(" " * room)) if room else tuple(row)


def _blank_below(legend: Row, says: str, width: int, height: int) -> Rows:
    blank: Row = (Run(" " * width),)
    note: Row = (Run(fit(says, width), "note"),)
    return (legend, note, *[blank] * (height - 2))[:height]
