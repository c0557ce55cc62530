"""Training runs against the numbers of the course, and against the plain reference, step for step."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.data_targets import targets_for
from engine.datasets import DataSettings, load
from engine.errors import DataError, EngineError
from engine.losses import LOSSES
from engine.network import build_network
from engine.optimizers import OPTIMIZERS, Schedule
from engine.random import Random
from engine.training import Run, RunSettings, Stop, training_data
from tests import naive_training as naive

CASES = json.loads((Path(__file__).parent.parent / "data" / "curriculum_cases.json").read_text())["cases"]
RUNS = {case["id"]: case for case in CASES if case["id"] in ("s4-4-2-gd", "s4-4-3-sgd")}
ONE_SIGMOID = [{"units": 1, "activation": "sigmoid"}]


def logistic(name, lr, batch):
    case = RUNS[name]
    rows = np.array(case["given"]["data_x1_x2_label"])
    w = case["given"]["w0"]
    network = build_network(2, ONE_SIGMOID, {"layer1.weight": [w[:2]], "layer1.bias": w[2:]})
    return Run(network, training_data(rows[:, :2], rows[:, 2]), RunSettings("bce", lr=lr, batch=batch, epochs=500))


@pytest.mark.parametrize(
    ("name", "lr"),
    [(name, lr) for name in RUNS for lr in RUNS[name]["expect"]["values"] if (name, lr) != ("s4-4-3-sgd", "eta=0.5")],
)
def test_logistic_regression_of_the_course(name, lr):
    run = logistic(name, float(lr.removeprefix("eta=")), "all" if name == "s4-4-2-gd" else 1)
    run.run()
    expected = RUNS[name]["expect"]["values"][lr]
    for epoch, numbers in expected["after_epoch"].items():
        found = run.parameters_at(int(epoch))
        w = [*found["layer1.weight"][0], *found["layer1.bias"]]
        np.testing.assert_allclose(run.history.train_loss[int(epoch)], numbers["nll"], rtol=1e-9)
        np.testing.assert_allclose(w, numbers["w"], rtol=1e-9, atol=1e-12)
    assert (np.diff(run.history.train_loss) > 0).sum() == expected["epochs_in_which_nll_rose"]


def test_chaotic_run_of_the_course_up_to_where_digits_are_reproducible():
    run = logistic("s4-4-3-sgd", 0.5, 1)
    run.run(20)
    for epoch, numbers in RUNS["s4-4-3-sgd"]["expect"]["values"]["eta=0.5"]["after_epoch"].items():
        np.testing.assert_allclose(run.history.train_loss[int(epoch)], numbers["nll"], rtol=1e-9)


def test_one_stochastic_step():
    network = build_network(3, ONE_SIGMOID, {"layer1.weight": [[0.3, -0.1, 0.2]]})
    run = Run(network, training_data([[1.0, 2.0, -1.0]], [1]), RunSettings("bce", lr=0.1, epochs=1))
    run.run()
    np.testing.assert_allclose(run.history.train_loss, [0.7443966600735709, run.history.train_loss[1]], rtol=1e-9)
    np.testing.assert_allclose(
        run.parameters["layer1.weight"][0], [0.352497918747894, 0.004995837495787997, 0.147502081252106], rtol=1e-9
    )


def penalised():
    x = np.array([[1.0, 0.5], [-1.0, 2.0], [0.5, -1.5], [2.0, 1.0]])
    network = build_network(2, ONE_SIGMOID, {"layer1.weight": [[0.4, -0.3]]})
    return Run(network, training_data(x, [1, 0, 0, 1]), RunSettings("bce", lr=0.5, epochs=1, l2=0.1))


def test_penalised_step():
    run = penalised()
    run.run()
    np.testing.assert_allclose(run.history.train_loss[0], 0.6208333568199721, rtol=1e-9)
    np.testing.assert_allclose(
        run.parameters["layer1.weight"][0], [0.5216676283429673, -0.15448934129681197], rtol=1e-9
    )


def test_learning_rate_too_small_good_and_too_large_on_a_parabola():
    for lr, theta in ((0.01, 0.8170728068875469), (0.4, 1.024e-07), (1.1, 6.1917364224)):
        network = build_network(1, [{"units": 1}], {"layer1.weight": [[1.0]]})
        # the unit sees the input 1 and the target 0, and its bias is held at 0 by a second row
        run = Run(network, training_data([[1.0], [-1.0]], [0, 0]), RunSettings("squared_error", lr=lr, epochs=10))
        run.run()
        np.testing.assert_allclose(run.parameters["layer1.weight"], [[theta]], rtol=1e-9)


def example(layers, seed=3, rows=23, classes=0):
    draw = np.random.default_rng(seed)
    network = build_network(3, [{"units": u, "activation": a} for u, a in layers], "xavier", seed)
    x = draw.normal(size=(rows, 3))
    units = layers[-1][0]
    if classes:
        t = np.eye(units)[draw.integers(0, units, rows)] if units > 1 else draw.integers(0, 2, (rows, 1)) * 1.0
    else:
        t = draw.uniform(0.1, 0.9, (rows, units))
    return network, x, t


ARCHITECTURES = [
    ([(1, "linear")], "squared_error"),
    ([(5, "tanh"), (2, "sigmoid")], "squared_error"),
    ([(17, "relu"), (9, "leaky_relu"), (1, "sigmoid")], "bce"),
    ([(4, "sigmoid"), (3, "sigmoid")], "bce"),
    ([(6, "softplus"), (3, "softmax")], "cross_entropy"),
    ([(4, "softmax"), (4, "tanh"), (3, "softmax")], "squared_error"),
    ([(3, "tanh"), (2, "sigmoid")], "cross_entropy"),
    ([(3, "tanh"), (3, "softmax")], "bce"),
]


def test_every_loss_and_every_activation_is_trained_here():
    """A new one needs its compiled form, and an architecture above: without both its weights would never move."""
    assert {loss for _, loss in ARCHITECTURES} == {name for name, loss in LOSSES.items() if loss.trainable}
    used = {activation for layers, _ in ARCHITECTURES for _, activation in layers}
    assert used == {name for name, activation in ACTIVATIONS.items() if activation.trainable}


@pytest.mark.parametrize(("layers", "loss"), ARCHITECTURES)
@pytest.mark.parametrize("batch", [1, 5, 23])
def test_every_layer_and_loss_trains_as_the_reference(layers, loss, batch):
    network, x, t = example(layers)
    run = Run(network, training_data(x, t), RunSettings(loss, lr=0.05, batch=batch, epochs=3, l2=0.01))
    run.run()
    expected = naive.train(layers, network.parameters, x, t, loss, epochs=3, batch=batch, lr=0.05, l2=0.01)
    np.testing.assert_allclose(run.history.train_loss, [value for value, _ in expected], rtol=1e-11)
    for name, array in run.parameters.items():
        np.testing.assert_allclose(array, expected[-1][1][name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_every_optimizer_moves_as_the_reference(optimizer, reduce):
    layers = [(7, "tanh"), (3, "softmax")]
    network, x, t = example(layers, classes=3)
    settings = RunSettings("cross_entropy", optimizer, lr=0.02, batch=4, epochs=4, l2=0.03, reduce=reduce)
    run = Run(network, training_data(x, t), settings)
    expected = naive.train(
        layers, network.parameters, x, t, "cross_entropy", epochs=4, batch=4, lr=0.02, optimizer=optimizer, l2=0.03,
        reduce=reduce,
    )  # fmt: skip
    run.run()
    for epoch, (loss, parameters) in enumerate(expected):
        np.testing.assert_allclose(run.history.train_loss[epoch], loss, rtol=1e-10)
        for name, array in run.parameters_at(epoch).items():
            np.testing.assert_allclose(array, parameters[name], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        (Schedule("step", every=2, factor=0.5), lambda e: 0.1 * 0.5 ** (e // 2)),
        (Schedule("cosine"), lambda e: 0.1 * (1 + np.cos(np.pi * e / 6)) / 2),
        (Schedule("inverse", decay=0.5), lambda e: 0.1 / (1 + 0.5 * e)),
    ],
)
def test_schedules(schedule, rate):
    layers = [(3, "tanh"), (1, "linear")]
    network, x, t = example(layers)
    run = Run(network, training_data(x, t), RunSettings("squared_error", batch=6, epochs=6, schedule=schedule))
    run.run(2)
    run.run()
    expected = naive.train(layers, network.parameters, x, t, "squared_error", epochs=6, batch=6, lr=rate)
    np.testing.assert_allclose(run.history.train_loss, [value for value, _ in expected], rtol=1e-11)
    np.testing.assert_allclose(run.history.lr[1:], [rate(e) for e in range(6)], rtol=1e-12)


def test_shuffled_rows_come_in_the_stated_order():
    layers = [(4, "tanh"), (1, "sigmoid")]
    network, x, t = example(layers, classes=2)
    settings = RunSettings("bce", batch=5, epochs=4, shuffle=True, seed=11)
    run = Run(network, training_data(x, t), settings)
    run.run()

    def order(epoch):
        return Random(11, "shuffle", position=epoch * (len(x) - 1)).permutation(len(x))

    expected = naive.train(layers, network.parameters, x, t, "bce", epochs=4, batch=5, lr=0.1, order=order)
    np.testing.assert_allclose(run.history.train_loss, [value for value, _ in expected], rtol=1e-11)


@pytest.mark.parametrize(("layers", "loss"), ARCHITECTURES)
def test_gradients_agree_with_finite_differences(layers, loss):
    """One full-batch step of plain descent moves by −η·gradient; the loss's change along each axis must agree."""
    network, x, t = example(layers, rows=7)
    run = Run(network, training_data(x, t), RunSettings(loss, lr=1.0, epochs=1))
    run.run()
    draw = np.random.default_rng(1)
    for name, before in network.parameters.items():
        step = before - run.parameters[name]
        place = tuple(int(draw.integers(0, n)) for n in before.shape)
        up, down = (naive.objective(layers, {**network.parameters, name: m}, x, t, loss) for m in _moved(before, place))
        np.testing.assert_allclose(step[place], (up - down) / 2e-5, rtol=2e-5, atol=1e-8)


def _moved(array, place):
    for side in (1e-5, -1e-5):
        moved = array.copy()
        moved[place] += side
        yield moved


def test_single_precision_follows_double():
    layers = [(40, "relu"), (20, "tanh"), (10, "softmax")]
    network, x, t = example(layers, rows=150, classes=10)
    losses = []
    for precision in ("double", "single"):
        settings = RunSettings("cross_entropy", batch=16, epochs=5, precision=precision)
        run = Run(network, training_data(x, t), settings)
        run.run()
        losses.append(run.history.train_loss)
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)


def test_history_of_every_kind():
    layers = [(5, "relu"), (1, "sigmoid")]
    network, x, t = example(layers, classes=2)
    dead = {k: v.copy() for k, v in network.parameters.items()}
    dead["layer1.bias"][2] = -100.0
    network = network.with_parameters(dead)
    data = training_data(x[:15], t[:15], x[15:], t[15:])
    settings = RunSettings("bce", batch=4, epochs=4, l2=0.1, validate_every=2, keep_best=True)
    run = Run(network, data, settings)
    run.run()
    history = run.history
    assert len(history) == 5
    for epoch in range(5):
        p = run.parameters_at(epoch)
        g = naive.gradient(layers, p, x[:15], t[:15], "bce", l2=0.1)
        for layer in range(2):
            name = f"layer{layer + 1}"
            norm = np.sqrt((g[f"{name}.weight"] ** 2).sum() + (g[f"{name}.bias"] ** 2).sum())
            np.testing.assert_allclose(history.gradient_norm[epoch, layer], norm, rtol=1e-10)
            weight = p[f"{name}.weight"]
            np.testing.assert_allclose(history.weight_norm[epoch, layer], np.linalg.norm(weight), rtol=1e-12)
            if epoch:
                before = run.parameters_at(epoch - 1)[f"{name}.weight"]
                ratio = np.linalg.norm(weight - before) / np.linalg.norm(before)
                np.testing.assert_allclose(history.update_ratio[epoch, layer], ratio, rtol=1e-9)
        passes = naive.forward(layers, p, x[:15])
        assert history.dead_units[epoch, 0] == (passes[0][1] <= 0).all(axis=0).sum() >= 1
        assert history.train_accuracy[epoch] == ((passes[1][1] > 0.5) == (t[:15] > 0.5)).mean()
        if epoch % 2 == 0:
            value = naive.objective(layers, p, x[15:], t[15:], "bce")
            np.testing.assert_allclose(history.validation_loss[epoch], value, rtol=1e-11)
        else:
            assert np.isnan(history.validation_loss[epoch])
    epoch, best = run.best
    assert epoch == np.nanargmin(history.validation_loss)
    np.testing.assert_array_equal(best["layer1.weight"], run.parameters_at(epoch)["layer1.weight"])


def test_frozen_layers_stay_and_the_others_train_as_the_reference():
    layers = [(6, "tanh"), (4, "relu"), (1, "sigmoid")]
    network, x, t = example(layers, classes=2)
    for frozen in (("layer1",), ("layer2",), ("layer1", "layer2"), ("layer3",)):
        run = Run(network, training_data(x, t), RunSettings("bce", batch=5, epochs=2, freeze=frozen))
        run.run()
        expected = naive.train(layers, network.parameters, x, t, "bce", epochs=2, batch=5, lr=0.1, frozen=frozen)
        for name, array in run.parameters.items():
            np.testing.assert_allclose(array, expected[-1][1][name], rtol=1e-10, atol=1e-13)
        for layer in frozen:
            np.testing.assert_array_equal(run.parameters[f"{layer}.weight"], network.parameters[f"{layer}.weight"])


def test_divergence_is_a_result_with_its_history():
    network, x, t = example([(1, "linear")])
    run = Run(network, training_data(x, t), RunSettings("squared_error", lr=100.0, epochs=500))
    outcome = run.run()
    assert outcome.kind == "diverged"
    assert 0 < outcome.epoch < 20
    assert len(run.history) == outcome.epoch + 1
    assert "Diverged at epoch" in outcome.sentence
    assert run.run().epoch == outcome.epoch


def test_stop_rules():
    network, x, t = example([(1, "linear")])
    for on in ("loss", "weights"):
        run = Run(network, training_data(x, t), RunSettings("squared_error", epochs=5000, stop=Stop(on, 1e-6)))
        outcome = run.run()
        assert outcome.kind == f"calm_{on}"
        assert outcome.epoch < 5000
        if on == "loss":
            changes = np.abs(np.diff(run.history.train_loss))
            assert changes[-1] < 1e-6 <= changes[:-1].min()


@pytest.mark.parametrize(
    ("x", "t"), [([[1.0, 2.0]], [1]), ([[1.0, 2.0]] * 5, [1] * 5), ([[0.0, 0.0], [1.0, 1.0]], [1, 1])]
)
def test_one_row_one_class_and_a_constant_target_train(x, t):
    run = Run(build_network(2, ONE_SIGMOID), training_data(x, t), RunSettings("bce", batch=3, epochs=50))
    assert run.run().kind == "finished"
    assert np.all(np.diff(run.history.train_loss) < 0)
    assert run.history.train_accuracy[-1] == 1.0


def test_steps_of_any_size_give_the_same_numbers():
    layers = [(4, "tanh"), (1, "sigmoid")]
    network, x, t = example(layers, classes=2)
    settings = RunSettings("bce", "adam", batch=5, epochs=4, shuffle=True)
    whole, pieces = (Run(network, training_data(x, t), settings) for _ in range(2))
    whole.run()
    pieces.step_batch()
    assert (pieces.epoch, pieces.batch) == (0, 1)
    for _ in range(4):
        pieces.step_batch()
    assert (pieces.epoch, pieces.batch) == (1, 0)
    pieces.step_batch()
    pieces.step_epoch()
    assert pieces.epoch == 2
    pieces.run()
    np.testing.assert_array_equal(whole.history.train_loss, pieces.history.train_loss)
    np.testing.assert_array_equal(whole.parameters["layer1.weight"], pieces.parameters["layer1.weight"])


def test_learning_rate_set_on_the_way():
    layers = [(1, "linear")]
    network, x, t = example(layers)
    run = Run(network, training_data(x, t), RunSettings("squared_error", lr=0.1, epochs=6))
    run.run(3)
    run.set_lr(0.01)
    run.run()
    rates = lambda epoch: 0.1 if epoch < 3 else 0.01  # noqa: E731
    expected = naive.train(layers, network.parameters, x, t, "squared_error", epochs=6, batch=23, lr=rates)
    np.testing.assert_allclose(run.history.train_loss, [value for value, _ in expected], rtol=1e-12)
    np.testing.assert_array_equal(run.history.lr[1:], [0.1] * 3 + [0.01] * 3)


@pytest.mark.parametrize(
    ("settings", "layers", "words"),
    [
        ({"loss": "zero_one"}, [(1, "sigmoid")], "zero_one is a score"),
        ({"loss": "bce"}, [(1, "linear")], "last layer is linear; give it activation sigmoid"),
        ({"loss": "cross_entropy"}, [(3, "tanh")], "give it activation softmax"),
        ({"loss": "bce"}, [(3, "step"), (1, "sigmoid")], "layer1 has activation step, whose slope is 0"),
        ({"loss": "bce", "freeze": ("layr1",)}, [(2, "tanh"), (1, "sigmoid")], "did you mean layer1?"),
        ({"loss": "bce", "freeze": ("layer1",)}, [(1, "sigmoid")], "nothing to train"),
        ({"loss": "bec"}, [(1, "sigmoid")], "did you mean bce?"),
        ({"loss": "bce", "optimizer": "adma"}, [(1, "sigmoid")], "did you mean adam?"),
        ({"loss": "bce", "lr": float("nan")}, [(1, "sigmoid")], "learning rate lr"),
        ({"loss": "bce", "batch": 0}, [(1, "sigmoid")], "batch is a number of rows"),
        ({"loss": "bce", "batch": "al"}, [(1, "sigmoid")], "batch is a number of rows"),
        ({"loss": "bce", "betas": (0.9, 1.0)}, [(1, "sigmoid")], "betas lies between 0 and 1"),
        ({"loss": "bce", "epochs": 10**9}, [(1, "sigmoid")], "epochs lie between"),
        ({"loss": "bce", "epochs": 2.5}, [(1, "sigmoid")], "epochs lie between"),
        ({"loss": "bce", "batch": 2.5}, [(1, "sigmoid")], "batch is a number of rows"),
        ({"loss": "bce", "measure_every": 0}, [(1, "sigmoid")], "measure_every is a whole number from 1"),
        ({"loss": "bce", "validate_every": 10**30}, [(1, "sigmoid")], "validate_every is a whole number from 1"),
        ({"loss": "bce", "keep_weights": 2.5}, [(1, "sigmoid")], "keep_weights is a whole number from 0"),
        ({"loss": "bce", "seed": 0.5}, [(1, "sigmoid")], "a seed is a whole number"),
        ({"loss": "bce", "keep_best": 1e300}, [(1, "sigmoid")], "keep_best is true or false"),
    ],
)
def test_settings_that_cannot_work_say_why(settings, layers, words):
    network, x, t = example(layers, classes=2)
    with pytest.raises(EngineError, match="(?s)" + words.replace("?", r"\?")):
        Run(network, training_data(x, t), RunSettings(**settings))


@pytest.mark.parametrize(
    ("x", "t", "words"),
    [
        ([], [], "no rows"),
        ([[1.0], [2.0]], [1], "2 rows of inputs, but 1 targets"),
        ([[1.0], [float("nan")]], [1, 0], "row 2, column 1 is nan"),
        ([["a"]], [1], "no table of numbers"),
        ([[1.0]], [2], "row 1 has the target 2; bce needs targets between 0 and 1"),
        ([[1.0, 2.0]], [1], "2 inputs, but the network takes 1"),
        ([[1.0]], [[1, 0]], "2 target columns, but the last layer has 1 units"),
    ],
)
def test_rows_that_do_not_fit_say_where(x, t, words):
    network = build_network(1, ONE_SIGMOID)
    with pytest.raises(DataError, match=words):
        Run(network, training_data(x, t), RunSettings("bce"))


def test_real_digits_are_learned():
    digits = load(DataSettings("mnist", split={"train": 0.8, "test": 0.2}))
    layers = [{"units": 128, "activation": "relu"}, {"units": 64, "activation": "relu"}]
    network = build_network(784, [*layers, {"units": 10, "activation": "softmax"}], "he")
    assert network.parameter_count == 109386
    settings = RunSettings("cross_entropy", lr=0.1, batch=32, epochs=8, shuffle=True, diagnostics=False)
    targets = targets_for("cross_entropy", digits, 10)
    train, test = digits.parts["train"], digits.parts["test"]
    data = training_data(digits.inputs[train], targets[train], digits.inputs[test], targets[test])
    run = Run(network, data, settings)
    run.run()
    history = run.history
    assert abs(history.train_loss[0] - np.log(10)) < 0.2
    assert history.validation_accuracy[-1] >= 0.92
    assert history.train_loss[-1] < history.validation_loss[-1] < history.validation_loss[1]
    np.testing.assert_allclose(
        (run.trained.predict(run.data.validation_inputs).argmax(1) == run.data.validation_targets.argmax(1)).mean(),
        history.validation_accuracy[-1],
    )
