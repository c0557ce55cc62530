"""Where a lesson goes on: with what earlier sessions did, at questions that are open, in the next lesson."""

from tests.tutor.tui.courses import FIRST, SECOND, learn, show_small_course, small_course
from tests.tutor.tui.stages import HERE, opened, play, press, settled, text, walk_to
from tutor.opening import open_lesson
from tutor.recorder import Recorder
from tutor.request import Request
from tutor.tui.rows.catalogue_rows import Standing, following
from tutor.tui.screens.going_on import ended, open_questions

LESSON = HERE / "lesson.toml"
OFFER = "o on at step 6"


def place(pilot):
    session = pilot.app.screen.session
    return session.place, session.cursor


async def test_points_of_earlier_sessions_count_from_the_first_step_on():
    learn(LESSON, ("off", "2"), ("dy-da", "0.105"), place=5)
    async with opened() as pilot:
        assert place(pilot) == (0, 0)
        assert "1/6 points" in text(pilot)
        await play(pilot, "right")
        assert "✓ right" in text(pilot)
        await press(pilot, "q")
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "1/6 points" in text(pilot)


async def test_the_offer_to_go_on_stays_until_it_is_taken():
    learn(LESSON, ("off", "2"), place=5)
    async with opened() as pilot:
        assert "Press o to go on there" in text(pilot)
        await press(pilot, "down")
        assert OFFER in text(pilot)
        await press(pilot, "right", "right")
        assert OFFER in text(pilot)
        await press(pilot, "o")
        assert place(pilot) == (5, 0)
        await press(pilot, "escape")
        assert OFFER not in text(pilot)


async def test_the_offer_ends_where_one_comes_there_by_oneself_and_what_was_answered_since_is_kept():
    learn(LESSON, ("off", "1"), place=5)
    async with opened() as pilot:
        await play(pilot, "right", "b", "enter", "o")
        assert (place(pilot), pilot.app.screen.session.points) == ((5, 0), 1)
    async with opened() as pilot:
        await walk_to(pilot, 7)
        await walk_to(pilot, 0)
        assert OFFER not in text(pilot)


async def test_opening_and_leaving_again_keeps_the_place_of_before():
    learn(LESSON, ("off", "2"), place=5)
    async with opened() as pilot:
        await press(pilot, "q")
        assert pilot.app.memory.close()
    async with opened() as pilot:
        assert "came to step 6" in text(pilot)


async def test_who_only_answered_the_first_step_is_offered_nothing(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(ASKED)
    learn(path, ("one", "2"))
    async with opened(str(path)) as pilot:
        assert "1/3 points" in text(pilot) and "Press o" not in text(pilot)


ASKED = """
format = 1
id = "asked"
title = "Three questions"

[graph.main]
given = { x = 1.0 }
nodes = ["L = 2*x"]

[[step]]
id = "one"
ask = "L?"
number = "L"

[[step]]
id = "two"
ask = "x?"
number = "x"

[[step]]
id = "three"
ask = "dL/dx?"
number = "dL/dx"
"""


async def test_the_end_names_what_is_open_and_leads_there(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(ASKED)
    async with opened(str(path)) as pilot:
        await play(pilot, "'2", "right", "right", "'7", "escape", "right")
        assert "1 of 3 points. Still open: step 2 (two), step 3 (three); f goes there." in " ".join(text(pilot).split())
        await press(pilot, "f")
        assert place(pilot) == (1, 0)
        await press(pilot, "escape", "f")
        assert place(pilot) == (2, 0)
        await play(pilot, "ctrl+u", "'2", "f", "'1", "end", "right")
        assert "3 of 3 points. q leaves." in text(pilot)
        await press(pilot, "f")
        assert "Every question is answered." in text(pilot)


async def test_a_lesson_without_questions_says_so_and_ends_with_its_training():
    async with opened("wide.toml") as pilot:
        await press(pilot, "f")
        assert "asks no questions" in text(pilot)


async def test_the_next_lesson_takes_the_place_of_this_one():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert ended(pilot.app.screen.session, SECOND.title).endswith(f"l: the next lesson, {SECOND.title}. q leaves.")
        await press(pilot, "l")
        assert "l again opens the next one" in text(pilot)
        await press(pilot, "l")
        await settled(pilot)
        session = pilot.app.screen.session
        assert (session.loaded.lesson.id, len(pilot.app.screen_stack)) == ("wide", 2)
        await press(pilot, "q")
        assert "3 lessons" in text(pilot)


async def test_the_next_lesson_is_looked_for_where_nobody_has_seen_the_catalogue(monkeypatch):
    monkeypatch.setattr("tutor.course.course", small_course)
    async with opened() as pilot:
        last = len(pilot.app.screen.session.steps) - 1
        pilot.app.screen.move(lambda session: session.go(last))
        await press(pilot, "l")
        await settled(pilot)
        assert pilot.app.screen.session.loaded.lesson.id == "wide"
    async with opened("training.toml") as pilot:
        await press(pilot, "l")
        await settled(pilot)
        assert "No lesson of the course comes after" in text(pilot)


async def test_an_answer_that_is_not_sent_is_asked_about_before_the_next_lesson():
    async with opened() as pilot:
        pilot.app.course = small_course()
        await play(pilot, "#4", "1", "escape", "l")
        assert "not sent yet" in text(pilot)
        await press(pilot, "l")
        await settled(pilot)
        assert pilot.app.screen.session.loaded.lesson.id == "wide"


def test_what_is_open_and_what_comes_next():
    session = open_lesson(Request(str(LESSON)))
    steps = {session.question_id(step): step for step, _ in session.questions()}
    session = session.answer("2", steps["off"]).answer("anything", steps["own-words"]).answer("1", steps["dy-da"])
    assert [name for _, name in open_questions(session)] == ["dy-da", "dy-dc", "both", "order", "derive"]
    course = small_course()
    assert (following(course, FIRST.id), following(course, "training"), following(course, "x")) == (SECOND, None, None)


async def test_only_all_points_make_a_tick(tmp_path):
    assert [Standing.of(p, 5, done=d).sign for p, d in ((5, True), (4, True), (5, False))] == ["✓", "~", " "]
    assert Standing.of(0, 0, done=True).sign == "✓"
    learn(LESSON, ("off", "2"), place=13)
    finish(HERE / "wide.toml")
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert " ~  Every kind of step" in text(pilot) and " ✓  Backpropagation on paper" in text(pilot)
        await press(pilot, "question_mark", "end", *["pagedown"] * 3)
        assert "✓  a lesson that is done, with all its points" in text(pilot)


def finish(path):
    from tutor.journal import folder

    recorder = Recorder(folder(), lambda: 2.0)
    session = open_lesson(Request(str(path)))
    recorder.follow(session)
    recorder.follow(session.go(len(session.steps) - 1))
    assert recorder.close()
