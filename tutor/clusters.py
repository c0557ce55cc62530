"""Wrong answers that no known mistake explains, put together: by ratio to the right value, by function, by text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from engine.errors import EngineError
from engine.numbers import show_number
from tutor.grading import session_of
from tutor.marking import Mark
from tutor.questions import Question
from tutor.text import safe

NEAR = 0.006
"""Ratios this near to one another, relatively, are one: answers come rounded to about three digits."""
LARGEST_DENOMINATOR = 12
LARGEST_PRODUCT = 24
"""3/4 and 1/12 are called by name, 11/8 is not."""
EXAMPLES = 3


@dataclass(frozen=True)
class Wrong:
    """One wrong answer: to which question, by whom, and its mark; `elsewhere` if the lesson's own numbers give it."""

    lesson: str
    question: str
    who: str
    mark: Mark
    elsewhere: bool = False


@dataclass(frozen=True)
class Cluster:
    """Answers that are wrong in the same way. `label` completes "27 students …"; `stub` is a step to paste."""

    lesson: str
    question: str
    label: str
    students: tuple[str, ...]
    examples: tuple[str, ...]
    ratio: float | None
    stub: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.__dict__, "students": list(self.students), "examples": list(self.examples)}


def clusters(wrong: Iterable[Wrong], names: dict[str, str]) -> Iterator[Cluster]:
    """The clusters, the largest first; `names` maps lesson ids to what they are opened by."""
    by_question: dict[tuple[str, str], list[Wrong]] = {}
    for answer in wrong:
        by_question.setdefault((answer.lesson, answer.question), []).append(answer)
    found: list[Cluster] = []
    for (lesson, key), answers in by_question.items():
        session = session_of(names[lesson], None)
        step, question = next((s, q) for s, q in session.questions() if q.id == key)
        signature = _signatures(question, session.context(step))
        found += _of_question(question, answers, signature)
    counts: dict[tuple[str, str], int] = {}
    for cluster in sorted(found, key=lambda c: (-len(c.students), c.lesson, c.question, c.label)):
        where = (cluster.lesson, cluster.question)
        counts[where] = counts.get(where, 0) + 1
        yield cluster if counts[where] == 1 else _numbered(cluster, counts[where])


def _numbered(cluster: Cluster, number: int) -> Cluster:
    """With an id of its own, so that the stubs of several clusters can be pasted into one lesson."""
    return replace(cluster, stub=cluster.stub.replace('-again"', f'-again-{number}"', 1))


def _of_question(question: Question, answers: list[Wrong], signature: Callable[[Wrong], Any]) -> Iterator[Cluster]:
    ratios: list[tuple[float, Wrong]] = []
    alike: dict[Any, list[Wrong]] = {}
    if elsewhere := [answer for answer in answers if answer.elsewhere]:
        yield _cluster(question, elsewhere, "gave the value for the lesson's own numbers, not for theirs", None)
    for answer in answers:
        if answer.elsewhere:
            continue
        ratio = number_ratio(answer.mark) if question.kind == "number" else None
        if ratio is not None:
            ratios.append((ratio, answer))
        else:
            alike.setdefault(signature(answer), []).append(answer)
    for ratio, group in _near(ratios):
        yield _cluster(question, group, f"answered {said_ratio(ratio)}", ratio)
    for group in alike.values():
        yield _cluster(question, group, _said(question, group), None)


def number_ratio(mark: Mark) -> float | None:
    """The answer in units of the right value at the student's own numbers; None where the right value is 0."""
    if mark.witness is None or not isinstance(mark.witness.given, int | float):
        return None
    right = mark.witness.right
    if not isinstance(right, int | float) or right == 0:
        return None
    return float(mark.witness.given / right)


def _near(ratios: list[tuple[float, Wrong]]) -> Iterator[tuple[float, list[Wrong]]]:
    """Groups of neighbouring ratios, each with its middle one."""
    group: list[tuple[float, Wrong]] = []
    for item in sorted(ratios, key=lambda pair: (pair[0], pair[1].who)):
        if group and abs(item[0] - group[0][0]) > 2 * NEAR * abs(item[0]):
            yield group[len(group) // 2][0], [answer for _, answer in group]
            group = []
        group.append(item)
    if group:
        yield group[len(group) // 2][0], [answer for _, answer in group]


def said_ratio(ratio: float) -> str:
    """A ratio in words: "-1/2 of the right value", "3 times the right value", "minus the right value"."""
    nice = Fraction(ratio).limit_denominator(LARGEST_DENOMINATOR) if abs(ratio) < 1e6 else Fraction(0)
    odd = abs(nice.numerator * nice.denominator) > LARGEST_PRODUCT
    if nice == 0 or odd or abs(float(nice) - ratio) > NEAR * abs(ratio):
        return f"{show_number(ratio, 3)} times the right value" if ratio else "0"
    if nice.denominator == 1 and nice != -1:
        return f"{nice} times the right value"
    if nice == -1:
        return "minus the right value"
    return f"{nice} of the right value"


def _signatures(question: Question, context: Any) -> Callable[[Wrong], Any]:
    """What two answers share that are the same answer: for formulas the function, else the text."""
    if question.kind not in ("formula", "array", "derivation"):
        return lambda answer: ("text", answer.mark.read_as or answer.mark.given)

    def signature(answer: Wrong) -> Any:
        try:
            return ("function", _values(question, context, answer.mark.given))
        except EngineError:
            return ("text", answer.mark.read_as or answer.mark.given)

    return signature


def _values(question: Question, context: Any, text: str) -> tuple[str, ...]:
    """The formula at the question's own points, to six digits; the points are the same for every variant."""
    from engine.evaluate import evaluate
    from tutor.marking.reading import read

    context = context.to_numbers()
    points = context.target(question.target).points
    value = evaluate(read(text, context).expr, points).value
    return tuple(f"{float(entry):.6g}" for entry in value.ravel()[:200])


def _said(question: Question, group: list[Wrong]) -> str:
    shortest = min((answer.mark.read_as or answer.mark.given for answer in group), key=lambda text: (len(text), text))
    verb = "chose" if question.kind == "choice" else "answered"
    return f"{verb} {safe(shortest, 120)}"


def _cluster(question: Question, group: list[Wrong], label: str, ratio: float | None) -> Cluster:
    students = tuple(sorted({answer.who for answer in group}))
    examples = tuple(dict.fromkeys(sorted(answer.mark.given for answer in group)))[:EXAMPLES]
    shown = None if ratio is None else float(f"{ratio:.6g}")
    return Cluster(group[0].lesson, question.id, label, students, examples, shown, stub(question, label, len(students)))


def stub(question: Question, label: str, count: int) -> str:
    """A step about the mistake, for the lesson's author to paste and to fill in; it is valid as it stands."""
    who = "1 student" if count == 1 else f"{count} students"
    asked = " ".join(question.ask.split())
    said = f"Somebody {label}. What went wrong? The question was: {asked}"
    return "\n".join(
        [
            *textwrap.wrap(
                safe(f"{who} {label} to {question.id}", 300), 68, initial_indent="# ", subsequent_indent="# "
            ),
            "[[step]]",
            f'id = "{question.id[:60].rstrip("-")}-again"',
            'ask = """',
            *(line.replace("\\", "\\\\").replace('"', '\\"') for line in textwrap.wrap(safe(said, 500), 68)),
            '"""',
            "choice = [",
            '  { text = "the step that goes wrong", right = true, because = "why" },',
            '  { text = "another step", because = "why not" },',
            "]",
        ]
    )
