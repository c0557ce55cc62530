"""A lesson's runs as data for an exported script: initial weights, rows, and every setting as it was resolved."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from engine.graph_training import DIVERGED_ABOVE, GraphRun
from engine.random import key_of
from engine.run_settings import SINGLE_FROM, RunSettings
from engine.training import Run
from tutor.lesson import resolved
from tutor.lesson_run import start_run
from tutor.session import Session

LITERAL = 400
"""Tables of at most so many numbers are written out; larger ones are packed."""
BEYOND = 1e9
WIDTH = 100


def run_source(session: Session, name: str, functions: dict[str, str]) -> tuple[str, list[str]]:
    """The call that trains a run, and the lines that define what it needs; `functions` names the graphs' functions."""
    loaded = session.loaded
    spec = resolved(loaded.lesson, name)
    run = start_run(loaded.lesson, name, session.graphs, loaded.path.parent, diagnostics=False)
    variable = f"run_{sum(ord(c) * 31**i for i, c in enumerate(name)) % 10**6}"
    if isinstance(run, GraphRun):
        assert spec.graph is not None
        key = key_of(run.settings.seed, "graph", "shuffle")
        lines = list(_table(variable, {**_settings(run.settings, key), "beyond": DIVERGED_ABOVE}))
        function = functions[spec.graph]
        return f"train_graph({function}, {function}_about, {variable})", lines
    about = {**_settings(run.settings, key_of(run.settings.seed, "shuffle")), **_net(run), "beyond": BEYOND}
    return f"train_net({variable})", [*_table(variable, about), *_arrays(variable, run)]


def _settings(settings: RunSettings, key: int) -> dict[str, Any]:
    shares = [settings.schedule.share(epoch, settings.epochs) for epoch in range(max(1, settings.epochs))]
    return {
        "optimizer": settings.optimizer,
        "lr": settings.lr,
        "shares": [1.0] if set(shares) == {1.0} else shares,
        "momentum": settings.momentum,
        "betas": tuple(settings.betas),
        "alpha": settings.alpha,
        "eps": settings.eps,
        "batch": settings.batch,
        "shuffle": settings.shuffle,
        "key": key,
        "epochs": settings.epochs,
        "l2": settings.l2,
        "stop": None if settings.stop is None else (settings.stop.on, settings.stop.below),
        "keep_best": settings.keep_best,
        "validate_every": settings.validate_every,
    }


def _net(run: Run) -> dict[str, Any]:
    return {
        "loss": run.settings.loss,
        "reduce": run.settings.reduce,
        "activations": [layer.activation for layer in run.network.layers],
        "freeze": list(run.settings.freeze),
        "single": run.network.parameter_count >= SINGLE_FROM,
    }


def _table(variable: str, about: dict[str, Any]) -> Iterator[str]:
    yield f"{variable} = {{"
    yield from (f"    {key!r}: {value!r}," for key, value in about.items())
    yield "}"


def _arrays(variable: str, run: Run) -> Iterator[str]:
    data = run.data
    tables = {
        "inputs": data.inputs,
        "targets": data.targets,
        "validation_inputs": data.validation_inputs,
        "validation_targets": data.validation_targets,
    }
    for part, arrays in (("data", tables), ("parameters", dict(run.network.parameters))):
        yield f'{variable}["{part}"] = {{'
        for name, array in arrays.items():
            yield from _array(name, array)
        yield "}"


def _array(name: str, array: Any) -> Iterator[str]:
    """`"name": tensor,` over as many lines as it takes."""
    flat = [float(x) for x in array.ravel()]
    shape = ", ".join(str(n) for n in array.shape)
    if len(flat) <= LITERAL:
        yield f"    {name!r}: torch.tensor(["
        yield from (f"        {line}," for line in _lines([repr(x) for x in flat]))
        yield f"    ]).reshape({shape}),"
        return
    text = base64.b64encode(zlib.compress(struct.pack(f"<{len(flat)}d", *flat), 9)).decode("ascii")
    yield f"    {name!r}: packed("
    yield from (f'        "{text[i : i + WIDTH]}"' for i in range(0, len(text), WIDTH))
    yield f"        , {shape}),"


def _lines(words: Sequence[str]) -> Iterator[str]:
    """Words in lines of about WIDTH characters."""
    line: list[str] = []
    for word in words:
        if line and sum(len(w) + 2 for w in line) + len(word) > WIDTH:
            yield ", ".join(line)
            line = []
        line.append(word)
    if line:
        yield ", ".join(line)
