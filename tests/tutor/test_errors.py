import pytest

from tutor.errors import ExitCode, Problem, ProblemsError, closest, did_you_mean


def test_a_problem_is_one_line() -> None:
    problem = Problem("l.toml", 3, 7, 'unknown key "nods"', 'did you mean "nodes"?')
    assert str(problem) == 'l.toml:3:7: unknown key "nods"; did you mean "nodes"?'
    assert str(Problem("l.toml", None, None, "no such file")) == "l.toml: no such file"


def test_foreign_text_in_a_problem_is_safe() -> None:
    problem = Problem("\x1b]52;c;eA==\x07f", 1, 1, "a\nb\x1b[2J", "\u202ec")
    assert str(problem) == "f:1:1: a b; \\u202ec"


def test_problems_come_once_and_in_reading_order() -> None:
    late, early = Problem("f", 9, 1, "late"), Problem("f", 2, 5, "early")
    error = ProblemsError([late, early, late])
    assert error.problems == (early, late)
    assert str(error) == "f:2:5: early\nf:9:1: late"


@pytest.mark.parametrize(
    ("word", "found"), [("nods", "nodes"), ("NODES", "nodes"), ("xyzzy", None), ("n" * 10**6, None), ("", None)]
)
def test_closest(word: str, found: str | None) -> None:
    assert closest(word, ["nodes", "given", "output"]) == found


def test_a_cure_names_the_near_word_or_all_of_few() -> None:
    assert did_you_mean("bacward", ["forward", "backward"]) == 'did you mean "backward"?'
    assert did_you_mean("up", ["forward", "backward"]) == "known: forward, backward"
    assert did_you_mean("up", []) is None
    assert did_you_mean("up", [f"name{i}" for i in range(50)]) is None


def test_exit_statuses_are_those_of_the_contract() -> None:
    assert {code.name: code.value for code in ExitCode} == {"done": 0, "failed": 1, "usage": 2, "interrupted": 130}
