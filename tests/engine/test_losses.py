"""The table of losses: plain values, and the places where logarithms of rounded numbers would fail."""

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.errors import EngineError
from engine.losses import LOSSES, find_loss
from engine.network import build_network
from engine.network_graph import network_graph
from engine.training import Run, RunSettings, training_data
from engine.training_together import run_together
from tests import naive_training as naive


def allowed(loss, activation):
    try:
        LOSSES[loss].head(activation)
    except EngineError:
        return False
    return LOSSES[loss].trainable and ACTIVATIONS[activation].trainable


PAIRS = [(loss, activation) for loss in LOSSES for activation in ACTIVATIONS if allowed(loss, activation)]
SURE = np.array([[400.0], [-400.0], [0.0]])
"""Inputs for which a unit of weight ±1 gives exactly 0 or 1, or next to it; and one that is undecided."""
RIGHT = {
    "softmax": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
    "sigmoid": np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.3, 0.6, 0.9]]),
}


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


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("loss", "activation"), PAIRS)
def test_sure_and_right_has_the_gradient_of_the_graph_and_of_the_reference(loss, activation, precision):
    weights = {"layer1.weight": [[1.0], [1.0], [-1.0]], "layer1.bias": [0.1, 0.2, 0.3]}
    network = build_network(1, [{"units": 3, "activation": activation}], weights)
    targets = RIGHT.get(activation, RIGHT["sigmoid"])
    run = Run(network, training_data(SURE, targets), RunSettings(loss, lr=1.0, epochs=1, precision=precision))
    run.run()
    plain = naive.gradient([(3, activation)], network.parameters, SURE, targets, loss)
    graph, given = network_graph(network, loss)
    traces = [graph.trace({**given, "x": x, "y": t}) for x, t in zip(SURE, targets, strict=True)]
    bounds = {"rtol": 1e-10, "atol": 1e-10} if precision == "double" else {"rtol": 1e-5, "atol": 1e-4}
    for name, node in (("layer1.weight", "W1"), ("layer1.bias", "b1")):
        taped = np.mean([trace.gradient(node) for trace in traces], axis=0)
        np.testing.assert_allclose(plain[name], taped, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(network.parameters[name] - run.parameters[name], taped, **bounds)
    row_losses = naive.objective([(3, activation)], network.parameters, SURE, targets, loss)
    np.testing.assert_allclose(run.history.train_loss[0], row_losses, rtol=1e-5)
    assert np.isfinite(row_losses)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_certain_softmax_of_two_stays_as_it_is(precision):
    network = build_network(1, [{"units": 2, "activation": "softmax"}], {"layer1.weight": [[800.0], [-800.0]]})
    settings = RunSettings("bce", lr=0.1, epochs=3, precision=precision)
    run = Run(network, training_data([[1.0], [-1.0]], [[1, 0], [0, 1]]), settings)
    assert run.run().kind == "finished"
    np.testing.assert_array_equal(run.history.train_loss, np.zeros(4))
    np.testing.assert_array_equal(run.parameters["layer1.weight"], network.parameters["layer1.weight"])


def test_certain_runs_in_lanes_stay_as_they_are():
    network = build_network(1, [{"units": 1, "activation": "sigmoid"}], {"layer1.weight": [[800.0]]})
    data = training_data([[1.0], [-1.0]], [1, 0])
    runs = [Run(network, data, RunSettings("bce", lr=lr, batch=1, epochs=3)) for lr in (0.1, 0.2)]
    run_together(runs)
    for run in runs:
        np.testing.assert_allclose(run.history.train_loss, np.zeros(4), atol=1e-300)
        np.testing.assert_array_equal(run.parameters["layer1.weight"], [[800.0]])


def test_unknown_loss():
    with pytest.raises(EngineError, match="did you mean cross_entropy"):
        find_loss("crossentropy")
