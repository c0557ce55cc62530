"""The text of a lesson as a student reads it at 80 columns: golden files, and the width of every shipped lesson."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tutor.course import course

GOLDEN = Path(__file__).parents[1] / "golden"
SHIPPED = [entry.id for unit in course().units for entry in unit.lessons]


def same_as_golden(name: str, text: str) -> None:
    """Equal to the golden file; TUTOR_WRITE_GOLDEN=1 writes it anew, to be read before it is committed."""
    path = GOLDEN / name
    text = re.sub(r"(relative error )[\d.]+e-\d+", r"\1tiny", text)  # rounding, another on every machine
    if os.environ.get("TUTOR_WRITE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text("utf-8")


def fits(text: str) -> Iterator[str]:
    """The lines that do not fit 80 columns, or hold what a terminal obeys."""
    for line in text.split("\n"):
        if len(line) > 80 or not line.isprintable() or line != line.rstrip():
            yield line


def test_a_lesson_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    given = {**lessons.RIGHT, "dl-dw": "2(h - y)·x", "dl-da": "1/0", "direction": "1"}
    done = run(capsys, "run", path, "--headless", "--answers", lessons.answers(tmp_path, given))
    assert done.status == 1
    same_as_golden("one-unit.txt", done.out)


def test_rows_and_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "run", lessons.written(tmp_path, lessons.ROWS), "--headless")
    assert done.status == 0
    same_as_golden("three-rows.txt", done.out)


def test_a_formula_explained(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "explain", "L = (σ(w x + b) − y)^2", "x=1", "y=0", "w=0.5", "b=0")
    assert done.status == 0
    same_as_golden("explained.txt", done.out)


def test_overflow_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "run", lessons.written(tmp_path, lessons.OVERFLOW), "--headless")
    same_as_golden("overflow.txt", done.out)


@pytest.mark.parametrize("lesson", SHIPPED)
def test_every_shipped_lesson_fits_a_terminal(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "run", lesson, "--headless")
    assert (done.status, done.err) == (0, "")
    assert list(fits(done.out)) == []


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_golden_files_fit_a_terminal(golden: Path) -> None:
    assert list(fits(golden.read_text("utf-8"))) == []
