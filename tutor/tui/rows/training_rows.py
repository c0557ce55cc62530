"""Training as rows: curves of all runs, one line a run, the plane with its data, gradients by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, cell_width, fit
from tutor.draw.field import FieldPoint, FieldWindow, field
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.text import safe
from tutor.tui.rows.flow import run
from tutor.tui.training.snapshot import RunSnapshot

WORDS = {
    "ready": ("· ready", "dim"),
    "running": ("▸ running", "name.active"),
    "paused": ("‖ paused", "strong"),
    "finished": ("✓ finished", "right"),
    "calm": ("✓ settled", "right"),
    "diverged": ("✗ diverged", "wrong"),
}


def run_rows(runs: Sequence[RunSnapshot], chosen: int, at: int | None, width: int) -> Iterator[Row]:
    """One line a run: its standing in a sign and a word, epoch, learning rate and losses (at an epoch `at`)."""
    names = min(24, max((cell_width(safe(one.name, 80)) for one in runs), default=4))
    for i, one in enumerate(runs):
        words, style = WORDS.get(one.status, ("·", "dim"))
        here = value_at(one, "train_loss", at)
        held = value_at(one, "validation_loss", at)
        mark = "▸ " if i == chosen else "  "
        epoch = one.epoch if at is None else min(at, one.epoch)
        yield (
            Run(mark, "prompt"),
            Run(fit(safe(one.name, 80), names), f"series.{i % 6}"),
            Run(f"  {words:<11}", style),
            Run(f" epoch {epoch:>6} of {one.epochs}", "text"),
            Run(f"   lr {show_number(one.lr, 3)}", "number"),
            Run(f"   loss {show_number(here, 4)}" if here is not None else "", "value"),
            Run(f"   held out {show_number(held, 4)}" if held is not None else "", "dim"),
        )


def value_at(one: RunSnapshot, key: str, at: int | None) -> float | None:
    """A curve's value at an epoch, or its last."""
    values = one.curves.get(key, ())
    if not values:
        return None
    if at is None:
        return values[-1]
    i = max((k for k, place in enumerate(one.places) if place <= at), default=0)
    return values[min(i, len(values) - 1)]


def curve_rows(
    runs: Sequence[RunSnapshot], keys: Sequence[str], width: int, height: int, at: int | None,
    *, log: bool = False, ascii_only: bool = False,
) -> Rows:  # fmt: skip
    """The chosen curves of every run on one plot."""
    found = [
        Series(_label(one, key, keys), one.curves[key], one.places)
        for one in runs
        for key in keys
        if one.curves.get(key)
    ]
    title = ", ".join(key.replace("_", " ") for key in keys)
    options = PlotOptions(log=log, title=title, marks=() if at is None else (float(at),), ascii_only=ascii_only)
    return line_plot(found[:6], width, height, options)


def _label(one: RunSnapshot, key: str, keys: Sequence[str]) -> str:
    name = safe(one.name, 30)
    return f"{name} {key.replace('_', ' ')}" if len(keys) > 1 else name


def plane_rows(one: RunSnapshot, width: int, height: int, *, colour: bool, ascii_only: bool = False) -> Rows:
    """What the network says over the plane, with the data on it; nothing where it has not two inputs."""
    if not one.grid or width < 8 or height < 4:
        return ()
    tall = 2 * height if colour and not ascii_only else height
    wide = len(one.grid[0])
    chosen = [one.grid[y * len(one.grid) // tall] for y in range(tall)]
    grid = [[row[x * wide // width] for x in range(width)] for row in chosen]
    left, right, bottom, top = one.window
    points = [FieldPoint(x, y, label) for x, y, label in one.points]
    window = FieldWindow(left, right, bottom, top)
    return field(grid, (0.0, 1.0), points, window, colour=colour, ascii_only=ascii_only)


def layer_rows(one: RunSnapshot, at: int | None, width: int) -> Iterator[Row]:
    """The size of each layer's gradient as a bar on a logarithmic scale: a vanishing one is seen vanishing."""
    keys = sorted((key for key in one.curves if key.startswith("gradient_norm.layer")), key=lambda k: int(k[19:]))
    if len(keys) < 2:
        return
    values = [value_at(one, key, at) or 0.0 for key in keys]
    room = max(4, width - 26)
    for key, value in zip(keys, values, strict=True):
        share = (math.log10(value) + 8) / 9 if 0 < value < math.inf else 0.0
        bar = "━" * round(room * max(0.0, min(1.0, share)))
        yield (
            Run(f"  {key[14:]:<8}", "name"),
            Run(fit(show_number(value, 3), 11), "gradient"),
            Run(bar, "gradient"),
        )


def told_rows(one: RunSnapshot, width: int) -> Iterator[Row]:
    """What is said about the chosen run."""
    yield (run(f"  {one.sentence}", "wrong" if one.status == "diverged" else "dim", 300),)
    if one.status == "diverged":
        yield (Run("  The steps overshot and grew. A smaller rate (-) and a fresh start (z) cure it.", "text"),)
