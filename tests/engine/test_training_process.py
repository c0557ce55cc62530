"""A run in a process of its own: it obeys, it reports every epoch once, and its death is one message."""

import os
import queue
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.network import Layer, build_network
from engine.training import Run, RunSettings, training_data
from engine.training_process import Served, TrainingProcess, network_run

DRAW = np.random.default_rng(0)
X, T = DRAW.normal(size=(40, 3)), DRAW.integers(0, 2, 40) * 1.0
LAYERS = [{"units": 5, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]


def arguments(**settings):
    chosen = RunSettings("bce", **({"batch": 4, "epochs": 30, "shuffle": True} | settings))
    return {
        "inputs": 3,
        "layers": LAYERS,
        "rows": X.tolist(),
        "targets": T.tolist(),
        "settings": chosen.as_dict(),
    }


@pytest.fixture
def start():
    made = []

    def begin(builder="engine.training_process:network_run", **given):
        messages = queue.Queue()
        process = TrainingProcess(builder, given, messages.put)
        made.append(process)
        return process, messages

    yield begin
    for process in made:
        process.close()


def until(messages, condition):
    seen = []
    while not seen or not condition(seen[-1]):
        seen.append(messages.get(timeout=300))
    return seen


def test_a_run_from_beginning_to_end_is_the_run_in_this_process(start):
    process, messages = start(**arguments())
    process.run()
    seen = until(messages, lambda message: message.get("outcome") == "finished" and not message["busy"])
    losses = [loss for message in seen for loss in message["history"]["train_loss"]]
    run = Run(build_network(3, [Layer(**each) for each in LAYERS]), training_data(X, T), RunSettings(
        "bce", batch=4, epochs=30, shuffle=True))  # fmt: skip
    run.run()
    np.testing.assert_array_equal(losses, run.history.train_loss)
    assert seen[-1]["sentence"] == run.outcome().sentence


def test_steps_pauses_and_learning_rates(start):
    process, messages = start(**arguments(epochs=10_000_000))
    process.step_batch()
    assert until(messages, lambda m: True)[-1]["batch"] == 1
    process.step_epoch()
    assert until(messages, lambda m: True)[-1]["epoch"] == 1
    process.run()
    until(messages, lambda m: m["busy"] and m["epoch"] > 10)
    process.set_lr(0.0)
    process.pause()
    paused = until(messages, lambda m: not m["busy"])[-1]
    assert paused["outcome"] == "running"
    process.step_epoch()
    last = until(messages, lambda m: m["epoch"] > paused["epoch"])[-1]
    assert last["epoch"] == paused["epoch"] + 1
    assert last["history"]["lr"][-1] == 0.0


def test_it_runs_at_the_lowest_priority_and_ends_when_it_is_left(start):
    process, messages = start(**arguments())
    process.step_epoch()
    until(messages, lambda m: True)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_death_is_one_message(start):
    process, messages = start(**arguments(epochs=10_000_000))
    process.run()
    until(messages, lambda m: m["busy"] and m["epoch"] > 0)
    os.kill(process.pid, signal.SIGKILL)
    assert until(messages, lambda m: m["kind"] == "died")[-1]["message"].endswith("unexpectedly (SIGKILL).")
    process.pause()
    assert messages.empty()


def saving_run(path, **given):
    """A builder whose run is saved to a file, as its number of epochs."""
    served = network_run(**given)
    return Served(served.run, served.describe, lambda: Path(path).write_text(str(served.run.epoch)))


def test_a_long_run_is_saved_on_its_way(start, tmp_path):
    place = Path(__file__).parents[2]
    code = place / "tests" / "engine" / "test_training_process.py"
    (tmp_path / "builder_of_test.py").write_text(code.read_text())
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{path}"
    try:
        process, messages = start(
            "builder_of_test:saving_run", path=str(tmp_path / "saved"), **arguments(epochs=10_000_000)
        )
        process.run()
    finally:
        os.environ["PYTHONPATH"] = path
    saved = lambda: int((tmp_path / "saved").read_text()) if (tmp_path / "saved").exists() else 0  # noqa: E731
    until(messages, lambda m: m["busy"] and saved() > 10)
    os.kill(process.pid, signal.SIGKILL)
    last = until(messages, lambda m: m["kind"] == "died")
    assert last[-1]["kind"] == "died"


def test_what_cannot_be_trained_is_refused_with_its_sentence(start):
    process, messages = start(**(arguments() | {"layers": [{"units": 1, "activation": "tanh"}]}))
    process.run()
    assert "give it activation sigmoid" in until(messages, lambda m: True)[-1]["message"]


def test_the_screens_side_imports_no_numpy():
    code = "import sys, engine.training_process\nassert not {'numpy', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
