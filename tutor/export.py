"""`tutor export`: a lesson as a PyTorch script, a notebook or a handout."""

from __future__ import annotations

import sys
from pathlib import Path

from tutor.errors import ExitCode, Problem, ProblemsError, did_you_mean
from tutor.exports import EXPORTS
from tutor.files import write_atomic
from tutor.messages import say
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.text import quoted, safe


def export_lesson(lesson: str, to: str, answers: bool, variant: str | None, out: str | None) -> int:
    """Writes the lesson in another form to stdout, or whole to the file `out`.

    Raises ProblemsError for an unknown form and for a lesson that is not sound.
    """
    if to not in EXPORTS:
        raise ProblemsError((Problem("--to", None, None, f"unknown form {quoted(to)}", did_you_mean(to, EXPORTS)),))
    text = EXPORTS[to](open_lesson(Request(lesson, variant=variant)), answers)
    if out is None:
        sys.stdout.write(text)
    else:
        write_atomic(Path(out), text.encode("utf-8", "backslashreplace"), 0o644)
        say(f"{safe(out, 200)} is written")
    return int(ExitCode.done)
