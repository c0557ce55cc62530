"""`tutor progress`: what the journals say, and an export that can be handed in."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tutor.journal import decoded
from tutor.plain import run_plain
from tutor.request import Request


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def take(lesson: str, *lines: str, variant: str | None = None) -> None:
    run_plain(Request(lesson, variant=variant), io.StringIO("".join(f"{line}\n" for line in lines)), io.StringIO())


def test_nothing_done_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "progress").out == "Nothing done yet. `tutor` opens the catalogue.\n"
    assert run(capsys, "progress", "--format", "json").json == {}


def test_points_tries_faults_and_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    take(path, "skip", "skip", "1", "2", "skip", "skip", "skip", "2(h-y)x", "2(h-y)h(1-h)", "hint", "quit")
    found = run(capsys, "progress", "--format", "json").json["one-unit"]
    assert found["questions"] == {"direction": 1, "dl-dw": 0}
    assert found["tries"] == {"direction": 2, "dl-dw": 2}
    assert found["faults"] == {"missing-factor": 2}
    assert (found["points"], found["of"], found["done"], found["place"]) == (1, 5, False, 5)
    text = run(capsys, "progress").out
    assert "one-unit" in text and "1 of 5 points, at step 6" in text
    assert "missing-factor (2×)" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_several_sessions_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    take(path, "skip", "skip", "2", "quit")
    take(path, *["skip"] * 4, "-0.25", "quit")
    take(path, *["skip"] * 9)
    found = run(capsys, "progress", "--format", "json").json["one-unit"]
    assert found["questions"] == {"direction": 1, "dl-da": 1} and found["done"] is True
    assert "done" in run(capsys, "progress").out


def test_the_export_is_everything_and_can_be_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    take(path, "skip", "skip", "2", "quit", variant="ada")
    take(path, *["skip"] * 5, "2(h-y)h(1-h)x", "quit", variant="ada")
    export = tmp_path / "my work.jsonl"
    done = run(capsys, "progress", "--export", str(export))
    records = list(decoded(export.read_bytes()))
    assert done.status == 0 and f"{len(records)} records" in done.out
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    row = run(capsys, "grade", path, str(export), "--format", "json").json[0]
    assert (row["student"], row["variant"], row["total"], row["note"]) == ("my work", "ada", 3, None)


def test_an_export_that_cannot_be_written_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "progress", "--export", "/proc/nowhere/x.jsonl")
    assert done.status == 2 and done.err.count("\n") == 1
