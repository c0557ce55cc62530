"""Vectors and tiles against NumPy, for both precisions and for sizes around a register's width."""

import numpy as np
import pytest

from engine import vector_type
from engine.jit import kernel
from engine.kernels.tiles import add_product, product, transpose, width
from engine.simd import double, exponent, fill, fma, mantissa, rounded_like, select, total
from engine.vector_memory import aligned_zeros, broadcast, gather, get, lanes, load, padded, pointer, put, store

TYPES = [np.float64, np.float32]


@kernel
def every_operation(x, y, out, indices):
    p, q, o = pointer(x), pointer(y), pointer(out)
    a, b = load(p, 0), load(q, 0)
    results = (
        a + b, a - b, a * b, a / b, -a, fma(a, b, a), a + 1, 2.0 * a,
        select(a > b, a, b), select((a > 0.0) & (b > 0.0), a, 0.0), select((a <= b) | (a != a), b, fill(a, 7.0)),
        broadcast(q, 1), gather(p, pointer(indices), 1, 1), rounded_like(double(a) * 3.0, a), fill(p, 0.5),
    )  # fmt: skip
    for i, result in enumerate(results):
        store(o, i * width(p), result)
    put(o, 15 * width(p), total(a))
    put(o, 15 * width(p) + 1, get(p + 1, 0))


@pytest.mark.parametrize("dtype", TYPES)
def test_operations_work_lane_by_lane(dtype):
    wide = lanes(dtype)
    draw = np.random.default_rng(1)
    a, b = (draw.normal(size=wide).astype(dtype) for _ in range(2))
    indices = draw.integers(0, wide, wide)
    out = np.zeros(17 * wide + 2, dtype)
    every_operation(a, b, out, indices)
    table, rest = out[: 15 * wide].reshape(15, wide), out[15 * wide :]
    expected = [
        a + b, a - b, a * b, a / b, -a, a * b + a, a + 1, 2 * a, np.maximum(a, b), np.where((a > 0) & (b > 0), a, 0),
        np.where(a <= b, b, 7), np.full(wide, b[1]), a[indices], a * 3, np.full(wide, 0.5),
    ]  # fmt: skip
    for found, right in zip(table, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=3 * np.finfo(dtype).eps)
    np.testing.assert_allclose(rest[:2], [a.sum(), a[1]], rtol=1e-5)


def test_comparisons_with_nan_are_false_and_unequal_is_true():
    @kernel
    def compare(x, out):
        a, o = load(pointer(x), 0), pointer(out)
        width = x.size
        store(o, 0, select(a < 1.0, 1.0, fill(a, 0.0)))
        store(o, width, select(a >= 1.0, 1.0, fill(a, 0.0)))
        store(o, 2 * width, select(a == a, 1.0, fill(a, 0.0)))
        store(o, 3 * width, select(a != a, 1.0, fill(a, 0.0)))

    width = lanes(np.float64)
    out = np.zeros(4 * width)
    compare(np.full(width, np.nan), out)
    np.testing.assert_array_equal(out.reshape(4, -1)[:, 0], [0, 0, 0, 1])


def test_mantissa_and_exponent_make_the_number_again():
    @kernel
    def split(x, m, e):
        for i in range(x.size):
            m[i], e[i] = mantissa(x[i]), exponent(x[i])

    x = 10.0 ** np.random.default_rng(0).uniform(-300, 300, 200)
    m, e = np.zeros(200), np.zeros(200)
    split(x, m, e)
    np.testing.assert_array_equal(np.ldexp(m, e.astype(int)), x)
    assert ((m >= np.sqrt(0.5) * (1 - 1e-15)) & (m < np.sqrt(2))).all()


def test_arrays_for_vectors_begin_at_cache_lines():
    for dtype in TYPES:
        for count in (1, 5, 64):
            array = aligned_zeros(count, dtype)
            assert array.shape == (count,)
            assert array.ctypes.data % 64 == 0
            assert padded(count, dtype) % lanes(dtype) == 0
    assert vector_type.REGISTER_BYTES in (16, 32, 64)


@kernel
def multiply(out, a, b, start, rows, count, columns):
    product(pointer(out), columns, pointer(a), count, 1, pointer(b), columns, pointer(start), rows, count, columns)


@kernel
def add_transposed(out, a, b, keep, scale, rows, count, columns):
    add_product(pointer(out), columns, pointer(a), 1, rows, pointer(b), columns, keep, scale, rows, count, columns)


@kernel
def turn(out, a, zeros, rows, columns, out_row, a_row):
    transpose(pointer(out), out_row, pointer(a), a_row, rows, columns, pointer(zeros))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 21])
@pytest.mark.parametrize("count", [1, 2, 13])
@pytest.mark.parametrize("vectors", [1, 2, 3, 5])
def test_tiles_multiply_matrices_of_any_size(dtype, rows, count, vectors):
    columns = vectors * lanes(dtype)
    draw = np.random.default_rng(rows * 100 + count)
    a, b, start = (draw.normal(size=n).astype(dtype) for n in (rows * count, count * columns, columns))
    out = np.full(rows * columns, np.nan, dtype)
    multiply(out, a, b, start, rows, count, columns)
    exact = a.reshape(rows, count) @ b.reshape(count, columns) + start
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(out.reshape(rows, columns), exact, rtol=tolerance, atol=tolerance)
    before = out.copy()
    add_transposed(out, a, b, 0.5, -2.0, rows, count, columns)
    exact = 0.5 * before.reshape(rows, columns) - 2 * a.reshape(count, rows).T @ b.reshape(count, columns)
    np.testing.assert_allclose(out.reshape(rows, columns), exact, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 17), (16, 16), (33, 5)])
def test_transposes(dtype, shape):
    rows, columns = shape
    wide_in, wide_out = padded(rows, dtype), padded(columns, dtype)
    a = np.zeros(wide_in * wide_out, dtype)
    a.reshape(wide_in, wide_out)[:rows, :columns] = np.random.default_rng(0).normal(size=shape)
    a.reshape(wide_in, wide_out)[rows:] = np.nan  # what lies behind the last row must not be taken
    out = np.full(wide_in * wide_out, np.nan, dtype)
    turn(out, a, np.zeros(64, dtype), rows, columns, wide_in, wide_out)
    found = out.reshape(wide_out, wide_in)
    np.testing.assert_array_equal(found[:columns, :rows], a.reshape(wide_in, wide_out)[:rows, :columns].T)
    assert not found[:columns, rows:].any()
