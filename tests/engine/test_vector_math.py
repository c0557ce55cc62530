"""The polynomial functions against 50 digits, over the whole range of doubles, as numbers and as vectors."""

import math

import mpmath
import numpy as np
import pytest

from engine import vector_math
from engine.jit import kernel
from engine.vector_memory import lanes, load, pointer, store

WIDTH = lanes(np.float64)
EXACT = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}
POSITIVE_ONLY = {"log"}


def compiled(name):
    function = getattr(vector_math, name)

    @kernel
    def both(x, one_by_one, in_lanes):
        for i in range(x.size):
            one_by_one[i] = function(x[i])
        source, goal = pointer(x), pointer(in_lanes)
        for i in range(0, x.size, WIDTH):
            store(goal, i, function(load(source, i)))

    return both


KERNELS = {name: compiled(name) for name in EXACT}


def evaluate(name, x):
    size = -(-len(x) // WIDTH) * WIDTH
    room = np.zeros(size)
    room[: len(x)] = x
    single, lanes_ = np.zeros(size), np.zeros(size)
    KERNELS[name](room, single, lanes_)
    np.testing.assert_array_equal(single, lanes_)  # a lane is the same computation as a number
    return single[: len(x)]


def points(name):
    draw = np.random.default_rng(7)
    plain = draw.uniform(-40, 40, 700)
    tiny = draw.choice([-1.0, 1.0], 300) * 10.0 ** draw.uniform(-320, 0, 300)
    wide = draw.uniform(-746, 711, 300)
    near_one = 1.0 + draw.uniform(-0.4, 0.5, 200)
    huge = 10.0 ** draw.uniform(0, 308, 100)
    x = np.concatenate([plain, tiny, wide, near_one, huge, [0.5, 1.0, -1e-17, 709.7827, -745.1, 2.0**-1022]])
    if name in POSITIVE_ONLY:
        return np.abs(x)
    if name == "log1p":
        return np.where(x > -1, x, -1 / (1.5 - x))
    return x


def units_in_last_place(value, exact):
    if abs(exact) > mpmath.mpf(2) ** 1024 * (1 - mpmath.mpf(2) ** -54):
        return 0.0 if math.isinf(value) else math.inf
    if not math.isfinite(value):
        return math.inf
    return float(abs(mpmath.mpf(value) - exact) / mpmath.mpf(math.ulp(float(exact))))


@pytest.mark.parametrize("name", EXACT)
def test_error_stays_below_four_units_in_the_last_place(name):
    x = points(name)
    with mpmath.workdps(50):
        exact = [EXACT[name](mpmath.mpf(a)) for a in x]
        errors = [units_in_last_place(*pair) for pair in zip(evaluate(name, x), exact, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= 4.0, (name, x[worst], errors[worst])


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        ("exp", [0.0, -0.0, INF, -INF, 1000.0, -1000.0, NAN], [1.0, 1.0, INF, 0.0, INF, 0.0, NAN]),
        ("expm1", [0.0, -0.0, INF, -INF, 1000.0, -1000.0, NAN], [0.0, -0.0, INF, -1.0, INF, -1.0, NAN]),
        ("log", [1.0, 0.0, -0.0, -1.0, INF, -INF, NAN], [0.0, -INF, -INF, NAN, INF, NAN, NAN]),
        ("log1p", [0.0, -0.0, -1.0, -2.0, INF, -INF, NAN], [0.0, -0.0, -INF, NAN, INF, NAN, NAN]),
        ("sigmoid", [0.0, INF, -INF, 1000.0, -1000.0, NAN], [0.5, 1.0, 0.0, 1.0, 0.0, NAN]),
        ("tanh", [0.0, -0.0, INF, -INF, 40.0, -40.0, NAN], [0.0, -0.0, 1.0, -1.0, 1.0, -1.0, NAN]),
        ("softplus", [INF, -INF, 1000.0, -1000.0, NAN], [INF, 0.0, 1000.0, 0.0, NAN]),
    ],
)
def test_special_values(name, at, value):
    found = evaluate(name, np.array(at))
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(np.signbit(found)[~np.isnan(found)], np.signbit(value)[~np.isnan(value)])


def test_subnormal_results_and_arguments():
    np.testing.assert_array_equal(evaluate("exp", np.array([-745.0])), [math.exp(-745.0)])
    assert evaluate("log", np.array([5e-324]))[0] == math.log(5e-324)
    np.testing.assert_array_equal(evaluate("tanh", np.array([5e-324, -3e-310])), [5e-324, -3e-310])


def test_core_functions_agree_with_the_full_ones_inside_their_range():
    x = np.linspace(-708, 708, 1000)
    full, core = KERNELS["exp"], compiled("exp_core")
    results = [np.zeros((2, 1000)) for _ in range(2)]
    full(x, *results[0])
    core(x, *results[1])
    np.testing.assert_allclose(results[0], results[1], rtol=3e-16)


def test_sigmoid_core_is_the_sigmoid_where_doubles_can_tell():
    x = np.linspace(-700, 700, 1000)
    results = [np.zeros((2, 1000)) for _ in range(2)]
    KERNELS["sigmoid"](x, *results[0])
    compiled("sigmoid_core")(x, *results[1])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-15)
