"""Pictures of training runs: their histories, the way of a separator, what stands in weights and layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError, did_you_mean
from engine.numbers import show_number
from tutor.figures.figure import Curves, Histogram, Images, Line
from tutor.figures.parts import histogram_of, images_of
from tutor.figures.run_signs import Places, sign_of
from tutor.lesson_picture import PictureSpec
from tutor.run_results import Trained

if TYPE_CHECKING:
    from engine.network import Network

MOST_POINTS = 600
MOST_ROWS = 500
Array = np.ndarray[Any, np.dtype[Any]]
Runs = Mapping[str, Trained]
NetworkOf = Callable[[str], "tuple[Network, Array]"]
"""A run's network as it begins, and the rows that it is trained on."""


def histories(picture: PictureSpec, runs: Runs, places: Places) -> Curves:
    """Histories of runs over the epochs, each with its run's sign; with `best` the epoch of each smallest validation
    loss is marked."""
    keys = picture.plot or ["train_loss"]
    labels = list(picture.labels or ())
    lines: list[Line] = []
    for name in picture.runs or ():
        for key in keys:
            values = runs[name].history.get(key)
            if values is not None:
                label = name if len(keys) == 1 else f"{name} {words(key)}"
                label = labels[len(lines)] if len(lines) < len(labels) else label
                sign = sign_of(name, keys, key, places)
                epochs = tuple(map(float, range(len(values))))
                lines.append(Line(label, epochs, tuple(map(float, values)), sign=sign))
    if not lines:
        raise EngineError(f"no run here measured {' or '.join(keys)}")
    best = dict(_best(picture, runs)) if picture.best else {}
    notes = tuple(
        f"{name}: best epoch {epoch:g}, validation loss {show_number(loss, 4)}." for name, (epoch, loss) in best.items()
    )
    marks = tuple(float(epoch) for epoch, _ in best.values())
    title = picture.title or ", ".join(map(words, keys))
    return Curves(title, tuple(lines[:6]), "epoch", picture.log, marks=marks, notes=notes)


def words(key: str) -> str:
    """The name of a history as it is said."""
    return key.replace("_", " ")


def _best(picture: PictureSpec, runs: Runs) -> Iterator[tuple[str, tuple[float, float]]]:
    for name in picture.runs or ():
        best = runs[name].best
        if best is not None:
            yield name, (best["epoch"], best["validation_loss"])


def path(picture: PictureSpec, runs: Runs) -> Curves:
    """The separator's slope and intercept from epoch to epoch as one line through a plane."""
    assert picture.path is not None
    run = runs[picture.path]
    if "slope" not in run.history:
        raise EngineError("only a run of a single unit with two inputs has a separator")
    spots = [(x, y) for x, y in zip(run.history["slope"], run.history["intercept"], strict=True) if _finite(x, y)]
    if not spots:
        raise EngineError("this run has no separator that could be drawn")
    stride = -(-len(spots) // MOST_POINTS)
    shown = [*spots[:-1:stride], spots[-1]]
    lines = (
        Line("separator", tuple(x for x, _ in shown), tuple(y for _, y in shown)),
        Line("first", (spots[0][0],), (spots[0][1],), dots=True),
        Line("last", (spots[-1][0],), (spots[-1][1],), dots=True),
    )
    (x0, y0), (x1, y1) = spots[0], spots[-1]
    note = (
        f"slope and intercept from ({show_number(x0, 3)}, {show_number(y0, 3)}) "
        f"to ({show_number(x1, 3)}, {show_number(y1, 3)}) in {len(spots)} epochs."
    )
    return Curves(picture.title or "intercept over slope", lines, "slope", notes=(note,))


def _finite(*numbers: float) -> bool:
    return all(math.isfinite(number) for number in numbers)


def histogram(picture: PictureSpec, runs: Runs, network_of: NetworkOf) -> Histogram:
    """Weights (`layer1.weight`) or outputs (`layer1`) of a run's layers, counted."""
    assert picture.run is not None
    names = picture.histogram or []
    weights = weights_of(runs[picture.run])
    arrays: list[Array] = []
    for name in names:
        if name in weights:
            arrays.append(np.asarray(weights[name], dtype=float).reshape(-1))
        else:
            arrays.append(_outputs(name, picture.run, weights, network_of))
    return histogram_of(picture, names, arrays)


def _outputs(layer: str, run: str, weights: Mapping[str, Any], network_of: NetworkOf) -> Array:
    """What a layer says to the training rows."""
    known = list(dict.fromkeys([*(name.partition(".")[0] for name in weights), *weights]))
    if f"{layer}.weight" not in weights:
        raise EngineError(f"{run} has no layer or weights {layer}{did_you_mean(layer, known)}")
    network, rows = network_of(run)
    values = network.with_parameters(weights).values(rows[:MOST_ROWS])
    return np.asarray(values[int(layer.removeprefix("layer")) - 1]).reshape(-1)


def weights_of(run: Trained) -> Mapping[str, Any]:
    """A run's last weights by name. Raises EngineError where they are too many to be kept."""
    if run.weights is None:
        raise EngineError(f"{run.name} has too many weights to be shown")
    return run.weights


def images(picture: PictureSpec, runs: Runs) -> Images:
    """The rows of a run's weights as images: what each unit looks for."""
    assert picture.images is not None and picture.run is not None
    weights = weights_of(runs[picture.run])
    if picture.images not in weights:
        hint = did_you_mean(picture.images, weights)
        raise EngineError(f"{picture.run} has no weights {picture.images}{hint}")
    return images_of(picture, np.asarray(weights[picture.images], dtype=float))


def runs_shown(picture: PictureSpec, trained: Callable[[str], Trained]) -> Runs:
    """The runs of a picture, each trained once."""
    names: Sequence[str] = picture.run_names
    return {name: trained(name) for name in names}
