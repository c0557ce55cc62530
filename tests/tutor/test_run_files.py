"""Runs with `--out`: what is written, and that a run killed in the middle goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checkpoint import checkpoint_bytes, read_checkpoint
from engine.kernels.state import BATCH
from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import ROOT, run, tutor
from tutor import run_files

LONG = lessons.NET.replace("epochs = 12", "epochs = 300").replace('train = ["slow", "fast"]', 'train = "slow"')
KILLED = """
import os, signal, sys
from tutor import run_files
run_files.SECONDS_BETWEEN = 0.0
really = run_files._write
written = 0
def write(run, path, about):
    global written
    really(run, path, about)
    written += 1
    if written == int(sys.argv[1]) and run.epoch < run.settings.epochs:
        os.kill(os.getpid(), signal.SIGKILL)
run_files._write = write
advanced = run_files.advanced
run_files.advanced = lambda run, progress: advanced(run, progress, 1e-9)  # one epoch a piece
from tutor.cli import main
sys.exit(main(sys.argv[2:]))
"""


def trained(path: str, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    done = run(capsys, "run", path, "--headless", "--format", "json", "--out", str(out), *more)
    assert (done.status, done.err) == (0, "")
    found: dict[str, Any] = done.json["runs"]["slow"]
    return {key: value for key, value in found.items() if key != "seconds"}


def test_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    found = trained(lessons.written(tmp_path, LONG), out, capsys)
    assert sorted(path.name for path in out.iterdir()) == ["slow.history.csv", "slow.json", "slow.npz"]
    kept = json.loads((out / "slow.json").read_text())
    assert kept["history"] == found["history"] and kept["final"] == found["final"]
    head, *rows = (out / "slow.history.csv").read_text().splitlines()
    assert head.split(",") == list(found["history"]) and len(rows) == 301
    assert float(rows[-1].split(",")[1]) == found["final"]["train_loss"]


@pytest.mark.parametrize("at", [1, 7, 150])
def test_a_killed_run_goes_on_as_if_nothing_had_been(
    at: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, LONG)
    unbroken = trained(path, tmp_path / "whole", capsys)
    out = tmp_path / "broken"
    command = [sys.executable, "-c", KILLED, str(at), "run", path, "--headless", "--out", str(out)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [file.name for file in out.iterdir()] == ["slow.npz"]
    assert trained(path, out, capsys) == unbroken
    for name in ("slow.history.csv", "slow.json"):
        files = [(tmp_path / folder / name).read_text() for folder in ("whole", "broken")]
        one, two = ([line for line in text.splitlines() if '"seconds"' not in line] for text in files)
        assert one == two


def test_a_finished_run_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, LONG)
    first = trained(path, tmp_path / "out", capsys)
    pieces: list[int] = []
    really = run_files.advanced
    monkeypatch.setattr(run_files, "advanced", lambda *a: (pieces.append(e) or e for e in really(*a)))
    assert trained(path, tmp_path / "out", capsys) == first
    assert pieces == []


def test_other_settings_are_a_new_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, LONG)
    trained(path, tmp_path / "out", capsys)
    faster = trained(path, tmp_path / "out", capsys, "--set", "run.slow.lr=0.5")
    assert faster == trained(path, tmp_path / "fresh", capsys, "--set", "run.slow.lr=0.5")


def test_another_lessons_checkpoint_and_a_damaged_one_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, LONG)
    out = tmp_path / "out"
    trained(path, out, capsys)
    other = lessons.written(tmp_path, LONG.replace('"small-net"', '"other-net"'), "other.toml")
    done = run(capsys, "run", other, "--headless", "--out", str(out))
    assert done.status == 2 and "belongs to run slow of small-net" in done.err and "another folder" in done.err
    (out / "slow.npz").write_bytes((out / "slow.npz").read_bytes()[:200])
    done = run(capsys, "run", path, "--headless", "--out", str(out))
    assert done.status == 2 and "slow.npz" in done.err and done.err.count("\n") == 1


def doctored(path: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    """Changes the state in a checkpoint; every checksum is right again."""
    found = read_checkpoint(path.read_bytes(), path.name)
    state = {name: array.copy() for name, array in found.state.items()}
    change(state)
    path.write_bytes(checkpoint_bytes(replace(found, state=state)))


DOCTORED: dict[str, Callable[[dict[str, np.ndarray]], object]] = {
    "a batch far outside": lambda state: state["counters"].put(BATCH, -(10**9)),
    "a history of two columns": lambda state: state.update(history=state["history"][:, :2]),
    "no history": lambda state: state.update(history=state["history"][:0]),
}


@pytest.mark.parametrize("which", DOCTORED)
def test_a_doctored_checkpoint_is_refused_before_compiled_code_sees_it(
    which: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, LONG)
    trained(path, tmp_path / "out", capsys)
    doctored(tmp_path / "out" / "slow.npz", DOCTORED[which])
    done = tutor(tmp_path, "run", path, "--headless", "--out", str(tmp_path / "out"))
    assert done.status == 2 and "slow.npz" in done.err and done.err.count("\n") == 1, done.err


@pytest.mark.parametrize("out", ["/proc/nowhere", "{}/lesson.toml/below"])
def test_a_folder_that_cannot_be_written_is_one_message(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, LONG)
    done = run(capsys, "run", path, "--headless", "--out", out.format(tmp_path))
    assert done.status == 2 and done.err.count("\n") == 1 and "Traceback" not in done.err
