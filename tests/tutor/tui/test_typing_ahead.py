"""Keys that come faster than they can be answered are answered in their order, none is lost."""

import sys

import pytest

from tests.terminal import Terminal, environment
from tests.tutor.tui.stages import HERE

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
