"""The arrays of a run as compiled training wants them: flat, padded, aligned; and the way there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.kernels.state import (
    BEST_EPOCH,
    BEST_LOSS,
    COUNTERS,
    EPOCH,
    FIRST_LOSS,
    LAST_LOSS,
    LEVELS,
    Doubles,
    Integers,
    Numbers,
    Plan,
)
from engine.network import Network, layer_names
from engine.run_settings import RunSettings
from engine.training_rows import TrainingData
from engine.vector_memory import aligned_zeros, lanes, padded

Array = np.ndarray[Any, np.dtype[Any]]
BLOCK = 64  # rows that go through the network together: their values stay in the first- and second-level cache


@dataclass(frozen=True)
class Layout:
    """Where each layer's weights, bias, mirror and values lie, in numbers of this dtype."""

    sizes: tuple[int, ...]
    wides: tuple[int, ...]
    weights: tuple[int, ...]
    biases: tuple[int, ...]
    mirrors: tuple[int, ...]
    values: tuple[int, ...]
    params: int
    mirror: int
    block: int

    def pack(self, parameters: Mapping[str, Array], goal: Array) -> None:
        """Write named parameters into a flat array."""
        for name, weights, bias in self._parts(goal):
            weights[...] = parameters[f"{name}.weight"].T
            bias[...] = parameters[f"{name}.bias"]

    def unpack(self, flat: Array) -> dict[str, Array]:
        """The named parameters of a flat array, as doubles."""
        found = {}
        for name, weights, bias in self._parts(flat):
            found[f"{name}.weight"] = np.array(weights.T, np.float64, order="C")
            found[f"{name}.bias"] = np.array(bias, np.float64)
        return found

    def _parts(self, flat: Array) -> list[tuple[str, Array, Array]]:
        parts = []
        for layer, name in enumerate(layer_names(len(self.weights))):
            inputs, units, wide = self.sizes[layer], self.sizes[layer + 1], self.wides[layer + 1]
            start, bias = self.weights[layer], self.biases[layer]
            weights = flat[start : start + inputs * wide].reshape(inputs, wide)[:, :units]
            parts.append((name, weights, flat[bias : bias + units]))
        return parts


def lay_out(sizes: tuple[int, ...], dtype: Any) -> Layout:
    """Places for a network of these sizes."""
    wides = tuple(padded(size, dtype) for size in sizes)
    weights, biases, mirrors, values = [], [], [], [0]
    params = mirror = 0
    for layer in range(len(sizes) - 1):
        weights.append(params)
        biases.append(params + sizes[layer] * wides[layer + 1])
        params = biases[-1] + wides[layer + 1]
        mirrors.append(mirror)
        mirror += wides[layer + 1] * wides[layer] if layer else 0
        values.append(values[-1] + BLOCK * wides[layer])
    values.append(values[-1] + BLOCK * wides[-1])
    block = values.pop()
    return Layout(sizes, wides, tuple(weights), tuple(biases), tuple(mirrors), tuple(values), params, mirror, block)


def make_plan(layout: Layout, network: Network, settings: RunSettings) -> Plan:
    """The layout and the layers' kinds as arrays."""
    names = layer_names(len(network.layers))
    places = (layout.sizes, layout.wides, layout.weights, layout.biases, layout.mirrors, layout.values)
    kinds = [layer.function.code for layer in network.layers]
    frozen = [int(name in settings.freeze) for name in names]
    return Plan(*(np.array(each, np.int64) for each in (*places, kinds, frozen)))


def make_numbers(layout: Layout, data: TrainingData, dtype: Any, buffers: int, keep_best: bool) -> Numbers:
    """Zeroed arrays of the run, and the rows copied flat."""

    def zeros(count: int) -> Array:
        return aligned_zeros(count, dtype)

    def flat(rows: Array) -> Array:
        copied = zeros(rows.size)
        copied[:] = rows.reshape(-1)
        return copied

    scratch = max(BLOCK + lanes(dtype), padded(layout.sizes[0] + 1, dtype), *layout.wides)
    empty = zeros(1)
    return Numbers(
        params=zeros(layout.params),
        mirror=zeros(layout.mirror),
        gradient=zeros(layout.params),
        first=zeros(layout.params) if buffers > 0 else empty,
        second=zeros(layout.params) if buffers > 1 else empty,
        values=zeros(layout.block),
        deltas=zeros(layout.block + BLOCK * layout.sizes[-1]),
        zeros=zeros(scratch),
        ones=zeros(scratch) + np.ones(1, dtype),
        scratch=zeros(scratch),
        previous=zeros(layout.params),
        best=zeros(layout.params) if keep_best else empty,
        kept=empty,
        inputs=flat(data.inputs),
        targets=flat(data.targets),
        validation_inputs=flat(data.validation_inputs),
        validation_targets=flat(data.validation_targets),
        rows_of_one=empty,
    )


def rows_with_one(inputs: Array, dtype: Any) -> Array:
    """Each row's inputs, then the 1 of the bias, then zeros up to whole vectors; flat."""
    rows, size = inputs.shape
    wide = padded(size + 1, dtype)
    made = aligned_zeros(rows * wide, dtype)
    table = made.reshape(rows, wide)
    table[:, :size] = inputs
    table[:, size] = 1.0
    return made


def make_integers(rows: int, units: int) -> Integers:
    """Counters of a run that has not begun: the measurement of epoch 0 comes first."""
    counters = np.zeros(COUNTERS, np.int64)
    counters[EPOCH] = counters[BEST_EPOCH] = -1
    order = np.arange(rows, dtype=np.int64)
    return Integers(counters, order, np.zeros(1, np.int64), np.zeros(units, np.int64))


def make_doubles(settings: RunSettings) -> Doubles:
    """Levels of a run that has not begun; the histories are made anew for each call."""
    levels = np.zeros(LEVELS)
    levels[BEST_LOSS] = levels[LAST_LOSS] = levels[FIRST_LOSS] = np.inf
    rule = np.array([settings.momentum, settings.alpha, *settings.betas, settings.eps])
    empty = np.zeros(1)
    return Doubles(levels, rule, np.array([float(settings.lr)]), empty, empty, empty)


def addresses(arrays: tuple[Array, ...]) -> Array:
    """Where the arrays lie. They must not be let go while the addresses are in use."""
    return np.array([array.ctypes.data for array in arrays], np.int64)
