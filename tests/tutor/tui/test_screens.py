"""Every state of every screen, as text that a reviewer can read, at two sizes."""

from pathlib import Path

import pytest

from tests.tutor.tui.stages import SIZES, looks, opened, play, press, text
from tutor.course import Course, Entry, Unit

# name → keys from the start of the lesson; #5 goes on to step 5, a word after a quote is typed and sent
STATES = {
    "say": [],
    "choice-open": ["#1"],
    "choice-moved": ["#1", "down"],
    "choice-wrong": ["#1", "a", "enter"],
    "choice-right": ["#1", "2", "enter"],
    "forward-start": ["#2"],
    "forward-middle": ["#2", "n"] * 3,
    "forward-end": ["#2", "end"],
    "backward-start": ["#3"],
    "backward-shares": ["#3", "n"] * 6,
    "backward-table": ["#3", "n"] * 3 + ["t"],
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
    "explore": ["#11"],
    "jump": ["#3", "g", "s"],
    "help": ["question_mark"],
    "ask-before-leaving": ["#4", "1", "escape", "q"],
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
async def test_lesson(state, size, screen):
    async with opened(size=size) as pilot:
        for key in STATES[state]:
            await play(pilot, key)
        assert text(pilot) == screen


def small_course() -> Course:
    here = Path("lesson.toml")
    first = Entry("seven-nodes", "Seven nodes, forward and backward", "graphs", here, "A graph of + − max min.", 10)
    second = Entry("relu", "Backpropagation on paper", "graphs", here, "Two relus.", 15, ("seven-nodes",))
    third = Entry("softmax", "Softmax", "jacobians", here, "Off the diagonal too.", 25, ("relu", "gone"))
    units = (Unit("graphs", "Computation graphs", (first, second)), Unit("jacobians", "Jacobians", (third,)))
    return Course("Backpropagation, step by step", units, {e.id: e for e in (first, second, third)})


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [[], ["end"], ["slash", *"soft"], ["slash", *"zzz"], ["question_mark"]], ids=str)
async def test_catalogue(keys, size, screen):
    async with opened(None, size) as pilot:
        pilot.app.screen.show_course(small_course())
        await press(pilot, *keys)
        assert text(pilot) == screen


@pytest.mark.parametrize("palette", ["dark", "light", "ansi", "ansi-light", "contrast", "plain"])
async def test_colours(palette, screen):
    async with opened(palette=palette) as pilot:
        await play(pilot, "#3", *"nnnnnn")
        assert looks(pilot) == screen


@pytest.mark.parametrize("size", [(59, 24), (80, 19), (20, 5)], ids=str)
async def test_too_small_says_what_it_needs(size):
    async with opened(size=size) as pilot:
        assert "60×20" in text(pilot) or size[0] < 30


async def test_poor_terminals_get_ascii(screen):
    async with opened() as pilot:
        pilot.app.ascii_only = pilot.app.screen.panes.ascii_only = True
        await play(pilot, "#3", *"nnn")
        assert text(pilot) == screen
        assert text(pilot).isascii()
