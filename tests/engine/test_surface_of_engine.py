"""What a notebook uses: `from engine import …`."""

import math
import subprocess
import sys

import engine


def test_the_example_of_the_docstring() -> None:
    trace = engine.Graph.parse("L = (sigmoid(w*x+b)-y)^2").trace(x=1, y=0, w=0.5, b=0)
    h = 1 / (1 + math.exp(-0.5))
    assert math.isclose(trace.value("L"), h * h)
    assert math.isclose(trace.gradient("w"), 2 * h * h * (1 - h))
    assert math.isclose(trace.derivative("L", "x"), 0.5 * trace.gradient("w"))


def test_every_public_name_is_there_and_explained() -> None:
    for name in engine.__all__:
        assert getattr(engine, name).__doc__, name


def test_a_graph_of_scalars_needs_no_numpy() -> None:
    code = (
        "import sys; from engine import Graph; "
        "Graph.parse('L = (sigmoid(w*x+b)-y)^2').trace(x=1, y=0, w=.5, b=0).gradient('w'); "
        "print([m for m in ('numpy', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_notebook_shows_tables() -> None:
    graph = engine.Graph.parse("s = w*x; y = s + b")
    assert repr(graph) == "s = w*x\ny = s + b\ngiven w, x, b"
    assert repr(graph.trace(w=2, x=-1.5, b=0.25)).splitlines() == [
        "   value  ∂y/∂·",
        "w      2  -1.5",
        "x   -1.5  2",
        "b   0.25  1",
        "s     -3  1",
        "y  -2.75  1",
    ]
    assert "gradient" not in repr(engine.Graph.parse("v = [a, 2*a]").trace(a=1))
