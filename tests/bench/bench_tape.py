"""The compiled tape against its peers in one process and one thread: python tests/bench/bench_tape.py

A scalar graph of 40 operations, 102,400 rows, doubles: the output and all eight gradients of every row (and their sum),
in nanoseconds for one operation and row. The C contestant is the graph written out and vectorised by the compiler
(gcc -O3 -march=native -ffast-math, glibc's vector functions).
"""

import ctypes
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

# the number of threads is set before NumPy is loaded
from tests.bench.race import Contestant, compete, jax, show, torch

# isort: split
import numpy as np

if jax:
    import jax.numpy as jnp

from engine.compiled import CompiledTape
from engine.graph import Graph

ROWS = 102_400
INPUTS = 8
STEPS = (
    "mul 0 1, mul 2 3, add 8 9, add 10 4, tanh 11, mul 0 5, mul 2 6, add 13 14, add 15 7, relu 16, mul 12 1, mul 17 3, "
    "add 18 19, sub 20 4, sig 21, mul 22 12, add 23 17, sq 24, add 25 22, mul 26 5, sub 27 6, tanh 28, mul 29 24, "
    "exp 29, add 31 25, log 32, mul 33 30, add 34 20, div 35 32, relu 36, mul 37 7, sub 36 38, sq 39, mul 40 0, "
    "add 41 26, sub 42 33, neg 43, sig 44, mul 45 39, add 46 42"
)
NODES = [(op, [int(a) for a in args]) for op, *args in (step.split() for step in STEPS.split(", "))]
FORMULAS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{}·{}", "div": "{}/{}", "neg": "-{}", "sq": "{}^2", "relu": "relu({})",
    "exp": "exp({})", "log": "log({})", "tanh": "tanh({})", "sig": "σ({})",
}  # fmt: skip
C_VALUES = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{}*{}", "div": "{}/{}", "neg": "-{}", "sq": "{0}*{0}",
    "relu": "({0} > 0 ? {0} : 0)", "exp": "exp({})", "log": "log({})", "tanh": "tanh({})", "sig": "1/(1 + exp(-{}))",
}  # fmt: skip
C_SLOPES = {
    "add": ["u", "u"], "sub": ["u", "-u"], "mul": ["u*{1}", "u*{0}"], "div": ["u/{1}", "-u*y/{1}"], "neg": ["-u"],
    "sq": ["2*u*{0}"], "relu": ["({0} > 0 ? u : 0)"], "exp": ["u*y"], "log": ["u/{0}"], "tanh": ["u*(1 - y*y)"],
    "sig": ["u*y*(1 - y)"],
}  # fmt: skip


def value_of(table, x):
    """The output, with the operations of a library's table."""
    values = list(x)
    for op, args in NODES:
        values.append(table[op](*(values[a] for a in args)))
    return values[-1]


def tape(x):
    lines = [f"n{INPUTS + i} = " + FORMULAS[op].format(*(f"n{a}" for a in args)) for i, (op, args) in enumerate(NODES)]
    graph = Graph.build(lines, given={f"n{i}": () for i in range(INPUTS)})
    ready = CompiledTape.of(graph)
    rows = {f"n{i}": x[i] for i in range(INPUTS)}

    def work(total=None):
        found = ready.values_and_gradients(rows, total=total)
        return found.values, [found.gradients[name] for name in rows]

    return {"compiled tape, rows apart": work, "compiled tape, total": lambda: work("sum")}


def torch_batch(x):
    table = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "neg": torch.neg, "relu": torch.relu,
        "sq": lambda a: a * a, "exp": torch.exp, "log": torch.log, "tanh": torch.tanh, "sig": torch.sigmoid,
    }  # fmt: skip

    def work():
        inputs = [torch.from_numpy(row).requires_grad_() for row in x]
        out = value_of(table, inputs)
        return out.detach().numpy(), [g.numpy() for g in torch.autograd.grad(out.sum(), inputs)]

    return {"PyTorch over the batch": work}


def jax_vmap(x):
    table = {
        "add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": jnp.divide, "neg": jnp.negative,
        "relu": lambda a: jnp.maximum(a, 0), "sq": lambda a: a * a, "exp": jnp.exp, "log": jnp.log, "tanh": jnp.tanh,
        "sig": jax.nn.sigmoid,
    }  # fmt: skip
    column = jax.value_and_grad(lambda row: value_of(table, [row[i] for i in range(INPUTS)]))
    rows = jnp.array(x)
    ready = jax.jit(jax.vmap(column, in_axes=1, out_axes=(0, 1))).lower(rows).compile()

    def work():
        value, gradients = ready(rows)
        gradients.block_until_ready()
        return value, gradients

    return {"JAX jit(vmap(grad))": work}


def c_source():
    """The graph as one loop, forward and backward in local variables."""
    lines = [f"double v{i} = x[{i}*n + r];" for i in range(INPUTS)]
    for i, (op, args) in enumerate(NODES):
        lines.append(f"double v{INPUTS + i} = {C_VALUES[op].format(*(f'v{a}' for a in args))};")
    last = INPUTS + len(NODES) - 1
    lines += [f"double d{i} = {int(i == last)};" for i in range(last + 1)]
    for i, (op, args) in reversed(list(enumerate(NODES, INPUTS))):
        shares = [slope.format(*(f"v{a}" for a in args)) for slope in C_SLOPES[op]]
        adds = " ".join(f"d{a} += {share};" for a, share in zip(args, shares, strict=True))
        lines.append(f"{{ double u = d{i}, y = v{i}; (void)y; {adds} }}")
    lines += [f"out[r] = v{last};", *(f"g[{i}*n + r] = d{i};" for i in range(INPUTS))]
    body = "\n    ".join(lines)
    return (
        "#include <math.h>\nvoid graph(const double *restrict x, double *restrict out, double *restrict g, long n) {\n"
        f"  #pragma omp simd\n  for (long r = 0; r < n; r++) {{\n    {body}\n  }}\n}}\n"
    )


def compiled_c(x, folder):
    source, library = Path(folder, "graph.c"), Path(folder, "graph.so")
    source.write_text(c_source(), "utf-8")
    flags = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", library, source, "-lmvec", "-lm"], check=True)
    run = ctypes.CDLL(str(library)).graph
    run.argtypes, run.restype = [ctypes.c_void_p] * 3 + [ctypes.c_long], None
    out, gradients = np.empty(ROWS), np.empty((INPUTS, ROWS))

    def work():
        run(x.ctypes.data, out.ctypes.data, gradients.ctypes.data, ROWS)
        return out, gradients

    return {"C for this very graph": work}


def works(x, folder):
    found = tape(x)
    if torch is not None:
        found |= torch_batch(x)
    if jax is not None:
        found |= jax_vmap(x)
    if shutil.which("gcc"):
        found |= compiled_c(x, folder)
    return found


def agree(name, found, expected):
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-9, err_msg=name)
    if np.ndim(found[1][0]):
        np.testing.assert_allclose(np.array(found[1]), np.array(expected[1]), rtol=1e-7, atol=1e-9, err_msg=name)


def bench_d():
    x = np.random.default_rng(0).standard_normal((INPUTS, ROWS))
    with tempfile.TemporaryDirectory() as folder:
        contestants = [Contestant(name, lambda _, work=work: work()) for name, work in works(x, folder).items()]
        return compete(f"D  {len(NODES)} operations, {ROWS:,} rows, forward and reverse", contestants, agree)


if __name__ == "__main__":
    results = bench_d()
    show(results)
    for each in results:
        print(f"  {each.name:32}{each.taken * 1e6 / (ROWS * len(NODES)):12.3f} ns an operation and row")
