"""`tutor sweep`: every point as a run of its own would be, in any number of processes, and nothing computed twice."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run, tutor
from tutor import sweep
from tutor.errors import ProblemsError

MOONS = """from = "moons"
n = 60
noise = 0.1
seed = 1
split = { train = 0.8, validation = 0.2 }
"""
FROM_FILE = """from = "csv"
file = "points.csv"
inputs = ["a", "b"]
target = "t"
split = { train = 0.5, validation = 0.5 }
"""
AXES = ["--over", "run.slow.lr=0.5,0.1", "--over", "seed=0..2"]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def swept(path: str, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    done = run(capsys, "sweep", path, *AXES, "--format", "json", *more)
    assert (done.status, done.err) == (0, "")
    found: list[dict[str, Any]] = done.json
    return found


def test_every_point_equals_a_single_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    rows = swept(path, capsys, "--jobs", "1")
    assert [(r["run.slow.lr"], r["seed"], r["run"]) for r in rows] == [
        (lr, seed, name) for lr in ("0.5", "0.1") for seed in "012" for name in ("slow", "fast")
    ]
    for row in rows:
        single = ["--set", f"run.slow.lr={row['run.slow.lr']}", "--seed", row["seed"], "--format", "json"]
        found = run(capsys, "run", path, "--headless", *single).json["runs"][row["run"]]
        assert {key: row[key] for key in found["final"]} == found["final"]
        assert row["best_validation_loss"] == found["best"]["validation_loss"]
        assert row["epochs"] == found["history"]["epoch"][-1]


def test_jobs_change_nothing(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.NET)
    one, two = (
        tutor(tmp_path, "sweep", "lesson.toml", *AXES, "--format", "csv", "--jobs", jobs, "--fresh") for jobs in "12"
    )
    assert one == two and one.status == 0
    rows = list(csv.DictReader(io.StringIO(one.out)))
    assert len(rows) == 12


def test_what_an_earlier_sweep_left_is_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    first = swept(path, capsys, "--jobs", "1")
    computed: list[sweep.Point] = []
    really = sweep.run_point
    monkeypatch.setattr(sweep, "run_point", lambda point: computed.append(point) or really(point))
    assert swept(path, capsys, "--jobs", "1") == first and computed == []
    kept = sorted((tmp_path / "state" / "tutor" / "sweeps").iterdir())
    assert len(kept) == 6
    kept[0].unlink()
    kept[1].write_text(kept[1].read_text()[:50])  # torn by a kill or a full disk
    assert swept(path, capsys, "--jobs", "1") == first and len(computed) == 2
    computed.clear()
    assert swept(path, capsys, "--jobs", "1", "--fresh") == first and len(computed) == 6
    computed.clear()
    Path(path).write_text(lessons.NET.replace("noise = 0.1", "noise = 0.2"), encoding="utf-8")
    assert swept(path, capsys, "--jobs", "1") != first and len(computed) == 6


def test_changed_data_are_trained_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.NET.replace(MOONS, FROM_FILE))
    (tmp_path / "points.csv").write_text("a,b,t\n" + "0,1,1\n1,0,0\n" * 10)
    first = swept(path, capsys, "--jobs", "1")
    (tmp_path / "points.csv").write_text("a,b,t\n" + "0,1,0\n1,0,1\n" * 10)
    second = swept(path, capsys, "--jobs", "1")
    assert second != first and second == swept(path, capsys, "--jobs", "1", "--fresh")


def killed(point: sweep.Point) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_point_whose_process_is_killed_is_a_row_and_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tutor.sweep_lanes.side_by_side", lambda requests: iter(()))
    monkeypatch.setattr(sweep, "run_point", killed)
    path = lessons.written(tmp_path, lessons.NET)
    done = run(capsys, "sweep", path, *AXES, "--format", "json", "--jobs", "2")
    assert (done.status, done.err) == (1, "")
    assert [row["problem"] for row in done.json] == ["its process ended before it was done"] * 6
    assert not (tmp_path / "state" / "tutor" / "sweeps").exists()


def test_a_diverging_point_is_a_row_and_told_by_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.ROWS.replace("epochs = 20", "epochs = 400"))
    done = run(capsys, "sweep", path, "--over", "run.fit.lr=0.05,50", "--format", "json", "--jobs", "1")
    assert done.status == 1
    assert [row["diverged"] for row in json.loads(done.out)] == [False, True]


def test_the_table_fits_its_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.ROWS)
    done = run(capsys, "sweep", path, "--over", "run.fit.lr=0.05,0.01", "--jobs", "1")
    head, *rows = done.out.splitlines()
    assert head.split()[:3] == ["run.fit.lr", "run", "epochs"] and len(rows) == 2
    assert len({len(line) for line in (head, *rows)}) == 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=1,2", ("1", "2")),
        (" a = 1 , 2 ", ("1", "2")),
        ("seed=0..3", ("0", "1", "2", "3")),
        ("seed=-1..1", ("-1", "0", "1")),
        ("a=3", ("3",)),
    ],
)
def test_axes(text: str, values: tuple[str, ...]) -> None:
    assert sweep.read_axis(text).values == values


@pytest.mark.parametrize("text", ["", "a", "=1", "a=", "a=3..1", "seed=0..99999999999", "a=,,"])
def test_bad_axes(text: str) -> None:
    with pytest.raises(ProblemsError):
        sweep.read_axis(text)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (["run.slwo.lr=1"], 'no run "slwo"; did you mean "slow"?'),
        (["run.slow.lrr=1"], 'did you mean "lr"?'),
        (["run.slow.lr=abc"], "lr"),
        (["seed=a,b"], "seeds are whole numbers"),
        (["a=1..9000", "seed=0..9"], "90000 points"),
    ],
)
def test_bad_sweeps_are_told_before_anything_runs(
    over: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.NET)
    done = run(capsys, "sweep", path, *(part for text in over for part in ("--over", text)))
    assert (done.status, done.out) == (2, "") and says in done.err
    assert done.err.count("\n") == 1
