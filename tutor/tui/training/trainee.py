"""One run in the training process: a network's or a graph's, moved on in small pieces and reported."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tutor.draw.scale import telling
from tutor.draw.training_words import best_of, since_best
from tutor.run_results import ENDS
from tutor.tui.training.saved import RestingPlace
from tutor.tui.training.snapshot import rounded
from tutor.tui.training.subject import Facts, Subject

if TYPE_CHECKING:
    from engine.graph_training import GraphRun
    from engine.training import Run

PARTS = 150
"""Stretches of a curve, of each of which the lowest and the highest point are kept."""
PIECE = 0.08
"""Seconds that a run goes on before it looks for a command."""
MOST_RATES = 500


class Trainee:
    """A run with the same handles whichever it is."""

    def __init__(self, name: str, run: Run | GraphRun, facts: Facts | None = None) -> None:
        self.name = name
        self.subject = Subject(run, facts or Facts())
        self.run = run
        self.going = False
        self.due = 1.0
        """Epochs to go on by; below 1 for a run that is watched slowly."""
        self.goal: RestingPlace | None = None
        self.rates: list[tuple[int, int, float]] = []
        self._piece = 1

    @property
    def is_graph(self) -> bool:
        """Whether a graph's weights are trained."""
        return self.subject.is_graph

    @property
    def epochs(self) -> int:
        """How many epochs the lesson wants."""
        return int(self.run.settings.epochs)

    @property
    def batch(self) -> int:
        """How many batches of the next epoch are done."""
        run: Any = self.run
        return 0 if self.is_graph else int(run.batch)

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
        if self.goal is not None:
            return "again"
        if run.epoch >= self.epochs:
            return "finished"
        return "running" if self.going else "paused" if run.epoch > 0 or self.batch else "ready"

    def prepare(self) -> None:
        """Measures epoch 0; the first time on a machine this compiles, which takes seconds."""
        run: Any = self.run
        if not self.is_graph:
            run.run(0)

    # -- going on

    def advance(self, most: int) -> None:
        """Goes on by at most so many epochs, and for not much longer than a frame."""
        self._advance(min(self.epochs, max(0, self.run.epoch) + most))
        self.going = self.going and self.can_go

    def _advance(self, goal: int) -> None:
        started = time.monotonic()
        while self.run.epoch < goal and self.can_go:
            before = self.run.epoch
            self._to(min(goal, before + self._piece))
            spent = max(1e-5, time.monotonic() - started)
            if self.run.epoch == before or spent > PIECE:
                break
            self._piece = min(20_000, 2 * self._piece)
        if time.monotonic() - started > 2 * PIECE:
            self._piece = max(1, self._piece // 2)

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
        here = (max(0, int(run.epoch)), self.batch)
        self.rates = [*(one for one in self.rates[-MOST_RATES:] if one[:2] != here), (*here, lr)]

    # -- where it rests

    @property
    def place(self) -> RestingPlace:
        """Where it is, and what led there beside the lesson's settings; before it is back there, where it was."""
        return self.goal or RestingPlace(max(0, int(self.run.epoch)), self.batch, tuple(self.rates))

    def go_back_to(self, place: RestingPlace) -> None:
        """Trains again to a place where it rested, with the learning rates of then: to the same numbers."""
        self.goal = place if place.epoch or place.batch or place.rates else None

    def return_further(self) -> None:
        """A piece of the way to the goal."""
        if self.goal is None:
            return
        done = len(self.rates)
        ahead = self.goal.rates[done] if done < len(self.goal.rates) else None
        epoch, batch = (self.goal.epoch, self.goal.batch) if ahead is None else ahead[:2]
        if self.run.epoch < epoch and self.can_go:
            self._advance(min(epoch, self.epochs))
            return
        while self.batch < batch and self.run.epoch <= epoch and self.can_go:
            self.step_batch()
        if ahead is None or not self.can_go:
            self.goal = None
        else:
            self.set_lr(ahead[2])

    # -- reporting

    def report(self, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A RunSnapshot as plain data. `wanted`: the "keys" of curves, the epoch "at" which one looks (None: now), the
        "window" of epochs, and over how many epochs to take the mean ("smooth")."""
        wanted = wanted or {}
        histories = self.subject.histories()
        last = max(0, int(self.run.epoch))
        at = last if wanted.get("at") is None else max(0, min(int(wanted["at"]), last))
        losses, held = histories.get("train_loss", ()), histories.get("validation_loss", ())
        status = self.status
        return {
            "name": self.name,
            "epoch": last,
            "epochs": self.epochs,
            "batch": self.batch,
            "status": status,
            "sentence": self._sentence(status),
            "lr": float(self.run.settings.lr),
            "start": float(losses[0]) if len(losses) else None,
            "here": {key: rounded(float(values[min(at, len(values) - 1)]), 6) for key, values in histories.items()},
            "have": list(histories),
            "curves": {key: _curve(histories[key], wanted) for key in wanted.get("keys", ()) if key in histories},
            "rates": [[epoch, rate] for epoch, _, rate in self.rates],
            "best": best_of(held),
            "since": since_best(losses, held),
            "views": self.subject.views(),
        }

    def _sentence(self, status: str) -> str:
        run: Any = self.run
        if run.epoch < 0:
            return "Getting ready; the first time on a machine this takes some seconds."
        if status == "ready":
            return "Space starts."
        if status == "again" and self.goal is not None:
            return f"Going back to epoch {self.goal.epoch}, with the same numbers as before."
        if status == "calm" and self.is_graph:
            return ENDS[run.ended].format(run.epoch)
        if self.is_graph:
            return f"{status.capitalize()} at epoch {run.epoch}."
        return str(run.outcome().sentence)


def _curve(values: Sequence[float], wanted: Mapping[str, Any]) -> tuple[list[int], list[float]]:
    """The telling points of a curve: its peaks and valleys, first and last; where it is no number, that too."""
    first, last = 0, len(values)
    if wanted.get("window"):
        low, high = wanted["window"]
        first, last = max(0, min(int(low), last)), max(0, min(int(high) + 1, last))
    smooth = max(1, int(wanted.get("smooth", 1)))
    places = set(telling(values, first, last, PARTS))
    lost = next((i for i in range(first, last) if not math.isfinite(values[i])), None)
    places |= {lost} if lost is not None else set()
    ordered = sorted(places)
    return ordered, [rounded(_mean(values, i, smooth), 5) for i in ordered]


def _mean(values: Sequence[float], i: int, over: int) -> float:
    """The mean of the last `over` values up to value i."""
    if over == 1:
        return float(values[i])
    part = [value for value in values[max(0, i - over + 1) : i + 1] if math.isfinite(value)]
    return math.fsum(part) / len(part) if part else math.nan
