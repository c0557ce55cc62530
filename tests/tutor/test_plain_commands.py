"""Plain mode: a command spelled nearly right is no answer; where one is; what is not told before it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor.commands import run
from tests.tutor.test_plain import told
from tutor.opening import open_lesson
from tutor.plain_commands import command_of, near_command
from tutor.request import Request
from tutor.session import Session

GIVEN = "[graph.main]\ngiven = { x = 1.0 }\nweights = { w = 2.0, n = 1.0, t = 1.0 }\n"
LESSON = f"""
format = 1
id = "near"
title = "Near"

{GIVEN}nodes = ["p = w*x", "L = p^2"]

[[step]]
say = "Read."

[[step]]
id = "dw"
ask = "∂L/∂w?"
formula = "dL/dw"
hints = ["Two factors.", "2p and x."]

[[step]]
id = "which"
ask = "Which are weights?"
choice = [
  {{ text = "w", right = true }}, {{ text = "x" }}, {{ text = "n", right = true }}, {{ text = "hind" }},
]

[[step]]
id = "why"
ask = "Why?"
essay = "So."
"""
TRAINED = """
format = 1
id = "lowest"
title = "Lowest"

[data.corners]
from = "xor"
n = 40
noise = 0.1
seed = 3
split = { train = 0.5, validation = 0.5 }

[model.net]
layers = [{ units = 2, activation = "tanh" }, { units = 1, activation = "sigmoid" }]

[run.one]
model = "net"
data = "corners"
loss = "bce"
lr = 1.0
epochs = 30

[run.two]
like = "one"
lr = 0.5

[[step]]
train = ["one", "two"]
plot = ["train_loss", "validation_loss"]

[[step]]
id = "best"
ask = "In which epoch was the validation loss of one lowest?"
result = "best_epoch"
run = "one"
picture = { runs = ["one"], plot = ["validation_loss"], best = true }

[[step]]
say = "After."
picture = { runs = ["one"], plot = ["validation_loss"], best = true, title = "Again" }
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def lesson(tmp_path: Path) -> str:
    (tmp_path / "lesson.toml").write_text(LESSON)
    return str(tmp_path / "lesson.toml")


def at(lesson: str, place: int) -> Session:
    return open_lesson(Request(lesson)).go(place)


@pytest.mark.parametrize(
    ("line", "command"),
    [("hint", "hint"), ("Hints", "hint"), ("hint?", "hint"), ("help!", "help"), ("", "next"), ("?", "help"),
     ("value", None), ("rows", "row"), ("2px", None), ("hint 2", None)],
)  # fmt: skip
def test_a_command_is_understood_with_a_sign_or_in_the_plural(lesson: str, line: str, command: str | None) -> None:
    assert command_of(line, at(lesson, 1)) == command


@pytest.mark.parametrize(
    ("place", "line", "near"),
    [(1, "hnit", "hint"), (1, "hit", "hint"), (1, "scor", "score"), (1, "wx", None), (1, "nxt", None), (1, "w", None),
     (1, "2wx", None), (2, "bac", None), (2, "hind", None), (2, "bakc", "back"), (3, "hnit", None), (0, "hnit", None)],
)  # fmt: skip
def test_what_can_be_an_answer_is_no_command(lesson: str, place: int, line: str, near: str | None) -> None:
    assert near_command(line, at(lesson, place)) == near


def test_a_near_miss_is_asked_about_and_costs_no_try(lesson: str) -> None:
    status, text = told(lesson, "", "hints", "hnit", "hint?", "quit")
    assert status == 0
    assert "Hint 1 of 2:" in text and "Hint 2 of 2:" in text
    assert "Did you mean hint? Then type hint. Nothing was marked." in text
    assert "wrong" not in text and "unreadable" not in text


def test_each_step_tells_its_place_and_each_question_its_hints_and_options(
    lesson: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = told(lesson, "", "skip", "quit")
    assert "Step 1 of 4.\nRead." in text
    assert "Step 2 of 4.\nQuestion dw (1 point, 2 hints)" in text and "Your answer? 2 hints: type hint." in text
    assert "Several options may be right: answer with all of them." in text.partition("Step 3 of 4.")[2]
    out = run(capsys, "run", lesson, "--headless").out
    assert "Question dw (1 point, 2 hints)" in out and "Several options may be right" in out


def test_the_lowest_point_is_told_only_once_the_question_for_it_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(TRAINED)
    session = open_lesson(Request(str(path)))
    best = session.trained("one").best
    assert best is not None
    epoch = f"{best['epoch']:g}"
    _, text = told(str(path), "", epoch, "", "back", "back", "quit")
    before, _, after = text.partition("✓ right")
    one, _, two = before.partition("two:")
    assert f"epoch {epoch}" not in one.partition("Validation loss:")[2] and "Lowest validation loss" not in one
    assert "Lowest validation loss" in two and "best epoch" not in before
    assert f"best epoch {epoch}" in after and f"lowest {best['validation_loss']:.3g}"[:10] in after
    assert f"at epoch {epoch}." in after.partition("one:")[2]
    out = run(capsys, "run", str(path), "--headless").out
    asked = out.partition("Question best")[2].partition("After.")[0].partition("Picture")[2]
    assert "starts at" in asked and "lowest" not in asked and "best epoch" not in asked
