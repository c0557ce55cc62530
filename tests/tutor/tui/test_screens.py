"""Every screen in its states, at three sizes and in four palettes, as text that a reviewer can read."""

import pytest

from tests.tutor.tui.courses import learn, show_small_course
from tests.tutor.tui.layers import layered, legend
from tests.tutor.tui.stages import HERE, opened, play, settled, text

SIZES = [(80, 24), (100, 30), (160, 48)]

# name → keys from the start of the lesson; #5 goes on to step 5, a word after a quote is typed and sent
LESSON = {
    "say": [],
    "choice-open": ["#1"],
    "choice-moved": ["#1", "down"],
    "choice-wrong": ["#1", "a", "enter"],
    "choice-right": ["#1", "2", "enter"],
    "forward-start": ["#2"],
    "forward-middle": ["#2", "n", "n", "n"],
    "forward-end": ["#2", "end"],
    "backward-start": ["#3"],
    "backward-shares": ["#3", *"nnnnnn"],
    "backward-table": ["#3", *"nnn", "t"],
    "number-open": ["#4"],
    "number-typing": ["#4", "2", "asterisk", "left_parenthesis"],
    "number-wrong": ["#4", "'0.105"],
    "number-unreadable": ["#4", "'0.1+"],
    "number-hints": ["#4", "f2", "f2"],
    "number-right": ["#4", "'0.21"],
    "formula-wrong": ["#5", "'s1*(1-s1)"],
    "formula-right": ["#5", "'a*s1*(1-s1)*x1"],
    "several-picked": ["#6", "a", "c"],
    "order-typing": ["#7", "L"],
    "derivation-lines": ["#8", "'dy/ds1 * ds1/da"],
    "essay-answered": ["#9", "'it is flat"],
    "rows-by-operation": ["#10", "n", "n", "n", "r"],
    "play": ["#11"],
    "play-changed": ["#11", "down", "down", "plus"],
    "play-typing": ["#11", "e"],
    "prediction-open": ["#12", "n"],
    "prediction-wrong": ["#12", "n", "'5"],
    "jump": ["#3", "g", "s"],
    "node-page": ["#3", *"nnn", "d"],
    "help": ["question_mark"],
    "commands": ["ctrl+p"],
    "ask-before-leaving": ["#4", "1", "escape", "q"],
}

CATALOGUE = {
    "new": [],
    "a-lesson": ["end"],
    "search": ["slash", *"soft"],
    "search-nothing": ["slash", *"zzz"],
    "help": ["question_mark"],
    "commands": ["ctrl+p"],
    "commands-search": ["ctrl+p", *"softm"],
    "no-mistakes": ["m"],
}

RETURNED = {"continue": [], "mistakes-chosen": ["down"], "mistakes": ["m"]}


def sizes(test):
    return pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")(test)


@sizes
@pytest.mark.parametrize("state", LESSON)
async def test_lesson(state, size, screen):
    async with opened(size=size) as pilot:
        await play(pilot, *LESSON[state])
        await settled(pilot)
        assert await layered(pilot) == screen


@sizes
@pytest.mark.parametrize("state", CATALOGUE)
async def test_catalogue(state, size, screen):
    async with opened(None, size) as pilot:
        await show_small_course(pilot)
        await play(pilot, *CATALOGUE[state])
        assert await layered(pilot) == screen


@sizes
@pytest.mark.parametrize("state", RETURNED)
async def test_catalogue_of_who_comes_back(state, size, screen):
    learn(HERE / "lesson.toml", *(("dy-dc", wrong) for wrong in ("s1*(1-s1)", "a*x1", "s1*(1-s1)*x1")), place=2)
    learn(HERE / "lesson.toml", ("dy-da", "-0.21"), ("dy-dc", "-a*s1*(1-s1)*x1"), ("dy-da", "0.21"), place=5, at=2.0)
    async with opened(None, size) as pilot:
        await show_small_course(pilot)
        await play(pilot, *RETURNED[state])
        assert await layered(pilot) == screen


def test_palettes(screen):
    """What the letters of the looks stand for."""
    assert legend() == screen


@pytest.mark.parametrize("size", [(59, 24), (80, 19), (20, 5)], ids=str)
async def test_too_small_says_what_it_needs(size, screen):
    async with opened(size=size) as pilot:
        assert "60×20" in text(pilot) or size[0] < 30
        assert await layered(pilot) == screen


async def test_poor_terminals_get_ascii(screen):
    async with opened() as pilot:
        pilot.app.ascii_only = pilot.app.screen.panes.ascii_only = True
        await play(pilot, "#3", *"nnn")
        assert text(pilot) == screen
        assert text(pilot).isascii()
