"""The table of optimizers, and schedules (the moves themselves are in test_training.py)."""

import math

import pytest

from engine.errors import EngineError
from engine.optimizers import OPTIMIZERS, Schedule, find_optimizer


def test_codes_are_the_order_of_the_table():
    assert [entry.code for entry in OPTIMIZERS.values()] == list(range(len(OPTIMIZERS)))


def test_unknown_names():
    with pytest.raises(EngineError, match="did you mean nesterov"):
        find_optimizer("nestrov")
    with pytest.raises(EngineError, match="did you mean cosine"):
        Schedule("cosin")
    with pytest.raises(EngineError, match="every ≥ 1"):
        Schedule("step", every=0)
    with pytest.raises(EngineError, match="finite"):
        Schedule("inverse", decay=math.nan)


def test_shares_of_the_first_rate():
    assert [Schedule("step", every=2, factor=0.1).share(e, 9) for e in range(3)] == [1.0, 1.0, 0.1]
    assert Schedule("cosine", end=0.2).share(0, 10) == 1.0
    assert Schedule("cosine", end=0.2).share(5, 10) == pytest.approx(0.6)
    assert Schedule("cosine", end=0.2).share(99, 10) == pytest.approx(0.2)
    assert Schedule("inverse", decay=1.0).share(3, 10) == 0.25
    assert Schedule().share(7, 10) == 1.0
