"""What a wrong answer lights up in the picture."""

import pytest

from tests.tutor.tui.stages import HERE
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.revealed import revealed
from tutor.tui.rows.graph_rows import graph_picture
from tutor.tui.rows.node_rows import definition, node_rows
from tutor.tui.rows.table_rows import formula_of


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


def rows_of(session, width):
    drawn = graph_picture(session, revealed(session), width)
    assert drawn is not None
    return ["".join(run.text for run in row) for row in drawn.rows], drawn.width


def test_on_the_way_back_each_lit_edge_carries_its_share(session):
    at = session.go(3).go_in_walk(6)
    assert [share.share for share in at.walk_steps()[5].shares] == [pytest.approx(0.419974, rel=1e-5), 0.0]
    rows, width = rows_of(at, 120)
    assert sum("━━0.42━━" in row for row in rows) == 1
    assert sum("━━0━━" in row for row in rows) == 1
    assert 80 < width <= 120


def test_room_for_shares_is_kept_on_the_way_back_only_and_all_the_way(session):
    widths = {rows_of(session.go(3).go_in_walk(at), 120)[1] for at in range(3)}
    assert len(widths) == 1
    assert rows_of(session.go(2), 120)[1] < widths.pop()
    assert rows_of(session.go(3).go_in_walk(6), 80)[1] <= 80


def test_a_share_to_be_predicted_is_not_on_the_edge(session):
    at = session.go(13).go_in_walk(2)
    drawn = graph_picture(at, revealed(at).without_result(), 100)
    told = graph_picture(at, revealed(at), 100)
    assert drawn is not None and told is not None
    assert any("━━4━━" in "".join(run.text for run in row) for row in told.rows)
    assert not any("━━4━━" in "".join(run.text for run in row) for row in drawn.rows)


OTHER_DERIVATIVE = """
format = 1
id = "other-derivative"
title = "A walk of another derivative"

[graph.main]
given = { z = [1.0, -0.5], y = [0, 1] }
nodes = ["p = softmax(z)", "J = -sum(y*log(p))"]

[[step]]
walk = "backward"
of = "p/z"

[[step]]
id = "gradient"
ask = "And the gradient of J by p?"
array = "dJ/dp"
"""


def test_a_walk_of_another_derivative_gives_no_gradient_of_the_output_away(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(OTHER_DERIVATIVE, encoding="utf-8")
    session = open_lesson(Request(str(path)))
    places = [session.go_in_walk(cursor) for cursor in range(len(session.walk_steps()) + 1)]
    assert {edge for at in places for edge in revealed(at).edges} == {("z", "p")}
    assert all(revealed(at).gradients == frozenset() for at in [*places, session.go(1)])


ASKED_FORMULA = """
format = 1
id = "asked-formula"
title = "A formula that is asked for"

[graph.main]
given = { a = 1.2, b = 0.5 }
nodes = ["d = b - a", "first = 1/(1 + exp(d))"]
output = "first"

[[step]]
say = "Two scores."

[[step]]
id = "first"
ask = "Write the first probability."
formula = "first"
using = ["a", "b"]
"""


def test_a_formula_that_will_be_asked_for_is_not_to_be_read_off(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(ASKED_FORMULA, encoding="utf-8")
    session = open_lesson(Request(str(path)))
    for at in (session, session.go(1), session.go(1).answer("1/(1+e^(a-b))")):
        assert (formula_of(at, "first"), formula_of(at, "d")) == ("?", "b - a")
        assert "exp" not in said(definition(at, "first", 80, ascii_only=False))
    answered = session.go(1).answer("1/(1+e^(b-a))")
    assert formula_of(answered, "first") == "1/(1 + exp(d))"


def test_a_node_of_which_an_entry_is_asked_for_is_not_to_be_read_off(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(
        'format = 1\nid = "entry"\ntitle = "An entry"\n[graph.main]\ngiven = { x = [1.5, 2.5] }\n'
        'weights = { w = [0.3, 0.4] }\nnodes = ["new = w - x", "L = sum(new)"]\n'
        '[[step]]\nid = "first"\nask = "The first?"\nformula = "new[0]"\nusing = ["w", "x"]\n'
    )
    session = open_lesson(Request(str(path)))
    assert (formula_of(session, "new"), formula_of(session, "L")) == ("?", "sum(new)")
    assert formula_of(session.answer("w_1 - x_1"), "new") == "w - x"


ASKED_RULE = """
format = 1
id = "asked-rule"
title = "A rule that is asked for"

[graph.main]
given = { z = [1.0, 2.0] }
nodes = ["s = softmax(z)", "ls = log(s)"]
output = "ls"

[[step]]
id = "slope"
ask = "Write the slope of s_1 by z_1."
formula = "d(s[0])/d(z[0])"
"""


def test_the_rule_of_a_node_is_not_on_its_page_while_it_is_asked_for(tmp_path):
    path = tmp_path / "lesson.toml"
    path.write_text(ASKED_RULE, encoding="utf-8")
    session = open_lesson(Request(str(path)))
    pages = {key: said(node_rows(session, revealed(session), key, 80)) for key in ("s", "ls")}
    assert ["On the way back" in pages[key] for key in ("s", "ls")] == [False, True]
    session = session.answer("s_1(1 - s_1)")
    assert "On the way back" in said(node_rows(session, revealed(session), "s", 80))


def said(rows):
    return "".join(run.text for row in rows for run in row)
