"""Training a graph's weights: every optimizer against ten plain lines, and steps against finite differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.errors import EngineError
from engine.graph import Graph
from engine.graph_training import GraphRun, plain_weights
from engine.optimizers import OPTIMIZERS, Schedule
from engine.random import Random
from engine.run_settings import RunSettings, Stop

ROWS = [{"x": 1.0, "t": 0.5}, {"x": -2.0, "t": 1.5}, {"x": 0.5, "t": -1.0}, {"x": 3.0, "t": 2.0}, {"x": -1.0, "t": 0.0}]
START = {"x": 0.0, "t": 0.0, "w": 0.3, "b": -0.1}


def unit() -> Graph:
    return Graph.build(
        ["a = w*x + b", "h = tanh(a)", "L = (h - t)^2"],
        given={"x": (), "t": ()},
        weights={"w": (), "b": ()},
        output="L",
    )


def settings(**more: Any) -> RunSettings:
    return RunSettings(**{"loss": "squared_error", "lr": 0.05, "batch": 2, "epochs": 7, **more})


def plain(optimizer: str, mean: bool, orders: list[list[int]], l2: float = 0.0, lr: float = 0.05) -> list[np.ndarray]:
    """(w, b) after each epoch, by the textbook."""
    p, m, s, t = np.array([0.3, -0.1]), np.zeros(2), np.zeros(2), 0
    found = [p]
    for order in orders:
        for batch in (order[i : i + 2] for i in range(0, len(order), 2)):
            g = sum(slope(p, ROWS[i]) for i in batch) / (len(batch) if mean else 1) + l2 * p
            t += 1
            if optimizer in ("momentum", "nesterov"):
                m = 0.9 * m + g
                g = g + 0.9 * m if optimizer == "nesterov" else m
            elif optimizer == "rmsprop":
                s = 0.99 * s + 0.01 * g**2
                g = g / (np.sqrt(s) + 1e-8)
            elif optimizer == "adam":
                m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
                g = m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
            p = p - lr * g
        found.append(p)
    return found


def slope(p: np.ndarray, row: dict[str, float]) -> np.ndarray:
    h = np.tanh(p[0] * row["x"] + p[1])
    return 2 * (h - row["t"]) * (1 - h**2) * np.array([row["x"], 1.0])


def loss(p: Any, mean: bool) -> float:
    total = sum((math.tanh(p[0] * row["x"] + p[1]) - row["t"]) ** 2 for row in ROWS)
    return total / len(ROWS) if mean else total


def weights(run: GraphRun) -> list[list[float]]:
    return [[kept["w"], kept["b"]] for kept in run.kept]


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_against_the_textbook(optimizer: str, mean: bool) -> None:
    run = GraphRun(unit(), START, ROWS, settings(optimizer=optimizer), mean)
    assert run.run() == "finished"
    wanted = plain(optimizer, mean, [list(range(5))] * 7)
    np.testing.assert_allclose(weights(run), wanted, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run.history["train_loss"], [loss(p, mean) for p in wanted], rtol=1e-12)
    assert run.history["epoch"] == list(range(8))


def test_rows_are_shuffled_by_the_seed_alone() -> None:
    found = {}
    for seed in (0, 0, 1):
        run = GraphRun(unit(), START, ROWS, settings(shuffle=True, seed=seed))
        run.run()
        stream = Random(seed, "graph", "shuffle")
        orders = [stream.permutation(5).tolist() for _ in range(7)]
        np.testing.assert_allclose(weights(run), plain("sgd", False, orders), rtol=1e-12)
        found.setdefault(seed, run.history)
        assert found[seed] == run.history
    assert found[0] != found[1]


def test_the_penalty_is_part_of_loss_and_step() -> None:
    run = GraphRun(unit(), START, ROWS, settings(l2=0.3))
    run.run()
    wanted = plain("sgd", False, [list(range(5))] * 7, l2=0.3)
    np.testing.assert_allclose(weights(run), wanted, rtol=1e-12)
    losses = [loss(p, False) + 0.15 * float(p @ p) for p in wanted]
    np.testing.assert_allclose(run.history["train_loss"], losses, rtol=1e-12)


@pytest.mark.parametrize("mean", [False, True])
def test_a_full_step_goes_down_the_finite_difference(mean: bool) -> None:
    run = GraphRun(unit(), START, ROWS, settings(batch="all", epochs=1, lr=1.0, l2=0.1), mean)
    run.run()
    start, step = [0.3, -0.1], 1e-5

    def objective(p: list[float]) -> float:
        return loss(p, mean) + 0.05 * sum(x * x for x in p)

    for i in range(2):
        up, down = ([x + sign * step * (k == i) for k, x in enumerate(start)] for sign in (1, -1))
        slope_there = (objective(up) - objective(down)) / (2 * step)
        moved = weights(run)[1][i] - start[i]
        assert moved == pytest.approx(-slope_there, rel=1e-8)


def test_norms_are_those_of_weights_and_of_the_whole_gradient() -> None:
    run = GraphRun(unit(), START, ROWS, settings(epochs=1))
    g = sum(slope(np.array([0.3, -0.1]), row) for row in ROWS)
    assert run.history["weight_norm"][0] == pytest.approx(math.hypot(0.3, 0.1), rel=1e-14)
    assert run.history["gradient_norm"][0] == pytest.approx(float(np.linalg.norm(g)), rel=1e-12)


def test_schedules_change_the_rate_by_epoch() -> None:
    run = GraphRun(unit(), START, ROWS, settings(batch="all", epochs=3, schedule=Schedule("step", every=1, factor=0.5)))
    run.run()
    p = np.array([0.3, -0.1])
    for epoch in range(3):
        p = p - 0.05 * 0.5**epoch * sum(slope(p, row) for row in ROWS)
        np.testing.assert_allclose(weights(run)[epoch + 1], p, rtol=1e-12)


def test_runs_stop_when_they_are_calm_or_diverge() -> None:
    calm = GraphRun(unit(), START, ROWS, settings(epochs=10_000, stop=Stop("loss", 1e-6)))
    assert calm.run() == "calm_loss"
    losses = calm.history["train_loss"]
    assert abs(losses[-1] - losses[-2]) < 1e-6 <= abs(losses[-2] - losses[-3])
    still = GraphRun(unit(), START, ROWS, settings(epochs=10_000, batch="all", stop=Stop("weights", 1e-5)))
    assert still.run() == "calm_weights"
    assert math.dist(*weights(still)[-2:]) < 1e-5 <= math.dist(*weights(still)[-3:-1])
    square = Graph.build(["L = w^2"], weights={"w": ()})
    away = GraphRun(square, {"w": 1.0}, [], settings(lr=3.0, epochs=10_000))
    assert away.run() == "diverged" and away.epoch < 1000


def test_arrays_are_trained_as_their_entries() -> None:
    """w·x with w a vector moves as two scalars do."""
    rows = [{"x": [1.0, 2.0], "t": 1.0}, {"x": [-1.0, 0.5], "t": 0.0}]
    arrays = Graph.build(["L = (w @ x - t)^2"], given={"x": (2,), "t": ()}, weights={"w": (2,)})
    scalars = Graph.build(
        ["L = (w1*x1 + w2*x2 - t)^2"], given=dict.fromkeys(("x1", "x2", "t"), ()), weights={"w1": (), "w2": ()}
    )
    flat = [{"x1": row["x"][0], "x2": row["x"][1], "t": row["t"]} for row in rows]
    for optimizer in OPTIMIZERS:
        one = GraphRun(arrays, {"w": [0.1, -0.2], "x": [0.0, 0.0], "t": 0.0}, rows, settings(optimizer=optimizer))
        two = GraphRun(scalars, {"w1": 0.1, "w2": -0.2, "x1": 0, "x2": 0, "t": 0}, flat, settings(optimizer=optimizer))
        one.run()
        two.run()
        np.testing.assert_allclose(one.history["train_loss"], two.history["train_loss"], rtol=1e-12)
        np.testing.assert_allclose(plain_weights(one)["w"], list(plain_weights(two).values()), rtol=1e-12)


def test_a_graph_without_rows_is_one_row() -> None:
    square = Graph.build(["L = (w - c)^2"], given={"c": ()}, weights={"w": ()})
    run = GraphRun(square, {"w": 0.0, "c": 3.0}, [], settings(lr=0.25, epochs=2, batch="all"))
    run.run()
    assert [kept["w"] for kept in run.kept] == [0.0, 1.5, 2.25]


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(EngineError, match="no weights to train"):
        GraphRun(Graph.build(["L = x"], given={"x": ()}), {"x": 1.0}, [], settings())
    with pytest.raises(EngineError, match="output is one number"):
        GraphRun(Graph.build(["L = 2*w"], weights={"w": (2,)}), {"w": [1.0, 2.0]}, [], settings())
