"""Graphs: order, names, shapes; every mistake said once, with its part and place."""

import pytest

from engine.equations import split_equation
from engine.errors import GraphProblems, NumberError, ShapeError
from engine.graph import Graph
from engine.trace import Trace


def problems(nodes, **parts):
    with pytest.raises(GraphProblems) as caught:
        Graph.build(nodes, **parts)
    return caught.value.errors


def test_nodes_stand_after_what_they_read_else_in_the_authors_order():
    graph = Graph.build(["L = a b", "b = a + 1", "a = x", "c = 2"], given={"x": ()}, output="L")
    assert list(graph.nodes) == ["a", "b", "L", "c"]
    assert graph.nodes["L"].parents == ("a", "b")
    assert graph.consumers("a") == ("b", "L")
    assert all(arg < i for i, slot in enumerate(graph.slots) for arg in slot.args)


def test_names_are_found_by_any_spelling():
    graph = Graph.build([r"ŷ = σ(w_1 x)"], given={"x": ()}, weights={"w_1": ()})
    assert graph.key(r"\hat{y}") == graph.key("y_hat") == "yhat"
    assert (graph.given, graph.weights, graph.output) == (("x",), ("w1",), "yhat")
    assert dict(graph.names) == {"x": "x", "w1": "w_1", "yhat": "ŷ"}


def test_free_names_of_formulas_on_their_own_are_given():
    graph = Graph.parse("p = w x + b; L = (p - y)^2")
    assert graph.given == ("w", "x", "b", "y")
    assert graph.output == "L"


def test_arrays_that_are_too_large_together_are_refused():
    lines = ["a = outer(u, u)", "b = exp(a)", "c = exp(b)", "L = sum(c)"]
    (error,) = problems(lines, given={"u": (1_900,)})
    assert error.message == "the graph is too large: 10831900 entries so far, at most 8000000"


@pytest.mark.parametrize(
    ("nodes", "given", "message", "part"),
    [
        (["a = b", "b = c", "c = a + x"], ["x"], "the nodes go round in a circle: a needs b needs c needs a", 0),
        (["a = a + 1"], [], "the nodes go round in a circle: a needs a", 0),
        (["a = 1", "a = 2"], [], "a is defined twice", 1),
        (["w_1 = x", "w1 = x"], ["x"], "w1 and w_1 are the same name after normalisation (w1)", 1),
        (["ŷ = x"], ["x", "yhat"], "ŷ and yhat are the same name after normalisation (yhat)", 0),
        (["y = xx1 + q"], ["x1"], "unknown name xx1; did you mean x1?", 0),
        (["1y = x"], ["x"], "1y is no name: letters first, then letters, digits and _", 0),
        (["\x1b[31m = x"], ["x"], r'"\x1b[31m" is no name: letters first, then letters, digits and _', 0),
        (["y"], ["x"], "a node is written NAME = FORMULA", 0),
        (["= x"], ["x"], "a node is written NAME = FORMULA", 0),
        (["y = dL/dx", "L = x"], ["x"], "a derivative cannot stand in a node's formula", 0),
        (["y = Σ_i x_i"], ["x"], "Σ needs arrays to sum over; here are only scalars", 0),
    ],
)
def test_one_mistake_one_message(nodes, given, message, part):
    found = problems(nodes, given=dict.fromkeys(given, ()))
    assert len(found) == 1
    assert found[0].message.startswith(message)
    assert found[0].part == ("nodes", part)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("M @ v", "M @ v: 2 × 3 matrix times a vector of 2 does not fit: 3 columns against 2 rows"),
        ("M + v", "M + v: 2 × 3 matrix and a vector of 2 do not fit together entry by entry"),
        ("[1, [2, 3]]", "[1, [2, 3]]: ragged array: entry 0 is a scalar, entry 1 is a vector of 2"),
        ("v_3", "v is a vector of 2 and has no entry 3; entries are counted from 1 to 2"),
        ("v[2]", "v[2]: index 2 is out of range: it goes from 0 to 1"),
        ("sum(M, 0.5)", "the second argument of sum is the number of an axis: sum(X, 0)"),
        ("Σ_i v_i u_i", "Σ_i goes over arrays of 2 and 3 entries"),
        ("outer(h, h)", "40000 × 40000 matrix is too large: 1600000000 entries, at most 4000000"),
        ("Σ_i h_i", "Σ over 40000 entries is too long to write out; use sum(…)"),
        ("softmax(2)", "softmax(2): softmax needs a vector of scores"),
    ],
)
def test_shapes_are_checked_when_the_graph_is_built(text, message):
    (error,) = problems([f"y = {text}"], given={"M": (2, 3), "v": (2,), "u": (3,), "h": (40_000,)})
    assert isinstance(error, ShapeError)
    assert message in error.message
    assert (error.text, error.text[error.at : error.end]) == (f"y = {text}", text)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10**9,), "v: a vector of 1000000000 is too large: 1000000000 entries, at most 4000000"),
        ((10**5, 10**5), "v: 100000 × 100000 matrix is too large"),
        ((0,), "v: an array needs at least one entry"),
        ((2, 2, 2), "v: arrays have one axis or two"),
    ],
)
def test_shapes_of_inputs_are_checked_before_memory_is_asked_for(shape, message):
    (error,) = problems(["y = sum(v)"], given={"v": shape})
    assert error.message.startswith(message)
    assert error.part == ("given", "v")


@pytest.mark.parametrize(
    ("output", "message"),
    [("z", "the output z is no node of the graph"), ("x", "the output x is an input, not a node")],
)
def test_the_output_is_a_node(output, message):
    (error,) = problems(["y = x"], given={"x": ()}, output=output)
    assert (error.message, error.part) == (message, ("output",))


def test_all_mistakes_are_reported_at_once_and_none_twice():
    found = problems(
        ["a = Q", "b = a + 1", "c = M @ M", "a = 2", "1d = 3", "e = d"],
        given={"M": (2, 3)},
        output="nothing",
        aliases={"+": "a", "M": "a", "q": "zz"},
    )
    said = [error.message for error in found]
    assert len(set(said)) == len(said)
    parts = [error.part for error in found]
    assert {("nodes", 0), ("nodes", 2), ("nodes", 3), ("nodes", 4), ("output",)} <= set(parts)
    assert ("nodes", 1) not in parts  # b reads a, whose own mistake is said
    assert {("aliases", name) for name in ("+", "M", "q")} <= set(parts)


def test_equations_are_split_at_the_first_sign():
    assert split_equation(" L =  a - b") == ("L", "a - b", 6)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "v is a vector of 3, but was given a vector of 2"),
        ([[1, 2, 3]], "v is a vector of 3, but was given 1 × 3 matrix"),
        (1.0, "v is a vector of 3, but was given a scalar"),
        ([1, 2, float("nan")], "v holds a value that is not finite"),
        ([1, 2, 10**400], "v holds a number that is too large for a double"),
        ([1, [2], 3], "ragged array: entry 0 is a scalar, entry 1 is a vector of 1"),
        ([], "an array needs at least one entry"),
        ([1, 2, "a"], "'a' is no number"),
        (True, "True is no number"),
        (None, "None is no number"),
    ],
)
def test_values_that_do_not_fit(value, message):
    with pytest.raises(NumberError) as caught:
        Trace.of(Graph.build(["y = sum(v)"], given={"v": (3,)}), {"v": value})
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "weight has no value; give weight=NUMBER"),
        ({"x": 1, "weight": 1, "y": 2}, "y is no input of this graph"),
        ({"x": 1, "wieght": 2}, "wieght is no input of this graph; did you mean weight?"),
        ({"x": float("inf"), "weight": 1}, "x is inf; a value must be finite"),
        ({"x": 10**400, "weight": 1}, "x is too large for a double"),
    ],
)
def test_values_that_are_missing_or_too_many(values, message):
    with pytest.raises(NumberError) as caught:
        Graph.parse("y = weight x").trace(values)
    assert caught.value.message == message


def test_subscripts_of_an_array_whose_name_has_a_number():
    graph = Graph.build(["y = h1_2 + h_{1}_3"], given={"h1": (3,)})
    assert Trace.of(graph, {"h1": [1.0, 2.0, 3.0]}).value("y") == 5.0
