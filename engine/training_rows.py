"""Rows to train on, checked before any training begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

    from engine.network import Network


@dataclass(frozen=True)
class TrainingData:
    """Inputs (n, inputs) and targets (n, outputs), and the same for validation, possibly without any row."""

    inputs: Array
    targets: Array
    validation_inputs: Array
    validation_targets: Array

    @property
    def has_validation(self) -> bool:
        """Whether there are validation rows."""
        return len(self.validation_inputs) > 0

    @property
    def has_classes(self) -> bool:
        """Whether accuracy means something: targets 0 or 1 of one unit, or exactly one 1 a row."""
        one_column = self.targets.shape[1] == 1
        return all(
            bool(((t == 0) | (t == 1)).all() and (one_column or (t.sum(axis=1) == 1).all()))
            for t in (self.targets, self.validation_targets)
        )


def training_data(
    inputs: Any, targets: Any, validation_inputs: Any = None, validation_targets: Any = None
) -> TrainingData:
    """Rows as arrays of doubles; a flat list of targets is one column.

    Raises DataError for rows that do not fit together, and for an entry that is no finite number, naming
    its row.
    """
    import numpy as np

    x, t = _table(inputs, "the inputs"), _table(targets, "the targets")
    if len(x) == 0:
        raise DataError("there are no rows to train on")
    if len(x) != len(t):
        raise DataError(f"there are {len(x)} rows of inputs, but {len(t)} targets")
    if validation_inputs is None or len(validation_inputs) == 0:
        return TrainingData(x, t, np.zeros((0, x.shape[1])), np.zeros((0, t.shape[1])))
    vx = _table(validation_inputs, "the validation inputs")
    vt = _table(validation_targets if validation_targets is not None else [], "the validation targets")
    if len(vx) != len(vt):
        raise DataError(f"there are {len(vx)} rows of validation inputs, but {len(vt)} targets")
    if vx.shape[1] != x.shape[1] or vt.shape[1] != t.shape[1]:
        raise DataError("the validation rows have other columns than the training rows")
    return TrainingData(x, t, vx, vt)


def check_fit(data: TrainingData, network: Network, loss: str) -> None:
    """Raise DataError when the rows do not suit the network's inputs and outputs, or the loss's targets."""
    if data.inputs.shape[1] != network.inputs:
        raise DataError(f"the rows have {data.inputs.shape[1]} inputs, but the network takes {network.inputs}")
    units = network.layers[-1].units
    if data.targets.shape[1] != units:
        raise DataError(f"the rows have {data.targets.shape[1]} target columns, but the last layer has {units} units")
    if loss not in ("bce", "cross_entropy"):
        return
    for targets, part in ((data.targets, ""), (data.validation_targets, "validation ")):
        outside = (targets < 0) | (targets > 1)
        if outside.any():
            row, column = (int(place[0]) for place in outside.nonzero())
            raise DataError(
                f"{part}row {row + 1} has the target {targets[row, column]:g}; "
                f"{loss} needs targets between 0 and 1, where 0 and 1 are the classes"
            )


def _table(values: Any, what: str) -> Array:
    import numpy as np

    try:
        table = np.array(values, np.float64, order="C")
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} are no table of numbers") from error
    if table.ndim == 1:
        table = table.reshape(-1, 1)
    if table.ndim != 2:
        raise DataError(f"{what} have {table.ndim} axes; a table has rows and columns")
    wrong = ~np.isfinite(table)
    if wrong.any():
        row, column = (int(place[0]) for place in wrong.nonzero())
        raise DataError(f"{what}: row {row + 1}, column {column + 1} is {table[row, column]}, no finite number")
    return table
