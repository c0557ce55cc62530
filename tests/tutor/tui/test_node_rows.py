"""The page of one node: what is known of it, and nothing that is still to be found out."""

import pytest

from tests.tutor.tui.stages import HERE
from tutor.draw.cells import row_text
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.revealed import revealed, trace_of
from tutor.tui.rows.node_rows import kept, node_rows, output_at


@pytest.fixture(scope="module")
def session():
    return open_lesson(Request(str(HERE / "lesson.toml")))


def page(session, key, width=90):
    return "\n".join(row_text(row).rstrip() for row in node_rows(session, revealed(session), key, width))


def test_every_path_is_upstream_times_local(session):
    shown = page(session.go(11), "x1")
    assert " r1   upstream 0.104994 × local 4 = share 0.419974\n" in shown
    assert " r2   upstream 0.25 × local 0 = share 0\n" in shown
    assert "together 0.419974" in shown


def test_the_share_that_a_question_asks_for_is_not_told(session):
    asked = page(session.go(4), "s1")
    assert " a   local 0.209987\n" in asked
    assert "share 0.209987" in page(session.go(4).answer("0.21"), "s1")


def test_a_prediction_is_not_told_by_the_page_of_its_reader(session):
    at = session.go(13).go_in_walk(1)
    assert "\n p   local 4\n" in page(at, "L")
    assert " p   upstream 1 × local 4 = share 4" in page(session.go(13).go_in_walk(2), "L")


def test_local_derivatives_need_the_values_they_are_made_of(session):
    assert "local 4" not in page(session.go(2), "r1")
    assert "local 4" in page(session.go(3), "r1")


def test_what_is_kept_is_what_the_slopes_are_made_of(session):
    graph = session.go(3).graph.graph
    assert kept(graph, "y") == ()
    assert set(kept(graph, "s1")) == {"a", "r1", "s1"}
    assert "nothing has to be kept" in page(session.go(11), "y")


def test_the_check_moves_the_node_itself(session):
    at = session.go(11)
    trace = trace_of(at)
    assert output_at(trace, trace.graph.slot_of["s1"], 2.0) == 2.5
    assert "✓ as the gradient says, 0.104994" in page(at, "r1")


def test_on_a_kink_the_check_says_so(session):
    shown = page(session.go(11).edit("main", "x2", -2.0), "x1")
    assert "! not what the gradient says" in shown
    assert "kink" in shown


def test_a_quotient_is_drawn(tmp_path):
    (tmp_path / "lesson.toml").write_text(
        'format = 1\nid = "q"\ntitle = "Q"\n[graph.main]\ngiven = { a = 2.0 }\nnodes = ["h = 1/(1 + a)"]\n'
        '[[step]]\nexplore = "main"\n'
    )
    session = open_lesson(Request(str(tmp_path)))
    assert " h = ╶─────╴\n" in page(session, "h")
    plain = node_rows(session, revealed(session), "h", 90, ascii_only=True)
    assert " h = 1/(1 + a)" in [row_text(row).rstrip() for row in plain]
