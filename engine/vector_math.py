"""exp, log, tanh and their family from sums and products alone, for one number or a vector of them.

The C library's functions take one number at a time, so a loop over them never fills a vector register.
These do: the same formulas serve a plain float64 and a vector of doubles (see simd.py), with the same
rounding in every lane.

The method is the usual one. exp: x = k·ln 2 + r with whole k, so exp(x) = 2^k·exp(r); |r| ≤ ½·ln 2 is so
small that a polynomial of degree 11 is exact to a hundredth of a unit in the last place. log goes the
other way, x = m·2^k, after K. C. Ng's formula in FreeBSD's e_log.c. The others are made of these two so
that nothing cancels and nothing overflows.

Error at most 4 units in the last place over the whole range (tests/engine/test_vector_math.py compares with
50 digits; seen there: at most 2.7), and exactly:

    exp(−inf) = 0     exp(large) = inf     log(0) = −inf     log(negative) = NaN     log1p(−1) = −inf
    tanh(±inf) = ±1   tanh(−0) = −0        sigmoid(−inf) = 0  softplus(−inf) = 0     f(NaN) = NaN

Subnormal numbers are right as arguments and as results.
"""

from __future__ import annotations

from typing import Any

from engine.jit import inlined
from engine.simd import absolute, exponent, fma, mantissa, nearest, scale2, select, with_sign

# a double or a vector of doubles
Number = Any

LOG2_E = 1.4426950408889634
# ln 2 in two parts; the first has 33 bits, so that k times it is exact
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
INF = float("inf")
NAN = float("nan")


@inlined
def _taylor(r: Number, start: Number) -> Number:
    """start + (exp(r) − 1 − r) for |r| ≤ ½·ln 2: a minimax polynomial in three parts, side by side."""
    r2 = r * r
    r4 = r2 * r2
    low = fma(r2, fma(r, 0.16666666666666669, 0.5000000000000001), start)
    middle = fma(r, 0.008333333333330062, 0.04166666666662413)
    middle = fma(r2, fma(r, 0.00019841269863053618, 0.0013888888917213717), middle)
    high = fma(r, 2.7557268459997064e-06, 2.4801521295954376e-05)
    high = fma(r2, fma(r, 2.510038549551032e-08, 2.7620088445409746e-07), high)
    return fma(r4 * r4, high, fma(r4, middle, low))


@inlined
def _remainder(x: Number, k: Number) -> Number:
    """x − k·ln 2."""
    return fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))


@inlined
def exp_core(x: Number) -> Number:
    """e^x for |x| ≤ 708 by the shortest chain of operations, for training loops; further out it stops."""
    x = select(x > 708.0, 708.0, x)
    x = select(x < -708.0, -708.0, x)
    k = nearest(x * LOG2_E)
    r = _remainder(x, k)
    return scale2(_taylor(r, 1.0 + r), k)


@inlined
def exp(x: Number) -> Number:
    """e^x. Beyond the exponents of normal numbers, part of 2^k is multiplied on at the end."""
    x = select(x > 710.0, 710.0, x)
    x = select(x < -746.0, -746.0, x)
    k = nearest(x * LOG2_E)
    r = _remainder(x, k)
    aside = select(x > 709.0, 1.0, select(x < -700.0, -128.0, 0.0))
    factor = select(x > 709.0, 2.0, select(x < -700.0, 2.0**-128, 1.0))
    result = scale2(_taylor(r, 1.0 + r), k - aside) * factor
    return select(x == x, result, x)


@inlined
def _exp_falling(x: Number) -> Number:
    """e^x for x ≤ 0: nothing can overflow, and NaN survives the products by itself."""
    x = select(x < -746.0, -746.0, x)
    k = nearest(x * LOG2_E)
    r = _remainder(x, k)
    small = x < -700.0
    scale = scale2(1.0, select(small, k + 128.0, k)) * select(small, 2.0**-128, 1.0)
    return _taylor(r, 1.0 + r) * scale


@inlined
def _expm1_falling(x: Number) -> Number:
    """e^x − 1 for x ≤ 0, as expm1 below."""
    x = select(x < -700.0, -700.0, x)
    k = nearest(x * LOG2_E)
    r = _remainder(x, k)
    scale = scale2(1.0, k)
    return fma(scale, _taylor(r, r), scale - 1.0)


@inlined
def expm1(x: Number) -> Number:
    """e^x − 1, exact near 0 too: 2^k·(e^r − 1) + (2^k − 1), halved on the way against overflow."""
    inside = select(x > 710.0, 710.0, x)
    inside = select(inside < -700.0, -700.0, inside)
    k = nearest(inside * LOG2_E)
    r = _remainder(inside, k)
    half = scale2(1.0, k - 1.0)
    result = fma(half, _taylor(r, r), half - 0.5) * 2.0
    result = select(absolute(x) < 1e-300, x, result)
    return select(x == x, result, x)


@inlined
def _log_normal(x: Number) -> Number:
    """ln x of normal positive numbers: x = 2^k·(1+f), ln(1+f) = f − f²/2 + s·(f²/2 + R), s = f/(2+f)."""
    k = exponent(x)
    f = mantissa(x) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * fma(w, fma(w, 0.1531383769920937332, 0.2222219843214978396), 0.3999999999940941908)
    odd = fma(w, fma(w, 0.1479819860511658591, 0.1818357216161805012), 0.2857142874366239149)
    odd = z * fma(w, odd, 0.6666666666666735130)
    half = 0.5 * f * f
    return k * LN2_HIGH - ((half - fma(s, half + (even + odd), k * LN2_LOW)) - f)


@inlined
def log(x: Number) -> Number:
    """ln x. A subnormal number is first multiplied by 2^54."""
    small = x < 2.0**-1022
    result = _log_normal(select(small, x * 2.0**54, x)) - select(small, 54.0 * 0.6931471805599453, 0.0)
    result = select(x < INF, result, x)  # inf and NaN
    return select(x > 0.0, result, select(x == 0.0, -INF, select(x < 0.0, NAN, result)))


@inlined
def log1p(x: Number) -> Number:
    """ln(1 + x): what 1 + x lost in rounding is added to the logarithm, divided by 1 + x."""
    u = 1.0 + x
    lost = (x - (u - 1.0)) / u
    return with_sign(log(u) + select((u > 0.0) & (u < INF), lost, 0.0), x)


@inlined
def sigmoid(x: Number) -> Number:
    """1/(1 + e^−x), from e^−|x|, which cannot overflow."""
    e = _exp_falling(-absolute(x))
    return select(x < 0.0, e, 1.0) / (1.0 + e)


@inlined
def sigmoid_core(x: Number) -> Number:
    """1/(1 + e^−x) with the shortest chain; it stops at 3e-308 where the true value goes on towards 0."""
    return 1.0 / (1.0 + exp_core(-x))


@inlined
def tanh(x: Number) -> Number:
    """−t/(t + 2) with t = e^(−2|x|) − 1, and the sign of x."""
    t = _expm1_falling(-2.0 * absolute(x))
    return with_sign(t / (t + 2.0), x)


@inlined
def softplus_rest(x: Number) -> Number:
    """ln(1 + e) with e = e^−|x| ≤ 1: what 1 + e loses in rounding is added, as in log1p."""
    e = _exp_falling(-absolute(x))
    u = 1.0 + e
    return _log_normal(u) + (e - (u - 1.0))


@inlined
def softplus(x: Number) -> Number:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|)."""
    return select(x > 0.0, x, 0.0) + softplus_rest(x)


@inlined
def bce_of_sum(z: Number, t: Number) -> Number:
    """−t·ln σ(z) − (1−t)·ln(1 − σ(z)) = (max(z, 0) − z·t) + ln(1 + e^−|z|), and nothing cancels."""
    return (select(z > 0.0, z, 0.0) - z * t) + softplus_rest(z)
