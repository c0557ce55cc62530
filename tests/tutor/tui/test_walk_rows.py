"""One step of a walk as rows: in two dimensions where there is room, in lines where there is not."""

import pytest

from tests.tutor.tui.stages import HERE
from tutor.draw.cells import row_text
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.tui.rows.walk_rows import walk_rows

LOSS = """
format = 1
id = "loss"
title = "A loss"
[graph.main]
given = { a = 1.0, y = 3.0 }
nodes = ["h = 1/(1 + a)", "L = (h - y)^2/2", "M = max(L, h)"]
[[step]]
walk = "forward"
[[step]]
walk = "backward"
"""


@pytest.fixture
def session(tmp_path):
    (tmp_path / "lesson.toml").write_text(LOSS)
    return open_lesson(Request(str(tmp_path)))


def shown(session, width=60, room=20):
    return [row_text(row).rstrip() for row in walk_rows(session, width, room)]


def test_formula_and_numbers_in_two_dimensions(session):
    assert shown(session.go_in_walk(1)) == [
        "        1",
        " h = ╶─────╴",
        "      1 + a",
        "        1",
        "   = ╶─────╴",
        "      1 + 1",
        "   = 0.5",
    ]


def test_with_less_room_the_numbers_take_one_line_then_the_formula(session):
    at = session.go_in_walk(1)
    assert shown(at, room=6) == ["        1", " h = ╶─────╴", "      1 + a", "   = 1/(1 + 1)", "   = 0.5"]
    assert shown(at, room=4) == shown(at, room=0) == [" h = 1/(1 + a)", "   = 1/(1 + 1)", "   = 0.5"]
    assert shown(at, width=10) == shown(at, width=10, room=0)


def test_derivatives_stand_as_fractions(session):
    assert shown(session.go(1).go_in_walk(2))[:3] == [" ∂M/∂L = 1·(1 if L ≥ h else 0)", "       = 1·1", "       = 1"]
    drawn = shown(session.go(1).go_in_walk(4))
    assert drawn[1].startswith(" ╶──╴ = ╶──╴⋅") and drawn[0].split() == ["∂M", "∂M", "-1"]


def test_all_signs_of_equality_stand_below_each_other(session):
    for place in (0, 1):
        for cursor in range(1, len(session.go(place).walk_steps()) + 1):
            rows = [
                row for row in shown(session.go(place).go_in_walk(cursor), 70) if " = " in row and "through" not in row
            ]
            assert len({row.index("=") for row in rows}) == 1, rows


def test_a_lesson_of_single_steps_is_drawn_too():
    session = open_lesson(Request(str(HERE / "lesson.toml"))).go(10)
    assert any("╶" in row for at in range(8) for row in shown(session.go_in_walk(at)))
