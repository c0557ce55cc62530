"""The slow plain reference for training: NumPy in the order of a textbook, no tricks, nothing shared with engine.

Sigmoid and softmax are taken by themselves, the losses from their values, the derivatives by the chain rule.
"""

import numpy as np

ACTIVATIONS = {
    "linear": (lambda z: z, lambda z, h: np.ones_like(z)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, h: h * (1 - h)),
    "tanh": (np.tanh, lambda z, h: 1 - h**2),
    "relu": (lambda z: np.maximum(z, 0), lambda z, h: (z > 0).astype(float)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z, h: np.where(z > 0, 1.0, 0.01)),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda z, h: 1 / (1 + np.exp(-z))),
    "softmax": (lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True), None),
}


def weighed(weight, term):
    """weight · term(), and 0 where the weight is 0, whatever the term is there."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight == 0, 0.0, weight * term())


LOSSES = {
    "squared_error": (lambda p, t: ((p - t) ** 2).sum(1), lambda p, t: 2 * (p - t)),
    "bce": (
        lambda p, t: -(weighed(t, lambda: np.log(p)) + weighed(1 - t, lambda: np.log(1 - p))).sum(1),
        lambda p, t: weighed(1 - t, lambda: 1 / (1 - p)) - weighed(t, lambda: 1 / p),
    ),
    "cross_entropy": (
        lambda p, t: -weighed(t, lambda: np.log(p)).sum(1),
        lambda p, t: -weighed(t, lambda: 1 / p),
    ),
}


def forward(layers, parameters, x):
    """[(z, h) of each layer]."""
    found = []
    for number, (_, activation) in enumerate(layers, 1):
        z = x @ parameters[f"layer{number}.weight"].T + parameters[f"layer{number}.bias"]
        x = ACTIVATIONS[activation][0](z)
        found.append((z, x))
    return found


def objective(layers, parameters, x, t, loss, reduce="mean", l2=0.0):
    rows = LOSSES[loss][0](forward(layers, parameters, x)[-1][1], t)
    weights = sum((v**2).sum() for k, v in parameters.items() if k.endswith("weight"))
    return (rows.mean() if reduce == "mean" else rows.sum()) + l2 / 2 * weights


def gradient(layers, parameters, x, t, loss, reduce="mean", l2=0.0):
    """The objective's gradient by every parameter."""
    found, passes = {}, forward(layers, parameters, x)
    upstream = LOSSES[loss][1](passes[-1][1], t) / (len(x) if reduce == "mean" else 1)
    for number in range(len(layers), 0, -1):
        z, h = passes[number - 1]
        activation = layers[number - 1][1]
        if activation == "softmax":
            delta = h * (upstream - (upstream * h).sum(1, keepdims=True))
        else:
            delta = upstream * ACTIVATIONS[activation][1](z, h)
        below = x if number == 1 else passes[number - 2][1]
        weight = parameters[f"layer{number}.weight"]
        found[f"layer{number}.weight"] = delta.T @ below + l2 * weight
        found[f"layer{number}.bias"] = delta.sum(0)
        upstream = delta @ weight
    return found


class Optimizer:
    """torch.optim's definitions, a dictionary of arrays at a time."""

    def __init__(self, name, momentum=0.9, betas=(0.9, 0.999), alpha=0.99, eps=1e-8):
        self.name, self.mu, self.betas, self.alpha, self.eps = name, momentum, betas, alpha, eps
        self.first, self.second, self.t = {}, {}, 0

    def step(self, parameters, gradients, lr):
        self.t += 1
        for k, g in gradients.items():
            m, s = self.first.get(k, 0.0), self.second.get(k, 0.0)
            if self.name == "sgd":
                move = g
            elif self.name in ("momentum", "nesterov"):
                self.first[k] = m = self.mu * m + g
                move = g + self.mu * m if self.name == "nesterov" else m
            elif self.name == "rmsprop":
                self.first[k] = m = self.alpha * m + (1 - self.alpha) * g**2
                move = g / (np.sqrt(m) + self.eps)
            else:
                assert self.name == "adam", f"{self.name} in plain NumPy belongs here"
                b1, b2 = self.betas
                self.first[k] = m = b1 * m + (1 - b1) * g
                self.second[k] = s = b2 * s + (1 - b2) * g**2
                move = m / (1 - b1**self.t) / (np.sqrt(s / (1 - b2**self.t)) + self.eps)
            parameters[k] = parameters[k] - lr * move


def train(layers, parameters, x, t, loss, *, epochs, batch, lr, optimizer="sgd", order=None, frozen=(), **objective_of):
    """Objective and parameters after each epoch, from epoch 0 on; `lr` and `order` may be functions of the epoch."""
    parameters = {k: v.copy() for k, v in parameters.items()}
    rule = Optimizer(optimizer)
    history = [(objective(layers, parameters, x, t, loss, **objective_of), dict(parameters))]
    for epoch in range(epochs):
        rows = np.arange(len(x)) if order is None else order(epoch)
        for start in range(0, len(x), batch):
            chosen = rows[start : start + batch]
            g = gradient(layers, parameters, x[chosen], t[chosen], loss, **objective_of)
            g = {k: v for k, v in g.items() if k.partition(".")[0] not in frozen}
            rule.step(parameters, g, lr(epoch) if callable(lr) else lr)
        history.append((objective(layers, parameters, x, t, loss, **objective_of), dict(parameters)))
    return history
