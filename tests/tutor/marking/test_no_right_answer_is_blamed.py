"""A thousand random rewritings of right answers: all right, none given a fault."""

from __future__ import annotations

import random
import re

import pytest

from engine.printing import show
from tests.tutor.marking.cases import RIGHT, context_of
from tests.tutor.marking.rewriting import rewritten
from tutor.marking import mark
from tutor.questions import Question

ITEMS = [item for item in RIGHT if not item["aliases"] and "Σ" not in item["answer"] and "sum" not in item["answer"]]
ROUNDS = 8


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_rewritten_right_answers_stay_right(turn: int) -> None:
    chance = random.Random(turn)
    count = 0
    for item in ITEMS:
        context = context_of(item)
        assert context.graph is not None
        expr = rewritten(context.read(item["answer"]), context.graph, chance, 4)
        text = show(expr, context.graph.names)
        if len(text) > 1900 or re.search(r"\(\({20}", text):
            continue
        found = mark(Question("q", "formula", target=item["question"]), context, text)
        assert found.verdict == "right", (item["id"], text, found.note, found.witness)
        assert found.diagnosis is None
        count += 1
    assert count >= 1000 / ROUNDS
