"""Whether a network can be trained as settings say, before anything is computed."""

from __future__ import annotations

from engine.errors import EngineError, did_you_mean
from engine.losses import find_loss
from engine.network import Network, layer_names
from engine.run_settings import RunSettings


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
