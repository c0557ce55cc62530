"""Keys that come faster than they can be answered are answered in their order, none is lost."""

import sys
import threading
from contextlib import asynccontextmanager

import pytest

from tests.terminal import Terminal, environment
from tests.tutor.tui.stages import HERE, settled, text
from tutor.request import Request
from tutor.tui.app import TutorApp
from tutor.tui.screens.lesson_screen import LessonScreen

TUTOR = [sys.executable, "-P", "-m", "tutor", "run"]
LESSON = str(HERE / "lesson.toml")
DOWN, RIGHT, ENTER = "\x1b[B", "\x1b[C", "\r"


@pytest.fixture
def home(tmp_path):
    return environment(XDG_STATE_HOME=str(tmp_path))


def test_a_key_typed_before_anything_is_shown_is_not_lost(home):
    with Terminal([*TUTOR, LESSON], env=home) as screen:
        screen.type(RIGHT)
        screen.wait_for("step 2 of")


def test_an_option_that_is_chosen_in_one_burst_is_the_one_that_is_marked(home, tmp_path):
    lesson = tmp_path / "lesson.toml"
    lesson.write_text(CHOICE)
    with Terminal([*TUTOR, str(lesson)], env=home) as screen:
        screen.wait_for("the second")
        screen.type(DOWN + ENTER)
        screen.wait_for("✓ right")
        screen.settle()
        assert "tempting" not in screen.text()


def test_keys_go_to_the_screen_that_the_keys_before_them_opened(home):
    """The help page is opened and closed, the sandbox too, and the lesson moves on: all in one write."""
    with Terminal([*TUTOR, LESSON], env=home) as screen:
        screen.wait_for("step 1 of")
        screen.type("?q" + RIGHT + "?q" + RIGHT)
        screen.wait_for("step 3 of")


@asynccontextmanager
async def slowly(monkeypatch):
    """The app while it opens a lesson, and what lets it go on."""
    go_on, read = threading.Event(), LessonScreen.read

    def when_told(self):
        assert go_on.wait(60)
        return read(self)

    monkeypatch.setattr(LessonScreen, "read", when_told)
    app = TutorApp(Request(LESSON), "ansi")
    async with app.run_test(size=(80, 24)) as pilot:
        try:
            while "Opening" not in text(pilot):
                await pilot.pause()
            yield pilot, go_on
        finally:
            go_on.set()


async def test_keys_typed_while_a_lesson_is_opened_wait_for_it(monkeypatch):
    async with slowly(monkeypatch) as (pilot, go_on):
        await pilot.press("right", "right")
        assert "Opening" in text(pilot)
        go_on.set()
        await settled(pilot)
        assert "step 3 of" in text(pilot)


async def test_who_leaves_waits_for_no_lesson(monkeypatch):
    async with slowly(monkeypatch) as (pilot, _):
        await pilot.press("right", "q")
        assert not pilot.app.is_running or pilot.app._exit


CHOICE = """
format = 1
id = "burst"
title = "One of two"

[[step]]
id = "one"
ask = "Which one?"
choice = [
  { text = "the first", because = "It is tempting, being the first." },
  { text = "the second", right = true, because = "It is." },
]
"""
