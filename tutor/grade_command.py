"""`tutor grade`: rows as a table, CSV, JSON or JSON lines, and a feedback file for each student."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.numbers import counted
from tutor.csv_cells import csv_line, inert
from tutor.draw.lesson_text import mark_lines
from tutor.errors import ExitCode, unknown_format
from tutor.files import write_atomic
from tutor.grading import Row, asked, grade
from tutor.messages import say
from tutor.outputs.json_output import plain
from tutor.regrade import MOVES, earlier
from tutor.submissions import handed_in, left_out, listed, told_apart
from tutor.text import quoted, safe


def grade_all(
    lesson: str,
    names: Sequence[str],
    name: str,
    jobs: int | None = None,
    feedback: str | None = None,
    against: str | None = None,
) -> int:
    """Marks every submission; with `against` shows only whose score moves. 1 if one could not be marked.

    Raises ProblemsError for a broken lesson, for nothing to mark, and for earlier results that cannot be read.
    """
    formats = WRITERS if against is None else MOVES
    if name not in formats:
        raise unknown_format(name, formats)
    title, asks = asked(lesson)
    questions = tuple(asks)
    submissions = told_apart(handed_in(names))
    if others := left_out(names):
        say(others)
    before = None if against is None else earlier(against, submissions, jobs)
    seen = Seen(len(submissions), None if feedback is None else _Feedback(Path(feedback), title, asks))
    rows = seen.passing(grade(lesson, submissions, jobs))
    lines = WRITERS[name](rows, questions) if before is None else MOVES[name](rows, before)
    for line in lines:
        sys.stdout.write(line)
    sys.stdout.flush()
    for note in seen.again():
        say(note)
    if feedback is not None:
        say(f"{counted(seen.rows, 'feedback file')} in {safe(feedback, 200)}")
    return int(ExitCode.failed if seen.problems else ExitCode.done)


NAME, NARROWEST, WIDEST = 24, 3, 12
MOST_TOLD = 10
LONGEST_STEM = 120
SIGNS = {"right": "✓", "wrong": "✗", "imprecise": "~", "unreadable": "?", "missing": "-", "unscored": "·"}


class Seen:
    """Follows rows as they pass, with progress where stderr is a terminal.

    None is kept, whatever the class's size; only whose they are and their files.
    """

    def __init__(self, count: int, feedback: _Feedback | None = None) -> None:
        self.count = count
        self.feedback = feedback
        self.shown = sys.stderr.isatty() and not sys.stdout.isatty()
        self.rows = 0
        self.problems = 0
        self.files: dict[str, list[str]] = {}

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each counted, and with a note where its student has another one before it."""
        for row in map(self._with_note, rows):
            self.rows += 1
            self.problems += bool(row.problem)
            if self.feedback is not None:
                self.feedback.write(row)
            if self.shown and (self.rows % 10 == 0 or self.rows == self.count):
                end = "" if self.rows < self.count else "\n"
                print(f"\r{self.rows} of {self.count}", end=end, file=sys.stderr, flush=True)
            yield row

    def _with_note(self, row: Row) -> Row:
        if row.problem or not row.named:
            return row
        files = self.files.setdefault(row.student, [])
        files.append(row.file)
        if len(files) == 1:
            return row
        said = f"of the same student as {safe(files[0], 200)}"
        return replace(row, note=f"{row.note}; {said}" if row.note else said)

    def again(self) -> Iterator[str]:
        """What is said of students with several rows."""
        several = {student: files for student, files in self.files.items() if len(files) > 1}
        for student, files in list(several.items())[:MOST_TOLD]:
            yield f"student {quoted(student)} has {len(files)} rows: {listed(files)}"
        if len(several) > MOST_TOLD:
            yield f"and {counted(len(several) - MOST_TOLD, 'more student')} with several rows"


def as_jsonl(rows: Iterable[Row], questions: Sequence[str]) -> Iterator[str]:
    """One object a line."""
    for row in rows:
        yield _json(row) + "\n"


def as_json(rows: Iterable[Row], questions: Sequence[str]) -> Iterator[str]:
    """One list of objects."""
    start = "["
    for row in rows:
        yield start + _json(row)
        start = ", "
    yield "]\n"


def _json(row: Row) -> str:
    return json.dumps(plain(row.to_dict()), allow_nan=False, sort_keys=True)


def as_csv(rows: Iterable[Row], questions: Sequence[str]) -> Iterator[str]:
    """One row a student, one column a question, then the total; no cell that a spreadsheet would run."""
    yield csv_line(["student", "file", "variant", *questions, "total", "of", "problem", "note"])
    for row in rows:
        points = [f"{row.points[q]:g}" if q in row.points else "" for q in questions]
        texts = [inert(row.student), inert(row.file), inert(row.variant or "")]
        yield csv_line([*texts, *points, f"{row.total:g}", f"{row.of:g}", inert(row.problem), inert(row.note)])


def as_table(rows: Iterable[Row], questions: Sequence[str]) -> Iterator[str]:
    """A table for the terminal; as wide as that if it is one, as far as the questions can be told apart."""
    wide = _column_width(len(questions))
    yield f"{'student':{NAME}} {'total':>9}  {' '.join(f'{q[:wide]:>{wide}}' for q in questions)}\n"
    marked = unmarked = 0
    points = 0.0
    for row in rows:
        name = safe(row.student, NAME)
        if row.problem:
            unmarked += 1
            yield f"{name:{NAME}} {'-':>9}  {safe(row.problem, 120)}\n"
            continue
        marked, points = marked + 1, points + row.total
        cells = " ".join(f"{_sign(row, q)[:wide].rstrip():>{wide}}" for q in questions)
        yield f"{name:{NAME}} {row.total:4g}/{row.of:<4g}  {cells}\n"
        if row.note:
            yield f"    {safe(row.note, 120)}\n"
    left = f", {unmarked} not marked" if unmarked else ""
    yield f"{marked} marked, mean {points / max(marked, 1):.2f}{left}\n"
    yield f"({', '.join(f'{sign} {verdict}' for verdict, sign in SIGNS.items())})\n"


def _column_width(count: int) -> int:
    """Of one question's column: 12, or less where all of them would not fit the terminal."""
    if not sys.stdout.isatty() or not count:
        return WIDEST
    room = shutil.get_terminal_size().columns - NAME - 13
    return max(NARROWEST, min(WIDEST, room // count - 1))


def _sign(row: Row, question: str) -> str:
    mark = row.marks[question]
    return SIGNS[mark.verdict] + (f" {mark.diagnosis.fault[:9]}" if mark.diagnosis else "")


class _Feedback:
    """One text for each student; nothing of one student is shown to another."""

    def __init__(self, folder: Path, title: str, asks: Mapping[str, str]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.title = title
        self.asks = asks
        self.taken: dict[str, int] = {}

    def write(self, row: Row) -> None:
        """The file of one submission; a second one under the same label gets a number."""
        stem = file_stem(row.student)
        name = stem
        while name.casefold() in self.taken:  # some file systems take Ada and ada for one
            self.taken[stem.casefold()] += 1
            name = f"{stem}-{self.taken[stem.casefold()]}"
        self.taken[name.casefold()] = 1
        text = "\n".join(self._lines(row)) + "\n"
        write_atomic(self.folder / f"{name}.txt", text.encode())

    def _lines(self, row: Row) -> Iterator[str]:
        yield safe(self.title, 200)
        yield f"{safe(row.student, 80)} ({safe(row.file, 300)})"
        yield ""
        if row.problem:
            yield f"This submission could not be marked: {safe(row.problem, 400)}"
            return
        yield f"{row.total:g} of {row.of:g} points"
        if row.note:
            yield safe(row.note, 400)
        for question, mark in row.marks.items():
            yield ""
            yield question
            for line in safe(self.asks.get(question, ""), 4000, lines=True).splitlines():
                yield from textwrap.wrap(line, 76, initial_indent="  ", subsequent_indent="  ") or [""]
            yield from (safe(line, 400) for line in mark_lines(mark))


def file_stem(label: str) -> str:
    """A student's label as the name of a file: letters and digits of any script, and nothing else that a system reads.

    At most 120 bytes of UTF-8, and no more marks on a letter than a screen shows.
    """
    text = unicodedata.normalize("NFC", safe(label, 200))
    kept = "".join(c if c in "._-" or unicodedata.category(c)[0] in "LMN" else "_" for c in text)
    cut = kept.lstrip(".-").encode("utf-8")[:LONGEST_STEM].decode("utf-8", "ignore")
    return cut or "student"


WRITERS: dict[str, Callable[[Iterable[Row], Sequence[str]], Iterator[str]]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_jsonl,
}
"""Format → how rows are written in it, as they come."""
