"""A fixed share of what `tests/bench/fuzz_files.py` tries: of mutated files and answers come clear messages, only."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.fuzz_files import fuzz, questions
from tutor.errors import Problem

ROOT = Path(__file__).parents[2]
CASES = {"lessons": 20_000, "answers": 1500, "answers-files": 5000, "journals": 1000, "checkpoints": 5000}
MEMORY = 1 << 30
"""Address space of the child; Python with NumPy takes a third of it."""


@pytest.mark.parametrize("target", CASES)
def test_mutations(target: str) -> None:
    found = fuzz(target, range(CASES[target]))
    assert found.wrong == []
    assert found.cases == CASES[target]
    assert 0 < found.accepted < found.cases


def test_mutated_lessons_never_need_much_memory() -> None:
    """As a program of its own whose address space is bounded."""
    command = [sys.executable, "-m", "tests.bench.fuzz_files", "lessons", "--first", "50000", "--cases", "1000"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread takes address space, and a core has one
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", ["1e308", "-1e-320", "[1,2] h(1-h)", "1/0[1,2]"])
def test_answers_that_once_broke_marking(text: str) -> None:
    session, steps = questions()
    for step in steps:
        assert session.answer(text, step).attempts[session.question_id(step)][-1].mark.verdict != "right"


def test_a_name_of_hundreds_of_letters_is_shortened_in_messages() -> None:
    problem = Problem("lesson.toml", 1, 1, "unknown name " + "x" * 300)
    assert str(problem) == "lesson.toml:1:1: unknown name " + "x" * 60 + "…"
