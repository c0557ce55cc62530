"""Runs in lanes leave what single runs leave."""

import numpy as np
import pytest

from engine.network import Layer, build_network
from engine.optimizers import Schedule
from engine.training import Run, RunSettings, Stop, training_data
from engine.training_together import run_together, share_lanes

DRAW = np.random.default_rng(7)
X = DRAW.uniform(-1, 1, (60, 3))
T = (X @ [1.5, -2.0, 1.0] + 0.3 + 0.5 * DRAW.standard_normal(60) > 0) * 1.0
DATA = training_data(X[:45], T[:45], X[45:], T[45:])
WEIGHTS = DRAW.standard_normal((11, 4))


def runs(data=DATA, **settings):
    made = []
    for number, w in enumerate(WEIGHTS):
        network = build_network(3, [Layer(1, "sigmoid")], {"layer1.weight": [w[:3]], "layer1.bias": w[3:]})
        own = {"lr": 0.02 * (number + 1), "l2": 0.001 * number, "seed": number, "batch": 1, "epochs": 12}
        made.append(Run(network, data, RunSettings("bce", **(own | settings))))
    return made


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"shuffle": True},
        {"reduce": "sum", "validate_every": 3, "diagnostics": False},
        {"schedule": Schedule("step", every=4)},
        {"stop": Stop("loss", 1e-3), "epochs": 40},
        {"stop": Stop("weights", 0.05), "epochs": 40},
    ],
)
def test_each_lane_is_its_single_run(settings):
    together, single = runs(**settings), runs(**settings)
    assert len(share_lanes(together)) == 1
    run_together(together)
    for lane, alone in zip(together, single, strict=True):
        alone.run()
        assert lane.outcome() == alone.outcome()
        for name in type(alone.history).__dataclass_fields__:
            found, expected = (getattr(run.history, name) for run in (lane, alone))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15, err_msg=name)
        assert lane.kept_epochs == alone.kept_epochs
        for epoch in alone.kept_epochs:
            for name, array in alone.parameters_at(epoch).items():
                np.testing.assert_allclose(lane.parameters_at(epoch)[name], array, rtol=1e-12, atol=1e-15)


def test_tiny_losses_keep_their_digits():
    easy = training_data(np.array([[30.0, 0, 0], [-25.0, 0, 0]]), [1, 0])
    network = build_network(3, [Layer(1, "sigmoid")], {"layer1.weight": [[1.0, 0, 0]]})
    lanes = [Run(network, easy, RunSettings("bce", batch=1, lr=lr, epochs=3)) for lr in (0.0, 0.1)]
    run_together(lanes)
    exact = (np.log1p(np.exp(-30.0)) + np.log1p(np.exp(-25.0))) / 2
    np.testing.assert_allclose(lanes[0].history.train_loss, exact, rtol=1e-12)


def test_what_does_not_fit_runs_alone():
    mixed = [*runs(), *runs(batch=5)[:2], *runs(optimizer="adam")[:1], *runs(keep_best=True)[:1]]
    groups = share_lanes(mixed)
    assert sorted(len(group) for group in groups) == [1, 1, 1, 1, 11]
    run_together(mixed)
    assert all(run.outcome().kind == "finished" for run in mixed)


def test_a_lane_goes_on_as_a_single_run():
    lanes, alone = runs(shuffle=True)[:3], runs(shuffle=True)[:3]
    run_together(lanes)
    lanes[1].run(20)
    alone[1].run(20)
    np.testing.assert_allclose(lanes[1].history.train_loss, alone[1].history.train_loss, rtol=1e-12)
