import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import Call, Expr, Name, Number
from engine.formula import parse
from engine.scope import Scope
from tutor.draw.cells import cell_width, row_text, text_of
from tutor.draw.mathematics import formula_rows, latex, typeset

NAMES = {key: key for key in "a b c w1 w12 x x1 y z L W h p".split()} | {"yhat": "ŷ", "fnew": "f_new"}
SCOPE = Scope(names=NAMES, arrays=frozenset("Whpx"), rows=True)


def drawn(text, width=70, **options):
    return text_of(formula_rows(parse(text, SCOPE), width, spelled=NAMES, **options))


@pytest.mark.parametrize(
    "text",
    [
        "1/(1 + exp(-(w12*x + b)))",
        "(sigmoid(w1*x1 + b) - y)^2",
        "1/2*(yhat - y)^2",
        "dL/dw1 * 2",
        "(a/b)^2",
        "a/(b/c)",
        "a^(b + 1)",
        "sqrt(a/b)",
        "1/m * Σ_i (yhat_i - y_i)^2",
        "(W.T @ h)/2",
        "h_1/p[0]",
        "sigmoid'(z)/a",
        "a - (b - c)/(-a)",
    ],
)
def test_formulas_as_on_paper(text, snapshot):
    assert "\n" + drawn(text, left="L") + "\n" == snapshot


def test_what_gains_nothing_stays_in_one_line():
    assert drawn("w1*x1 + b", left="z") == "z = w1·x1 + b"


def test_what_does_not_fit_stays_in_one_line():
    assert drawn("a/(b + c)", width=6) == "a/(b …"
    assert "╶" in drawn("a/(b + c)", width=9)


def test_what_would_be_too_tall_stays_in_one_line():
    text = "1/(1 + 1/(1 + 1/(1 + 1/(1 + a))))"
    assert drawn(text) == text


def test_a_power_in_an_exponent_stays_in_one_line():
    assert drawn("a^b^c") == "a^(b^c)"


def test_a_name_that_latex_would_read_stays_in_one_line():
    assert drawn("leaky_relu(x)/2") == "leaky_relu(x)/2"


def test_an_underscore_that_no_digits_follow_stays():
    assert "a + f_new" in drawn("(a + f_new)/2") and "h₁" in drawn("h_1/2")


def test_a_console_gets_ascii():
    assert drawn("yhat*a/b", ascii_only=True) == "y*a/b"


@pytest.mark.parametrize("source", ["", r"\nosuch{x}", r"\frac{a", "x\x1b[31m", r"\operatorname{f}", "a" * 3000])
def test_what_texicode_cannot_draw_is_none(source):
    assert typeset(source, 70) is None


def trees():
    leaves = st.sampled_from([Name("a"), Name("w12"), Name("yhat"), Number(2.0), Number(-1.5), Number(1e-7)])
    binary = st.sampled_from(["add", "sub", "mul", "div", "pow", "matmul", "max"])
    unary = st.sampled_from(["neg", "sqrt", "sigmoid", "transpose", "leaky_relu"])

    def grow(inner):
        pair = st.builds(lambda op, x, y: Call(op, (x, y)), binary, inner, inner)
        return pair | st.builds(lambda op, x: Call(op, (x,)), unary, inner)

    return st.recursive(leaves, grow, max_leaves=12)


@given(trees(), st.integers(1, 80), st.booleans())
def test_any_formula_is_drawn_within_its_width(expr: Expr, width, ascii_only):
    rows = formula_rows(expr, width, left="ŷ", spelled=NAMES, ascii_only=ascii_only)
    assert 1 <= len(rows) <= 7
    assert all(cell_width(row_text(row)) <= width and row_text(row).isprintable() for row in rows)


@given(trees())
def test_every_number_and_name_of_a_formula_is_in_its_picture(expr: Expr):
    rows = typeset(latex(expr, NAMES), 10_000, 10_000)
    if rows is not None:
        text = "".join(rows)
        raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻·ᵃ", "0123456789-.a")
        assert text.translate(raised).count("a") >= latex(expr, NAMES).count(r"\text{a}")
