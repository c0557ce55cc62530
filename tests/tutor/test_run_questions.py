"""Questions that a training run decides, entries of arrays that vary, and long passes in headless text."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tutor.cli import main
from tutor.course import course
from tutor.lesson_file import load, read_data
from tutor.opening import graph_problems, open_lesson, open_loaded
from tutor.proof.answers import own_answer
from tutor.request import Request
from tutor.run_cache import trained_once
from tutor.session import Session

LESSON = """format = 1
id = "decided"
title = "Decided by runs"

[graph.main]
given = { x = 1.5, y = 0.7 }
weights = { w = 0.2 }
nodes = ["L = (w*x - y)^2"]

[data.moons]
from = "moons"
n = 30
split = { train = 0.7, validation = 0.3 }

[model.net]
layers = [{ units = 8, activation = "tanh" }, { units = 1, activation = "sigmoid" }]

[run.net]
model = "net"
data = "moons"
loss = "bce"
lr = 0.5
epochs = 30

[run.wild]
graph = "main"
lr = 0.43
epochs = 8

[run.calm]
like = "wild"
lr = 0.2

[[step]]
id = "best"
ask = "In which epoch was the validation loss smallest?"
result = "best_epoch"
run = "net"
hints = ["Look at the validation curve."]

[[step]]
id = "after-one"
ask = "The loss after one epoch?"
result = "train_loss"
run = "calm"
epoch = 1

[[step]]
id = "rises"
ask = "In how many epochs did the loss rise?"
result = "rises"
run = "wild"

[[step]]
id = "which"
ask = "Which ends lower?"
lowest = "train_loss"
choice = [
  { text = "0.43", run = "wild", because = "It swings." },
  { text = "0.2", run = "calm", because = "It comes down." },
]
"""


def opened(text: str = LESSON) -> Session:
    reading = read_data(text.encode(), "/nowhere/lesson.toml")
    assert reading.loaded is not None and not reading.problems, reading.problems
    return open_loaded(reading.loaded, Request("lesson.toml"))


def marked(session: Session, name: str, answer: str):
    step, question = next((s, q) for s, q in session.questions() if q.id == name)
    return session.marked(answer, question, step)


def test_the_run_knows_the_answer() -> None:
    session = opened()
    losses = session.trained("net").history["validation_loss"]
    best = losses.index(min(losses))
    assert marked(session, "best", str(best)).verdict == "right"
    assert marked(session, "best", str(best - 1)).verdict == "wrong"
    w = 0.2 - 0.2 * 2 * (0.3 - 0.7) * 1.5
    assert marked(session, "after-one", f"{(1.5 * w - 0.7) ** 2:.4g}").verdict == "right"
    assert marked(session, "rises", "0").verdict == "right"


def test_a_slip_is_named() -> None:
    session = opened()
    run = session.trained("net")
    losses = run.history["validation_loss"]
    best = losses.index(min(losses))
    assert 0 < best < 30, "the run of this test has its best epoch inside"
    assert "counted from 1" in marked(session, "best", str(best + 1)).note
    assert "the number of epochs" in marked(session, "best", "30").note
    last = session.trained("calm").history["train_loss"][-1]
    assert "the last training loss" in marked(session, "after-one", f"{last:.6g}").note


def test_what_is_near_enough_for_the_answer_is_not_near_another_result() -> None:
    session = opened()
    step, question = next((s, q) for s, q in session.questions() if q.id == "best")
    near = replace(question, within=2.0)
    assert session.trained("net").best["epoch"] < 26
    said = session.marked("29", near, step)
    assert said.verdict == "wrong" and "another number" in said.note, "29 is not the number of epochs"


def test_runs_decide_which_option_is_right() -> None:
    session = opened()
    assert marked(session, "which", "2").verdict == "right"
    assert marked(session, "which", "1").verdict == "wrong"
    step, question = session.questions()[3]
    assert [one.right for one in session.settled(question, step).choices] == [False, True]
    turned = opened(LESSON.replace("lowest =", "highest ="))
    assert marked(turned, "which", "1").verdict == "right"


def test_an_empty_answer_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.run_cache.trained_once", lambda *_: pytest.fail("trained"))
    assert marked(opened(), "best", " ").verdict == "missing"


def test_a_run_is_trained_once_for_many_submissions() -> None:
    first, second = opened(), opened()
    assert first.trained("net") is second.trained("net")
    assert trained_once(first.loaded, first.graphs, "net") is first.trained("net")


def test_headless_grades_and_check_prove_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, answers = tmp_path / "lesson.toml", tmp_path / "answers" / "a.toml"
    answers.parent.mkdir()
    path.write_text(LESSON, encoding="utf-8")
    session = opened()
    step, question = session.questions()[0]
    own = own_answer(session, step, question)
    answers.write_text(f'lesson = "decided"\nstudent = "a"\n[answers]\nbest = "{own}"\nwhich = "1"\n', encoding="utf-8")
    assert main(["check", str(path)]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert main(["run", str(path), "--headless", "--answers", str(answers), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {name: mark["verdict"] for name, mark in found["answers"].items()} == {
        "best": "right", "after-one": "missing", "rises": "missing", "which": "wrong",
    }  # fmt: skip
    assert set(found["runs"]) == {"net", "wild", "calm"}
    assert main(["grade", str(path), str(answers), "--format", "json"]) in (0, 1)
    assert '"right"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('result = "best_epoch"', 'result = "best_epoc"'), 'did you mean "best_epoch"?'),
        (('run = "net"\nhints', 'run = "nte"\nhints'), 'did you mean "net"?'),
        (('result = "rises"\nrun = "wild"', 'result = "rises"'), "result asks for a run"),
        (('result = "rises"', 'result = "rises"\nepoch = 3'), "rises belongs to the whole run"),
        (('text = "0.2", run = "calm"', 'text = "0.2"'), "give each option its run"),
        (('text = "0.2", run', 'right = true, text = "0.2", run'), "the runs decide which option is right"),
        (("lowest =", 'highest = "train_loss"\nlowest ='), "lowest and highest are both given"),
    ],
)
def test_what_does_not_fit_is_told(change: tuple[str, str], message: str) -> None:
    assert change[0] in LESSON
    found = [str(problem) for problem in read_data(LESSON.replace(*change).encode(), "f").problems]
    assert any(message in one for one in found), found


def test_a_run_without_validation_has_no_best_epoch() -> None:
    session = opened(LESSON.replace('result = "rises"', 'result = "best_epoch"'))
    mark = marked(session, "rises", "3")
    assert mark.verdict == "unscored" and "has no validation loss" in mark.note


SHIPPED = [
    (entry.id, i)
    for entry in course().entries.values()
    for i, step in enumerate(load(entry.path).lesson.step)
    if step.result is not None or step.lowest is not None or step.highest is not None
]


@pytest.mark.parametrize(("lesson", "i"), SHIPPED)
def test_shipped_questions_about_runs_can_be_answered(lesson: str, i: int) -> None:
    session = open_lesson(Request(lesson))
    step = session.steps[i]
    question = session.question(step)
    assert question is not None
    own = own_answer(session, step, question)
    assert own is not None and session.marked(own, question, step).verdict == "right"
    others = ["123456"] if question.kind == "result" else [str(k + 1) for k in range(len(question.choices))]
    assert sum(session.marked(other, question, step).verdict == "wrong" for other in others) >= len(others) - 1


def test_the_course_asks_about_its_runs() -> None:
    assert len(SHIPPED) >= 3


# -- entries of arrays

ENTRIES = """format = 1
id = "entries"
title = "Entries"

[graph.main]
given = { x = [1.5, -0.5] }
weights = { W = [[0.4, -0.3], [0.2, 0.6]] }
nodes = ["a = W @ x", "L = sum(a^2)"]

[vary]
"W[0,1]" = { choose = [0.7, 0.9, 1.1] }

[[step]]
ask = "?"
number = "a[0]"
"""


def test_one_entry_varies_from_student_to_student(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(ENTRIES, encoding="utf-8")
    found = {
        tuple(map(tuple, open_lesson(Request(str(path), variant=name)).graphs["main"].values["W"]))
        for name in "abcdefg"
    }
    assert {rows[0][1] for rows in found} == {0.7, 0.9, 1.1}
    assert {(rows[0][0], *rows[1]) for rows in found} == {(0.4, 0.2, 0.6)}


def test_an_entry_is_set_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(ENTRIES, encoding="utf-8")
    assert main(["run", str(path), "--headless", "--set", "W[1,0]=5", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["graphs"]["main"]["rows"][0]["values"]["W"] == [[0.4, -0.3], [5.0, 0.6]]
    assert main(["run", str(path), "--headless", "--set", "W[2,0]=5"]) == 2
    assert "W[2,0] is no entry: the array has shape (2, 2)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ('"W[0,2]"', "W[0,2] is no entry of W"),
        ('"W[0]"', "W[0] is no entry of W"),
        ('"V[0,1]"', "no graph has a value V"),
        ("W", 'W is an array; only single numbers vary from student to student; such as "W[0,0]"'),
    ],
)
def test_a_wrong_entry_is_told(name: str, message: str) -> None:
    reading = read_data(ENTRIES.replace('"W[0,1]"', name).encode(), "f")
    assert reading.loaded is not None
    found = [str(problem) for problem in (*reading.problems, *graph_problems(reading.loaded))]
    assert any(message in one for one in found), found


# -- long passes


def test_a_long_pass_tells_both_ends_and_json_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "vanishing-gradients", "--headless"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 400 and all(len(line) <= 80 for line in lines)
    assert any("285 steps like these, from z6 to z148" in line for line in lines)
    assert any("∂E/∂w1 = " in line for line in lines)
    assert main(["run", "vanishing-gradients", "--headless", "--format", "json"]) == 0
    graph = json.loads(capsys.readouterr().out)["graphs"]["deep"]
    assert len(graph["rows"][0]["values"]) == 459
