"""Training a graph's own weights on its rows, from the given weights, with the optimizers of `optimizers.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EngineError
from engine.graph import Graph
from engine.optimizers import OPTIMIZERS
from engine.random import Random
from engine.rule import Value
from engine.run_settings import RunSettings
from engine.tape import backward, forward
from engine.trace import input_values
from engine.values import to_plain

DIVERGED_ABOVE = 1e150
MOST_EPOCHS = 100_000
"""A graph is trained in plain Python; more epochs than this want a model and its compiled kernel."""
MOST_KEPT_NUMBERS = 2_000_000


@dataclass
class GraphRun:
    """A run over a graph whose output is the row's loss. `weights` are its present values by key.

    The objective is the sum (or mean) of the rows' outputs plus (λ/2)‖w‖² over all weights; a batch's step follows the
    sum (or mean) over that batch. History lists have one entry an epoch; index 0 is before the first update.
    """

    graph: Graph
    values: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    settings: RunSettings
    mean: bool = False
    weights: dict[str, Value] = field(default_factory=dict)
    history: dict[str, list[float]] = field(default_factory=dict)
    kept: list[dict[str, Value]] = field(default_factory=list)
    ended: str = "running"
    _buffers: dict[str, dict[str, Value]] = field(default_factory=dict)
    _measured: dict[str, Value] = field(default_factory=dict)
    _steps: int = 0

    def __post_init__(self) -> None:
        graph = self.graph
        if not graph.weights:
            raise EngineError("this graph has no weights to train: name them under `weights`")
        if graph.slots[graph.slot_of[graph.output]].shape:
            raise EngineError("training needs a graph whose output is one number")
        if self.settings.epochs > MOST_EPOCHS:
            raise EngineError(f"a run of a graph has at most {MOST_EPOCHS} epochs, not {self.settings.epochs}")
        rows = self.rows or ({},)
        self._inputs = [self._row(row) for row in rows]
        start = input_values(graph, {**self.values})
        self.weights = {key: start[key] for key in graph.weights}
        self._size = sum(getattr(weight, "size", 1) for weight in self.weights.values())
        self._random = Random(self.settings.seed, "graph", "shuffle")
        self.history = {"epoch": [], "train_loss": [], "weight_norm": [], "gradient_norm": []}
        self._record()

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history["epoch"]) - 1

    def run(self) -> str:
        """To the end: "finished", "calm_loss", "calm_weights" or "diverged"."""
        while self.ended == "running" and self.epoch < self.settings.epochs:
            self.step_epoch()
        if self.ended == "running":
            self.ended = "finished"
        return self.ended

    def step_epoch(self) -> None:
        """One pass over all rows, in batches."""
        before = dict(self.weights)
        rate = self.settings.lr * self.settings.schedule.share(self.epoch, self.settings.epochs)
        batches = self._batches()
        for batch in batches:
            # one batch of all rows follows the gradient that the last record measured at these very weights
            gradient = self._measured if len(batches) == 1 else self._gradient(batch)[1]
            self._update(gradient, rate)
        self._record()
        self._check_end(before)

    def _row(self, row: Mapping[str, Any]) -> dict[int, Value]:
        found = input_values(self.graph, {**self.values, **row})
        return {self.graph.slot_of[key]: value for key, value in found.items()}

    def _batches(self) -> list[list[int]]:
        order = list(range(len(self._inputs)))
        if self.settings.shuffle:
            order = [int(i) for i in self._random.permutation(len(order))]
        size = len(order) if self.settings.batch == "all" else int(self.settings.batch)
        return [order[i : i + size] for i in range(0, len(order), size)]

    def _inputs_of(self, row: int) -> dict[int, Value]:
        return {**self._inputs[row], **{self.graph.slot_of[k]: w for k, w in self.weights.items()}}

    def _gradient(self, rows: Sequence[int]) -> tuple[float, dict[str, Value]]:
        """The rows' loss, and the objective's gradient over them."""
        graph, out = self.graph, self.graph.slot_of[self.graph.output]
        loss = 0.0
        total: dict[str, Value] = {key: weight * 0.0 for key, weight in self.weights.items()}
        for row in rows:
            values = forward(graph.slots, self._inputs_of(row))
            loss += values[out]
            gradients = backward(graph.slots, values, {out: 1.0}).gradients
            for key in total:
                share = gradients[graph.slot_of[key]]
                if share is not None:
                    total[key] = total[key] + share
        scale = 1.0 / len(rows) if self.mean else 1.0
        gradient = {key: g * scale + self.settings.l2 * self.weights[key] for key, g in total.items()}
        return loss * scale, gradient

    def _update(self, gradient: Mapping[str, Value], rate: float) -> None:
        self._steps += 1
        for key, g in gradient.items():
            names = OPTIMIZERS[self.settings.optimizer].buffers
            buffers = self._buffers.setdefault(key, dict.fromkeys(names, g * 0.0))
            step = step_of(self.settings, g, buffers, self._steps)
            self.weights[key] = self.weights[key] - rate * step

    def _record(self) -> None:
        loss, gradient = self._gradient(range(len(self._inputs)))
        self._measured = gradient
        squares = _squares(self.weights)
        self.history["epoch"].append(len(self.history["epoch"]))
        self.history["train_loss"].append(loss + 0.5 * self.settings.l2 * squares)
        self.history["weight_norm"].append(math.sqrt(squares) if squares >= 0 else math.nan)
        self.history["gradient_norm"].append(_root(_squares(gradient)))
        if len(self.kept) * self._size <= MOST_KEPT_NUMBERS:
            self.kept.append(dict(self.weights))

    def _check_end(self, before: Mapping[str, Value]) -> None:
        loss = self.history["train_loss"]
        stop = self.settings.stop
        if not abs(loss[-1]) < DIVERGED_ABOVE:
            self.ended = "diverged"
        elif stop is not None and stop.on == "loss" and abs(loss[-1] - loss[-2]) < stop.below:
            self.ended = "calm_loss"
        elif stop is not None and stop.on == "weights":
            moved = {key: self.weights[key] - before[key] for key in before}
            if _root(_squares(moved)) < stop.below:
                self.ended = "calm_weights"


def step_of(settings: RunSettings, g: Value, buffers: dict[str, Value], t: int) -> Value:
    """What the learning rate multiplies in update number t (from 1); changes the buffers. Rules as in OPTIMIZERS."""
    match settings.optimizer:
        case "sgd":
            return g
        case "momentum":
            buffers["v"] = settings.momentum * buffers["v"] + g
            return buffers["v"]
        case "nesterov":
            buffers["v"] = settings.momentum * buffers["v"] + g
            return g + settings.momentum * buffers["v"]
        case "rmsprop":
            buffers["s"] = settings.alpha * buffers["s"] + (1 - settings.alpha) * g * g
            return g / (buffers["s"] ** 0.5 + settings.eps)
        case "adam":
            b1, b2 = settings.betas
            buffers["m"] = b1 * buffers["m"] + (1 - b1) * g
            buffers["s"] = b2 * buffers["s"] + (1 - b2) * g * g
            return (buffers["m"] / (1 - b1**t)) / ((buffers["s"] / (1 - b2**t)) ** 0.5 + settings.eps)
    raise AssertionError(settings.optimizer)


def _squares(values: Mapping[str, Value]) -> float:
    """The sum of all squared entries."""
    return float(sum((value * value).sum() if hasattr(value, "sum") else value * value for value in values.values()))


def _root(square: float) -> float:
    return math.sqrt(square) if square >= 0 else math.nan


def plain_weights(run: GraphRun) -> dict[str, Any]:
    """The present weights by spelled name, as lists and floats."""
    return {run.graph.names[key]: to_plain(value) for key, value in run.weights.items()}
