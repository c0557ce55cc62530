"""Every right spelling is right; every mistake is marked wrong and explained by its fault at its place."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from engine.faults import FAULTS
from tests.tutor.marking.cases import RIGHT, WRONG, context_of
from tutor.marking import mark
from tutor.questions import Question

FORMULAS = [item for item in WRONG if item["kind"] == "formula"]
NUMBERS = [item for item in WRONG if item["kind"] == "number"]


@pytest.mark.parametrize("item", RIGHT, ids=lambda item: item["id"])
def test_right_spelling_is_right_and_has_no_fault(item: dict[str, Any]) -> None:
    found = mark(Question("q", "formula", target=item["question"]), context_of(item), item["answer"])
    assert found.verdict == "right", (found.read_as, found.note, found.witness)
    assert found.diagnosis is None
    assert found.points == found.of == 1.0


@pytest.mark.parametrize("item", FORMULAS, ids=lambda item: item["id"])
def test_mistake_is_wrong_and_explained(item: dict[str, Any]) -> None:
    found = mark(Question("q", "formula", target=item["question"]), context_of(item), item["answer"])
    assert found.verdict == "wrong"
    assert found.witness is not None
    assert found.witness.given != found.witness.right
    assert found.diagnosis is not None
    assert found.diagnosis.fault in FAULTS
    assert (found.diagnosis.fault, found.diagnosis.at, found.diagnosis.factor) == (
        item["fault"],
        item["at"],
        item["factor"],
    )
    assert found.diagnosis.says


@pytest.mark.parametrize("item", NUMBERS, ids=lambda item: item["id"])
def test_number_is_judged(item: dict[str, Any]) -> None:
    found = mark(Question("q", "number", target=item["question"]), context_of(item), item["answer"])
    assert found.verdict == item["verdict"]


def test_every_mistake_is_explained() -> None:
    counts = Counter(item["fault"] for item in FORMULAS)
    assert len(FORMULAS) == 89
    assert counts["unknown"] == 0
    assert len(counts) >= 15
