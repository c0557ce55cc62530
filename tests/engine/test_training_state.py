"""Stopping, saving and going on: nothing is lost, and nothing hangs."""

import json
import threading
import time

import numpy as np
import pytest

from engine.errors import CheckpointError
from engine.kernels.state import BATCH, BEST_EPOCH, EPOCH, KEPT, RECORDED, SHUFFLED, STATUS, STEPS
from engine.network import Layer, build_network
from engine.training import Run, RunSettings, resume, training_data

DRAW = np.random.default_rng(5)
X = DRAW.normal(size=(37, 4))
T = np.eye(3)[DRAW.integers(0, 3, 37)]
DATA = training_data(X[:30], T[:30], X[30:], T[30:])


def new_run(**settings):
    network = build_network(4, [Layer(6, "tanh"), Layer(3, "softmax")], "xavier", 2)
    chosen = {"optimizer": "adam", "batch": 4, "epochs": 9, "shuffle": True, "keep_best": True} | settings
    return Run(network, DATA, RunSettings("cross_entropy", **chosen))


def saved(run):
    """The state as a file would give it back: plain arrays, and JSON."""
    arrays, about = run.state()
    return {name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(about))


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("batches", [0, 1, 11, 16])
def test_a_resumed_run_gives_the_numbers_of_an_unbroken_one(optimizer, precision, batches):
    whole, broken = (new_run(optimizer=optimizer, precision=precision) for _ in range(2))
    whole.run()
    for _ in range(batches):
        broken.step_batch()
    again = resume(*saved(broken), DATA)
    assert (again.epoch, again.batch) == (broken.epoch, broken.batch)
    again.run()
    for name in type(whole.history).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again.history, name), getattr(whole.history, name), err_msg=name)
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], array)
    assert again.best[0] == whole.best[0]


@pytest.mark.parametrize("spoil", ["missing", "shape", "order", "settings", "rows"])
def test_a_state_that_does_not_fit_is_refused(spoil):
    run = new_run()
    run.run(2)
    arrays, about = saved(run)
    data = DATA
    if spoil == "missing":
        del arrays["parameters/layer1.bias"], arrays["optimizer.first/layer1.bias"]
    elif spoil == "shape":
        arrays["counters"] = arrays["counters"][:-1]
    elif spoil == "order":
        arrays["order"][0] = arrays["order"][1]
    elif spoil == "settings":
        about["settings"] = {"loss": "cross_entropy", "learning": 3}
    else:
        data = training_data(X[:10], T[:10])
    with pytest.raises(CheckpointError):
        resume(arrays, about, data)


COUNTERS = {
    "before the first batch": {BATCH: -1},
    "far before the first batch": {BATCH: -(10**9)},
    "behind the last batch": {BATCH: 9},
    "before the first epoch": {EPOCH: -2},
    "an epoch that was not measured": {EPOCH: 3},
    "an epoch so large that the next one is negative": {EPOCH: 2**63 - 1},
    "no status": {STATUS: 4},
    "a negative status": {STATUS: -1},
    "shuffled twice": {SHUFFLED: 2},
    "a negative number of steps": {STEPS: -1},
    "more steps than batches": {STEPS: 10**15},
    "a best epoch that is still to come": {BEST_EPOCH: 3},
    "a negative best epoch": {BEST_EPOCH: -2},
    "negative records": {RECORDED: -1},
    "negative kept weights": {KEPT: -1},
}


@pytest.mark.parametrize("which", COUNTERS)
@pytest.mark.parametrize("batches", [17, 20])
def test_counters_that_no_run_has_are_refused(which, batches):
    """By whom they could be made does not matter: compiled code takes them as places in arrays."""
    run = new_run()
    for _ in range(batches):
        run.step_batch()
    assert run.epoch == 2
    arrays, about = saved(run)
    resume(arrays, about, DATA)
    for place, number in COUNTERS[which].items():
        arrays["counters"][place] = number
    with pytest.raises(CheckpointError, match="counter"):
        resume(arrays, about, DATA)


HISTORIES = {
    "of two columns": lambda whole, layers: (whole[:, :2], layers),
    "of one epoch more": lambda whole, layers: (np.concatenate([whole, whole[:1]]), layers),
    "of no epoch": lambda whole, layers: (whole[:0], layers[:0]),
    "of one axis": lambda whole, layers: (whole[:, 0], layers),
    "of one layer": lambda whole, layers: (whole, layers[:, :, :1]),
    "of other columns of layers": lambda whole, layers: (whole, layers[:, :2]),
    "of fewer epochs of layers": lambda whole, layers: (whole, layers[:1]),
    "of whole numbers": lambda whole, layers: (np.nan_to_num(whole).astype(np.int64), layers),
}


@pytest.mark.parametrize("which", HISTORIES)
def test_a_history_that_no_run_has_is_refused(which):
    run = new_run()
    run.run(2)
    arrays, about = saved(run)
    arrays["history"], arrays["layer_history"] = HISTORIES[which](arrays["history"], arrays["layer_history"])
    with pytest.raises(CheckpointError, match=r"history|counter epoch"):
        resume(arrays, about, DATA)


@pytest.mark.parametrize("batches", [0, 3, 13])
def test_one_row_at_a_time_counts_rows(batches):
    network = build_network(4, [Layer(1, "sigmoid")])
    data = training_data(X[:12], T[:12, 0])
    run, whole = (Run(network, data, RunSettings("bce", batch=1, epochs=3)) for _ in range(2))
    for _ in range(batches):
        run.step_batch()
    arrays, about = saved(run)
    again = resume(arrays, about, data)
    assert again.run().kind == whole.run().kind == "finished"
    np.testing.assert_allclose(again.history.train_loss, whole.history.train_loss, rtol=1e-12)
    arrays["counters"][BATCH] = 13
    with pytest.raises(CheckpointError, match="counter"):
        resume(arrays, about, data)


def test_a_run_beyond_the_epochs_it_was_to_have_goes_on():
    run = new_run(epochs=2)
    run.run(5)
    again = resume(*saved(run), DATA)
    assert again.run(6).epoch == 6


def big_run(**settings):
    x = DRAW.normal(size=(4000, 200))
    network = build_network(200, [Layer(256, "tanh"), Layer(10, "softmax")], "xavier")
    t = np.eye(10)[DRAW.integers(0, 10, 4000)]
    chosen = {"batch": 50, "epochs": 10_000, "precision": "double"} | settings
    return Run(network, training_data(x, t), RunSettings("cross_entropy", **chosen))


@pytest.mark.parametrize("batch", [50, "all"])
def test_a_run_in_a_thread_is_cancelled_at_once_and_loses_nothing(batch):
    run = big_run(batch=batch)
    run.step_epoch()
    thread = threading.Thread(target=run.run)
    thread.start()
    while run.epoch < 1:
        time.sleep(0.001)
    start = time.perf_counter()
    run.cancel()
    thread.join()
    assert time.perf_counter() - start < 5.0  # usually a thousandth of that; this only says that it ends
    assert run.outcome().kind == "running"
    reached = run.epoch
    run.run(reached + 1)
    assert run.epoch == reached + 1
    assert len(run.history) == reached + 2


def test_a_ticker_goes_on_while_a_run_trains():
    """The kernels release the interpreter: another thread gets its turn again and again during one call."""
    run = big_run(epochs=3)
    run.step_epoch()
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.01)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    run.run()
    taken = time.perf_counter() - start
    done.set()
    thread.join()
    assert len(ticks) > taken / 0.1


def test_weights_are_kept_within_bounds():
    network = build_network(100, [Layer(1000, "tanh"), Layer(1, "linear")], "xavier")
    data = training_data(np.zeros((1, 100)), [0.0])
    run = Run(network, data, RunSettings("squared_error", epochs=60, keep_weights=1, diagnostics=False))
    run.run()
    assert len(run._kept) * run.arrays.layout.params * run.arrays.numbers.params.itemsize <= 64 << 20
    assert run.kept_epochs[0] == 0
    with pytest.raises(Exception, match="no weights were kept"):
        Run(network, data, RunSettings("squared_error", keep_weights=0)).parameters_at(3)
