"""A session: frozen moves through steps and walks, attempts and the best of them, edits and undo."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from tests.tutor import sample_lessons as lessons
from tutor.course import course
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_lesson(Request(lessons.written(tmp_path_factory.mktemp("lesson"), lessons.UNIT)))


def test_walks_are_gone_through_step_by_step_and_back(unit: Session) -> None:
    places = [(unit.place, unit.cursor)]
    here = unit
    while (after := here.next()) is not here:
        here = after
        places.append((here.place, here.cursor))
    assert places[:6] == [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]
    assert places[-1] == (8, 0)
    back = []
    while (before := here.back()) is not here:
        here = before
        back.append((here.place, here.cursor))
    assert back == places[-2::-1]


def test_moves_leave_the_session_as_it_was(unit: Session) -> None:
    before = (unit.place, unit.cursor, dict(unit.attempts), dict(unit.hints), unit.edits)
    unit.next()
    unit.go(4).answer("1").hint()
    unit.edit("main", "w", 3.0)
    assert (unit.place, unit.cursor, dict(unit.attempts), dict(unit.hints), unit.edits) == before
    with pytest.raises(AttributeError):
        unit.place = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        unit.go(4).answer("1").attempts["dl-da"] = ()  # type: ignore[index]


@pytest.mark.parametrize(
    ("lesson", "graph", "name", "key", "value"),
    [
        ("softmax-gradient", "claim", "c_2", "c", [0.1, 9.0, 0.3]),
        ("softmax-gradient", "claim", "c[1]", "c", [0.1, 9.0, 0.3]),
        ("softmax-gradient", "claim", "W_12", "W", [[0.2, 9.0], [1.0, 0.3], [-0.7, 0.4]]),
        ("softmax-gradient", "claim", "W_{31}", "W", [[0.2, -0.5], [1.0, 0.3], [9.0, 0.4]]),
        ("jacobian-chain-rule", "point", "y", "p", [2.0, 9.0]),
    ],
)
def test_an_entry_is_changed_by_any_of_its_spellings(
    lesson: str, graph: str, name: str, key: str, value: object
) -> None:
    assert open_lesson(Request(lesson)).edit(graph, name, 9.0).graphs[graph].values[key] == value


@pytest.mark.parametrize("name", ["c_4", "c_0", "s_1", "W_1", "c_2 + 1", "2"])
def test_what_is_no_entry_of_a_given_value_is_not_changed(name: str) -> None:
    with pytest.raises(EngineError, match="no given value or weight of graph claim"):
        open_lesson(Request("softmax-gradient")).edit("claim", name, 9.0)


def test_the_best_attempt_counts_and_every_one_is_kept(unit: Session) -> None:
    here = unit.go(4)
    for text in ("7", "-0.25", "0.1", "nonsense("):
        here = here.answer(text)
    assert [a.mark.verdict for a in here.attempts["dl-da"]] == ["wrong", "right", "wrong", "unreadable"]
    best = here.best("dl-da")
    assert best is not None and best.answer == "-0.25"
    assert (here.points, here.possible_points) == (1, 5)
    assert here.best("never") is None


def test_an_answer_where_nothing_is_asked_changes_nothing(unit: Session) -> None:
    assert unit.answer("1") is unit and unit.hint() is unit


def test_hints_come_one_by_one_and_end(unit: Session) -> None:
    here = unit.go(4)
    assert [(here := here.hint()).hints["dl-da"] for _ in range(4)] == [1, 2, 2, 2]


def test_edits_are_seen_at_once_and_undone_in_order(unit: Session) -> None:
    def values(session: Session) -> tuple[float, float]:
        trace = session.graphs["main"].trace
        return trace.value("w"), trace.value("a")

    once = unit.edit("main", "w", 3.0)
    twice = once.edit("main", "w", 4.0).edit("main", "x", 1.0)
    assert values(once) == (3, 5) and values(twice) == (4, 3)
    assert values(twice.undo().undo()) == (3, 5)
    assert values(twice.undo().undo().undo()) == values(unit)
    assert unit.undo() is unit
    for name, number in (("q", 1.0), ("w", float("nan")), ("w", [1.0, 2.0]), ("a", 1.0)):
        with pytest.raises(EngineError):
            unit.edit("main", name, number)


def test_questions_are_named_by_id_or_place(tmp_path: Path) -> None:
    session = open_lesson(Request(lessons.written(tmp_path, lessons.ROWS)))
    assert [question.id for _, question in session.questions()] == ["question-3"]


def test_rows_go_round(tmp_path: Path) -> None:
    session = open_lesson(Request(lessons.written(tmp_path, lessons.ROWS)))
    assert [session.choose_row(row).row for row in (0, 1, 2, 3, -1)] == [0, 1, 2, 0, 2]


@given(
    st.lists(st.sampled_from(["next", "back", "hint", "answer", "go", "row", "edit", "undo", "in walk"]), max_size=40)
)
def test_any_moves_stay_in_the_lesson(unit: Session, moves: list[str]) -> None:
    here = unit
    for k, move in enumerate(moves):
        match move:
            case "next" | "back" | "hint" | "undo":
                here = getattr(here, move)()
            case "answer":
                here = here.answer(("1", "-0.25", "", "((")[k % 4])
            case "go":
                here = here.go(3 * k - 20)
            case "row":
                here = here.choose_row(k - 3)
            case "edit":
                here = here.edit("main", "w", float(k))
            case _:
                here = here.go_in_walk(2 * k - 9)
        assert 0 <= here.place < len(here.steps)
        assert 0 <= here.cursor <= len(here.walk_steps())
        assert 0 <= here.points <= here.possible_points


@pytest.mark.parametrize("entry", course().entries.values(), ids=lambda entry: entry.id)
def test_every_shipped_lesson_can_be_walked_from_end_to_end(entry: object) -> None:
    here = open_lesson(Request(str(entry.path)))  # type: ignore[attr-defined]
    steps = sum(len(here.walk_steps(step)) + 1 for step in here.steps)
    for _ in range(steps - 1):
        here = here.next()
    assert here.place == len(here.steps) - 1 and here.next() is here
