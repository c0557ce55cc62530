import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.draw.cells import (
    DOWN,
    HEAVY,
    LEFT,
    LIGHT,
    RIGHT,
    UP,
    Canvas,
    ascii_text,
    cell_width,
    clip,
    clusters,
    fit,
    text_of,
)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("w1", 2),
        ("ŷ", 1),
        ("y\u0302", 1),
        ("y\u0302\u0303", 1),
        ("変数", 4),
        ("σ−∂", 3),
        ("", 0),
        ("a\x1b[2J", 5),
        ("\u202ea", 2),
    ],
)
def test_width_in_cells(text, width):
    assert cell_width(text) == sum(wide for _, wide in clusters(text))
    if "\x1b" not in text:
        assert cell_width(text) == width


@given(st.text(max_size=30), st.integers(0, 12))
def test_a_fitted_text_has_exactly_its_width_and_nothing_that_moves_a_cursor(text, width):
    fitted = fit(text, width)
    assert cell_width(fitted) == width
    assert all(unicodedata.category(letter)[0] != "C" for letter in fitted)


def test_clip_shows_that_something_is_missing():
    assert clip("gradient", 5) == "grad…"
    assert clip("変数変数", 4) == "変…"
    assert clip("short", 5) == "short"


def test_ascii_text_keeps_names_readable():
    assert ascii_text("∂L/∂ŷ = σ′(z₁)·2−1") == "dL/dy = sigma'(z1)*2-1"
    assert ascii_text("変") == "?"


def drawn(canvas):
    return text_of(canvas.rows()).split("\n")


def test_lines_join_where_they_meet():
    canvas = Canvas(5, 3)
    canvas.horizontal(0, 4, 1, LIGHT)
    canvas.arm(2, 1, DOWN, HEAVY)
    canvas.arm(2, 2, UP, HEAVY)
    canvas.arm(2, 2, RIGHT, LIGHT)
    assert drawn(canvas) == ["", "──┰──", "  ┖"]


def test_crossing_lines_stay_apart_and_the_heavier_one_whole():
    canvas = Canvas(3, 2)
    canvas.horizontal(0, 2, 0, LIGHT)
    canvas.horizontal(0, 2, 1, HEAVY)
    canvas.bridge(1, 0, LIGHT)
    canvas.bridge(1, 1, LIGHT)
    assert drawn(canvas) == ["─│─", "━━━"]
    assert canvas.arms_at(1, 0) == (LIGHT, 0, LIGHT, 0)


def test_a_canvas_in_ascii():
    canvas = Canvas(3, 2, ascii_only=True)
    canvas.horizontal(0, 1, 0, LIGHT)
    canvas.arm(2, 0, LEFT, LIGHT)
    canvas.arm(2, 0, DOWN, LIGHT)
    canvas.arm(2, 1, UP, HEAVY)
    canvas.arm(2, 1, DOWN, HEAVY)
    assert drawn(canvas) == ["--+", "  #"]


def test_what_lies_outside_is_dropped():
    canvas = Canvas(3, 1)
    canvas.write(-1, 0, "abcdef")
    canvas.write(0, 5, "no")
    canvas.horizontal(-5, -2, 0, LIGHT)
    assert drawn(canvas) == ["bcd"]
