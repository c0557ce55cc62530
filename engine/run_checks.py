"""Whether a network can be trained as settings say, and whether a stored state is one that a run can be in.

Both are looked at before anything is computed: compiled training takes what it is given for places in arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import CheckpointError, EngineError, did_you_mean
from engine.losses import find_loss
from engine.network import Network, layer_names
from engine.run_settings import RunSettings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def check_run(network: Network, settings: RunSettings) -> None:
    """Raise EngineError when these settings cannot train this network."""
    loss = find_loss(settings.loss)
    if not loss.trainable:
        raise EngineError(f"{loss.name} is a score: it is flat almost everywhere, so it has no gradient to follow")
    names = layer_names(len(network.layers))
    for name in settings.freeze:
        if name not in names:
            raise EngineError(f"there is no {name} to freeze{did_you_mean(name, names)} (there are {', '.join(names)})")
    if set(names) <= set(settings.freeze):
        raise EngineError("all layers are frozen: there is nothing to train")
    for name, layer in zip(names, network.layers, strict=True):
        if not layer.function.trainable:
            raise EngineError(
                f"{name} has activation {layer.activation}, whose slope is 0 everywhere: it can predict, but gradient "
                "descent cannot train it; use sigmoid or tanh"
            )
    loss.head(network.layers[-1].activation)


def check_counters(counters: Array, measured: int, batches: int) -> None:
    """Raise CheckpointError when no run counts like this.

    `counters` as in kernels/state.py, shape (COUNTERS,); `measured` is how many epochs its history holds, `batches` how
    many batches an epoch has.
    """
    from engine.kernels import state

    bounds = {
        "epoch": (state.EPOCH, measured - 1, measured - 1),
        "batch": (state.BATCH, 0, batches if measured else 0),
        "steps": (state.STEPS, 0, measured * batches),
        "status": (state.STATUS, state.RUNNING, state.DIVERGED),
        "best epoch": (state.BEST_EPOCH, -1, measured - 1),
        "recorded": (state.RECORDED, 0, measured),
        "shuffled": (state.SHUFFLED, 0, 1),
        "kept": (state.KEPT, 0, measured),
    }
    for name, (place, low, high) in bounds.items():
        found = int(counters[place])
        if not low <= found <= high:
            raise CheckpointError(f"no run on these rows has this state: its counter {name} is {found}")


def check_histories(history: Array, layer_history: Array, layers: int) -> None:
    """Raise CheckpointError unless these are the doubles that a run of so many layers measures.

    Shapes (epochs, COLUMNS) and (epochs, LAYER_COLUMNS, layers), as in kernels/state.py.
    """
    from engine.kernels.state import COLUMNS, LAYER_COLUMNS

    epochs = len(history) if history.ndim else 0
    wanted = {"history": (epochs, COLUMNS), "layer_history": (epochs, LAYER_COLUMNS, layers)}
    for (name, shape), array in zip(wanted.items(), (history, layer_history), strict=True):
        if array.shape != shape or array.dtype != float:
            raise CheckpointError(f"no run of {layers} layers has this state: its {name} has another shape or type")
