"""Lessons with one thing changed, checked: what is said, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.tutor import sample_lessons as lessons
from tutor.errors import Problem
from tutor.lesson_check import Checked, check_lesson

CLASSES = """format = 1
id = "three-classes"
title = "Three classes"

[graph.main]
given = { x = [1.5, -0.5], t = [0, 1, 0] }
weights = { W1 = [[0.4, -0.3], [0.2, 0.6]], b1 = [0.1, -0.2], W2 = [[0.5, -0.1], [0.3, 0.8], [-0.4, 0.2]] }
nodes = [
  "a = W1 @ x + b1",
  "h = relu(a)",
  "z = W2 @ h",
  "p = softmax(z)",
  "L = cross_entropy(p, t)",
]
output = "L"
domain = { t = "one-hot" }

[vary]
"W1[0,0]" = { choose = [0.4, 0.5, 0.7] }

[[step]]
id = "p2"
ask = "What is the probability of the right class?"
number = "p_2"
hints = ["Softmax of the three scores."]

[[step]]
id = "delta"
ask = "Write ∂L/∂z from p and t."
formula = "dL/dz"
using = ["p", "t"]
hints = ["Logarithm first, softmax then."]

[[step]]
id = "derive"
ask = "Derive ∂L/∂W2_{21}, line by line."
derivation = "d(L)/d(W2[1,0])"

[[step]]
id = "grad-w1"
ask = "The whole gradient ∂L/∂W1."
array = "dL/dW1"

[[step]]
explore = "main"
picture = { bars = ["p", "t"], title = "Probabilities and the target" }
"""
NET = lessons.NET
UNIT = lessons.UNIT


@dataclass(frozen=True)
class Change:
    """One thing changed in a good lesson: what is said of it, at the line of `new` plus `below`."""

    good: str
    old: str
    new: str
    says: str
    below: int = 0

    @property
    def text(self) -> str:
        assert self.old in self.good, self.old
        return self.good.replace(self.old, self.new, 1)

    @property
    def line(self) -> int:
        return self.good[: self.good.index(self.old)].count("\n") + 1 + self.below


def check(folder: Path, text: str) -> Checked:
    return check_lesson(lessons.written(folder, text))


def only(problems: tuple[Problem, ...]) -> Problem:
    """The one problem that there is."""
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def is_the_error(folder: Path, change: Change) -> None:
    """There is this error at its line, and nothing else."""
    found = check(folder, change.text)
    problem = only(found.errors)
    assert change.says in str(problem)
    assert problem.line == change.line, str(problem)
    assert not found.fault


def is_the_warning(folder: Path, change: Change) -> None:
    """There is this warning at its line, and nothing else."""
    found = check(folder, change.text)
    assert found.errors == (), [str(problem) for problem in found.errors]
    problem = only(found.warnings)
    assert change.says in str(problem)
    assert problem.line == change.line, str(problem)
