"""The sandbox: formulas and numbers become a lesson like any other."""

import math
import tomllib

import pytest

from engine.errors import EngineError
from engine.graph import Graph
from tests.tutor.tui.courses import show_small_course
from tests.tutor.tui.layers import layered
from tests.tutor.tui.stages import opened, play, press, settled, text
from tests.tutor.tui.test_screens import SIZES
from tutor.draw.cells import row_text
from tutor.lesson_file import load
from tutor.tui.rows.sandbox import Sandbox, result_rows
from tutor.tui.rows.surface_rows import View, computed

LINES = ("z = w*x + b", "L = (sigmoid(z) - y)^2")


def filled() -> Sandbox:
    box = Sandbox()
    for line in LINES:
        box = box.with_line(line)
    box = box.completed()
    for number in ("0.5", "1", "-0.25", "0"):
        box = box.with_number(number)
    return box


def test_numbers_are_asked_for_each_free_name_once():
    box = Sandbox(LINES, complete=True)
    assert box.missing == ("w", "x", "b", "y")
    assert filled().missing == ()
    assert filled().numbers == {"w": 0.5, "x": 1, "b": -0.25, "y": 0}
    box, text = filled().without_last()
    assert (box.missing, text) == (("y",), "0")
    box, text = Sandbox(LINES).without_last()
    assert (box.lines, text) == (LINES[:1], LINES[1])


@pytest.mark.parametrize("line", ["3", "L = ", "L = (x", "L = M\n", "z = 1"])
def test_a_line_that_cannot_be_read_is_refused(line):
    box = Sandbox(("z = x",))
    if line == "L = M\n":
        assert box.with_line(line).lines == ("z = x", "L = M")
        return
    with pytest.raises(EngineError):
        box.with_line(line)


@pytest.mark.parametrize("number", ["", "x", "[1, 2]", "1e999", "nan", "1 2"])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(EngineError):
        Sandbox(("z = x",), complete=True).with_number(number)


def test_the_lesson_file_is_sound_whatever_the_formulas_hold(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(filled().lesson())
    lesson = load(path).lesson
    assert lesson.graph["main"].nodes == list(LINES)


def test_everything_typed_comes_back_one_by_one_to_be_changed():
    box, seen = filled(), []
    for _ in range(7):
        box, text = box.without_last()
        seen.append(text)
    assert seen == ["0", "-0.25", "1", "0.5", "", LINES[1], LINES[0]]
    assert box == Sandbox()


def test_arrays_are_typed_among_the_formulas():
    box = Sandbox().with_line("x = [1, -2]").with_line("w = [0.5, 1]").with_line("L = sum(x*w) + b")
    assert box.missing == ("b",)
    done = Sandbox(box.lines, box.numbers, complete=True, typed=box.typed).with_number("3")
    rows = "\n".join(row_text(row) for row in result_rows(done, 78))
    assert "1.5" in rows and "[0.5, 1]" in rows
    assert "✓ Gradients and finite differences agree" in rows
    assert tomllib.loads(done.lesson())["graph"]["main"]["given"]["x"] == [1, -2]
    assert done.values.keys() == {"x", "w", "b"}


def test_a_number_outside_what_a_formula_allows_is_told_as_a_result():
    box = Sandbox(("L = log(x)",), {"x": -1.0}, complete=True)
    assert "No number comes out" in "\n".join(row_text(row) for row in result_rows(box, 78))


def test_a_name_is_a_formula_or_a_number():
    with pytest.raises(EngineError, match="z is a formula already"):
        Sandbox().with_line("z = x").with_line("z = 3")
    with pytest.raises(EngineError, match="x has a number already"):
        Sandbox().with_line("x = 3").with_line("x = y + 1")


def test_the_surface_is_the_function_itself():
    graph, values = Graph.parse("L = x^2 - y"), {"x": 1.0, "y": 0.5}
    found = computed(graph, values, View(0, 1, 2.0), (5, 3))
    assert (found.window.left, found.window.right, found.window.bottom, found.window.top) == (-1, 3, -1.5, 2.5)
    assert found.grid[0] == tuple(x * x - 2.5 for x in (-1, 0, 1, 2, 3))
    assert found.grid[2] == tuple(x * x + 1.5 for x in (-1, 0, 1, 2, 3))
    holes = computed(Graph.parse("L = log(x)"), {"x": 1.0}, View(0, None, 2.0), (5, 1)).grid[0]
    assert [math.isfinite(value) for value in holes] == [False, False, True, True, True]


def test_views_go_round():
    view = View(0, 1)
    assert [view.lifted(3).up, view.lifted(3).lifted(3).up] == [2, None]
    assert view.turned(3) == View(1, None)
    assert view.zoomed(0.5).span == 1.0


async def filled_on_screen(pilot, *more):
    await play(pilot, "s", *(f"'{line}" for line in LINES), "enter", "'0.5", "'1", "'-0.25", "'0", *more)
    await settled(pilot)


SCENES = {
    "empty": ["s"],
    "wrong-place": ["s", "'L = (sigmod(w x + b) - y"],
    "reads": ["s", *"z=wx+b"],
    "number-refused": ["s", "'L = x", "enter", "'x"],
    "array": ["s", "'x = [1, 2]", *"L=sum(x"],
    "result": None,
    "surface": ["p"],
    "curve": ["p", "x"],
    "file": ["f"],
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", SCENES)
async def test_sandbox_looks(state, size, screen):
    async with opened(None, size) as pilot:
        await show_small_course(pilot)
        keys = SCENES[state]
        if keys and keys[0] == "s":
            await play(pilot, *keys)
        else:
            await filled_on_screen(pilot, *(keys or ()))
        await settled(pilot)
        if state == "surface":  # colours are drawn with half blocks, which say nothing here
            pilot.app.use_palette("plain")
            await settled(pilot)
            assert text(pilot) == screen
        else:
            assert await layered(pilot) == screen


async def test_what_was_refused_is_marked_and_mended():
    async with opened(None) as pilot:
        await play(pilot, "s", "'L = sigmod(x)")
        assert "unknown function sigmod; did you mean sigmoid?" in text(pilot)
        marked = [part for row in pilot.app.screen.stage["entry"].rows for part in row if part.style == "wrongplace"]
        assert "".join(part.text for part in marked) == "sigmod"
        await play(pilot, "ctrl+u", "'L = sigmoid(x)", "backspace")
        assert pilot.app.screen.entry.text == "L = sigmoid(x)"


async def test_from_the_catalogue_to_a_walk_and_back(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with opened(None) as pilot:
        await filled_on_screen(pilot)
        assert "✓ Gradients and finite differences agree" in text(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert "Forward pass" in text(pilot)
        await press(pilot, "n")
        assert "w·x" in text(pilot)
        await press(pilot, "q")
        assert "Gradients and finite differences" in text(pilot)
        await press(pilot, "ctrl+c")
        assert "lessons" in text(pilot)


async def test_a_lesson_file_is_kept_once_under_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with opened(None) as pilot:
        await filled_on_screen(pilot, "f", "ctrl+u", "'My net")
        assert "small letters, digits and hyphens" in text(pilot)
        await play(pilot, "ctrl+u", "'my-net")
        assert "tutor run my-net.toml" in text(pilot)
        assert load(tmp_path / "my-net.toml").lesson.graph["main"].nodes == list(LINES)
        await play(pilot, "f", "ctrl+u", "'my-net.toml")
        assert "is there already" in text(pilot)
        assert pilot.app.screen.prompt.text == "my-net.toml"
        await play(pilot, "escape", "backspace")
        assert pilot.app.screen.entry.text == "0"


async def test_keys_for_a_result_do_nothing_before_there_is_one():
    async with opened(None) as pilot:
        await play(pilot, "s", "space", "right")
        assert len(pilot.app.screen_stack) == 2
