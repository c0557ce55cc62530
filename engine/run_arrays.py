"""What the compiled epochs of one run read and write: its buffers, its counters, and the choices it was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import training_arrays
from engine.kernels.state import (
    CLASSES,
    NEVER,
    NO_CLASSES,
    ON_LOSS,
    ON_WEIGHTS,
    Choice,
    Doubles,
    Integers,
    Numbers,
    Plan,
)
from engine.losses import find_loss
from engine.network import Network, layer_names
from engine.optimizers import find_optimizer
from engine.random import key_of
from engine.run_settings import KEPT_BYTES, SINGLE_FROM, RunSettings
from engine.training_arrays import BLOCK, Layout
from engine.training_rows import TrainingData
from engine.vector_memory import padded

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class RunArrays:
    """The arrays stay where they are for the whole run: the kernel is given their addresses."""

    dtype: Any
    layout: Layout
    plan: Plan
    numbers: Numbers
    integers: Integers
    doubles: Doubles
    key: Array
    amounts: Array
    keep_every: int
    choice: Choice

    def kept_in(self, first: int, epochs: int) -> int:
        """How many of the `epochs` epochs from `first` on keep their weights."""
        every = self.keep_every
        return (first + epochs - 1) // every - (first - 1) // every if every else 0

    def keep_fewer(self) -> None:
        """Double the stride at which weights are kept."""
        self.keep_every *= 2
        self.choice = self.choice._replace(keep_every=self.keep_every)


def run_arrays(network: Network, data: TrainingData, settings: RunSettings) -> RunArrays:
    """Everything allocated, the network's parameters packed; no epoch is measured yet."""
    dtype = _dtype(network, settings)
    layout = training_arrays.lay_out(network.sizes, dtype)
    numbers = _numbers(layout, network, data, settings, dtype)
    keep_every = _keep_weights_every(layout, settings, numbers.params.itemsize)
    return RunArrays(
        dtype=dtype,
        layout=layout,
        plan=training_arrays.make_plan(layout, network, settings),
        numbers=numbers,
        integers=training_arrays.make_integers(len(data.inputs), sum(network.sizes)),
        doubles=training_arrays.make_doubles(settings),
        key=np.array([key_of(settings.seed, "shuffle")], np.uint64),
        amounts=np.array([settings.l2, settings.stop.below if settings.stop else 0.0], np.float64),
        keep_every=keep_every,
        choice=_choose(layout, network, data, settings, dtype)._replace(keep_every=keep_every),
    )


def _dtype(network: Network, settings: RunSettings) -> Any:
    if settings.precision == "auto":
        return np.float32 if network.parameter_count >= SINGLE_FROM else np.float64
    return np.float32 if settings.precision == "single" else np.float64


def _numbers(layout: Layout, network: Network, data: TrainingData, settings: RunSettings, dtype: Any) -> Numbers:
    buffers = len(find_optimizer(settings.optimizer).buffers)
    numbers = training_arrays.make_numbers(layout, data, dtype, buffers, settings.keep_best)
    layout.pack(network.parameters, numbers.params)
    numbers.previous[:] = numbers.params
    if not is_logistic(network, settings):
        return numbers
    return numbers._replace(rows_of_one=training_arrays.rows_with_one(data.inputs, dtype))


def _keep_weights_every(layout: Layout, settings: RunSettings, itemsize: int) -> int:
    if settings.keep_weights is not None:
        return settings.keep_weights
    return max(1, -(-(settings.epochs + 1) * layout.params * itemsize // KEPT_BYTES))


def is_logistic(network: Network, settings: RunSettings) -> bool:
    """Whether this is one sigmoid unit, moved by plain gradient descent after every row."""
    layers = network.layers
    unit = len(layers) == 1 and layers[0].units == 1 and layers[0].activation == "sigmoid"
    return unit and settings.batch == 1 and settings.optimizer == "sgd" and settings.loss == "bce"


def _choose(layout: Layout, network: Network, data: TrainingData, settings: RunSettings, dtype: Any) -> Choice:
    rows = len(data.inputs)
    names = layer_names(len(network.layers))
    stop = settings.stop
    return Choice(
        layers=len(names),
        params=layout.params,
        head=find_loss(settings.loss).head(network.layers[-1].activation),
        lowest=next(index for index, name in enumerate(names) if name not in settings.freeze),
        rows=rows,
        validation_rows=len(data.validation_inputs),
        batch=rows if settings.batch == "all" else min(int(settings.batch), rows),
        block=BLOCK,
        shuffle=int(settings.shuffle),
        mean=int(settings.reduce == "mean"),
        rule=find_optimizer(settings.optimizer).code,
        accuracy=CLASSES if data.has_classes else NO_CLASSES,
        diagnose=int(settings.diagnostics),
        validate_every=settings.validate_every,
        keep_best=int(settings.keep_best),
        keep_every=0,
        rows_with_one=padded(layout.sizes[0] + 1, dtype) if is_logistic(network, settings) else 0,
        measure_every=settings.measure_every,
        calm_on=NEVER if stop is None else ON_LOSS if stop.on == "loss" else ON_WEIGHTS,
    )
