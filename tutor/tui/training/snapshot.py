"""What the training process tells the screen, as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tutor.draw.samples import Sample, Samples
from tutor.draw.training_words import Since
from tutor.draw.weights_map import LayerWeights

Point = tuple[float, float]
Grid = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Curve:
    """A measured quantity at `places` (epochs): thinned out, but with every peak and valley that a plot can show."""

    places: tuple[int, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class RunSnapshot:
    """A run as it stands: `epoch` of `epochs`, its state (ready, running, paused, finished, calm, diverged, again while
    it is brought back to where it was), what is said about it, and its learning rate.

    `here` holds every measured quantity at the epoch that is looked at, `start` the first training loss, `have` the
    names of what is measured, `curves` those that were asked for; `rates` where the learner changed the learning rate,
    as (epoch, new rate); `best` the epoch with the lowest validation loss, and that loss, `since` what went wrong after
    it; `views` what can be shown.
    """

    name: str
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    status: str = "ready"
    sentence: str = ""
    lr: float = 0.0
    start: float | None = None
    here: Mapping[str, float] = field(default_factory=dict)
    have: tuple[str, ...] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)
    rates: tuple[tuple[int, float], ...] = ()
    best: tuple[int, float] | None = None
    since: Since = ""
    views: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plane:
    """The network's output over a window of the plane (left, right, bottom, top; rows from the top) with the data on
    it, each point with its class; what is measured across and up, and the window in the units of that."""

    grid: Grid
    window: tuple[float, float, float, float]
    points: tuple[tuple[float, float, int], ...] = ()
    names: tuple[str, str] = ("x1", "x2")
    reach: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Fit:
    """The output of a network with one input over its range, and the data."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    data: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Scene:
    """What is looked at, of one run at one epoch; parts that were not asked for, or that there are not, are None."""

    run: str = ""
    epoch: int = 0
    plane: Plane | None = None
    fit: Fit | None = None
    weights: tuple[LayerWeights, ...] = ()
    samples: Samples | None = None
    path: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True)
class Earlier:
    """Where the same runs were left before: each run's epoch."""

    epochs: Mapping[str, int] = field(default_factory=dict)


def run_of(message: Mapping[str, Any]) -> RunSnapshot:
    """The snapshot of a run in a message."""
    best = message["best"]
    return RunSnapshot(
        name=str(message["name"]),
        epoch=int(message["epoch"]),
        epochs=int(message["epochs"]),
        batch=int(message["batch"]),
        status=str(message["status"]),
        sentence=str(message["sentence"]),
        lr=float(message["lr"]),
        start=message["start"],
        here=dict(message["here"]),
        have=tuple(message["have"]),
        curves={key: Curve(tuple(places), tuple(values)) for key, (places, values) in message["curves"].items()},
        rates=tuple((int(epoch), float(rate)) for epoch, rate in message["rates"]),
        best=None if best is None else (int(best[0]), float(best[1])),
        since=message["since"],
        views=tuple(message["views"]),
    )


def scene_of(message: Mapping[str, Any]) -> Scene:
    """What is looked at, in a message."""
    plane, fit, samples = message.get("plane"), message.get("fit"), message.get("samples")
    return Scene(
        run=str(message["run"]),
        epoch=int(message["epoch"]),
        plane=None if plane is None else _plane(plane),
        fit=None if fit is None else Fit(tuple(fit["xs"]), tuple(fit["ys"]), tuple((x, y) for x, y in fit["data"])),
        weights=tuple(_layer(one) for one in message.get("weights", ())),
        samples=None if samples is None else _samples(samples),
        path=tuple((int(epoch), float(a), float(b)) for epoch, a, b in message.get("path", ())),
    )


def _grid(rows: Any) -> Grid:
    return tuple(tuple(row) for row in rows)


def _window(numbers: Any) -> tuple[float, float, float, float]:
    left, right, bottom, top = numbers
    return left, right, bottom, top


def _plane(plane: Mapping[str, Any]) -> Plane:
    across, up = map(str, plane["names"])
    return Plane(_grid(plane["grid"]), _window(plane["window"]), _points(plane), (across, up), _window(plane["reach"]))


def _points(plane: Mapping[str, Any]) -> tuple[tuple[float, float, int], ...]:
    return tuple((x, y, label) for x, y, label in plane["points"])


def _layer(one: Mapping[str, Any]) -> LayerWeights:
    return LayerWeights(
        name=str(one["name"]),
        shape=(int(one["shape"][0]), int(one["shape"][1])),
        grid=_grid(one["grid"]),
        biases=tuple(one["biases"]),
        biggest=(int(one["biggest"][0]), int(one["biggest"][1]), float(one["biggest"][2])),
        limit=float(one["limit"]),
        inputs=tuple(map(str, one["inputs"])),
        units=tuple(map(str, one["units"])),
        picture=tuple(one["picture"]) if one["picture"] else None,
    )


def _samples(one: Mapping[str, Any]) -> Samples:
    return Samples(
        count=int(one["count"]),
        wrong=None if one["wrong"] is None else int(one["wrong"]),
        start=int(one["start"]),
        part=str(one["part"]),
        columns=tuple(map(str, one["columns"])),
        rows=tuple(
            Sample(
                int(row["number"]),
                tuple(row["inputs"]),
                str(row["target"]),
                str(row["says"]),
                row["sure"],
                row["right"],
            )
            for row in one["rows"]
        ),
        image=tuple(one["image"]) if one["image"] else None,
        only_wrong=bool(one["only_wrong"]),
    )


def finite(values: Any) -> list[float]:
    """Numbers as JSON takes them for the screen: what is not finite stays so, and is filtered where it is drawn."""
    return [float(value) for value in values]


def rounded(value: float, digits: int = 4) -> float:
    """A number with so many significant digits, to keep messages short."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else value
