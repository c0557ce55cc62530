"""What a run minimises for one row: one entry a loss.

p is the network's output for the row, t the target; sums go over the units of the last layer. A run's
objective is the mean (or sum) of this over its rows, plus (λ/2)·‖w‖² over the weights. Where the last
layer is a sigmoid or softmax that the loss is made for, compiled training works on the weighted sums z in
front of it ("logits"), so that no logarithm of a rounded 0 is taken; `heads` names these pairs.

To add one: its entry here; its value and slope in kernels/heads.py (`row_loss`, `start_backward`); the same in plain
NumPy in tests/naive_training.py. Then its name in tutor/lesson.py and its line in tutor/exports/torch_script.py, for
lessons and exported scripts. The tests go over LOSSES and say what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, did_you_mean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.floating[Any]]]

# What happens at the end of a network; in PLAIN_… the last layer's activation is applied and
# differentiated by itself.
SIGMOID_BCE, SOFTMAX_CROSS_ENTROPY, SIGMOID_CROSS_ENTROPY = 0, 1, 2
PLAIN_SQUARED_ERROR, PLAIN_BCE, PLAIN_ZERO_ONE = 3, 4, 5


@dataclass(frozen=True)
class Loss:
    """One loss: its name in lessons, its formula, the values a row's loss takes, and the heads compiled for it."""

    name: str
    formula: str
    value: Callable[[Array, Array], Array]
    plain: int
    heads: Mapping[str, int] = field(default_factory=dict)
    probabilities: bool = False  # needs outputs between 0 and 1
    trainable: bool = True

    def head(self, activation: str) -> int:
        """Which compiled head serves this loss behind a last layer with this activation.

        Raises EngineError when the pair makes no sense.
        """
        if self.probabilities and activation not in ("sigmoid", "softmax"):
            wanted = "softmax" if self.name == "cross_entropy" else "sigmoid"
            raise EngineError(
                f"{self.name} takes the logarithm of the outputs, which must lie between 0 and 1, "
                f"but the last layer is {activation}; give it activation {wanted}"
            )
        return self.heads.get(activation, self.plain)


def _squared_error(p: Array, t: Array) -> Array:
    result: Array = ((p - t) ** 2).sum(axis=-1)
    return result


def _bce(p: Array, t: Array) -> Array:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(t == 0, 0.0, t * np.log(p))
        no = np.where(t == 1, 0.0, (1 - t) * np.log1p(-p))
    result: Array = -(yes + no).sum(axis=-1)
    return result


def _cross_entropy(p: Array, t: Array) -> Array:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        result: Array = -np.where(t == 0, 0.0, t * np.log(p)).sum(axis=-1)
    return result


def _zero_one(p: Array, t: Array) -> Array:
    import numpy as np

    if p.shape[-1] == 1:
        wrong: Array = np.any((p > 0.5) != (t > 0.5), axis=-1).astype(float)
        return wrong
    result: Array = (p.argmax(axis=-1) != t.argmax(axis=-1)).astype(float)
    return result


LOSSES: dict[str, Loss] = {
    entry.name: entry
    for entry in (
        Loss("squared_error", "Σ (p - t)^2", _squared_error, PLAIN_SQUARED_ERROR),
        Loss(
            "bce",
            "-Σ [t log p + (1 - t) log(1 - p)]",
            _bce,
            PLAIN_BCE,
            {"sigmoid": SIGMOID_BCE},
            probabilities=True,
        ),
        Loss(
            "cross_entropy",
            "-Σ t log p",
            _cross_entropy,
            SOFTMAX_CROSS_ENTROPY,
            {"softmax": SOFTMAX_CROSS_ENTROPY, "sigmoid": SIGMOID_CROSS_ENTROPY},
            probabilities=True,
        ),
        Loss("zero_one", "1 if the class is wrong, else 0", _zero_one, PLAIN_ZERO_ONE, trainable=False),
    )
}


def find_loss(name: str) -> Loss:
    """The loss of this name. Raises EngineError with the nearest name."""
    if name not in LOSSES:
        raise EngineError(f"unknown loss {name}{did_you_mean(name, LOSSES)} (there are {', '.join(LOSSES)})")
    return LOSSES[name]
