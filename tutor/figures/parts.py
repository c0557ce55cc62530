"""What several pictures are made of: counted values, arrays cut into images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import EngineError
from tutor.figures.figure import Histogram, Images
from tutor.lesson_picture import PictureSpec

BINS = 15
MOST_IMAGES = 20
MOST_PIXELS = 128

Array = np.ndarray[Any, np.dtype[Any]]


def histogram_of(picture: PictureSpec, labels: Sequence[str], arrays: Sequence[Array]) -> Histogram:
    """Counts of several sets of numbers between shared edges; what is not finite is left out."""
    finite = [array[np.isfinite(array)] for array in arrays]
    every = np.concatenate(finite) if finite else np.zeros(0)
    if not every.size:
        raise EngineError("there is no finite number to count")
    edges = np.histogram_bin_edges(every, BINS)
    given = list(picture.labels or ())
    return Histogram(
        picture.title,
        (*given, *labels[len(given) :])[: len(arrays)],
        tuple(float(edge) for edge in edges),
        tuple(tuple(int(n) for n in np.histogram(array, edges)[0]) for array in finite),
        tuple(float(array.mean()) if array.size else math.nan for array in finite),
        tuple(float(array.std()) if array.size else math.nan for array in finite),
    )


def images_of(picture: PictureSpec, rows: Array) -> Images:
    """Each row of numbers as an image: `width` pixels a line, or a square one."""
    if rows.ndim != 2:
        raise EngineError("images are the rows of a matrix")
    width = picture.width or math.isqrt(rows.shape[1])
    if not width or rows.shape[1] % width:
        raise EngineError(f"{rows.shape[1]} numbers make no image; say width = …")
    if max(width, rows.shape[1] // width) > MOST_PIXELS:
        raise EngineError(f"an image has at most {MOST_PIXELS} pixels in a row and in a column")
    chosen = rows[:MOST_IMAGES].reshape(min(len(rows), MOST_IMAGES), -1, width)
    given = list(picture.labels or ())
    labels = [given[i] if i < len(given) else str(i) for i in range(len(chosen))]
    grids = tuple(tuple(tuple(float(v) for v in line) for line in image) for image in chosen)
    return Images(picture.title, tuple(labels), grids)
