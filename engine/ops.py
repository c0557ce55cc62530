"""The table of operations. To add one: write its entry here (elementwise) or in array_ops.py (whole arrays).

Value, both passes, compiled code, marking and pictures follow from the entry. What tests ask for besides: the same
function in plain Python in tests/naive.py, and its PyTorch source in tutor/exports/torch_formula.py.

Sources of the derivatives: any calculus text; the forms through the output y (σ' = y(1 − y), tanh' = 1 − y²) are the
ones taught, and in paper arithmetic (`decimals`) they use the rounded output.
"""

from __future__ import annotations

from engine.array_ops import ARRAY_OPS
from engine.names import normalise
from engine.rule import Maths, Rule, Table, Value, table


def _zero(_m: Maths, y: Value, _x: Value) -> Value:
    return y * 0.0 + 0.0


def _one(_m: Maths, y: Value, _a: Value, _b: Value) -> Value:
    return 1.0


def _sigmoid(m: Maths, x: Value) -> Value:
    small = m.exp(-m.absolute(x))
    return m.where(x >= 0, 1.0, small) / (1.0 + small)


def _softplus(m: Maths, x: Value) -> Value:
    return m.maximum(x, 0.0) + m.log1p(m.exp(-m.absolute(x)))


def _log_sigmoid(m: Maths, x: Value) -> Value:
    return m.minimum(x, 0.0) - m.log1p(m.exp(-m.absolute(x)))


def _power_by_base(m: Maths, y: Value, x: Value, p: Value) -> Value:
    return m.where(p == 0, 0.0, p * m.power(x, p - 1.0))


def _power_by_exponent(m: Maths, y: Value, x: Value, p: Value) -> Value:
    return m.where((x == 0) & (p > 0), 0.0, y * m.log(x))


def _above(m: Maths, x: Value) -> Value:
    return m.where(x > 0, 1, 0)


def _first_larger(m: Maths, x: Value, y: Value) -> Value:
    return m.where(x >= y, 1, 0)


def _first_smaller(m: Maths, x: Value, y: Value) -> Value:
    return m.where(x <= y, 1, 0)


LEAK = 0.01
"""Slope of leaky_relu below 0."""

_AT_ZERO = "at exactly 0 the slope is taken as 0; any slope between 0 and 1 would do"

ELEMENTWISE = table(
    Rule(
        "copy",
        (1, 1),
        "{0}",
        lambda m, x: x * 1.0,
        (lambda m, y, x: 1.0,),
        ("1",),
        "A copy passes the upstream gradient on unchanged.",
        called=False,
    ),
    Rule(
        "add",
        (2, 2),
        "{0} + {1}",
        lambda m, x, y: x + y,
        (_one, _one),
        ("1", "1"),
        "A sum hands the upstream gradient to both of its terms.",
        called=False,
    ),
    Rule(
        "sub",
        (2, 2),
        "{0} - {1}",
        lambda m, x, y: x - y,
        (_one, lambda m, y, a, b: -1.0),
        ("1", "-1"),
        "A difference hands the upstream gradient to the first term and its negative to the second.",
        called=False,
    ),
    Rule(
        "mul",
        (2, 2),
        "{0}·{1}",
        lambda m, x, y: x * y,
        (lambda m, y, a, b: b, lambda m, y, a, b: a),
        ("{1}", "{0}"),
        "A product hands each factor the upstream gradient times the other factor.",
        called=False,
    ),
    Rule(
        "div",
        (2, 2),
        "{0}/{1}",
        lambda m, x, y: m.divide(x, y),
        (lambda m, y, a, b: m.divide(1.0, b), lambda m, y, a, b: m.divide(-y, b)),
        ("1/{1}", "-{0}/{1}^2"),
        "A quotient hands its numerator the upstream gradient over the denominator, "
        "and its denominator minus the quotient times that.",
        called=False,
    ),
    Rule(
        "neg",
        (1, 1),
        "-{0}",
        lambda m, x: -x,
        (lambda m, y, x: -1.0,),
        ("-1",),
        "A minus sign turns the gradient round.",
        called=False,
    ),
    Rule(
        "pow",
        (2, 2),
        "{0}^{1}",
        lambda m, x, p: m.power(x, p),
        (_power_by_base, _power_by_exponent),
        ("{1}·{0}^({1} - 1)", "{0}^{1}·log({0})"),
        "A power hands its base the exponent times the base to one power less.",
        called=False,
    ),
    Rule(
        "exp",
        (1, 1),
        "",
        lambda m, x: m.exp(x),
        (lambda m, y, x: y,),
        ("{y}",),
        "The slope of exp is its own value.",
        prime="exp(x)",
    ),
    Rule(
        "log",
        (1, 1),
        "",
        lambda m, x: m.log(x),
        (lambda m, y, x: m.divide(1.0, x),),
        ("1/{0}",),
        "The slope of the logarithm is one over its input.",
        spelled=("ln",),
        prime="1/x",
    ),
    Rule(
        "sqrt",
        (1, 1),
        "",
        lambda m, x: m.sqrt(x),
        (lambda m, y, x: m.divide(0.5, y),),
        ("1/(2·{y})",),
        "The slope of a square root is one over twice the root.",
        prime="1/(2*sqrt(x))",
    ),
    Rule(
        "abs",
        (1, 1),
        "",
        lambda m, x: m.absolute(x),
        (lambda m, y, x: m.sign(x),),
        ("abs'({a})",),
        "The absolute value keeps the gradient's sign for a positive input and turns it for a negative one.",
        kink="at exactly 0 the slope is taken as 0; any slope between -1 and 1 would do",
        side=lambda m, x: m.where(x > 0, 1, 0),
        prime="step(x) - step(-x)",
    ),
    Rule(
        "sin",
        (1, 1),
        "",
        lambda m, x: m.sin(x),
        (lambda m, y, x: m.cos(x),),
        ("cos({a})",),
        "The slope of the sine is the cosine.",
        prime="cos(x)",
    ),
    Rule(
        "cos",
        (1, 1),
        "",
        lambda m, x: m.cos(x),
        (lambda m, y, x: -m.sin(x),),
        ("-sin({a})",),
        "The slope of the cosine is minus the sine.",
        prime="-sin(x)",
    ),
    Rule(
        "tanh",
        (1, 1),
        "",
        lambda m, x: m.tanh(x),
        (lambda m, y, x: 1.0 - y * y,),
        ("1 - {y}^2",),
        "The slope of tanh is one minus its output squared.",
        prime="1 - tanh(x)^2",
    ),
    Rule(
        "sinh",
        (1, 1),
        "",
        lambda m, x: m.sinh(x),
        (lambda m, y, x: m.cosh(x),),
        ("cosh({a})",),
        "The slope of sinh is cosh.",
        prime="cosh(x)",
    ),
    Rule(
        "cosh",
        (1, 1),
        "",
        lambda m, x: m.cosh(x),
        (lambda m, y, x: m.sinh(x),),
        ("sinh({a})",),
        "The slope of cosh is sinh.",
        prime="sinh(x)",
    ),
    Rule(
        "sigmoid",
        (1, 1),
        "",
        _sigmoid,
        (lambda m, y, x: y * (1.0 - y),),
        ("{y}·(1 - {y})",),
        "The slope of the sigmoid is output times one minus output, at most 1/4.",
        spelled=("sigma", "logistic"),
        prime="sigmoid(x)*(1 - sigmoid(x))",
    ),
    Rule(
        "relu",
        (1, 1),
        "",
        lambda m, x: m.maximum(x, 0.0),
        (lambda m, y, x: m.where(x > 0, 1.0, x * 0.0 + 0.0),),
        ("relu'({a})",),
        "A relu lets the gradient through where its input is positive and stops it elsewhere.",
        kink=_AT_ZERO,
        side=_above,
        prime="step(x)",
    ),
    Rule(
        "leaky_relu",
        (1, 1),
        "",
        lambda m, x: m.where(x > 0, x, LEAK * x),
        (lambda m, y, x: m.where(x > 0, 1.0, LEAK + x * 0.0),),
        ("leaky_relu'({a})",),
        "A leaky relu lets the gradient through where its input is positive and a hundredth of it elsewhere.",
        kink="at exactly 0 the slope is taken as 0.01; any slope between 0.01 and 1 would do",
        side=_above,
        prime="0.01 + 0.99*step(x)",
    ),
    Rule(
        "softplus",
        (1, 1),
        "",
        _softplus,
        (lambda m, y, x: _sigmoid(m, x),),
        ("sigmoid({a})",),
        "The slope of softplus is the sigmoid.",
        prime="sigmoid(x)",
    ),
    Rule(
        "logsigmoid",
        (1, 1),
        "",
        _log_sigmoid,
        (lambda m, y, x: _sigmoid(m, -x),),
        ("1 - sigmoid({a})",),
        "The slope of log sigmoid is one minus the sigmoid.",
        spelled=("log_sigmoid",),
        prime="1 - sigmoid(x)",
    ),
    Rule(
        "step",
        (1, 1),
        "",
        lambda m, x: m.where(x > 0, 1.0, x * 0.0 + 0.0),
        (_zero,),
        ("0",),
        "A step has slope 0 everywhere: nothing passes back through it.",
        kink="at the jump there is no slope; it is taken as 0",
        side=_above,
        prime="0*x",
    ),
    Rule(
        "round",
        (1, 1),
        "",
        lambda m, x: m.rint(x),
        (_zero,),
        ("0",),
        "Rounding has slope 0 between its jumps: nothing passes back through it.",
        kink="at a jump there is no slope; it is taken as 0",
        side=lambda m, x: m.rint(x),
        prime="0*x",
    ),
    Rule(
        "max",
        (1, 99),
        "",
        lambda m, x, y: m.maximum(x, y),
        (
            lambda m, y, a, b: m.where(a >= b, 1.0, a * 0.0 + 0.0),
            lambda m, y, a, b: m.where(a >= b, b * 0.0 + 0.0, 1.0),
        ),
        ("1 if {0} ≥ {1} else 0", "1 if {1} > {0} else 0"),
        "A maximum sends the whole gradient to the larger of its inputs and nothing to the other.",
        kink="at a tie the first takes the whole gradient; any split would do",
        side=_first_larger,
    ),
    Rule(
        "min",
        (1, 99),
        "",
        lambda m, x, y: m.minimum(x, y),
        (
            lambda m, y, a, b: m.where(a <= b, 1.0, a * 0.0 + 0.0),
            lambda m, y, a, b: m.where(a <= b, b * 0.0 + 0.0, 1.0),
        ),
        ("1 if {0} ≤ {1} else 0", "1 if {1} < {0} else 0"),
        "A minimum sends the whole gradient to the smaller of its inputs and nothing to the other.",
        kink="at a tie the first takes the whole gradient; any split would do",
        side=_first_smaller,
    ),
)

OPS: Table = {**ELEMENTWISE, **ARRAY_OPS}

FUNCTIONS: dict[str, str] = {
    normalise(spelling): rule.name for rule in OPS.values() if rule.called for spelling in (rule.name, *rule.spelled)
}
"""Normalised spelling → operation, for all that a formula may call."""
