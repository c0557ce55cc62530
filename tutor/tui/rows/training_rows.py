"""Training as rows: one line a run, what is said about it, the views to choose from, curves, plane, fit, weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from engine.numbers import show_number
from tutor.draw.cells import Row, Rows, Run, cell_width, fit
from tutor.draw.curves import Group, Happened, Look, curves_picture, glyph_of
from tutor.draw.field import FieldPoint, FieldWindow, field
from tutor.draw.gradient_bars import gradient_bars, gradient_words
from tutor.draw.plot import MOST_SERIES, PlotOptions, Series, line_plot, signs_of
from tutor.draw.training_words import best_words, diverged_words, grown_words, measured_words, rising_words
from tutor.draw.weights_map import LayerWeights, biggest_words, layer_map, shape_words
from tutor.figures.run_signs import Places, sign_of
from tutor.text import safe
from tutor.tui.rows.flow import run, wrap
from tutor.tui.training.looking import VIEWS, Looking, views_of
from tutor.tui.training.snapshot import Fit, Plane, RunSnapshot

WORDS = {
    "ready": ("· ready", "dim"),
    "running": ("▸ running", "name.active"),
    "again": ("▸ going back", "name.active"),
    "paused": ("‖ paused", "strong"),
    "finished": ("✓ finished", "right"),
    "calm": ("✓ settled", "right"),
    "diverged": ("✗ diverged", "wrong"),
}
RISING = ("! rising", "warn")
MOST_RUNS = 6
NOWHERE: Places = MappingProxyType({})
NAMES = 20
TOLD = 3


def window_of(count: int, chosen: int, most: int = MOST_RUNS) -> range:
    """Which of so many runs are shown, the chosen one among them."""
    first = max(0, min(chosen - most + 1, count - most))
    return range(first, min(count, first + most))


def run_rows(
    runs: Sequence[RunSnapshot],
    chosen: int,
    at: int | None,
    width: int,
    places: Places = NOWHERE,
    *,
    ascii_only: bool = False,
) -> Rows:
    """One line a run: its glyph on the plot, its standing in a sign and a word, epoch, learning rate and losses."""
    shown = window_of(len(runs), chosen)
    names = min(NAMES, max((cell_width(safe(runs[i].name, 80)) for i in shown), default=4))
    signs = signs_of([Series("", (), sign=places.get(runs[i].name, (None,))[0]) for i in shown])
    rows = [
        _run_row(runs[i], f"series.{k}", glyph_of(k, ascii_only=ascii_only), i == chosen, at, names, width)
        for k, i in zip(signs, shown, strict=True)
    ]
    if len(runs) > len(shown):
        rows.append((Run(f"  {len(runs)} runs, {len(shown)} of them shown; v goes on to the others", "dim"),))
    return tuple(rows)


def _run_row(one: RunSnapshot, style: str, glyph: str, is_chosen: bool, at: int | None, names: int, width: int) -> Row:
    words, standing = WORDS.get(one.status, ("·", "dim"))
    if one.status in {"running", "paused", "finished"} and rising_words(one.start, one.here.get("train_loss")):
        words, standing = RISING
    epoch = one.epoch if at is None else min(at, one.epoch)
    row = [
        Run("▸ " if is_chosen else "  ", "prompt"),
        Run(f"{glyph} {fit(safe(one.name, 80), names)}", style),
        Run(f" {words:<11}", standing),
        Run(f" epoch {f'{epoch}/{one.epochs}':<9}", "text"),
        Run(f" rate {show_number(one.lr, 3):<6}", "number"),
    ]
    for key, word in (("train_loss", "loss"), ("validation_loss", "validation"), ("validation_accuracy", "accuracy")):
        value = one.here.get(key)
        if value is None:
            continue
        text = f"{value:.1%}" if key == "validation_accuracy" else show_number(value, 4)
        part = Run(f" {word} {text:<9}", "value" if key == "train_loss" else "dim")
        if sum(cell_width(piece.text) for piece in (*row, part)) <= width:
            row.append(part)
    return tuple(row)


def told_rows(
    one: RunSnapshot, earlier: Mapping[str, int], at: int | None, width: int, *, diagnose: bool = True
) -> Rows:
    """What is said about the chosen run: how it stands; with `diagnose` also what is wrong, and what to do about it."""
    if earlier and one.here:
        where = ", ".join(f"{safe(name, 24)} at epoch {epoch}" for name, epoch in list(earlier.items())[:4])
        text = f"You stopped here before: {where}. r goes on from there; Space starts from epoch 0."
        return tuple(wrap([Run(text, "strong")], width - 1, "  "))[:TOLD]
    loss = one.here.get("train_loss")
    if one.status == "diverged":
        now = loss if at is None else None
        if not diagnose:
            return tuple(wrap([run(f"{grown_words(one.start, now, one.epoch)}.", "text")], width - 1, "  "))
        what, cure = diverged_words(one.start, now, one.epoch, one.lr)
        keys = "Press - for a smaller rate, then z to start again."
        return tuple(wrap([run(what, "wrong"), run(f" {cure} {keys}", "text")], width - 1, "  "))[:TOLD]
    rising = rising_words(one.start, loss) if at is None and diagnose else ""
    if rising:
        return tuple(wrap([run(f"{rising} Press - for shorter ones.", "warn")], width - 1, "  "))[:TOLD]
    since = one.since if diagnose else ""
    best = best_words(one.best, one.here.get("validation_loss"), since) if at is None and one.epoch else ""
    return tuple(wrap([run(one.sentence, "dim", 300), run(f" {best}" if best else "", "text")], width - 1, "  "))[:TOLD]


def view_row(one: RunSnapshot | None, looking: Looking, width: int) -> Row:
    """The views with their digits, the present one marked; at the right which epoch is looked at."""
    runs: list[Run] = [Run(" ")]
    for i, view in enumerate(VIEWS):
        if view in views_of(one):
            text = f" {i + 1} {_view_name(view, one)} "
            runs.append(Run(f"[{text.strip()}]" if view == looking.view else text, _view_style(view, looking)))
    used = sum(cell_width(part.text) for part in runs)
    if looking.at is not None:
        long, short = f"epoch {looking.at}, End: now ", f"epoch {looking.at} "
        note = long if used + len(long) < width else short
        runs.append(Run(" " * max(1, width - used - len(note)) + note, "mark"))
    return tuple(runs)


def _view_name(view: str, one: RunSnapshot | None) -> str:
    return "fit" if view == "plane" and one is not None and "fit" in one.views else view


def _view_style(view: str, looking: Looking) -> str:
    return "focus" if view == looking.view else "dim"


# -- curves


def groups_of(
    runs: Sequence[RunSnapshot], chosen: int, keys: Sequence[str], places: Places = NOWHERE
) -> tuple[list[Group], int]:
    """The curves of the runs that are shown, by what is measured; and how many kinds found no signs."""
    shown = [runs[i] for i in window_of(len(runs), chosen)]
    fitting = list(keys)
    while len(fitting) > 1 and sum(key in one.curves for key in fitting for one in shown) > MOST_SERIES:
        fitting.pop()
    if any("." in key for key in keys) and len(keys) > 1:  # layers are compared within one run
        shown, fitting, places = [runs[chosen]], list(keys)[:MOST_SERIES], NOWHERE
    groups = []
    for key in fitting:
        curves = [(one.name, one.curves[key]) for one in shown if key in one.curves]
        series = tuple(
            Series(safe(name, 30), curve.values, curve.places, sign=sign_of(name, fitting, key, places))
            for name, curve in curves
        )
        groups += [Group(measured_words(key), series)] if series else []
    return groups, len(keys) - len(fitting)


def curve_rows(
    runs: Sequence[RunSnapshot],
    keys: Sequence[str],
    looking: Looking,
    width: int,
    height: int,
    places: Places = NOWHERE,
    *,
    ascii_only: bool = False,
) -> Rows:
    """The chosen curves of every run on one plot, with what happened to the chosen run."""
    chosen = looking.chosen % max(1, len(runs))
    groups, left_out = groups_of(runs, chosen, keys, places)
    one = runs[chosen]
    low, high = looking.window or (0, round_up(max(run.epoch for run in runs), max(run.epochs for run in runs)))
    of = safe(one.name, 24) if len(runs) > 1 else ""
    best = one.best if one.epoch and {"validation_loss", "train_loss"} & set(keys) else None
    happened = Happened(looking.at, one.rates, best, of)
    look = Look(looking.log, (float(low), float(high)), ascii_only)
    note: Rows = ()
    if left_out and height > 12:
        note = ((Run(f" ({measured_words(keys[-1])}: t)", "dim"),),)
    return (*curves_picture(groups, happened, look, width, height - len(note)), *note)


def round_up(last: int, epochs: int) -> int:
    """The end of the epoch axis: a round number, so that it does not move with every epoch, and no more than all."""
    power = 10 ** max(0, len(str(max(1, last))) - 1)
    rounded: int = next(power * factor for factor in (1, 2, 3, 5, 7, 10) if power * factor >= last)
    return max(2, min(rounded, max(epochs, last)))


# -- what stands beside them


def plane_rows(plane: Plane, width: int, height: int, *, colour: bool, ascii_only: bool = False) -> Rows:
    """What the network says over the plane, with the data on it."""
    if width < 8 or height < 4:
        return ()
    tall = 2 * height if colour and not ascii_only else height
    wide = len(plane.grid[0])
    chosen = [plane.grid[y * len(plane.grid) // tall] for y in range(tall)]
    grid = [[row[x * wide // width] for x in range(width)] for row in chosen]
    left, right, bottom, top = plane.window
    points = [FieldPoint(x, y, label) for x, y, label in plane.points]
    window = FieldWindow(left, right, bottom, top)
    return field(grid, (0.0, 1.0), points, window, colour=colour, ascii_only=ascii_only)


def plane_note(plane: Plane, *, ascii_only: bool = False) -> str:
    """The signs of the classes, and the range of the plane."""
    signs = "ox*+^#" if ascii_only else "○×●+△□"
    classes = sorted({label for _, _, label in plane.points})[:4]
    left, right, bottom, top = (show_number(edge, 2) for edge in plane.reach or plane.window)
    told = " ".join(f"{signs[label % 6]} {label}" for label in classes)
    across, up = (safe(name, 24) for name in plane.names)
    return f"{told}  {across} {left}…{right}  {up} {bottom}…{top}"


def fit_rows(fit: Fit, width: int, height: int, *, ascii_only: bool = False) -> Rows:
    """The output of a network with one input as a curve through the data."""
    data = Series("data", [y for _, y in fit.data], [x for x, _ in fit.data], dots=True)
    return line_plot(
        [Series("network", fit.ys, fit.xs), data],
        width,
        height,
        PlotOptions(title="output by x", ascii_only=ascii_only),
    )


def layer_rows(one: RunSnapshot, width: int, *, ascii_only: bool = False, diagnose: bool = True) -> Rows:
    """The size of each layer's gradient on a logarithmic scale, and with `diagnose` a sentence on it."""
    names, sizes = gradient_sizes(one)
    if len(names) < 2:
        return ()
    words = wrap([Run(gradient_words(names, sizes), "text")], width - 1, "  ") if diagnose else ()
    return (*gradient_bars(names, sizes, width, ascii_only=ascii_only), *words)


def gradient_sizes(one: RunSnapshot) -> tuple[list[str], list[float]]:
    """The layers and the sizes of their gradients at the epoch that is looked at."""
    keys = sorted((key for key in one.here if key.startswith("gradient_norm.layer")), key=lambda key: int(key[19:]))
    return [key[14:] for key in keys], [one.here[key] for key in keys]


def weight_rows(layers: Sequence[LayerWeights], width: int, height: int, *, ascii_only: bool = False) -> Iterator[Row]:
    """Every layer's map below its name, shape and largest weight."""
    for layer in layers:
        told = "   ".join(filter(None, (shape_words(layer), biggest_words(layer))))
        yield (Run(f" {safe(layer.name, 40)}", "title"), run(f"   {told}", "dim", 200))
        few = max(8, height - 2 if len(layers) == 1 or layer.picture else (height - len(layers)) // len(layers))
        yield from layer_map(layer, width, few, ascii_only=ascii_only)


def weights_key(*, ascii_only: bool = False) -> Row:
    """What the glyphs of a map mean."""
    zero, minus = (".", "-") if ascii_only else ("·", "−")
    return (Run(f" ++ large  + positive  {zero} near 0  {minus} negative  {minus * 2} large", "dim"),)
