"""The catalogue: where to start and go on, mistakes that came back, and the way to where they were made."""

from tests.tutor.tui.courses import learn, show_small_course
from tests.tutor.tui.stages import HERE, opened, press, settled, text
from tutor.tui.recollection import count_steps

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
