"""The compiled tape has the numbers of the plain path and of the plain reference, for every operation and graph."""

import itertools
import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import scalar
from engine.compiled import CompiledTape, load_kernel
from engine.errors import GraphError, NumberError
from engine.graph import Graph
from engine.ops import ELEMENTWISE
from engine.scalar_tape import MAX_STEPS
from engine.surface import Axis, surface
from engine.tape_steps import CODES, OWN, STEPS
from engine.trace import Trace
from tests import naive
from tests.random_graphs import random_graph, random_value

ENGINE = Path(__file__).parents[2] / "engine"
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, -2.5, 2.5, 3.0, 30.0, -30.0, 800.0, -800.0, 1e-300, 1e300]
BEYOND = [math.inf, -math.inf, math.nan]
TEXTS = {
    "add": "a + b", "sub": "a - b", "mul": "a b", "div": "a/b", "neg": "-a", "pow": "a^b", "copy": "a",
    "max": "max(a, b)", "min": "min(a, b)",
}  # fmt: skip
BOTH = pytest.mark.parametrize("compiled", [True, False], ids=["kernel", "numpy"])


def text_of(name):
    return TEXTS.get(name, f"{name}(a)")


def columns(count):
    """All pairs (or all single ones) of special numbers and some random ones."""
    draw = np.random.default_rng(1)
    pairs = [*itertools.product([*SPECIAL, *BEYOND], repeat=count), *draw.normal(0, 2, (40, count)).tolist()]
    return pairs, [np.array(column) for column in zip(*pairs, strict=True)]


def test_every_elementwise_operation_has_a_step():
    assert set(ELEMENTWISE) - {"copy"} <= set(STEPS)
    assert sorted(CODES.values()) == list(range(len(STEPS)))


@BOTH
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_operations_are_those_of_the_table_to_nan_and_infinity(name, compiled):
    """Value and share of every pair of kinks, ties, huge and tiny numbers, infinities and NaN, row by row."""
    rule = ELEMENTWISE[name]
    count = len(rule.slopes)
    points, arrays = columns(count)
    graph = Graph.build([f"y = {text_of(name)}"], given=dict.fromkeys("ab"[:count], ()))
    rows = dict(zip("ab", arrays, strict=False))
    found = CompiledTape.of(graph, compiled=compiled).values_and_gradients(rows, total=None)
    values = [rule.value(scalar, *x) for x in points]
    np.testing.assert_allclose(found.values, values, rtol=2e-15, err_msg=name)
    for i, slope in enumerate(rule.slopes):
        slopes = [slope(scalar, y, *x) for y, x in zip(values, points, strict=True)]
        np.testing.assert_allclose(found.gradients["ab"[i]], slopes, rtol=1e-13, atol=2e-15, err_msg=name)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_operations_are_those_of_the_plain_reference(name):
    count = len(ELEMENTWISE[name].slopes)
    points, arrays = columns(count)
    graph = Graph.build([f"y = {text_of(name)}"], given=dict.fromkeys("ab"[:count], ()))
    found = CompiledTape.of(graph).values_and_gradients(dict(zip("ab", arrays, strict=False)), total=None)
    plain = [(naive.ONE if count == 1 else naive.TWO)[name](*x) for x in points]
    np.testing.assert_allclose(found.values, [y for y, *_ in plain], rtol=2e-15)
    for i in range(count):
        np.testing.assert_allclose(found.gradients["ab"[i]], [s[i] for _, *s in plain], rtol=1e-13, atol=2e-15)


@pytest.mark.parametrize("exponent", [-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5])
def test_constant_powers_keep_their_conventions(exponent):
    """Small whole powers are products: the same numbers, at zero and infinity too."""
    rule = ELEMENTWISE["pow"]
    x = np.array([*SPECIAL, *BEYOND])
    found = CompiledTape.of(Graph.parse(f"y = x^({exponent})")).values_and_gradients({"x": x}, total=None)
    values = [rule.value(scalar, v, float(exponent)) for v in x]
    slopes = [rule.slopes[0](scalar, y, v, float(exponent)) for y, v in zip(values, x, strict=True)]
    np.testing.assert_allclose(found.values, values, rtol=1e-15)
    np.testing.assert_allclose(found.gradients["x"], slopes, rtol=1e-15)


@pytest.mark.parametrize("name", OWN)
def test_own_steps_have_the_slopes_of_their_values(name):
    rule = OWN[name]
    h = 2.0**-10
    for x in itertools.product([0.2, 0.5, 0.7], repeat=len(rule.slopes)):
        for i, slope in enumerate(rule.slopes):

            def at(step, i=i, x=x):
                return rule.value(scalar, *(v + step if k == i else v for k, v in enumerate(x)))

            expected = (at(-2 * h) - at(2 * h) + 8 * (at(h) - at(-h))) / (12 * h)
            assert slope(scalar, rule.value(scalar, *x), *x) == pytest.approx(expected, rel=1e-7, abs=1e-8)


def drawn_rows(draw, inputs):
    """Some inputs with a value for each of a few rows, the others the same in all rows; and the single rows."""
    count = draw.choice([1, 3, 8, 17, 40])
    moving = {k for k in inputs if draw.random() < 0.6}
    rows = {
        k: np.array([random_value(draw, np.shape(v)) for _ in range(count)]) if k in moving else v
        for k, v in inputs.items()
    }
    singles = [{k: np.asarray(v)[i].tolist() if k in moving else v for k, v in rows.items()} for i in range(count)]
    return rows, singles if moving else singles[:1]


@BOTH
@pytest.mark.parametrize("arrays", [False, True], ids=["scalars", "arrays"])
def test_random_graphs_have_the_numbers_of_the_plain_path_and_of_loops(arrays, compiled):
    for seed in range(250):
        graph, inputs = random_graph(seed, arrays)
        rows, singles = drawn_rows(random.Random(seed), inputs)
        tape = CompiledTape.of(graph, compiled=compiled)
        assert (tape.scalars is not None) == compiled
        found = tape.values_and_gradients(rows, total=None)
        assert len(found.values) == len(singles)
        for i, single in enumerate(singles[:: max(1, len(singles) // 4)]):
            at = i * max(1, len(singles) // 4)
            trace = Trace.of(graph, single)
            values, gradients = naive.run(graph, single)
            for value in (trace.value(graph.output), values[graph.output]):
                np.testing.assert_allclose(found.values[at], value, rtol=1e-11, atol=1e-13, err_msg=str(seed))
            for key, gradient in found.gradients.items():
                for expected in (trace.gradient(key), gradients[key]):
                    np.testing.assert_allclose(gradient[at], expected, rtol=1e-8, atol=1e-11, err_msg=f"{seed} {key}")


@BOTH
def test_totals_are_the_sums_and_means_of_the_rows(compiled):
    for seed in range(30):
        graph, inputs = random_graph(seed, True)
        rows, singles = drawn_rows(random.Random(seed), inputs)
        tape = CompiledTape.of(graph, compiled=compiled)
        apart, whole, mean = (tape.values_and_gradients(rows, total=t) for t in (None, "sum", "mean"))
        assert apart.total is None
        assert whole.total == pytest.approx(np.sum(apart.values), rel=1e-12)
        assert mean.total == pytest.approx(np.mean(apart.values), rel=1e-12)
        for key, each in apart.gradients.items():
            np.testing.assert_allclose(whole.gradients[key], each.sum(axis=0), rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(mean.gradients[key], each.sum(axis=0) / len(singles), rtol=1e-9, atol=1e-11)


@BOTH
@pytest.mark.parametrize("count", [1, 7, 8, 9, 255, 512, 513, 3001])
def test_any_number_of_rows(count, compiled):
    x = np.linspace(-2, 2, count)
    graph = Graph.parse("y = tanh(w x) x")
    found = CompiledTape.of(graph, compiled=compiled).values_and_gradients({"x": x, "w": 0.7}, total=None)
    np.testing.assert_allclose(found.values, np.tanh(0.7 * x) * x, rtol=1e-14)
    np.testing.assert_allclose(found.gradients["w"], (1 - np.tanh(0.7 * x) ** 2) * x * x, rtol=1e-12, atol=1e-15)


def test_a_bad_row_does_not_touch_the_others():
    x = np.full(1001, 2.0)
    x[[0, 500, 1000]] = [math.nan, math.inf, -1.0]
    found = CompiledTape.of(Graph.parse("y = log(x) exp(x)")).values_and_gradients({"x": x}, total=None)
    good = np.ones(1001, bool)
    good[[0, 500, 1000]] = False
    assert len(set(found.values[good])) == len(set(found.gradients["x"][good])) == 1
    assert np.isnan(found.values[[0, 1000]]).all()
    assert found.values[500] == math.inf


def test_values_of_any_node_and_derivatives_of_any_scalar():
    graph = Graph.build(
        ["z = W @ x", "p = softmax(z)", "q = p_1·3", "L = -log(p[1])"], given={"x": (2,)}, weights={"W": (3, 2)}
    )
    draw = np.random.default_rng(0)
    rows = {"x": draw.normal(size=(5, 2)), "W": draw.normal(size=(3, 2))}
    tape = CompiledTape.of(graph)
    p = tape.values("p", rows)
    assert p.shape == (5, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(tape.values("x", rows), rows["x"])
    np.testing.assert_array_equal(tape.values("W", rows), np.broadcast_to(rows["W"], (5, 3, 2)))
    found = tape.values_and_gradients(rows, of="q", wrt=["W"], total=None)
    assert list(found.gradients) == ["W"]
    trace = Trace.of(graph, {"x": rows["x"][3].tolist(), "W": rows["W"].tolist()})
    np.testing.assert_allclose(found.gradients["W"][3], trace.derivative("q", "W"), rtol=1e-12)
    with pytest.raises(NumberError, match="p is an array: it has a Jacobian"):
        tape.values_and_gradients(rows, of="p")


def test_arrays_too_large_for_single_steps_are_run_by_numpy():
    graph = Graph.build(["h = σ(W @ x)", "y = sum(h·h)"], given={"x": (80,)}, weights={"W": (60, 80)})
    assert graph.slots[1].shape[0] * 80 > MAX_STEPS
    tape = CompiledTape.of(graph)
    assert tape.scalars is None
    draw = np.random.default_rng(0)
    rows = {"x": draw.normal(size=(3, 80)), "W": draw.normal(size=(60, 80))}
    found = tape.values_and_gradients(rows)
    traces = [Trace.of(graph, {"x": x.tolist(), "W": rows["W"].tolist()}) for x in rows["x"]]
    np.testing.assert_allclose(found.values, [t.value("y") for t in traces], rtol=1e-12)
    np.testing.assert_allclose(found.gradients["W"], sum(t.gradient("W") for t in traces), rtol=1e-10, atol=1e-13)


def test_an_operation_without_a_step_is_run_by_numpy(monkeypatch):
    monkeypatch.delitem(STEPS, "tanh")
    tape = CompiledTape.of(Graph.parse("y = tanh(x)"))
    assert tape.scalars is None
    assert tape.values("y", {"x": [0.5]})[0] == pytest.approx(math.tanh(0.5))


def test_it_can_be_cancelled():
    graph = Graph.parse("y = exp(x)")
    tape = CompiledTape.of(graph)
    stopped = tape.values_and_gradients({"x": np.zeros(5000)}, cancelled=np.ones(1, np.uint8))
    assert (stopped.done, len(stopped.values), stopped.total) == (0, 0, 0.0)
    assert tape.values_and_gradients({"x": np.zeros(5000)}, cancelled=np.zeros(1, np.uint8)).done == 5000


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "x has no value"),
        ({"x": 1.0, "w": [1.0]}, "w is no input of this graph"),
        ({"x": [[1.0]], "v": [1.0, 2.0]}, r"x has shape \(1, 1\); \(\) or \(rows, \*\(\)\) would fit"),
        ({"x": [1.0, 2.0], "v": np.ones((3, 2))}, "the inputs have different numbers of rows"),
        ({"x": ["a"], "v": [1.0, 2.0]}, "x is no array of numbers"),
        ({"x": [10**400], "v": [1.0, 2.0]}, "x is no array of numbers"),
    ],
)
def test_rows_that_do_not_fit(rows, message):
    graph = Graph.build(["y = x sum(v)"], given={"x": (), "v": (2,)})
    with pytest.raises(NumberError, match=message):
        CompiledTape.of(graph).values_and_gradients(rows)


def test_results_are_bounded_before_memory_is_asked_for():
    graph = Graph.build(["y = sum(M)"], given={"M": (1000, 1000)}, weights={"x": ()})
    huge = np.lib.stride_tricks.as_strided(np.zeros(1), (60_000_000,), (0,))
    with pytest.raises(NumberError, match="at most 50000000 are kept at once"):
        CompiledTape.of(graph).values("M", {"M": np.zeros((1000, 1000)), "x": huge})


def test_unordered_and_strided_columns_are_read_as_they_are():
    table = np.arange(40.0).reshape(20, 2)
    tape = CompiledTape.of(Graph.parse("y = 2a - b"))
    np.testing.assert_array_equal(
        tape.values("y", {"b": table[:, 0], "a": table[::-1, 1]}), 2 * table[::-1, 1] - table[:, 0]
    )


# -- surfaces


@BOTH
def test_surface_over_two_inputs(compiled):
    graph = Graph.build(["p = softmax(W @ x)", "L = -log(p[0])"], given={"x": (2,)}, weights={"W": (2, 2)})
    values = {"x": [0.0, 0.0], "W": [[1.0, 2.0], [-1.0, 0.5]]}
    found = surface(graph, values, Axis("x[0]", -1, 1, 5), Axis("x_2", 0, 3, 4), of="p[1]", compiled=compiled)
    assert found.values.shape == (4, 5)
    for j, i in itertools.product(range(4), range(5)):
        trace = Trace.of(graph, {**values, "x": [found.x[i], found.y[j]]})
        assert found.values[j, i] == pytest.approx(trace.value("p")[1], rel=1e-13)


def test_slice_over_one_weight():
    found = surface(Graph.parse("L = (w x - y)^2"), {"x": 2.0, "y": 1.0, "w": 0.0}, Axis("w", -1, 1, 3))
    assert found.y is None
    np.testing.assert_array_equal(found.values, [[9.0, 1.0, 1.0]])


@pytest.mark.parametrize(
    ("axis", "of", "message"),
    [
        (Axis("L", 0, 1), None, "L is no input of the graph: only an input can be moved"),
        (Axis("x", 0, 1), None, r"x is an array: give one entry, such as x\[0\]"),
        (Axis("x[0]", 0, math.inf), None, r"x\[0\] goes from 0 to inf; both ends must be finite"),
        (Axis("x[0]", 0, 1, 2_000_000), None, "2000000 points are too many"),
        (Axis("x[0]", 0, 1, 0), None, "is taken at 0 points"),
        (Axis("x[0]", 0, 1), "z", r"z is an array: give one entry, such as z\[0\]"),
        (Axis("x[0]", 0, 1), "2z", "2z is no name of the graph and no entry of one"),
    ],
)
def test_surfaces_that_cannot_be(axis, of, message):
    graph = Graph.build(["z = 2x", "L = sum(z)"], given={"x": (2,)})
    with pytest.raises((NumberError, GraphError), match=message):
        surface(graph, {"x": [0.0, 0.0]}, axis, of=of)


# -- one truth, and a cache that follows it

PROGRAM = """
import json
from engine.tape_steps import CODES, STEPS
for name in set(STEPS) - {"leaky_relu", "add"}:  # fewer to compile
    del STEPS[name]
CODES.clear()
CODES.update((name, code) for code, name in enumerate(STEPS))
from engine.compiled import CompiledTape
from engine.graph import Graph
from engine.trace import Trace
graph = Graph.parse("y = leaky_relu(x)")
many = CompiledTape.of(graph).values_and_gradients({"x": [-2.0, 3.0]}, total=None)
print(json.dumps([many.values.tolist(), many.gradients["x"].tolist(), graph.trace(x=-2).value("y")]))
"""


def run_copy(folder, home):
    environment = {**os.environ, "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_edit_in_the_table_of_operations_reaches_the_compiled_code(tmp_path):
    shutil.copytree(ENGINE, tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    assert run_copy(tmp_path, tmp_path / "home") == [[-0.02, 3.0], [0.01, 1.0], -0.02]
    table = tmp_path / "engine/ops.py"
    text = table.read_text("utf-8")
    assert "LEAK = 0.01" in text
    table.write_text(text.replace("LEAK = 0.01", "LEAK = 0.25"), "utf-8")
    assert run_copy(tmp_path, tmp_path / "home") == [[-0.5, 3.0], [0.25, 1.0], -0.5]


def test_importing_the_tape_imports_no_compiler_until_it_runs():
    program = "import sys, engine.compiled, engine.surface; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_kernel_can_be_loaded_beforehand():
    assert load_kernel()
