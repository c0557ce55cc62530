"""What a wrong answer lights up in the picture."""

import pytest

from tests.tutor.tui.stages import HERE
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.tui.rows.graph_rows import graph_picture
from tutor.tui.rows.reveal import revealed


@pytest.fixture(scope="module")
def session():
    return open_lesson(Request(str(HERE / "lesson.toml")))


def test_a_wrong_gradient_lights_the_node_and_the_edge_back_to_what_is_asked_about(session):
    seen = revealed(session.go(5).answer("s1*(1-s1)*c"))
    assert (seen.active, seen.edges, seen.backward) == ("r1", {("c", "r1")}, True)


def test_right_and_unreadable_answers_light_nothing(session):
    for answer in ("a*s1*(1-s1)*x1", "s1*("):
        seen = revealed(session.go(5).answer(answer))
        assert (seen.active, seen.edges) == (None, frozenset())


def test_the_number_that_is_asked_for_stays_a_question_mark(session):
    at = session.go(4).answer("0.105")
    seen = revealed(at)
    assert (seen.active, seen.edges) == ("r1", {("r1", "s1")})
    assert seen.hidden_gradients == {"a"}
    drawn = graph_picture(at, seen, 80)
    assert drawn is not None
    assert any("a      1 ∂?" in "".join(run.text for run in row) for row in drawn.rows)


def test_a_right_answer_puts_its_number_into_the_box(session):
    at = session.go(4).answer("0.21")
    drawn = graph_picture(at, revealed(at), 80)
    assert drawn is not None
    assert any("a      1 ∂0.21" in "".join(run.text for run in row) for row in drawn.rows)
