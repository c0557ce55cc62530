"""Plain mode tells what the screen draws: graphs with their formulas, rows, what a change moves, runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor.test_plain import told
from tutor.opening import open_lesson
from tutor.request import Request


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_nodes_that_no_walk_has_told_are_told_with_their_formulas_but_not_what_is_asked(tmp_path: Path) -> None:
    text = "format = 1\nid = 'n'\ntitle = 'N'\n[graph.one]\ngiven = { x = 1.5 }\nweights = { w = 2 }\n"
    text += "nodes = ['p = w*x', 'q = p^2', 'r = q + 1']\n[[step]]\nid = 'a'\nask = 'What?'\nnumber = 'q'\n"
    (tmp_path / "lesson.toml").write_text(text)
    _, said = told(str(tmp_path), "quit")
    assert "  From them:\n    p = w*x = 3\n    r = q + 1\nYour answer?" in said
    walked = "[[step]]\nwalk = 'forward'\n"
    (tmp_path / "lesson.toml").write_text(text.replace("[[step]]", walked + "[[step]]"))
    _, said = told(str(tmp_path), "skip", "quit")
    assert "Question a" in said and "From them" not in said


def test_an_order_is_asked_with_the_formulas_it_follows_from() -> None:
    _, text = told("list-every-input", "skip", "skip", "quit")
    asked = text[text.index("Question order") :]
    assert "  From them:\n    a = W1@x + b1\n    h = sigmoid(a)\n" in asked


def test_another_row_is_chosen_by_its_number_or_as_the_next() -> None:
    _, text = told("hidden-features", "", "row", "row 4", "row 5", "row", "quit")
    assert "Row 1 of 4; row takes the next one, row N another.\n" in text
    second, fourth, first = text.split("Row 2 of 4;")[1], text.split("Row 4 of 4;")[1], text.rsplit("Row 1 of 4;", 1)[1]
    assert ["x1: value 0, " in second, "x2: value 1, " in second, "x1: value 1, " in fourth] == [True, True, True]
    assert "5 is no row; the rows are 1 to 4\n" in fourth and "x2: value 0, " in first
    assert "there are no rows of data to choose from here" in told("vanishing-gradients", "row", "quit")[1]


def test_the_rows_of_a_walk_are_walked_one_by_one(tmp_path: Path) -> None:
    text = "format = 1\nid = 'r'\ntitle = 'R'\n[graph.one]\nweights = { w = 3 }\nrows = [{ x = 1.5 }, { x = -1 }]\n"
    (tmp_path / "lesson.toml").write_text(
        f"{text}given = {{ x = 0 }}\nnodes = ['q = w*x']\n[[step]]\nwalk = 'forward'\n"
    )
    _, said = told(str(tmp_path), "", "row 2", "quit")
    assert "Row 1 of 2" in said.split("1 of 1:")[0]
    assert "q = w·x = 3·1.5 = 4.5" in said.split("1 of 1:")[1] and "q = w·x = 3·(-1) = -3" in said.split("1 of 1:")[2]


def test_only_what_a_change_has_moved_is_told_and_not_all_of_a_deep_graph() -> None:
    place = [step.explore for step in open_lesson(Request("vanishing-gradients")).steps].index("deep")
    _, text = told("vanishing-gradients", *["skip"] * place, "set w5=0.1", "set w5=0.1", "undo", "quit")
    play = text[text.index("Free play with deep") :]
    assert "Given: x = 1, t = 0.5, w1 … w152 = 1 (152 numbers)\n" in play
    assert "305 nodes are computed from them; values tells all." in play
    assert "\nw5: value 0.1, gradient " in play and "\nx: value" not in play and "w152: value" not in play
    assert "more have changed; values tells all.)" in play and play.count("\n") < 90


def test_a_run_told_before_is_told_in_short() -> None:
    _, text = told("dead-relus", *["skip"] * 30)
    assert text.count("calm: the same run as before. Finished after 60 epochs, training loss 0.13") == 1
    assert text.count("wild-leaky: the same run") == 0


def test_the_weights_of_a_small_graph_and_the_gradients_of_a_deep_net_are_told() -> None:
    _, text = told("initialisation", *["skip"] * 30)
    assert "Weights at the end: w1 = -3.171, w2 = -3.171, b1 = 5.111" in text
    assert "Size of the gradient from layer 1 to 5: 0.00398, 0.00723, 0.0378, 0.162,\n" in text
