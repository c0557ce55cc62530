"""A lesson's `[run.NAME]` → a training run of the engine, and its results as plain data."""

from __future__ import annotations

import hashlib
import os
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from tutor.errors import did_you_mean, wrong
from tutor.files import read_beneath
from tutor.lesson import Lesson, RunSpec, resolved
from tutor.lesson_names import run_findings
from tutor.lesson_part import as_table
from tutor.lesson_reader import DoubtError, read
from tutor.run_cost import refuse_large
from tutor.text import quoted

if TYPE_CHECKING:
    from engine.graph_training import GraphRun
    from engine.training import Run
    from tutor.lesson_graph import LessonGraph
    from tutor.run_files import Progress
    from tutor.run_results import Trained

MOST_WEIGHTS = 1 << 30
"""Bytes of a file of weights that a run starts from."""


def trained_names(lesson: Lesson) -> tuple[str, ...]:
    """The runs that a step trains, draws or asks about, each once, in order."""
    return tuple(dict.fromkeys(name for step in lesson.step for name in step.run_names))


def with_run_settings(lesson: Lesson, settings: Sequence[str], seed: int | None) -> Lesson:
    """The lesson with `run.slow.lr=0.1` and `--seed` put in. Raises ProblemsError for an unknown run or setting."""
    runs = dict(lesson.run)
    for text in settings:
        path, _, value = text.partition("=")
        parts = path.strip().split(".")
        if len(parts) != 3:
            raise wrong(text, "a run's setting is written run.NAME.SETTING=VALUE")
        _, name, key = parts
        if name not in runs:
            raise wrong(text, f"the lesson has no run {quoted(name)}", did_you_mean(name, runs))
        known = [f for f in RunSpec.meanings if f != "like"]
        if key not in known:
            raise wrong(text, f"a run has no setting {quoted(key)}", did_you_mean(key, known))
        runs[name] = _changed(runs[name], key, value, text)
        for found in run_findings(lesson.replaced(run=runs), name):
            raise wrong(text, found.what, found.cure)
    if seed is not None:
        runs = {name: run.replaced(seed=seed) for name, run in runs.items()}
    return lesson.replaced(run=runs)


def _changed(run: RunSpec, key: str, value: str, text: str) -> RunSpec:
    try:
        given = tomllib.loads(f"v = {value.strip()}"[:2000])["v"]
    except (tomllib.TOMLDecodeError, ValueError):
        given = value.strip()
    changed = {**{k: value for k, value in as_table(run).items() if k in run.written}, key: given}
    try:
        return read(RunSpec, changed)
    except DoubtError as doubt:
        from tutor.lesson_problems import findings

        for found in findings(RunSpec, changed, 1):
            raise wrong(text, found.what, found.cure) from None
        raise wrong(text, str(doubt)) from None


def start_run(
    lesson: Lesson,
    name: str,
    graphs: Mapping[str, LessonGraph],
    folder: Path,
    diagnostics: bool = True,
    shared: dict[str, Any] | None = None,
) -> Run | GraphRun:
    """The run, not yet started; rows are kept in `shared`, for runs on the same data.

    Raises EngineError or ProblemsError for what does not fit.
    """
    spec = resolved(lesson, name)
    if spec.graph is not None:
        from engine.graph_training import GraphRun

        shown = graphs[spec.graph]
        return GraphRun(shown.graph, shown.values, shown.rows, run_settings(spec, diagnostics), shown.mean)
    from engine.training import Run

    if spec.model is None or spec.data is None:
        raise EngineError(f"run {name} needs a model and data, or a graph")
    network, data = _model_and_data(lesson, spec, folder, {} if shared is None else shared)
    settings = run_settings(spec, diagnostics)
    width = data.inputs.shape[1] + data.targets.shape[1]
    refuse_large(name, network.parameter_count, len(data.inputs) + len(data.validation_inputs), width, settings.epochs)
    return Run(network, data, settings)


def run_settings(spec: RunSpec, diagnostics: bool = True) -> Any:
    """The engine's settings of a run; what the lesson leaves out is the engine's default."""
    from engine.optimizers import Schedule
    from engine.run_settings import RunSettings, Stop

    known = {field.name for field in fields(RunSettings)}
    given = {key: value for key in spec.written if (value := getattr(spec, key)) is not None}
    settings = {key: value for key, value in given.items() if key in known}
    if spec.schedule is not None:
        settings["schedule"] = Schedule(**as_table(spec.schedule))
    if spec.stop is not None:
        settings["stop"] = Stop(spec.stop.on, spec.stop.below)
    if spec.betas is not None:
        settings["betas"] = tuple(spec.betas)
    if spec.rho is not None:
        settings["alpha"] = spec.rho
    if spec.freeze is not None:
        settings["freeze"] = tuple(spec.freeze)
    settings["keep_best"] = spec.keep == "best"
    settings.setdefault("loss", "squared_error")
    return RunSettings(**settings, diagnostics=diagnostics)


def _model_and_data(lesson: Lesson, spec: RunSpec, folder: Path, shared: dict[str, Any]) -> tuple[Any, Any]:
    from engine.network import build_network, start_from

    assert spec.model is not None and spec.data is not None
    model = lesson.model[spec.model]
    wanted = f"{lesson.data[spec.data]!r} {spec.loss} {model.layers[-1].units}"
    if wanted not in shared:
        shared[wanted] = _rows(lesson, spec, folder)
    rows = shared[wanted]
    init = model.init
    layers = [{"units": layer.units, "activation": layer.activation} for layer in model.layers]
    stored = None
    if isinstance(init, str) and init.endswith(".npz"):
        stored, init = init, "xavier"
    network = build_network(rows.inputs.shape[1], layers, init, spec.seed or 0)
    for start in (stored, spec.start):
        if start is not None:
            network = start_from(network, _checkpoint(folder, start).weights)
    return network, rows


def network_of(lesson: Lesson, name: str, folder: Path) -> tuple[Any, Any]:
    """The network of a model's run as it begins, and the inputs that it is trained on."""
    spec = resolved(lesson, name)
    if spec.model is None or spec.data is None:
        raise EngineError(f"run {name} trains no network")
    network, data = _model_and_data(lesson, spec, folder, {})
    return network, data.inputs


def _rows(lesson: Lesson, spec: RunSpec, folder: Path) -> Any:
    """The rows of a run's data, with targets as its loss wants them: to train on, and held back to validate."""
    from engine.datasets import targets_for
    from engine.training_rows import training_data

    assert spec.model is not None and spec.data is not None
    dataset = load_data(lesson, spec.data, folder)
    x = dataset.inputs
    t = targets_for(spec.loss or "squared_error", dataset, lesson.model[spec.model].layers[-1].units)
    train = dataset.parts["train"]
    held = next((dataset.parts[part] for part in ("validation", "test") if part in dataset.parts), train[:0])
    return training_data(x[train], t[train], x[held], t[held])


def load_data(lesson: Lesson, name: str, folder: Path) -> Any:
    """The Dataset of `[data.NAME]`. Raises DataError with what is wrong, EngineError for a refused path."""
    from engine.datasets import DataSettings, load

    spec = lesson.data[name]
    settings = DataSettings(
        spec.from_,
        spec.n if spec.from_ not in ("digits", "mnist", "csv") else None,
        spec.noise,
        spec.seed,
        None if spec.split is None else {str(part): _share(share) for part, share in spec.split.items()},
        spec.standardise,
        spec.classes,
        spec.file,
        tuple(spec.inputs or ()),
        tuple(spec.target or ()),
        spec.folder,
        spec.n if spec.from_ in ("digits", "mnist", "csv") else None,
    )
    return load(settings, lambda path, most: _read(folder, path, most))


def _share(share: float) -> float | int:
    """A part of the rows, or from 2 on their number."""
    return int(share) if share > 1 and share == int(share) else share


def _read(folder: Path, path: str, most: int) -> bytes:
    """A file beside the lesson, or below a folder that the user allows in TUTOR_DATA."""
    for allowed in os.environ.get("TUTOR_DATA", "").split(os.pathsep):
        if allowed and path.startswith(allowed.rstrip("/") + "/"):
            return read_beneath(allowed, path[len(allowed.rstrip("/")) + 1 :], most)
    try:
        return read_beneath(folder, path, most)
    except OSError as error:  # refused, or not there
        raise EngineError(f"{path}: {error}; data lie beside the lesson, or in a folder named in TUTOR_DATA") from None


def start_digest(folder: Path, path: str) -> str:
    """SHA-256 in hexadecimal of a file of weights that a run starts from. Raises EngineError for a refused path."""
    return hashlib.sha256(_read(folder, path, MOST_WEIGHTS)).hexdigest()


def _checkpoint(folder: Path, path: str) -> Any:
    from engine.checkpoint import read_checkpoint

    return read_checkpoint(_read(folder, path, MOST_WEIGHTS), path)


def train(
    lesson: Lesson,
    name: str,
    graphs: Mapping[str, LessonGraph],
    folder: Path,
    out: Path | None = None,
    progress: Progress = lambda epoch, epochs, loss: None,
) -> Trained:
    """Runs a run to its end; with `out` its checkpoint is kept there, and a run that was broken off goes on."""
    from engine.graph_training import GraphRun
    from tutor.run_files import advanced, trained_with_checkpoints

    started = time.perf_counter()
    run = start_run(lesson, name, graphs, folder)
    spec = resolved(lesson, name)
    if isinstance(run, GraphRun):
        _to_the_end(run, progress)
    elif out is None:
        for _ in advanced(run, progress):
            pass
    else:
        data = load_data(lesson, spec.data, folder).digest if spec.data else ""
        about = {"lesson": lesson.id, "run": name, "data": data}
        run = trained_with_checkpoints(run, out / f"{name}.npz", about, progress)
    from tutor.run_results import finished

    return finished(spec, name, run, time.perf_counter() - started)


def _to_the_end(run: GraphRun, progress: Progress, seconds: float = 0.25) -> None:
    """A graph's run, epoch by epoch, with news of it every `seconds`."""
    told = time.monotonic()
    while run.ended == "running" and run.epoch < run.settings.epochs:
        run.step_epoch()
        if time.monotonic() - told > seconds:
            told = time.monotonic()
            progress(run.epoch, run.settings.epochs, float(run.history["train_loss"][-1]))
    run.run()
