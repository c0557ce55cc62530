"""What is printed can be read again, and means the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import FormulaError
from engine.expression import Number
from engine.formula import parse
from engine.names import normalise
from engine.printing import atom, show
from engine.scope import Scope

SPELLED = ["x", "y", "ŷ", "w_1", "w_{12}", "θ", "L", "σ̂", "s", "W", "X", "h_1"]
NAMES = {normalise(name): name for name in SPELLED}
SCOPE = Scope(names=NAMES, arrays=frozenset(NAMES), rows=True)
LEAVES = [
    *SPELLED, r"\hat{y}", "w_1", "w12", r"\theta", "2", "0.5", "1e-7", "3.14159265358979", "e", "π", "m",
    "s_1", "W_{12}", "W_{1,2}", "s[0]", "X[:,0]", "X[1:,-1]", "h_1_2", "∂L/∂w_1", "dL/ds_1",
    "d(s[0])/d(W[0,1])",
]  # fmt: skip
WRAPPED = [
    "({})", "-{}", "{}²", "({})^2", "({})'", "exp({})", "σ({})", "σ'({})", "({}).T", "√({})", "({})_1",
    "({})[0]", "Σ_i {}", "Σ ({})", "softmax({})", "sum({}, 0)", "e^({})", r"\frac{{{}}}{{2}}", "log {}",
    "max({})", "[{}, 1]",
]  # fmt: skip
JOINED = [
    "{} + {}", "{} - {}", "{} * {}", "{} / {}", "{} {}", "({})({})", "{} @ {}", "{}^{}", "max({}, {})",
    "[{}, {}]", r"\frac{{{}}}{{{}}}", "{}·{}", "-{} - {}", "outer({}, {})", "[[{}, 1], [{}, 2]]",
    "({})/({})",
]  # fmt: skip


def grown(inner):
    wrapped = st.builds(lambda form, a: form.format(a), st.sampled_from(WRAPPED), inner)
    joined = st.builds(lambda form, a, b: form.format(a, b), st.sampled_from(JOINED), inner, inner)
    return wrapped | joined


FORMULAS = st.recursive(st.sampled_from(LEAVES), grown, max_leaves=12)


@given(FORMULAS)
@settings(max_examples=500)
def test_what_is_shown_is_read_as_the_same(text):
    try:
        expr = parse(text, SCOPE)
    except FormulaError:  # such as 2 3 or 1^': the forms are put together blindly
        return
    assert parse(show(expr, NAMES), SCOPE) == expr
    assert parse(show(expr), SCOPE) == expr
    assert parse(f"1/{atom(expr, NAMES)}", SCOPE) == parse(f"1/({show(expr, NAMES)})", SCOPE)


@given(st.floats(min_value=0, allow_infinity=False, allow_nan=False))
def test_constants_keep_all_their_digits(value):
    assert parse(show(Number(value))) == Number(value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1/2x", "(1/2)·x"),
        ("1/(2x)", "1/(2·x)"),
        ("x - (y - 1)", "x - (y - 1)"),
        ("(x - y) - 1", "x - y - 1"),
        ("x/(y/2)", "x/(y/2)"),
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("2^-x", "2^(-x)"),
        ("(x^y)^2", "(x^y)^2"),
        ("x^y^2", "x^(y^2)"),
        ("-(x y)", "-(x·y)"),
        ("x - -2", "x - (-2)"),
        ("e^x", "exp(x)"),
        ("W_{1,2} + e", "W_{1,2} + e"),
        ("2(ŷ-y)w_1", "2·(ŷ - y)·w_1"),
        ("Σ_i ŷ_i x_i/m", "Σ_i ŷ_i·x_i/m"),
    ],
)
def test_as_few_brackets_as_are_needed(text, shown):
    assert show(parse(text, SCOPE), NAMES) == shown


def test_numbers_put_in_take_brackets_where_they_are_negative():
    expr = parse("2(ŷ - y)^2 - w_1 x", SCOPE)
    numbers = {"yhat": "-0.5", "y": "-1", "w1": "-3", "x": "4"}
    assert show(expr, None, numbers.__getitem__) == "2·(-0.5 - (-1))^2 - (-3·4)"


def test_a_graphs_own_e_is_not_eulers():
    expr = parse("e + 2.718281828459045", Scope(names={"e": "e"}))
    assert show(expr, {"e": "e"}) == "e + 2.718281828459045"
