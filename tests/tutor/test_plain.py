"""Plain mode: every lesson can be taken to its end by lines alone, without an escape, within 80 columns."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import tutor
from tutor.course import course
from tutor.journal import read_records
from tutor.lesson_check import own_answer
from tutor.opening import open_lesson
from tutor.plain import run_plain
from tutor.predictions import asked
from tutor.progress import progress
from tutor.request import Request
from tutor.session import Session
from tutor.unsent import drafts

SHIPPED = [entry.id for unit in course().units for entry in unit.lessons]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def told(lesson: str, *lines: str) -> tuple[int, str]:
    """Status and output of a lesson that is given these lines."""
    sink = io.StringIO()
    status = run_plain(Request(lesson), io.StringIO("".join(f"{line}\n" for line in lines)), sink)
    return status, sink.getvalue()


def right_way(session: Session) -> Iterator[str]:
    """Enter through every step, each question that the engine can answer answered, the rest skipped."""
    for place, step in enumerate(session.steps):
        question = session.question(step)
        if question is not None:
            own = own_answer(session, step, question)
            yield "skip" if own is None else own
            if own is None:
                continue
            if question.kind == "derivation":
                yield ""
        walked = range(1, len(session.walk_steps(step)) + 1)
        predicted = [step.predict and asked(replace(session.go(place), cursor=k)) is not None for k in walked]
        yield from itertools.repeat("", len(walked) + sum(predicted) + 1)


def test_what_a_question_starts_from_is_told_once_in_a_row(tmp_path: Path) -> None:
    graph = "given = {{ x = 1.5 }}\nweights = {{ w = {} }}\nnodes = ['p = w*x', 'q = p^2']\n"
    asked = "[[step]]\nid = '{}'\ngraph = '{}'\nask = 'What?'\nnumber = 'q'\n"
    text = "format = 1\nid = 'two'\ntitle = 'Two'\n"
    text += "".join(f"[graph.{name}]\n" + graph.format(w) for name, w in (("one", 2), ("other", 3)))
    text += asked.format("a", "one") + asked.format("b", "one") + asked.format("c", "other")
    (tmp_path / "lesson.toml").write_text(text)
    _, said = told(str(tmp_path), "skip", "skip", "quit")
    assert said.count("Given: x = 1.5, w = 2\n") == said.count("Given: x = 1.5, w = 3\n") == 1
    assert said.index("Question b") < said.index("w = 3")


def test_what_a_question_starts_from_is_told_again_after_another_graph(tmp_path: Path) -> None:
    text = "format = 1\nid = 'two'\ntitle = 'Two'\n"
    text += (
        "[graph.one]\ngiven = { x = 1.5 }\nnodes = ['q = x^2']\n[graph.other]\ngiven = { y = 2 }\nnodes = ['r = y^2']\n"
    )
    asked = "[[step]]\nid = '{}'\ngraph = 'one'\nask = 'What?'\nnumber = 'q'\n"
    text += asked.format("a") + "[[step]]\ngraph = 'other'\nsay = 'Between.'\n" + asked.format("b")
    (tmp_path / "lesson.toml").write_text(text)
    _, said = told(str(tmp_path), "skip", "", "quit")
    assert "Question b" in said and said.count("Given: x = 1.5\n") == 2


def test_a_graph_with_rows_starts_from_all_of_them(tmp_path: Path) -> None:
    text = "format = 1\nid = 'r'\ntitle = 'R'\n[graph.one]\ngiven = { k = 2 }\nweights = { w = 3 }\n"
    text += "rows = [{ x = 1.5 }, { x = -1 }]\nnodes = ['q = k*w*x']\n"
    text += "[[step]]\nid = 'a'\nask = 'What?'\nnumber = 'sum(q)'\n"
    (tmp_path / "lesson.toml").write_text(text)
    _, said = told(str(tmp_path), "quit")
    assert "  Given: k = 2, w = 3\n  Row 1: x = 1.5\n  Row 2: x = -1\n" in said


def test_a_graph_of_jacobians_tells_its_values_in_its_backward_pass_and_in_play() -> None:
    _, text = told("softmax-jacobian", *["skip"] * 7, "", "values", "quit")
    assert "1 of 2:" in text and "X_out = softmax(-beta*X_in): value [" in text[text.index("1 of 2:") :]
    _, text = told("softmax-jacobian", *["skip"] * 3, "set beta = 0", "quit")
    assert "Given: X_in = [0.2, -0.5, 1.1], beta = 1.3\n" in text[text.index("Free play") :]
    assert "beta: value 0\nX_out = softmax(-beta*X_in): value [0.333333, 0.333333, 0.333333]\n" in text


def test_play_without_a_picture_starts_with_its_values_and_takes_an_entry_as_formulas_write_it() -> None:
    before = [step.explore for step in open_lesson(Request("softmax-gradient")).steps].index("claim")
    _, text = told("softmax-gradient", *["skip"] * before, "set c_2 = 3", "quit")
    play = text[text.index("Free play with claim") :]
    assert "J = ?: value -4.96268, gradient 1\n" in play
    assert "c: value [0.1, 3, 0.3]" in play


@pytest.mark.parametrize("lesson", SHIPPED)
def test_every_shipped_lesson_can_be_completed(lesson: str, tmp_path: Path) -> None:
    session = open_lesson(Request(lesson))
    status, text = told(lesson, *right_way(session))
    assert status == 0
    assert text.endswith("Goodbye.\n") and "This is the end of the lesson." in text
    assert [line for line in text.split("\n") if len(line) > 80 or not line.isprintable()] == []
    answerable = [q for s, q in session.questions() if own_answer(session, s, q) is not None]
    assert text.count("✓ right") == len(answerable)
    assert f"Score: {sum(q.points for q in answerable):g} of {session.possible_points:g}." in text
    done = progress(read_records(tmp_path / "state" / "tutor" / "journal"))[lesson]
    assert done.done and done.earned == sum(q.points for q in answerable)


def test_what_is_wrong_with_a_curve_is_not_said_before_it_is_asked() -> None:
    _, text = told("sick-curves", *["skip"] * 40)
    assert "Lowest validation loss" in text
    assert "overfits" not in text and "steps are too long" not in text


def test_all_commands(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    status, text = told(
        path,
        *(
            "help",
            "where",
            "",
            "",
            "",
            "back",
            "values",
            "set w=1.0",
            "undo",
            "set w=abc",
            "set q=1",
            "hello",
            "",
            "",
            "",
        ),
        *("where", "hint", "1", "2", "score", "", "skip", "hint", "hint", "hint", "nonsense(", "-0.25", "quit"),
    )
    assert status == 0
    expected = [
        "Step 1 of 9.",
        "1 of 3:",
        "a = w·x + b = 0.5·2 + (-1) = 0",
        "w: value 0.5\n",
        "h = sigmoid(a): ?\n",
        "? is not known yet",
        "w: value 1\n",
        "this is no number",
        "q is no given value or weight",
        "There is no question here",
        "Step 3 of 9.",
        "There is no further hint.",
        "✗ wrong: 1",
        "✓ right: 2",
        "1 of 5 points",
        "Hint 1 of 2:",
        "Hint 2 of 2:",
        "? unreadable: nonsense(",
        "✓ right: -0.25",
        "Score: 2 of 5. Goodbye.",
    ]
    place = 0
    for part in expected:
        assert part in text[place:], (part, text[place:])
        place = text.index(part, place)


def test_a_word_with_hyphens_stays_on_its_line() -> None:
    _, text = told("log-sum-exp", *["skip"] * 40)
    assert "log-sum-exp of" in text and "sum-\n" not in text


def test_what_can_be_done_after_an_answer_is_said(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    _, text = told(path, *["skip"] * 4, "7", "hint", "hint", "8", "-0.25", "quit")
    ends = [line for line in text.splitlines() if line.endswith("Enter goes on.")]
    assert ends[-3:] == ["Try again, or type hint; Enter goes on.", "Try again; Enter goes on.", "Enter goes on."]


def test_a_wrong_answer_left_standing_is_told_by_the_exit_status(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    assert told(path, "skip", "skip", "1", "quit")[0] == 1
    assert told(path, "skip", "skip", "1", "2", "quit")[0] == 0


def test_the_end_of_the_input_is_the_end(tmp_path: Path) -> None:
    path = lessons.written(tmp_path, lessons.UNIT)
    done = tutor(tmp_path, "run", path, "--plain", given=b"\n\xff\xfe\x1b[A\n")
    assert (done.status, "Traceback" in done.err) == (0, False)
    assert "\x1b" not in done.out and done.out.endswith("Goodbye.\n")


def test_free_play_tells_the_picture_anew_after_a_change_and_after_undo() -> None:
    _, text = told("hidden-features", "", "set w1=-2", "undo", "quit")
    play = text[text.index("Free play") :]
    told_normals = [part.split(" points")[0] for part in play.split("its normal ")[1:]]
    assert told_normals == ["(1, 1)", "(-2, 1)", "(1, 1)"]


def test_questions_after_free_play_are_about_the_lessons_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(PLAYED)
    _, text = told(str(path), "set w = 50", "skip", "set w = 1", "6", "quit")
    assert "Questions are about the lesson's own numbers: they are back." in text
    assert "w = 3" in text[text.index("Question p") :]
    assert "change them in a walk or in play." in text
    assert "✓ right: 6" in text


PLAYED = """
format = 1
id = "played"
title = "Played"

[graph.main]
given = { x = 2.0 }
weights = { w = 3.0 }
nodes = ["p = w*x"]

[[step]]
explore = "main"

[[step]]
id = "p"
ask = "What is p?"
number = "p"
"""


def test_signs_of_markup_are_not_read_out(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text("""
format = 1
id = "stars"
title = "Stars"

[[step]]
ask = "Which *one* of `a` and ``b``?"
choice = [
  { text = "the *first*, w*x*2", because = "It does *not* stand last, w*x*2." },
  { text = "the second", right = true, because = "It does." },
]
""")
    _, output = told(str(path), "1")
    assert "Which one of a and ``b``?\n" in output
    assert "1. the first, w*x*2\n" in output
    assert "read as the first, w*x*2\n" in output
    assert "It does not stand last, w*x*2." in output


PREDICTED = """
format = 1
id = "predicted"
title = "Predicted"

[graph.main]
given = { x = 2.0 }
weights = { w = 3.0 }
nodes = ["p = w*x", "L = p^2"]

[[step]]
say = "Before."

[[step]]
walk = "forward"
predict = true

[[step]]
walk = "backward"
predict = true
"""


def test_results_of_a_walk_are_predicted_before_they_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(PREDICTED)
    lines = ["", "", "values", "5", "6", "", "", "", "", "", "12", "", "36", "back", "values"]
    _, output = told(str(path), *lines)
    turns = output.split("1 of 2:\n")
    assert "  p = w·x = ?\n" in turns[1] and "6" not in turns[1].partition("✗")[0]
    assert "p = w*x: ?\n" in turns[1]
    assert "✗ not that: 5; another try, or Enter shows it" in turns[1]
    assert "  ✓ right: 6\n" in turns[1]
    assert turns[2].startswith("  p = w·x = 3·2 = 6\n")
    assert "L = p^2 = ?" in turns[2]
    assert "✓ right: 12" in output
    assert "p = w*x: value 6, gradient 12\n" in output


def test_formulas_are_told_unless_a_question_asks_for_them(tmp_path: Path) -> None:
    graph = "[graph.main]\ngiven = { x = 1.5 }\nweights = { w = 2.0 }\nnodes = ['p = w*x', 'L = p^2']\n"
    text = f"format = 1\nid = 'two'\ntitle = 'Two'\n{graph}[[step]]\nid = 'a'\nbug = 'main'\nfault = 'missing-factor'\n"
    (tmp_path / "lesson.toml").write_text(f"{text}[[step]]\nid = 'b'\nask = 'What is p?'\nformula = 'p'\n")
    _, said = told(str(tmp_path), "values", "quit")
    assert "    p = ?\n    L = p^2\n" in said
    assert "p = ?: " in said and "L = p^2: " in said and "x: value 1.5\n" in said


def test_what_a_training_step_plots_is_told() -> None:
    _, text = told("dead-relus", *["skip"] * 30)
    assert "Dead units, layer2: starts at 1, ends at 4" in text
    assert "Dead units, layer2: starts at 1, ends at 24" in text


DERIVED = """
format = 1
id = "derived"
title = "Derived"

[graph.main]
given = { x = 2.0, t = 1.0 }
weights = { w = 3.0 }
nodes = ["p = w*x", "L = (p - t)^2"]

[[step]]
id = "proof"
ask = "Derive it."
derivation = "dL/dw"
using = ["p", "t", "x"]

[[step]]
say = "After."
"""


def test_a_derivation_is_written_line_by_line_and_sent_by_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(DERIVED)
    status, output = told(str(path), "dL/dp * dp/dw", "oops(", "undo", "2(w*x - t) * x", "2(p - t) x", "", "")
    assert status == 0
    assert "Your answer, line by line?" in output
    assert "unreadable" not in output
    assert "Taken back: oops(. Line 1 stays: dL/dp * dp/dw" in output
    assert "Line 3. Enter alone sends the derivation; undo takes this line back.\n  ✓ right: " in output
    assert "After." in output


def test_a_wrong_line_is_mended_without_writing_the_others_again(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(DERIVED)
    status, output = told(str(path), "dL/dp * dp/dw", "2(p - t) w", "", "undo", "2(p - t) x", "", "", "quit")
    assert status == 0
    assert "✗ wrong" in output
    assert "undo takes the last line back and keeps the others; Enter goes on." in output
    assert "Taken back: 2(p - t) w. Line 1 stays: dL/dp * dp/dw" in output
    assert "Line 2. Enter alone sends the derivation" in output
    assert "✓ right: dL/dp * dp/dw = 2(p - t) x" in output
    assert "After." in output


def test_lines_of_a_derivation_that_were_not_sent_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(DERIVED)
    told(str(path), "dL/dp * dp/dw", "quit")
    kept = drafts(read_records(tmp_path / "state" / "tutor" / "journal"))
    assert kept["proof"].lines == ("dL/dp * dp/dw",)


def test_a_run_is_told_once_and_its_question_needs_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(TRAINED)
    _, text = told(str(path), "", "skip", "back", "skip", "quit")
    training, first, other, again, last = text.split("Training: ")[1], *text.split("Question ")[1:]
    assert "Epoch by epoch: 9, 0.36, " in training
    assert "Picture: the loss, as told before." in first and "Given" not in first
    assert "fall: starts at 9, " in again, "whoever goes back wants to hear it"
    assert all("Picture: the loss, as told before." in later for later in (other, last))


TRAINED = """
format = 1
id = "trained"
title = "Trained"

[graph.main]
weights = { w = 3.0 }
nodes = ["L = w^2"]

[run.fall]
graph = "main"
lr = 0.4
epochs = 4

[[step]]
train = ["fall"]

[[step]]
id = "rises"
ask = "In how many epochs does the loss rise?"
result = "rises"
run = "fall"
picture = { runs = ["fall"], title = "the loss" }

[[step]]
id = "epochs"
ask = "How many epochs were there?"
result = "epochs"
run = "fall"
picture = { runs = ["fall"], title = "the loss" }
"""
