"""Mistakes at one operation: what a student hands back to an argument instead of the right share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batched import BATCHED, LEAD, Array, aligned, bce_by_p, masked, pull_of, shrunk, slope_of
from engine.evaluate import Points
from engine.faults import cost
from engine.graph import Graph
from engine.lowering import Slot
from engine.ops import OPS
from engine.printing import show

Share = Callable[[Array], Array]
MAX_ALTERNATIVES = 24
MAX_SIBLINGS = 10

UNARY = tuple(
    rule.name for rule in OPS.values() if rule.elementwise and rule.takes == (1, 1) and rule.called and rule.prime
)
KINKED = frozenset(("relu", "leaky_relu", "abs", "max", "min", "largest", "smallest"))


@dataclass(frozen=True)
class Change:
    """One mistake on one edge: `share(g)` is what is handed back for the upstream gradient g."""

    fault: str
    share: Share
    cost: float
    about: str = ""
    factor: str | None = None


@dataclass(frozen=True, eq=False)
class Site:
    """The edge from operation `slot` to its argument `argument`, with the values at every point."""

    points: Points
    slot: int
    argument: int

    @property
    def here(self) -> Slot:
        return self.points.graph.slots[self.slot]

    @property
    def y(self) -> Array:
        return self.points.values[self.slot]

    @property
    def x(self) -> list[Array]:
        return [self.points.values[arg] for arg in self.here.args]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the argument."""
        return self.points.graph.slots[self.here.args[self.argument]].shape

    def said(self, slot: int) -> str:
        """A slot as a student would write it."""
        return said(self.points.graph, slot)

    def with_slope(self, slope: Array) -> Share:
        """A share made of another local derivative."""
        return lambda g: shrunk(g * slope, self.shape)

    def with_argument(self, i: int, value: Array) -> Share:
        """The right rule, with another value in place of argument i."""
        x = list(self.x)
        x[i] = value
        return lambda g: pull_of(self.here, g, self.y, x, self.argument)


def said(graph: Graph, slot: int) -> str:
    """A slot as a student would write it."""
    here = graph.slots[slot]
    if here.name is not None:
        return graph.names.get(here.name, here.name)
    return show(here.expr, graph.names)


def changes(site: Site) -> Iterator[Change]:
    """Every mistake of the catalogue that can be made on one edge."""
    with np.errstate(all="ignore"):
        if OPS[site.here.op].elementwise:
            yield from _elementwise(site)
        else:
            yield from _ARRAYS.get(site.here.op, _nothing)(site)
        yield from _neighbours(site)


def _nothing(site: Site) -> Iterator[Change]:
    yield from ()


# -- elementwise operations


def _elementwise(site: Site) -> Iterator[Change]:
    slope = slope_of(site.here, site.y, site.x, site.argument)
    op = site.here.op
    if op in UNARY:
        yield from _unary(site, slope)
    elif op in {"mul", "div", "pow"}:
        yield from {"mul": _mul, "div": _div, "pow": _pow}[op](site, slope)
    elif op in {"max", "min"}:
        yield Change("wrong-branch", site.with_slope(1.0 - slope), cost("wrong-branch"), "the other branch")
        yield Change("wrong-branch", site.with_slope(0.5 + 0.0 * slope), cost("wrong-branch"), "shared")
        yield Change("wrong-branch", site.with_slope(1.0 + 0.0 * slope), cost("wrong-branch"), "both")
    yield Change("sign", site.with_slope(-slope), cost("sign", 0.6), "here")


def _unary(site: Site, slope: Array) -> Iterator[Change]:
    op, y, x = site.here.op, site.y, site.x[0]
    rule = OPS[op]
    if op in {"relu", "leaky_relu"}:
        yield Change("wrong-branch", site.with_slope(1.0 + 0.0 * slope), cost("wrong-branch"), "taken as 1")
        yield Change("wrong-branch", site.with_slope(np.where(x > 0, 0.0, 1.0)), cost("wrong-branch", 0.1), "exchanged")
    elif op == "abs":
        yield Change("wrong-branch", site.with_slope(-slope), cost("wrong-branch"), "the other sign")
        yield Change("wrong-branch", site.with_slope(1.0 + 0.0 * slope), cost("wrong-branch"), "taken as 1")
    else:
        yield Change("missing-factor", site.with_slope(1.0 + 0.0 * slope), cost("missing-factor"))
    if op != "exp":
        yield Change("value-not-derivative", site.with_slope(y), cost("value-not-derivative"), "output")
    yield Change("value-not-derivative", site.with_slope(x), cost("value-not-derivative", 0.1), "input")
    at_output = rule.slopes[0](np, rule.value(np, y), y)
    yield Change("wrong-argument", site.with_slope(at_output), cost("wrong-argument"), "output")
    yield Change("wrong-argument", site.with_slope(rule.slopes[0](np, x, x)), cost("wrong-argument"), "input")
    yield Change("extra-factor", site.with_slope(slope * slope), cost("extra-factor"), "slope twice")
    yield from _wrong_rules(site, slope)


def _wrong_rules(site: Site, slope: Array) -> Iterator[Change]:
    op, y, x = site.here.op, site.y, site.x[0]
    for about, wrong in _RULES.get(op, lambda y, x: {})(y, x).items():
        fault = "extra-factor" if about.startswith("+") else "wrong-derivative"
        yield Change(fault, site.with_slope(wrong), cost(fault), about.lstrip("+"))
    for other in UNARY:
        if other not in {op, "step", "round"}:
            rule = OPS[other]
            wrong = rule.slopes[0](np, rule.value(np, x), x)
            yield Change("wrong-derivative", site.with_slope(wrong), cost("wrong-derivative", 0.2), f"that of {other}")


_RULES: dict[str, Callable[[Array, Array], dict[str, Array]]] = {
    "sigmoid": lambda y, x: {
        "1 - {y}": 1.0 - y,
        "{y}^2": y * y,
        "{y}·(1 + {y})": y * (1.0 + y),
        "+(1 - {y})": y * (1.0 - y) ** 2,
        "+{y}": y * y * (1.0 - y),
        "1 - {y}^2": 1.0 - y * y,
    },
    "tanh": lambda y, x: {
        "{y}·(1 - {y})": y * (1.0 - y),
        "1 - {y}": 1.0 - y,
        "1 + {y}^2": 1.0 + y * y,
        "1 - x^2": 1.0 - x * x,
        "{y}^2": y * y,
    },
    "exp": lambda y, x: {"x·exp(x - 1)": x * np.exp(x - 1.0), "x·exp(x)": x * y},
    "log": lambda y, x: {"1/x^2": 1.0 / x**2, "log(x)/x": y / x, "x·log(x)": x * y},
    "sqrt": lambda y, x: {"1/√x": 1.0 / y, "2·√x": 2.0 * y, "√x/2": y / 2.0, "1/(2x)": 0.5 / x},
    "softplus": lambda y, x: {"1/(1 + exp(x))": 1.0 / (1.0 + np.exp(x)), "exp(x)": np.exp(x)},
    "logsigmoid": lambda y, x: {"1/sigmoid": 1.0 + np.exp(-x), "1 - {y}": 1.0 - y},
}
"""Wrong derivatives of one operation; a + marks a factor too many."""


def _mul(site: Site, slope: Array) -> Iterator[Change]:
    other = site.here.args[1 - site.argument]
    constant = site.points.graph.slots[other].const
    rank = len(site.here.shape)
    if constant is not None:
        if constant not in (0.0, 1.0, -1.0):
            factor = f"{1.0 / constant:.6g}"
            share = site.with_slope(1.0 + 0.0 * slope)
            yield Change("constant-factor", share, cost("constant-factor", 0.3), site.said(other), factor)
        return
    about = site.said(other)
    if site.here.args[0] == site.here.args[1]:
        yield Change("constant-factor", site.with_slope(0.5 * slope), cost("constant-factor", 0.2), about, "0.5")
    yield Change("missing-factor", site.with_slope(1.0 + 0.0 * slope), cost("missing-factor"), about)
    own = aligned(site.x[site.argument], rank)
    yield Change("wrong-derivative", site.with_slope(own), cost("wrong-derivative", -0.02), "own factor")
    yield Change("value-not-derivative", site.with_slope(site.y), cost("value-not-derivative", 0.1), "output")
    yield Change("extra-factor", site.with_slope(slope * slope), cost("extra-factor"), f"{about} twice")


def _div(site: Site, slope: Array) -> Iterator[Change]:
    a, b = (aligned(x, len(site.here.shape)) for x in site.x)
    wrong = (
        {"the denominator itself": b}
        if site.argument == 0
        else {
            "the denominator not squared": -a / b,
            "the numerator left out": -1.0 / b**2,
            "1/b": 1.0 / b,
        }
    )
    yield Change("missing-factor", site.with_slope(1.0 + 0.0 * slope), cost("missing-factor"), "the quotient's slope")
    for about, value in wrong.items():
        yield Change("wrong-derivative", site.with_slope(value), cost("wrong-derivative"), about)


def _pow(site: Site, slope: Array) -> Iterator[Change]:
    if site.argument == 1:
        yield Change("missing-factor", site.with_slope(site.y), cost("missing-factor"), "the logarithm")
        return
    base, power = (aligned(x, len(site.here.shape)) for x in site.x)
    exponent = site.points.graph.slots[site.here.args[1]].const
    if exponent is not None and exponent not in (0.0, 1.0):
        share = site.with_slope(slope / exponent)
        yield Change("constant-factor", share, cost("constant-factor", 0.2), "the exponent", f"{1 / exponent:.6g}")
    yield Change("wrong-derivative", site.with_slope(power * base**power), cost("wrong-derivative"), "exponent kept")
    lower = (power - 1.0) * base ** (power - 1.0)
    yield Change("wrong-derivative", site.with_slope(lower), cost("wrong-derivative", 0.1), "lowered exponent in front")
    yield Change("wrong-derivative", site.with_slope(power * base ** (power - 2.0)), cost("wrong-derivative", 0.2), "")
    yield Change("missing-factor", site.with_slope(power + 0.0 * slope), cost("missing-factor", 0.1), "the base")
    yield Change("missing-factor", site.with_slope(1.0 + 0.0 * slope), cost("missing-factor"), "the power's slope")
    yield Change("value-not-derivative", site.with_slope(base**power), cost("value-not-derivative"), "output")
    yield Change("value-not-derivative", site.with_slope(base), cost("value-not-derivative", 0.2), "input")


# -- operations on arrays


def _matmul(site: Site) -> Iterator[Change]:
    other = 1 - site.argument
    matrix = site.x[other]
    if matrix.ndim - LEAD == 2 and matrix.shape[-1] == matrix.shape[-2]:
        share = site.with_argument(other, matrix.swapaxes(-1, -2))
        yield Change("transposed", share, cost("transposed"), site.said(site.here.args[other]))
    yield from _bilinear(site)


def _bilinear(site: Site) -> Iterator[Change]:
    other = 1 - site.argument
    about = site.said(site.here.args[other])
    ones = np.ones_like(site.x[other])
    if site.here.args[0] == site.here.args[1]:
        value = lambda g: aligned(g, 1) * site.x[0] * site.x[0] / 2.0  # noqa: E731
        yield Change("value-not-derivative", value, cost("value-not-derivative"), "output")
        return
    if not (site.here.op == "matmul" and site.x[other].ndim - LEAD == 2):
        yield Change("missing-factor", site.with_argument(other, ones), cost("missing-factor"), about)
    own = site.x[site.argument]
    if own.shape == site.x[other].shape:
        yield Change("wrong-derivative", site.with_argument(other, own), cost("wrong-derivative"), "own factor")


def _softmax(site: Site) -> Iterator[Change]:
    y = site.y

    def off(sign: float) -> Share:
        return lambda g: y * (1.0 - y) * g + sign * y * ((g * y).sum(axis=-1, keepdims=True) - g * y)

    yield Change("diagonal-only", lambda g: g * y * (1.0 - y), cost("diagonal-only"))
    yield Change("wrong-derivative", lambda g: g * y, cost("value-not-derivative", -0.05), "that of exp")
    yield Change("missing-factor", lambda g: g * 1.0, cost("missing-factor"))
    yield Change("sign", off(1.0), cost("sign", 0.4), "off the diagonal")
    yield Change("wrong-index", lambda g: g * y - (g * y * y).sum(axis=-1, keepdims=True), cost("wrong-index"), "")
    yield Change("wrong-index", lambda g: g * y - y * y * g.sum(axis=-1, keepdims=True), cost("wrong-index"), "")
    yield Change("sign", lambda g: -pull_of(site.here, g, y, site.x, 0), cost("sign", 0.6), "here")


def _log_softmax(site: Site) -> Iterator[Change]:
    p = np.exp(site.y)
    yield Change("diagonal-only", lambda g: g * (1.0 - p), cost("diagonal-only"))
    yield Change("missing-factor", lambda g: g * 1.0, cost("missing-factor"))
    yield Change("wrong-index", lambda g: g - (g * p).sum(axis=-1, keepdims=True), cost("wrong-index"), "")
    yield Change("sign", lambda g: g + p * g.sum(axis=-1, keepdims=True), cost("sign", 0.4), "off the diagonal")
    yield Change(
        "wrong-derivative",
        lambda g: p * (g - (g * p).sum(axis=-1, keepdims=True)),
        cost("wrong-derivative"),
        "that of softmax",
    )


def _mean(site: Site) -> Iterator[Change]:
    def share(g: Array) -> Array:
        right = pull_of(site.here, g, site.y, site.x, 0)
        return right * (site.x[0].size / max(1, site.y.size))

    yield Change("constant-factor", share, cost("constant-factor", 0.2), "the mean", "N")


def loss_slopes(p: Array, t: Array) -> dict[str, Array]:
    """The derivatives by p of the common losses, and what is left of them when the target is forgotten."""
    return {
        "squared error": 2.0 * (p - t),
        "half the squared error": p - t,
        "cross-entropy": -masked(t, 1.0 / p),
        "binary cross-entropy": bce_by_p(p, t),
        "the target forgotten": -1.0 / p,
        "the target forgotten ": p + 0.0 * t,
        "1 for every target": p - 1.0 + 0.0 * t,
    }


def _loss(site: Site) -> Iterator[Change]:
    p, t = site.x
    if site.argument != 0 or p.ndim != t.ndim:
        return
    for about, slope in loss_slopes(p, t).items():
        share = _scaled(slope)
        yield Change("wrong-derivative", share, cost("wrong-derivative"), about.strip())
    if site.here.op == "squared_error":
        share = lambda g: aligned(g, p.ndim - LEAD) * (p - t)  # noqa: E731
        yield Change("constant-factor", share, cost("constant-factor", 0.1), "the 2 of the square", "0.5")
    yield Change("sign", lambda g: -pull_of(site.here, g, site.y, site.x, 0), cost("sign", 0.6), "here")


def _scaled(slope: Array) -> Share:
    return lambda g: aligned(g, slope.ndim - LEAD) * slope


def _extreme(site: Site) -> Iterator[Change]:
    right = BATCHED[site.here.op].pull
    x = site.x[0]
    ones = np.ones_like(x)
    count = float(np.prod(x.shape[LEAD:]))
    yield Change("wrong-branch", lambda g: aligned(g, x.ndim - LEAD) * ones, cost("wrong-branch"), "both")
    yield Change("wrong-branch", lambda g: aligned(g, x.ndim - LEAD) * ones / count, cost("wrong-branch"), "shared")
    other = "smallest" if site.here.op == "largest" else "largest"
    wrong = BATCHED[other].pull
    yield Change(
        "wrong-branch", lambda g: wrong(site.here, g, site.y, site.x, 0), cost("wrong-branch"), "the other branch"
    )
    yield Change("sign", lambda g: -right(site.here, g, site.y, site.x, 0), cost("sign", 0.6), "here")


_ARRAYS: dict[str, Callable[[Site], Iterator[Change]]] = {
    "matmul": _matmul,
    "dot": _bilinear,
    "outer": _bilinear,
    "softmax": _softmax,
    "logsoftmax": _log_softmax,
    "mean": _mean,
    "squared_error": _loss,
    "bce": _loss,
    "cross_entropy": _loss,
    "largest": _extreme,
    "smallest": _extreme,
}


# -- neighbours: the right rule with a neighbour's values


def _neighbours(site: Site) -> Iterator[Change]:
    here = site.here
    if here.op in {"mul", "matmul", "dot", "outer"}:
        other = 1 - site.argument
        for about, value in alternatives(site.points, here.args[other]):
            share = site.with_argument(other, value)
            yield Change("wrong-index", share, cost("wrong-index", 0.1), about)
    elif here.op in UNARY:
        rule = OPS[here.op]
        for about, y, x in _other_units(site):
            yield Change("wrong-index", site.with_slope(rule.slopes[0](np, y, x)), cost("wrong-index", 0.1), about)


def _other_units(site: Site) -> Iterator[tuple[str, Array, Array]]:
    """Output and input of other units with the same function."""
    points, slots = site.points, site.points.graph.slots
    if site.here.shape:
        y, x = site.y, aligned(site.x[0], len(site.here.shape))
        for step in range(1, min(site.here.shape[-1], 6)):
            yield "another unit", np.roll(y, -step, axis=-1), np.roll(x, -step, axis=-1)
    for i, slot in enumerate(slots):
        if slot.op == site.here.op and i != site.slot and slot.shape == site.here.shape:
            yield site.said(i), points.values[i], points.values[slot.args[0]]


def alternatives(points: Points, slot: int) -> Iterator[tuple[str, Array]]:
    """What a student may take by mistake for the value of a slot: siblings by name, other entries of the same array."""
    graph = points.graph
    here = graph.slots[slot]
    if here.name is not None:
        for key in siblings(graph, here.name):
            yield graph.names[key], points.at(key)
        if here.shape and here.shape[-1] <= 8:
            for step in range(1, here.shape[-1]):
                yield "another entry", np.roll(points.values[slot], -step, axis=-1)
    elif here.op == "index":
        yield from other_entries(points, slot)


def other_entries(points: Points, slot: int) -> Iterator[tuple[str, Array]]:
    """The other entries (rows, columns) of the array that an entry was taken from."""
    graph = points.graph
    here = graph.slots[slot]
    items = dict(here.options)["items"]
    base = points.values[here.args[0]]
    shape = graph.slots[here.args[0]].shape
    body = said(graph, here.args[0])
    count = 0
    for axis, item in enumerate(items):
        for other in range(shape[axis]) if isinstance(item, int) else ():
            if other == item % shape[axis] or count >= MAX_ALTERNATIVES:
                continue
            count += 1
            chosen = [*items[:axis], other, *items[axis + 1 :]]
            key: tuple[Any, ...] = tuple(i if isinstance(i, int) else slice(i.start, i.stop) for i in chosen)
            label = ",".join(str(i) if isinstance(i, int) else ":" for i in chosen)
            yield f"{body}[{label}]", base[(slice(None),) * LEAD + key]


def siblings(graph: Graph, key: str) -> list[str]:
    """The nearest names of the same letters with another number, of the same shape: z2 for z1, w12 for w11 and w22."""
    shape = graph.slots[graph.slot_of[key]].shape
    stem = _stem(key)
    kin = [other for other in graph.names if other != key and stem and _stem(other) == stem]
    same = [other for other in kin if graph.slots[graph.slot_of[other]].shape == shape]
    return sorted(same, key=lambda other: _distance(key, other))[:MAX_SIBLINGS]


def _stem(key: str) -> str:
    return key.rstrip("0123456789")


def _distance(a: str, b: str) -> tuple[int, int]:
    """In how many digits two names differ, then by how much."""
    if len(a) != len(b):
        return 9, abs(len(a) - len(b))
    differ = [abs(ord(x) - ord(y)) for x, y in zip(a, b, strict=True) if x != y]
    return len(differ), sum(differ)
