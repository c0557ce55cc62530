"""What a lesson's formulas and names must fit, found when it is opened: every problem with its place and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor.sample_lessons import NET, ROWS, written
from tutor.errors import ProblemsError
from tutor.lesson_check import check_lesson
from tutor.opening import Variants, build_graphs, checked, hidden_mistakes, open_lesson
from tutor.request import Request
from tutor.session import Session, set_values

LESSON = """format = 1
id = "opened"
title = "Opened"
[graph.main]
given = { x = 1.5, v = [1.0, 2.0] }
weights = { w = 0.5 }
nodes = ["p = w*x + sum(v)", "L = p^2"]
%s
"""
STEP = '[[step]]\nsay = "hi"\n'


def said(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        checked(Path(written(folder, text)))
    return [str(problem).removeprefix(str(folder / "lesson.toml")) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('aliases = { "q_1" = "w", "q1" = "x" }\n' + STEP, ":8:34: q1 and another alias are the same"),
        ("domain = { w = [0.0, inf] }\n" + STEP, ":8:16: the domain of w is neither a word nor an interval"),
        ("rows = [{ xx = 1.0 }]\n" + STEP, ":8:11: no node uses xx; did you mean x?"),
        (STEP + "[vary]\np = { choose = [1] }", ":11:1: no graph has a value p"),
        (STEP + "[vary]\nv = { choose = [1] }", ":11:1: v is an array; only single numbers vary"),
        ('[[step]]\nwalk = "backward"\nof = "L/q"', ":10:7: L/q names no derivative of this graph"),
        ('[[step]]\nwalk = "backward"\nof = "L"', ":10:7: L names no derivative"),
        ('[[step]]\nwalk = "forward"\nto = "LL"', ":10:7: the graph has no name LL"),
        ('[[step]]\nask = "?"\nformula = "L"\nusing = ["p", "q"]', ":11:1: the graph has no name q"),
        ('[[step]]\nbug = "main"\nfault = "sing"', ':10:10: "sing" is no fault of a backward pass; did you mean'),
        ('[[step]]\nbug = "main"\nat = "q"', ":10:7: the graph has no name q"),
    ],
)
def test_names_and_numbers_that_do_not_fit(tmp_path: Path, more: str, message: str) -> None:
    (problem,) = said(tmp_path, LESSON % more)
    assert problem.startswith(message.split(": ")[0]) and message.split(": ", 1)[1] in problem


@pytest.mark.parametrize(
    "schedule", ['{ kind = "stepp" }', "{ every = 2 }", '{ kind = "step", foo = 1 }', '"fast"', "3"]
)
def test_a_schedule_is_checked_with_the_file(tmp_path: Path, schedule: str) -> None:
    (problem,) = said(tmp_path, NET.replace("lr = 0.1", f"lr = 0.1\nschedule = {schedule}"))
    assert problem.startswith(":17:")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = check_lesson(written(tmp_path, NET.replace("lr = 0.1", 'lr = 0.1\nstart = "none.npz"')))
    assert "none.npz: no such file" in str(found.errors[0])


def test_parts_of_the_data_may_be_numbers_of_rows(tmp_path: Path) -> None:
    text = NET.replace("train = 0.8, validation = 0.2", "train = 40, validation = 20").replace(
        "epochs = 12", "epochs = 1"
    )
    found = check_lesson(written(tmp_path, text))
    assert not found.errors


def test_settings_that_a_graphs_run_does_not_have_are_warned_of(tmp_path: Path) -> None:
    found = check_lesson(written(tmp_path, ROWS.replace("lr = 0.05", 'lr = 0.05\nfreeze = ["w"]')))
    assert any("freeze means nothing in a run of a graph" in str(problem) for problem in found.warnings)


def test_variants_hide_no_more_than_the_lessons_own_numbers(tmp_path: Path) -> None:
    more = '[vary]\nx = { choose = [1.0, 1.5] }\n[[step]]\nask = "?"\nnumber = "dL/dw"'
    loaded = checked(Path(written(tmp_path, LESSON % more)))
    graphs = build_graphs(loaded)
    variants = Variants(loaded, graphs)
    assert {variants.numbers(name)["x"] for name in "abcdefgh"} == {1.5}
    names = frozenset("x")
    hidden = hidden_mistakes(Session(loaded, set_values(graphs, {"x": 1.0})), names)["question-1"]
    assert hidden > hidden_mistakes(Session(loaded, graphs), names)["question-1"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [('run.fit.graph="nope"', 'there is no graph "nope"'), ('run.fit.model="net"', 'there is no model "net"')],
)
def test_a_run_set_by_hand_is_checked_like_one_of_the_file(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(ProblemsError, match=message):
        open_lesson(Request(written(tmp_path, ROWS), settings=(setting,)))
