"""A question's own sentences about the mistakes that marking finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.faults import FAULTS
from tests.tutor.sample_lessons import written
from tutor.errors import ProblemsError
from tutor.opening import open_lesson
from tutor.request import Request

GUIDE = Path(__file__).parents[3] / "lessons" / "README.md"
LESSON = """format = 1
id = "own-words"
title = "Own words"
[graph.main]
given = { x = 1.5, t = 0.3 }
weights = { w = 0.5, v = 0.8 }
nodes = ["h = sigmoid(w*x)", "p = sigmoid(v*h)", "L = (p - t)^2"]
[[step]]
id = "slope"
ask = "Write ∂L/∂w."
formula = "dL/dw"
feedback = { %s }
"""
SAID = """sign = "Uphill or down?", missing-factor = "A slope is lost.", "missing-factor at h" = "What does h do?" """


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("2(p-t)p(1-p) v h(1-h) x", []),
        ("-2(p-t)p(1-p) v h(1-h) x", ["Uphill or down?"]),
        ("2(p-t) v h(1-h) x", ["A slope is lost."]),
        ("2(p-t)p(1-p) v x", ["What does h do?"]),
        ("(p-t)p(1-p) v h(1-h) x", ["Your answer is 0.5 times what it should be"]),
    ],
)
def test_the_authors_sentence_is_said_about_its_fault(tmp_path: Path, answer: str, words: list[str]) -> None:
    session = open_lesson(Request(written(tmp_path, LESSON % SAID)))
    (step, question), *_ = session.questions()
    said = session.marked(answer, question, step).messages
    assert [message[: len(word)] for message, word in zip(said, words, strict=True)] == words


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        ('signs = "?"', ':12:14: "signs" is no fault that marking can find; did you mean "sign"?'),
        ('"sign at hh" = "?"', ':12:14: "hh" is no name of this graph; did you mean "h"?'),
    ],
)
def test_a_fault_or_node_that_does_not_exist_is_told(tmp_path: Path, feedback: str, message: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        open_lesson(Request(written(tmp_path, LESSON % feedback)))
    assert message in str(caught.value.problems[0])


def test_the_guide_names_every_fault() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [fault for fault in FAULTS if f"`{fault}`" not in guide] == []


ARRAY = """format = 1
id = "array"
title = "A vector"
[graph.main]
given = { x = [1.5, -0.5] }
weights = { w = [0.4, 0.7], v = [0.3, -0.8] }
nodes = ["a = dot(w, x)", "z = tanh(a)*v"]
[[step]]
id = "slope"
ask = "Write ∂z_1/∂w_1."
formula = "d(z[0])/d(w[0])"
"""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("(1 - tanh(a)^2) v[0] x[1]", "This is the derivative by w[1], a neighbour of the one asked for"),
        ("(1 - tanh(a)^2) v[1] x[0]", "This is the derivative of z[1], a neighbour of the one asked for"),
    ],
)
def test_a_neighbours_derivative_is_not_told_as_a_name_that_was_typed(tmp_path: Path, answer: str, words: str) -> None:
    session = open_lesson(Request(written(tmp_path, ARRAY)))
    (step, question), *_ = session.questions()
    assert session.marked(answer, question, step).messages[0].startswith(words)
