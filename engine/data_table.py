"""Dataset: rows of numbers with their targets, divided into parts; frozen, like everything between stages."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy import float64, int64
from numpy.typing import NDArray

from engine.errors import DataError, did_you_mean
from engine.random import Random

Matrix = NDArray[float64]
Rows = NDArray[int64]

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs (rows, columns) and targets (rows, outputs), both float64 and read-only.

    `classes` are the names of the classes when they are known: targets are then one column of 0 … K−1. It
    is empty for real targets, and for tables that do not say (`targets_for` then looks at the numbers).
    `parts` gives the row numbers, ascending, of train, validation and test. Inputs were standardised as (x
    − mean) / scale, both (columns,), or are as they came when `mean` is None. `image` is the height and
    width of a row that is an image.
    """

    name: str
    inputs: Matrix
    targets: Matrix
    input_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    image: tuple[int, int] | None = None
    mean: Matrix | None = None
    scale: Matrix | None = None
    parts: Mapping[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise DataError(f"{self.name}: {len(self.inputs)} rows of inputs, but {len(self.targets)} of targets")
        parts = dict(self.parts) or {"train": np.arange(len(self.inputs))}
        object.__setattr__(self, "parts", MappingProxyType(parts))
        for array in (self.inputs, self.targets, *parts.values()):
            array.setflags(write=False)

    def part(self, name: str) -> tuple[Matrix, Matrix]:
        """Inputs and targets of one part; DataError when the split made no such part."""
        if name not in self.parts:
            raise DataError(f"{self.name} has no part {name!r}, only {', '.join(self.parts)}: say so in `split`")
        rows = self.parts[name]
        return self.inputs[rows], self.targets[rows]

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of numbers, shapes, classes and parts, but not of the name."""
        out = hashlib.sha256(b"dataset 1")
        arrays = {"inputs": self.inputs, "targets": self.targets}
        for name, array in arrays.items():
            out.update(f"\n{name} {array.shape}\n".encode())
            out.update(np.ascontiguousarray(array + 0.0, dtype="<f8").data)  # + 0.0: −0 and 0 are one number
        for name in PARTS:
            if name in self.parts:
                out.update(f"\n{name} {len(self.parts[name])}\n".encode())
                out.update(np.ascontiguousarray(self.parts[name], dtype="<i8").data)
        out.update(repr(self.classes).encode())
        return out.hexdigest()


def split(dataset: Dataset, parts: Mapping[str, float], seed: int) -> Dataset:
    """The training part divided at random, in a seeded order; within a part rows keep the file's order.

    A whole number is a count of rows, a decimal a fraction. Without `train` the rest is train; rows left
    over are in no part. DataError for an unknown part, more rows than there are, or a part without rows.
    """
    rows = dataset.parts["train"]
    sizes = part_sizes(dataset.name, parts, len(rows))
    order = rows[Random(seed, "data", "split").permutation(len(rows))]
    made, start = {}, 0
    for name, size in sizes.items():
        made[name] = np.sort(order[start : start + size])
        start += size
    others = {name: kept for name, kept in dataset.parts.items() if name not in made}
    both = made | others
    return replace(dataset, parts={name: both[name] for name in PARTS if name in both})


def part_sizes(name: str, parts: Mapping[str, float], rows: int) -> dict[str, int]:
    """Rows of each part in the order of PARTS; fractions are rounded so that 0.8 and 0.2 leave no row out."""
    for part, claim in parts.items():
        _check_share(part, claim)
    sizes: dict[str, int] = {}
    total, fractions = 0, 0.0
    for part in PARTS:
        share = parts.get(part)
        if isinstance(share, int):
            sizes[part] = share
        elif share is not None:
            sizes[part] = math.floor((fractions + share) * rows + 0.5) - math.floor(fractions * rows + 0.5)
            fractions += share
        total += sizes.get(part, 0)
    if total > rows or fractions > 1 + 1e-9:
        raise DataError(f"split of {name}: {_said(parts)} are more than its {rows} rows")
    if "train" not in parts:
        sizes = {"train": rows - total} | sizes
    for part, size in sizes.items():
        if size < 1:
            raise DataError(f"split of {name}: {part} has no row; {_said(parts)} of {rows} rows")
    return sizes


def _check_share(part: str, share: float) -> None:
    if part not in PARTS:
        raise DataError(f"split: {part!r} is none of train, validation, test{did_you_mean(part, PARTS)}")
    whole = isinstance(share, int) and not isinstance(share, bool) and share >= 1
    if not whole and not (isinstance(share, float) and 0.0 < share <= 1.0):
        raise DataError(f"split: {part} = {share!r} is neither a fraction (0 to 1) nor a number of rows (1, 2, …)")


def _said(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{part} = {share!r}" for part, share in parts.items())


def standardise(dataset: Dataset) -> Dataset:
    """Every input column less its mean over the training rows, over their standard deviation (of N, not N−1).

    A column that is constant over the training rows is only shifted. DataError for numbers whose squares
    overflow.
    """
    train = dataset.inputs[dataset.parts["train"]]
    with np.errstate(over="ignore", invalid="ignore"):
        mean = train.sum(axis=0) / len(train)
        scale = np.sqrt(np.square(train - mean).sum(axis=0) / len(train))
    if not np.isfinite(scale).all():
        raise DataError(f"standardise: {dataset.name} holds numbers too large to be squared")
    scale = np.where((train.max(axis=0) > train.min(axis=0)) & (scale > 0), scale, 1.0)
    inputs = dataset.inputs - mean
    inputs /= scale
    return replace(dataset, inputs=inputs, mean=mean, scale=scale)
