"""What a layer does to its weighted sums: one entry an activation.

Each entry has the plain NumPy form, which predictions and tests use, and a `code` by which compiled
training knows it (engine/kernels/layers.py). Derivatives are written in the activation's own value h, as
backpropagation uses them.

To add one: its entry here, its values and slopes in kernels/layers.py, the same in plain NumPy in
tests/naive_training.py; then its name in tutor/lesson.py and its line in tutor/exports/torch_script.py. The tests go
over ACTIVATIONS and say what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.floating[Any]]]

LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, SOFTMAX, STEP = range(8)
LEAK = 0.01


@dataclass(frozen=True)
class Activation:
    """One activation: its name in lessons, its formula, and its derivative in terms of its value h."""

    name: str
    code: int
    formula: str
    derivative: str
    value: Callable[[Array], Array]
    trainable: bool = True


def _sigmoid(z: Array) -> Array:
    import numpy as np

    e = np.exp(-np.abs(z))
    result: Array = np.where(z < 0, e, 1.0) / (1.0 + e)
    return result


def _tanh(z: Array) -> Array:
    import numpy as np

    result: Array = np.tanh(z)
    return result


def _relu(z: Array) -> Array:
    import numpy as np

    return np.maximum(z, 0.0)


def _leaky_relu(z: Array) -> Array:
    import numpy as np

    return np.where(z > 0, z, LEAK * z)


def _softplus(z: Array) -> Array:
    import numpy as np

    result: Array = np.logaddexp(0.0, z)
    return result


def _softmax(z: Array) -> Array:
    import numpy as np

    e = np.exp(z - z.max(axis=-1, keepdims=True))
    result: Array = e / e.sum(axis=-1, keepdims=True)
    return result


def _step(z: Array) -> Array:
    return (z > 0).astype(z.dtype)


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation("linear", LINEAR, "z", "1", lambda z: z),
        Activation("sigmoid", SIGMOID, "1/(1 + exp(-z))", "h(1 - h)", _sigmoid),
        Activation("tanh", TANH, "tanh(z)", "1 - h^2", _tanh),
        Activation("relu", RELU, "max(z, 0)", "step(h)", _relu),
        Activation("leaky_relu", LEAKY_RELU, f"max(z, {LEAK} z)", f"1 above 0, else {LEAK}", _leaky_relu),
        Activation("softplus", SOFTPLUS, "log(1 + exp(z))", "1 - exp(-h)", _softplus),
        Activation("softmax", SOFTMAX, "exp(z_i)/Σ_j exp(z_j)", "h_i(δ_ij - h_j)", _softmax),
        Activation("step", STEP, "1 above 0, else 0", "0", _step, trainable=False),
    )
}
