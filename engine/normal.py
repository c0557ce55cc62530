"""The normal quantile, the natural logarithm and sine and cosine from +, −, ×, ÷ and √ alone.

The mathematical libraries of two machines may differ in the last bit; IEEE 754 arithmetic does not. Random
data built from these functions are therefore the same bits everywhere, and so is their hash.
"""

from __future__ import annotations

import numpy as np
from numpy import float64
from numpy.typing import NDArray

Vector = NDArray[float64]

# Wichura: Algorithm AS 241, PPND16, Applied Statistics 37 (1988): coefficients from the highest power down.
CENTRAL = (
    (2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987,
     13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665),
    (5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597,
     5394.196021424751, 687.1870074920579, 42.31333070160091, 1.0),
)  # fmt: skip
MIDDLE = (
    (0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
     3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835),
    (1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
     0.6897673349851, 1.6763848301838038, 2.053191626637759, 1.0),
)  # fmt: skip
TAIL = (
    (2.0103343992922881e-07, 2.7115555687434876e-05, 0.0012426609473880784, 0.026532189526576124,
     0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103),
    (2.0442631033899397e-15, 1.421511758316446e-07, 1.8463183175100548e-05, 0.0007868691311456133,
     0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1.0),
)  # fmt: skip

# ln 2 in two parts, the first of 32 bits, so that k·LN2_HIGH is exact (as in fdlibm)
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
TAU = 6.283185307179586


def horner(coefficients: tuple[float, ...], x: Vector) -> Vector:
    """The polynomial with these coefficients, highest power first."""
    out = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        out = out * x + coefficient
    return out


def log(x: Vector) -> Vector:
    """ln x of positive numbers, within 1e-15 relative: x = m·2^k, ln m = 2 artanh((m−1)/(m+1)), a series."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < 0.7071067811865476
    mantissa = np.where(small, mantissa + mantissa, mantissa)
    k = (exponent - small).astype(np.float64)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    series = horner(tuple(2.0 / n for n in range(23, 0, -2)), s * s)
    out: Vector = k * LN2_HIGH + (s * series + k * LN2_LOW)
    return out


def normal_quantile(p: Vector) -> Vector:
    """The z below which a standard normal number falls with probability p, 0 < p < 1, within 4e-15."""
    q = p - 0.5
    central = 0.180625 - q * q
    root = np.sqrt(-log(np.minimum(p, 1.0 - p)))
    middle = _ratio(MIDDLE, root - 1.6)
    tail = _ratio(TAIL, root - 5.0)
    outer = np.where(root <= 5.0, middle, tail)
    return np.where(np.abs(q) <= 0.425, q * _ratio(CENTRAL, central), np.where(q < 0.0, -outer, outer))


def _ratio(pair: tuple[tuple[float, ...], tuple[float, ...]], x: Vector) -> Vector:
    out: Vector = horner(pair[0], x) / horner(pair[1], x)
    return out


def cos_sin(turns: Vector) -> tuple[Vector, Vector]:
    """Cosine and sine of an angle in full turns, within 1e-15; exact at multiples of a quarter turn."""
    quarter = np.floor(turns * 4.0 + 0.5)
    angle = (turns - quarter * 0.25) * TAU
    square = angle * angle
    sine = angle * horner(_taylor(1), square)
    cosine = horner(_taylor(0), square)
    q = quarter - 4.0 * np.floor(quarter * 0.25)
    cos = np.where(q == 0, cosine, np.where(q == 1, -sine, np.where(q == 2, -cosine, sine)))
    sin = np.where(q == 0, sine, np.where(q == 1, cosine, np.where(q == 2, -sine, -cosine)))
    return cos + 0.0, sin + 0.0  # + 0.0: no negative zeros


def _taylor(first: int) -> tuple[float, ...]:
    """±1/n! for n = first, first + 2, … below 20, highest first: enough for |angle| ≤ π/4."""
    terms, term = [1.0], 1.0
    for n in range(first + 2, 20, 2):
        term = -term / float(n * (n - 1))
        terms.append(term)
    return tuple(reversed(terms))
