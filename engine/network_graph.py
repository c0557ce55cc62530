"""A small network as the Graph that lessons walk through: the same numbers, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.graph import Graph

if TYPE_CHECKING:
    from engine.network import Network

MAX_PARAMETERS = 2_000


def network_graph(network: Network, loss: str | None = None) -> tuple[Graph, dict[str, Any]]:
    """The graph of a network for one row x, and its weights by name.

    Layer k has the weights W_k (units × inputs) and b_k, the node a_k = W_k @ x + b_k and the node z_k, its activation.
    With a loss there is a target y, and the output is the row's loss L. Raises EngineError for a network that is too
    large to be walked through.
    """
    if network.parameter_count > MAX_PARAMETERS:
        raise EngineError(
            f"{network.parameter_count} parameters are too many to walk through; at most {MAX_PARAMETERS} are shown"
        )
    given: dict[str, tuple[int, ...]] = {"x": (network.inputs,)}
    weights: dict[str, Any] = {}
    nodes: list[str] = []
    below = "x"
    for k, layer in enumerate(network.layers, start=1):
        weights[f"W{k}"] = network.parameters[f"layer{k}.weight"].tolist()
        weights[f"b{k}"] = network.parameters[f"layer{k}.bias"].tolist()
        nodes.append(f"a{k} = W{k} @ {below} + b{k}")
        nodes.append(f"z{k} = a{k}" if layer.activation == "linear" else f"z{k} = {layer.activation}(a{k})")
        below = f"z{k}"
    if loss is not None:
        given["y"] = (network.layers[-1].units,)
        nodes.append(f"L = {loss}({below}, y)")
    shapes = {name: _shape(value) for name, value in weights.items()}
    return Graph.build(nodes, given=given, weights=shapes), weights


def _shape(value: list[Any]) -> tuple[int, ...]:
    return (len(value), len(value[0])) if isinstance(value[0], list) else (len(value),)
