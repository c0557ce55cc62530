"""Numbers and derivatives: formulas, computation graphs, their passes, networks and their training.

    from engine import Graph
    trace = Graph.parse("L = (sigmoid(w*x+b)-y)^2").trace(x=1, y=0, w=.5, b=0)
    trace.value("L"), trace.gradient("w"), trace.derivative("L", "x")

    from engine import Run, RunSettings, build_network, training_data
    network = build_network(2, [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}], "xavier")
    run = Run(network, training_data([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]), RunSettings("bce", lr=1.0))
    run.run()
    run.history.train_loss, run.trained.predict([[0, 1]])

Names are imported when they are first used: a graph of scalars needs no NumPy, and only training needs a compiler.
Knows no lesson, no learner and no screen.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.errors import EngineError
    from engine.gradcheck import check_gradients
    from engine.graph import Graph
    from engine.network import Network, build_network
    from engine.run_settings import RunSettings
    from engine.steps import walk
    from engine.trace import Trace
    from engine.training import Run
    from engine.training_rows import training_data

__all__ = [
    "EngineError",
    "Graph",
    "Network",
    "Run",
    "RunSettings",
    "Trace",
    "build_network",
    "check_gradients",
    "training_data",
    "walk",
]

_HOMES = {
    "EngineError": "errors",
    "Graph": "graph",
    "Network": "network",
    "Run": "training",
    "RunSettings": "run_settings",
    "Trace": "trace",
    "build_network": "network",
    "check_gradients": "gradcheck",
    "training_data": "training_rows",
    "walk": "steps",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"engine has no {name}; it has {', '.join(__all__)}")
    return getattr(import_module(f"engine.{_HOMES[name]}"), name)
