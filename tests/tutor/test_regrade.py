"""`tutor grade --against`: a class graded again shows whose score moves, and why."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run

STUDENTS = {"ada": "2(h - y) h (1 - h) x", "bo": "2(h - y) x", "cy": "2(h - y) h (1 - h)", "di": ""}
CHANGED = lessons.UNIT.replace('formula = "dL/dw"', 'formula = "dL/db"')


@pytest.fixture
def class_room(tmp_path: Path) -> Path:
    """Four submissions in `in`, the lesson as it was in old.toml, and changed (∂L/∂b is asked) in lesson.toml."""
    lessons.written(tmp_path, lessons.UNIT, "old.toml")
    lessons.written(tmp_path, CHANGED)
    (tmp_path / "in").mkdir()
    for name, text in STUDENTS.items():
        lessons.answers(tmp_path / "in", {"direction": "2", "dl-dw": text}, name=f"{name}.toml", student=f"={name}")
    (tmp_path / "in" / "e.toml").write_text("not toml")
    return tmp_path


def graded(folder: Path, capsys: pytest.CaptureFixture[str], lesson: str, *more: str) -> Done:
    return run(capsys, "grade", str(folder / lesson), str(folder / "in"), *more)


def kept(folder: Path, capsys: pytest.CaptureFixture[str], form: str) -> str:
    """The path of the results for the lesson as it was."""
    path = folder / f"old.{form}"
    path.write_text(graded(folder, capsys, "old.toml", "--format", form).out, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "toml"])
def test_whose_score_moves_and_why(form: str, class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = str(class_room / "old.toml") if form == "toml" else kept(class_room, capsys, form)
    done = graded(class_room, capsys, "lesson.toml", "--against", old, "--format", "jsonl")
    assert (done.status, done.err) == (1, "")
    found = {move["student"]: move for move in map(json.loads, done.out.splitlines())}
    assert list(found) == ["=ada", "=cy"]
    ada, cy = found.values()
    assert (ada["question"], ada["before"], ada["after"]) == ("dl-dw", 2, 0)
    assert (cy["question"], cy["before"], cy["after"]) == ("dl-dw", 0, 2)
    assert ada["now"].startswith("wrong (") and cy["now"] == "right"
    assert (ada["was"], cy["was"]) == (("", "") if form == "csv" else ("right", "wrong (missing-factor)"))


def test_a_table_adds_the_moves_up(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = graded(class_room, capsys, "lesson.toml", "--against", str(class_room / "old.toml"))
    assert "    1×  dl-dw: wrong (missing-factor) → right" in done.out
    assert done.out.endswith("2 of 5 submissions move: 1 up, 1 down\n")


def test_nothing_moves_where_nothing_changed(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("csv", "jsonl"):
        done = graded(class_room, capsys, "old.toml", "--against", kept(class_room, capsys, form))
        assert done.out == "0 of 5 submissions move: 0 up, 0 down\n"


def test_moves_as_csv_are_inert(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = graded(class_room, capsys, "lesson.toml", "--against", str(class_room / "old.toml"), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["student"], row["before"], row["after"]) for row in rows] == [("'=ada", "2", "0"), ("'=cy", "0", "2")]


def test_submissions_that_came_went_broke_or_were_mended(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = kept(class_room, capsys, "jsonl")
    folder = class_room / "in"
    (folder / "ada.toml").unlink()
    (folder / "bo.toml").write_text("broken")
    lessons.answers(folder, {"direction": "2"}, name="e.toml", student="e")
    lessons.answers(folder, {"direction": "2"}, name="new.toml", student="new")
    done = graded(class_room, capsys, "old.toml", "--against", old, "--format", "jsonl")
    found = {Path(m["file"]).name: m for m in map(json.loads, done.out.splitlines())}
    assert {name: (m["before"], m["after"], m["now"]) for name, m in found.items() if name != "bo.toml"} == {
        "e.toml": (0, 1, "graded"),
        "new.toml": (0, 1, "graded"),
        "ada.toml": (3, 0, "not handed in"),
    }
    assert (found["bo.toml"]["before"], found["bo.toml"]["after"], found["bo.toml"]["was"]) == (1, 0, "graded")
    assert all(move["question"] == "" for move in found.values())


def test_a_question_that_came_or_went(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    renamed = lessons.UNIT.replace('id = "direction"', 'id = "which-way"')
    lessons.written(class_room, renamed)
    done = graded(class_room, capsys, "lesson.toml", "--against", str(class_room / "old.toml"), "--format", "jsonl")
    moves = [json.loads(line) for line in done.out.splitlines()]
    assert {(m["question"], m["was"], m["now"]) for m in moves} == {("direction", "right", "not asked")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""),
        ("a.csv", "student,file\n1,2\n"),
        ("a.csv", "student,file,variant,q,total,of,problem,note\na,b,c,x,1,2,,\n"),
        ("a.json", "[1, 2]"),
        ("a.jsonl", "[" * 100_000),
        ("a.jsonl", '{"file": "x", "answers": {"q": 1}}'),
        ("a.jsonl", "not json"),
    ],
)
def test_what_is_no_result_is_refused(
    name: str, text: str, class_room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (class_room / name).write_text(text)
    done = graded(class_room, capsys, "lesson.toml", "--against", str(class_room / name))
    assert done.status == 2 and done.out == ""
    assert "no results of `tutor grade`" in done.err


def test_other_numbers_are_told_from_another_marking(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A change of [vary] draws other numbers: answers were right, and nobody is to blame."""
    for name, value in (("ada", "-0.25"), ("bo", "-0.2")):
        lessons.answers(class_room / "in", {"dl-da": value}, name=f"{name}.toml", student=name)
    fixed = lessons.UNIT.replace("choose = [0.6, 0.7, 0.8, 0.9, 1.1]", "choose = [0.5]")
    lessons.written(class_room, fixed)
    done = graded(class_room, capsys, "lesson.toml", "--against", kept(class_room, capsys, "jsonl"))
    assert "→ right with other numbers" in done.out
    assert "1 of them because [vary] draws other numbers for the changed lesson" in done.out


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_earlier_results_are_foreign_text(form: str, class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "=cmd\x1b]0;x\x07\u202e\x9b31m"
    mark = {"verdict": evil, "points": 1, "diagnosis": {"fault": evil}}
    rows = [{"file": str(class_room / "in" / "ada.toml"), "answers": {evil: mark}, "problem": None}]
    rows.append({"file": evil, "answers": {evil: mark}, "problem": evil, "numbers": {evil: evil}})
    old = class_room / "old.jsonl"
    old.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = graded(class_room, capsys, "old.toml", "--against", str(old), "--format", form)
    assert done.status == 1 and "cmd" in done.out
    assert all(c == "\n" or c.isprintable() for c in done.out + done.err)
    if form == "csv":
        assert not [c for row in csv.reader(io.StringIO(done.out)) for c in row if c.lstrip().startswith("=")]
