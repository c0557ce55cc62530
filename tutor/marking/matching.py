"""Numbers that agree at all points: constant ratios, and pairs from two long lists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.lead import Array


def without_rows(found: Array, right: Array) -> Array:
    """Changes × points × rows …: where the right answer has no rows, a change that gives each row its own is none."""
    size = int(np.prod(found.shape[2:]))
    if right.shape[1] == size:
        return found
    first = found[:, :, :1]
    alike = (found == first).reshape(len(found), -1).all(axis=1)
    return np.where(alike.reshape(-1, *(1,) * (found.ndim - 1)), first, np.nan)


def matches(a: Array, b: Array, good: Array) -> Iterator[tuple[int, int]]:
    """The pairs of rows of a and b (each points × entries) that agree at all good points."""
    one, two = a[:, good].reshape(len(a), -1), b[:, good].reshape(len(b), -1)
    if not one.size or not two.size:
        return
    weights = np.cos(np.arange(one.shape[1]) * 1.7 + 0.3)
    with np.errstate(all="ignore"):
        x, y = one @ weights, two @ weights
        size = np.abs(two) @ np.abs(weights)
    order = np.argsort(y)
    sorted_y = y[order]
    for i in range(len(x)):
        if not np.isfinite(x[i]) or not np.any(one[i]):
            continue
        slack = 1e-8 * float(np.abs(one[i]) @ np.abs(weights))
        low, high = np.searchsorted(sorted_y, [x[i] - slack, x[i] + slack])
        for j in order[low:high].tolist():
            if np.isfinite(size[j]) and np.allclose(
                one[i], two[j], rtol=1e-8, atol=1e-11 * float(np.abs(one[i]).max())
            ):
                yield i, j


def constant_ratio(a: Array, b: Array, good: Array) -> float | None:
    """κ if a = κ·b at all good points, and b is not zero everywhere."""
    x, y = a[good], b[good]
    clear = np.abs(y) > 1e-300
    if not clear.any():
        return None
    with np.errstate(over="ignore"):
        ratio = float(np.median(x[clear] / y[clear]))
    scale = float(np.abs(x).max())
    if ratio == 0 or not np.isfinite(ratio * scale) or not np.allclose(x, ratio * y, rtol=1e-8, atol=1e-12 * scale):
        return None
    return ratio


def near_to(a: float, b: float) -> bool:
    """Whether a ratio is this constant."""
    return abs(a - b) <= 1e-7 * abs(b)
