"""The mouse: off unless asked for; then clicks choose lessons, options, nodes and what stands in the bar."""

import sys

import pytest

from tests.terminal import Terminal, environment
from tests.tutor.tui.courses import show_small_course
from tests.tutor.tui.stages import HERE, marked, opened, play, settled, text


def spot(pilot, wanted: str) -> tuple[int, int]:
    """The cell where a text begins."""
    for y, line in enumerate(text(pilot).splitlines()):
        if wanted in line:
            return line.index(wanted), y
    raise AssertionError(f"no {wanted!r} on the screen:\n{text(pilot)}")


async def click(pilot, wanted: str) -> None:
    await pilot.click(offset=spot(pilot, wanted))
    await pilot.pause()


async def test_a_click_chooses_a_lesson_and_another_opens_it():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await click(pilot, "   Backpropagation on paper")
        assert pilot.app.screen.chosen.id == "wide"
        await click(pilot, "Computation graphs")
        assert pilot.app.screen.chosen.id == "wide"
        await click(pilot, "Backpropagation on paper    ")
        await settled(pilot)
        assert pilot.app.screen.session.loaded.lesson.id == "wide"


async def test_a_click_picks_an_option_and_another_answers():
    async with opened() as pilot:
        await play(pilot, "#1")
        await click(pilot, "b) r2")
        assert pilot.app.screen.draft.picked == {1}
        await click(pilot, "b) r2")
        await marked(pilot)
        assert pilot.app.screen.session.best("off").mark.verdict == "right"


async def test_a_click_goes_to_a_node():
    async with opened() as pilot:
        await play(pilot, "#2")
        await click(pilot, "s1")
        assert pilot.app.screen.session.walk_steps()[pilot.app.screen.session.cursor - 1].key == "s1"


async def test_the_bar_can_be_clicked():
    async with opened() as pilot:
        await click(pilot, "next")
        await settled(pilot)
        assert pilot.app.screen.session.place == 1
        await click(pilot, "keys  q leave")
        await settled(pilot)
        assert "jump to a node" in text(pilot)


async def test_the_wheel_rolls_what_is_below_it():
    from textual.events import MouseScrollDown

    async with opened() as pilot:
        await play(pilot, "question_mark")
        x, y = spot(pilot, "one step back")
        wheel = MouseScrollDown(None, x, y, 0, 0, 0, False, False, False, x, y)
        pilot.app.screen.on_mouse_scroll_down(wheel)
        await pilot.pause()
        assert pilot.app.screen.stage["page"].top == 2


START = "import sys; from tutor.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("wanted", [True, False])
def test_the_terminal_is_asked_for_the_mouse_only_on_request(wanted, tmp_path):
    argv = [sys.executable, "-c", START, "run", str(HERE / "lesson.toml"), *(["--mouse"] if wanted else [])]
    with Terminal(argv, env=environment(XDG_STATE_HOME=str(tmp_path))) as screen:
        screen.wait_for("Graph main")
        screen.settle()
        assert (b"\x1b[?1000h" in screen.raw) is wanted
        if not wanted:
            screen.type("\x10mouse: on\r")
            screen.wait_until(lambda: b"\x1b[?1000h" in screen.raw, "mode of the mouse")
            screen.wait_for("mouse: on (clicks choose)")
            screen.type("\x1b[<0;3;24M\x1b[<0;3;24m")  # what is said there gives way to the keys
            screen.wait_for("next")
        screen.type("\x1b[<0;3;24M\x1b[<0;3;24m")  # the bar: next
        screen.wait_for("step 2 of 14")
        screen.type("q")
        assert screen.wait_exit() == 0
        assert screen.left_on() == []
