"""Whatever is typed: a mark, never an exception, and nothing is ever evaluated as Python."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.marking.cases import RIGHT, WRONG, context_of, one_neuron, sigmoid_net
from tutor.marking import mark
from tutor.questions import Choice, Question

ARRAYS = context_of(next(item for item in RIGHT if item["case"] == "s4-2"))
PLACES = [
    (sigmoid_net(), "dy/da"),
    (one_neuron(rows=True), "dL/dw"),
    (one_neuron(rows=True, mean=True), "w - 0.1*dL/dw"),
    (ARRAYS, "d(E)/d(W2)"),
]
HOSTILE = [
    "__import__('os')", "9**9**9", "(" * 1_000_000, "\x00" * 5, "‮abc", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "".join(chr(0x4E00 + i) for i in range(2_000)), "1e999", "1/0", "0/0", "log(-1)", "[[1,2],[3]]", "∂", "Σ", "Σ_i",
    "σ'(", "\\frac{1}{", "\\hat{", "_", "0e20869", "1e-99999", "1e99999", "exp(exp(exp(100)))", "max()",
    "sum(1,2,3)",
    "x[999999999999999999999]",
    "W[0,0,0]", "1" * 1_999, "e" * 1_999, "-" * 1_999 + "1", "sqrt" * 400, "∂" * 1_000,
    "x_{" + "1," * 300 + "}", "\\left(", "\\sum_{i=1}^{m}", "Σ_i (x_i)_1", "dy/dy", "da/dy", "\ud800", "\U0010ffff",
    "(" * 900 + "w" + ")" * 900, "sqrt(" * 300 + "w" + ")" * 300,
    "lambda x: x", "{}", "a_1^{(3)}", "a\r\nb", "\u2028", "W2 @ W2 @ W2", "a_4 - W2", "Σ_i W2_i", "().__class__",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", ["formula", "number", "array", "derivation", "order", "choice", "essay"])
def test_hostile_text_gets_a_mark(kind: str, text: str) -> None:
    for context, target in PLACES:
        if kind == "number" and "W2" in target:
            continue
        question = Question(
            "q", kind, target="backward" if kind == "order" else target, choices=(Choice("one", True), Choice("two"))
        )
        found = mark(question, context, text)
        found.to_dict()
        said = " ".join([found.given, found.read_as or "", found.note, *found.messages])
        assert all(char.isprintable() for char in said.replace("\n", ""))
        assert len(said) < 20_000


PIECES = [
    *"xywabcdeLsΣ∂σ()[]{}^_+-*/@',.:;=0123456789 \\",
    "y1",
    "r1",
    "s1",
    "sum(",
    "Σ_i ",
    "exp(",
    "dL/dw",
    "\\frac{",
]
PIECES += [
    "^{(i)}",
    "_i",
    "_{12}",
    "sigmoid(",
    "max(",
    "softmax(",
    "W2",
    "a_4",
    "**2",
    "^T",
    "[0]",
    "[:,0]",
    "1e5",
    "ŷ",
]
SEEDS = [item["answer"] for item in [*RIGHT, *WRONG]]


def _mutated(seed: int) -> str:
    chance = random.Random(seed)
    text = list(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        place = chance.randint(0, len(text))
        text[place : place + chance.randint(0, 1)] = [chance.choice(PIECES)] if chance.random() < 0.7 else []
    return "".join(text)


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
        st.integers(0, 10**9).map(_mutated),
    ),
    st.sampled_from(PLACES),
    st.sampled_from(["formula", "array", "derivation", "number"]),
)
def test_random_and_mutated_answers_get_a_mark(text: str, place: tuple[object, str], kind: str) -> None:
    context, target = place
    if kind == "number" and "W2" in target:
        kind = "formula"
    found = mark(Question("q", kind, target=target), context, text)  # type: ignore[arg-type]
    assert found.points in (0.0, 1.0)
    assert found.verdict in {"right", "wrong", "imprecise", "unreadable", "missing", "unscored"}
    if found.verdict == "right":
        assert found.diagnosis is None
