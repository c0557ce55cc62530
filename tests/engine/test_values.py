"""Numbers in and out: shapes, plain lists, rounding as on paper, and how they are written."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NumberError
from engine.numbers import show_number, show_value
from engine.values import MAX_NUMBERS, round_half_up, rounded, shape_of, to_plain, to_value


@pytest.mark.parametrize(
    ("value", "shape"), [(1, ()), (2.5, ()), ([1, 2], (2,)), ([[1], [2]], (2, 1)), (np.zeros((2, 3)), (2, 3))]
)
def test_shapes(value, shape):
    assert shape_of(value) == shape


@pytest.mark.parametrize("value", [[[[1]]], [[1, 2], [3]], "12", None, [None], {"a": 1}, [[]], b"12", [True]])
def test_what_has_no_shape(value):
    with pytest.raises(NumberError):
        shape_of(value)


def test_sizes_are_bounded():
    with pytest.raises(NumberError, match="an array may have 1000000 numbers"):
        shape_of(range(MAX_NUMBERS + 1))


def test_there_and_back():
    assert to_plain(to_value([[1, 2], [3, 4]], (2, 2), "M")) == [[1.0, 2.0], [3.0, 4.0]]
    assert isinstance(to_value(3, (), "x"), float)


@pytest.mark.parametrize(
    ("x", "decimals", "expected"),
    [(0.25, 1, 0.3), (-0.25, 1, -0.3), (1.005, 2, 1.01), (0.125, 2, 0.13), (2.5, 0, 3.0), (1e300, 2, 1e300),
     (12345.678, 30, 12345.678), (-0.04, 1, 0.0), (0.1 + 0.2, 1, 0.3)],
)  # fmt: skip
def test_rounding_is_half_away_from_zero(x, decimals, expected):
    assert round_half_up(x, decimals) == expected
    assert math.copysign(1, round_half_up(x, decimals)) == math.copysign(1, expected)


def test_rounding_keeps_what_is_not_finite_and_takes_arrays():
    assert math.isnan(round_half_up(math.nan, 1))
    np.testing.assert_array_equal(rounded(np.array([[0.25, math.inf]]), 1), [[0.3, math.inf]])


@pytest.mark.parametrize(
    ("x", "shown"),
    [(0.105, "0.105"), (-2.0, "-2"), (1.6731310791134463e-99, "1.67313e-99"), (0.0, "0"), (-0.0, "0"),
     (math.nan, "nan"), (-math.inf, "-inf"), (123456.0, "123456"), (1234567.0, "1.23457e6"), (999999.7, "1000000"),
     (1e-4, "0.0001"), (9.99e-5, "9.99e-5"), (0.1 + 0.2, "0.3"), (2e22, "2e22")],
)  # fmt: skip
def test_numbers_are_written_once_for_all(x, shown):
    assert show_number(x) == shown


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_what_is_written_is_near(x, digits):
    text = show_number(x, digits)
    if abs(x) < 1e308:
        assert float(text) == pytest.approx(x, rel=0.6 * 10.0 ** (1 - digits), abs=1e-320)
    assert len(text) <= digits + 9


def test_arrays_are_written_as_brackets():
    assert show_value(np.array([[1.0, 0.5], [2.0, -3.0]])) == "[[1, 0.5], [2, -3]]"
    assert show_value(np.zeros((10, 10))) == "[…] 10×10"
