"""Mistakes at one operation: what a student hands back to an argument instead of the right share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.batched import slope_of
from engine.faults import cost
from engine.faults.array_slopes import ARRAY_CHANGES, no_changes
from engine.faults.sites import UNARY, Change, Site, alternatives
from engine.lead import Array, aligned
from engine.ops import OPS


def changes(site: Site) -> Iterator[Change]:
    """Every mistake of the catalogue that can be made on one edge."""
    with np.errstate(all="ignore"):
        if OPS[site.here.op].elementwise:
            yield from _elementwise(site)
        else:
            yield from ARRAY_CHANGES.get(site.here.op, no_changes)(site)
        yield from _neighbours(site)


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
