"""Dense networks as data: layers, named parameters, predictions. Training them is engine/training.py.

Layers are named layer1, layer2, …; `layer1.weight` has shape (units, inputs), `layer1.bias` (units,).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.activations import ACTIVATIONS, Activation
from engine.errors import EngineError, ShapeError, did_you_mean
from engine.random import Random

if TYPE_CHECKING:
    import numpy as np

    from engine.graph import Graph

    Array = np.ndarray[Any, np.dtype[np.float64]]

MOST_LAYERS = 64
MOST_UNITS = 65_536
MOST_PARAMETERS = 5_000_000

INITS = {
    "zeros": "all weights 0",
    "normal": "normal, standard deviation 0.1",
    "xavier": "uniform between ±√(6/(inputs + units)) (X. Glorot and Y. Bengio, 2010)",
    "he": "normal, standard deviation √(2/inputs) (K. He et al., 2015)",
}


@dataclass(frozen=True)
class Layer:
    """One dense layer: how many units it has, and what they do to their weighted sums."""

    units: int
    activation: str = "linear"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise EngineError(
                f"unknown activation {self.activation}{did_you_mean(self.activation, ACTIVATIONS)} "
                f"(there are {', '.join(ACTIVATIONS)})"
            )
        if not 1 <= self.units <= MOST_UNITS:
            raise EngineError(f"a layer has between 1 and {MOST_UNITS} units, not {self.units}")

    @property
    def function(self) -> Activation:
        """The activation's entry."""
        return ACTIVATIONS[self.activation]


@dataclass(frozen=True)
class Network:
    """A dense network: its input count, its layers, and its parameters by name, as arrays of doubles."""

    inputs: int
    layers: tuple[Layer, ...]
    parameters: Mapping[str, Array]

    def __repr__(self) -> str:
        layers = "".join(f" → {layer.units} {layer.activation}" for layer in self.layers)
        return f"{self.inputs}{layers}, {self.parameter_count} parameters"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, then the units of each layer."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def parameter_count(self) -> int:
        """How many weights and biases there are."""
        return count_parameters(self.sizes)

    def predict(self, rows: Array) -> Array:
        """Outputs for rows of shape (n, inputs): shape (n, units of the last layer)."""
        return self.values(rows)[-1]

    def values(self, rows: Array) -> list[Array]:
        """The values of each layer for rows of shape (n, inputs)."""
        import numpy as np

        h: Array = np.atleast_2d(np.asarray(rows, np.float64))
        if h.shape[-1] != self.inputs:
            raise ShapeError(f"the network takes {self.inputs} inputs, but the rows have {h.shape[-1]}")
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for name, layer in zip(layer_names(len(self.layers)), self.layers, strict=True):
                z = h @ self.parameters[f"{name}.weight"].T + self.parameters[f"{name}.bias"]
                h = np.asarray(layer.function.value(z), np.float64)
                found.append(h)
        return found

    def as_graph(self, loss: str | None = None) -> tuple[Graph, dict[str, Any]]:
        """This network for one row as a graph to walk through, and its weights by name (see network_graph)."""
        from engine.network_graph import network_graph

        return network_graph(self, loss)

    def with_parameters(self, parameters: Mapping[str, Any]) -> Network:
        """The same network with some parameters replaced; raises ShapeError for a wrong name, shape or value."""
        return replace(self, parameters=_checked(self.sizes, {**self.parameters, **parameters}))


def layer_names(count: int) -> list[str]:
    """layer1, layer2, …"""
    return [f"layer{number}" for number in range(1, count + 1)]


def count_parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of a dense network with these sizes (inputs first)."""
    return sum((inputs + 1) * units for inputs, units in itertools.pairwise(sizes))


def build_network(
    inputs: int,
    layers: Iterable[Layer | Mapping[str, Any]],
    init: str | Mapping[str, Any] = "xavier",
    seed: int = 0,
) -> Network:
    """A network with new parameters: `init` is a name of INITS, or arrays by name (what is missing is 0).

    Raises EngineError for unknown names, sizes beyond the limits and arrays that do not fit, before memory is taken.
    """
    made = tuple(layer if isinstance(layer, Layer) else _layer(layer) for layer in layers)
    _check_sizes(inputs, made)
    sizes = (inputs, *(layer.units for layer in made))
    if not isinstance(init, str):
        return Network(inputs, made, _checked(sizes, {**_zeros(sizes), **init}))
    if init not in INITS:
        raise EngineError(f"unknown init {init}{did_you_mean(init, INITS)} (there are {', '.join(INITS)})")
    return Network(inputs, made, _drawn(sizes, init, seed))


def start_from(network: Network, parameters: Mapping[str, Any], replaced: Iterable[str] = ()) -> Network:
    """Fine-tuning: take over stored `parameters`, except those of the layers named in `replaced`, which stay new."""
    names = layer_names(len(network.layers))
    for layer in replaced:
        if layer not in names:
            hint = did_you_mean(layer, names)
            raise EngineError(f"there is no {layer} to replace{hint} (there are {', '.join(names)})")
    new = set(replaced)
    return network.with_parameters({k: v for k, v in parameters.items() if k.partition(".")[0] not in new})


def _layer(described: Mapping[str, Any]) -> Layer:
    unknown = set(described) - {"units", "activation"}
    if unknown or "units" not in described:
        raise EngineError('a layer has units and an activation: { units = 16, activation = "tanh" }')
    return Layer(described["units"], described.get("activation", "linear"))


def _check_sizes(inputs: int, layers: Sequence[Layer]) -> None:
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise EngineError(f"a network has between 1 and {MOST_LAYERS} layers, not {len(layers)}")
    if not 1 <= inputs <= MOST_UNITS:
        raise EngineError(f"a network has between 1 and {MOST_UNITS} inputs, not {inputs}")
    count = count_parameters((inputs, *(layer.units for layer in layers)))
    if count > MOST_PARAMETERS:
        raise EngineError(f"this network would have {count} parameters; at most {MOST_PARAMETERS} are possible")


def _shapes(sizes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, inputs, units in zip(layer_names(len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        shapes[f"{name}.weight"] = (units, inputs)
        shapes[f"{name}.bias"] = (units,)
    return shapes


def _zeros(sizes: Sequence[int]) -> dict[str, Array]:
    import numpy as np

    return {name: np.zeros(shape) for name, shape in _shapes(sizes).items()}


def _checked(sizes: Sequence[int], given: Mapping[str, Any]) -> dict[str, Array]:
    """The given arrays as doubles, if they are exactly this network's parameters."""
    import numpy as np

    shapes = _shapes(sizes)
    for name in given:
        if name not in shapes:
            raise ShapeError(f"the network has no {name}{did_you_mean(name, shapes)} (it has {', '.join(shapes)})")
    found = {}
    for name, shape in shapes.items():
        try:
            array = np.array(given[name], np.float64)
        except (ValueError, TypeError) as error:
            raise ShapeError(f"{name} is no array of numbers") from error
        if array.shape != shape:
            raise ShapeError(f"{name} has shape {array.shape}, but this network needs {shape}")
        if not np.isfinite(array).all():
            raise ShapeError(f"{name} has an entry that is no finite number")
        found[name] = array
    return found


def _drawn(sizes: Sequence[int], init: str, seed: int) -> dict[str, Array]:
    """New weights by the rule `init`, biases 0; the stream Random(seed, "init") draws layer by layer, row by row."""
    draw = Random(seed, "init")
    parameters = _zeros(sizes)
    for name, array in parameters.items():
        if name.endswith(".weight") and init != "zeros":
            units, inputs = array.shape
            bound = math.sqrt(6.0 / (inputs + units))
            if init == "xavier":
                array[...] = draw.uniform(array.shape, -bound, bound)
            else:
                array[...] = draw.normal(array.shape, sd=0.1 if init == "normal" else math.sqrt(2.0 / inputs))
    return parameters
