"""Every key of every screen does what the page of keys says."""

import pytest
from textual import events

from tests.tutor.tui.courses import show_small_course
from tests.tutor.tui.stages import HERE, opened, play, press, settled, text, typed
from tutor.tui.keys import CATALOGUE, LESSON, PAGE


def place(pilot):
    session = pilot.app.screen.session
    return session.place, session.cursor


@pytest.mark.parametrize("keys", [CATALOGUE, LESSON, PAGE], ids=["catalogue", "lesson", "page"])
async def test_every_key_has_its_action(keys):
    from tutor.tui.screens.catalogue_screen import CatalogueScreen
    from tutor.tui.screens.help_screen import HelpScreen
    from tutor.tui.screens.lesson_screen import LessonScreen

    screens = {CATALOGUE: CatalogueScreen, LESSON: LessonScreen, PAGE: HelpScreen}
    async with opened() as pilot:
        for key in keys:
            of, _, name = key.action.partition("(")[0].rpartition(".")
            assert hasattr(pilot.app if of == "app" else screens[keys], f"action_{name}"), key


@pytest.mark.parametrize("key", ["right", "n", "space", "enter"])
async def test_next_and_back_go_through_a_walk(key):
    async with opened() as pilot:
        await play(pilot, "#2", key, key)
        assert place(pilot) == (2, 2)
        await press(pilot, "left")
        assert place(pilot) == (2, 1)
        await press(pilot, "b", "p")
        assert place(pilot) == (1, 0)


async def test_home_and_end_stay_inside_a_walk_first():
    async with opened() as pilot:
        await play(pilot, "#2", "end")
        assert place(pilot) == (2, 5)
        await press(pilot, "home")
        assert place(pilot) == (2, 0)
        await press(pilot, "home")
        assert place(pilot) == (0, 0)
        await press(pilot, "end")
        assert place(pilot) == (13, 0)


async def test_after_the_last_step_it_is_said_what_is_open():
    async with opened("training.toml") as pilot:
        await play(pilot, "#0", "end", "right")
        assert "The lesson ends here. q leaves." in text(pilot)
    async with opened("wide.toml") as pilot:
        await play(pilot, "#1", "end", "right")
        assert "The lesson ends here. q leaves." in text(pilot)


def test_the_end_tells_points_and_what_was_not_tried():
    from tutor.opening import open_lesson
    from tutor.request import Request
    from tutor.tui.screens.going_on import ended

    session = open_lesson(Request(str(HERE / "lesson.toml")))
    assert ended(session) == (
        "The lesson ends here: 0 of 6 points. Still open: step 2 (off), step 5 (dy-da), step 6 (dy-dc), 4 more; f goes "
        "there. q leaves."
    )


async def test_point_and_comma_pass_over_walks():
    async with opened() as pilot:
        await play(pilot, "#2", "n", "full_stop")
        assert place(pilot) == (3, 0)
        await press(pilot, "comma", "comma")
        assert place(pilot) == (1, 0)


async def test_tab_goes_round_the_panes_and_back():
    async with opened() as pilot:
        stage = pilot.app.screen.stage
        seen = []
        for _ in range(3):
            seen.append(stage.focused_name)
            await press(pilot, "tab")
        assert seen == ["story", "graph", "story"]
        await press(pilot, "shift+tab")
        assert stage.focused_name == "story"


async def test_arrows_pan_a_focused_picture_that_is_too_wide():
    async with opened("wide.toml") as pilot:
        await press(pilot, "tab")
        graph = pilot.app.screen.stage["graph"]
        await press(pilot, "right")
        assert graph.left > 0
        assert place(pilot) == (0, 0)
        await press(pilot, "left", "left", "left")
        assert graph.left == 0


async def test_the_active_node_is_in_sight_in_a_picture_that_is_too_wide():
    async with opened("wide.toml") as pilot:
        await play(pilot, "#1", "end")
        assert "n14" in text(pilot)
        await press(pilot, "home", "n")
        assert "n1 " in text(pilot)


async def test_a_right_answer_scores_and_frees_the_keys():
    async with opened() as pilot:
        await play(pilot, "#4", "'0.21")
        screen = pilot.app.screen
        assert screen.session.points == 1
        await press(pilot, "n")
        assert screen.session.place == 5


async def test_a_wrong_answer_stays_in_the_line_to_be_mended():
    async with opened() as pilot:
        await play(pilot, "#4", "'0.22")
        screen = pilot.app.screen
        assert (screen.session.points, screen.entry.text) == (0, "0.22")
        await press(pilot, "backspace")
        await typed(pilot, "1")
        assert screen.session.points == 1


async def test_escape_and_moving_away_keep_what_was_typed():
    async with opened() as pilot:
        await play(pilot, "#4", "0", "full_stop", "2", "escape", "right")
        screen = pilot.app.screen
        assert screen.session.place == 5
        assert screen.entry.text == ""
        await press(pilot, "left")
        assert screen.entry.text == "0.2"
        await press(pilot, "escape", "i", "1")
        assert screen.entry.text == "0.21"


async def test_an_empty_line_lets_moving_keys_pass():
    async with opened() as pilot:
        await play(pilot, "#4", "left")
        assert place(pilot) == (3, 13)
        await press(pilot, "right", "enter")
        assert place(pilot) == (5, 0)


async def test_a_choice_is_answered_by_letters_numbers_and_arrows():
    async with opened() as pilot:
        await play(pilot, "#1", "3", "enter")
        screen = pilot.app.screen
        assert screen.session.best("off").mark.verdict == "wrong"
        await press(pilot, "up", "b", "enter")
        assert screen.session.best("off").mark.verdict == "right"
        await press(pilot, "enter")
        assert screen.session.place == 2


async def test_several_options_are_picked_together():
    async with opened() as pilot:
        await play(pilot, "#6", "a", "b", "b", "c", "enter")
        assert pilot.app.screen.session.best("both").mark.verdict == "right"


async def test_space_picks_the_option_at_the_cursor_and_does_not_go_on():
    async with opened() as pilot:
        await play(pilot, "#6", "space", "down", "space", "space", "down", "space", "enter")
        assert pilot.app.screen.session.best("both").mark.verdict == "right"
        await play(pilot, "#1", "down", "space", "enter")
        assert pilot.app.screen.session.best("off").mark.verdict == "right"
        await press(pilot, "space")
        assert pilot.app.screen.session.place == 2


async def test_an_order_and_a_derivation_are_typed():
    async with opened() as pilot:
        await play(pilot, "#7", "'L p")
        assert pilot.app.screen.session.best("order").mark.verdict == "right"
        await play(pilot, "#8", "'dy/ds1 * ds1/da", "'s1*(1-s1)*r1", "backspace")
        assert pilot.app.screen.draft.lines == ("dy/ds1 * ds1/da",)
        await play(pilot, "enter", "enter")
        assert pilot.app.screen.session.best("derive").mark.verdict == "right"


async def test_hints_come_one_by_one_and_end():
    async with opened() as pilot:
        await play(pilot, "#4", "f2")
        assert "Hint 1" in text(pilot)
        await press(pilot, "escape", "h", "h")
        assert "Hint 2" in text(pilot)
        assert "no further hint" in text(pilot)
        await press(pilot, "left", "h")
        assert "Hints belong to questions" in text(pilot)


async def test_jump_finds_a_node_by_any_spelling_and_says_if_there_is_none():
    async with opened() as pilot:
        await play(pilot, "#3", "g", "'s_1")
        assert place(pilot) == (3, 3)
        await play(pilot, "g", "'zz")
        assert "There is no node zz here" in text(pilot)
        assert "Node: zz" in text(pilot)
        await play(pilot, "n", "escape")
        assert place(pilot) == (3, 3)


async def test_rows_go_round():
    async with opened() as pilot:
        await play(pilot, "#10", "n", "r", "r")
        assert pilot.app.screen.session.row == 2
        await press(pilot, "r")
        assert pilot.app.screen.session.row == 0


async def test_leaving_asks_once_when_an_answer_is_not_sent():
    async with opened() as pilot:
        await play(pilot, "#4", "1", "escape", "q")
        assert "not sent yet" in text(pilot)
        await press(pilot, "h", "q")
        assert pilot.app.return_code is None
        await press(pilot, "q")
        assert pilot.app.return_code == 0


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_leaving_at_once(key):
    async with opened() as pilot:
        await press(pilot, key)
        assert pilot.app.return_code == 0


async def test_other_colours_without_losing_the_place():
    async with opened(palette="dark") as pilot:
        await play(pilot, "#2", "n", "c")
        assert pilot.app.palette_name == "light"
        assert place(pilot) == (2, 1)


async def test_the_page_of_keys_opens_and_closes():
    async with opened() as pilot:
        await press(pilot, "question_mark")
        assert "jump to a node" in text(pilot)
        await press(pilot, "escape")
        assert "Every kind of step" in text(pilot)


async def test_alt_with_a_key_that_nothing_binds_is_escape_and_that_key():
    async with opened() as pilot:
        await play(pilot, "#3", "n", "question_mark")
        await hear(pilot, events.Key("alt+t", "t"))
        assert pilot.app.screen.panes.table.is_wanted
        await play(pilot, "#4", *"one two")
        await hear(pilot, events.Key("alt+b", "b"))
        screen = pilot.app.screen
        assert (screen.entry.line.at, screen.stage.focused_name) == (4, "entry")
        await hear(pilot, events.Key("alt+f", "f"), events.Key("alt+b", "b"), events.Key("alt+d", "d"))
        assert screen.entry.text == "one "
        await hear(pilot, events.Key("alt+h", "h"))
        assert "Hint 1" in text(pilot)


async def hear(pilot, *keys):
    for key in keys:
        await pilot.app.on_event(key)
    await pilot.pause()


async def test_a_screen_below_a_page_paints_nothing_over_it():
    async with opened() as pilot:
        await play(pilot, "#2")
        below = pilot.app.screen
        await press(pilot, "question_mark")
        sent = below.stage.sent
        below.say("as a frame of training does")
        assert (below.is_current, below.stage.sent) == (False, sent)
        await press(pilot, "escape")
        assert below.is_current and "as a frame of training does" in text(pilot)


async def test_a_lesson_is_found_opened_left_and_taken_up_again():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "slash")
        await typed(pilot, "every")
        await press(pilot, "enter")
        await settled(pilot)
        await press(pilot, "n")
        assert place(pilot) == (1, 0)
        await press(pilot, "q")
        assert "0/6 points" in text(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert place(pilot) == (1, 0)


async def test_a_lesson_with_problems_is_told_and_ends_with_2():
    async with opened("broken.toml") as pilot:
        assert pilot.app.return_code == 2
        assert any("broken.toml:" in line for line in pilot.app.last_words)


async def test_another_size_keeps_everything():
    async with opened() as pilot:
        await play(pilot, "#4", "1", "2")
        for size in [(160, 48), (50, 10), (60, 20), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert pilot.app.screen.entry.text == "12"
        assert "› 12" in text(pilot)


async def test_a_lesson_is_taken_up_where_an_earlier_session_left_it():
    async with opened() as pilot:
        await play(pilot, "#4", "'0.21", "n")
        pilot.app.memory.close()
    async with opened() as pilot:
        assert "Press o to go on there" in text(pilot)
        assert place(pilot) == (0, 0)
        await press(pilot, "o")
        assert place(pilot) == (5, 0)
        assert pilot.app.screen.session.points == 1
