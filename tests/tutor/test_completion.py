"""The shell asks what a word could become; the answer is words, one a line, and never a screen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = """
id = "re$(reboot)"
title = "\\u001b]52;c;cm0=\\u0007"
"""


def completed(line: str, **environment: str) -> list[str]:
    words = line.split(" ")
    asked = {"_TUTOR_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    program = "import sys; sys.argv = ['tutor']; from tutor.launch import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **asked, **environment}, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("tutor run relu-si", ["relu-sigmoid"]),
        ("tutor check all", ["all", "all-examples"]),
        ("tutor run relu-sigmoid --headless --format j", ["json"]),
        ("tutor help exit", ["exit-codes"]),
        ("tutor run ./", []),
    ],
)
def test_words_are_completed(line: str, found: list[str]) -> None:
    assert completed(line) == found


def test_a_lesson_cannot_put_commands_into_the_line(tmp_path: Path) -> None:
    (tmp_path / "lesson.toml").write_text(HOSTILE)
    assert "relu-sigmoid" in completed("tutor run re", TUTOR_LESSONS=str(tmp_path))
    assert not [word for word in completed("tutor run re", TUTOR_LESSONS=str(tmp_path)) if "reboot" in word]
