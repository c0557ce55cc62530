"""`tutor report`: the class by misconception, as text for a terminal, Markdown or JSON."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from engine.numbers import counted
from tutor.clusters import Cluster
from tutor.course import find
from tutor.draw.inert import as_code, code_block, in_markdown
from tutor.draw.lesson_text import fitted
from tutor.errors import ExitCode, closest, unknown_format
from tutor.grading import CHUNK, Row, lost_row, mark_one
from tutor.messages import say
from tutor.opening import checked
from tutor.outputs.json_output import plain
from tutor.parallel import in_order, workers_for
from tutor.report import Marked, Misconception, QuestionReport, Report, report
from tutor.submissions import Submission, UnusableError, handed_in, left_out, lessons_in
from tutor.text import quoted, safe

FORMATS = ("text", "json", "markdown")
Answered = tuple[list[Marked], tuple[str, ...]]
"""The rows of one submission, and the lessons that it answers."""
SHOWN_STUDENTS = 8
MOST_TOLD = 10
SHOWN_CLUSTERS = 20


def report_on(names: Sequence[str], lessons: Sequence[str], name: str, jobs: int | None) -> int:
    """Marks every submission and writes the report. 1 if one could not be marked.

    `lessons` are files or ids; lessons of the catalogue need not be named. Raises ProblemsError for a broken lesson
    and where there is no submission.
    """
    if name not in FORMATS:
        raise unknown_format(name, FORMATS)
    named = {checked(find(lesson)).lesson.id: lesson for lesson in lessons}
    submissions = handed_in(names)
    if unknown := left_out(names):
        say(unknown)
    by_submission = list(_marked(submissions, named, jobs))
    if others := [lessons for found, lessons in by_submission if not found]:
        say(_left_out(others, named))
    marked = [row for rows, _ in by_submission for row in rows]
    opened = {found.lesson: named.get(found.lesson, found.lesson) for found in marked}
    found = report(marked, opened)
    for note in _again(found):
        say(note)
    if name == "json":
        print(json.dumps(plain(found.to_dict()), allow_nan=False))
    else:
        lines = text_lines(found) if name == "text" else markdown_lines(found)
        sys.stdout.write("\n".join(lines).rstrip("\n") + "\n")
    return int(ExitCode.failed if found.unmarked else ExitCode.done)


def _marked(submissions: Sequence[Submission], named: dict[str, str], jobs: int | None) -> Iterator[Answered]:
    """The rows of every submission, one a lesson; several processes where it pays."""
    work = [(submission, named) for submission in submissions]
    yield from in_order(_lessons_of, work, workers_for(jobs, len(work) // CHUNK), _lost, CHUNK)


def _lost(work: tuple[Submission, dict[str, str]]) -> Answered:
    return [Marked("", lost_row(("", work[0])))], ()


def _lessons_of(work: tuple[Submission, dict[str, str]]) -> Answered:
    submission, named = work
    try:
        answered = lessons_in(submission)
    except UnusableError as error:
        return [Marked("", Row(submission.shown, submission.label, problem=str(error)))], ()
    wanted = [lesson for lesson in answered if not named or lesson in named]
    return [Marked(lesson, mark_one((named.get(lesson, lesson), submission))) for lesson in wanted], answered


def _left_out(others: Sequence[tuple[str, ...]], named: dict[str, str]) -> str:
    """How many submissions answer other lessons, and which; a mistyped id may be among them."""
    counts = Counter(lesson for lessons in others for lesson in lessons).most_common(3)
    which = ", ".join(f"{quoted(lesson)} ({count})" for lesson, count in counts)
    verb = "it answers" if len(others) == 1 else "they answer"
    said = f"{counted(len(others), 'submission')} left out: {verb} other lessons: {which}"
    near = closest(counts[0][0], named) if counts else None
    return f"{said}; is {quoted(near)} meant?" if near else said


def _again(found: Report) -> Iterator[str]:
    """What is said of students who handed in more than once."""
    for part in found.replaced[:MOST_TOLD]:
        yield f"student {quoted(part.student)} handed in {part.lesson} again: {part.by} counts, {part.file} does not"
    if len(found.replaced) > MOST_TOLD:
        yield f"and {counted(len(found.replaced) - MOST_TOLD, 'more submission')} in whose place another one counts"


# -- text


def text_lines(found: Report) -> Iterator[str]:
    """The report for a terminal of 80 columns."""
    for line in _text(found):
        yield from fitted(line)


def _text(found: Report) -> Iterator[str]:
    yield from _heading(_count(found), "=")
    for file, problem in found.unmarked:
        yield f"  {file}: {problem}"
    for one in found.replaced:
        yield f"  {one.file}: not counted, {one.student} handed in {one.by} after it"
    yield from _heading("By misconception", "-")
    for part in found.misconceptions:
        yield from _misconception_text(part)
    if not found.misconceptions:
        yield "  No known mistake was made."
    yield from _heading("Wrong in the same way, with no known mistake behind it", "-")
    for cluster in found.clusters[:SHOWN_CLUSTERS]:
        yield from _cluster_text(cluster)
    if len(found.clusters) > SHOWN_CLUSTERS:
        yield f"  and {len(found.clusters) - SHOWN_CLUSTERS} more (--format json shows all)"
    if not found.clusters:
        yield "  Nothing."
    yield from _heading("By question", "-")
    yield f"  {'question':34} {'solved':>6} {'tells':>6} {'tries':>5} {'hints':>5} {'time':>6} {'empty':>5}"
    for question in found.questions:
        cells = zip(_cells(question), (6, 6, 5, 5, 6, 5), strict=True)
        yield f"  {f'{question.lesson}/{question.question}'[:34]:34} " + " ".join(f"{c:>{n}}" for c, n in cells)
    yield "  (tells: correlation of its points with those of the other questions;"
    yield "  tries, hints, time: from exported work, time is the median)"
    yield from _heading("By student", "-")
    for student in found.students:
        faults = ", ".join(_times(fault, count) for fault, count in student.faults)
        yield f"  {safe(student.student, 30):30} {student.points:5g} of {student.of:<5g} {faults}".rstrip()


def _count(found: Report) -> str:
    unmarked = f", {len(found.unmarked)} not marked" if found.unmarked else ""
    replaced = f", {len(found.replaced)} not counted" if found.replaced else ""
    return f"{counted(found.marked, 'submission')}{unmarked}{replaced}"


def _heading(text: str, line: str) -> tuple[str, ...]:
    return ("", text, line * len(text))[0 if line == "-" else 1 :]


def _misconception_text(part: Misconception) -> Iterator[str]:
    yield f"  {part.fault}: {counted(len(part.students), 'student')}, {counted(part.answers, 'answer')}"
    yield from _filled("at ", (f"{lesson}/{question} ({n})" for lesson, question, n in part.places))
    yield from _filled("by ", _some(part.students))
    for example in part.examples:
        yield f"    such as {example}"


def _cluster_text(cluster: Cluster) -> Iterator[str]:
    yield f"  {counted(len(cluster.students), 'student')} {cluster.label}: {cluster.lesson}/{cluster.question}"
    yield from _filled("by ", _some(cluster.students))
    yield f"    such as {'; '.join(cluster.examples)}"
    if len(cluster.students) > 1:
        yield "    a step to paste into the lesson:"
        yield from (f"      {line}" for line in cluster.stub.splitlines())


def _filled(start: str, words: Iterable[str]) -> list[str]:
    text = start + ", ".join(words)
    return textwrap.wrap(text, 78, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def _some(students: Sequence[str]) -> list[str]:
    rest = len(students) - SHOWN_STUDENTS
    return [*students[:SHOWN_STUDENTS], *([f"and {rest} more"] if rest > 0 else [])]


def _times(fault: str, count: int) -> str:
    return fault if count == 1 else f"{fault} ({count}×)"


def _cells(question: QuestionReport) -> list[str]:
    """Solved, discrimination, tries, hints, time, left empty."""
    numbers = [question.discrimination, question.tries, question.hints]
    shown = ["-" if number is None else f"{number:.2g}" for number in numbers]
    return [f"{question.solved:.0%}", *shown, _minutes(question.seconds), str(question.missing)]


def _minutes(seconds: float | None) -> str:
    """m:ss"""
    return "-" if seconds is None else f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


# -- Markdown


def markdown_lines(found: Report) -> Iterator[str]:
    """The report as Markdown; what students and lessons say is shown as it is."""
    yield f"# {_count(found)}"
    yield ""
    yield from (f"- {as_code(file)}: {in_markdown(problem)}" for file, problem in found.unmarked)
    for part in found.replaced:
        after = f"{in_markdown(part.student)} handed in {as_code(part.by)} after it"
        yield f"- {as_code(part.file)}: not counted, {after}"
    yield from ("", "## By misconception", "")
    yield from _table(
        ("fault", "students", "answers", "where", "by", "such as"), map(_misconception_row, found.misconceptions)
    )
    yield from ("", "## Wrong in the same way, with no known mistake behind it", "")
    for cluster in found.clusters[:SHOWN_CLUSTERS]:
        where = as_code(f"{cluster.lesson}/{cluster.question}")
        yield f"- {counted(len(cluster.students), 'student')} {in_markdown(cluster.label)}: {where}"
        if len(cluster.students) > 1:
            yield from ("", textwrap.indent(code_block(cluster.stub, "toml"), "  "), "")
    yield from ("", "## By question", "")
    columns = ("question", "solved", "tells", "tries", "hints", "time", "left empty", "most frequent fault")
    yield from _table(columns, map(_question_row, found.questions))
    yield from ("", "## By student", "")
    students = (
        [in_markdown(s.student), f"{s.points:g} of {s.of:g}", ", ".join(_times(f, n) for f, n in s.faults)]
        for s in found.students
    )
    yield from _table(("student", "points", "faults"), students)


def _misconception_row(part: Misconception) -> list[str]:
    where = ", ".join(f"{in_markdown(f'{lesson}/{question}')} ({n})" for lesson, question, n in part.places)
    by = ", ".join(in_markdown(name, 60) for name in _some(part.students))
    examples = "; ".join(in_markdown(example, 120) for example in part.examples)
    return [part.fault, str(len(part.students)), str(part.answers), where, by, examples]


def _question_row(question: QuestionReport) -> list[str]:
    worst = ", ".join(_times(fault, count) for fault, count in question.faults[:2])
    return [in_markdown(f"{question.lesson}/{question.question}"), *_cells(question), worst]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"| {' | '.join('---' for _ in titles)} |"
    yield from (f"| {' | '.join(row)} |" for row in rows)
