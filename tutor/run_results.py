"""What a training run has become, as plain data: settings, histories, the best epoch, weights, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, did_you_mean
from engine.names import normalise
from tutor.lesson_part import as_table

if TYPE_CHECKING:
    from engine.graph_training import GraphRun
    from engine.training import Run
    from tutor.lesson import RunSpec

MAX_WEIGHTS_SHOWN = 10_000


@dataclass(frozen=True)
class Trained:
    """A finished run, as the JSON of a lesson tells it in `runs`."""

    name: str
    settings: Mapping[str, Any]
    history: Mapping[str, list[float]]
    final: Mapping[str, float]
    best: Mapping[str, float] | None
    weights: Mapping[str, Any] | None
    diverged: bool
    sentence: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "settings": dict(self.settings),
            "history": dict(self.history),
            "best": self.best,
            "final": dict(self.final),
            "weights": self.weights,
            "diverged": self.diverged,
            "outcome": self.sentence,
            "seconds": self.seconds,
        }


def result_of(run: Trained, asked: str, epoch: int | None = None) -> float:
    """What a question asks of a run: one of `best_epoch`, `best_loss`, `epochs`, `rises`, or a history's last value.

    `epoch` takes another value of the history. Raises EngineError for what was not measured.
    """
    if asked in ("best_epoch", "best_loss"):
        if run.best is None:
            raise EngineError(f"run {run.name} has no validation loss, so no best epoch")
        return float(run.best["epoch" if asked == "best_epoch" else "validation_loss"])
    if asked == "epochs":
        return float(run.history["epoch"][-1])
    if asked == "rises":
        losses = run.history["train_loss"]
        return float(sum(after > before for before, after in pairwise(losses)))
    values = run.history.get(asked)
    if values is None:
        raise EngineError(f"run {run.name} has not measured {asked}{did_you_mean(asked, run.history)}")
    if epoch is not None and epoch >= len(values):
        raise EngineError(f"run {run.name} ended with epoch {len(values) - 1}; there is no epoch {epoch}")
    return float(values[-1 if epoch is None else epoch])


def finished(spec: RunSpec, name: str, run: Run | GraphRun, seconds: float) -> Trained:
    """What a run has become."""
    from engine.graph_training import GraphRun

    if isinstance(run, GraphRun):
        return _graph_result(spec, name, run, seconds)
    return _network_result(spec, name, run, seconds)


def shown_settings(spec: RunSpec) -> dict[str, Any]:
    """A run's settings as they were resolved."""
    return {k: v for k, v in as_table(spec).items() if v is not None}


ENDS = {
    "diverged": "Diverged at epoch {}: the loss grew beyond all bounds; a smaller learning rate may help.",
    "calm_loss": "Stopped at epoch {}: the loss hardly changed any more.",
    "calm_weights": "Stopped at epoch {}: the weights hardly moved any more.",
    "finished": "Finished after {} epochs.",
    "running": "Not finished: {} epochs so far.",
}
"""How a run of a graph's weights ended, by its kind; {} is its epoch."""


def _graph_result(spec: RunSpec, name: str, run: GraphRun, seconds: float) -> Trained:
    from engine.graph_training import plain_weights

    lines = [_line_of(run, kept) for kept in run.kept]
    history = {**run.history, **(_separator(lines) if len(lines) == len(run.history["epoch"]) else {})}
    final = {"train_loss": run.history["train_loss"][-1]}
    diverged = run.ended == "diverged"
    sentence = ENDS[run.ended].format(run.epoch)
    return Trained(name, shown_settings(spec), history, final, None, plain_weights(run), diverged, sentence, seconds)


def _line_of(run: GraphRun, weights: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """(w1, w2, bias) where a graph has just the weights w1, w2 and w0 or b."""
    keys = {normalise(k): k for k in weights}
    for bias in ("w0", "b"):
        if set(keys) == {"w1", "w2", bias} and not any(run.graph.shape(k) for k in weights):
            return weights["w1"], weights["w2"], weights[bias]
    return None


def _network_result(spec: RunSpec, name: str, run: Run, seconds: float) -> Trained:
    history = network_history(run)
    outcome = run.outcome()
    final = {key: values[-1] for key, values in history.items() if key in _FINAL}
    best = None
    losses = history.get("validation_loss", [])
    measured = [(loss, i) for i, loss in enumerate(losses) if math.isfinite(loss)]
    if measured:
        loss, epoch = min(measured)
        best = {"epoch": epoch, "validation_loss": loss}
    parameters = run.parameters
    if spec.keep == "best" and run.best is not None:
        parameters = run.best[1]
    count = sum(array.size for array in parameters.values())
    weights = {k: v.tolist() for k, v in parameters.items()} if count <= MAX_WEIGHTS_SHOWN else None
    diverged = outcome.kind == "diverged"
    return Trained(name, shown_settings(spec), history, final, best, weights, diverged, outcome.sentence, seconds)


_FINAL = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
_PER_LAYER = ("weight_norm", "gradient_norm", "update_ratio", "dead_units")


def network_history(run: Run) -> dict[str, list[Any]]:
    """Everything measured, by name; what was never measured is left out."""
    measured = run.history
    history: dict[str, list[Any]] = {"epoch": list(range(len(measured)))}
    for key in (*_FINAL, "lr"):
        values = getattr(measured, key).tolist()
        if any(value == value for value in values):
            history[key] = values
    for key in _PER_LAYER:
        table = getattr(measured, key)
        for layer in range(table.shape[1]):
            values = table[:, layer].tolist()
            if any(value == value for value in values):
                history[f"{key}.layer{layer + 1}"] = values
    kept = run.kept_epochs
    if run.network.inputs == 2 and len(run.network.layers) == 1 and run.network.layers[0].units == 1:
        lines = [_separating(run.parameters_at(epoch)) for epoch in kept]
        if len(lines) == len(measured):
            history.update(_separator(lines))
    return history


def _separating(parameters: Mapping[str, Any]) -> tuple[float, float, float]:
    weight, bias = parameters["layer1.weight"], parameters["layer1.bias"]
    return float(weight[0, 0]), float(weight[0, 1]), float(bias[0])


def _separator(lines: Sequence[tuple[float, float, float] | None]) -> dict[str, list[float]]:
    """Slope −w1/w2 and intercept −b/w2 of the separating line at each epoch (CURRICULUM: slope-intercept space)."""
    if not lines or any(line is None for line in lines):
        return {}
    found = [line for line in lines if line is not None]
    return {
        "slope": [-w1 / w2 if w2 else math.nan for w1, w2, _ in found],
        "intercept": [-b / w2 if w2 else math.nan for _, w2, b in found],
    }
