"""A lesson without a graph offers none; a key that can do nothing says why; what is asked stays in sight."""

import pytest

from tests.tutor.tui.stages import SIZES, opened, play, press, text, typed

WORDS = """
format = 1
id = "words"
title = "Words only"

[[step]]
say = "Only words."

[[step]]
id = "which"
ask = "Which?"
choice = [{ text = "this", right = true }, { text = "that" }]
"""
PICTURED = """
format = 1
id = "pictured"
title = "A picture"

[graph.main]
given = { x = 1.0 }
nodes = ["h = tanh(x)", "L = h^2"]

[[step]]
say = "A curve."
picture = { curve = ["h"], across = "x", from = -4.0, to = 4.0 }

[[step]]
say = "The graph."
"""


@pytest.fixture
def lesson(tmp_path, request):
    path = tmp_path / "lesson.toml"
    path.write_text(request.param)
    return str(path)


@pytest.mark.parametrize("lesson", [WORDS], indirect=True, ids=["words"])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_without_a_graph_there_is_no_frame_for_it_and_no_key(lesson, size):
    async with opened(lesson, size) as pilot:
        for step in range(2):
            shown = text(pilot)
            assert "Only words." in shown or step
            assert not any(word in shown for word in ("Graph", "All nodes", "g node", "t table"))
            await press(pilot, "right")


@pytest.mark.parametrize("lesson", [WORDS], indirect=True, ids=["words"])
async def test_without_a_graph_its_keys_say_so(lesson):
    async with opened(lesson) as pilot:
        for key in "gtdre":
            await press(pilot, key)
            assert "This lesson has no graph." in text(pilot), key
            await press(pilot, "x")
        await press(pilot, "tab")
        assert "no other pane" in text(pilot)


@pytest.mark.parametrize("lesson", [PICTURED], indirect=True, ids=["pictured"])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_jump_beside_a_picture_leads_to_the_table_and_elsewhere_is_told(lesson, size):
    async with opened(lesson, size) as pilot:
        await press(pilot, "g")
        await typed(pilot, "h")
        screen = pilot.app.screen
        view = screen.panes.view(screen.session, screen.draft)
        assert (screen.stage.focused_name, screen.panes.table.key(view)) == ("table", "h")
        assert "tanh(x)" in text(pilot)
        await press(pilot, "t", "n", "g")
        await typed(pilot, "h")
        assert "h: d shows it in full" in text(pilot)


async def test_the_first_row_of_a_question_stays_above_what_was_made_of_its_answer():
    async with opened() as pilot:
        await play(pilot, "#8", *(f"'dy/ds1 * ds1/da * {n}/{n}" for n in range(1, 9)), "'7", "enter")
        assert "Derive ∂y/∂a." in text(pilot) and "✗ wrong" in text(pilot)
        story = pilot.app.screen.stage["story"]
        assert story.top > 0
        await press(pilot, "escape", *["up"] * 30)
        assert (story.top, text(pilot).count("Derive ∂y/∂a.")) == (0, 1)
        await press(pilot, *["down"] * 40)
        assert story.below == 0


async def test_the_bar_says_what_enter_does_to_a_line_of_a_derivation():
    async with opened() as pilot:
        await play(pilot, "#8", "7")
        assert "Enter add line" in text(pilot)
        await press(pilot, "enter")
        assert "Enter mark all" in text(pilot)
        await play(pilot, "#4", "7")
        assert "Enter mark " in text(pilot)
