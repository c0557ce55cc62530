"""`tutor grade`: rows as a table, CSV, JSON or JSON lines, and a feedback file for each student."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tutor.draw.lesson_text import mark_lines
from tutor.errors import ExitCode, Problem, ProblemsError, did_you_mean
from tutor.files import write_atomic
from tutor.grading import Row, grade, question_ids, totals
from tutor.messages import say
from tutor.outputs.json_output import plain
from tutor.submissions import collect
from tutor.text import quoted, safe

FORMATS = ("table", "csv", "json", "jsonl")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def grade_all(lesson: str, names: Sequence[str], name: str, jobs: int | None, feedback: str | None) -> int:
    """Marks every submission. 1 if one of them could not be marked. Raises ProblemsError for a broken lesson."""
    if name not in FORMATS:
        cure = did_you_mean(name, FORMATS)
        raise ProblemsError((Problem("--format", None, None, f"unknown format {quoted(name)}", cure),))
    questions = question_ids(lesson)
    submissions = list(collect(names))
    if not submissions:
        raise ProblemsError((Problem(names[0], None, None, "no submission here", "answers files end in .toml"),))
    rows = _counted(grade(lesson, submissions, jobs), len(submissions))
    kept = _written(rows, questions, name)
    if feedback is not None:
        _write_feedback(Path(feedback), kept)
    return int(ExitCode.failed if any(row.problem for row in kept) else ExitCode.done)


def _counted(rows: Iterable[Row], count: int) -> Iterator[Row]:
    """The rows, with progress on stderr where it is a terminal."""
    shown = sys.stderr.isatty()
    for i, row in enumerate(rows, start=1):
        if shown and (i % 10 == 0 or i == count):
            print(f"\r{i} of {count}", end="" if i < count else "\n", file=sys.stderr, flush=True)
        yield row


def _written(rows: Iterable[Row], questions: Sequence[str], name: str) -> list[Row]:
    if name == "jsonl":
        kept = []
        for row in rows:
            print(json.dumps(plain(row.to_dict()), allow_nan=False, sort_keys=True))
            kept.append(row)
        return kept
    kept = list(rows)
    if name == "json":
        print(json.dumps([plain(row.to_dict()) for row in kept], allow_nan=False, sort_keys=True))
    elif name == "csv":
        sys.stdout.write(as_csv(kept, questions))
    else:
        sys.stdout.write("\n".join(as_table(kept, questions)) + "\n")
    return kept


def as_csv(rows: Sequence[Row], questions: Sequence[str]) -> str:
    """One row a student, one column a question, then the total; no cell that a spreadsheet would run."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["student", "file", "variant", *questions, "total", "of", "problem", "note"])
    for row in rows:
        points = [f"{row.points[q]:g}" if q in row.points else "" for q in questions]
        texts = [inert(row.student), inert(row.file), inert(row.variant or "")]
        writer.writerow([*texts, *points, f"{row.total:g}", f"{row.of:g}", inert(row.problem), inert(row.note)])
    return sheet.getvalue()


def inert(text: str) -> str:
    """Foreign text as a cell: safe to show, and never taken for a formula."""
    shown = safe(text, 300)
    return f"'{shown}" if shown.lstrip().startswith(_ACTIVE) else shown


def as_table(rows: Sequence[Row], questions: Sequence[str]) -> Iterator[str]:
    """A table for the terminal."""
    yield f"{'student':24} {'total':>9}  {' '.join(f'{q[:12]:>12}' for q in questions)}"
    for row in rows:
        name = safe(row.student, 24)
        if row.problem:
            yield f"{name:24} {'-':>9}  {safe(row.problem, 120)}"
            continue
        cells = " ".join(f"{_sign(row, q):>12}" for q in questions)
        yield f"{name:24} {row.total:4g}/{row.of:<4g}  {cells}" + (f"  ({safe(row.note, 100)})" if row.note else "")
    count, mean = totals(rows)
    yield f"{count} marked, mean {mean:.2f}" + (f", {len(rows) - count} not marked" if count < len(rows) else "")


def _sign(row: Row, question: str) -> str:
    mark = row.marks[question]
    signs = {"right": "✓", "wrong": "✗", "imprecise": "~", "unreadable": "?", "missing": "-", "unscored": "·"}
    return signs[mark.verdict] + (f" {mark.diagnosis.fault[:9]}" if mark.diagnosis else "")


def _write_feedback(folder: Path, rows: Sequence[Row]) -> None:
    """One text for each student; nothing of one student is shown to another."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for row in rows:
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", row.student)[:80].lstrip(".") or "student"
        name = next(n for n in _names(stem) if n not in taken)
        taken.add(name)
        write_atomic(folder / f"{name}.txt", ("\n".join(_feedback(row)) + "\n").encode())
    say(f"{len(rows)} feedback files are in {folder}")


def _names(stem: str) -> Iterator[str]:
    yield stem
    for k in range(2, 1_000_000):
        yield f"{stem}-{k}"


def _feedback(row: Row) -> Iterator[str]:
    if row.problem:
        yield f"This submission could not be marked: {safe(row.problem, 400)}"
        return
    yield f"{row.total:g} of {row.of:g} points"
    if row.note:
        yield safe(row.note, 400)
    for question, mark in row.marks.items():
        yield ""
        yield question
        yield from (safe(line, 400) for line in mark_lines(mark))
