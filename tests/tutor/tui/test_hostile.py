"""No text of a lesson, no answer and no file name reaches the terminal as anything but text."""

import re
from pathlib import Path

import pytest

from tests.tutor.tui.stages import HERE, opened, play, press, segments, settled, text
from tutor.course import Course, Entry, Unit
from tutor.request import Request
from tutor.tui.screens.lesson_screen import LessonScreen

FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
EVIL = "\x1b]52;c;cm0=\x07[@click=app.bell]x[/] a[i][/j] \u202e\x9b31m"


def assert_harmless(pilot) -> None:
    """The strips hold printable text only, and no style that runs an action or opens a link."""
    for row in segments(pilot):
        for part in row:
            assert not FORBIDDEN.search(part.text), part
            assert part.control is None
            assert part.style is None or (not part.style.meta and not part.style.link)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_hostile_lesson_on_every_screen(size):
    async with opened("hostile.toml", size) as pilot:
        assert_harmless(pilot)
        assert "[@click=app.bell]" in text(pilot)  # shown as what it is
        assert "<b>html</b>" in text(pilot)
        for keys in (["#1"], ["b", "enter"], ["a", "enter"], ["t"], ["#2", "f2"], ["question_mark"]):
            await play(pilot, *keys)
            assert_harmless(pilot)


async def test_pasted_and_sent_answers():
    from textual.events import Paste

    async with opened("hostile.toml") as pilot:
        await play(pilot, "#2")
        pilot.app.screen.post_message(Paste(EVIL * 3000))
        await pilot.pause()
        assert_harmless(pilot)
        assert len(pilot.app.screen.entry.text) <= 2000
        await press(pilot, "enter")
        assert_harmless(pilot)
        assert "cannot be read" in text(pilot)


async def test_hostile_names_in_the_catalogue():
    entry = Entry("x", f"Title {EVIL}", "u", Path("x.toml"), f"Summary {EVIL}", 10, (EVIL,))
    async with opened(None) as pilot:
        pilot.app.screen.show_course(Course(EVIL, (Unit("u", EVIL, (entry,)),), {"x": entry}))
        await pilot.pause()
        assert_harmless(pilot)
        assert "[@click=app.bell]" in text(pilot)


async def test_hostile_names_among_the_commands_and_mistakes():
    from tutor.tui.recollection import Recollection
    from tutor.tui.rows.catalogue_rows import Halt
    from tutor.tui.rows.mistake_rows import Mistake, Spot

    entry = Entry("x", f"Title {EVIL}", "u", Path("x.toml"), f"Summary {EVIL}", 10, (EVIL,))
    course = Course(EVIL, (Unit("u", EVIL, (entry,)),), {"x": entry})
    mistakes = (Mistake(EVIL, EVIL, 2, (Spot("x", EVIL, EVIL, 2, False),)),)
    async with opened(None) as pilot:
        pilot.app.screen.show_course(course, Recollection({}, Halt("x", 1, 3), mistakes))
        for keys in ([], ["down"], ["m"], ["escape", "ctrl+p", *"title"], ["escape", "s", *"L=x[@", "enter"]):
            await play(pilot, *keys)
            await settled(pilot)
            assert_harmless(pilot)
            assert "@" in text(pilot)


async def test_hostile_file_name_while_opening_and_in_its_problems():
    async with opened(None) as pilot:
        pilot.app.push_screen(LessonScreen(Request(f"{HERE}/{EVIL}.toml")))
        await settled(pilot)
        assert "cannot be opened" in text(pilot)
        assert_harmless(pilot)


async def test_hostile_node_name_in_the_prompt():
    from textual.events import Paste

    async with opened("hostile.toml") as pilot:
        await press(pilot, "g")
        pilot.app.screen.post_message(Paste(EVIL))
        await pilot.pause()
        await press(pilot, "enter")
        assert_harmless(pilot)
        assert "There is no node" in text(pilot)
