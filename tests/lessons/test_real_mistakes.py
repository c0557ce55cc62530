"""Every mistake that a student really made has its place in a lesson, where it is told apart and answered.

tests/data/real_mistakes.json: what was asked, given and right; the sentence that would have helped; and the lesson,
question and answer (of a claim: the option) at which the mistake is made here, with words that the student then reads.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tutor.marking import Mark
from tutor.opening import open_lesson
from tutor.questions import Question
from tutor.request import Request
from tutor.session import Session

DATA = Path(__file__).parents[1] / "data" / "real_mistakes.json"
MISTAKES: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
# Not wrong but unfinished: formulas where numbers were asked for, a chain of derivatives that is not written out.
UNFINISHED = ("m1-cg-12c-num", "m3-3-3a")
ASSERTED = [mistake for mistake in MISTAKES if mistake["kind"] == "claim"]


@cache
def opened(lesson: str) -> Session:
    return open_lesson(Request(lesson))


def made(mistake: dict[str, Any]) -> tuple[Mark, Question]:
    """The mistake made at its place: typed, or chosen."""
    session = opened(mistake["lesson"])
    step, question = next((s, q) for s, q in session.questions() if q.id == mistake["question"])
    return session.marked(mistake["answer"], question, step), question


def test_there_are_102_and_each_has_a_place() -> None:
    assert len({mistake["id"] for mistake in MISTAKES}) == len(MISTAKES) == 102
    assert all(mistake["lesson"] and mistake["question"] and mistake["answer"] for mistake in MISTAKES)
    assert {mistake["kind"] for mistake in MISTAKES} == {"formula", "number", "claim"}


@pytest.mark.parametrize("mistake", [m for m in MISTAKES if m["kind"] != "claim"], ids=lambda m: m["id"])
def test_formula_or_number_is_wrong_and_diagnosed(mistake: dict[str, Any]) -> None:
    found, question = made(mistake)
    assert question.kind in {"formula", "number", "array", "derivation"}
    assert found.verdict in ({"wrong", "imprecise"} if mistake["kind"] == "number" else {"wrong"})
    assert found.points == 0
    assert found.diagnosis is not None
    assert found.diagnosis.fault != "unknown"
    assert found.diagnosis.says in found.messages
    assert mistake.get("says", "") in found.diagnosis.says


@pytest.mark.parametrize("mistake", [m for m in ASSERTED if m["id"] not in UNFINISHED], ids=lambda m: m["id"])
def test_claim_is_wrong_and_its_reason_is_shown(mistake: dict[str, Any]) -> None:
    found, question = made(mistake)
    assert found.verdict == "wrong"
    said = " ".join(found.messages)
    if question.kind == "choice":
        chosen = next(option for option in question.choices if option.text == mistake["answer"])
        assert chosen.because.strip() in said
        assert mistake["says"] in said
    else:
        assert found.diagnosis is not None and found.diagnosis.fault != "unknown"


@pytest.mark.parametrize("mistake", [m for m in ASSERTED if m["id"] in UNFINISHED], ids=lambda m: m["id"])
def test_what_is_unfinished_costs_nothing_and_says_how_to_go_on(mistake: dict[str, Any]) -> None:
    found, _ = made(mistake)
    assert found.is_free
    assert mistake["says"] in found.note
