"""Points made by a formula: each generator gives exact points, and one seeded normal noise is added to them.

Row i of K classes belongs to class i mod K and is number j = i // K of the m rows of its class, so that
classes alternate in file order. All arithmetic is IEEE-exact (engine.normal), hence the same bits on every
machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import float64
from numpy.typing import NDArray

from engine.data_table import Dataset
from engine.errors import DataError
from engine.normal import cos_sin
from engine.random import Random

Vector = NDArray[float64]
Points = tuple[Vector, Vector]

MAX_ROWS = 1_000_000
MAX_CLASSES = 10
SPIRAL_TURNS = 0.75
LINE_SLOPE, LINE_INTERCEPT = 2.0, 1.0


@dataclass(frozen=True)
class Generator:
    """One entry of GENERATORS: `noise` is the default standard deviation, `classes` default and largest number."""

    points: Callable[[int, int, int], Points]  # (n, classes, seed) → inputs (n, k), targets (n,)
    formula: str
    noise: float
    classes: tuple[int, int] = (2, 2)  # (0, 0): real targets, and the noise is on them


def _place(n: int, classes: int) -> tuple[Vector, Vector, Vector]:
    """Per row its class c, its number j within the class, and the class's number of rows m."""
    row = np.arange(n)
    c, j = row % classes, row // classes
    m = (n - c + classes - 1) // classes
    return c.astype(np.float64), j.astype(np.float64), m.astype(np.float64)


def _blobs(n: int, classes: int, seed: int) -> Points:
    c, _, _ = _place(n, classes)
    cos, sin = cos_sin(c / classes)
    return np.stack([2.0 * cos, 2.0 * sin], axis=1), c


def _moons(n: int, classes: int, seed: int) -> Points:
    c, j, m = _place(n, classes)
    cos, sin = cos_sin(0.5 * (j / np.maximum(m - 1.0, 1.0)))
    return np.stack([np.where(c == 0, cos, 1.0 - cos), np.where(c == 0, sin, 0.5 - sin)], axis=1), c


def _circles(n: int, classes: int, seed: int) -> Points:
    c, j, m = _place(n, classes)
    cos, sin = cos_sin(j / m)
    radius = 1.0 - 0.5 * c
    return np.stack([radius * cos, radius * sin], axis=1), c


def _xor(n: int, classes: int, seed: int) -> Points:
    row = np.arange(n)
    x1, x2 = (row % 4) // 2, row % 2
    return np.stack([x1, x2], axis=1).astype(np.float64), (x1 ^ x2).astype(np.float64)


def _spiral(n: int, classes: int, seed: int) -> Points:
    c, j, m = _place(n, classes)
    radius = (j + 1.0) / m
    cos, sin = cos_sin(c / classes + SPIRAL_TURNS * radius)
    return np.stack([radius * cos, radius * sin], axis=1), c


def _line(n: int, classes: int, seed: int) -> Points:
    x = Random(seed, "data", "line", "x").uniform(n, -1.0, 1.0)
    return x[:, None], LINE_SLOPE * x + LINE_INTERCEPT


GENERATORS: dict[str, Generator] = {
    "blobs": Generator(_blobs, "x = 2 (cos 2πc/K, sin 2πc/K) + noise·N(0, 1)", 0.5, (2, MAX_CLASSES)),
    "moons": Generator(
        _moons,
        "s = j/(m−1); class 0: (cos πs, sin πs), class 1: (1 − cos πs, ½ − sin πs); + noise·N(0, 1)",
        0.1,
    ),
    "circles": Generator(_circles, "r (cos 2πj/m, sin 2πj/m) + noise·N(0, 1), r = 1 for class 0, ½ for class 1", 0.1),
    "xor": Generator(_xor, "rows go through (0, 0), (0, 1), (1, 0), (1, 1); class x1 ≠ x2; + noise·N(0, 1)", 0.1),
    "spiral": Generator(
        _spiral, "r = (j+1)/m; r (cos 2πα, sin 2πα) + noise·N(0, 1), α = c/K + ¾r", 0.05, (2, MAX_CLASSES)
    ),
    "line": Generator(_line, "x uniform on [−1, 1); y = 2x + 1 + noise·N(0, 1)", 0.1, (0, 0)),
}


def generate(name: str, n: int = 200, noise: float | None = None, seed: int = 0, classes: int | None = None) -> Dataset:
    """`n` points of generator `name`, with normal noise of this standard deviation on inputs (line: targets).

    Inputs (n, 2), for `line` (n, 1); targets (n, 1). DataError for numbers out of range.
    """
    generator = GENERATORS[name]
    noise = generator.noise if noise is None else noise
    _check(name, n, noise, classes)
    k = generator.classes[0] if classes is None else classes
    inputs, targets = generator.points(n, k, seed)
    normal = Random(seed, "data", name, "noise")
    if k:
        inputs = inputs + noise * normal.normal(inputs.shape)
    else:
        targets = targets + noise * normal.normal(n)
    names = ("x1", "x2") if inputs.shape[1] == 2 else ("x",)
    labels = tuple(str(c) for c in range(k))
    return Dataset(name, inputs, targets[:, None], names, ("class",) if k else ("y",), labels)


def _check(name: str, n: int, noise: float, classes: int | None) -> None:
    if not 1 <= n <= MAX_ROWS:
        raise DataError(f"{name}: n = {n} rows; right is 1 to {MAX_ROWS:,}")
    if not 0.0 <= noise <= 1e6:
        raise DataError(f"{name}: noise = {noise} is no standard deviation; right is 0 to 1e6")
    least, most = GENERATORS[name].classes
    if classes is not None and not least <= classes <= most:
        right = "none" if most == 0 else str(least) if least == most else f"{least} to {most}"
        raise DataError(f"{name}: classes = {classes}; right is {right}")
