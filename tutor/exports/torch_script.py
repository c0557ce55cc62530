"""The fixed parts of an exported script: what it needs of Python, and how it computes what the lesson states."""

from __future__ import annotations

HEAD = '''\
"""{title}

Rebuilt in PyTorch from the lesson {id} (SHA-256 {sha}), as a proof from outside: this script shares no code
with the program that wrote it. It prints the lesson's values, gradients and training losses as JSON.
Needs: pip install torch
"""

import base64
import json
import math
import struct
import zlib
from decimal import ROUND_HALF_UP, Context, Decimal

import torch

torch.set_default_dtype(torch.float64)
'''

OPERATIONS = '''

# -- operations, each with the choice at its kink that the lesson makes


def constant(value):
    """A number as a tensor."""
    return torch.as_tensor(value, dtype=torch.float64)


def node(value):
    """A value that has a gradient, also where nothing that is trained flows into it."""
    value = constant(value)
    return value if value.requires_grad else value.detach().clone().requires_grad_()


def above(x, yes, no):
    return torch.where(constant(x) > 0, constant(yes), constant(no))


def larger(x, y):
    """max; at a tie the first takes the gradient."""
    x, y = constant(x), constant(y)
    return torch.where(x >= y, x, y)


def smaller(x, y):
    x, y = constant(x), constant(y)
    return torch.where(x <= y, x, y)


def largest(x):
    return x.reshape(-1)[torch.argmax(x)]


def smallest(x):
    return x.reshape(-1)[torch.argmin(x)]


def transposed(x):
    return x.T if x.ndim == 2 else 1.0 * x


def with1(x):
    return torch.cat([torch.ones(*x.shape[:-1], 1), x], -1)


def stack(*entries):
    return torch.stack([constant(entry) for entry in entries])


def bce(p, t):
    p, t = constant(p), constant(t)
    return -torch.sum(torch.xlogy(t, p) + torch.special.xlog1py(1 - t, -p))


def on_paper(value, decimals, slopes):
    """The value rounded as on paper; slopes that are taken through it use the rounded one."""
    value = constant(value)
    unit = Decimal(1).scaleb(-decimals)
    rounded = [
        float(Decimal(repr(x)).quantize(unit, ROUND_HALF_UP, Context(prec=400))) if abs(x) < 2**53 else x
        for x in value.detach().reshape(-1).tolist()
    ]
    y = torch.tensor(rounded).reshape(value.shape)
    if not slopes:
        return node(y + (value - value.detach()))
    return node(y + sum(slope(y).detach() * (x - x.detach()) for x, slope in slopes))
'''

GRAPHS = '''

# -- graphs


def gradients(of, by):
    """The derivatives of one number by several tensors; zero where no path leads."""
    if not of.requires_grad:
        return [torch.zeros_like(x) for x in by]
    found = torch.autograd.grad(of, by, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, by)]


def derivative(values, of, of_entry, by, by_entry):
    """d(of)/d(by), shape of + shape by, or of one entry of each."""
    top, bottom = values[of], values[by]
    tops = top.reshape(-1) if of_entry is None else top.reshape(-1)[of_entry : of_entry + 1]
    rows = torch.stack([gradients(entry, [bottom])[0] for entry in tops])
    if by_entry is not None:
        rows = rows.reshape(len(tops), -1)[:, by_entry]
        return rows.reshape(top.shape) if of_entry is None else rows[0]
    return rows.reshape(top.shape + bottom.shape) if of_entry is None else rows[0]


def inputs_of(about, row):
    return {name: constant(value).clone().requires_grad_() for name, value in {**about["inputs"], **row}.items()}


def run_graph(graph, about):
    """Values and gradients of every row, and what the rows add up to."""
    traces = [graph(**inputs_of(about, row)) for row in about["rows"]]
    output = about["output"]
    scale = 1 / len(traces) if about["mean"] else 1
    rows, out = [], {}
    for values in traces:
        rows.append({"values": {name: value.detach() for name, value in values.items()}})
        if values[output].ndim == 0:
            rows[-1]["gradients"] = dict(zip(values, gradients(values[output], list(values.values()))))
    out["rows"] = rows
    out["total"] = {"value": scale * sum(row["values"][output] for row in rows)}
    if "gradients" in rows[0]:
        names = rows[0]["gradients"]
        out["total"]["gradients"] = {name: scale * sum(row["gradients"][name] for row in rows) for name in names}
    out["jacobians"] = {
        label: scale * sum(derivative(values, *place) for values in traces) for label, *place in about["derivatives"]
    }
    return out
'''

TRAINING = '''

# -- training


def order(key, epoch, rows):
    """The lesson's order of rows in an epoch: SplitMix64 from `key`, Fisher and Yates from the end."""
    mask, found = (1 << 64) - 1, list(range(rows))
    for last in range(rows - 1, 0, -1):
        z = (key + (epoch * (rows - 1) + rows - last) * 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        place = (((z ^ (z >> 31)) >> 32) * (last + 1)) >> 32
        found[last], found[place] = found[place], found[last]
    return found


def packed(text, *shape):
    """Doubles from compressed text."""
    data = zlib.decompress(base64.b64decode(text))
    return torch.tensor(struct.unpack(f"<{len(data) // 8}d", data)).reshape(shape)


def optimizer_of(about, parameters):
    """torch.optim's definition is the lesson's."""
    name, lr = about["optimizer"], about["lr"]
    if name == "adam":
        return torch.optim.Adam(parameters, lr=lr, betas=about["betas"], eps=about["eps"])
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=lr, alpha=about["alpha"], eps=about["eps"])
    momentum = 0.0 if name == "sgd" else about["momentum"]
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, nesterov=name == "nesterov")


def train(about, parameters, penalised, trained, rows, objective, validate):
    """Epochs of batches. `objective(rows)` is the loss over some rows, without the penalty."""

    def loss_of(chosen):
        penalty = sum((parameters[name] ** 2).sum() for name in penalised)
        return objective(chosen) + about["l2"] / 2 * penalty

    def measure(epoch):
        with torch.no_grad():
            losses.append(float(loss_of(range(rows))))
            wanted = validate is not None and epoch % about["validate_every"] == 0
            held.append(float(validate()) if wanted else math.nan)
        if about["keep_best"] and held[-1] < best[0]:
            best[:] = [held[-1], {name: value.detach().clone() for name, value in parameters.items()}]

    losses, held, best = [], [], [math.inf, None]
    optimizer = optimizer_of(about, [parameters[name] for name in trained])
    size = rows if about["batch"] == "all" else about["batch"]
    measure(0)
    for epoch in range(about["epochs"]):
        before = {name: value.detach().clone() for name, value in parameters.items()}
        optimizer.param_groups[0]["lr"] = about["lr"] * about["shares"][min(epoch, len(about["shares"]) - 1)]
        visited = order(about["key"], epoch, rows) if about["shuffle"] else list(range(rows))
        for start in range(0, rows, size):
            optimizer.zero_grad()
            loss_of(visited[start : start + size]).backward()
            optimizer.step()
        measure(epoch + 1)
        moved = math.sqrt(sum(float(((parameters[name] - before[name]) ** 2).sum()) for name in parameters))
        grown = not abs(losses[-1]) < about["beyond"] * (1 + abs(losses[0]))
        calm = {"loss": abs(losses[-1] - losses[-2]), "weights": moved}
        if grown or (about["stop"] and calm[about["stop"][0]] < about["stop"][1]):
            break
    kept = parameters if best[1] is None else best[1]
    history = {"epoch": list(range(len(losses))), "train_loss": losses}
    if validate is not None:
        history["validation_loss"] = held
    return {"history": history, "weights": {name: value.detach() for name, value in kept.items()}}


def train_graph(graph, graph_about, about):
    """The graph's own weights on its rows."""
    start = inputs_of(graph_about, {})
    names = graph_about["weights"]
    parameters = {spelled: start[name] for name, spelled in names.items()}

    def objective(chosen):
        weights = {name: parameters[spelled] for name, spelled in names.items()}
        values = [
            graph(**{**inputs_of(graph_about, graph_about["rows"][row]), **weights})[graph_about["output"]]
            for row in chosen
        ]
        return sum(values) / (len(values) if graph_about["mean"] else 1)

    everything = list(parameters)
    return train(about, parameters, everything, everything, len(graph_about["rows"]), objective, None)


ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: torch.where(z > 0, z, 0.01 * z),
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "softmax": lambda z: torch.softmax(z, -1),
}


def row_losses(loss, activation, z, t):
    """Each row's loss from the last layer's weighted sums; sigmoid and softmax are joined with their logarithm."""
    softplus = torch.nn.functional.logsigmoid
    if loss == "bce" and activation == "sigmoid":
        return -(t * softplus(z) + (1 - t) * softplus(-z)).sum(1)
    if loss == "cross_entropy":
        logs = torch.log_softmax(z, -1) if activation == "softmax" else softplus(z)
        return -(t * logs).sum(1)
    p = ACTIVATIONS[activation](z)
    if loss == "squared_error":
        return ((p - t) ** 2).sum(1)
    return -(torch.xlogy(t, p) + torch.special.xlog1py(1 - t, -p)).sum(1)


def train_net(about):
    """Dense layers on rows of inputs and targets."""
    kind = torch.float32 if about["single"] else torch.float64
    data = {name: table.to(kind) for name, table in about["data"].items()}
    parameters = {name: value.to(kind).clone().requires_grad_() for name, value in about["parameters"].items()}

    def losses(x, t):
        for number, activation in enumerate(about["activations"], 1):
            z = x @ parameters[f"layer{number}.weight"].T + parameters[f"layer{number}.bias"]
            x = ACTIVATIONS[activation](z)
        return row_losses(about["loss"], activation, z, t)

    def objective(rows):
        chosen = list(rows)
        found = losses(data["inputs"][chosen], data["targets"][chosen])
        return found.mean() if about["reduce"] == "mean" else found.sum()

    def validate():
        found = losses(data["validation_inputs"], data["validation_targets"])
        return found.mean() if about["reduce"] == "mean" else found.sum()

    weights = [name for name in parameters if name.endswith("weight")]
    trained = [name for name in parameters if name.partition(".")[0] not in about["freeze"]]
    held = validate if len(data["validation_inputs"]) else None
    return train(about, parameters, weights, trained, len(data["inputs"]), objective, held)
'''

TAIL = '''

# -- the lesson's numbers


def plain(value):
    """Tensors as lists, and what JSON cannot hold as strings."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
'''
