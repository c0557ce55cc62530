"""What a run has measured, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.numbers import show_number
from engine.run_settings import RunSettings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Outcome:
    """How a run stands: `kind` is running, finished, calm_loss, calm_weights or diverged, at `epoch`."""

    kind: str
    epoch: int
    sentence: str


@dataclass(frozen=True)
class History:
    """What was measured; index 0 is before the first update.

    One number an epoch (NaN where nothing was measured): train_loss (the objective over all training rows,
    penalty included), validation_loss (without it), train_accuracy, validation_accuracy, lr. One an epoch
    and layer, shape (epochs + 1, layers): weight_norm (of its weights), gradient_norm (of the objective by
    its weights and bias), update_ratio (change of its weights in the epoch by their norm before),
    dead_units (0 or below for every row).
    """

    train_loss: Array
    validation_loss: Array
    train_accuracy: Array
    validation_accuracy: Array
    lr: Array
    weight_norm: Array
    gradient_norm: Array
    update_ratio: Array
    dead_units: Array

    def __repr__(self) -> str:
        """A line for each measurement: its first and its last number."""
        lines = [f"epochs 0 to {len(self) - 1}"]
        for name, measured in vars(self).items():
            numbers = measured[measured == measured]
            if measured.ndim == 2:
                lines.append(f"{name:19} {measured.shape[0]} × {measured.shape[1]} layers")
            elif len(numbers):
                lines.append(f"{name:19} {show_number(float(numbers[0]))} … {show_number(float(numbers[-1]))}")
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.train_loss)


OUTCOMES = ("running", "calm_loss", "calm_weights", "diverged")


def tell(status: int, epoch: int, goal: int | None, loss: float | None, settings: RunSettings) -> Outcome:
    """The outcome of a run with this status (a place in OUTCOMES) and last training loss."""
    kind = OUTCOMES[status]
    if kind == "running" and epoch >= (settings.epochs if goal is None else goal):
        kind = "finished"
    ending = "" if loss is None else f", training loss {loss:.6g}"
    below = f"by less than {settings.stop.below:g}" if settings.stop else ""
    sentence = {
        "running": f"Epoch {epoch} of {settings.epochs}{ending}.",
        "finished": f"Finished after {epoch} epochs{ending}.",
        "calm_loss": f"Stopped at epoch {epoch}: the loss changed {below}{ending}.",
        "calm_weights": f"Stopped at epoch {epoch}: the weights moved {below}{ending}.",
        "diverged": f"Diverged at epoch {epoch}{ending}: it grew beyond all bounds. "
        f"A smaller learning rate than {settings.lr:g} may help.",
    }[kind]
    return Outcome(kind, epoch, sentence)
