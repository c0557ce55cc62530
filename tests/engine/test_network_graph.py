"""A network and its graph are the same: values, losses and gradients."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.network import build_network
from engine.network_graph import network_graph
from engine.run_settings import RunSettings
from engine.training import Run
from engine.training_rows import training_data

PAIRS = [
    ("sigmoid", "bce", [1.0]),
    ("linear", "squared_error", [0.7]),
    ("softmax", "cross_entropy", [0.0, 1.0, 0.0]),
    ("tanh", "squared_error", [0.2, -0.4]),
    ("softplus", "squared_error", [1.0, 2.0]),
]


@pytest.mark.parametrize("hidden", ["tanh", "relu", "leaky_relu", "sigmoid", "softplus"])
@pytest.mark.parametrize(("top", "loss", "target"), PAIRS)
def test_one_step_of_training_follows_the_gradient_of_the_graph(
    hidden: str, top: str, loss: str, target: list[float]
) -> None:
    layers = [{"units": 4, "activation": hidden}, {"units": len(target), "activation": top}]
    network = build_network(3, layers, "normal", seed=5)
    row = [0.4, -1.1, 0.8]
    graph, weights = network_graph(network, loss)
    trace = graph.trace({**weights, "x": row, "y": target})
    run = Run(network, training_data([row], [target]), RunSettings(loss, lr=0.125, epochs=1))
    run.run()
    assert np.isclose(run.history.train_loss[0], trace.value("L"), rtol=1e-12)
    for k in (1, 2):
        for name, key in ((f"W{k}", f"layer{k}.weight"), (f"b{k}", f"layer{k}.bias")):
            step = (network.parameters[key] - run.parameters[key]) / 0.125
            assert np.allclose(step, trace.gradient(name), rtol=1e-9, atol=1e-13), (name, hidden, top)
    assert np.allclose(trace.value("z2"), network.predict(np.array([row]))[0], rtol=1e-12)


def test_a_large_network_is_refused() -> None:
    network = build_network(100, [{"units": 100, "activation": "relu"}], "zeros")
    with pytest.raises(EngineError, match="too many to walk through"):
        network_graph(network)
