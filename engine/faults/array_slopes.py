"""Mistakes at one operation on arrays: softmax, matrix products, losses, largest entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.batched import pull_of
from engine.batched_arrays import BATCHED, bce_by_p, masked
from engine.faults import cost
from engine.faults.sites import Change, Share, Site
from engine.lead import LEAD, Array, aligned


def no_changes(site: Site) -> Iterator[Change]:
    """For an operation in which no mistake is known."""
    yield from ()


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

    yield Change("constant-factor", share, cost("constant-factor", 0.05), "the mean", "N")


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


ARRAY_CHANGES: dict[str, Callable[[Site], Iterator[Change]]] = {
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
