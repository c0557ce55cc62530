"""Points at which formulas are compared: drawn with a seed around given values, within domains, on a branch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batched import forward
from engine.branches import sides, sides_at_home
from engine.errors import EngineError
from engine.graph import Graph
from engine.lead import LEAD, Array
from engine.names import normalise
from engine.points import Points
from engine.values import rounded

WORDS = ("real", "positive", "unit", "0/1", "one-hot", "probabilities", "fixed")
_ROUNDS = 8
_BUDGET = 1_500_000
"""Numbers drawn at a time: graphs with large arrays are compared at fewer points."""
_FEWEST = 4
SHORTENED = frozenset({"real", "positive", "unit", "interval"})
"""Domains in which a number may be rounded."""
_MARGIN = 1e-6
"""A sampled point keeps this distance from every kink."""


@dataclass(frozen=True)
class Domain:
    """How a name may vary: one of `WORDS`, or an interval."""

    word: str
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def read(cls, said: Any) -> Domain:
        """From a lesson's `domain` entry. Raises EngineError for what is none."""
        if isinstance(said, str) and said in WORDS:
            return cls(said)
        if isinstance(said, Sequence) and not isinstance(said, str) and len(said) == 2:
            low, high = float(said[0]), float(said[1])
            if low <= high:
                return cls("interval", low, high)
        raise EngineError(f"a domain is an interval [low, high] or one of {', '.join(WORDS)}")

    @classmethod
    def default(cls, value: Any, trained: bool) -> Domain:
        """Decimals and weights are real; whole numbers (labels, sizes, targets) stay as they are."""
        return cls("fixed" if _whole(value) and not trained else "real")


def _whole(value: Any) -> bool:
    if isinstance(value, Sequence):
        return all(_whole(part) for part in value)
    if isinstance(value, np.ndarray):
        return bool(np.issubdtype(value.dtype, np.integer))
    return isinstance(value, int | np.integer)


@dataclass(frozen=True, eq=False)
class Situation:
    """What points are drawn around: a graph with its values (and rows) by key, and its names' domains."""

    graph: Graph
    values: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...] = ()
    mean: bool = False
    domains: Mapping[str, Any] | None = None
    varied: frozenset[str] = frozenset()
    """Whole numbers that vary all the same (what a derivative is taken by)."""

    def domain(self, key: str) -> Domain:
        """How an input varies."""
        for name, said in (self.domains or {}).items():
            if normalise(name) == key:
                return Domain.read(said)
        value = [row[key] for row in self.rows if key in row] or self.values[key]
        return Domain.default(value, key in self.graph.weights or key in self.varied)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The keys of givens and weights."""
        return (*self.graph.given, *self.graph.weights)

    @property
    def shared(self) -> frozenset[str]:
        """The inputs whose value is the same in all rows."""
        return frozenset(key for key in self.inputs if not any(key in row for row in self.rows))

    def stacked(self, key: str) -> Array:
        """The lesson's own values of an input: 1 × rows × 1 × shape."""
        own = [row.get(key, self.values[key]) for row in self.rows] if self.rows else [self.values[key]]
        if key in self.shared:
            own = own[:1]
        array = np.array(own, dtype=float)
        return array.reshape(1, len(own), 1, *array.shape[1:])

    def points(self, inputs: Mapping[str, Array]) -> Points:
        """The graph at given inputs."""
        values: list[Array] = []
        for slot in self.graph.slots:
            if slot.op != "input":
                break
            assert slot.name is not None
            values.append(inputs[slot.name])
        forward(self.graph.slots, values, len(values))
        return Points(self.graph, values, bool(self.rows), self.mean, self.shared)

    def on_paper(self, decimals: int) -> Points:
        """The one point of the lesson's own values with every named node rounded, as in paper arithmetic."""
        return self.by_hand(lambda key, value: rounded(value, decimals))

    def by_hand(self, kept: Callable[[str, Array], Array]) -> Points:
        """The one point of the lesson's own values where only `kept` (key, value) of each named node goes on."""
        values: list[Array] = []
        slots = self.graph.slots
        for i, slot in enumerate(slots):
            if slot.op == "input":
                assert slot.name is not None
                values.append(self.stacked(slot.name))
                continue
            forward(slots[: i + 1], values, i)
            if slot.name is not None:
                values[i] = kept(slot.name, values[i])
        return Points(self.graph, values, bool(self.rows), self.mean, self.shared)

    def here(self) -> Points:
        """The one point of the lesson's own values."""
        return self.points({key: self.stacked(key) for key in self.inputs})


# -- drawing


def drawn(
    situation: Situation, count: int, seed: int, *, branch: bool = True, reach: float = 1.0, digits: int = 0
) -> Points:
    """Up to `count` points around the lesson's values at which every node is finite; with `digits` (to be shown), at
    numbers of so many significant digits where the domain lets them be short, and of the sign they have in the lesson.

    With `branch` every operation with a kink is on the same side as in the lesson (one that is exactly at its kink
    there may be on either). Fewer points come back where the domains leave no others: where there is none at all, the
    lesson's own values, whether every node is finite there or not.
    """
    random = np.random.default_rng(seed)
    home = sides_at_home(situation.here())
    parts: list[dict[str, Array]] = []
    found = 0
    count = max(_FEWEST, min(count, _BUDGET // _entries(situation)))
    for turn in range(_ROUNDS):
        size = max(count, min(4 * count, _BUDGET // _entries(situation)))
        width = reach * (0.6**turn if branch else 1.0)
        inputs = {key: _draw(situation, key, size, width, random, digits) for key in situation.inputs}
        usable = _usable(situation.points(inputs), size, home, branch)
        if usable.any():
            parts.append({key: value[usable] for key, value in inputs.items()})
            found += int(usable.sum())
        if found >= count:
            break
    if not parts:
        return situation.here()
    merged = {key: np.concatenate([part[key] for part in parts])[:count] for key in situation.inputs}
    return situation.points(merged)


def _entries(situation: Situation) -> int:
    """How many numbers one point holds."""
    sizes = sum(int(np.prod(slot.shape, dtype=int)) for slot in situation.graph.slots)
    return sizes * max(1, len(situation.rows))


def _draw(situation: Situation, key: str, count: int, width: float, random: np.random.Generator, digits: int) -> Array:
    own = situation.stacked(key)
    domain = situation.domain(key)
    found = _values(own, (count, *own.shape[1:]), domain, width, random)
    if not digits or domain.word not in SHORTENED:
        return found
    found = _shortened(found, digits)
    found = np.where(own == 0, found, np.copysign(found, own))
    return np.clip(found, domain.low, domain.high) if domain.word == "interval" else found


def _shortened(x: Array, digits: int) -> Array:
    """To so many significant digits."""
    with np.errstate(divide="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(x)))
    unit = 10.0 ** np.where(np.isfinite(places), places, 0.0)
    return np.asarray(np.round(x * unit) / unit)


def _values(own: Array, shape: tuple[int, ...], domain: Domain, width: float, random: np.random.Generator) -> Array:
    base = np.broadcast_to(own, shape)
    match domain.word:
        case "fixed":
            return base.copy()
        case "real":
            return base + width * random.uniform(-1.0, 1.0, shape) * (0.5 + 0.5 * np.abs(base))
        case "positive":
            return np.abs(base + 0.0) * np.exp(width * random.uniform(-1.0, 1.0, shape)) + 1e-3
        case "unit":
            return random.uniform(0.05, 0.95, shape)
        case "interval":
            low, high = domain.low, domain.high
            if width >= 1.0:
                return random.uniform(low, high, shape)
            return np.clip(base + width * (high - low) * random.uniform(-1.0, 1.0, shape), low, high)
        case "0/1":
            return random.integers(0, 2, shape).astype(float)
        case "one-hot":
            size = own.shape[-1] if own.ndim > LEAD else 1
            return np.eye(size)[random.integers(0, size, shape[:-1] if own.ndim > LEAD else shape)].reshape(shape)
        case _:
            raw = random.uniform(0.1, 1.0, shape)
            return raw / raw.sum(axis=-1, keepdims=True)


# -- branches


def _usable(points: Points, count: int, home: dict[int, tuple[Array, Array]], branch: bool) -> Array:
    """Which points have finite values, are away from kinks and, with `branch`, on the sides of `home`."""
    good = np.ones(count, dtype=bool)
    for value in points.values:
        if value.shape[0] == count:
            good &= np.isfinite(value).reshape(count, -1).all(axis=1)
    for i, (side, distance) in sides(points).items():
        own_side, own_distance = home[i]
        far = np.broadcast_to((distance > _MARGIN) | (own_distance <= 0), (count, *distance.shape[1:]))
        good &= far.reshape(count, -1).all(axis=1)
        if branch:
            same = (side == own_side) | (own_distance <= 0)
            same = np.broadcast_to(same, (count, *same.shape[1:]))
            good &= same.reshape(count, -1).all(axis=1)
    return good


def near(situation: Situation, count: int, seed: int, width: float = 1e-8, least: float = 0.5) -> Points:
    """Points so close to the lesson's values that only sides of kinks differ; every input moves.

    An input x moves by at most `width`·(`least` + |x|/2): with 0 by a share of itself.
    """
    random = np.random.default_rng(seed)
    inputs = {}
    for key in situation.inputs:
        own = situation.stacked(key)
        noise = random.uniform(-1.0, 1.0, (count, *own.shape[1:]))
        inputs[key] = own + width * noise * (least + 0.5 * np.abs(own))
    return situation.points(inputs)
