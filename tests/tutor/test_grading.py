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
    (folder / "o-folder.toml").mkdir()
    lessons.answers(folder / "o-folder.toml", {"direction": "2"}, name="inner.toml", student="inner")
    (folder / "p-socket.toml").symlink_to("/dev/null")
    (folder / "q-binary.toml").write_bytes(bytes(range(256)) * 8)
    (folder / "r-other.toml").write_text('lesson = "another"\n[answers]\n')
    (folder / "s-list.toml").write_text('lesson = ["one-unit"]\n')
    (folder / "t-json.jsonl").write_bytes(b"[" * 100_000 + b"\n" + b'["0", {"kind": "answer", "n": 1e999}]\n')
    (folder / "u-variant.toml").write_text('lesson = "one-unit"\nvariant = 7\n')
    (folder / "v-bare-link.toml").symlink_to("nowhere")
    name = "n-\x1b]0;title\x07\u202e.toml"
    (folder / name).write_text("not toml")
    return {
        "a-link.toml": "not read",
        "b-folder.toml": "not read",
        "o-folder.toml": "not a regular file",
        "p-socket.toml": "not read",
        "q-binary.toml": "no UTF-8",
        "r-other.toml": 'answers to "another"',
        "s-list.toml": "a text in quotes",
        "t-json.jsonl": "no answer to this lesson",
        "u-variant.toml": "a text in quotes",
        "v-bare-link.toml": "not read",
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
    assert rows["z-good.toml"]["total"] == 4 and rows["inner.toml"]["total"] == 1
    assert sum(row["student"] == "stolen" for row in rows.values()) == 0
    assert graded(tmp_path, "--format", "jsonl", "--jobs", "2") == done
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


# -- what a marker is told


def test_a_file_of_an_editor_that_marks_its_bytes_is_marked_as_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = lessons.written(tmp_path, lessons.UNIT)
    plain = 'lesson = "one-unit"\nstudent = "ada"\n[answers]\ndirection = "2"\n'
    for name, text in (("a.toml", plain), ("b.toml", "\ufeff" + plain.replace("\n", "\r\n"))):
        (tmp_path / name).write_bytes(text.encode())
    done = [run(capsys, "grade", lesson, str(tmp_path / name), "--format", "csv") for name in ("a.toml", "b.toml")]
    assert done[0].status == done[1].status
    assert done[0].out == done[1].out.replace("b.toml", "a.toml")
    assert ",direction" in done[0].out and "UTF-8" not in done[1].out and "TOML" not in done[1].out


def test_files_with_other_names_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    folder = tmp_path / "in"
    (folder / "ada").mkdir(parents=True)
    lessons.answers(folder / "ada", {"direction": "2"})
    (folder / "ada" / "answers.txt").write_text("mine")
    (folder / ".hidden").write_text("x")
    done = run(capsys, "grade", path, str(folder), "--format", "jsonl")
    assert done.err == "1 file left out (ada/answers.txt): answers files end in .toml, exported work in .jsonl\n"
    assert done.json["student"] == "ada/answers"


@pytest.mark.parametrize(
    ("variant", "given", "note"),
    [
        ("ada", "-0.25", "right for the lesson's own numbers, not for this variant: dl-da"),
        ("emmy", "0.7", 'marked with the numbers of variant "emmy"'),
    ],
)
def test_another_variants_numbers_are_told(
    variant: str, given: str, note: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    answers = lessons.answers(tmp_path, {"dl-da": given}, student="ada", variant=variant)
    row = run(capsys, "grade", path, answers, "--format", "jsonl").json
    assert (row["total"], row["note"]) == (0, note)


def journal(path: Path, *made: tuple[str, str, str | None]) -> str:
    records = [
        {"v": 1, "s": "a", "n": n, "kind": "answer", "lesson": "one-unit", "question": q, "text": t, "variant": v}
        | {"time": float(n)}
        for n, (q, t, v) in enumerate(made)
    ]
    path.write_bytes(b"".join(map(encoded, records)))
    return str(path)


def test_exported_work_without_a_variant_has_the_lessons_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    file = journal(tmp_path / "ada.jsonl", ("dl-da", "-0.25", None))
    row = run(capsys, "grade", path, file, "--format", "jsonl").json
    assert (row["student"], row["variant"], row["total"], row["note"]) == ("ada", None, 1, None)


def test_answers_to_two_variants_are_not_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    file = journal(tmp_path / "ada.jsonl", ("dl-da", "-0.25", None), ("direction", "2", "ada"))
    row = run(capsys, "grade", path, file, "--format", "jsonl").json
    assert (row["variant"], row["total"], row["answers"]["dl-da"]["verdict"]) == ("ada", 1, "missing")
    assert row["note"] == "left out: answers with the numbers of another variant (1)"


def test_labels_that_a_file_system_takes_for_one_have_two_feedback_files(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.UNIT)
    (tmp_path / "in").mkdir()
    labels = ("Ada", "ada", "ada", "ada-2", "../ada", "..", "a/b", "a_b", "")
    for i, label in enumerate(labels):
        lessons.answers(tmp_path / "in", {"direction": str(i)}, name=f"{i}.toml", student=label)
    graded(tmp_path, "--feedback", "out")
    names = [path.name.casefold() for path in (tmp_path / "out").iterdir()]
    assert len(set(names)) == len(labels) and sorted(tmp_path.glob("*.txt")) == []
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_a_fault_of_the_program_costs_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import tutor.grading as grading

    path = lessons.written(tmp_path, lessons.UNIT)
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        lessons.answers(tmp_path / "in", {"direction": "2"}, name=f"{name}.toml")
    real = grading.read_submission

    def failing(submission: grading.Submission, lesson: str | None) -> grading.HandedIn:
        if submission.path == "b.toml":
            raise MemoryError
        if submission.path == "c.toml":
            while True:
                pass
        return real(submission, lesson)

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(grading, "read_submission", failing)
    monkeypatch.setattr(grading, "PATIENCE", 0.2)
    done = run(capsys, "grade", path, str(tmp_path / "in"), "--format", "jsonl", "--jobs", "1")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["total"] for row in rows] == [1, 0, 0]
    assert "error of the program itself (MemoryError)" in rows[1]["problem"]
    assert "more than 0.2 s" in rows[2]["problem"]
    assert "MemoryError" in (tmp_path / "state" / "tutor" / "tutor.log").read_text()
