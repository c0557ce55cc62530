"""What a loss wants as targets: 0 or 1, one-hot rows, or real numbers."""

from __future__ import annotations

import numpy as np

from engine.data_table import Dataset, Matrix
from engine.errors import DataError
from engine.losses import LOSSES


def targets_for(loss: str, dataset: Dataset, outputs: int | None = None) -> Matrix:
    """The targets of all rows, (rows, outputs), in the form that `loss` wants of a model with so many outputs.

    squared_error: the numbers; bce: 0 or 1; cross_entropy: one-hot rows (or several columns that already
    are shares); zero_one: as for bce with one output, else as for cross_entropy. A model with one output
    per class gets one-hot rows from squared_error and bce too. DataError for labels outside the classes,
    for one class only where the data do not declare more, and for another number of outputs.
    """
    if loss not in LOSSES:
        raise ValueError(f"no loss {loss!r}")
    columns = dataset.targets.shape[1]
    if loss == "zero_one":
        binary = outputs == 1 or (outputs is None and columns == 1 and _class_count(dataset) <= 2)
        loss = "bce" if binary else "cross_entropy"
    if loss == "cross_entropy":
        out = one_hot(dataset, outputs) if columns == 1 else _shares(dataset)
    elif columns == 1 and outputs is not None and outputs > 1 and outputs == len(dataset.classes):
        out = one_hot(dataset, outputs)
    else:
        out = _zeros_and_ones(dataset) if loss == "bce" else dataset.targets
    if outputs is not None and out.shape[1] != outputs:
        raise DataError(f"the model has {outputs} outputs, but {dataset.name} has {out.shape[1]} for {loss}")
    return out


def one_hot(dataset: Dataset, classes: int | None = None) -> Matrix:
    """A 1 at the label's place, (rows, K): K as the data declare, else `classes`, else the largest label + 1."""
    labels = _labels(dataset)
    k = len(dataset.classes) or classes or int(np.max(labels)) + 1
    _check_inside(dataset, labels, k)
    if not dataset.classes:
        _check_several(dataset, labels)
    out = np.zeros((len(labels), k))
    out[np.arange(len(labels)), labels.astype(np.intp)] = 1.0
    return out


def _class_count(dataset: Dataset) -> int:
    return len(dataset.classes) or int(np.max(_labels(dataset))) + 1


def _labels(dataset: Dataset) -> Matrix:
    labels: Matrix = dataset.targets[:, 0]
    wrong = np.flatnonzero((labels < 0) | (labels != np.floor(labels)) | (labels > 2**31))
    if len(wrong):
        raise DataError(
            f"{dataset.name} row {wrong[0] + 1}: the target {labels[wrong[0]]:g} is no class;"
            " classes are whole numbers from 0, real targets go with squared_error"
        )
    return labels


def _check_inside(dataset: Dataset, labels: Matrix, k: int) -> None:
    wrong = np.flatnonzero(labels >= k)
    if len(wrong):
        raise DataError(
            f"{dataset.name} row {wrong[0] + 1}: label {labels[wrong[0]]:g} is outside the {k} classes 0 to {k - 1}"
        )
    if k * len(labels) > 1 << 28:
        raise DataError(f"{dataset.name}: {k:,} classes for {len(labels):,} rows are too many for one-hot targets")


def _check_several(dataset: Dataset, labels: Matrix) -> None:
    if np.min(labels) == np.max(labels):
        raise DataError(
            f"{dataset.name}: every row has the class {labels[0]:g}, so there is nothing to tell apart;"
            " if more classes are meant, say how many: classes = 2"
        )


def _zeros_and_ones(dataset: Dataset) -> Matrix:
    targets = dataset.targets
    wrong = np.argwhere((targets != 0) & (targets != 1))
    if len(wrong):
        row, column = wrong[0]
        more = "; with more than two classes use cross_entropy" if targets.shape[1] == 1 else ""
        raise DataError(f"{dataset.name} row {row + 1}: bce wants targets 0 or 1, found {targets[row, column]:g}{more}")
    if targets.shape[1] == 1 and not dataset.classes:
        _check_several(dataset, targets[:, 0])
    return targets


def _shares(dataset: Dataset) -> Matrix:
    targets = dataset.targets
    bad = (np.abs(targets.sum(axis=1) - 1.0) > 1e-9) | (targets < 0).any(axis=1)
    wrong = np.flatnonzero(bad)
    if len(wrong):
        found = ", ".join(f"{value:g}" for value in targets[wrong[0], :8])
        raise DataError(
            f"{dataset.name} row {wrong[0] + 1}: cross_entropy wants shares that add up to 1, found {found}"
        )
    return targets
