"""`tutor grade`: 300 submissions of ten kinds, every one a row, deterministic, bounded, and nothing executed."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run, tutor
from tutor.grading import grade, question_ids
from tutor.journal import encoded
from tutor.submissions import collect

QUESTIONS = ["direction", "dl-da", "dl-dw", "in-order", "why"]
KINDS = (
    "right",
    "sign",
    "no slope",
    "empty",
    "unreadable answers",
    "another lesson",
    "no toml",
    "no utf-8",
    "unknown question",
    "escapes",
)


@pytest.fixture(scope="module")
def class_of_300(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `in` with 30 submissions of each kind, and the lesson beside it."""
    home = tmp_path_factory.mktemp("class")
    lessons.written(home, lessons.UNIT)
    folder = home / "in"
    folder.mkdir()
    for i in range(300):
        submission(folder, i, KINDS[i % 10])
    return home


def submission(folder: Path, i: int, kind: str) -> None:
    name, student = f"s{i:03d}.toml", f"student {i:03d}"
    texts = dict(lessons.RIGHT)
    del texts["dl-da"]  # its value is another one for every variant
    if kind == "sign":
        texts["dl-dw"] = "-2(h - y) h (1 - h) x"
    elif kind == "no slope":
        texts |= {"dl-dw": "2(h - y) x", "direction": "1"}
    elif kind == "empty":
        texts = {}
    elif kind == "unreadable answers":
        texts = dict.fromkeys(texts, "((((") | {"in-order": "a,,q"}
    elif kind == "unknown question":
        texts["no-such"] = "1"
    elif kind == "escapes":
        student = f"\x1b]52;c;cm0gLXJmIH4=\x07=HYPERLINK {i:03d} \u202e[@click=app.quit]"
        texts["direction"] = "\x1b[31m[/x]"
    lesson = "another" if kind == "another lesson" else "one-unit"
    path = Path(lessons.answers(folder, texts, lesson, name, student=student))
    if kind == "no toml":
        path.write_text("[" * 1000 + "\n")
    elif kind == "no utf-8":
        path.write_bytes(path.read_bytes() + b'\n"\xff" = "1"\n')


def graded(home: Path, *more: str) -> Done:
    return tutor(home, "grade", "lesson.toml", "in", *more)


@pytest.fixture(scope="module")
def alone(class_of_300: Path) -> Done:
    """Graded by one process."""
    return graded(class_of_300, "--format", "csv", "--jobs", "1")


def test_every_submission_is_a_row(alone: Done) -> None:
    assert alone.status == 1
    rows = list(csv.DictReader(io.StringIO(alone.out)))
    assert list(rows[0]) == ["student", "file", "variant", *QUESTIONS, "total", "of", "problem", "note"]
    assert [row["file"] for row in rows] == [f"in/s{i:03d}.toml" for i in range(300)]
    totals = {kind: {row["total"] for row in rows[k::10]} for k, kind in enumerate(KINDS)}
    assert totals == {
        "right": {"4"},
        "sign": {"2"},
        "no slope": {"1"},
        "empty": {"0"},
        "unreadable answers": {"0"},
        "another lesson": {"0"},
        "no toml": {"0"},
        "no utf-8": {"0"},
        "unknown question": {"4"},
        "escapes": {"3"},
    }
    problems = {kind: {row["problem"] for row in rows[k::10]} for k, kind in enumerate(KINDS)}
    assert problems["another lesson"] == {'answers to "another", not to "one-unit"'}
    assert all("brackets deep" in text for text in problems["no toml"])
    assert all("UTF-8" in text for text in problems["no utf-8"])
    bad = {"another lesson", "no toml", "no utf-8"}
    assert all(text == {""} for kind, text in problems.items() if kind not in bad)
    assert {row["note"] for row in rows[8::10]} == {"answers to no question: no-such"}


def test_the_output_is_the_same_to_the_byte_with_one_process_and_two(class_of_300: Path, alone: Done) -> None:
    together = graded(class_of_300, "--format", "csv", "--jobs", "2")
    assert together == alone
    assert alone.err == ""
    assert all(c == "\n" or c.isprintable() for c in alone.out)


def test_feedback_is_one_file_a_student_and_only_about_them(class_of_300: Path) -> None:
    done = graded(class_of_300, "--feedback", "feedback", "--format", "jsonl")
    files = sorted((class_of_300 / "feedback").iterdir())
    assert len(files) == 300
    for file in files:
        text = file.read_text("utf-8")
        assert all(c == "\n" or c.isprintable() for c in text)
        own = file.stem
        assert not [f"{i:03d}" for i in range(300) if f"student {i:03d}" in text and f"{i:03d}" not in own]
    assert "multiply by the slope" in (class_of_300 / "feedback" / "student_002.txt").read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    rows = [json.loads(line) for line in done.out.splitlines()]
    found = [row["answers"].get("dl-dw", {}).get("diagnosis") for row in rows]
    assert Counter(diagnosis["fault"] for diagnosis in found if diagnosis) == {"sign": 30, "missing-factor": 30}


# -- one bad file each


def bad_files(folder: Path) -> dict[str, str]:
    """Hostile files in a folder, each with a part of the reason that is given for it."""
    secret = folder.parent / "secret.toml"
    lessons.answers(folder.parent, lessons.RIGHT, name="secret.toml", student="stolen")
    (folder / "a-link.toml").symlink_to(secret)
    (folder / "b-folder.toml").symlink_to(folder.parent)
    os.mkfifo(folder / "c-fifo.toml")
    (folder / "d-device.toml").symlink_to("/dev/zero")
    with (folder / "e-brackets.toml").open("wb") as file:
        file.write(b"[" * (50 << 20))
    with (folder / "f-sparse.toml").open("wb") as file:
        file.truncate(1 << 40)
    (folder / "g-keys.toml").write_text("a" + ".a" * 2000 + " = 1\n")
    (folder / "h-digits.toml").write_text("a = " + "9" * 5000 + "\n")
    (folder / "i-number.toml").write_text('lesson = "one-unit"\n[answers]\ndl-da = 0x' + "f" * 390 + "\n")
    (folder / "j-values.toml").write_text('lesson = "one-unit"\n[answers]\n"dl-da" = { a = 1 }\n')
    (folder / "k-long.toml").write_text('lesson = "one-unit"\n[answers]\ndl-dw = "' + "(" * 7000 + '"\n')
    (folder / "l-empty.toml").write_text("")
    (folder / "m-journal.jsonl").write_bytes(b'["00000000",{"kind":"answer"}]\n' + b"[" * 100_000)
    name = "n-\x1b]0;title\x07\u202e.toml"
    (folder / name).write_text("not toml")
    return {
        "a-link.toml": "not read",
        "c-fifo.toml": "regular file",
        "d-device.toml": "not read",
        "e-brackets.toml": "larger than 256 KiB",
        "f-sparse.toml": "larger than 256 KiB",
        "g-keys.toml": "key of more than 8 parts",
        "h-digits.toml": "more than 400 digits",
        "j-values.toml": "a text in quotes",
        "l-empty.toml": "which lesson",
        "m-journal.jsonl": "no answer to this lesson",
        "n-": "",
    }


def test_one_bad_file_is_one_row_with_a_reason(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.UNIT)
    folder = tmp_path / "in"
    folder.mkdir()
    lessons.answers(folder, lessons.RIGHT | {"dl-da": ""}, name="z-good.toml", student="good")
    reasons = bad_files(folder)
    done = graded(tmp_path, "--format", "jsonl", "--jobs", "1")
    rows = {Path(row["file"]).name: row for row in map(json.loads, done.out.splitlines())}
    assert (done.status, done.err) == (1, "")
    for name, reason in reasons.items():
        row = next(row for file, row in rows.items() if file.startswith(name))
        assert row["problem"] and reason in row["problem"], (name, row["problem"])
        assert row["student"] != "stolen" and len(row["problem"]) < 500
    assert rows["z-good.toml"]["total"] == 4
    assert "b-folder.toml" not in rows or rows["b-folder.toml"]["problem"]
    assert rows["k-long.toml"]["answers"]["dl-dw"]["verdict"] == "unreadable"


# -- exported work


def test_exported_work_is_marked_again_and_no_score_in_it_is_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    records = [
        {"v": 1, "s": "h-1-a", "n": n, "kind": "answer", "lesson": "one-unit", "question": q, "text": text}
        | {"verdict": "right", "points": 1000.0, "of": 1.0, "time": float(n), "variant": "ada", "sha256": "0" * 64}
        for n, (q, text) in enumerate([("dl-dw", "2(h-y)x"), ("direction", "2"), ("dl-dw", "h"), ("dl-dw", "dL/dh")])
    ]
    export = tmp_path / "work.jsonl"
    export.write_bytes(b"".join(map(encoded, records)) + b"torn")
    done = run(capsys, "grade", path, str(export), "--format", "jsonl")
    row = done.json
    assert (row["student"], row["variant"], row["total"]) == ("work", "ada", 1)
    assert row["answers"]["dl-dw"]["given"] == "dL/dh" and row["note"] == "the lesson was changed since"


def test_variants_are_marked_with_their_own_numbers(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    from tutor.lesson_check import own_answer
    from tutor.opening import open_lesson
    from tutor.request import Request

    folder = tmp_path / "in"
    folder.mkdir()
    values = set()
    for name in ("ada", "emmy", "grace", "sofia"):
        session = open_lesson(Request(path, variant=name))
        step, question = next((s, q) for s, q in session.questions() if q.id == "dl-da")
        own = own_answer(session, step, question)
        assert own is not None
        values.add(own)
        lessons.answers(folder, {"dl-da": own}, name=f"{name}.toml", student=name)
    rows = list(grade(path, list(collect([str(folder)])), 1))
    assert [row.points["dl-da"] for row in rows] == [1, 1, 1, 1]
    assert len(values) > 1


def test_grading_leaves_nothing_behind_and_reads_only_what_it_was_given(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.UNIT)
    folder = tmp_path / "in"
    folder.mkdir()
    submission(folder, 0, "right")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    graded(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name != "state") == before


def test_the_questions_of_a_lesson_come_in_its_order(tmp_path: Path) -> None:
    assert list(question_ids(lessons.written(tmp_path, lessons.UNIT))) == QUESTIONS


def test_any_text_is_marked_without_an_exception(tmp_path: Path) -> None:
    """Pieces of formulas, names, escapes and brackets thrown together; every one gets a verdict."""
    path = lessons.written(tmp_path, lessons.UNIT)
    chance = random.Random(1)
    pieces = [
        *"xywbahL0123456789.()[]{}^*/+-'_= ,",
        "σ",
        "dL/dw",
        "exp",
        "\\frac",
        "\x1b[0m",
        "Σ_i",
        "∂",
        "²",
        "e",
        "\u202e",
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(40):
        texts = {q: "".join(chance.choices(pieces, k=chance.randrange(1, 30))) for q in QUESTIONS}
        lessons.answers(folder, texts, name=f"{i:03d}.toml")
    rows = list(grade(path, list(collect([str(folder)])), 1))
    assert len(rows) == 40
    assert [row.problem for row in rows if row.problem] == []
