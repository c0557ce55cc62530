"""One view on the two kinds of run: a network's and a graph's. What was measured, the weights at an epoch, the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.names import normalise

if TYPE_CHECKING:
    from engine.graph_training import GraphRun
    from engine.network import Network
    from engine.training import Run

WHOLE = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "lr")
BY_LAYER = ("gradient_norm", "weight_norm", "update_ratio", "dead_units")


@dataclass(frozen=True)
class Facts:
    """What the data of a run are called: inputs, classes; `image` (height, width) where rows are images; `mean` and
    `scale` by which they were standardised."""

    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    image: tuple[int, int] | None = None
    mean: Any = None
    scale: Any = None


@dataclass
class Subject:
    """A run and what is asked of it while it goes on."""

    run: Run | GraphRun
    facts: Facts = field(default_factory=Facts)
    _lines: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def is_graph(self) -> bool:
        """Whether a graph's weights are trained."""
        return not hasattr(self.run, "network")

    @property
    def network(self) -> Network:
        """The network that is trained, as it was at the start."""
        run: Any = self.run
        return run.network  # type: ignore[no-any-return]

    @property
    def has_line(self) -> bool:
        """Whether the weights are two slopes and a bias: those of a separating line."""
        run: Any = self.run
        if self.is_graph:
            return self._graph_keys() is not None
        return run.network.inputs == 2 and len(run.network.layers) == 1 and run.network.layers[0].units == 1

    def _graph_keys(self) -> tuple[str, str, str] | None:
        run: Any = self.run
        keys = {normalise(key): key for key in run.weights}
        for bias in ("w0", "b"):
            if set(keys) == {"w1", "w2", bias} and not any(run.graph.shape(key) for key in run.weights):
                return keys["w1"], keys["w2"], keys[bias]
        return None

    def views(self) -> tuple[str, ...]:
        """What can be shown beside the curves."""
        found = []
        if not self.is_graph and self.network.inputs == 2:
            found.append("plane")
        if not self.is_graph and self.network.inputs == 1 and self.network.layers[-1].units == 1:
            found.append("fit")
        if not self.is_graph and len(self.network.layers) > 1 and self.run.settings.diagnostics:
            found.append("gradients")
        found += ["weights", "samples"]
        return (*found, "path") if self.has_line else tuple(found)

    def histories(self) -> dict[str, Sequence[float]]:
        """Everything measured, one number an epoch, by name; what was never measured is left out."""
        run: Any = self.run
        if self.is_graph:
            found = {key: values for key, values in run.history.items() if key != "epoch"}
        else:
            found = _network_histories(run)
        if self.has_line:
            path = self.path()
            if path and len(path) == len(found.get("train_loss", ())):
                found["slope"] = [slope for _, slope, _ in path]
                found["intercept"] = [intercept for _, _, intercept in path]
        return found

    def path(self) -> list[tuple[int, float, float]]:
        """(epoch, slope, intercept) of the separating line x2 = slope·x1 + intercept at each epoch whose weights were
        kept; NaN where the line stands upright."""
        run: Any = self.run
        if self.is_graph:
            keys = self._graph_keys()
            assert keys is not None
            for epoch in range(len(self._lines), len(run.kept)):
                a, b, c = (float(run.kept[epoch][key]) for key in keys)
                self._lines[epoch] = (a, b, c)
        else:
            for epoch in run.kept_epochs:
                if epoch not in self._lines:
                    kept = run.parameters_at(epoch)
                    weight, bias = kept["layer1.weight"], kept["layer1.bias"]
                    self._lines[epoch] = (float(weight[0, 0]), float(weight[0, 1]), float(bias[0]))
        return [(epoch, *_line(*self._lines[epoch])) for epoch in sorted(self._lines)]

    def network_at(self, at: int | None) -> Network:
        """The network as it was at an epoch (None: as it is)."""
        run: Any = self.run
        if at is None or at >= run.epoch:
            return run.trained  # type: ignore[no-any-return]
        return self.network.with_parameters(run.parameters_at(at))

    def graph_weights_at(self, at: int | None) -> Mapping[str, Any]:
        """A graph's weights by key as they were at an epoch (None: as they are)."""
        run: Any = self.run
        if at is None or not run.kept:
            return run.weights  # type: ignore[no-any-return]
        return run.kept[max(0, min(at, len(run.kept) - 1))]  # type: ignore[no-any-return]


def _line(w1: float, w2: float, bias: float) -> tuple[float, float]:
    return (-w1 / w2, -bias / w2) if w2 else (math.nan, math.nan)


def _network_histories(run: Any) -> dict[str, Sequence[float]]:
    measured = run.history
    found: dict[str, Sequence[float]] = {}
    for key in WHOLE:
        values = getattr(measured, key)
        if len(values) and bool((values == values).any()):
            found[key] = values.tolist()
    for key in BY_LAYER:
        table = getattr(measured, key)
        for layer in range(table.shape[1]):
            values = table[:, layer]
            if len(values) and bool((values == values).any()):
                found[f"{key}.layer{layer + 1}"] = values.tolist()
    return found
