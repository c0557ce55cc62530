"""The sandbox: formulas and numbers become a lesson like any other."""

import tomllib

import pytest

from engine.errors import EngineError
from tests.tutor.tui.stages import opened, play, press, settled, text
from tutor.lesson_file import load
from tutor.tui.rows.sandbox import Sandbox

LINES = ("z = w*x + b", "L = (sigmoid(z) - y)^2")


def filled() -> Sandbox:
    box = Sandbox()
    for line in LINES:
        box = box.with_line(line)
    box = Sandbox(box.lines, complete=True)
    for number in ("0.5", "1", "-0.25", "0"):
        box = box.with_number(number)
    return box


def test_numbers_are_asked_for_each_free_name_once():
    box = Sandbox(LINES, complete=True)
    assert box.missing == ("w", "x", "b", "y")
    assert filled().missing == ()
    assert filled().numbers == {"w": 0.5, "x": 1, "b": -0.25, "y": 0}
    assert filled().without_last().missing == ("y",)
    assert Sandbox(LINES).without_last().lines == LINES[:1]


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
    odd = Sandbox(('a = x" \\ [[step]] σ',), {'x"\n': 1.0}).lesson()
    assert tomllib.loads(odd)["graph"]["main"]["nodes"] == ['a = x" \\ [[step]] σ']


async def test_from_the_catalogue_to_a_walk_and_back(screen, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with opened(None) as pilot:
        await press(pilot, "s")
        await play(pilot, "'L = (σ(w x + b) − y")
        assert "L" in text(pilot)
        await play(pilot, "ctrl+u", f"'{LINES[0]}", f"'{LINES[1]}", "enter", "'0.5", "'1", "'x", "ctrl+u", "'-0.25")
        assert text(pilot) == screen
        await play(pilot, "'0")
        await settled(pilot)
        assert "Forward pass" in text(pilot)
        await press(pilot, "n")
        assert "w·x" in text(pilot)
        await press(pilot, "q")
        assert "Kept as" in text(pilot)
        await press(pilot, "ctrl+c")
        assert "lesson" in text(pilot)
