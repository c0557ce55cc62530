"""Answers are marked by a process beside the screen: with the same result, and no key waits for it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import lessons
from tests.terminal import Terminal, alive, children, environment
from tests.tutor.tui.courses import learn
from tests.tutor.tui.stages import HERE, marked, opened, play, press, settled, text, typed, walk_to
from tutor.figures.figure import from_dict
from tutor.figures.kinds import figure_or_reason
from tutor.marking import Diagnosis, Mark, Witness
from tutor.opening import open_lesson
from tutor.proof.answers import own_answer, wrong_answers
from tutor.request import Request
from tutor.tui.marking import client
from tutor.tui.marking.bugs import PREPARING
from tutor.tui.marking.client import GoneError, MarkingProcess, RefusedError, marking_of
from tutor.tui.marking.verdicts import mark_of, said_of, said_of_question
from tutor.tui.screens.beside import GONE, MARKING

SHIPPED = Path(lessons.__file__).parent
LESSONS = ["computation-graphs/gradient-checking", "logistic-regression/one-example", "softmax/log-sum-exp"]
PATHS = [str(SHIPPED / name / "lesson.toml") for name in LESSONS]
OTHERS = ("7", "x", "2*w + 1", "[1, 2]", "1/0", "nan", "(", "\ud800\x1b[31m", "a\nb", "0", "-1e400")
FORMULA = 5


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def about(session, request: Request) -> dict[str, object]:
    path, sha256 = str(session.loaded.path), session.loaded.sha256
    settings = list(request.settings)
    return {"lesson": path, "sha256": sha256, "settings": settings, "seed": request.seed, "variant": request.variant}


def answers(session, step, question) -> list[str]:
    """Right and wrong ones."""
    own = own_answer(session, step, question)
    model = question.target if question.kind in {"formula", "derivation", "essay"} else own
    return [each for each in (model, own, *wrong_answers(question, own), *OTHERS) if each]


@pytest.mark.parametrize(
    "request_", [*map(Request, PATHS), Request(PATHS[1], variant="a-student")], ids=[*LESSONS, "variant"]
)
async def test_every_verdict_is_the_one_that_is_found_without_the_process(request_):
    session, process, verdicts = open_lesson(request_), MarkingProcess(), set()
    for place, step in enumerate(session.steps):
        question = session.question(step)
        for answer in answers(session, step, question) if question is not None else ():
            here = session.marked(answer, question, step)
            asked = {"do": "mark", "about": about(session, request_), "place": place, "text": answer}
            there = mark_of((await process.ask(asked))["mark"])
            assert repr(there) == repr(here), (question.id, answer)
            assert there.messages == here.messages
            verdicts.add(here.verdict)
    assert {"right", "wrong", "unreadable"} <= verdicts


async def test_the_answers_of_runs_are_sent_along_so_that_nothing_is_trained_twice():
    request, process = Request(str(HERE / "pictures.toml")), MarkingProcess()
    session = open_lesson(request)
    question = session.settled(session.question(session.steps[3]), session.steps[3])
    asked = {"do": "mark", "about": about(session, request), "place": 3, "text": "17"}
    known = {**said_of_question(question), "target": "17.0"}
    assert (await process.ask({**asked, "decided": known}))["mark"]["verdict"] == "right"


async def test_pictures_and_bugs_are_the_ones_that_are_made_without_the_process():
    request, process = Request(PATHS[0]), MarkingProcess()
    session = open_lesson(request)
    bugs = [i for i, step in enumerate(session.steps) if step.bug]
    for place in bugs:
        reply = await process.ask({"do": "bug", "about": about(session, request), "place": place})
        assert reply["question"] == json.loads(json.dumps(said_of_question(session.question(session.steps[place]))))
    assert bugs
    request = Request(str(HERE / "pictures.toml"))
    session = open_lesson(request).edit("main", "w", 0.25)
    asked = {"do": "draw", "about": about(session, request), "place": 1, "row": 0}
    numbers = {"main": {"values": dict(session.graphs["main"].values), "rows": []}}
    here = figure_or_reason(session, session.steps[1])
    assert from_dict((await process.ask({**asked, "numbers": numbers}))["figure"]) == here
    assert from_dict((await process.ask(asked))["figure"]) != here


async def test_a_lesson_that_was_changed_meanwhile_is_not_marked_by(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_bytes((HERE / "lesson.toml").read_bytes())
    session, process = open_lesson(Request(str(path))), MarkingProcess()
    path.write_text(path.read_text().replace('"dy/dc"', '"dy/da"'))
    with pytest.raises(RefusedError, match="has changed"):
        await process.ask({"do": "mark", "about": about(session, Request("")), "place": FORMULA, "text": "1"})


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "perfect"}, {"points": 2.0}, {"points": float("nan")}, {"of": float("inf")}, {"given": 3},
        {"note": "x" * 100_000}, {"witness": {"at": {}, "given": {}, "right": 1}}, {"diagnosis": {"fault": "sign"}},
        {"witness": {"at": {}, "given": [0.0] * 100_000, "right": 1}}, {"caret": None}, {"witness": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_mark_is_refused(change):
    witness = Witness({"x": 1.0}, [2.0], 3.0, by_row=True)
    mark = Mark("2", "wrong", 0.0, 1.0, "2", witness, Diagnosis("sign", "a"), "so", "2\n^")
    said = json.loads(json.dumps(said_of(mark)))
    assert mark_of(said) == mark
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        mark_of({**said, **change})


async def test_keys_are_alive_while_an_answer_is_marked_and_it_comes_to_its_question():
    async with opened() as pilot:
        await walk_to(pilot, FORMULA)
        await typed(pilot, "a")
        screen, process = pilot.app.screen, marking_of(pilot.app)._process
        name = screen.question_id
        process.send_signal(signal.SIGSTOP)
        for key in ("ctrl+u", *"s1", "enter"):
            await pilot.press(key)
        await asyncio.wait_for(_until(pilot, lambda: MARKING in text(pilot)), 20)
        await pilot.press("escape", "n")
        assert screen.session.place == FORMULA + 1 and len(screen.session.attempts[name]) == 1
        process.send_signal(signal.SIGCONT)
        await marked(pilot)
        assert [each.answer for each in screen.session.attempts[name]] == ["a", "s1"]
        assert screen.session.place == FORMULA + 1 and MARKING not in text(pilot)


async def _until(pilot, condition) -> None:
    while not condition():
        await pilot.pause()


async def test_a_right_answer_does_not_empty_a_line_with_something_else_in_it():
    async with opened() as pilot:
        await walk_to(pilot, FORMULA)
        await typed(pilot, "a")
        screen, process = pilot.app.screen, marking_of(pilot.app)._process
        process.send_signal(signal.SIGSTOP)
        for key in ("ctrl+u", *"a*s1*x1", "enter", *"+1"):
            await pilot.press(key)
        process.send_signal(signal.SIGCONT)
        await marked(pilot)
        assert len(screen.session.attempts[screen.question_id]) == 2
        assert screen.draft.text == "a*s1*x1+1"


async def test_leaving_while_an_answer_is_marked_asks_first():
    async with opened() as pilot:
        await walk_to(pilot, FORMULA)
        await typed(pilot, "a")
        screen, process = pilot.app.screen, marking_of(pilot.app)._process
        process.send_signal(signal.SIGSTOP)
        await pilot.press("ctrl+u", *"s1", "enter", "escape", "q")
        assert "still being marked" in text(pilot) and pilot.app.is_running
        process.send_signal(signal.SIGCONT)
        await marked(pilot)
        assert len(screen.session.attempts[screen.question_id]) == 2


def test_a_process_that_nobody_needs_ends_by_itself():
    soon = "from tutor.tui.marking import marker; marker.IDLE = 1; marker.main()"
    with subprocess.Popen([sys.executable, "-c", soon], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.wait(60) == -signal.SIGALRM


def test_the_process_that_marks_goes_with_the_screen(tmp_path):
    env = environment(XDG_STATE_HOME=str(tmp_path))
    with Terminal([sys.executable, "-m", "tutor", "run", PATHS[1]], env=env) as screen:
        screen.wait_for("step 1 of")
        for _ in range(40):
            if "Question" in screen.text():
                break
            screen.type(".")
            screen.settle()
        screen.wait_for("Question")
        drawing = children(screen.process.pid)[0]
        screen.wait_until(lambda: children(drawing), "the process that marks")
        beside = children(drawing)
        os.kill(drawing, signal.SIGKILL)
        screen.wait_exit()
        screen.wait_until(lambda: not any(map(alive, beside)), "its end")


async def test_a_process_that_dies_is_started_again():
    async with opened() as pilot:
        await walk_to(pilot, FORMULA)
        await typed(pilot, "a")
        screen = pilot.app.screen
        first = marking_of(pilot.app)._process.pid
        os.kill(first, signal.SIGKILL)
        await play(pilot, "ctrl+u", "'s1")
        assert [each.mark.verdict for each in screen.session.attempts[screen.question_id]] == ["wrong", "wrong"]
        assert marking_of(pilot.app)._process.pid != first


async def test_without_a_process_answers_predictions_and_pictures_are_made_here_and_that_is_said(monkeypatch):
    monkeypatch.setattr(client, "MODULE", "tutor.no_such_module")
    async with opened() as pilot:
        await walk_to(pilot, FORMULA)
        await typed(pilot, "a")
        assert GONE in text(pilot)
        screen = pilot.app.screen
        session = screen.session
        assert repr(screen.session.attempts[screen.question_id]) == repr(
            session.go(FORMULA).with_attempts(screen.question_id, ()).answer("a").attempts[screen.question_id]
        )
    async with opened("pictures.toml") as pilot:
        assert "Drawing" not in text(pilot)
        with pytest.raises(GoneError):
            await marking_of(pilot.app).ask({"do": "open"})


async def test_what_the_journal_has_is_shown_at_once_and_marked_again():
    learn(HERE / "lesson.toml", ("off", "1"), ("off", "2"), place=3)
    async with opened() as pilot:
        screen = pilot.app.screen
        remembered = screen.earlier.attempts["off"]
        assert [(each.mark.verdict, each.remembered) for each in remembered] == [("wrong", True), ("right", True)]
        await press(pilot, "o")
        await settled(pilot)
        assert not any(each.remembered for each in screen.session.attempts["off"])
        again = open_lesson(Request(str(HERE / "lesson.toml")))
        step = next(step for step, question in again.questions() if question.id == "off")
        expected = again.answer("1", step).answer("2", step).attempts["off"]
        assert repr(screen.session.attempts["off"]) == repr(expected)


async def test_a_bug_is_worked_out_elsewhere_and_named():
    async with opened(PATHS[0]) as pilot:
        screen = pilot.app.screen
        place = next(i for i, step in enumerate(screen.session.steps) if step.bug)
        pilot.app.screen.move(lambda session: session.go(place))
        assert screen.session.question().ask == PREPARING and screen.session.possible_points > 0
        await settled(pilot)
        question = screen.session.question()
        assert question == open_lesson(screen.request).question(screen.session.step)
        screen.answer(question.target)
        await settled(pilot)
        assert screen.session.best(question.id).mark.verdict == "right"


async def test_a_wrong_number_is_written_anew_and_a_wrong_formula_is_mended():
    async with opened() as pilot:
        await walk_to(pilot, FORMULA - 1)
        await typed(pilot, "0.5")
        await marked(pilot)
        assert pilot.app.screen.entry.text == "0.5"
        await pilot.press("7")
        assert pilot.app.screen.entry.text == "7"
        await pilot.press("ctrl+u", "right")
        await typed(pilot, "a")
        await marked(pilot)
        await pilot.press("*", "b")
        assert pilot.app.screen.entry.text == "a*b"


async def test_the_mark_of_an_answer_and_a_new_hint_are_in_sight_however_much_stands_there(tmp_path):
    long = " ".join(["so many words that they fill some lines"] * 6)
    lesson = "format = 1\nid = 'h'\ntitle = 'H'\n"
    lesson += "[graph.main]\ngiven = { x = 2, y = 3 }\nnodes = ['p = x*y', 'q = p^2']\n"
    lesson += f"[[step]]\nid = 'a'\nask = 'What? {long}.'\nnumber = 'q'\nhints = ['First, {long}.', 'Last, {long}.']\n"
    (tmp_path / "lesson.toml").write_text(lesson)
    async with opened(str(tmp_path)) as pilot:
        await press(pilot, "f2")
        assert "First, so" in text(pilot)
        await press(pilot, "f2")
        assert "Last, so" in text(pilot)
        await typed(pilot, "5")
        assert "✗ wrong" in text(pilot)
        await typed(pilot, "6")
        assert "(2 tries)" in text(pilot)
