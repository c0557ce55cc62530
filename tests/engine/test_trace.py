"""One row: values, gradients, edges, and derivatives between any two names."""

import numpy as np
import pytest

from engine.errors import GraphError, NumberError
from engine.graph import Graph
from engine.trace import Reference, Trace, flat_entry, to_reference

NET = Graph.build(
    ["z = W x + b".replace("W x", "W @ x"), "h = σ(z)", "p = softmax(V @ h)", "L = cross_entropy(p, t)"],
    given={"x": (2,), "t": (3,)},
    weights={"W": (3, 2), "b": (3,), "V": (3, 3)},
)
VALUES = {
    "x": [1.0, -2.0],
    "t": [0.0, 1.0, 0.0],
    "W": [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]],
    "b": [0.1, 0.0, -0.1],
    "V": [[1.0, 0.5, -0.5], [0.2, -1.0, 0.3], [0.7, 0.1, 0.4]],
}
TRACE = Trace.of(NET, VALUES)


def test_edges_multiply_to_the_whole():
    """∂L/∂x = ∂L/∂p · ∂p/∂h · ∂h/∂z · ∂z/∂x: the chain of Jacobians in a textbook's order."""
    chain = TRACE.local("p", "L") @ TRACE.local("h", "p") @ TRACE.local("z", "h") @ TRACE.local("x", "z")
    np.testing.assert_allclose(chain, TRACE.derivative("L", "x"), rtol=1e-13)
    np.testing.assert_allclose(chain, TRACE.gradient("x"), rtol=1e-13)


def test_rows_are_outputs_and_columns_inputs():
    assert TRACE.derivative("p", "x").shape == (3, 2)
    assert TRACE.derivative("p", "W").shape == (3, 3, 2)
    assert np.shape(TRACE.derivative("L", "V")) == (3, 3)
    np.testing.assert_array_equal(TRACE.derivative("p", "x")[1], TRACE.derivative(Reference("p", 1), "x"))
    np.testing.assert_array_equal(TRACE.derivative("p", "x")[:, 1], TRACE.derivative("p", Reference("x", 1)))
    entry = TRACE.derivative(Reference("p", 1), Reference("W", 3))
    assert entry == TRACE.derivative("p", "W")[1, 1, 1]


def test_a_name_by_itself_is_the_identity_and_by_what_follows_nothing():
    np.testing.assert_array_equal(TRACE.derivative("h", "h"), np.eye(3))
    np.testing.assert_array_equal(TRACE.derivative("x", "h"), np.zeros((2, 3)))
    assert TRACE.derivative("L", "L") == 1.0


def test_share_is_upstream_times_local():
    expected = TRACE.gradient("p") @ TRACE.local("h", "p")
    np.testing.assert_allclose(TRACE.share("h", "p"), expected, rtol=1e-14)
    np.testing.assert_allclose(TRACE.share("h", "p", np.array([1.0, 0, 0])), TRACE.local("h", "p")[0], rtol=1e-14)


def test_local_holds_the_rest_fixed():
    trace = Graph.parse("a = x^2; y = a x").trace(x=3)
    assert trace.local("x", "y") == 9  # along the direct edge only
    assert trace.derivative("y", "x") == 27
    assert trace.share("x", "y") + trace.share("x", "a") == trace.gradient("x")


def test_an_array_has_no_gradient():
    trace = Trace.of(Graph.build(["y = 2x"], given={"x": (2,)}), {"x": [1, 2]})
    assert not trace.is_scalar
    with pytest.raises(NumberError, match="y is an array: it has a Jacobian, not a gradient"):
        trace.gradient("x")
    np.testing.assert_array_equal(trace.derivative("y", "x"), 2 * np.eye(2))


def test_unknown_names_get_a_near_one():
    with pytest.raises(GraphError, match="the graph has no name yhet; did you mean yhat"):
        Graph.parse("yhat = x").trace(x=1).value("yhet")


@pytest.mark.parametrize(
    ("text", "found"),
    [("W", ("W", None)), ("W[1,0]", ("W", 2)), ("W_{32}", ("W", 5)), ("x[-1]", ("x", 1)), ("x_1", ("x", 0))],
)
def test_references(text, found):
    reference = to_reference(NET, NET.read(text))
    assert (reference.key, reference.entry) == found


@pytest.mark.parametrize("text", ["W[0]", "W[3,0]", "x[2]", "x_3", "W[:,0]", "2x"])
def test_what_is_no_reference(text):
    assert to_reference(NET, NET.read(text)) is None


def test_flat_entries_follow_the_rows():
    assert [flat_entry(NET, NET.read(f"W[{i},{j}]")) for i in range(3) for j in range(2)] == list(range(6))


def test_values_are_taken_by_any_spelling_and_kind():
    graph = Graph.build(["y = ŵ x"], given={"x": ()}, weights={"ŵ": ()})
    assert Trace.of(graph, {r"\hat{w}": 2, "x": np.float32(1.5)}).value("y") == 3.0


def test_a_jacobian_that_is_too_large_is_refused_before_it_is_computed():
    graph = Graph.build(["y = outer(x, x)"], given={"x": (300,)})
    with pytest.raises(NumberError, match="∂y/∂x is too large: 27000000 entries, at most 4000000"):
        graph.trace(x=[1.0] * 300).derivative("y", "x")
