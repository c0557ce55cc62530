"""One run in the training process: a network's or a graph's, moved on in small pieces and reported."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tutor.tui.training.snapshot import thinned

if TYPE_CHECKING:
    from engine.graph_training import GraphRun
    from engine.training import Run

MOST_PLACES = 400
MOST_POINTS = 160
GRID = (48, 32)
"""Columns and rows of the plane on which a network of two inputs is evaluated."""
PIECE = 0.08
"""Seconds that a run goes on before it looks for a command."""


class Trainee:
    """A run with the same handles whichever it is."""

    def __init__(self, name: str, run: Run | GraphRun) -> None:
        self.name = name
        self.run = run
        self.going = False
        self._piece = 1
        self._points: list[tuple[float, float, int]] = []
        self._window = (0.0, 1.0, 0.0, 1.0)
        self._spread_plane()

    @property
    def is_graph(self) -> bool:
        """Whether a graph's weights are trained."""
        return not hasattr(self.run, "network")

    @property
    def epochs(self) -> int:
        """How many epochs the lesson wants."""
        return int(self.run.settings.epochs)

    @property
    def can_go(self) -> bool:
        """Whether there is anything left to train."""
        return self.run.epoch < self.epochs and self.status not in {"diverged", "calm"}

    @property
    def status(self) -> str:
        """How it stands, in one word."""
        run: Any = self.run
        kind = run.ended if self.is_graph else run.outcome().kind
        if kind == "diverged":
            return "diverged"
        if kind.startswith("calm"):
            return "calm"
        if run.epoch >= self.epochs:
            return "finished"
        return "running" if self.going else "paused" if run.epoch > 0 else "ready"

    def prepare(self) -> None:
        """Measures epoch 0; the first time on a machine this compiles, which takes seconds."""
        run: Any = self.run
        if not self.is_graph:
            run.run(0)

    def advance(self, most: int) -> None:
        """Goes on by at most so many epochs, and for not much longer than a frame."""
        started = time.monotonic()
        goal = min(self.epochs, max(0, self.run.epoch) + most)
        while self.run.epoch < goal and self.can_go:
            before = self.run.epoch
            self._to(min(goal, before + self._piece))
            spent = max(1e-5, time.monotonic() - started)
            if self.run.epoch == before or spent > PIECE:
                break
            self._piece = min(20_000, 2 * self._piece)
        if time.monotonic() - started > 2 * PIECE:
            self._piece = max(1, self._piece // 2)
        self.going = self.going and self.can_go

    def _to(self, goal: int) -> None:
        run: Any = self.run
        if self.is_graph:
            run.step_epoch()
        else:
            run.run(goal)

    def step_epoch(self) -> None:
        """One epoch."""
        if self.can_go:
            self.run.step_epoch()

    def step_batch(self) -> None:
        """One batch; of a graph, one epoch, which is all that it can be stopped at."""
        run: Any = self.run
        if self.can_go:
            (run.step_epoch if self.is_graph else run.step_batch)()

    def set_lr(self, lr: float) -> None:
        """Another learning rate, from the next batch on."""
        from dataclasses import replace

        run: Any = self.run
        if self.is_graph:
            run.settings = replace(run.settings, lr=lr)
        else:
            run.set_lr(lr)

    # -- reporting

    def report(self, at: int | None = None) -> Mapping[str, Any]:
        """A RunSnapshot as plain data; `at` shows the plane as it was at an epoch."""
        curves = self._curves()
        count = max((len(values) for values in curves.values()), default=0)
        places = thinned(count, MOST_PLACES)
        status = self.status
        return {
            "name": self.name,
            "epoch": max(0, int(self.run.epoch)),
            "epochs": self.epochs,
            "batch": 0 if self.is_graph else int(self.run.batch),  # type: ignore[union-attr]
            "status": status,
            "sentence": self._sentence(status),
            "lr": float(self.run.settings.lr),
            "places": places,
            "curves": {key: [float(values[i]) for i in places if i < len(values)] for key, values in curves.items()},
            "grid": self._grid(at),
            "window": self._window,
            "points": self._points,
        }

    def _sentence(self, status: str) -> str:
        run: Any = self.run
        if run.epoch < 0:
            return "Getting ready; the first time on a machine this takes some seconds."
        if status == "ready":
            return "Space starts."
        if self.is_graph:
            return f"{status.capitalize()} at epoch {run.epoch}."
        return str(run.outcome().sentence)

    def _curves(self) -> dict[str, Any]:
        run: Any = self.run
        if self.is_graph:
            return {key: values for key, values in run.history.items() if key != "epoch"}
        measured = run.history
        found: dict[str, Any] = {}
        for key in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy"):
            values = getattr(measured, key)
            if len(values) and bool((values == values).any()):
                found[key] = values
        for layer in range(measured.gradient_norm.shape[1]):
            found[f"gradient_norm.layer{layer + 1}"] = measured.gradient_norm[:, layer]
        return found

    def _spread_plane(self) -> None:
        run: Any = self.run
        if self.is_graph or run.network.inputs != 2:
            return
        x, t = run.data.inputs[:MOST_POINTS], run.data.targets[:MOST_POINTS]
        labels = t[:, 0] > 0.5 if t.shape[1] == 1 else t.argmax(axis=1)
        self._points = [(float(a), float(b), int(label)) for (a, b), label in zip(x, labels, strict=True)]
        low, high = run.data.inputs.min(axis=0), run.data.inputs.max(axis=0)
        margin = (high - low) * 0.08 + 1e-6
        self._window = (
            float(low[0] - margin[0]), float(high[0] + margin[0]), float(low[1] - margin[1]), float(high[1] + margin[1])
        )  # fmt: skip

    def _grid(self, at: int | None) -> list[list[float]]:
        run: Any = self.run
        if not self._points or run.epoch < 0:
            return []
        import numpy as np

        left, right, bottom, top = self._window
        xs, ys = np.linspace(left, right, GRID[0]), np.linspace(top, bottom, GRID[1])
        plane = np.array([(x, y) for y in ys for x in xs])
        network = run.trained if at is None else run.network.with_parameters(run.parameters_at(at))
        out = network.predict(plane)
        values = out[:, 0] if out.shape[1] == 1 else out.argmax(axis=1) / max(1, out.shape[1] - 1)
        return [[float(v) for v in row] for row in np.round(values, 3).reshape(GRID[1], GRID[0])]
