"""A mistyped name of letters is no unknown name but a product: authors are told how it was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor.proof.checked_lesson import CLASSES, UNIT, Change, check, is_the_warning
from tutor.errors import Problem
from tutor.proof.words import one_slip

LETTERS = """format = 1
id = "letters"
title = "Letters"

[graph.main]
given = { x = 1.5, y = 0.3 }
weights = { w = 0.8, v = 1.3, n = 0.7, t = 0.4, a = 1.1 }
nodes = ["h = tanh(w*x)", "yhat = v*h*n*t*a", "L = (yhat - y)^2"]
output = "L"

[[step]]
id = "q"
ask = "?"
formula = "dL/dw"

[[step]]
say = "Look."
picture = { bars = ["h", "yhat"] }
"""
SLIPS = [
    (LETTERS, "v*h*n*t*a", "v*hh*n*t*a", "hh is read as h·h; did you mean h, or h^2?"),
    (LETTERS, "v*h*n*t*a", "vhhnta", "vhhnta is read as v·h·h·n·t·a; did you mean v·h·n·t·a, or v·h^2·n·t·a?"),
    (LETTERS, '"dL/dw"', '"tahn(w*x)"', "tahn is read as t·a·h·n; did you mean tanh?"),
    (LETTERS, '"dL/dw"', '"dL/dww"', "ww is read as w·w; did you mean w, or w^2?"),
    (LETTERS, '"dL/dw"', '"xx + dL/dw"', "xx is read as x·x"),
    (LETTERS, '["h", "yhat"]', '["h", "hh"]', "hh is read as h·h"),
    (LETTERS, "(yhat - y)^2", "(yhta - y)^2 + yhat", "yhta is read as y·h·t·a; did you mean yhat?"),
    (CLASSES, '"dL/dz"', '"dL/dzz"', "zz is read as z·z"),
    (CLASSES, '["p", "t"], title', '["pp", "t"], title', "pp is read as p·p"),
]
GOOD = [
    "v*w*x",
    "wx",
    "2wx",
    "wxv",
    "yhat x",
    "h^2",
    "h h",
    "x w x",
    "exp(x)",
    "log yhat",
    "w_1x",
    "xyhat",
    "tanh(x)wx",
]


def told(folder: Path, text: str) -> list[Problem]:
    return [problem for problem in check(folder, text).warnings if "is read as" in problem.what]


def test_the_lesson_is_sound_before_it_is_changed(tmp_path: Path) -> None:
    found = check(tmp_path, LETTERS)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(("good", "old", "new", "says"), SLIPS, ids=lambda text: text[:30])
def test_a_word_that_was_split_is_told_at_its_place(good: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    text = good.replace(old, new, 1)
    (problem,) = told(tmp_path, text)
    assert says in str(problem)
    assert problem.line is not None and problem.column is not None
    word = says.partition(" ")[0]
    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith(word)


@pytest.mark.parametrize("formula", GOOD)
def test_products_that_may_be_meant_are_not_told(formula: str, tmp_path: Path) -> None:
    assert told(tmp_path, LETTERS.replace('formula = "dL/dw"', f'formula = "dL/dw + {formula}"')) == []


def test_a_name_of_a_graph_is_no_product(tmp_path: Path) -> None:
    assert told(tmp_path, UNIT.replace("h = sigmoid(a)", "hh = sigmoid(a)").replace("(h - y)", "(hh - y)")) == []


def test_a_warning_of_a_product_is_the_only_one(tmp_path: Path) -> None:
    is_the_warning(tmp_path, Change(LETTERS, '["h", "yhat"]', '["hh", "yhat"]', "did you mean h, or h^2?"))


@pytest.mark.parametrize(
    ("word", "name", "expected"),
    [
        ("yht", "yhat", True),
        ("yhta", "yhat", True),
        ("yhatt", "yhat", True),
        ("yhot", "yhat", True),
        ("yhat", "yhat", False),
        ("thay", "yhat", False),
        ("y", "yhat", False),
        ("ab", "ba", True),
        ("", "a", True),
    ],
)
def test_one_slip(word: str, name: str, expected: bool) -> None:
    assert one_slip(word, name) is expected
    assert one_slip(name, word) is expected
