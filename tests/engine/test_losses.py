"""The table of losses: plain values, and the places where logarithms of rounded numbers would fail."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.losses import LOSSES, find_loss
from engine.network import build_network
from engine.training import Run, RunSettings, training_data
from tests import naive_training as naive


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.trainable])
def test_values_are_the_formulas(name):
    assert name in naive.LOSSES, f"{name} in plain NumPy belongs into tests/naive_training.py"
    draw = np.random.default_rng(4)
    p, t = draw.uniform(0.01, 0.99, (20, 3)), draw.integers(0, 2, (20, 3)) * 1.0
    np.testing.assert_allclose(LOSSES[name].value(p, t), naive.LOSSES[name][0](p, t), rtol=1e-12)


def test_certain_predictions_cost_nothing_or_everything():
    p = np.array([[0.0], [1.0]])
    np.testing.assert_array_equal(LOSSES["bce"].value(p, p), [0.0, 0.0])
    np.testing.assert_array_equal(LOSSES["bce"].value(p, 1 - p), [np.inf, np.inf])


def test_zero_one_counts_wrong_classes():
    one = LOSSES["zero_one"].value(np.array([[0.4], [0.6], [0.5]]), np.array([[0.0], [0.0], [1.0]]))
    np.testing.assert_array_equal(one, [0, 1, 1])
    several = LOSSES["zero_one"].value(np.array([[0.2, 0.5, 0.3]] * 2), np.eye(3)[[1, 2]])
    np.testing.assert_array_equal(several, [0, 1])


@pytest.mark.parametrize(
    ("activation", "loss", "weight", "target", "exact"),
    [
        ("sigmoid", "bce", [[800.0]], [0.0], 800.0),
        ("sigmoid", "bce", [[-800.0]], [1.0], 800.0),
        ("sigmoid", "cross_entropy", [[-800.0]], [1.0], 800.0),
        ("softmax", "cross_entropy", [[800.0], [-800.0]], [0.0, 1.0], 1600.0),
    ],
)
def test_sure_and_wrong_is_a_number_and_has_a_gradient(activation, loss, weight, target, exact):
    network = build_network(1, [{"units": len(weight), "activation": activation}], {"layer1.weight": weight})
    run = Run(network, training_data([[1.0]], [target]), RunSettings(loss, lr=1.0, epochs=1))
    run.run()
    assert run.history.train_loss[0] == exact
    assert run.history.gradient_norm[0, 0] > 0.9
    assert run.history.train_loss[1] < exact


def test_unknown_loss():
    with pytest.raises(EngineError, match="did you mean cross_entropy"):
        find_loss("crossentropy")
