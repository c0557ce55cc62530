"""Values, shapes and vector–Jacobian products of softmax and of the losses of a prediction p and a target t.

`m` is NumPy, as in array_maths.py. Softmax: ∂s_i/∂z_j = s_i (δ_ij − s_j). A term of weight 0 counts as 0.
"""

# ruff: noqa: D103 - each function is one column of the table: the shape, the value or the pull of its operation

from __future__ import annotations

from engine.array_maths import Pulled, broadcast_shape, unbroadcast
from engine.rule import Maths, Shape, Value

# -- softmax


def softmax_shape(a: Shape) -> Shape:
    if not a:
        raise ValueError("softmax needs a vector of scores, or a matrix with one row of scores each; this is a scalar")
    return a


def softmax_value(m: Maths, x: Value) -> Value:
    e = m.exp(x - m.max(x, axis=-1, keepdims=True))
    return e / m.sum(e, axis=-1, keepdims=True)


def softmax_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (y * (g - m.sum(g * y, axis=-1, keepdims=True)),)


def log_softmax_value(m: Maths, x: Value) -> Value:
    shifted = x - m.max(x, axis=-1, keepdims=True)
    return shifted - m.log(m.sum(m.exp(shifted), axis=-1, keepdims=True))


def log_softmax_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g - m.exp(y) * m.sum(g, axis=-1, keepdims=True),)


# -- losses


def pair_shape(p: Shape, t: Shape) -> Shape:
    broadcast_shape(p, t)
    return ()


def both(m: Maths, p: Value, t: Value, by_p: Value, by_t: Value) -> Pulled:
    return unbroadcast(m, by_p, m.shape(p)), unbroadcast(m, by_t, m.shape(t))


def squared_value(m: Maths, p: Value, t: Value) -> Value:
    return m.sum((p - t) ** 2)


def squared_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    slope = 2.0 * g * (p - t)
    return both(m, p, t, slope, -slope)


def masked(m: Maths, t: Value, x: Value) -> Value:
    """t·x, and 0 where t is 0 (a term with weight 0 does not count, even if x is infinite)."""
    return m.where(t == 0, 0.0, t * x)


def bce_value(m: Maths, p: Value, t: Value) -> Value:
    return -m.sum(masked(m, t, m.log(p)) + masked(m, 1.0 - t, m.log1p(-p)))


def bce_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    by_p = -masked(m, t, m.divide(1.0, p)) + masked(m, 1.0 - t, m.divide(1.0, 1.0 - p))
    return both(m, p, t, g * by_p, g * (m.log1p(-p) - m.log(p)) + t * 0.0)


def cross_value(m: Maths, p: Value, t: Value) -> Value:
    return -m.sum(masked(m, t, m.log(p)))


def cross_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    return both(m, p, t, -g * masked(m, t, m.divide(1.0, p)), -g * m.log(p) + t * 0.0)
