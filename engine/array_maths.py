"""Values, shapes and vector–Jacobian products of the operations on whole arrays; the table is in array_ops.py.

`m` is NumPy (given by the tape, so that a lesson of scalars never imports it). Matrix derivatives as in
Magnus and Neudecker, "Matrix Differential Calculus".
"""

# ruff: noqa: D103 - each function is one column of the table: the shape, the value or the pull of its operation

from __future__ import annotations

from typing import Any

from engine.expression import Span
from engine.rule import Maths, Shape, Value

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


def matmul_shape(a: Shape, b: Shape) -> Shape:
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


def matmul_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    a2 = a if a.ndim == 2 else a[None, :]
    b2 = b if b.ndim == 2 else b[:, None]
    g2 = m.reshape(g, (a2.shape[0], b2.shape[1]))
    return m.reshape(g2 @ b2.T, a.shape), m.reshape(a2.T @ g2, b.shape)


# -- views


def transpose_shape(a: Shape) -> Shape:
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


def index_value(m: Maths, x: Value, *, items: Items) -> Value:
    return x[index_key(items)]


def index_pull(m: Maths, g: Value, y: Value, x: Value, *, items: Items) -> Pulled:
    out = m.zeros(x.shape)
    out[index_key(items)] = g
    return (out,)


def stack_shape(*shapes: Shape) -> Shape:
    first = shapes[0]
    for i, shape in enumerate(shapes):
        if shape != first:
            raise ValueError(f"ragged array: entry 0 is {show_shape(first)}, entry {i} is {show_shape(shape)}")
    return (len(shapes), *first)


def stack_value(m: Maths, *xs: Value) -> Value:
    return m.stack([m.asarray(x, dtype=float) for x in xs])


def stack_pull(m: Maths, g: Value, y: Value, *xs: Value) -> Pulled:
    return tuple(g[i] for i in range(len(xs)))


def with1_shape(a: Shape) -> Shape:
    if len(a) == 1:
        return (a[0] + 1,)
    if len(a) == 2:
        return (a[0], a[1] + 1)
    raise ValueError("with1 puts a 1 before a vector, or a column of ones before a matrix; this is " + show_shape(a))


def with1_value(m: Maths, x: Value) -> Value:
    return m.concatenate([m.ones((*x.shape[:-1], 1)), x], axis=-1)


def with1_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g[..., 1:],)


# -- reductions


def axis_shape(a: Shape, *, axis: int | None = None) -> Shape:
    if axis is None:
        return ()
    if not -len(a) <= axis < len(a):
        raise ValueError(f"{show_shape(a)} has no axis {axis}; it goes from 0 to {len(a) - 1}")
    axis %= len(a)
    return a[:axis] + a[axis + 1 :]


def spread(m: Maths, g: Value, x: Value, axis: int | None) -> Value:
    g = m.asarray(g)
    return m.broadcast_to(g if axis is None else m.expand_dims(g, axis), m.shape(x)) * 1.0


def sum_value(m: Maths, x: Value, *, axis: int | None = None) -> Value:
    return m.sum(x, axis=axis)


def sum_pull(m: Maths, g: Value, y: Value, x: Value, *, axis: int | None = None) -> Pulled:
    return (spread(m, g, x, axis),)


def mean_value(m: Maths, x: Value, *, axis: int | None = None) -> Value:
    return m.mean(x, axis=axis)


def mean_pull(m: Maths, g: Value, y: Value, x: Value, *, axis: int | None = None) -> Pulled:
    count = m.size(x) if axis is None else m.shape(x)[axis]
    return (spread(m, g, x, axis) / count,)


def dot_shape(a: Shape, b: Shape) -> Shape:
    if a != b or len(a) != 1:
        raise ValueError(
            f"dot takes two vectors of one length, not {show_shape(a)} and {show_shape(b)}"
            + ("; for matrices use @" if len(a) == 2 or len(b) == 2 else "")
        )
    return ()


def dot_value(m: Maths, a: Value, b: Value) -> Value:
    return m.dot(a, b)


def dot_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    return g * b, g * a


def norm_shape(a: Shape) -> Shape:
    return ()


def norm_value(m: Maths, x: Value) -> Value:
    largest = m.max(m.absolute(x))
    if largest == 0 or not m.isfinite(largest):
        return largest
    return largest * m.sqrt(m.sum((x / largest) ** 2))


def norm_pull(m: Maths, g: Value, y: Value, x: Value) -> Pulled:
    return (g * x / y if y != 0 else m.zeros(m.shape(x)),)


def outer_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise ValueError(f"outer takes two vectors, not {show_shape(a)} and {show_shape(b)}")
    return (*a, *b)


def outer_value(m: Maths, a: Value, b: Value) -> Value:
    return m.outer(a, b)


def outer_pull(m: Maths, g: Value, y: Value, a: Value, b: Value) -> Pulled:
    return g @ b, g.T @ a


def entry_shape(a: Shape) -> Shape:
    if not a:
        raise ValueError("the largest or smallest entry is asked of an array, or give two or more arguments")
    return ()


def extreme(largest: bool) -> dict[str, Any]:
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
        shape=entry_shape,
        says=f"The {word} entry takes the whole gradient, the others get nothing.",
        kink="at a tie the first takes the whole gradient; any split would do",
        elementwise=False,
        called=False,
    )


# -- broadcasting


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


def unbroadcast(m: Maths, g: Value, shape: Shape) -> Value:
    """The gradient `g` summed over the axes along which an input of `shape` was repeated."""
    extra = m.ndim(g) - len(shape)
    if extra > 0:
        g = m.sum(g, axis=tuple(range(extra)))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and m.shape(g)[i] != 1)
    return m.sum(g, axis=repeated, keepdims=True) if repeated else g
