"""The table of all nodes: its orders, its filter, and that neither tells what is hidden."""

import re

import pytest

from tests.tutor.tui.stages import HERE, SIZES, opened, play, press, text
from tutor.draw.cells import cell_width
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.revealed import Revealed, revealed
from tutor.tui.rows.table_order import SORTS, TableOrder, ordered_keys, size
from tutor.tui.rows.table_rows import table_keys, table_rows

BACKWARD, QUESTION = 3, 4
GRAPH = ["r1", "r2", "s1", "s2", "y", "a", "b", "c", "d", "e", "f", "x1", "x2"]


@pytest.fixture(scope="module")
def lesson():
    return open_lesson(Request(str(HERE / "lesson.toml")))


def order(session, sort=SORTS[0], wanted=""):
    return list(ordered_keys(session, revealed(session), TableOrder(sort, wanted)))


def test_orders(lesson):
    whole = lesson.go(BACKWARD).go_in_walk(99)
    assert order(whole) == GRAPH
    assert order(whole, "name") == sorted(GRAPH)
    by_value = ["c", "r1", "e", "f", "y", "a", "b", "d", "x1", "x2", "s1", "s2", "r2"]  # x2 is -1
    assert order(whole, "size of value") == by_value
    assert order(whole, "size of gradient")[:5] == ["s1", "s2", "y", "x1", "r2"]
    assert set(order(whole, "size of gradient")[-3:]) == {"b", "d", "f"}


def test_what_is_not_known_yet_comes_last_in_the_order_of_computation(lesson):
    walk = lesson.go(BACKWARD).go_in_walk(2)
    shown = revealed(walk).gradients
    found = order(walk, "size of gradient")
    assert set(found[: len(shown)]) == shown
    assert found[len(shown) :] == [key for key in GRAPH if key not in shown]


def test_what_a_question_asks_for_is_not_told_by_its_place(lesson):
    question = lesson.go(QUESTION)
    assert revealed(question).hidden_gradients == {"a"}
    assert order(question, "size of gradient")[-1] == "a"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("relu", ["r1", "r2"]),
        ("RELU(C*X1", ["r1"]),
        ("c * x1+e", ["r1"]),
        ("s1", ["s1", "y"]),
        ("weight", ["a", "b", "c", "d", "e", "f"]),
        ("  ", GRAPH),
        ("[", []),
    ],
)
def test_the_filter_reads_names_and_formulas(lesson, wanted, found):
    assert order(lesson.go(BACKWARD), wanted=wanted) == found


def test_sizes_of_what_is_no_plain_number():
    import numpy as np

    assert size(np.array([[1.0, -3.0], [2.0, 0.0]])) == 3
    assert size(np.zeros((0, 2))) == 0
    assert size(float("nan")) == size(np.array([1.0, np.nan])) == float("inf")


def names(pilot):
    """The names in the table, from top to bottom."""
    return [row[1].text.strip() for row in pilot.app.screen.stage["table"].rows]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_s_goes_through_the_orders_and_says_which(size):
    async with opened(size=size) as pilot:
        await play(pilot, f"#{BACKWARD}", "end", "t")
        assert names(pilot) == GRAPH
        for sort in (*SORTS[1:], SORTS[0]):
            await press(pilot, "s")
            assert f"All nodes by {sort}" in text(pilot).splitlines()[-1]
        assert names(pilot) == GRAPH
        await press(pilot, "s", "s", "down")
        assert names(pilot)[0] == "c"
        assert "All nodes by size of value ─" in text(pilot)
        await press(pilot, "enter")
        assert type(pilot.app.screen).__name__ == "NodeScreen"
        assert " r1 " in text(pilot).splitlines()[0]


async def test_the_filter_follows_what_is_typed_and_stays_until_it_is_emptied():
    async with opened() as pilot:
        await play(pilot, f"#{BACKWARD}", "end", "t", "slash", "r")
        assert names(pilot) == ["r1", "r2", "s1", "s2"]
        await press(pilot, "1", "escape")
        assert names(pilot) == ["r1", "s1"]
        assert "with r1" in text(pilot)
        assert "2 of 13" in text(pilot)
        await press(pilot, "down", "slash", "backspace", "backspace", "enter")
        assert names(pilot) == GRAPH
        assert pilot.app.screen.stage.focused_name == "table"


async def test_a_filter_that_fits_nothing_says_so_and_a_jump_ends_it():
    async with opened() as pilot:
        await play(pilot, f"#{BACKWARD}", "end", "t", "slash", "z", "z", "enter")
        assert "No name and no formula has this in it" in text(pilot)
        await press(pilot, "down", "enter")
        assert "The table has no node now" in text(pilot)
        await play(pilot, "g", "'s2", "t")
        assert names(pilot) == GRAPH


async def test_sorting_keeps_a_hidden_result_hidden():
    async with opened() as pilot:
        await play(pilot, f"#{QUESTION}", "escape", "t", "s", "s", "s")
        last = "".join(part.text for part in pilot.app.screen.stage["table"].rows[-1])
        assert last.split() == ["a", "weight", "1", "?"]


async def test_without_a_table_on_the_screen_its_keys_say_how_to_get_it():
    async with opened() as pilot:
        await play(pilot, f"#{BACKWARD}", "s")
        assert "t shows it" in text(pilot)
        await play(pilot, "n", "slash")
        assert "t shows it" in text(pilot)


@pytest.mark.parametrize("width", [60, 80, 96, 160])
def test_numbers_of_arrays_do_not_touch_and_keep_their_digits(width):
    session = open_lesson(Request("three-rows-backward"))
    names = frozenset(session.graph.graph.names)
    rows = table_rows(session, Revealed(names, names), width, -1, table_keys(session))
    for row in rows:
        value, gradient = row[3].text, row[4].text
        assert value.startswith(" ") and gradient.startswith(" ")
        for number in re.findall(r"\[(-?\d[\d.e-]*)", value + gradient):
            assert len(number.strip("-0.").replace(".", "")) >= 2 or float(number) == float(f"{float(number):.1g}")
        assert sum(cell_width(part.text) for part in row) == width
