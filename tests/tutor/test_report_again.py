"""`tutor report`: who counts once, and what a known fault explains is explained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tests.tutor.test_report import SECOND, right


@pytest.mark.parametrize("answer", ["-(h - y) h (1 - h) x", "3 (h - y) h (1 - h) x"])
def test_what_a_known_fault_explains_is_not_told_again_as_unexplained(
    answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    numbers = {name: right(tmp_path, name, 2.0) for name in ("ada", "emmy")}
    files = [
        lessons.answers(tmp_path, {"dl-dw": answer, "dl-da": text}, name=f"{name}.toml", student=name)
        for name, text in numbers.items()
    ]
    found = run(capsys, "report", *files, "--lesson", path, "--format", "json").json
    assert {(part["fault"], part["answers"]) for part in found["misconceptions"]} == {("constant-factor", 4)}
    assert found["unexplained"] == []


def handed_in(folder: Path, *files: tuple[str, str | None, str]) -> str:
    """A folder of submissions: the file's name, the student who is named in it, and the answer to `direction`."""
    for name, student, text in files:
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        more = {} if student is None else {"student": student}
        lessons.answers(path.parent, {"direction": text}, name=path.name, **more)
    return str(folder / "in")


def test_of_a_student_who_handed_in_twice_the_last_one_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    folder = handed_in(tmp_path, ("a.toml", "anna", "1"), ("b.toml", "ben", "1"), ("z/c.toml", "anna", "2"))
    done = run(capsys, "report", folder, "--lesson", path, "--format", "json")
    first, last = f"{folder}/a.toml", f"{folder}/z/c.toml"
    assert done.err == f'student "anna" handed in one-unit again: {last} counts, {first} does not\n'
    said = {"lesson": "one-unit", "student": "anna", "file": first, "by": last}
    assert done.json["submissions"] == {"marked": 2, "unmarked": [], "replaced": [said]}
    assert {s["student"]: (s["points"], s["of"]) for s in done.json["students"]} == {"anna": (1, 5), "ben": (0, 5)}
    question = next(q for q in done.json["questions"] if q["question"] == "direction")
    assert (question["answered"], question["solved"]) == (2, 0.5)
    text = run(capsys, "report", folder, "--lesson", path).out
    assert text.startswith("2 submissions, 1 not counted\n")
    markdown = run(capsys, "report", folder, "--lesson", path, "--format", "markdown").out
    for shown in (text, markdown):
        assert "not counted" in shown and "a.toml" in shown and "c.toml" in " ".join(shown.split())


def test_other_lessons_of_a_student_and_files_that_name_nobody_all_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    second = lessons.written(tmp_path, SECOND, "second.toml")
    folder = handed_in(tmp_path, ("a.toml", "anna", "1"), ("x/answers.toml", None, "1"), ("y/answers.toml", None, "2"))
    lessons.answers(tmp_path / "in", {"direction": "2"}, "other-unit", name="b.toml", student="anna")
    files = [f"{folder}/{name}.toml" for name in ("a", "b", "x/answers", "y/answers")]
    done = run(capsys, "report", *files, "--lesson", path, "--lesson", second, "--format", "json")
    assert (done.err, done.json["submissions"]["marked"]) == ("", 4)
    students = [(s["student"], s["of"]) for s in done.json["students"]]
    assert students == [("anna", 10), ("x/answers.toml", 5), ("y/answers.toml", 5)]
