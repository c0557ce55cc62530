"""Settings that change nothing are told where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph_training import step_of
from engine.optimizers import OPTIMIZERS, SCHEDULES, Schedule
from engine.run_settings import RunSettings
from tests.tutor.proof.checked_lesson import NET, Change, check, is_the_warning
from tutor.proof.settings import SCHEDULED, USED_BY

SLOW = "lr = 0.1\n"
FAST = 'like = "slow"\n'


@pytest.mark.parametrize(
    ("new", "says", "below"),
    [
        ("momentum = 0.9", 'momentum has no effect with sgd; add optimizer = "momentum" or optimizer = "nesterov"', 1),
        ("betas = [0.9, 0.99]", 'betas has no effect with sgd; add optimizer = "adam"', 1),
        ("rho = 0.9", 'rho has no effect with sgd; add optimizer = "rmsprop"', 1),
        ("eps = 1e-6", 'eps has no effect with sgd; add optimizer = "rmsprop" or optimizer = "adam"', 1),
        (
            'optimizer = "adam"\nmomentum = 0.9',
            'momentum has no effect with adam; say optimizer = "momentum" or optimizer = "nesterov", or leave momentum',
            2,
        ),
        (
            'schedule = { kind = "step", decay = 0.5 }',
            'decay has no effect with the schedule step; say kind = "inverse"',
            1,
        ),
    ],
)
def test_a_setting_that_nothing_uses(new: str, says: str, below: int, tmp_path: Path) -> None:
    is_the_warning(tmp_path, Change(NET, SLOW, f"{SLOW}{new}\n", says, below))


def test_it_is_told_once_and_where_it_is_written(tmp_path: Path) -> None:
    is_the_warning(tmp_path, Change(NET, FAST, f"{FAST}momentum = 0.5\n", "momentum has no effect", 1))


@pytest.mark.parametrize(
    ("slow", "fast"),
    [
        ("momentum = 0.8\n", 'optimizer = "momentum"\n'),
        ("momentum = 0.8\n", 'optimizer = "nesterov"\n'),
        ('optimizer = "adam"\nbetas = [0.8, 0.99]\n', 'optimizer = "sgd"\n'),
    ],
)
def test_a_setting_for_a_run_that_is_like_it_is_used(slow: str, fast: str, tmp_path: Path) -> None:
    text = NET.replace(SLOW, SLOW + slow).replace(FAST, FAST + fast)
    found = check(tmp_path, text)
    assert (found.errors, found.warnings) == ((), ())


def moved(settings: RunSettings) -> list[float]:
    """Three steps along gradients that change."""
    buffers = dict.fromkeys(OPTIMIZERS[settings.optimizer].buffers, 0.0)
    return [float(step_of(settings, g, buffers, t)) for t, g in ((1, 0.5), (2, -0.2), (3, 0.7))]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_table_says_what_optimizers_use(optimizer: str) -> None:
    plain = moved(RunSettings("bce", optimizer))
    changes = {
        "momentum": {"momentum": 0.3},
        "betas": {"betas": (0.3, 0.4)},
        "rho": {"alpha": 0.3},
        "eps": {"eps": 0.1},
    }
    assert changes.keys() == USED_BY.keys()
    for name, change in changes.items():
        assert (moved(RunSettings("bce", optimizer, **change)) != plain) == (optimizer in USED_BY[name]), name


@pytest.mark.parametrize("kind", SCHEDULES)
def test_the_table_says_what_schedules_use(kind: str) -> None:
    def shares(schedule: Schedule) -> list[float]:
        return [schedule.share(epoch, 40) for epoch in range(40)]

    plain = shares(Schedule(kind))
    changes = {"every": 7, "factor": 0.3, "decay": 0.3, "end": 0.3}
    assert changes.keys() == SCHEDULED.keys()
    for name, value in changes.items():
        assert (shares(Schedule(kind, **{name: value})) != plain) == (kind in SCHEDULED[name]), name
