"""What `--out DIR` keeps of a run: a checkpoint to go on from, the history as CSV, and settings and results as JSON."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import CheckpointError
from tutor.errors import wrong
from tutor.files import read_bytes, write_atomic

if TYPE_CHECKING:
    from engine.training import Run

SECONDS_BETWEEN = 2.0
MAX_CHECKPOINT = 1 << 30
Progress = Callable[[int, int, float], None]
"""Called with the epoch, the last epoch, and the training loss."""


def trained_with_checkpoints(run: Run, path: Path, about: Mapping[str, str], progress: Progress) -> Run:
    """Trains to the end; every two seconds the state is written to `path`, from which a broken run goes on.

    Raises ProblemsError if `path` holds another run's checkpoint, or cannot be written.
    """
    run = _resumed(run, path, about)
    written = time.monotonic()
    for _ in advanced(run, progress):
        if time.monotonic() - written > SECONDS_BETWEEN:
            _write(run, path, about)
            written = time.monotonic()
    _write(run, path, about)
    return run


def advanced(run: Run, progress: Progress, seconds: float = 0.25) -> Any:
    """Trains in pieces of about `seconds`; yields after each."""
    epochs = 1
    while run.is_going and run.epoch < run.settings.epochs:
        started = time.monotonic()
        run.run(min(max(run.epoch, 0) + epochs, run.settings.epochs))
        spent = time.monotonic() - started
        epochs = max(1, min(4 * epochs, int(epochs * seconds / max(spent, 1e-6))))
        progress(run.epoch, run.settings.epochs, float(run.history.train_loss[-1]))
        yield run.epoch


def _resumed(run: Run, path: Path, about: Mapping[str, str]) -> Run:
    """The run that `path` holds the middle of, if it is this very run; else the new one."""
    if not path.exists():
        return run
    from engine.checkpoint import read_checkpoint
    from engine.training import resume

    try:
        found = read_checkpoint(read_bytes(path, MAX_CHECKPOINT), path.name)
        if found.lesson != about["lesson"] or found.run != about["run"] or found.data != about["data"]:
            raise CheckpointError(f"{path.name} belongs to run {found.run} of {found.lesson}, or to other data")
        _, fresh = run.state()
        if found.settings != json.loads(json.dumps(fresh)):
            return run  # other settings: a new run, which takes the file's place
        return resume({_path(key): array for key, array in found.state.items()}, found.settings, run.data)
    except (CheckpointError, OSError) as error:
        cure = "remove it, or name another folder"
        raise wrong(str(path), str(error), cure) from None


def _write(run: Run, path: Path, about: Mapping[str, str]) -> None:
    from engine.checkpoint import Checkpoint, write_checkpoint
    from tutor.versions import program_version

    state, settings = run.state()
    checkpoint = Checkpoint(
        weights=run.parameters,
        state={_member(key): array for key, array in state.items()},
        lesson=about["lesson"],
        run=about["run"],
        settings=settings,
        epoch=run.epoch,
        version=program_version(),
        data=about["data"],
    )
    write_checkpoint(path, checkpoint)


def _member(key: str) -> str:
    """`parameters/layer1.weight` as the name of a member of the file, which has no folders."""
    return key.replace("/", "--")


def _path(member: str) -> str:
    return member.replace("--", "/")


def write_results(folder: Path, name: str, result: Mapping[str, Any], history: Mapping[str, list[Any]]) -> None:
    """NAME.history.csv and NAME.json."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(history)
    rows = zip(*history.values(), strict=True)
    writer.writerows([["" if value != value else value for value in row] for row in rows])
    write_atomic(folder / f"{name}.history.csv", sheet.getvalue().encode(), 0o644)
    write_atomic(folder / f"{name}.json", (json.dumps(result, indent=1) + "\n").encode(), 0o644)
