"""How a run moves its weights: one entry an optimizer, one entry a learning-rate schedule.

g is the gradient of the batch's objective, penalty included; w the weight, η the learning rate of this
epoch. Every definition is PyTorch's (torch.optim: SGD, RMSprop, Adam), so that results compare digit by
digit. Buffers begin at 0.

To add an optimizer: its entry here; its move in kernels/rules.py (networks) and in `step_of` of graph_training.py (the
weights of a graph); the same in plain NumPy in tests/naive_training.py and tests/engine/test_graph_training.py. Then
its name in tutor/lesson.py and its line in tutor/exports/torch_script.py. A schedule: its entry here and its name in
tutor/lesson.py. The tests go over the tables and say what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import EngineError, did_you_mean

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM = range(5)


@dataclass(frozen=True)
class Optimizer:
    """One optimizer: its rule as a learner reads it, and the buffers it keeps beside the weights."""

    name: str
    code: int
    rule: str
    buffers: tuple[str, ...] = ()


OPTIMIZERS: dict[str, Optimizer] = {
    entry.name: entry
    for entry in (
        Optimizer("sgd", SGD, "w ← w − ηg"),
        Optimizer("momentum", MOMENTUM, "v ← μv + g; w ← w − ηv", ("v",)),
        Optimizer("nesterov", NESTEROV, "v ← μv + g; w ← w − η(g + μv)", ("v",)),
        Optimizer("rmsprop", RMSPROP, "s ← αs + (1−α)g²; w ← w − ηg/(√s + ε)", ("s",)),
        Optimizer(
            "adam",
            ADAM,
            "m ← β₁m + (1−β₁)g; s ← β₂s + (1−β₂)g²; w ← w − η·m/(1−β₁ᵗ) / (√(s/(1−β₂ᵗ)) + ε)",
            ("m", "s"),
        ),
    )
}


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from epoch to epoch.

    `every` and `factor` belong to step, `decay` to inverse, `end` (a share of the first rate) to cosine.
    """

    kind: str = "constant"
    every: int = 10
    factor: float = 0.5
    decay: float = 1.0
    end: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in SCHEDULES:
            raise EngineError(
                f"unknown schedule {self.kind}{did_you_mean(self.kind, SCHEDULES)} (there are {', '.join(SCHEDULES)})"
            )
        if self.every < 1:
            raise EngineError(f"a step schedule needs every ≥ 1, not {self.every}")
        if not all(math.isfinite(number) for number in (self.factor, self.decay, self.end)):
            raise EngineError("a schedule's numbers must be finite")

    def share(self, epoch: int, epochs: int) -> float:
        """The learning rate of `epoch` (from 0) as a share of the first one; a run has `epochs` of them."""
        return SCHEDULES[self.kind](self, epoch, epochs)


def _cosine(schedule: Schedule, epoch: int, epochs: int) -> float:
    part = min(epoch / max(epochs, 1), 1.0)
    return schedule.end + (1.0 - schedule.end) * 0.5 * (1.0 + math.cos(math.pi * part))


SCHEDULES: Mapping[str, Callable[[Schedule, int, int], float]] = {
    "constant": lambda schedule, epoch, epochs: 1.0,
    "step": lambda schedule, epoch, epochs: schedule.factor ** (epoch // schedule.every),
    "cosine": _cosine,
    "inverse": lambda schedule, epoch, epochs: 1.0 / (1.0 + schedule.decay * epoch),
}


def find_optimizer(name: str) -> Optimizer:
    """The optimizer of this name. Raises EngineError with the nearest name."""
    if name not in OPTIMIZERS:
        raise EngineError(
            f"unknown optimizer {name}{did_you_mean(name, OPTIMIZERS)} (there are {', '.join(OPTIMIZERS)})"
        )
    return OPTIMIZERS[name]
