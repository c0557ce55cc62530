"""`tutor report`: who made which mistake where, how questions tell students apart, what is wrong alike."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run, tutor
from tutor.clusters import said_ratio
from tutor.journal import encoded
from tutor.lesson_file import load
from tutor.opening import open_lesson
from tutor.request import Request

SECOND = lessons.UNIT.replace('"one-unit"', '"other-unit"')
SIGN, BARE = "-2(h - y) h (1 - h) x", "2(h - y) x"


@pytest.fixture
def class_room(tmp_path: Path) -> Path:
    """Two lessons, and in `in` the work of twelve students for the first and of four for the second."""
    lessons.written(tmp_path, lessons.UNIT)
    lessons.written(tmp_path, SECOND, "second.toml")
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(12):
        student = f"student {i:02d}"
        texts = {**lessons.RIGHT, "dl-da": shrunk(tmp_path, student) if i < 5 else right(tmp_path, student)}
        if i < 3:
            texts["dl-dw"] = SIGN
        elif i < 7:
            texts["dl-dw"] = BARE
        elif i < 9:
            texts["dl-dw"] = ("x h h y - 7", "h·h·x·y - 7")[i - 7]
        lessons.answers(folder, texts, name=f"a{i:02d}.toml", student=student)
    for i in range(4):
        texts = {"dl-dw": SIGN, "direction": "1"}
        lessons.answers(folder, texts, "other-unit", f"b{i}.toml", student=f"student {i:02d}")
    return tmp_path


def right(folder: Path, student: str, factor: float = 1.0) -> str:
    trace = open_lesson(Request(str(folder / "lesson.toml"), variant=student)).graphs["main"].trace
    return f"{factor * trace.gradient('a'):.4g}"


def shrunk(folder: Path, student: str) -> str:
    """A share of the right value that no known mistake gives."""
    return right(folder, student, 0.77)


def reported(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    args = ["--lesson", str(folder / "lesson.toml"), "--lesson", str(folder / "second.toml"), "--format", "json"]
    done = run(capsys, "report", str(folder / "in"), *args, *more)
    assert (done.status, done.err) == (0, "")
    found: dict[str, Any] = done.json
    return found


def test_by_misconception(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = reported(class_room, capsys)
    assert found["submissions"] == {"marked": 16, "unmarked": [], "replaced": []}
    by_fault = {part["fault"]: part for part in found["misconceptions"]}
    sign = by_fault["sign"]
    assert sign["students"] == [f"student {i:02d}" for i in range(4)]
    assert sign["answers"] == 7
    assert sign["questions"] == [
        {"lesson": "other-unit", "question": "dl-dw", "answers": 4},
        {"lesson": "one-unit", "question": "dl-dw", "answers": 3},
    ]
    assert sign["examples"] == [f"dl-dw: {SIGN}"]
    assert by_fault["missing-factor"]["students"] == [f"student {i:02d}" for i in range(3, 7)]
    counts = [len(part["students"]) for part in found["misconceptions"]]
    assert counts == sorted(counts, reverse=True)


def test_by_question(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = {(q["lesson"], q["question"]): q for q in reported(class_room, capsys)["questions"]}
    assert ("one-unit", "why") not in questions
    solved = {q: questions["one-unit", q]["solved"] for q in ("direction", "dl-da", "dl-dw", "in-order")}
    assert solved == {"direction": 1, "dl-da": pytest.approx(7 / 12), "dl-dw": 0.25, "in-order": 1}
    other = questions["other-unit", "in-order"]
    assert (other["answered"], other["missing"], other["solved"], other["discrimination"]) == (0, 4, 0, None)
    assert questions["one-unit", "direction"]["discrimination"] is None
    # points for dl-dw (2 for the last three) against the rest (2 for the first five, else 3)
    mine, rest = [0] * 9 + [2] * 3, [2] * 5 + [3] * 7
    assert questions["one-unit", "dl-dw"]["discrimination"] == pytest.approx(correlation(mine, rest), abs=1e-6)
    assert questions["one-unit", "dl-dw"]["faults"] == {"missing-factor": 4, "sign": 3}


def correlation(a: list[int], b: list[int]) -> float:
    """Pearson's, written out."""
    n, ma, mb = len(a), sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b, strict=True)) / n
    sa, sb = (sum((x - m) ** 2 for x in v) / n for v, m in ((a, ma), (b, mb)))
    return float(cov / (sa * sb) ** 0.5)


def test_by_student(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    students = {s["student"]: s for s in reported(class_room, capsys)["students"]}
    assert len(students) == 12
    assert (students["student 11"]["points"], students["student 11"]["of"]) == (5, 5)
    assert (students["student 00"]["points"], students["student 00"]["of"]) == (2, 10)
    assert students["student 00"]["faults"]["sign"] == 2


def test_wrong_in_the_same_way(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clusters = reported(class_room, capsys)["unexplained"]
    found = {(c["lesson"], c["question"], c["label"]): c for c in clusters}
    share = found["one-unit", "dl-da", "answered 0.77 times the right value"]
    assert share["students"] == [f"student {i:02d}" for i in range(5)]
    assert share["ratio"] == pytest.approx(0.77, rel=1e-3)
    chosen = found["other-unit", "direction", "chose It grows"]
    assert len(chosen["students"]) == 4
    same = next(c for c in clusters if c["question"] == "dl-dw")
    assert same["students"] == ["student 07", "student 08"] and len(same["examples"]) == 2


def test_a_stub_can_be_pasted_into_the_lesson(class_room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k, cluster in enumerate(reported(class_room, capsys)["unexplained"]):
        assert all(len(line) <= 76 for line in cluster["stub"].splitlines())
        path = class_room / f"longer-{k}.toml"
        path.write_text(f"{lessons.UNIT}\n{cluster['stub']}\n", encoding="utf-8")
        assert str(load(path).lesson.step[-1].id).startswith(f"{cluster['question']}-again")
    stubs = [c["stub"] for c in reported(class_room, capsys)["unexplained"]]
    path = class_room / "with-all.toml"
    path.write_text("\n".join([lessons.UNIT, *stubs]) + "\n", encoding="utf-8")
    assert len({step.id for step in load(path).lesson.step[-len(stubs) :]}) == len(stubs) > 2


def test_a_stub_with_hostile_text_is_one_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'It "grows" \\ """\n[[step]]\nsay = "x" \x1b[31m'
    hostile = lessons.UNIT.replace('text = "It grows"', "text = " + toml_text(text))
    path = lessons.written(tmp_path, hostile)
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        lessons.answers(folder, {"direction": "1"}, name=f"{name}.toml", student=name)
    found = run(capsys, "report", str(folder), "--lesson", path, "--format", "json").json
    step = tomllib.loads(found["unexplained"][0]["stub"])["step"]
    assert len(step) == 1 and 'It "grows"' in step[0]["ask"]


def toml_text(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


def test_the_report_depends_on_what_was_handed_in_and_on_nothing_else(class_room: Path) -> None:
    (class_room / "in" / "c0.toml").write_text("not toml")
    (class_room / "in" / "d0.toml").write_text('lesson = "yet-another"\n')
    args = ["--lesson", "lesson.toml", "--lesson", "second.toml"]
    files = sorted(f"in/{path.name}" for path in (class_room / "in").iterdir())
    for form in ("text", "markdown", "json"):
        runs = [
            tutor(class_room, "report", *names, *args, "--format", form, "--jobs", jobs)
            for names, jobs in ((["in"], "1"), (["in"], "2"), (files[::-1], "1"))
        ]
        assert runs[0] == runs[1] and runs[0].out == runs[2].out
        assert (
            runs[0].status == 1
            and runs[0].err == '1 submission left out: it answers other lessons: "yet-another" (1)\n'
        )
        assert "c0.toml" in runs[0].out and "d0.toml" not in runs[0].out
        if form == "text":
            assert all(len(line) <= 80 for line in runs[0].out.splitlines())


def test_lessons_of_the_catalogue_need_no_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.answers(tmp_path, {"dy-da": "0.5"}, "relu-sigmoid", student="ada")
    other = lessons.answers(tmp_path, {"x": "0.5"}, "no-such-lesson", "b.toml", student="ada")
    found = run(capsys, "report", path, other, "--format", "json").json
    assert found["submissions"]["marked"] == 1
    assert "no-such-lesson" in found["submissions"]["unmarked"][0]["problem"]
    assert {q["lesson"] for q in found["questions"]} == {"relu-sigmoid"}


def test_tries_and_hints_come_from_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    for student, tries, hints in (("ada", 3, 2), ("emmy", 1, 0)):
        records = [
            {"v": 1, "s": student, "n": n, "kind": "answer", "lesson": "one-unit", "question": "dl-dw", "text": "h"}
            | {"time": float(n)}
            for n in range(tries)
        ]
        records += [
            {
                "v": 1,
                "s": student,
                "n": 9 + n,
                "kind": "hint",
                "lesson": "one-unit",
                "question": "dl-dw",
                "shown": n + 1,
            }
            for n in range(hints)
        ]
        (tmp_path / f"{student}.jsonl").write_bytes(b"".join(map(encoded, records)))
    files = [str(tmp_path / f"{student}.jsonl") for student in ("ada", "emmy")]
    questions = run(capsys, "report", *files, "--lesson", path, "--format", "json").json["questions"]
    found = next(q for q in questions if q["question"] == "dl-dw")
    assert (found["tries"], found["hints"]) == (2, 1)
    assert next(q for q in questions if q["question"] == "dl-da")["tries"] is None


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (-0.5, "-1/2 of the right value"),
        (-0.5003, "-1/2 of the right value"),
        (2.0, "2 times the right value"),
        (-1.0, "minus the right value"),
        (1 / 3, "1/3 of the right value"),
        (1.3714, "1.37 times the right value"),
        (0.0, "0"),
        (1e300, "1e300 times the right value"),
    ],
)
def test_ratios_in_words(ratio: float, said: str) -> None:
    assert said_ratio(ratio) == said


# -- time for each question


def exported(folder: Path, student: str, records: list[dict[str, Any]]) -> str:
    path = folder / f"{student}.jsonl"
    path.write_bytes(b"".join(encoded({"v": 1, "lesson": "one-unit", "question": "dl-dw", **r}) for r in records))
    return str(path)


def steps(session: str, *made: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"s": session, "n": n, "kind": kind, "time": time, "text": "h"} for n, (kind, time) in enumerate(made, 1)]


def seconds(folder: Path, capsys: pytest.CaptureFixture[str], *files: str) -> float | None:
    path = lessons.written(folder, lessons.UNIT)
    questions = run(capsys, "report", *files, "--lesson", path, "--format", "json").json["questions"]
    found: float | None = next(q for q in questions if q["question"] == "dl-dw")["seconds"]
    return found


@pytest.mark.parametrize(
    ("made", "spent"),
    [
        (steps("a", ("place", 100.0), ("hint", 130.0), ("answer", 150.0), ("place", 200.0)), 50),
        (steps("a", ("place", 100.0), ("answer", 120.0), ("answer", 50.0), ("answer", 60.0)), 30),
        (steps("a", ("place", 100.0), ("answer", 120.0), ("answer", 9e9), ("answer", 9e9 + 5)), 25),
        (steps("a", ("place", 0.0), ("answer", 30.0)) + steps("b", ("place", 9e4), ("answer", 9e4 + 7)), 37),
        (steps("a", ("place", 0.0), ("answer", 30.0)) * 2, 30),
        (steps("a", ("place", float("nan")), ("answer", float("inf"))), 0),
        (steps("a", ("answer", 5.0)), None),
    ],
    ids=["hint and answer", "back", "ahead", "two sessions", "records twice", "no time", "nothing before"],
)
def test_time_for_a_question(
    made: list[dict[str, Any]], spent: float | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seconds(tmp_path, capsys, exported(tmp_path, "ada", made)) == spent


def test_the_time_is_the_median_of_the_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = (10.0, 30.0, 1500.0)
    files = [exported(tmp_path, f"s{t:g}", steps("a", ("place", 0.0), ("answer", t))) for t in times]
    assert seconds(tmp_path, capsys, *files) == 30
    text = run(capsys, "report", *files, "--lesson", str(tmp_path / "lesson.toml")).out
    assert " 0:30 " in next(line for line in text.splitlines() if line.startswith("  one-unit/dl-dw"))


def test_a_clock_that_jumps_back_does_not_make_an_early_answer_the_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = steps("a", ("answer", 9e9), ("answer", 100.0), ("answer", 200.0))
    made[0]["text"], made[2]["text"] = "h", "dL/dh"
    file = exported(tmp_path, "ada", made)
    row = run(capsys, "grade", lessons.written(tmp_path, lessons.UNIT), file, "--format", "jsonl").json
    assert row["answers"]["dl-dw"]["given"] == "dL/dh"


def test_a_mistyped_lesson_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    files = [lessons.answers(tmp_path, {"direction": "2"}, name, f"{name}.toml") for name in ("one-unit", "one-unti")]
    done = run(capsys, "report", *files, "--lesson", path)
    assert done.err == '1 submission left out: it answers other lessons: "one-unti" (1); is "one-unit" meant?\n'


def test_the_lessons_own_numbers_are_one_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    names = ("ada", "emmy", "grace", "sofia")
    files = [lessons.answers(tmp_path, {"dl-da": "-0.25"}, name=f"{n}.toml", student=n) for n in names]
    found = run(capsys, "report", *files, "--lesson", path, "--format", "json").json
    labels = {c["label"]: c["students"] for c in found["unexplained"] if c["question"] == "dl-da"}
    assert labels == {"gave the value for the lesson's own numbers, not for theirs": sorted(names)}
    assert [m["fault"] for m in found["misconceptions"]] == []
