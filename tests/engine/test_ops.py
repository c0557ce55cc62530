"""Every elementwise operation of the table: slopes against finite differences, `prime`, kinks, NaN and infinity.

The tests go over the table, so a new entry is tested as soon as it is written.
"""

import itertools
import math
import random

import numpy as np
import pytest

from engine import scalar
from engine.compiled import CompiledTape
from engine.graph import Graph
from engine.ops import ELEMENTWISE, FUNCTIONS, OPS
from engine.trace import Trace
from tests import naive

RANGES = {"log": [(0.05, 5)], "sqrt": [(0.05, 5)], "pow": [(0.1, 3), (-3, 3)], "div": [(-3, 3), (0.2, 3)]}
H = 2.0**-10
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 800.0, -800.0, 1e-300, 1e300, math.inf, -math.inf, math.nan]
COUNTS = {name: len(rule.slopes) for name, rule in ELEMENTWISE.items()}
UNARY = [name for name, count in COUNTS.items() if count == 1]
PRIMED = [name for name in UNARY if ELEMENTWISE[name].prime]
KINKED = {"abs": 0.0, "relu": 0.0, "leaky_relu": 0.01, "step": 0.0}


def smooth_points(name, wanted=40):
    """Random arguments with no kink within the reach of the finite difference."""
    rule = ELEMENTWISE[name]
    draw = random.Random(name)
    ranges = RANGES.get(name, [(-3, 3)] * COUNTS[name])
    found = []
    while len(found) < wanted:
        x = [draw.uniform(*r) for r in ranges]
        corners = itertools.product(*([v - 3 * H, v, v + 3 * H] for v in x))
        if rule.side is None or len({rule.side(scalar, *corner) for corner in corners}) == 1:
            found.append(x)
    return found


def difference(function, x, i):
    def at(step):
        return function(*(v + step if k == i else v for k, v in enumerate(x)))

    return (at(-2 * H) - at(2 * H) + 8 * (at(H) - at(-H))) / (12 * H)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slopes_are_the_limits_of_differences(name):
    rule = ELEMENTWISE[name]
    for x in smooth_points(name):
        y = rule.value(scalar, *x)
        for i, slope in enumerate(rule.slopes):
            expected = difference(lambda *v: rule.value(scalar, *v), x, i)
            assert slope(scalar, y, *x) == pytest.approx(expected, rel=1e-7, abs=1e-8), (x, i)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_and_arrays_follow_one_rule(name):
    """The scalar namespace and NumPy agree on values and slopes everywhere, with the sign of zero aside."""
    rule = ELEMENTWISE[name]
    points = [*itertools.product(SPECIAL, repeat=COUNTS[name]), *smooth_points(name)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    y = rule.value(np, *columns)
    np.testing.assert_allclose(y, [rule.value(scalar, *x) for x in points], rtol=2e-15, err_msg=str(points))
    for slope in rule.slopes:
        one_by_one = [slope(scalar, rule.value(scalar, *x), *x) for x in points]
        in_arrays = np.broadcast_to(slope(np, y, *columns), y.shape)
        np.testing.assert_allclose(in_arrays, one_by_one, rtol=4e-15, atol=4e-16)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_and_slopes_are_the_plain_reference(name):
    rule = ELEMENTWISE[name]
    for x in [*itertools.product(SPECIAL, repeat=COUNTS[name]), *smooth_points(name)]:
        y = rule.value(scalar, *x)
        found = [y, *(slope(scalar, y, *x) for slope in rule.slopes)]
        assert name in naive.ONE or name in naive.TWO, f"{name} in plain Python belongs into tests/naive.py"
        plain = (naive.ONE if len(x) == 1 else naive.TWO)[name](*x)
        np.testing.assert_allclose(found, plain, rtol=1e-12, atol=1e-300, err_msg=f"{name}{tuple(x)}")


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name != "pow"])
def test_nan_is_never_swallowed(name):
    count = COUNTS[name]
    for i in range(count):
        x = [math.nan if k == i else 1.0 for k in range(count)]
        assert math.isnan(ELEMENTWISE[name].value(scalar, *x))


@pytest.mark.parametrize("name", PRIMED)
def test_prime_formula_is_the_slope(name):
    graph = Graph.build([f"y = {name}'(x)"], given={"x": ()})
    rule = ELEMENTWISE[name]
    points = [x for (x,) in smooth_points(name)] + ([0.0] if name in KINKED else [])
    for x in points:
        slope = rule.slopes[0](scalar, rule.value(scalar, x), x)
        assert Trace.of(graph, {"x": x}).value("y") == pytest.approx(slope, rel=1e-13, abs=1e-15)


def test_every_function_of_one_number_has_a_prime():
    assert [name for name in UNARY if ELEMENTWISE[name].called and not ELEMENTWISE[name].prime] == []


@pytest.mark.parametrize(("name", "slope"), KINKED.items())
def test_slope_at_the_kink_is_the_stated_one(name, slope):
    for zero in (0.0, -0.0):
        trace = Graph.parse(f"y = {name}(x)").trace(x=zero)
        assert trace.gradient("x") == slope
        assert trace.value("y") == 0


@pytest.mark.parametrize("name", ["max", "min"])
def test_at_a_tie_the_first_takes_all(name):
    trace = Graph.parse(f"y = {name}(a, b)").trace(a=2, b=2)
    assert (trace.value("y"), trace.gradient("a"), trace.gradient("b")) == (2, 1, 0)
    three = Graph.parse(f"y = {name}(a, b, c)").trace(a=2, b=2, c=2)
    assert [three.gradient(name) for name in "abc"] == [1, 0, 0]


@pytest.mark.parametrize("rule", [rule for rule in OPS.values() if rule.kink], ids=lambda rule: rule.name)
def test_every_kink_says_which_side_it_is_on(rule):
    assert rule.side is not None
    assert "taken as" in rule.kink or "takes" in rule.kink


@pytest.mark.parametrize("rule", OPS.values(), ids=lambda rule: rule.name)
def test_every_operation_can_be_said(rule):
    assert rule.says.endswith(".")
    assert rule.called or rule.text or rule.name in {"pow", "index", "stack", "max", "min"}
    assert (rule.pull is None) == rule.elementwise
    assert (rule.shape is None) == rule.elementwise
    assert not rule.elementwise or len(rule.slope_text) == len(rule.slopes)


def test_spellings_lead_to_their_operation():
    for spelling, op in {"ln": "log", "sigma": "sigmoid", "logistic": "sigmoid", "T": "transpose"}.items():
        assert FUNCTIONS[spelling] == op


@pytest.mark.parametrize(
    ("text", "x", "value", "gradient"),
    [
        ("0^x", 2.0, 0.0, 0.0),
        ("x^0", 0.0, 1.0, 0.0),
        ("x^2", -3.0, 9.0, -6.0),
        ("x^3", 0.0, 0.0, 0.0),
        ("x^0.5", 4.0, 2.0, 0.25),
        ("1/x", 0.0, math.inf, -math.inf),
        ("-1/x", 0.0, -math.inf, math.inf),
        ("exp(x)", 1000.0, math.inf, math.inf),
        ("sigmoid(x)", -1000.0, 0.0, 0.0),
        ("softplus(x)", 1000.0, 1000.0, 1.0),
        ("logsigmoid(x)", -1000.0, -1000.0, 1.0),
        ("tanh(x)", 1000.0, 1.0, 0.0),
        ("round(x)", 2.5, 2.0, 0.0),
        ("round(x)", -1.5, -2.0, 0.0),
        ("abs(x)", -2.0, 2.0, -1.0),
    ],
)
def test_edges(text, x, value, gradient):
    trace = Graph.parse(f"y = {text}").trace(x=x)
    assert (trace.value("y"), trace.gradient("x")) == (value, gradient)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_powers_of_infinity_are_those_of_ieee_754_in_plain_compiled_and_array_code():
    """NumPy alone has nan for (−∞)^0.5, and only where one exponent is for all."""
    exponents = np.array([0.5, -0.5, 1.5, 2.0, 3.0, -1.0, -2.0, 1 / 3, 0.0])
    expected = [math.inf, 0.0, math.inf, math.inf, -math.inf, -0.0, 0.0, math.inf, 1.0]
    rows = {"a": np.full(len(exponents), -math.inf), "b": exponents}
    graph = Graph.build(["L = a^b"], given={"a": (), "b": ()})
    assert [scalar.power(-math.inf, p) for p in exponents] == expected
    for compiled in (True, False):
        tape = CompiledTape.of(graph, compiled=compiled)
        np.testing.assert_array_equal(tape.values_and_gradients(rows, total=None).values, expected)
