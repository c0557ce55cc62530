"""Who a row and a feedback text are about: students who hand in twice, names of every script, files left out."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run
from tutor.grade_command import file_stem


def handed_in(folder: Path, *files: tuple[str, str | None]) -> str:
    """A folder of submissions: each file's name, and the student who is named in it."""
    for name, student in files:
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        more = {} if student is None else {"student": student}
        lessons.answers(path.parent, {"direction": "2"}, name=path.name, **more)
    return str(folder / "in")


def graded(folder: Path, capsys: pytest.CaptureFixture[str], *args: str) -> Done:
    return run(capsys, "grade", lessons.written(folder, lessons.UNIT), *args)


def test_both_rows_of_a_student_stay_and_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = handed_in(tmp_path, ("ben.toml", "ben"), ("ada.toml", "ada"), ("z/ben.toml", "ben"))
    done = graded(tmp_path, capsys, folder, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["student"] for row in rows] == ["ada", "ben", "ben"]
    first = f"{folder}/ben.toml"
    assert [row["note"] for row in rows] == ["", "", f"of the same student as {first}"]
    assert done.err == f'student "ben" has 2 rows: {first}, {folder}/z/ben.toml\n'
    table = graded(tmp_path, capsys, folder)
    assert f"of the same student as {first}"[:100] in table.out


def test_two_files_of_one_name_that_name_nobody_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = handed_in(tmp_path, ("a/ben.toml", None), ("b/ben.toml", None), ("b/ada.toml", None))
    files = [f"{folder}/{name}.toml" for name in ("a/ben", "b/ben", "b/ada")]
    done = graded(tmp_path, capsys, *files, "--format", "csv")
    assert [row["student"] for row in csv.DictReader(io.StringIO(done.out))] == ["a/ben.toml", "b/ben.toml", "ada"]
    assert done.err == ""


def test_feedback_says_about_what_and_whom_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = handed_in(tmp_path, ("ben.toml", "ben"), ("z/ben.toml", "ben"))
    graded(tmp_path, capsys, folder, "--feedback", str(tmp_path / "out"))
    for file, submission in (("ben.txt", "ben.toml"), ("ben-2.txt", "z/ben.toml")):
        text = (tmp_path / "out" / file).read_text("utf-8")
        assert text.startswith(f"One unit\nben ({folder}/{submission})\n\n1 of 5 points\n")
        assert "\ndirection\n  w grows a little. What happens to L?\n  ✓ right: 2\n" in text


def test_what_a_bug_asks_is_the_same_in_every_feedback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lessons.answers(tmp_path, {}, "debug-this-network", student="ada")
    run(capsys, "grade", "debug-this-network", file, "--feedback", str(tmp_path / "out"))
    text = (tmp_path / "out" / "ada.txt").read_text("utf-8")
    assert "makes one mistake. Which fault, at which node?" in " ".join(text.split())
    assert "✗" not in text and "Answer as in" not in text


@pytest.mark.parametrize(
    ("label", "stem"),
    [
        ("Çağla", "Çağla"),
        ("C\u0327ag\u0306la", "Çağla"),
        ("Ада Лавлейс", "Ада_Лавлейс"),
        ("ไม้", "ไม้"),
        ("李 明", "李_明"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("a\x1b[31mb\n", "ab_"),
        ("\u202eevil", "_u202eevil"),
        ("e" + "\u0301" * 100, "\u00e9\u0301\u0301\u0301"),
        ("", "student"),
        ("...", "student"),
        ("ő" * 200, "ő" * 60),
    ],
)
def test_names_of_files_keep_letters_of_any_script(label: str, stem: str) -> None:
    assert file_stem(label) == stem


@given(st.text(max_size=300))
def test_any_label_is_the_name_of_a_file(label: str) -> None:
    stem = file_stem(label)
    assert stem and len(stem.encode()) <= 120
    assert stem[0] not in ".-" and not set(stem) & set("/\\:\0\n")
    assert all(unicodedata.category(c)[0] in "LMN" or c in "._-" for c in stem)
    assert unicodedata.is_normalized("NFC", stem)


def test_files_that_are_left_out_are_named_up_to_five(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = handed_in(tmp_path, ("ben.toml", "ben"))
    for name in "abcdefg":
        (tmp_path / "in" / f"{name}.txt").write_text("mine")
    said = "7 files left out (a.txt, b.txt, c.txt, d.txt, e.txt, and 2 more): answers files end in .toml"
    assert graded(tmp_path, capsys, folder).err.startswith(said)
    assert run(capsys, "report", folder, "--lesson", str(tmp_path / "lesson.toml")).err.startswith(said)


def test_a_mistyped_question_is_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lessons.answers(tmp_path, {"dl_da": "1", "DL-DW": "1", "zzz": "1"}, student="ada")
    note = graded(tmp_path, capsys, file, "--format", "jsonl").json["note"]
    assert note == "answers to no question: dl_da (is dl-da meant?), DL-DW (is dl-dw meant?), zzz"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('lesson = "one-unit"\n[answers]\ndl-da = 0.36.5\n', "line 3, column 13: "),
        (
            'lesson = "one-unit"\ndl-da = "1"\ndirection = "2"\n',
            'line 2, column 1: unknown key "dl-da"; answers need a',
        ),
        ('lesson = "one-unit"\np = "1"\n[answers]\n', 'line 2, column 1: unknown key "p"; answers stand below the'),
        ('lesson = "one-unit"\nstudnet = "a"\n', 'line 2, column 1: unknown key "studnet"; did you mean "student"?'),
        ('lesson = "one-unit"\n[answers]\ndirection = true\n', "line 3, column 13: the answer to direction is a text"),
        ('lesson = "one-unit"\nvariant = 7\n', "line 2, column 11: variant is a text in quotes"),
        ('student = "a"\n', 'it does not say which lesson it answers; lesson = "…" is wanted'),
    ],
)
def test_what_is_wrong_with_a_submission_has_its_place_and_cure(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    assert graded(tmp_path, capsys, str(file), "--format", "jsonl").json["problem"].startswith(says)
