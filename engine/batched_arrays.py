"""Operations on whole arrays at many points at once: value, tangent (push) and share (pull) of each.

An operation needs no entry here: without one its rule is applied point by point, which is slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.lead import LEAD, Array, Arrays, aligned, shrunk, total
from engine.lowering import Slot
from engine.ops import OPS
from engine.rule import Shape, Value


@dataclass(frozen=True)
class Batched:
    """One operation on arrays: `value(slot, *x)`, `push(slot, y, x, dx)`, `pull(slot, g, y, x, i)` for argument i."""

    value: Callable[..., Array]
    push: Callable[[Slot, Array, Arrays, Sequence[Array | None]], Array]
    pull: Callable[[Slot, Array, Array, Arrays, int], Array]


def _options(slot: Slot) -> dict[str, Any]:
    return dict(slot.options)


def _linear(apply: Callable[..., Array], pull: Callable[..., Array]) -> Batched:
    """An operation whose tangent is itself applied to the argument's tangent."""
    return Batched(apply, lambda slot, y, x, dx: apply(slot, dx[0]), pull)


def _both(bilinear: Callable[..., Array]) -> Callable[..., Array]:
    """The product rule of an operation that is linear in each of two arguments."""

    def push(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
        parts = []
        if dx[0] is not None:
            parts.append(bilinear(slot, dx[0], x[1]))
        if dx[1] is not None:
            parts.append(bilinear(slot, x[0], dx[1]))
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    return push


def _matrix(x: Array, left: bool) -> Array:
    """A vector as a row (left) or a column."""
    if x.ndim - LEAD == 2:
        return x
    return x[..., None, :] if left else x[..., :, None]


def _matmul(slot: Slot, a: Array, b: Array) -> Array:
    c = _matrix(a, True) @ _matrix(b, False)
    if b.ndim - LEAD == 1:
        c = c[..., 0]
    return c if a.ndim - LEAD == 2 else c[..., 0, :] if b.ndim - LEAD == 2 else c[..., 0]


def _matmul_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    a, b = _matrix(x[0], True), _matrix(x[1], False)
    g2 = g.reshape(*g.shape[:LEAD], a.shape[-2], b.shape[-1])
    found = g2 @ b.swapaxes(-1, -2) if i == 0 else a.swapaxes(-1, -2) @ g2
    return found.reshape(*found.shape[:LEAD], *x[i].shape[LEAD:])


def _dot(slot: Slot, a: Array, b: Array) -> Array:
    return (a * b).sum(axis=-1)


def _dot_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return g[..., None] * x[1 - i]


def _outer(slot: Slot, a: Array, b: Array) -> Array:
    return a[..., :, None] * b[..., None, :]


def _outer_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return (g * x[1][..., None, :]).sum(axis=-1) if i == 0 else (g * x[0][..., :, None]).sum(axis=-2)


def _transpose(slot: Slot, x: Array) -> Array:
    return x.swapaxes(-1, -2) if x.ndim - LEAD == 2 else x


def _key(slot: Slot) -> tuple[Any, ...]:
    items = _options(slot)["items"]
    own = tuple(item if isinstance(item, int) else slice(item.start, item.stop) for item in items)
    return (slice(None),) * LEAD + own


def _index(slot: Slot, x: Array) -> Array:
    return x[_key(slot)]


def _index_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    out = np.zeros((*g.shape[:LEAD], *x[0].shape[LEAD:]))
    out[_key(slot)] = g
    return out


def _stack(slot: Slot, *x: Array) -> Array:
    return np.stack(np.broadcast_arrays(*x), axis=LEAD)


def _stack_push(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
    return _stack(
        slot, *(np.zeros((1,) * LEAD + part.shape[LEAD:]) if d is None else d for part, d in zip(x, dx, strict=True))
    )


def _stack_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return g[(slice(None),) * LEAD + (i,)]


def _with1(slot: Slot, x: Array, one: float = 1.0) -> Array:
    return np.concatenate([np.full((*x.shape[:-1], 1), one), x], axis=-1)


def _axis(slot: Slot) -> int | None:
    axis = _options(slot).get("axis")
    return axis if axis is None or axis < 0 else axis + LEAD


def _sum(slot: Slot, x: Array) -> Array:
    axis = _axis(slot)
    return total(x) if axis is None else x.sum(axis=axis)


def _spread(slot: Slot, g: Array, shape: tuple[int, ...]) -> Array:
    axis = _axis(slot)
    g = aligned(g, len(shape)) if axis is None else np.expand_dims(g, axis)
    return np.broadcast_to(g, (*g.shape[:LEAD], *shape))


def _count(slot: Slot, x: Array) -> int:
    axis = _axis(slot)
    return int(np.prod(x.shape[LEAD:])) if axis is None else int(x.shape[axis])


def _mean(slot: Slot, x: Array) -> Array:
    return _sum(slot, x) / _count(slot, x)


def _norm(slot: Slot, x: Array) -> Array:
    return np.sqrt(total(x * x))


def _norm_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    length = aligned(y, x[0].ndim - LEAD)
    return aligned(g, x[0].ndim - LEAD) * x[0] / np.where(length == 0, 1.0, length)


def _chosen(largest: bool) -> Callable[[Array], Array]:
    def mask(x: Array) -> Array:
        flat = x.reshape(*x.shape[:LEAD], -1)
        best = flat.argmax(axis=-1) if largest else flat.argmin(axis=-1)
        return (np.arange(flat.shape[-1]) == best[..., None]).reshape(x.shape) * 1.0

    return mask


def _extreme(largest: bool) -> Batched:
    mask = _chosen(largest)
    return Batched(
        lambda slot, x: total(x * mask(x)),
        lambda slot, y, x, dx: total(mask(x[0]) * dx[0]),
        lambda slot, g, y, x, i: aligned(g, x[0].ndim - LEAD) * mask(x[0]),
    )


def softmax(x: Array) -> Array:
    """Softmax over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _log_softmax(slot: Slot, x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _softmax_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return y * (g - (g * y).sum(axis=-1, keepdims=True))


def _log_softmax_push(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
    assert dx[0] is not None
    return dx[0] - (np.exp(y) * dx[0]).sum(axis=-1, keepdims=True)


def _log_softmax_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return g - np.exp(y) * g.sum(axis=-1, keepdims=True)


def masked(t: Array, x: Array) -> Array:
    """t·x, and 0 where t is 0 even if x is infinite."""
    return np.where(t == 0, 0.0, t * x)


def _loss(term: Callable[..., Array], by_p: Callable[..., Array], by_t: Callable[..., Array]) -> Batched:
    def pair(x: Arrays) -> tuple[Array, Array]:
        rank = max(a.ndim for a in x) - LEAD
        return aligned(x[0], rank), aligned(x[1], rank)

    def push(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
        p, t = pair(x)
        parts = [
            total(slope(p, t) * aligned(d, p.ndim - LEAD))
            for slope, d in zip((by_p, by_t), dx, strict=True)
            if d is not None
        ]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
        p, t = pair(x)
        return shrunk(aligned(g, p.ndim - LEAD) * (by_p, by_t)[i](p, t), x[i].shape[LEAD:])

    return Batched(lambda slot, *x: total(term(*pair(x))), push, pull)


def bce_by_p(p: Array, t: Array) -> Array:
    """∂/∂p of −[t log p + (1 − t) log(1 − p)]."""
    return -masked(t, 1.0 / p) + masked(1.0 - t, 1.0 / (1.0 - p))


BATCHED: dict[str, Batched] = {
    "matmul": Batched(_matmul, _both(_matmul), _matmul_pull),
    "dot": Batched(_dot, _both(_dot), _dot_pull),
    "outer": Batched(_outer, _both(_outer), _outer_pull),
    "transpose": _linear(_transpose, lambda slot, g, y, x, i: _transpose(slot, g)),
    "index": _linear(_index, _index_pull),
    "stack": Batched(_stack, _stack_push, _stack_pull),
    "with1": Batched(_with1, lambda slot, y, x, dx: _with1(slot, dx[0], 0.0), lambda slot, g, y, x, i: g[..., 1:]),
    "sum": _linear(_sum, lambda slot, g, y, x, i: _spread(slot, g, x[0].shape[LEAD:])),
    "mean": _linear(_mean, lambda slot, g, y, x, i: _spread(slot, g, x[0].shape[LEAD:]) / _count(slot, x[0])),
    "norm": Batched(
        _norm,
        lambda slot, y, x, dx: total(x[0] * dx[0]) / np.where(y == 0, 1.0, y),
        _norm_pull,
    ),
    "softmax": Batched(
        lambda slot, x: softmax(x),
        lambda slot, y, x, dx: y * (dx[0] - (y * dx[0]).sum(axis=-1, keepdims=True)),
        _softmax_pull,
    ),
    "logsoftmax": Batched(_log_softmax, _log_softmax_push, _log_softmax_pull),
    "largest": _extreme(True),
    "smallest": _extreme(False),
    "squared_error": _loss(lambda p, t: (p - t) ** 2, lambda p, t: 2.0 * (p - t), lambda p, t: -2.0 * (p - t)),
    "bce": _loss(
        lambda p, t: -masked(t, np.log(p)) - masked(1.0 - t, np.log1p(-p)),
        bce_by_p,
        lambda p, t: np.log1p(-p) - np.log(p),
    ),
    "cross_entropy": _loss(
        lambda p, t: -masked(t, np.log(p)), lambda p, t: -masked(t, 1.0 / p), lambda p, t: -np.log(p)
    ),
}
"""Operation on arrays → its batched form; elementwise ones need none, they use their rule with aligned arguments."""


def _each_point(shape: Shape, function: Callable[..., Value], *x: Array | None) -> Array:
    """`function` of the arguments at every point, row and channel; its results have `shape`."""
    lead = np.broadcast_shapes(*(part.shape[:LEAD] for part in x if part is not None))
    wide = [part if part is None else np.broadcast_to(part, lead + part.shape[LEAD:]) for part in x]
    out = np.empty(lead + shape)
    for at in np.ndindex(lead):
        out[at] = function(*(part if part is None else part[at] for part in wide))
    return out


def _pulled(slot: Slot, g: Value, y: Value, x: Sequence[Value], i: int) -> Value:
    pull = OPS[slot.op].pull
    assert pull is not None
    share = pull(np, g, y, *x, **_options(slot))[i]
    return np.zeros(x[i].shape) if share is None else share


def _by_value(slot: Slot, *x: Array) -> Array:
    return _each_point(slot.shape, lambda *at: OPS[slot.op].value(np, *at, **_options(slot)), *x)


def _by_pull(slot: Slot, g: Array, y: Array, x: Arrays, i: int) -> Array:
    return _each_point(x[i].shape[LEAD:], lambda g, y, *at: _pulled(slot, g, y, at, i), g, y, *x)


def _by_units(slot: Slot, y: Array, x: Arrays, dx: Sequence[Array | None]) -> Array:
    """The tangent, entry by entry: what a unit gradient there hands back, times the arguments' tangents."""

    def push(y: Value, *at: Value) -> Value:
        x, dx = at[: len(at) // 2], at[len(at) // 2 :]
        units = np.eye(int(np.prod(slot.shape, dtype=int))).reshape(-1, *slot.shape)
        parts = [
            sum(np.sum(_pulled(slot, unit, y, x, i) * d) for i, d in enumerate(dx) if d is not None) for unit in units
        ]
        return np.reshape(parts, slot.shape)

    return _each_point(slot.shape, push, y, *x, *dx)


POINT_BY_POINT = Batched(_by_value, _by_units, _by_pull)
"""What an operation without a form of its own does: its rule, one point after the other."""


def batched_of(op: str) -> Batched:
    """How an operation on arrays is done at many points."""
    return BATCHED.get(op, POINT_BY_POINT)
