"""Training against its peers in one process and one thread: python tests/bench/bench_training.py [A B C F]

A  logistic regression, 200 rows of 2, one row at a time, 500 epochs, doubles, the loss after every epoch
B  2-16-16-1 tanh, 1,000 rows in batches of 10, 200 epochs, the loss before and after all of them
C  784-128-64-10 relu, 10,000 rows in batches of 64, 3 epochs, singles, the loss before and after all of them
F  64 runs of A that differ in learning rate and first weights
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

# the number of threads is set before NumPy is loaded
from tests.bench.race import Contestant, compete, jax, show, torch, within

# isort: split
import numpy as np

if jax:
    import jax.numpy as jnp

from engine.network import Layer, build_network
from engine.training import Run, RunSettings, training_data
from engine.training_together import run_together


def logistic_rows():
    draw = np.random.default_rng(7)
    x = draw.uniform(-1, 1, (200, 2))
    return x, (x @ [1.5, -2.0] + 0.3 + 0.5 * draw.standard_normal(200) > 0).astype(float)


def jax_logistic(x, t, epochs):
    rows, targets = jnp.asarray(np.c_[x, np.ones(len(x))]), jnp.asarray(t)

    def loss(w, row, target):
        z = row @ w
        return jnp.maximum(z, 0) - z * target + jnp.log1p(jnp.exp(-jnp.abs(z)))

    def train(w, rate):
        def step(w, pair):
            return w - rate * jax.grad(loss)(w, *pair), None

        def epoch(w, _):
            w, _ = jax.lax.scan(step, w, (rows, targets))
            return w, loss(w, rows, targets).mean()

        return jax.lax.scan(epoch, w, None, length=epochs)[1]

    return train


def bench_a():
    x, t = logistic_rows()
    data, network = training_data(x, t), build_network(2, [Layer(1, "sigmoid")], {"layer1.weight": [[0.1, 0.0]]})
    settings = RunSettings("bce", lr=0.1, batch=1, epochs=500, diagnostics=False, keep_weights=0)

    def ours(run):
        run.run()
        return run.history.train_loss[1:]

    def eager(_):
        unit = torch.nn.Linear(2, 1, dtype=torch.float64)
        torch.nn.init.zeros_(unit.weight)
        torch.nn.init.zeros_(unit.bias)
        unit.weight.data[0, 0] = 0.1
        step, loss = torch.optim.SGD(unit.parameters(), lr=0.1), torch.nn.BCEWithLogitsLoss()
        rows, targets = torch.tensor(x), torch.tensor(t)[:, None]
        for _ in range(5):
            for row, target in zip(rows, targets, strict=True):
                step.zero_grad()
                loss(unit(row), target).backward()
                step.step()
            with torch.no_grad():
                loss(unit(rows), targets).item()
        return 0.0

    contestants = [Contestant("ours", ours, prepare=lambda: Run(network, data, settings))]
    if jax:
        compiled = jax.jit(jax_logistic(x, t, 500))
        contestants.append(Contestant("JAX jit", lambda _: np.asarray(compiled(jnp.array([0.1, 0.0, 0.0]), 0.1))))
    if torch:
        contestants.append(Contestant("PyTorch eager (5 epochs × 100)", eager, 100))
    return compete("A  logistic regression, one by one", contestants, within(1e-8))


def torch_network(network, dtype, activation):
    layers = []
    for number in range(1, len(network.layers) + 1):
        weight = torch.tensor(network.parameters[f"layer{number}.weight"], dtype=dtype)
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.zero_()
        layers += [linear, activation()]
    return torch.nn.Sequential(*layers[:-1])


def torch_training(network, x, t, loss, batch, epochs, dtype, activation):
    rows = torch.tensor(x, dtype=dtype)
    targets = torch.tensor(t, dtype=dtype)

    def work(model):
        step = torch.optim.SGD(model.parameters(), lr=0.1)
        with torch.no_grad():
            loss(model(rows), targets).item()
        for _ in range(epochs):
            for at in range(0, len(rows), batch):
                step.zero_grad()
                loss(model(rows[at : at + batch]), targets[at : at + batch]).backward()
                step.step()
        with torch.no_grad():
            return loss(model(rows), targets).item()

    return work, lambda: torch_network(network, dtype, activation)


def jax_training(network, x, t, row_loss, batch, epochs, dtype, activation):
    whole = len(x) // batch
    rows, targets = jnp.asarray(x, dtype), jnp.asarray(t, dtype)
    batches = (
        rows[: whole * batch].reshape(whole, batch, -1),
        targets[: whole * batch].reshape(whole, batch, -1),
    )
    rest = rows[whole * batch :], targets[whole * batch :]
    names = [f"layer{number}" for number in range(1, len(network.layers) + 1)]
    first = [
        (jnp.asarray(network.parameters[f"{n}.weight"].T, dtype), jnp.asarray(network.parameters[f"{n}.bias"], dtype))
        for n in names
    ]

    def loss(parameters, rows, targets):
        h = rows
        for weight, bias in parameters[:-1]:
            h = activation(h @ weight + bias)
        weight, bias = parameters[-1]
        return row_loss(h @ weight + bias, targets).mean()

    def step(parameters, pair):
        slopes = jax.grad(loss)(parameters, *pair)
        return jax.tree.map(lambda p, g: p - dtype(0.1) * g, parameters, slopes), None

    def epoch(parameters, _):
        parameters, _ = jax.lax.scan(step, parameters, batches)
        return (step(parameters, rest)[0] if len(rest[0]) else parameters), None

    def train(parameters):
        before = loss(parameters, rows, targets)
        return before, loss(jax.lax.scan(epoch, parameters, None, length=epochs)[0], rows, targets)

    compiled = jax.jit(train)
    return lambda _: float(jax.block_until_ready(compiled(first))[1])


def bench_b():
    draw = np.random.default_rng(2)
    x = draw.normal(size=(1000, 2))
    t = (x[:, :1] * x[:, 1:] > 0) * 1.0
    network = build_network(2, [Layer(16, "tanh"), Layer(16, "tanh"), Layer(1, "sigmoid")], "xavier")
    data = training_data(x, t)

    def prepare(every):
        settings = RunSettings("bce", batch=10, epochs=200, diagnostics=False, keep_weights=0, measure_every=every)
        return Run(network, data, settings)

    contestants = [
        Contestant("ours", final_loss, prepare=lambda: prepare(200)),
        Contestant("ours, loss after every epoch", final_loss, prepare=lambda: prepare(1)),
    ]
    if jax:

        def row_loss(z, t):
            return jnp.maximum(z, 0) - z * t + jnp.log1p(jnp.exp(-jnp.abs(z)))

        work = jax_training(network, x, t, row_loss, 10, 200, np.float64, jnp.tanh)
        contestants.append(Contestant("JAX jit", work))
    if torch:
        arguments = (network, x, t, torch.nn.BCEWithLogitsLoss(), 10)
        work, model = torch_training(*arguments, 4, torch.float64, torch.nn.Tanh)
        contestants.append(Contestant("PyTorch eager (4 epochs × 50)", work, 50, model))
    return compete("B  2-16-16-1, batch 10", contestants, within(1e-8))


def bench_c():
    draw = np.random.default_rng(3)
    classes = draw.integers(0, 10, 10_000)
    x = (draw.standard_normal((10, 784))[classes] * 0.5 + draw.standard_normal((10_000, 784))) / 10
    t = np.eye(10)[classes]
    network = build_network(784, [Layer(128, "relu"), Layer(64, "relu"), Layer(10, "softmax")], "he")
    data = training_data(x, t)

    def prepare(every):
        settings = RunSettings(
            "cross_entropy", batch=64, epochs=3, diagnostics=False, keep_weights=0, measure_every=every
        )
        return Run(network, data, settings)

    matrices = [np.float32(draw.standard_normal(shape)) for shape in SHAPES]
    contestants = [
        Contestant("ours", final_loss, prepare=lambda: prepare(3)),
        Contestant("ours, loss after every epoch", final_loss, prepare=lambda: prepare(1)),
        Contestant("the matrix products alone, NumPy", lambda _: products(matrices), 1.0000001),
    ]
    if jax:

        def row_loss(z, t):
            return -(t * jax.nn.log_softmax(z)).sum(-1)

        work = jax_training(network, x, t, row_loss, 64, 3, np.float32, jax.nn.relu)
        contestants.append(Contestant("JAX jit", work))
    if torch:
        loss = torch.nn.CrossEntropyLoss()
        work, model = torch_training(network, x, t, loss, 64, 3, torch.float32, torch.nn.ReLU)
        contestants.append(Contestant("PyTorch eager", work, prepare=model))
    return compete("C  784-128-64-10, batch 64", contestants, within(2e-4))


SHAPES = [(64, 784), (64, 128), (64, 64), (64, 10), (784, 128), (128, 64), (64, 10)]


def products(matrices):
    """What C multiplies in its 471 batches, without bias, activation, loss, update and measurement."""
    a, w = matrices[:4], matrices[4:]
    for _ in range(471):
        for layer in range(3):
            a[layer] @ w[layer]
            a[layer].T @ a[layer + 1]
            if layer:
                a[layer + 1] @ w[layer].T
    return 0.0


def final_loss(run):
    run.run()
    return run.history.train_loss[-1]


def bench_f():
    x, t = logistic_rows()
    data, rates = training_data(x, t), np.logspace(-3, -0.5, 64)
    first = np.random.default_rng(0).standard_normal((64, 3))

    def prepare():
        runs = []
        for rate, w in zip(rates, first, strict=True):
            network = build_network(2, [Layer(1, "sigmoid")], {"layer1.weight": [w[:2]], "layer1.bias": w[2:]})
            settings = RunSettings("bce", lr=rate, batch=1, epochs=500, diagnostics=False, keep_weights=0)
            runs.append(Run(network, data, settings))
        return runs

    def together(runs):
        run_together(runs)
        return [run.history.train_loss[-1] for run in runs]

    contestants = [
        Contestant("ours, in lanes", together, prepare=prepare),
        Contestant("ours, one after the other", lambda runs: [final_loss(run) for run in runs], prepare=prepare),
    ]
    if jax:
        compiled = jax.jit(jax.vmap(jax_logistic(x, t, 500)))
        work = lambda _: np.asarray(compiled(jnp.array(first), jnp.array(rates)))[:, -1]  # noqa: E731
        contestants.append(Contestant("JAX jit(vmap)", work))
    return compete("F  64 runs of A", contestants, within(1e-8))


BENCHES = {"A": bench_a, "B": bench_b, "C": bench_c, "F": bench_f}

if __name__ == "__main__":
    show(result for letter in sys.argv[1:] or BENCHES for result in BENCHES[letter]())
