import math

from hypothesis import given
from hypothesis import strategies as st

from tutor.draw.cells import STYLES, row_text, text_of
from tutor.draw.field import FieldPoint, FieldWindow, field, half_blocks, level, shaded

SLOPE = [[x + y for x in range(6)] for y in range(4)]


def test_two_values_to_a_cell():
    rows = half_blocks([[0.0, 1.0], [1.0, 1.0]], (0.0, 1.0))
    assert [(run.text, run.style) for run in rows[0]] == [("▀", "field.0.8"), ("▀", "field.8.8")]


def test_an_odd_last_row_is_doubled():
    assert [row[0].style for row in half_blocks([[0.0], [0.5], [1.0]], (0.0, 1.0), "grey")] == ["grey.0.4", "grey.8.8"]


def test_without_colour_ink_grows_with_the_value():
    assert row_text(shaded([[0.0, 0.3, 0.6, 1.0]], (0.0, 1.0))[0]) == " ░▒█"
    assert text_of(shaded(SLOPE, (0, 8), ascii_only=True)).isascii()


def test_points_stand_where_they_are_with_a_sign_for_their_class():
    window = FieldWindow(0.0, 6.0, 0.0, 2.0)
    points = [FieldPoint(0.1, 1.9, 0), FieldPoint(5.9, 0.1, 1), FieldPoint(9.0, 9.0, 1), FieldPoint(6.0, 0.0, 2)]
    rows = field(SLOPE, (0, 8), points, window)
    assert row_text(rows[0]) == "○▀▀▀▀▀"
    assert row_text(rows[1]) == "▀▀▀▀▀●"
    assert rows[0][0].style == "point.0.1"


def test_points_without_colour():
    rows = field([[0.0] * 4] * 3, (0.0, 1.0), [FieldPoint(0.5, 0.5, 1)], colour=False)
    assert text_of(rows) == "\n  ×\n"


@given(st.floats(), st.floats(), st.floats())
def test_a_level_is_always_one_of_nine(value, low, high):
    assert 0 <= level(value, low, high) <= 8


def test_levels_of_the_ends_and_of_no_number():
    assert [level(value, -1.0, 1.0) for value in (-5.0, -1.0, 0.0, 1.0, math.inf, math.nan)] == [0, 0, 4, 8, 8, 4]


def test_every_style_has_a_name_in_the_list():
    used = {
        run.style
        for rows in (field(SLOPE, (0, 8), [FieldPoint(0.5, 0.5, 9)]), half_blocks(SLOPE, (0, 8), "grey"))
        for row in rows
        for run in row
    }
    assert used <= set(STYLES)


def test_nothing_to_show():
    assert field([], (0, 1), [FieldPoint(0.5, 0.5)]) == ()
    assert half_blocks([], (0, 1)) == ()
