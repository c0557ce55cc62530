"""Where the panels of a training screen lie and what stands in them: curves, and what the view shows beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tutor.draw.cells import Row, Rows, Run
from tutor.draw.samples import room_for, samples_picture, samples_words
from tutor.draw.separator_path import separator_path
from tutor.draw.weights_map import is_written
from tutor.figures.run_signs import Places
from tutor.tui.rows.flow import heading, wrap
from tutor.tui.rows.training_rows import (
    curve_rows,
    fit_rows,
    layer_rows,
    plane_note,
    plane_rows,
    weight_rows,
    weights_key,
)
from tutor.tui.training.looking import Looking, side_view
from tutor.tui.training.snapshot import RunSnapshot, Scene
from tutor.tui.widgets.stage import Stage

WIDE = 110
SIDE = 76
"""From this width on something stands beside the curves."""
Place = tuple[int, int, int, int]
"""x, y, width, height."""


@dataclass(frozen=True)
class Paint:
    """What can be painted with: colours, letters only."""

    colour: bool = True
    ascii_only: bool = False


@dataclass(frozen=True)
class Picture:
    """All that the panes show."""

    runs: Sequence[RunSnapshot]
    scene: Scene
    looking: Looking
    keys: Sequence[str]
    wanted: Sequence[str]
    paint: Paint
    diagnose: bool = True
    places: Places = field(default_factory=dict)

    @property
    def one(self) -> RunSnapshot:
        """The chosen run."""
        return self.runs[self.looking.chosen % len(self.runs)]


def fill_panes(stage: Stage, picture: Picture, place: Place) -> None:
    """The panes of the present view, in this place."""
    x, y, width, height = place
    if height < 4:
        return
    view = picture.looking.view
    if view == "all":
        _everything(stage, picture, place)
    elif view == "curves":
        _curves(stage, picture, place)
    elif width >= WIDE:
        half = width // 2
        _beside(stage, picture, view, (x, y, half, height))
        _curves(stage, picture, (x + half, y, width - half, height))
    else:
        _beside(stage, picture, view, place)


def _everything(stage: Stage, picture: Picture, place: Place) -> None:
    """Curves, one picture beside them, gradients by layer below."""
    x, y, width, height = place
    side = side_view(picture.one, picture.wanted)
    beside = width >= WIDE or (width >= SIDE and side != "weights")
    right = _side_width(side, width, height) if beside else 0
    left = width - right if width >= WIDE else width
    layers = layer_rows(picture.one, left, ascii_only=picture.paint.ascii_only, diagnose=picture.diagnose)
    below = len(layers) + 1 if layers and height - len(layers) - 1 >= 13 else 0
    _curves(stage, picture, (x, y, width - right, height - below))
    if right:
        high = height if width >= WIDE else height - below
        _beside(stage, picture, side, (x + width - right, y, right, high))
    if below:
        _pane(stage, "layers", "Gradient by layer", picture.one.name, (x, y + height - below, left, below), layers)


def _side_width(side: str, width: int, height: int) -> int:
    """A plane is about square: two cells are as wide as one is high."""
    if side == "plane":
        return min(width // 2, 2 * height + 4)
    return width // 2 if width >= WIDE else min(width // 2, 38)


def _curves(stage: Stage, picture: Picture, place: Place) -> None:
    looking = picture.looking
    notes = []
    if looking.smooth > 1:
        notes.append(f"mean of {looking.smooth} epochs")
    if looking.window is not None:
        notes.append(f"epochs {looking.window[0]} to {looking.window[1]}")
    rows = curve_rows(
        picture.runs, picture.keys, looking, place[2] - 1, place[3] - 1, picture.places,
        ascii_only=picture.paint.ascii_only,
    )  # fmt: skip
    _pane(stage, "curves", "Curves", ", ".join(notes), place, rows)


def _pane(stage: Stage, name: str, title: str, note: str, place: Place, rows: Rows) -> None:
    pane = stage[name]
    pane.place = place
    pane.fixed = (heading(title, place[2], note[:60]),)
    pane.show(rows, 0, 0)


def _beside(stage: Stage, picture: Picture, view: str, place: Place) -> None:
    """The picture of one view."""
    draw = {
        "plane": _plane, "fit": _plane, "gradients": _gradients, "weights": _weights,
        "samples": _samples, "path": _path,
    }[view]  # fmt: skip
    scene = picture.scene
    if view != "gradients" and scene.run != picture.one.name:
        _pane(stage, "side", view.capitalize(), "", place, (WAITING,))
        return
    draw(stage, picture, place)


def _plane(stage: Stage, picture: Picture, place: Place) -> None:
    scene, paint = picture.scene, picture.paint
    if scene.plane is not None:
        note = wrap([Run(plane_note(scene.plane, ascii_only=paint.ascii_only), "dim")], place[2] - 1, " ")
        tall = place[3] - 1 - len(note)
        rows = plane_rows(scene.plane, place[2] - 1, tall, colour=paint.colour, ascii_only=paint.ascii_only)
        _pane(stage, "side", "Plane", scene.run, place, (*rows, *note))
    elif scene.fit is not None:
        fitted = fit_rows(scene.fit, place[2] - 1, place[3] - 1, ascii_only=paint.ascii_only)
        _pane(stage, "side", "Fit", scene.run, place, fitted)
    else:
        _pane(stage, "side", "Plane", "", place, (WAITING,))


def _gradients(stage: Stage, picture: Picture, place: Place) -> None:
    rows = layer_rows(picture.one, place[2], ascii_only=picture.paint.ascii_only, diagnose=picture.diagnose)
    _pane(stage, "side", "Gradient by layer", picture.one.name, place, rows)


def _weights(stage: Stage, picture: Picture, place: Place) -> None:
    layers, width, height = picture.scene.weights, place[2] - 1, place[3] - 2
    rows = tuple(weight_rows(layers, width, height, ascii_only=picture.paint.ascii_only))
    _pane(stage, "side", "Weights", picture.scene.run, place, rows)
    if not all(is_written(layer, width, height) for layer in layers):
        stage["side"].fixed = (*stage["side"].fixed, weights_key(ascii_only=picture.paint.ascii_only))
    stage["side"].show(rows, 0, picture.looking.top)


def _samples(stage: Stage, picture: Picture, place: Place) -> None:
    samples = picture.scene.samples
    if samples is None:
        _pane(stage, "side", "Samples", "", place, (WAITING,))
        return
    paint = picture.paint
    drawn = samples_picture(samples, place[2] - 1, place[3] - 2, colour=paint.colour, ascii_only=paint.ascii_only)
    told = samples_words(samples, place[2] - 2)
    keys = "   ↑↓ others" + ("" if samples.wrong is None else "  w wrong  h validation")
    keys = keys if len(told) + len(keys) < place[2] else ""
    _pane(stage, "side", "Samples", picture.scene.run, place, ((Run(f" {told}{keys}", "dim"),), *drawn))


def _path(stage: Stage, picture: Picture, place: Place) -> None:
    rows = separator_path(picture.scene.path, place[2] - 1, place[3] - 1, ascii_only=picture.paint.ascii_only)
    _pane(stage, "side", "Line: intercept by slope", picture.scene.run, place, rows)


def sample_room(picture: Picture | None, width: int, height: int) -> tuple[int, int]:
    """How many samples one line of the view has, and how many the whole view."""
    if picture is None or not picture.runs:
        return 1, 20
    wide = width // 2 if width >= WIDE else width if picture.looking.view == "samples" else min(width // 2, 38)
    return room_for(picture.scene.samples, wide - 1, max(4, height - 2))


WAITING: Row = (Run("  …", "dim"),)
