"""Play and predictions: numbers follow, undo goes back, questions get the lesson's own, nothing is given away."""

import pytest

from tests.tutor.tui.stages import SIZES, opened, play, press, text, walk_to
from tutor.tui.rows.play import knobs, value_of

PLAY, PREDICT = 11, 12


def numbers(pilot) -> dict[str, float]:
    session = pilot.app.screen.session
    return {knob.name: value_of(session, knob) for knob in knobs(session)}


SCENES = {
    "scrub": ["down", "down", "plus"],
    "branch": [*["down"] * 4, *["less_than_sign"] * 3],
    "type": ["e", "ctrl+u", "'c = 0.4"],
    "unreadable": ["e", "ctrl+u", "'c = x"],
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("keys", SCENES.values(), ids=SCENES)
async def test_play_looks(keys, size, screen):
    async with opened(size=size) as pilot:
        await play(pilot, f"#{PLAY}", *keys)
        assert text(pilot) == screen


async def test_scrubbing_moves_values_and_gradients_exactly():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "down", "down", "plus", "plus", "minus", "greater_than_sign")
        assert numbers(pilot)["a"] == 2.1
        session = pilot.app.screen.session
        again = session.graph.graph.trace(x1=1, x2=-1, a=2.1, b=1, c=4, d=1, e=2, f=2)
        assert session.graph.trace.gradient("c") == again.gradient("c")


async def test_another_name_may_be_typed_behind_the_one_that_stands_there():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "e", "'0.5", "e", "'c = 0.25")
        assert (numbers(pilot)["x1"], numbers(pilot)["c"]) == (0.5, 0.25)


async def test_a_number_is_chosen_by_its_name():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "g", "'c", "plus")
        assert numbers(pilot)["c"] == pytest.approx(4.1)


async def test_a_number_that_cannot_be_taken_stays_in_the_line():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "e", "'abc")
        screen = pilot.app.screen
        assert "this is no number" in text(pilot) and "Change: x1 = abc" in text(pilot)
        before = numbers(pilot)
        await play(pilot, "ctrl+u", "x", "1", "equals_sign", "'1e400", "minus")
        assert (numbers(pilot), screen.prompt.text) == (before, "x1=1e400-")
        await play(pilot, "ctrl+u", "'x1 = 3")
        assert (numbers(pilot)["x1"], screen.stage.focused_name) == (3, "story")
        await play(pilot, "e", "enter", "e", "escape")
        assert (numbers(pilot)["x1"], screen.stage.focused_name, screen.panes.prompt_for) == (3, "story", "")


async def test_one_entry_of_an_array_has_its_name_on_the_line(tmp_path):
    given = "weights = { v = [1.5, -0.5] }\nnodes = ['s = v[0]*v[1]']"
    lesson = tmp_path / "lesson.toml"
    lesson.write_text(f"format = 1\nid = 'v'\ntitle = 'v'\n[graph.main]\n{given}\n[[step]]\nexplore = 'main'\n")
    async with opened(str(lesson)) as pilot:
        await play(pilot, "down", "e", "'2.5")
        assert numbers(pilot) == {"v[0]": 1.5, "v[1]": 2.5}
        await play(pilot, "g", "'v", "e", "'0.5", "g", "'v[1]", "e", "'3")
        assert numbers(pilot) == {"v[0]": 0.5, "v[1]": 3}


async def test_what_the_gradient_says_and_what_really_happens():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "e", "ctrl+u", "'c = -4")
        last = pilot.app.screen.panes.play.last
        assert last.promised == pytest.approx(-8 * 0.10499358540350662)
        assert last.really == pytest.approx(0.5 - 0.8807970779778823)
        assert "another branch" in text(pilot)


async def test_undo_goes_back_one_by_one_and_original_at_once():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "plus", "plus", "down", "plus", "u")
        assert numbers(pilot)["x1"] == 1.2
        assert numbers(pilot)["x2"] == -1
        await press(pilot, "u")
        assert numbers(pilot)["x1"] == 1.1
        await press(pilot, "plus", "o")
        assert numbers(pilot)["x1"] == 1
        await press(pilot, "u")
        assert "Nothing has been changed" in text(pilot)


async def test_undo_brings_the_rows_of_a_graph_back():
    async with opened() as pilot:
        await play(pilot, "#10", "n", "e", "'x = 5")
        session = pilot.app.screen.session
        assert [float(trace.value("x")) for trace in session.graph.traces] == [5, 5, 5]
        await press(pilot, "u")
        session = pilot.app.screen.session
        assert [float(trace.value("x")) for trace in session.graph.traces] == [1, 2, -1]


async def test_questions_are_about_the_lessons_own_numbers():
    async with opened() as pilot:
        await play(pilot, f"#{PLAY}", "plus", "#4")
        assert numbers(pilot)["x1"] == 1
        assert "they are back" in text(pilot)
        await press(pilot, "escape", "e")
        assert "Questions are about" in text(pilot)


async def test_a_prediction_hides_the_result_until_it_is_right():
    async with opened() as pilot:
        await play(pilot, f"#{PREDICT}", "n")
        assert "= ?" in text(pilot)
        assert "= 2\n" not in text(pilot)
        await play(pilot, "'3")
        assert "not that" in text(pilot)
        assert "= ?" in text(pilot)
        await play(pilot, "'1+1")
        assert "✓ right" in text(pilot)
        assert "= 2\n" in text(pilot)


async def test_a_wrong_prediction_leaves_the_line_empty_and_is_read_above_it():
    async with opened() as pilot:
        await play(pilot, f"#{PREDICT}", "n", "'37")
        assert pilot.app.screen.entry.text == ""
        assert "✗ not that  37" in text(pilot)
        await play(pilot, "escape", "left", "n")
        assert pilot.app.screen.entry.text == ""
        await play(pilot, "right")
        assert "= 2\n" in text(pilot)


async def test_a_prediction_that_cannot_be_read_stays_to_be_mended():
    async with opened() as pilot:
        await play(pilot, f"#{PREDICT}", "n", "'1+")
        assert pilot.app.screen.entry.text == "1+"
        await play(pilot, "'1")
        assert "✓ right" in text(pilot)


async def test_a_prediction_can_be_passed_and_is_not_asked_again():
    async with opened() as pilot:
        await play(pilot, f"#{PREDICT}", "n", "right")
        assert "= 2\n" in text(pilot)
        await press(pilot, "right", "left")
        assert pilot.app.screen.session.cursor == 1
        assert "= 2\n" in text(pilot)


async def test_what_is_typed_of_a_prediction_stays_with_its_step():
    async with opened() as pilot:
        await play(pilot, f"#{PREDICT}", "n", "7", "escape", "left", "n")
        assert pilot.app.screen.entry.text == "7"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_backward_prediction_looks(size, screen):
    async with opened(size=size) as pilot:
        await play(pilot, f"#{PREDICT + 1}", "n", "right", "n", "'9")
        assert text(pilot) == screen


@pytest.mark.parametrize("keys", [["d"], ["t", "home", "enter"]], ids=["d", "table"])
async def test_the_page_of_a_node(keys, screen):
    async with opened() as pilot:
        await walk_to(pilot, 3)
        await play(pilot, *["n"] * 6, *keys)
        assert text(pilot) == screen
        await press(pilot, "escape")
        assert "Every kind of step" in text(pilot)
