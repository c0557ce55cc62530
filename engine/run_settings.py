"""What one training run is asked to do, checked when it is said."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from numbers import Integral
from typing import Any

from engine.errors import EngineError, did_you_mean
from engine.losses import LOSSES, find_loss
from engine.optimizers import OPTIMIZERS, Schedule, find_optimizer

MOST_EPOCHS = 10_000_000
PRECISIONS = ("auto", "double", "single")
# From so many parameters on, "auto" computes in single precision: half the memory, twice the speed.
SINGLE_FROM = 20_000
KEPT_BYTES = 32 << 20  # the weights kept for looking back


@dataclass(frozen=True)
class Stop:
    """End a run early: when the loss, or all weights together, change by less than `below` in an epoch."""

    on: str
    below: float

    def __post_init__(self) -> None:
        if self.on not in ("loss", "weights"):
            raise EngineError(f"a run can stop on loss or on weights, not on {self.on}")
        if not self.below >= 0 or math.isinf(self.below):
            raise EngineError(f"a run stops when the change is below a number ≥ 0, not {self.below}")


@dataclass(frozen=True)
class RunSettings:
    """One run: what is minimised, and how.

    `batch` is a number of rows or "all". `reduce` says how the rows' losses make the objective and a batch's step.
    `l2` is λ of (λ/2)·‖w‖² over weights, not biases. The training rows are measured after every `measure_every`-th
    epoch, the validation rows after every `validate_every`-th. `keep_weights`: the weights of every n-th epoch are kept
    for looking back; 0 keeps none, None as many as fit into 32 MB. `diagnostics` adds gradient norms and dead units to
    the history, at the price of one more backward pass over all rows each epoch. `precision` is double, single or auto.
    """

    loss: str
    optimizer: str = "sgd"
    lr: float = 0.1
    batch: int | str = "all"
    shuffle: bool = False
    epochs: int = 100
    reduce: str = "mean"
    l2: float = 0.0
    seed: int = 0
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    alpha: float = 0.99
    eps: float = 1e-8
    schedule: Schedule = field(default_factory=Schedule)
    stop: Stop | None = None
    measure_every: int = 1
    validate_every: int = 1
    keep_best: bool = False
    freeze: tuple[str, ...] = ()
    keep_weights: int | None = None
    diagnostics: bool = True
    precision: str = "auto"

    def __post_init__(self) -> None:
        find_loss(self.loss)
        find_optimizer(self.optimizer)
        _check_counts(self)
        _check_numbers(self)
        if self.reduce not in ("mean", "sum"):
            raise EngineError(f"reduce is mean or sum, not {self.reduce}{did_you_mean(self.reduce, ('mean', 'sum'))}")
        if self.precision not in PRECISIONS:
            raise EngineError(f"precision is one of {', '.join(PRECISIONS)}, not {self.precision}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `settings_from` reads them back."""
        return asdict(self)


def settings_from(stored: dict[str, Any]) -> RunSettings:
    """The settings that `as_dict` gave. Raises EngineError when they are not such."""
    values = dict(stored)
    try:
        values["schedule"] = Schedule(**values.get("schedule", {}))
        values["stop"] = Stop(**values["stop"]) if values.get("stop") else None
        values["betas"] = tuple(values.get("betas", (0.9, 0.999)))
        values["freeze"] = tuple(values.get("freeze", ()))
        return RunSettings(**values)
    except (TypeError, KeyError) as error:
        raise EngineError(f"these are no settings of a run: {error}") from error


def _check_counts(settings: RunSettings) -> None:
    """What compiled training takes for sizes and places must be whole, and fit into its integers."""
    batch = settings.batch
    if batch != "all" and (isinstance(batch, bool) or not isinstance(batch, Integral) or batch < 1):
        raise EngineError(f'batch is a number of rows from 1 on, or "all", not {batch}')
    if not _is_whole(settings.epochs, 0, MOST_EPOCHS):
        raise EngineError(f"epochs lie between 0 and {MOST_EPOCHS}, not {settings.epochs}")
    for name, every in (("validate_every", settings.validate_every), ("measure_every", settings.measure_every)):
        if not _is_whole(every, 1, MOST_EPOCHS):
            raise EngineError(f"{name} is a whole number from 1 to {MOST_EPOCHS}, not {every}")
    if not _is_whole(settings.seed, 0, (1 << 63) - 1):
        raise EngineError(f"a seed is a whole number from 0 to 2^63 - 1, not {settings.seed}")
    if settings.keep_weights is not None and not _is_whole(settings.keep_weights, 0, MOST_EPOCHS):
        raise EngineError(f"keep_weights is a whole number from 0 to {MOST_EPOCHS}, not {settings.keep_weights}")
    for name in ("shuffle", "keep_best", "diagnostics"):
        if getattr(settings, name) not in (True, False):
            raise EngineError(f"{name} is true or false, not {getattr(settings, name)}")


def _is_whole(number: object, low: int, high: int) -> bool:
    return isinstance(number, Integral) and low <= int(number) <= high


def _check_numbers(settings: RunSettings) -> None:
    if not (math.isfinite(settings.lr) and settings.lr >= 0):
        raise EngineError(f"the learning rate lr is a number ≥ 0, not {settings.lr}")
    if not (math.isfinite(settings.l2) and settings.l2 >= 0):
        raise EngineError(f"the penalty l2 is a number ≥ 0, not {settings.l2}")
    shares = {"momentum": settings.momentum, "alpha": settings.alpha}
    if len(settings.betas) != 2:
        raise EngineError(f"adam has two betas, not {len(settings.betas)}")
    for name, value in (*shares.items(), *(("betas", beta) for beta in settings.betas)):
        if not 0 <= value < 1:
            raise EngineError(f"{name} lies between 0 and 1 (1 excluded), not {value}")
    if not (math.isfinite(settings.eps) and settings.eps >= 0):
        raise EngineError(f"eps is a number ≥ 0, not {settings.eps}")


def names() -> dict[str, tuple[str, ...]]:
    """The words a run's settings may take, for messages and completion."""
    return {"loss": tuple(LOSSES), "optimizer": tuple(OPTIMIZERS), "precision": PRECISIONS}
