"""The formula language: spellings, precedence, names side by side, derivatives, limits, and messages with carets."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.equations import alias_key
from engine.errors import EngineError, FormulaError, GraphError
from engine.expression import Call, Derivative, Entry, Index, Marked, Name, Number, Total
from engine.formula import parse, references
from engine.graph import Graph
from engine.names import normalise
from engine.printing import show
from engine.scope import Scope

SPELLED = "x y z w b a t L ŷ v_1 w_1 w_12 p s W X v h δ x1 x2 m2 h_1 f".split()
NAMES = {normalise(name): name for name in SPELLED}
ARRAYS = frozenset(["s", "W", "X", "v", "p", "h", "z", "h1"])
ALIASES = {
    alias_key("a_1^{(3)}"): Name("w1"),
    alias_key("a^{(2)}"): Name("b"),
    "q1": Index(Name("h"), (0,)),
}
SCOPE = Scope(names=NAMES, arrays=ARRAYS, aliases=ALIASES, rows=True)


def read(text):
    return show(parse(text, SCOPE), NAMES)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # precedence
        ("1/2x", "(1/2)·x"),
        ("1/xy", "(1/x)·y"),
        ("1/2 (y-t)^2", "(1/2)·(y - t)^2"),
        ("x/y/z", "x/y/z"),
        ("x/2y", "(x/2)·y"),
        ("x - y - z", "x - y - z"),
        ("-x^2", "-x^2"),
        ("2^-x", "2^(-x)"),
        ("x^y^z", "x^(y^z)"),
        ("x^2y", "x^2·y"),
        ("x*y@W", "x·y @ W"),
        ("-x y", "-x·y"),
        ("x/-y", "x/(-y)"),
        ("x - -y", "x - (-y)"),
        ("--x", "--x"),
        # signs
        ("x**2", "x^2"),
        ("x²", "x^2"),
        ("x⁻¹", "x^(-1)"),
        ("x − y", "x - y"),
        ("x‑y", "x - y"),
        ("x·y × z ⋅ w", "x·y·z·w"),
        ("x ÷ y", "x/y"),
        ("（x＋y）", "x + y"),
        # names side by side
        ("2xy", "2·x·y"),
        ("v₁x", "v_1·x"),
        ("2(ŷ-y)v1 z(1-z)x", "2·(ŷ - y)·v_1·z·(1 - z)·x"),
        ("w_12x", "w_12·x"),
        ("x(y)", "x·y"),
        ("x(y)(z)", "x·y·z"),
        ("L(x+1)", "L·(x + 1)"),
        ("f(x)", "f·x"),
        ("3x2", "3·x2"),
        ("1e5x", "100000·x"),
        ("x e^y", "x·exp(y)"),
        ("xe^y", "x·exp(y)"),
        ("2πx", "2·pi·x"),
        # functions
        ("σ(a)", "sigmoid(a)"),
        ("σ'(a) + sigmoid′(a)", "sigmoid'(a) + sigmoid'(a)"),
        ("ln(x)", "log(x)"),
        ("log x y", "log(x)·y"),
        ("sin²(x) + cos^2(x)", "sin(x)^2 + cos(x)^2"),
        ("√x + √(x+1)", "sqrt(x) + sqrt(x + 1)"),
        ("e^{-x^2}", "exp(-x^2)"),
        ("max(x, y, z) + max(s)", "max(x, y, z) + max(s)"),
        ("sum(X, axis=0)", "sum(X, 0)"),
        # LaTeX
        (r"\frac{1}{2}x", "(1/2)·x"),
        (r"\frac12 x", "(1/2)·x"),
        (r"\dfrac{x+1}{y}", "(x + 1)/y"),
        (r"\left(x+1\right) \cdot y", "(x + 1)·y"),
        (r"\sigma\left(a\right)", "sigmoid(a)"),
        (r"x^{2y}", "x^(2·y)"),
        (r"{x+1}y", "(x + 1)·y"),
        (r"\hat{y} - \hat y", "ŷ - ŷ"),
        (r"\mathrm{relu}(x) + \operatorname{relu}(x)", "relu(x) + relu(x)"),
        (r"x \, y \; \odot z", "x·y·z"),
        (r"\exp(x) + \log x", "exp(x) + log(x)"),
        # brackets, arrays, entries
        ("[x+1]y", "(x + 1)·y"),
        ("[x, y, 1]", "[x, y, 1]"),
        ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"),
        ("[[1], [2]]", "[[1], [2]]"),
        ("[[x]]", "[[x]]"),
        ("[x + 1]·2", "(x + 1)·2"),
        ("[[x + 1]·2, y]", "[(x + 1)·2, y]"),
        ("s_1", "s_1"),
        ("s₁x", "s_1·x"),
        ("W_{12} + W_{1,2} + W_12", "W_12 + W_{1,2} + W_12"),
        ("h_1_2", "(h_1)_2"),
        ("W[0,1] + X[:,0] + v[1:] + v[-1]", "W[0,1] + X[:,0] + v[1:] + v[-1]"),
        ("(W v)_1", "(W·v)_1"),
        ("W' + W.T + W^T + W^{T} + Wᵀ", "Wᵀ + Wᵀ + Wᵀ + Wᵀ + Wᵀ"),
        (r"W^\top v", "Wᵀ·v"),
        ("w_1 + w_12", "w_1 + w_12"),
        # derivatives
        ("dL/dw1", "∂L/∂w_1"),
        ("∂L/∂w1", "∂L/∂w_1"),
        ("d(L)/d(w1)", "∂L/∂w_1"),
        (r"\frac{\partial L}{\partial w_1}", "∂L/∂w_1"),
        (r"\frac{dL}{dw_1}x", "(∂L/∂w_1)·x"),
        (r"\partial L / \partial \hat{y}", "∂L/∂ŷ"),
        ("d(p[0])/d(z[1])", "∂p[0]/∂z[1]"),
        ("dp_1/dz_2", "∂p_1/∂z_2"),
        ("2dL/dx1x2", "2·(∂L/∂x1)·x2"),
        ("-∂L/∂ŷ·x", "-(∂L/∂ŷ)·x"),
        # Σ over rows
        ("Σ_i (ŷ_i − y_i) x_i", "Σ_i (ŷ_i - y_i)·x_i"),
        (r"\sum_{i=1}^{m} (\hat{y}^{(i)}-y^{(i)}) x^{(i)}", "Σ_i (ŷ_i - y_i)·x_i"),
        ("sum_i x_i", "Σ_i x_i"),
        ("Σᵢ₌₁ᵐ xᵢ", "Σ_i x_i"),
        (r"\sum^m_{i=1} x_i + \sum^{m}_{i=1} y_i", "Σ_i x_i + Σ_i y_i"),
        ("1/m Σ (ŷ-y) x", "(1/m)·(Σ (ŷ - y)·x)"),
        ("Σ_i x_i + 1", "Σ_i x_i + 1"),
        ("Σ_i X_{i1}", "Σ_i X_{i1}"),
        ("Σ_{i=1}^{3} x_i", "Σ_{i=1}^{3} x_i"),
        ("Σᵢ₌₁³ xᵢ", "Σ_{i=1}^{3} x_i"),
        # aliases
        ("a_1^{(3)} + a_1^(3) + a₁⁽³⁾", "w_1 + w_1 + w_1"),
        ("a^{(2)}", "b"),
        ("q_1", "h[0]"),
        ("x^(3)", "x^3"),
        ("ya_1^{(3)} + 2xa^{(3)}_1 + xa₁⁽³⁾y + ya^{(2)}", "y·w_1 + 2·x·w_1 + x·w_1·y + y·b"),
        ("a₁⁽³⁾² + a_1^{(3)}^2", "w_1^2 + w_1^2"),
        ("xʸ", "x^y"),
    ],
)
def test_reads(text, shown):
    assert read(text) == shown


@pytest.mark.parametrize(
    ("text", "message", "caret"),
    [
        ("x +", "something is missing here", (3, 4)),
        ("", "something is missing here", (0, 1)),
        ("x^", "something is missing here", (2, 3)),
        ("(x", "this ( is never closed", (0, 1)),
        ("exp(x", "this ( is never closed", (3, 4)),
        ("x)", ") does not fit here", (1, 2)),
        ("x = 3", "a formula has no = sign; give only what stands to its right", (2, 3)),
        ("1,5", "a comma parts only arguments, or entries in brackets: [1, 2]; decimals: 0.5", (1, 2)),
        ("2 3", "two numbers side by side: write 2*3, or 0.5 with a point", (2, 3)),
        ("sigmod(x)", "unknown function sigmod; did you mean sigmoid?", (0, 6)),
        ("y + Q", "unknown name Q", (4, 5)),
        ("b_2", "unknown name b_2", (0, 3)),
        ("delat", "unknown name delat; did you mean delta?", (0, 5)),
        ("exp", "exp is a function: write exp(…)", (0, 3)),
        ("max()", "max takes 1 or more arguments, not 0", (0, 5)),
        ("dot(s)", "dot takes 2 arguments, not 1", (0, 6)),
        ("exp(x, y)", "exp takes 1 argument, not 2", (0, 9)),
        ("softmax'(z)", "softmax has no derivative written with '", (7, 8)),
        (r"\foo x", r"unknown LaTeX command \foo", (0, 4)),
        ("x $ y", "'$' has no meaning in a formula", (2, 3)),
        ("x \x1b[2J", "the character U+001B has no meaning in a formula", (2, 3)),
        ("x \u202e y", "the character U+202E has no meaning in a formula", (2, 3)),
        ("1e400", "this number is too large for a double (at most about 1.8e308)", (0, 5)),
        ("x^{(3)} y", "x^{(3)} is no name here; a power is written ^3", (0, 7)),
        ("dL/dw99", "unknown name w99 in dL/dw99", (4, 7)),
        ("Σ_{i=2}^{3} x_i", "a Σ starts at 1 here: i=1", (1, 7)),
        ("Σᵢ₌₀ xᵢ", "a Σ starts at 1 here: i=1", (1, 4)),
        ("Σ_i^{2.5} x_i", "the upper limit of a Σ is a whole number or m", (5, 8)),
        ("x" * 2001, "a formula may have 2000 characters; this one has 2001", (2000, 2001)),
        ("Σ_{ijk} W_{ij}", "a Σ has one index, or two: Σ_i, Σ_{ij}", (0, 1)),
        ("Σ_i x_i + y_i", "y_i stands outside its Σ: put brackets round all that is added up", (10, 13)),
        ("x d(L)/d(q)", "d(…) stands in a derivative of two names of the graph, as in d(L)/d(w1)", (2, 3)),
        ("∂L", "∂ stands in a derivative of two names, as in ∂L/∂w1", (0, 1)),
        ("v[:", ": does not fit here", (2, 3)),
        ("v[" + "9" * 400 + "]", "no array has so many entries: 999999999999999999…", (2, 402)),
        ("x_", None, None),
        ("_1", "_1 does not fit here", (0, 2)),
        ("(" * 60 + "x" + ")" * 60, "nested more than 50 levels deep", (50, 51)),
        ("-".join(["x"] * 700), "more than 500 operations", None),
        ("x" + "_1" * 700, None, None),
        ("(x)" + "_1" * 700, "more than 500 operations", None),
        ("x" * 1999, None, None),
        ("x" * 2001, "a formula may have 2000 characters; this one has 2001", None),
    ],
)
def test_says_what_is_wrong_and_where(text, message, caret):
    if message is None:
        parse_or_error(text)
        return
    with pytest.raises(FormulaError) as caught:
        parse(text, SCOPE)
    assert caught.value.message.startswith(message)
    if caret:
        error = caught.value
        assert (error.at, error.end or error.at + 1) == caret
        _, marks = error.caret().split("\n")
        assert set(marks) <= {" ", "^"}
        assert "^" in marks


def parse_or_error(text, scope=SCOPE):
    """The tree, or None with a message that points into the text."""
    try:
        return parse(text, scope)
    except FormulaError as error:
        said = error
    assert said.message
    assert "\x1b" not in said.message
    assert said.at is None or 0 <= said.at <= len(text)
    assert said.caret() == "" or "^" in said.caret()
    return None


TOKENS = [
    *SPELLED, "σ", "exp", "log", "d", "∂", "Σ", "Σ_i", "_", "_1", "_i", "^", "^(", "^{", "'", "(", ")",
    "[", "]", "{", "}", ",", ":", "+", "-", "*", "/", "@", "=", ".", "1", "2.5", "1e9", "\\frac", "\\hat",
    "\\left", "\\sum", "\\", "²", "ᵀ", "⁽", "₁", " ", "\n", "\x00", "\u0302", "é", "max", "softmax",
    "axis", "e", "π", "🙂", "^{(i)}", "\\partial",
]  # fmt: skip
HOSTILE = st.text(max_size=40) | st.lists(st.sampled_from(TOKENS), max_size=60).map("".join)


@given(HOSTILE)
@settings(max_examples=600)
@example("\\hat{" + "{" * 500)
@example("d(" * 300)
@example("\\frac" * 300)
@example("\\frac{\\partial " * 40)
@example("x'" * 900)
@example("-" * 1990 + "x")
@example("Σ_i" * 600)
@example("log " * 400 + "x")
@example("x^" * 900 + "x")
@example("[" * 1900)
@example("dL/d" * 400)
@example("ab" * 1000)
@example("_" * 2000)
@example("x\u0302" * 900)
@example("9" * 1990)
@example("x[" + "1," * 900 + "1]")
@example("s[99999999999999999999]")
@example("s_" + "9" * 300)
@example("W_{" + "1," * 15 + "}")
def test_any_text_is_read_or_refused_with_a_message(text):
    for scope in (SCOPE, Scope(open=True)):
        expr = parse_or_error(text, scope)
        if expr is not None:
            assert show(expr)
    build_or_error(text)


def build_or_error(text):
    """As a node's formula: built, or refused with graph errors only."""
    line = f"zz = {text}"
    try:
        Graph.build([line], given={n: (3,) if normalise(n) in ARRAYS else () for n in SPELLED})
    except (GraphError, FormulaError):
        return


@given(st.text("xyd/∂()L'^_{}Σσ12 ,[]", max_size=300))
@settings(max_examples=300)
def test_dense_texts_are_bounded(text):
    parse_or_error(text)


def test_a_name_is_bounded_wherever_it_appears():
    """Splitting a run looks as far as the longest name: endless names would cost an answer minutes."""
    long = "q" * 101
    with pytest.raises(FormulaError, match="a name has at most 100 letters and digits, this one 101"):
        parse(long)
    with pytest.raises(GraphError, match="a name has at most 100 letters and digits, this one 101: qqqq"):
        Graph.build([f"{long} = 2*x"], given={"x": ()})
    with pytest.raises(GraphError, match="a name has at most 100"):
        Graph.build(["y = 2*x"], given={"x": (), long: ()})
    assert parse("q" * 100) == Name("q" * 100, at=0, end=100)
    assert Scope(names={"q" * 1000: "q"}).longest == 100


def test_an_unknown_run_of_letters_is_told_in_short():
    with pytest.raises(FormulaError) as caught:
        parse("2*" + "k" * 1900, SCOPE)
    assert caught.value.message == f"unknown name {'k' * 20}…"


def test_calls_and_products_depend_on_the_names():
    assert isinstance(parse("f(x)", Scope(names={"f": "f", "x": "x"})), Call)
    with pytest.raises(FormulaError, match="unknown function f"):
        parse("f(x)", Scope(names={"x": "x"}))
    own = Scope(names={"max": "max", "x": "x", "sigma": "σ"})
    assert parse("max(x)", own) == Call("mul", (Name("max"), Name("x")))
    assert parse("σ(x)", own) == Call("mul", (Name("sigma"), Name("x")))


def test_e_is_eulers_unless_the_graph_has_one():
    assert isinstance(parse("e", SCOPE), Number)
    assert parse("e", Scope(names={"e": "e"})) == Name("e")
    assert parse("e^x", Scope(names={"e": "e", "x": "x"})) == Call("pow", (Name("e"), Name("x")))


def test_an_index_of_p_is_not_the_number_pi():
    scope = Scope(names={"p": "p", "x": "x"}, arrays=frozenset("p"))
    assert show(parse("πx", scope), scope.names) == "pi·x"
    with pytest.raises(FormulaError, match="unknown name p_i"):
        parse("p_i x", scope)


def test_dy_over_dx_of_two_names_is_their_quotient():
    scope = Scope(names={n: n for n in ["dx", "dy", "x", "y"]})
    assert parse("dy/dx", scope) == Call("div", (Name("dy"), Name("dx")))
    assert isinstance(parse("∂y/∂x", scope), Derivative)


def test_transposed_by_T_only_if_no_name_is_T():
    assert parse("x^T", Scope(names={"x": "x", "T": "T"})) == Call("pow", (Name("x"), Name("T")))
    assert parse("x^T", Scope(names={"x": "x"})) == Call("transpose", (Name("x"),))


def test_subscripts_count_from_one_and_brackets_from_zero():
    assert parse("s_1", SCOPE) == Entry(Name("s"), "1")
    assert parse("s[1]", SCOPE) == Index(Name("s"), (1,))
    assert parse("x[0]", Scope(names={"x": "x"})) == Index(Name("x"), (0,))
    assert parse("2[x]", SCOPE) == Call("mul", (Number(2.0), Name("x")))


def test_row_marks_may_be_left_out():
    marked, plain = parse("Σ_i ŷ_i x_i", SCOPE), parse("Σ ŷ x", SCOPE)
    assert isinstance(marked, Total)
    assert isinstance(plain, Total)
    assert isinstance(marked.body.args[0], Marked)
    assert isinstance(plain.body.args[0], Name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1/m Σ (ŷ_i − y_i) x_i", "(1/m)·(Σ_i (ŷ_i - y_i)·x_i)"),
        ("Σ (ŷ^{(i)} − y^{(i)}) x^{(i)}", "Σ_i (ŷ_i - y_i)·x_i"),
        ("sum((ŷ_i − y_i) x_i)", "Σ_i (ŷ_i - y_i)·x_i"),
        ("2 sum(y_i)^2", "2·(Σ_i y_i)^2"),
        ("mean(x_i)", "(Σ_i x_i)/m"),
        ("Σ Σ_j x_i y_j", "Σ_i Σ_j x_i·y_j"),
    ],
)
def test_a_sum_may_leave_its_index_to_the_marks_of_its_names(text, shown):
    assert read(text) == shown


def test_marks_outside_a_sum_and_bare_sums_in_vain_are_refused_in_time():
    for text in ("(ŷ_i − y_i) x_i", "Σ x_i q", "sum(x_i, q_i)", "Σ x_j", "Σ " * 45 + "q", "sum(" * 45 + "q" + ")" * 45):
        with pytest.raises(FormulaError):
            parse(text, SCOPE)


def test_places_point_into_the_text():
    expr = parse("2(ŷ - y) + σ'(a)", SCOPE)
    product, prime = expr.args
    assert (product.at, product.end) == (0, 8)
    assert (prime.at, prime.end) == (11, 16)


def test_references_finds_every_derivative():
    found = references(parse("dL/dw1 · x + 2∂L/∂s_1", SCOPE))
    assert [(show(d.of), show(d.by)) for d in found] == [("L", "w1"), ("L", "s_1")]


def test_caret_is_cut_to_the_screen():
    text = "x + " * 100 + "Q + " + "x + " * 80 + "x"
    with pytest.raises(FormulaError) as caught:
        parse(text, SCOPE)
    line, marks = caught.value.caret(60).split("\n")
    assert len(line) == 60
    assert line[marks.index("^")] == "Q"
    assert re.fullmatch(r" *\^", marks)


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ("1000000000", "index 1000000000 is out of range"),
        ("-1000000000", "index -1000000000 is out of range"),
        ("999999999999999999", "index 999999999999999999 is out of range"),
        ("0000000003", "index 3 is out of range"),
    ],
)
def test_the_index_that_was_written_is_told(index, says):
    with pytest.raises(EngineError, match=says):
        Graph.build([f"L = x[{index}]"], given={"x": (3,)})


@pytest.mark.parametrize(("index", "value"), [("0000000001", 5.0), ("00", 4.0), ("-0000000001", 6.0)])
def test_zeros_before_an_index_do_not_count(index, value):
    assert Graph.build([f"L = x[{index}]"], given={"x": (3,)}).trace(x=[4, 5, 6]).value("L") == value
