"""Frames over slow lines: painted from the top in pieces, each of whole rows."""

from tutor.draw.cells import Run
from tutor.tui.widgets.stage import MOVE, STYLE, rows_within


def spans(*rows: tuple[int, int]) -> list[tuple[int, int, tuple[Run, ...]]]:
    """(y, width) each."""
    return [(0, y, (Run("x" * width, ""),)) for y, width in rows]


def test_what_fits_is_painted_whole():
    assert rows_within(spans((3, 10), (7, 10)), 2 * (10 + MOVE + STYLE), 24) == 24
    assert rows_within([], 1, 24) == 24


def test_a_piece_ends_before_the_row_that_is_too_much():
    assert rows_within(spans((3, 10), (7, 10), (8, 10)), 2 * (10 + MOVE + STYLE), 24) == 8


def test_a_row_is_never_cut_and_the_first_is_always_painted():
    assert rows_within(spans((3, 500), (4, 1)), 100, 24) == 4
    assert rows_within(spans((3, 500), (3, 500), (9, 1)), 100, 24) == 9


def test_letters_count_as_the_bytes_that_they_are():
    braille = [(0, y, (Run("⠿" * 30, ""),)) for y in (1, 2)]
    assert rows_within(braille, 100, 24) == 2
    assert rows_within(spans((1, 30), (2, 30)), 100, 24) == 24
