"""What each loss gets as targets, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset, DataSettings, load, one_hot, targets_for
from engine.errors import DataError


def fails(message: str, do: Callable[[], object]) -> None:
    with pytest.raises(DataError) as caught:
        do()
    assert message in str(caught.value)


def table(targets: object, classes: tuple[str, ...] = ()) -> Dataset:
    y = np.array(targets, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    return Dataset("d", np.zeros((len(y), 1)), y, classes=classes)


ABC = ("a", "b", "c")


@pytest.mark.parametrize(
    ("loss", "data", "outputs", "expected"),
    [
        ("squared_error", table([1.5, -2]), None, [[1.5], [-2]]),
        ("squared_error", table([3, 3]), 1, [[3], [3]]),
        ("squared_error", table([[1, 2], [3, 4]]), 2, [[1, 2], [3, 4]]),
        ("squared_error", table([0, 2], ABC), 3, [[1, 0, 0], [0, 0, 1]]),
        ("squared_error", table([0, 2], ABC), 1, [[0], [2]]),
        ("bce", table([0, 1]), None, [[0], [1]]),
        ("bce", table([[0, 1], [1, 1]]), 2, [[0, 1], [1, 1]]),
        ("bce", table([0, 2], ABC), 3, [[1, 0, 0], [0, 0, 1]]),
        ("bce", table([1, 1], ("a", "b")), 1, [[1], [1]]),
        ("cross_entropy", table([0, 2, 1]), None, [[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
        ("cross_entropy", table([0, 1]), 3, [[1, 0, 0], [0, 1, 0]]),
        ("cross_entropy", table([1, 1], ABC), None, [[0, 1, 0], [0, 1, 0]]),
        ("cross_entropy", table([[0.25, 0.75], [1, 0]]), 2, [[0.25, 0.75], [1, 0]]),
        ("zero_one", table([0, 1]), None, [[0], [1]]),
        ("zero_one", table([0, 1]), 2, [[1, 0], [0, 1]]),
        ("zero_one", table([0, 2], ABC), None, [[1, 0, 0], [0, 0, 1]]),
    ],
)
def test_targets(loss: str, data: Dataset, outputs: int | None, expected: list[list[float]]) -> None:
    assert targets_for(loss, data, outputs).tolist() == expected


@pytest.mark.parametrize(
    ("loss", "data", "outputs", "message"),
    [
        ("bce", table([0, 2]), None, "row 2: bce wants targets 0 or 1, found 2; with more than two classes use"),
        ("bce", table([0, 0.5]), 1, "found 0.5"),
        ("bce", table([1, 1]), 1, "every row has the class 1, so there is nothing to tell apart"),
        ("bce", table([0, 1]), 2, "the model has 2 outputs, but d has 1 for bce"),
        ("cross_entropy", table([0, 0]), None, "every row has the class 0"),
        ("cross_entropy", table([0, 3], ABC), None, "row 2: label 3 is outside the 3 classes 0 to 2"),
        ("cross_entropy", table([0, 3]), 3, "row 2: label 3 is outside the 3 classes"),
        ("cross_entropy", table([0, -1]), None, "row 2: the target -1 is no class"),
        ("cross_entropy", table([0, 1.5]), None, "the target 1.5 is no class; classes are whole numbers from 0"),
        ("cross_entropy", table([0, 1e300]), None, "is no class"),
        ("cross_entropy", table([0, 2e9]), None, "too many for one-hot"),
        ("cross_entropy", table([0, 1], ABC), 2, "the model has 2 outputs, but d has 3 for cross_entropy"),
        ("cross_entropy", table([[0.5, 0.6], [1, 0]]), None, "row 1: cross_entropy wants shares that add up to 1"),
        ("cross_entropy", table([[1.5, -0.5]]), None, "shares"),
        ("squared_error", table([1, 2]), 2, "the model has 2 outputs, but d has 1 for squared_error"),
        ("zero_one", table([0, 2]), 1, "bce wants targets 0 or 1"),
    ],
)
def test_targets_that_cannot_be(loss: str, data: Dataset, outputs: int | None, message: str) -> None:
    fails(message, lambda: targets_for(loss, data, outputs))


def test_one_hot_of_the_digits() -> None:
    data = load(DataSettings("digits"))
    hot = one_hot(data)
    assert hot.shape == (1797, 10)
    np.testing.assert_array_equal(hot.argmax(axis=1), data.targets.ravel())
    np.testing.assert_array_equal(hot.sum(axis=1), 1)
