"""Networks: sizes, parameters, predictions, and what is refused."""

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.errors import EngineError, ShapeError
from engine.network import Layer, build_network, start_from
from tests import naive_training as naive


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_predicts_as_the_reference(activation):
    network = build_network(3, [{"units": 4, "activation": activation}, Layer(2, "tanh")], "xavier", 5)
    x = np.random.default_rng(0).normal(size=(9, 3))
    if activation == "step":
        z = x @ network.parameters["layer1.weight"].T
        np.testing.assert_array_equal(network.values(x)[0], z > 0)
        return
    expected = naive.forward([(4, activation), (2, "tanh")], network.parameters, x)
    np.testing.assert_allclose(network.predict(x), expected[-1][1], rtol=1e-13)


def test_large_sums_neither_overflow_nor_warn():
    for activation in ("sigmoid", "softplus", "softmax", "tanh"):
        network = build_network(1, [Layer(2, activation)], {"layer1.weight": [[1.0], [-1.0]]})
        assert np.isfinite(network.predict([[1000.0]])).all()


def test_parameter_counts_of_the_course():
    assert build_network(784, [Layer(128, "relu"), Layer(10, "softmax")], "zeros").parameter_count == 101770
    assert build_network(784, [Layer(128), Layer(64), Layer(10)], "zeros").parameter_count == 109386


def test_untrained_classifier_has_the_loss_of_guessing():
    network = build_network(784, [Layer(128, "relu"), Layer(10, "softmax")], "zeros")
    p = network.predict(np.ones((1, 784)))
    np.testing.assert_allclose(-np.log(p[0, 3]), 2.302585092994046, rtol=1e-12)


@pytest.mark.parametrize(
    ("init", "deviation"), [("normal", 0.1), ("xavier", np.sqrt(2 / 500)), ("he", np.sqrt(2 / 300)), ("zeros", 0)]
)
def test_inits_have_their_spread_and_follow_the_seed(init, deviation):
    first, again, other = (build_network(300, [Layer(200)], init, seed).parameters for seed in (1, 1, 2))
    np.testing.assert_allclose(first["layer1.weight"].std(), deviation, rtol=0.02)
    np.testing.assert_allclose(first["layer1.weight"].mean(), 0, atol=0.01)
    np.testing.assert_array_equal(first["layer1.weight"], again["layer1.weight"])
    assert init == "zeros" or (first["layer1.weight"] != other["layer1.weight"]).any()
    assert not first["layer1.bias"].any()


def test_fine_tuning_takes_over_all_but_the_replaced_head():
    trained = build_network(4, [Layer(3, "tanh"), Layer(5, "softmax")], "he", 1)
    new = build_network(4, [Layer(3, "tanh"), Layer(2, "softmax")], "he", 2)
    tuned = start_from(new, trained.parameters, ["layer2"])
    np.testing.assert_array_equal(tuned.parameters["layer1.weight"], trained.parameters["layer1.weight"])
    np.testing.assert_array_equal(tuned.parameters["layer2.weight"], new.parameters["layer2.weight"])
    with pytest.raises(ShapeError, match=r"layer2.weight has shape \(5, 3\), but this network needs \(2, 3\)"):
        start_from(new, trained.parameters)
    with pytest.raises(EngineError, match="did you mean layer2"):
        start_from(new, trained.parameters, ["layer_2"])


@pytest.mark.parametrize(
    ("inputs", "layers", "init", "words"),
    [
        (2, [], "he", "between 1 and 64 layers"),
        (0, [Layer(1)], "he", "inputs, not 0"),
        (10**9, [Layer(1)], "he", "inputs, not 1000000000"),
        (60_000, [Layer(60_000)], "he", "3600060000 parameters; at most"),
        (2, [{"units": 0}], "he", "units, not 0"),
        (2, [{"units": 2, "activation": "sigmod"}], "he", "did you mean sigmoid"),
        (2, [{"size": 2}], "he", "a layer has units"),
        (2, [Layer(1)], "xaver", "did you mean xavier"),
        (2, [Layer(1)], {"layer1.wieght": [[1, 2]]}, "did you mean layer1.weight"),
        (2, [Layer(1)], {"layer1.weight": [1, 2]}, r"has shape \(2,\), but this network needs \(1, 2\)"),
        (2, [Layer(1)], {"layer1.weight": [[1, float("inf")]]}, "no finite number"),
        (2, [Layer(1)], {"layer1.weight": [[1, "x"]]}, "no array of numbers"),
    ],
)
def test_what_is_refused(inputs, layers, init, words):
    with pytest.raises(EngineError, match=words):
        build_network(inputs, layers, init)


def test_rows_of_another_width():
    with pytest.raises(ShapeError, match="takes 2 inputs, but the rows have 3"):
        build_network(2, [Layer(1)]).predict([[1.0, 2.0, 3.0]])
