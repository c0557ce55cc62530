"""The catalogue: where to start and go on, mistakes that came back, and the way to where they were made."""

import os
from pathlib import Path

from tests.tutor.tui.courses import learn, show_small_course
from tests.tutor.tui.stages import HERE, opened, press, settled, text
from tutor.own_progress import show_progress
from tutor.tui.recollection import count_steps
from tutor.tui.rows.catalogue_rows import folded

SLIPS = (("dy-dc", "s1*(1-s1)*x1"), ("dy-dc", "a*x1"), ("dy-dc", "s1*(1-s1)"))
LESSON = HERE / "lesson.toml"


async def test_who_is_new_starts_at_the_first_lesson_with_one_key():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "▸  Start here: Every kind of step, 10 min" in text(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert (pilot.app.screen.session.place, pilot.app.screen.earlier) == (0, None)


async def test_who_stopped_goes_on_there_with_one_key():
    learn(LESSON, ("off", "2"), place=5)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "Continue where you stopped: Every kind of step, step 6 of 14" in text(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        session = pilot.app.screen.session
        assert (session.place, session.points) == (5, 1)
        await press(pilot, "escape", "q")
        await settled(pilot)
        assert "step 6 of 14" in text(pilot)


async def test_going_on_and_leaving_writes_no_answer_again():
    from tutor.journal import folder, read_records

    learn(LESSON, ("off", "2"), place=5)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        for _ in range(2):
            await press(pilot, "enter")
            await settled(pilot)
            await press(pilot, "escape", "left", "ctrl+c")
            await settled(pilot)
        await press(pilot, "end", "enter")
        await settled(pilot)
        pilot.app.memory.close()
    assert sum(record["kind"] == "answer" for record in read_records(folder())) == 1


async def test_after_a_lesson_that_is_done_comes_the_next():
    learn(LESSON, place=13)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "Next: Backpropagation on paper, 15 min" in text(pilot)


async def test_the_latest_lesson_counts_whatever_its_place_in_the_course():
    learn(HERE / "training.toml", place=1, at=9.0)
    learn(LESSON, place=5, at=3.0)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "Continue where you stopped: Softmax, step 2 of 3" in text(pilot)


async def test_a_mistake_that_came_back_leads_to_its_question():
    learn(LESSON, *SLIPS, place=2)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "3 times: a local derivative left out (missing-factor)" in text(pilot)
        await press(pilot, "down")
        assert "practise in Every kind of step" in text(pilot)
        await press(pilot, "enter")
        assert "Every kind of step: dy-dc" in text(pilot)
        assert "· still open" in text(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        session = pilot.app.screen.session
        assert session.step.id == "dy-dc"
        assert len(session.attempts["dy-dc"]) == 3


async def test_a_mistake_of_this_session_is_there_when_one_comes_back():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "m")
        assert "No mistake has come back so far" in text(pilot)
        await press(pilot, "enter", "escape", "enter")
        await settled(pilot)
        screen = pilot.app.screen
        for _, wrong in SLIPS:
            step = next(step for step in screen.session.steps if step.id == "dy-dc")
            screen.move(lambda session, wrong=wrong, step=step: session.answer(wrong, step))
        assert pilot.app.memory.close()
        await press(pilot, "q")
        await settled(pilot)
        assert "3 times: a local derivative left out" in text(pilot)


def test_steps_are_counted_without_reading_the_lesson(tmp_path):
    assert count_steps(LESSON) == 14
    assert count_steps(tmp_path / "gone.toml") == 0


def elsewhere(name: str) -> Path:
    """A lesson of another course: this folder's, under another id."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "lesson.toml"
    path.write_text(LESSON.read_text().replace('id = "every-kind"', f'id = "{name}"'))
    return path


async def test_lessons_of_another_course_are_not_counted_in_this_one():
    learn(elsewhere("of-another"), place=13)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "3 lessons, 0 done" in text(pilot)
    learn(LESSON, place=13)
    async with opened(None) as pilot:
        await show_small_course(pilot)
        assert "3 lessons, 1 done" in text(pilot)


async def test_mistakes_in_another_course_are_told_as_such_and_as_progress_tells_them(capsys):
    learn(elsewhere("of-another"), *SLIPS, place=2)
    assert show_progress("text", None) == 0
    assert "Mistakes that came back: missing-factor (3×)" in capsys.readouterr().out
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "m")
        assert "3 times: a local derivative left out  (missing-factor)" in text(pilot)
        assert "of-another: dy-dc" in text(pilot) and "still open, other course" in text(pilot)
        await press(pilot, "enter")
        assert "belongs to another course" in text(pilot)


async def test_escape_shows_everything_again_from_the_list_and_after_another_screen():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "slash", *"softmax", "down")
        assert "Esc everything" in text(pilot)
        await press(pilot, "s", "ctrl+c", "escape")
        screen = pilot.app.screen
        assert (screen.search.text, screen.chosen.id) == ("", "training")
        assert "Every kind of step" in text(pilot)
        await press(pilot, "slash", *"zzz", "escape")
        assert screen.chosen.can_be_chosen
        await press(pilot, "escape")
        assert "q leaves" in text(pilot)


async def test_a_search_with_a_slip_of_the_finger_finds_what_is_like_it():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "slash", *"softmx")
        assert "No lesson has these words. Like them:" in text(pilot) and "Softmax" in text(pilot)
        await press(pilot, "enter")
        assert pilot.app.screen.chosen.id == "training"
        await press(pilot, "slash", "a", "x")
        assert "Like them" in text(pilot)
        await press(pilot, *"qqqqqq")
        assert "No lesson has these words. Esc shows everything." in text(pilot)


def test_american_and_british_spellings_find_each_other():
    assert folded("Color, center: normalize") == folded("colour, centre: normalise")
    assert folded("Größe") == "grosse" and folded("size") == "size"
