"""What can be looked at in a run at one epoch, as plain data: the plane, the fit, the weights, samples, the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tutor.tui.training.sampling import samples
from tutor.tui.training.snapshot import rounded
from tutor.tui.training.subject import Subject

GRID = (48, 32)
"""Columns and rows of the plane on which a network of two inputs is evaluated."""
MOST_POINTS = 160
MOST_WEIGHTS = (32, 64)
"""Rows and columns of a layer's map at most; beyond that, a cell stands for several weights."""
MOST_PICTURES = 16
MOST_PATH = 400
FIT = 64


def scene(subject: Subject, name: str, wanted: Mapping[str, Any], at: int | None) -> dict[str, Any]:
    """The parts that are `wanted` (their names under "show"), at an epoch (None: now)."""
    epoch = max(0, int(subject.run.epoch))
    found: dict[str, Any] = {"run": name, "epoch": epoch if at is None else min(at, epoch)}
    if subject.run.epoch < 0:
        return found
    possible = subject.views()
    for part in map(str, wanted.get("show", ())):
        if part in possible and part in PARTS:
            found[part] = PARTS[part](subject, at)
    if "samples" in wanted.get("show", ()):
        found["samples"] = samples(subject, wanted.get("samples", {}), at)
    return found


def plane(subject: Subject, at: int | None) -> dict[str, Any]:
    """The output over the plane, for several classes the most likely one."""
    import numpy as np

    run: Any = subject.run
    x, t = run.data.inputs[:MOST_POINTS], run.data.targets[:MOST_POINTS]
    labels = t[:, 0] > 0.5 if t.shape[1] == 1 else t.argmax(axis=1)
    left, right, bottom, top = _window(run.data.inputs)
    across, up = np.meshgrid(np.linspace(left, right, GRID[0]), np.linspace(top, bottom, GRID[1]))
    out = subject.network_at(at).predict(np.column_stack([across.ravel(), up.ravel()]))
    values = out[:, 0] if out.shape[1] == 1 else out.argmax(axis=1) / max(1, out.shape[1] - 1)
    return {
        **_axes(subject, (left, right, bottom, top)),
        "grid": np.round(values, 3).reshape(GRID[1], GRID[0]).tolist(),
        "window": [left, right, bottom, top],
        "points": [[float(a), float(b), int(label)] for (a, b), label in zip(x, labels, strict=True)],
    }


def _axes(subject: Subject, window: tuple[float, float, float, float]) -> dict[str, Any]:
    """What the data call the two inputs, and how far the window reaches in their own units."""
    import numpy as np

    facts = subject.facts
    names = facts.inputs if len(facts.inputs) == 2 else ("x1", "x2")
    reach = np.array(window).reshape(2, 2).T  # its corners: left and bottom, right and top
    if facts.mean is not None:
        reach = reach * facts.scale + facts.mean
    return {"names": list(names), "reach": _list(reach.T.reshape(-1))}


def _window(inputs: Any) -> tuple[float, float, float, float]:
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    margin = (high - low) * 0.08 + 1e-6
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def fit(subject: Subject, at: int | None) -> dict[str, Any]:
    """The output of a network with one input over the range of the data, and the data."""
    import numpy as np

    run: Any = subject.run
    x, t = run.data.inputs[:, 0], run.data.targets[:, 0]
    xs = np.linspace(x.min(), x.max(), FIT)
    ys = subject.network_at(at).predict(xs.reshape(-1, 1))[:, 0]
    data = zip(x[:MOST_POINTS].tolist(), t[:MOST_POINTS].tolist(), strict=True)
    return {"xs": _list(xs), "ys": _list(ys), "data": [[rounded(a), rounded(b)] for a, b in data]}


def path(subject: Subject, at: int | None) -> list[list[float]]:
    """The separating line's slope and intercept up to an epoch; the last one is always among them."""
    found = [one for one in subject.path() if at is None or one[0] <= at]
    step = max(1, -(-len(found) // MOST_PATH))
    kept = [*found[:-1][::step], found[-1]] if found else []
    return [[epoch, rounded(slope, 6), rounded(intercept, 6)] for epoch, slope, intercept in kept]


def weights(subject: Subject, at: int | None) -> list[dict[str, Any]]:
    """Every layer's weights, or a graph's, pooled where there are very many."""
    if subject.is_graph:
        return _graph_weights(subject, at)
    network, facts = subject.network_at(at), subject.facts
    found = []
    for i in range(len(network.layers)):
        name = f"layer{i + 1}"
        inputs = facts.inputs if i == 0 else ()
        units = facts.classes if i == len(network.layers) - 1 else ()
        picture = facts.image if i == 0 else None
        weight, bias = network.parameters[f"{name}.weight"], network.parameters[f"{name}.bias"]
        found.append(_layer(name, weight, bias, inputs, units, picture))
    return found


def _layer(name: str, weight: Any, bias: Any, inputs: Any, units: Any, picture: Any) -> dict[str, Any]:
    import numpy as np

    size = np.nan_to_num(np.abs(weight), nan=np.inf)
    unit, source = np.unravel_index(int(size.argmax()), weight.shape)
    # a picture keeps its pixels: fewer units are shown instead
    shown = weight[:MOST_PICTURES] if picture else _pooled(weight, *MOST_WEIGHTS)
    biases = bias[:MOST_PICTURES] if picture else _pooled(bias.reshape(-1, 1), MOST_WEIGHTS[0], 1)[:, 0]
    return {
        "name": name,
        "shape": [int(weight.shape[0]), int(weight.shape[1])],
        "grid": [_list(row) for row in shown],
        "biases": _list(biases),
        "biggest": [int(unit) + 1, int(source) + 1, rounded(float(weight[unit, source]))],
        "limit": rounded(float(size.max())),
        "inputs": list(inputs) if len(inputs) == weight.shape[1] and weight.shape[1] <= MOST_WEIGHTS[1] else [],
        "units": list(units) if len(units) == weight.shape[0] else [],
        "picture": list(picture) if picture else None,
    }


def _pooled(table: Any, rows: int, columns: int) -> Any:
    """At most so many rows and columns; each cell is the largest in size of those it stands for."""
    import numpy as np

    for axis, most in ((0, rows), (1, columns)):
        count = table.shape[axis]
        if count > most:
            cuts = [i * count // most for i in range(most)]
            high, low = np.maximum.reduceat(table, cuts, axis), np.minimum.reduceat(table, cuts, axis)
            table = np.where(high >= -low, high, low)
    return table


def _graph_weights(subject: Subject, at: int | None) -> list[dict[str, Any]]:
    """Numbers together as one column of named rows, arrays each by itself."""
    import numpy as np

    run: Any = subject.run
    kept = subject.graph_weights_at(at)
    numbers = {run.graph.names[key]: float(value) for key, value in kept.items() if not run.graph.shape(key)}
    found = []
    if numbers:
        column = np.array([[value] for value in numbers.values()])
        found.append(_layer("weights", column, np.zeros(0), (), tuple(numbers), None))
        found[-1]["inputs"] = ["value"]
    for key, value in kept.items():
        if run.graph.shape(key):
            table = np.asarray(value, float)
            table = table.reshape(-1, 1) if table.ndim == 1 else table.reshape(table.shape[0], -1)
            found.append(_layer(run.graph.names[key], table, np.zeros(0), (), (), None))
    return found


def _list(values: Any) -> list[float]:
    return [rounded(float(value)) for value in values]


PARTS: Mapping[str, Callable[[Subject, int | None], Any]] = {
    "plane": plane,
    "fit": fit,
    "weights": weights,
    "path": path,
}
