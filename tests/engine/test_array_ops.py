"""Operations on whole arrays: shapes, values and vector–Jacobian products against finite differences and loops."""

import math

import numpy as np
import pytest

from engine.array_maths import broadcast_shape, show_shape
from engine.array_ops import ARRAY_OPS
from engine.expression import Span
from engine.graph import Graph
from engine.ops import OPS
from engine.trace import Trace
from tests import naive

SHAPES = [(), (1,), (3,), (2,), (2, 3), (3, 2), (3, 3), (1, 3)]
OPTIONS = {
    "sum": [{}, {"axis": 0}, {"axis": 1}, {"axis": -1}],
    "mean": [{}, {"axis": 0}, {"axis": 1}],
    "index": [{"items": i} for i in [(0,), (-1,), (1, 2), (Span(1),), (Span(), 0), (0, Span(0, 2)), (Span(None, -1),)]],
}
POSITIVE = {"bce", "cross_entropy"}
H = 1e-3


def fitting(rule):
    """(options, shapes of the arguments) that the operation accepts."""
    found = []
    count = 2 if rule.takes[0] == 2 or rule.name == "stack" else 1
    for options in OPTIONS.get(rule.name, [{}]):
        for shapes in [(a,) for a in SHAPES] if count == 1 else [(a, b) for a in SHAPES for b in SHAPES]:
            try:
                found.append((options, shapes, rule.shape(*shapes, **options)))
            except ValueError:
                continue
    return found


def drawn(rule, shapes, seed):
    draw = np.random.default_rng(seed)
    low, high = (0.1, 0.9) if rule.name in POSITIVE else (-2, 2)
    return [draw.uniform(low, high, shape) for shape in shapes]


def moved(arrays, i, entry, step):
    return [a + (step * (np.arange(a.size).reshape(a.shape) == entry) if k == i else 0) for k, a in enumerate(arrays)]


def slope(function, arrays, i, entry):
    f = [function(moved(arrays, i, entry, k * H)) for k in (-2, -1, 1, 2)]
    return (f[0] - f[3] + 8 * (f[2] - f[1])) / (12 * H)


@pytest.mark.parametrize("rule", ARRAY_OPS.values(), ids=lambda rule: rule.name)
def test_pulls_are_the_limits_of_differences(rule):
    cases = fitting(rule)
    assert cases
    for seed, (options, shapes, shape) in enumerate(cases):
        arrays = drawn(rule, shapes, seed)
        y = rule.value(np, *arrays, **options)
        assert np.shape(y) == shape
        g = np.random.default_rng(99).uniform(-1, 1, shape)

        def weighted(arrays, options=options, g=g):
            return float(np.sum(g * rule.value(np, *arrays, **options)))

        for i, pulled in enumerate(rule.pull(np, np.asarray(g), np.asarray(y), *arrays, **options)):
            assert np.shape(pulled) == shapes[i], (shapes, options)
            found = [slope(weighted, arrays, i, k) for k in range(arrays[i].size)]
            np.testing.assert_allclose(np.ravel(pulled), found, rtol=1e-7, atol=1e-8, err_msg=str((shapes, options)))


@pytest.mark.parametrize(
    ("name", "a", "b", "message"),
    [
        ("matmul", (2, 3), (2, 3), "2 × 3 matrix times 2 × 3 matrix does not fit: 3 columns against 2 rows"),
        ("matmul", (), (3,), "@ multiplies matrices and vectors; for a scalar use *"),
        ("dot", (2, 3), (2, 3), "dot takes two vectors of one length, not 2 × 3 matrix and 2 × 3 matrix"),
        ("dot", (2,), (3,), "dot takes two vectors of one length, not a vector of 2 and a vector of 3"),
        ("outer", (), (3,), "outer takes two vectors, not a scalar and a vector of 3"),
        ("stack", (), (3,), "ragged array: entry 0 is a scalar, entry 1 is a vector of 3"),
        ("bce", (2,), (3,), "a vector of 2 and a vector of 3 do not fit together entry by entry"),
    ],
)
def test_shapes_that_do_not_fit_say_what_would(name, a, b, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is compared)
        OPS[name].shape(a, b)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "shape", "options", "message"),
    [
        ("sum", (2, 3), {"axis": 2}, "2 × 3 matrix has no axis 2; it goes from 0 to 1"),
        ("index", (3,), {"items": (3,)}, "index 3 is out of range: it goes from 0 to 2"),
        ("index", (3,), {"items": (0, 0)}, "2 indices for a vector of 3; at most 1 would fit"),
        ("index", (2, 3), {"items": (0, -4)}, "index -4 of axis 1 is out of range: it goes from 0 to 2"),
        ("index", (), {"items": (0,)}, "a scalar has no entries"),
        ("index", (3,), {"items": (Span(3),)}, "this slice of a vector of 3 is empty"),
        ("softmax", (), {}, "softmax needs a vector of scores"),
        ("with1", (), {}, "with1 puts a 1 before a vector"),
        ("largest", (), {}, "the largest or smallest entry is asked of an array"),
    ],
)
def test_arrays_that_do_not_fit_say_what_would(name, shape, options, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is compared)
        OPS[name].shape(shape, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(("a", "b"), [(a, b) for a in SHAPES for b in SHAPES])
def test_broadcasting_is_numpys(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="do not fit together"):
            broadcast_shape(a, b)
    else:
        assert broadcast_shape(a, b) == expected


def test_softmax_jacobian_is_a_full_matrix_and_sigmoids_a_diagonal():
    graph = Graph.build(["p = softmax(z)", "s = σ(z)"], given={"z": (3,)})
    trace = Trace.of(graph, {"z": [0.2, -0.5, 1.1]})
    p, s = trace.value("p"), trace.value("s")
    np.testing.assert_allclose(trace.derivative("p", "z"), np.diag(p) - np.outer(p, p), rtol=1e-14)
    np.testing.assert_array_equal(trace.derivative("s", "z"), np.diag(s * (1 - s)))


@pytest.mark.parametrize("text", ["softmax(z)", "logsoftmax(z)"])
def test_scores_far_apart_do_not_overflow(text):
    trace = Trace.of(Graph.build([f"p = {text}", "y = sum(p)"], given={"z": (3,)}), {"z": [1e308, -1e308, 0.0]})
    assert not np.isnan(trace.value("p")).any()
    assert not np.isnan(trace.gradient("z")).any()


@pytest.mark.parametrize(
    ("text", "p", "t", "value", "gradient"),
    [
        ("bce(p, t)", 1.0, 1.0, 0.0, -1.0),
        ("bce(p, t)", 0.0, 0.0, 0.0, 1.0),
        ("bce(p, t)", 0.0, 1.0, math.inf, -math.inf),
        ("bce(p, t)", 1.0, 0.0, math.inf, math.inf),
        ("cross_entropy(p, t)", 0.0, 0.0, 0.0, 0.0),
        ("cross_entropy(p, t)", 0.0, 1.0, math.inf, -math.inf),
    ],
)
def test_losses_at_certainty(text, p, t, value, gradient):
    trace = Graph.parse(f"L = {text}").trace(p=p, t=t)
    assert (trace.value("L"), trace.gradient("p")) == (value, gradient)


@pytest.mark.parametrize(("text", "first"), [("max(v)", 1), ("min(v)", 0)])
def test_first_of_equal_entries_takes_the_gradient(text, first):
    trace = Trace.of(Graph.build([f"y = {text}"], given={"v": (4,)}), {"v": [1.0, 2.0, 2.0, 1.0]})
    np.testing.assert_array_equal(trace.gradient("v"), np.eye(4)[first])


def test_norm_neither_overflows_nor_has_a_slope_at_zero():
    graph = Graph.build(["y = norm(v)"], given={"v": (2,)})
    assert Trace.of(graph, {"v": [3e300, 4e300]}).value("y") == pytest.approx(5e300)
    zero = Trace.of(graph, {"v": [0.0, 0.0]})
    np.testing.assert_array_equal(zero.gradient("v"), [0, 0])


def test_nan_inside_reaches_every_reduction():
    graph = Graph.build(
        ["w = log(v)", "a = sum(w)", "b = mean(w)", "c = max(w)", "d = norm(w)", "e = dot(w, w)", "y = a"],
        given={"v": (3,)},
    )
    trace = Trace.of(graph, {"v": [1.0, -1.0, 2.0]})
    assert all(math.isnan(trace.value(name)) for name in "abcde")


@pytest.mark.parametrize(
    "text",
    ["sum(M, 0)", "mean(M, 1)", "M @ v", "v @ M", "M @ M", "outer(v, v)", "softmax(M)", "with1(M)", "M' + v", "M·v",
     "logsoftmax(M)", "[v, 2v]", "M[:,1]", "M_{23}", "max(M)", "norm(M)", "bce(σ(M), 0.3)", "squared_error(M, v)"],
)  # fmt: skip
def test_value_and_gradient_are_those_of_loops(text):
    graph = Graph.build([f"a = {text}", "y = sum(a·a)"], given={"M": (3, 3), "v": (3,)})
    draw = np.random.default_rng(3)
    inputs = {"M": draw.normal(size=(3, 3)).tolist(), "v": draw.normal(size=3).tolist()}
    trace = Trace.of(graph, inputs)
    values, gradients = naive.run(graph, inputs)
    np.testing.assert_allclose(trace.value("a"), values["a"], rtol=1e-13)
    for name in "Mv":
        np.testing.assert_allclose(trace.gradient(name), gradients[name], rtol=1e-12, atol=1e-14)


def test_shapes_are_said_as_a_student_would():
    assert [show_shape(s) for s in [(), (3,), (2, 3)]] == ["a scalar", "a vector of 3", "2 × 3 matrix"]
