"""Answers in TOML's own values: numbers as they are written, and lists as each kind of question means them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tests.tutor.proof.checked_lesson import CLASSES
from tutor.answers_file import answers_in
from tutor.errors import ProblemsError
from tutor.lesson_check import own_answer
from tutor.opening import open_lesson
from tutor.questions import Question
from tutor.request import Request


def typed(kind: str, value: str) -> str:
    handed = answers_in(f'lesson = "a"\n[answers]\nq = {value}\n', "a.toml")
    return handed.to(Question("q", kind))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("number", "0.370", "0.370"),
        ("number", "1_000.50", "1000.50"),
        ("number", "-4.970e-1", "-4.970e-1"),
        ("number", "3", "3"),
        ("number", '"0,37"', "0,37"),
        ("number", "[0.5]", "0.5"),
        ("number", '["= 1/2", "= 0.5"]', "= 1/2\n= 0.5"),
        ("array", "[1.50, -0.5]", "[1.50, -0.5]"),
        ("array", "[[-0.0817, 0.0272], [0, 0]]", "[[-0.0817, 0.0272], [0, 0]]"),
        ("array", '["1", "2"]', "[1, 2]"),
        ("array", '["[1, 2]", "[3, 4]"]', "[[1, 2], [3, 4]]"),
        ("array", '["[1, 2]"]', "[1, 2]"),
        ("array", "[[1.0], [2.0]]", "[[1.0], [2.0]]"),
        ("array", '"[1, 2]"', "[1, 2]"),
        ("array", "[0.5]", "[0.5]"),
        ("formula", '["p_1 - t_1", "p_2 - t_2"]', "[p_1 - t_1, p_2 - t_2]"),
        ("formula", '["p - t"]', "p - t"),
        ("formula", '["dL/dz", "= p - t"]', "dL/dz\n= p - t"),
        ("derivation", '["dL/dz_2*h_1", "(p_2-t_2)*h_1"]', "dL/dz_2*h_1\n(p_2-t_2)*h_1"),
        ("derivation", '"a\\n= b"', "a\n= b"),
        ("essay", '["One.", "Two."]', "One.\nTwo."),
        ("order", '["L", "ŷ", "o"]', "L, ŷ, o"),
        ("bug", '["p", "missing-path"]', "p, missing-path"),
        ("choice", "[1, 3]", "1, 3"),
        ("choice", '["A", "C"]', "A, C"),
        ("choice", "2", "2"),
        ("array", "[]", "[]"),
        ("order", "[]", ""),
    ],
)
def test_an_answer_is_what_would_have_been_typed(kind: str, value: str, text: str) -> None:
    assert typed(kind, value) == text


@pytest.mark.parametrize(
    "value", ["true", "[true]", "[[1, true]]", "{ a = 1 }", "[{ a = 1 }]", "1979-05-27", "[[[[1]]]]"]
)
def test_what_is_no_answer_is_told_at_its_place(value: str) -> None:
    with pytest.raises(ProblemsError, match=r"a\.toml:3:5: the answer to q is a text in quotes"):
        typed("array", value)


def test_answers_in_lists_are_right_where_typed_ones_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson = lessons.written(tmp_path, CLASSES)
    session = open_lesson(Request(lesson))
    step, question = next((s, q) for s, q in session.questions() if q.id == "grad-w1")
    own = own_answer(session, step, question)
    path = tmp_path / "a.toml"
    path.write_text(
        'lesson = "three-classes"\n[answers]\np2 = 0.3650\n'
        'delta = ["p_1 - t_1", "p_2 - t_2", "p_3 - t_3"]\n'
        'derive = ["dL/dz_2 * h_1", "(p_2 - t_2) h_1"]\n'
        f"grad-w1 = {own}\n"
    )
    for row in (
        run(capsys, "grade", lesson, str(path), "--format", "jsonl").json,
        run(capsys, "run", lesson, "--headless", "--format", "json", "--answers", str(path)).json,
    ):
        assert {key: mark["verdict"] for key, mark in row["answers"].items()} == dict.fromkeys(row["answers"], "right")


def test_help_tells_every_kind_of_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of the example is read, and every kind of question stands there."""
    text = run(capsys, "help", "answers").out
    start = text.index('  lesson = "')
    example = "\n".join(line[2:] for line in text[start:].split("\n\n")[0].splitlines())
    assert answers_in(example, "a.toml").answers
    for kind in ("number", "formula", "array", "option", "order", "derivation", "bug", "own words"):
        assert kind in text
    assert all(len(line) <= 80 for line in text.splitlines())
