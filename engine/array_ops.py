"""Operations on whole arrays: value, shape, and vector–Jacobian product, one entry each.

`m` is NumPy (given by the tape, so that a lesson of scalars never imports it). Matrix derivatives as in
Magnus and Neudecker, "Matrix Differential Calculus"; softmax: ∂s_i/∂z_j = s_i (δ_ij − s_j).
"""

from __future__ import annotations

from typing import Any

from engine.expression import Span
from engine.rule import Maths, Rule, Shape, Table, Value, table

Pulled = tuple[Value | None, ...]
Items = tuple[int | Span, ...]


def show_shape(shape: Shape) -> str:
    """A shape as a student would say it."""
    if not shape:
        return "a scalar"
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    return " × ".join(str(n) for n in shape) + (" matrix" if len(shape) == 2 else " array")


# -- matrix product


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        raise ValueError("@ multiplies matrices and vectors; for a scalar use *")
    if len(a) > 2 or len(b) > 2:
        raise ValueError("@ multiplies matrices and vectors")
    inner_a, inner_b = a[-1], b[0]
    if inner_a != inner_b:
        raise ValueError(
            f"{show_shape(a)} times {show_shape(b)} does not fit: {inner_a} columns against {inner_b} rows"
            f"; a right side with {inner_a} rows would fit"
        )
    return a[:-1] + b[1:]


def _matmul_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    a2 = a if a.ndim == 2 else a[None, :]
    b2 = b if b.ndim == 2 else b[:, None]
    g2 = m.reshape(g, (a2.shape[0], b2.shape[1]))
    return m.reshape(g2 @ b2.T, a.shape), m.reshape(a2.T @ g2, b.shape)


# -- views


def _transpose_shape(a: Shape) -> Shape:
    return a[::-1]


def index_key(items: Items) -> tuple[int | slice, ...]:
    """What Python puts between the brackets of x[items]."""
    return tuple(slice(i.start, i.stop) if isinstance(i, Span) else i for i in items)


def index_shape(a: Shape, *, items: Items) -> Shape:
    """The shape of `x[items]`. Raises ValueError for too many indices and for one that is out of range."""
    if not a:
        raise ValueError("a scalar has no entries")
    if len(items) > len(a):
        raise ValueError(f"{len(items)} indices for {show_shape(a)}; at most {len(a)} would fit")
    out: list[int] = []
    for axis, (size, item) in enumerate(zip(a, items, strict=False)):
        if isinstance(item, Span):
            out.append(len(range(*slice(item.start, item.stop).indices(size))))
            if not out[-1]:
                raise ValueError(f"this slice of {show_shape(a)} is empty")
        elif not -size <= item < size:
            where = "" if len(a) == 1 else f" of axis {axis}"
            raise ValueError(f"index {item}{where} is out of range: it goes from 0 to {size - 1}")
    return (*out, *a[len(items) :])


def _index_value(m: Maths, x: Value, *, items: Items) -> Value:
    return x[index_key(items)]


def _index_pull(m: Maths, g: Value, y: Value, x: Value, *, items: Items) -> Pulled:
    out = m.zeros(x.shape)
    out[index_key(items)] = g
    return (out,)


def _stack_shape(*shapes: Shape) -> Shape:
    first = shapes[0]
    for i, shape in enumerate(shapes):
        if shape != first:
            raise ValueError(f"ragged array: entry 0 is {show_shape(first)}, entry {i} is {show_shape(shape)}")
    return (len(shapes), *first)


def _stack_value(m: Maths, *xs: Value) -> Value:
    return m.stack([m.asarray(x, dtype=float) for x in xs])


def _stack_pull(m: Maths, g: Value, y: Value, *xs: Value) -> Pulled:
    return tuple(g[i] for i in range(len(xs)))


def _with1_shape(a: Shape) -> Shape:
    if len(a) == 1:
        return (a[0] + 1,)
    if len(a) == 2:
        return (a[0], a[1] + 1)
    raise ValueError("with1 puts a 1 before a vector, or a column of ones before a matrix; this is " + show_shape(a))


def _with1_value(m: Maths, x: Value) -> Value:
    return m.concatenate([m.ones((*x.shape[:-1], 1)), x], axis=-1)


def _with1_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g[..., 1:],)


# -- reductions


def _axis_shape(a: Shape, *, axis: int | None = None) -> Shape:
    if axis is None:
        return ()
    if not -len(a) <= axis < len(a):
        raise ValueError(f"{show_shape(a)} has no axis {axis}; it goes from 0 to {len(a) - 1}")
    axis %= len(a)
    return a[:axis] + a[axis + 1 :]


def _spread(m: Maths, g: Value, x: Value, axis: int | None) -> Value:
    g = m.asarray(g)
    return m.broadcast_to(g if axis is None else m.expand_dims(g, axis), m.shape(x)) * 1.0


def _sum_value(m: Maths, x: Value, *, axis: int | None = None) -> Value:
    return m.sum(x, axis=axis)


def _sum_pull(m: Maths, g: Value, y: Value, x: Value, *, axis: int | None = None) -> Pulled:
    return (_spread(m, g, x, axis),)


def _mean_value(m: Maths, x: Value, *, axis: int | None = None) -> Value:
    return m.mean(x, axis=axis)


def _mean_pull(m: Maths, g: Value, y: Value, x: Value, *, axis: int | None = None) -> Pulled:
    count = m.size(x) if axis is None else m.shape(x)[axis]
    return (_spread(m, g, x, axis) / count,)


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if a != b or len(a) != 1:
        raise ValueError(
            f"dot takes two vectors of one length, not {show_shape(a)} and {show_shape(b)}"
            + ("; for matrices use @" if len(a) == 2 or len(b) == 2 else "")
        )
    return ()


def _dot_value(m: Maths, a: Value, b: Value) -> Value:
    return m.dot(a, b)


def _dot_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    return g * b, g * a


def _norm_shape(a: Shape) -> Shape:
    return ()


def _norm_value(m: Maths, x: Value) -> Value:
    largest = m.max(m.absolute(x))
    if largest == 0 or not m.isfinite(largest):
        return largest
    return largest * m.sqrt(m.sum((x / largest) ** 2))


def _norm_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g * x / y if y != 0 else m.zeros(m.shape(x)),)


def _outer_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise ValueError(f"outer takes two vectors, not {show_shape(a)} and {show_shape(b)}")
    return (*a, *b)


def _outer_value(m: Maths, a: Value, b: Value) -> Value:
    return m.outer(a, b)


def _outer_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    return g @ b, g.T @ a


def _entry_shape(a: Shape) -> Shape:
    if not a:
        raise ValueError("the largest or smallest entry is asked of an array, or give two or more arguments")
    return ()


def _extreme(largest: bool) -> dict[str, Any]:
    def value(m: Maths, x: Value) -> Value:
        return m.max(x) if largest else m.min(x)

    def pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
        out = m.zeros(x.shape)
        out.flat[int(m.argmax(x) if largest else m.argmin(x))] = g
        return (out,)

    def side(m: Maths, x: Value) -> Value:
        return m.argmax(x) if largest else m.argmin(x)

    word = "largest" if largest else "smallest"
    return dict(
        value=value,
        pull=pull,
        side=side,
        shape=_entry_shape,
        says=f"The {word} entry takes the whole gradient, the others get nothing.",
        kink="at a tie the first takes the whole gradient; any split would do",
        elementwise=False,
        called=False,
    )


# -- softmax


def _softmax_shape(a: Shape) -> Shape:
    if not a:
        raise ValueError("softmax needs a vector of scores, or a matrix with one row of scores each; this is a scalar")
    return a


def _softmax_value(m: Maths, x: Value) -> Value:
    e = m.exp(x - m.max(x, axis=-1, keepdims=True))
    return e / m.sum(e, axis=-1, keepdims=True)


def _softmax_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (y * (g - m.sum(g * y, axis=-1, keepdims=True)),)


def _log_softmax_value(m: Maths, x: Value) -> Value:
    shifted = x - m.max(x, axis=-1, keepdims=True)
    return shifted - m.log(m.sum(m.exp(shifted), axis=-1, keepdims=True))


def _log_softmax_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g - m.exp(y) * m.sum(g, axis=-1, keepdims=True),)


# -- losses


def broadcast_shape(a: Shape, b: Shape) -> Shape:
    """NumPy's broadcasting of two shapes. Raises ValueError with what would fit."""
    out: list[int] = []
    for i in range(max(len(a), len(b))):
        x = a[-1 - i] if i < len(a) else 1
        y = b[-1 - i] if i < len(b) else 1
        if x != y and 1 not in (x, y):
            raise ValueError(
                f"{show_shape(a)} and {show_shape(b)} do not fit together entry by entry; "
                f"a scalar or {show_shape(a)} would fit"
            )
        out.append(y if x == 1 else x)
    return tuple(reversed(out))


def _pair_shape(p: Shape, t: Shape) -> Shape:
    broadcast_shape(p, t)
    return ()


def unbroadcast(m: Maths, g: Value, shape: Shape) -> Value:
    """The gradient `g` summed over the axes along which an input of `shape` was repeated."""
    extra = m.ndim(g) - len(shape)
    if extra > 0:
        g = m.sum(g, axis=tuple(range(extra)))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and m.shape(g)[i] != 1)
    return m.sum(g, axis=repeated, keepdims=True) if repeated else g


def _both(m: Maths, p: Value, t: Value, by_p: Value, by_t: Value) -> Pulled:
    return unbroadcast(m, by_p, m.shape(p)), unbroadcast(m, by_t, m.shape(t))


def _squared_value(m: Maths, p: Value, t: Value) -> Value:
    return m.sum((p - t) ** 2)


def _squared_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    slope = 2.0 * g * (p - t)
    return _both(m, p, t, slope, -slope)


def _masked(m: Maths, t: Value, x: Value) -> Value:
    """t·x, and 0 where t is 0 (a term with weight 0 does not count, even if x is infinite)."""
    return m.where(t == 0, 0.0, t * x)


def _bce_value(m: Maths, p: Value, t: Value) -> Value:
    return -m.sum(_masked(m, t, m.log(p)) + _masked(m, 1.0 - t, m.log1p(-p)))


def _bce_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    by_p = -_masked(m, t, m.divide(1.0, p)) + _masked(m, 1.0 - t, m.divide(1.0, 1.0 - p))
    return _both(m, p, t, g * by_p, g * (m.log1p(-p) - m.log(p)) + t * 0.0)


def _cross_value(m: Maths, p: Value, t: Value) -> Value:
    return -m.sum(_masked(m, t, m.log(p)))


def _cross_pull(m: Maths, g: Value, y: Value, p: Value, t: Value) -> Pulled:
    return _both(m, p, t, -g * _masked(m, t, m.divide(1.0, p)), -g * m.log(p) + t * 0.0)


def _array(name: str, takes: tuple[int, int], says: str, **fields: Any) -> Rule:
    return Rule(name=name, takes=takes, text=fields.pop("text", ""), says=says, elementwise=False, **fields)


ARRAY_OPS: Table = table(
    _array(
        "matmul",
        (2, 2),
        "A matrix product hands back g·Bᵀ to its left factor and Aᵀ·g to its right one.",
        text="{0} @ {1}",
        value=lambda m, a, b: a @ b,
        shape=_matmul_shape,
        pull=_matmul_pull,
        called=False,
        slope_text=("{1}", "{0}"),
    ),
    _array(
        "transpose",
        (1, 1),
        "A transpose turns the gradient over in the same way.",
        text="{0}ᵀ",
        value=lambda m, x: m.transpose(x),
        shape=_transpose_shape,
        pull=lambda m, g, y, x: (m.transpose(g),),
        spelled=("T",),
    ),
    _array(
        "index",
        (1, 1),
        "An entry hands its gradient to the place it was taken from; the other places get nothing.",
        value=_index_value,
        shape=index_shape,
        pull=_index_pull,
        called=False,
    ),
    _array(
        "stack",
        (1, 9999),
        "An array hands each entry's gradient to what stands there.",
        value=_stack_value,
        shape=_stack_shape,
        pull=_stack_pull,
        called=False,
    ),
    _array(
        "sum",
        (1, 2),
        "A sum hands the upstream gradient to every entry alike.",
        value=_sum_value,
        shape=_axis_shape,
        pull=_sum_pull,
        slope_text=("1 for every entry",),
    ),
    _array(
        "mean",
        (1, 2),
        "A mean hands every entry the upstream gradient over their number.",
        value=_mean_value,
        shape=_axis_shape,
        pull=_mean_pull,
        slope_text=("1/n for every entry",),
    ),
    _array(
        "dot",
        (2, 2),
        "An inner product hands each vector the upstream gradient times the other vector.",
        value=_dot_value,
        shape=_dot_shape,
        pull=_dot_pull,
        slope_text=("{1}", "{0}"),
    ),
    _array(
        "norm",
        (1, 1),
        "The slope of a length is the unit vector.",
        value=_norm_value,
        shape=_norm_shape,
        pull=_norm_pull,
        slope_text=("{0}/{y}",),
        kink="at the zero vector the slope is taken as 0; any vector of length at most 1 would do",
        side=lambda m, x: m.any(x != 0),
    ),
    _array(
        "with1",
        (1, 1),
        "The constant 1 takes no gradient; the other entries get theirs.",
        value=_with1_value,
        shape=_with1_shape,
        pull=_with1_pull,
    ),
    _array(
        "outer",
        (2, 2),
        "An outer product hands back g·v to its column and gᵀ·u to its row.",
        value=_outer_value,
        shape=_outer_shape,
        pull=_outer_pull,
    ),
    _array(
        "softmax",
        (1, 1),
        "Every score moves every probability: ∂p_i/∂z_j is p_i·(1 - p_i) on the diagonal and -p_i·p_j off it.",
        value=_softmax_value,
        shape=_softmax_shape,
        pull=_softmax_pull,
        slope_text=("{y}_i·([i = j] - {y}_j)",),
    ),
    _array(
        "logsoftmax",
        (1, 1),
        "∂(log p_i)/∂z_j is [i = j] - p_j.",
        value=_log_softmax_value,
        shape=_softmax_shape,
        pull=_log_softmax_pull,
        slope_text=("[i = j] - exp({y}_j)",),
        spelled=("log_softmax",),
    ),
    _array(
        "squared_error",
        (2, 2),
        "The slope of a squared error is twice the difference.",
        value=_squared_value,
        shape=_pair_shape,
        pull=_squared_pull,
        slope_text=("2·({0} - {1})", "-2·({0} - {1})"),
    ),
    _array(
        "bce",
        (2, 2),
        "The slope of binary cross-entropy is -t/p + (1 - t)/(1 - p).",
        value=_bce_value,
        shape=_pair_shape,
        pull=_bce_pull,
        slope_text=("-{1}/{0} + (1 - {1})/(1 - {0})", "log(1 - {0}) - log({0})"),
    ),
    _array(
        "cross_entropy",
        (2, 2),
        "The slope of cross-entropy is -t/p.",
        value=_cross_value,
        shape=_pair_shape,
        pull=_cross_pull,
        slope_text=("-{1}/{0}", "-log({0})"),
    ),
    Rule(name="largest", takes=(1, 1), text="max({0})", **_extreme(True)),
    Rule(name="smallest", takes=(1, 1), text="min({0})", **_extreme(False)),
)
