"""The way of a separating line through slope–intercept space: each epoch's line is one point (slope, intercept)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.draw.scale import padded

Epoch = tuple[int, float, float]
"""Epoch, slope, intercept."""
OUTER: Final = 0.05
"""The share of points on either side that may lie outside, so that one wild epoch does not squash all others."""


def separator_path(path: Sequence[Epoch], width: int, height: int, *, ascii_only: bool = False) -> Rows:
    """The path, its start and its present place, which is the last point; axes are slope (across) and
    intercept. A path that jumps to and fro is drawn as points alone."""
    known = [(x, y) for _, x, y in path if math.isfinite(x) and math.isfinite(y)]
    if not known:
        return ((Run("  No separating line yet: the weight of x2 is 0, so the line stands upright.", "dim"),),)
    across, up = _span([x for x, _ in known], known[-1][0]), _span([y for _, y in known], known[-1][1])
    inside = [(x, y) for x, y in known if across[0] <= x <= across[1] and up[0] <= y <= up[1]]
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    series = [
        Series("path", ys, xs, dots=_jumps(xs) or _jumps(ys)),
        Series("start", [known[0][1]], [known[0][0]], dots=True),
    ]
    series.append(Series("now", [known[-1][1]], [known[-1][0]], dots=True))
    options = PlotOptions(across=across, up=up, ascii_only=ascii_only)
    return (_legend(path, len(known) - len(inside), ascii_only), *line_plot(series, width, height, options)[1:])


def _jumps(values: Sequence[float]) -> bool:
    """Whether a path goes to and fro, so that lines between its points would fill the plane."""
    steps = [b - a for a, b in pairwise(values)]
    return len(steps) > 8 and sum(a * b < 0 for a, b in pairwise(steps)) > len(steps) / 2


def _span(values: Sequence[float], now: float) -> tuple[float, float]:
    ordered = sorted(values)
    spare = int(len(ordered) * OUTER) if len(ordered) >= 20 else 0
    low, high = padded((ordered[spare], ordered[len(ordered) - 1 - spare], now))
    margin = 0.05 * (high - low)
    return low - margin, high + margin


def _legend(path: Sequence[Epoch], outside: int, ascii_only: bool) -> Row:
    epoch, slope, intercept = path[-1]
    signs = ("*", "+", "x") if ascii_only else ("▞", "•", "+")
    row = [Run(f"{signs[0]} path  ", "series.0"), Run(f"{signs[1]} start  ", "series.1")]
    row.append(Run(f"{signs[2]} epoch {epoch}: ", "series.2"))
    row.append(Run(f"slope {show_number(slope, 4)}, intercept {show_number(intercept, 4)}", "value"))
    return (*row, Run(f"  ({outside} far outside)", "note")) if outside else tuple(row)
