"""What a notebook uses: `from engine import …`."""

import math
import re
import subprocess
import sys
from pathlib import Path

import engine


def test_the_examples_of_the_docstring_run() -> None:
    """A net learns xor in a process of its own: there no module has taken the place of a name yet."""
    code = "\n".join(re.findall(r"(?m)^    (.*)$", engine.__doc__ or ""))
    assert {name for name in engine.__all__ if name in code} >= {"Graph", "Run", "training_data"}
    check = "\nassert run.history.train_loss[-1] < 0.2 < run.history.train_loss[0]"
    subprocess.run([sys.executable, "-c", code + check], cwd=Path(__file__).parents[2], check=True)


def test_no_module_of_the_engine_hides_a_public_name() -> None:
    folder = Path(engine.__file__).parent
    assert [name for name in engine.__all__ if (folder / f"{name}.py").exists() or (folder / name).exists()] == []


def test_the_graph_of_the_docstring() -> None:
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


def test_a_notebook_shows_a_run_in_a_few_lines() -> None:
    network = engine.build_network(1, [{"units": 2, "activation": "tanh"}, {"units": 1}], "zeros")
    run = engine.Run(network, engine.training_data([[1.0]], [2.0]), engine.RunSettings("squared_error", epochs=1))
    assert repr(run) == "1 → 2 tanh → 1 linear, 7 parameters\nNot begun."
    run.run()
    assert repr(run).endswith("parameters\nFinished after 1 epochs, training loss 2.56.")
    shown = repr(run.history).splitlines()
    assert shown[:3] == ["epochs 0 to 1", "train_loss          4 … 2.56", "lr                  0.1 … 0.1"]
    assert shown[3] == "weight_norm         2 × 2 layers"


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
