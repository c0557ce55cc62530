"""`tutor progress`: what the journals on this machine say, and its export as one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tutor.course import course
from tutor.errors import ExitCode, unknown_format
from tutor.files import write_atomic
from tutor.journal import encoded, folder, read_records
from tutor.progress import LessonProgress, progress
from tutor.recurring import Recurring, recurring
from tutor.text import safe

FORMATS = ("text", "json")
MOST_TOLD = 3


def show_progress(name: str, export: str | None) -> int:
    """Writes progress to stdout, or everything that was done to a file. Raises ProblemsError for an unknown format."""
    if name not in FORMATS:
        raise unknown_format(name, FORMATS)
    records = read_records(folder())
    if export is not None:
        write_atomic(Path(export), b"".join(encoded(record) for record in records))
        print(f"{len(records)} records are written to {safe(export, 200)}")
        return int(ExitCode.done)
    found = progress(records)
    print(json.dumps(_plain(found)) if name == "json" else _table(found, recurring(records)))
    return int(ExitCode.done)


def _table(found: dict[str, LessonProgress], again: Sequence[Recurring]) -> str:
    if not found:
        return "Nothing done yet. `tutor` opens the catalogue."
    entries = course().entries
    lines = []
    for lesson, done in found.items():
        title = entries[lesson].title if lesson in entries else lesson
        state = "done" if done.done else f"at step {done.place + 1}"
        lines.append(f"{safe(title, 44):44} {done.earned:5g} of {done.of:g} points, {state}")
    if again:
        told = ", ".join(f"{safe(one.fault, 40)} ({one.count}×)" for one in again[:MOST_TOLD])
        lines += ["", f"Mistakes that came back: {told}"]
    return "\n".join(lines)


def _plain(found: dict[str, LessonProgress]) -> dict[str, object]:
    return {
        lesson: {
            "points": done.earned,
            "of": done.of,
            "questions": done.points,
            "tries": done.tries,
            "faults": done.faults,
            "done": done.done,
            "place": done.place,
        }
        for lesson, done in found.items()
    }
