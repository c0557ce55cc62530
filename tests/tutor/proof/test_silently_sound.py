"""What can be taken and yet is not what was meant: warnings, each at its place; what may be meant is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.proof.checked_lesson import CLASSES, UNIT, Change, check, is_the_warning

UNVARIED = CLASSES.replace('[vary]\n"W1[0,0]" = { choose = [0.4, 0.5, 0.7] }\n', "")
BCE = UNIT.replace("L = (h - y)^2", "L = bce(h, y)")
TWO_VARY = UNIT.replace("[vary]\n", "[vary]\nb = { choose = [-1.0, -0.5] }\n")
UNITLESS = UNIT.replace("[graph.main]", 'unit = "warm-up"\ncovers = ["s1-an-1"]\n\n[graph.main]')
NUMBER = 'number = "p_2"'
DOMAIN = 'domain = { t = "one-hot" }'

WARNINGS = [
    # domains
    Change(UNVARIED, "t = [0, 1, 0]", "t = [0, 1, 1]", "t is not one-hot, as its domain says; wanted: a"),
    Change(UNVARIED, "t = [0, 1, 0]", "t = 1", "t is not one-hot"),
    Change(UNVARIED, "t = [0, 1, 0]", "t = [0.5, 0.5, 0]", "t is not one-hot"),
    Change(UNVARIED.replace("one-hot", "probabilities"), "t = [0, 1, 0]", "t = [0.5, 0.2, 0]", "is not probabilities"),
    Change(UNIT, 'output = "L"', 'output = "L"\ndomain = { x = "unit" }', "x is not unit, as its domain says", -3),
    Change(UNIT, 'output = "L"', 'output = "L"\ndomain = { b = "positive" }', "b is not positive", -2),
    Change(UNIT, 'output = "L"', 'output = "L"\ndomain = { x = "0/1" }', "x is not 0/1", -3),
    Change(lessons.ROWS.replace("[run.fit]", 'domain = { t = "0/1" }\n[run.fit]').replace("t = 5", "t = 1"),
           "{ x = 2, t = 3 }", "{ x = 2, t = 4 }", "t is not 0/1"),
    # targets of losses
    Change(BCE, "y = 1.0", "y = 3.0", "y is a target of bce, and not between 0 and 1; a target"),
    Change(UNVARIED.replace(DOMAIN, ""), "t = [0, 1, 0]", "t = [0, 2, 0]", "t is a target of cross_entropy"),
    # what nothing uses
    Change(UNIT, "b = -1.0", "b = -1.0, q = 1.0", "nothing uses q; leave q out"),
    Change(UNIT, "y = 1.0", "y = 1.0, k = 1.0", "nothing uses k; leave k out"),
    Change(TWO_VARY, "b = { choose = [-1.0, -0.5] }", "b = { choose = [-1.0, -1.0] }", "b is the same for everybody"),
    Change(TWO_VARY, "b = { choose = [-1.0, -0.5] }", "b = { from = 0.5, to = 0.6, step = 1 }", "b is the same for"),
    # answers that are no work
    Change(UNVARIED, NUMBER, 'number = "dL/dL"', "dL/dL is always 1, whatever the numbers are; ask for what depends"),
    Change(UNVARIED, NUMBER, 'number = "sum(dL/dz)"', "sum(dL/dz) is always 0, whatever the numbers are"),
    Change(UNVARIED, NUMBER, 'number = "dL/dz_1 + dL/dz_2 + dL/dz_3"', "is always 0, whatever the numbers are"),
    Change(UNVARIED, 'array = "dL/dW1"', 'array = "z - W2 @ h"', "z - W2 @ h is always 0, whatever the numbers are"),
    # unit and exercises
    Change(UNITLESS, '["s1-an-1"]', '["nope"]', '"nope" is no exercise of the curriculum; an id such as s2-2b'),
    Change(UNITLESS, '"warm-up"', '"computation-graph"', 'has no unit computation-graph; did you mean'),
]  # fmt: skip
SILENT = [
    (UNVARIED, "t = [0, 1, 0]", "t = [0, 0, 1]"),
    (BCE, "y = 1.0", "y = 0.3"),
    (UNIT, 'output = "L"', 'output = "L"\ndomain = { x = [3.0, 4.0] }'),
    (UNIT, "y = 1.0", "y = 1.0, lam = 0.1"),
    (UNVARIED, NUMBER, 'number = "p_1 + p_2"'),
    (UNVARIED, NUMBER, 'number = "d(L)/d(W2[1,1])"'),
    (UNVARIED, NUMBER, 'number = "sum(dL/dz)"\naccept_hidden = true'),
    (UNVARIED, NUMBER, 'number = "2*3"'),
    (UNITLESS, '"warm-up"', '"my-own-unit"'),
]


@pytest.mark.parametrize("change", WARNINGS, ids=lambda change: change.new[:50])
def test_it_is_one_warning_at_its_place(change: Change, tmp_path: Path) -> None:
    is_the_warning(tmp_path, change)


@pytest.mark.parametrize(("good", "old", "new"), SILENT, ids=[new[:50] for _, _, new in SILENT])
def test_what_may_be_meant_is_silent(good: str, old: str, new: str, tmp_path: Path) -> None:
    assert old in good
    text = good.replace(old, new, 1)
    if "lam" in new:  # a question uses it, no node
        text = text.replace('formula = "dL/dw"', 'formula = "dL/dw + lam*w"')
    found = check(tmp_path, text)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(
    ("unit", "says"), [("warm-up", None), ("warmup", 'did you mean "warm-up"?'), ("zzz", "known: ")]
)
def test_a_unit_is_one_of_its_course(unit: str, says: str | None, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(
        'title = "Own"\n[[unit]]\nid = "warm-up"\ntitle = "W"\nlessons = ["one-unit"]\n'
    )
    (tmp_path / "one-unit").mkdir()
    found = check(tmp_path / "one-unit", UNITLESS.replace('"warm-up"', f'"{unit}"'))
    assert [str(problem).partition("; ")[2][: len(says or "")] for problem in found.warnings] == (
        [says] if says else []
    )


@pytest.mark.parametrize("plan", ['title = "Own"\n', "not toml", "[[unit]]\nid = 3\n"])
def test_a_course_without_units_has_nothing_against_one(plan: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(plan)
    (tmp_path / "one-unit").mkdir()
    assert check(tmp_path / "one-unit", UNITLESS).warnings == ()
