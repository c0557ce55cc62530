"""What is wrong with a command line, and how it should go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.text import safe

LONGEST = 60


def what_is_wrong(error: Any, args: Sequence[str]) -> str:
    """One sentence for Click's `error` about the command line `args`: what was found, and where to look."""
    found = error.format_message().rstrip(".").replace("extra argument(s)", "argument")
    return f"{found}; {_lesson_meant(args) or _where_told(error)}"


def _lesson_meant(args: Sequence[str]) -> str | None:
    """Who types a lesson without `run` is told how it is opened."""
    from tutor.course import course

    name = next((word for word in args if not word.startswith("-")), "")
    if not name.endswith(".toml") and name not in course().entries:
        return None
    return f"`tutor run {safe(name, LONGEST)}` opens that lesson"


def _where_told(error: Any) -> str:
    """A command's own help tells its arguments and options; the program's help the commands."""
    path = error.ctx.command_path if getattr(error, "ctx", None) else "tutor"
    return f"`{path} --help` shows {'the commands' if path == 'tutor' else 'how it is used'}"
