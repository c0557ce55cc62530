"""`tutor help`, and examples of commands that can be typed as they stand."""

from __future__ import annotations

import re

import pytest
import typer

from tests.tutor.commands import run
from tutor.cli import app
from tutor.course import course
from tutor.lesson_file import load

COMMANDS = typer.main.get_group(app).commands


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_name_is_a_topic(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "help", name) == run(capsys, name, "--help")


def test_what_status_a_warning_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "`tutor check`: warnings alone" in run(capsys, "help", "exit-codes").out


def test_examples_name_lessons_and_runs_that_are_there() -> None:
    """An example of a command that takes a lesson names one of the catalogue, and its runs."""
    entries = course().entries
    found = 0
    for name in ("run", "grade", "export", "sweep"):
        for example in re.findall(rf"Example: tutor {name} (.+)", COMMANDS[name].help or ""):
            lesson = example.split()[0]
            assert lesson in entries, example
            runs = load(entries[lesson].path).lesson.run
            assert set(re.findall(r"run\.(\w+)\.", example)) <= runs.keys(), example
            found += 1
    assert found == 4
