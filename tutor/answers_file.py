"""The answers file: a lesson's id, a label, and an answer to each question, as text or in TOML's own values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutor.errors import Problem, ProblemsError, closest, did_you_mean, wrong
from tutor.files import read_text_file
from tutor.session import Session
from tutor.text import quoted
from tutor.toml_limits import parse_as_written
from tutor.toml_positions import Path as Place
from tutor.toml_positions import Places

if TYPE_CHECKING:
    from tutor.questions import Question

LIMIT = 256 * 1024
MOST = 2000
MOST_ENTRIES = 200
LONGEST_ENTRY = 2000
LONGEST_NUMBER = 400
KEYS = ("lesson", "student", "variant", "answers")
Given = str | list[Any]
"""An answer as it was handed in: a text, or texts in lists (in lists)."""


@dataclass(frozen=True)
class Answers:
    """What a student handed in."""

    lesson: str
    answers: Mapping[str, Given]
    student: str | None = None
    variant: str | None = None

    def to(self, question: Question) -> str:
        """The answer to a question as it would have been typed; "" where there is none."""
        given = self.answers.get(question.id, "")
        return given if isinstance(given, str) else _TYPED.get(question.kind, _named)(given)


def read_answers(path: str) -> Answers:
    """Reads and checks an answers file. Raises ProblemsError that names what is wrong."""
    return answers_in(read_text_file(Path(path), LIMIT), path)


def answers_in(text: str, path: str) -> Answers:
    """The answers in the text of a file; numbers are taken as they are written. Raises ProblemsError with the place."""
    return answers_of(parse_as_written(text, path), path, Places(text.encode("utf-8")))


def answers_of(data: dict[str, Any], path: str, places: Places | None = None) -> Answers:
    """The answers in a parsed file. Raises ProblemsError for what is not one."""

    def refused(key: Place, what: str, cure: str | None = None, at_key: bool = False) -> ProblemsError:
        if places is None or not key:
            return wrong(path, what, cure)
        line, column = places.key(key) if at_key else places.value(key)
        return ProblemsError([Problem(path, line, column, what, cure)])

    for key in data:
        if key not in KEYS:
            raise refused((key,), f"unknown key {quoted(key)}", _no_heading(key, data), at_key=True)
    for key in ("lesson", "student", "variant"):
        if key in data and not isinstance(data[key], str):
            raise refused((key,), f"{key} is a text in quotes")
    if "lesson" not in data:
        raise refused((), "it does not say which lesson it answers", 'lesson = "…" is wanted')
    answers = data.get("answers", {})
    if not isinstance(answers, dict) or len(answers) > MOST:
        raise refused(("answers",), "[answers] is a table of texts")
    for key, value in answers.items():
        if not _is_answer(value):
            cure = "in lists stand numbers and texts" if isinstance(value, list) else None
            raise refused(("answers", key), f"the answer to {key} is a text in quotes", cure)
    found = {key: value if isinstance(value, str) else _given(value) for key, value in answers.items()}
    return Answers(data["lesson"], found, data.get("student"), data.get("variant"))


def _no_heading(key: str, data: Mapping[str, Any]) -> str:
    """What to do about a key that stands above the answers."""
    if near := closest(key, KEYS):
        return f"did you mean {quoted(near)}?"
    heading = "stand below the line [answers]" if "answers" in data else "need a line [answers] above them"
    return f"answers {heading}"


def _is_answer(value: object, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 3 and all(_is_answer(entry, depth + 1) for entry in value[:MOST_ENTRIES])
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _given(value: Any) -> Given:
    if isinstance(value, list):
        return [_given(entry) for entry in value[:MOST_ENTRIES]]
    return value[:LONGEST_ENTRY] if isinstance(value, str) else str(value)[:LONGEST_NUMBER]


# -- lists as they would have been typed


def _parts(given: list[Any]) -> list[str]:
    return [_entries(part) if isinstance(part, list) else part for part in given]


def _entries(given: list[Any]) -> str:
    return f"[{', '.join(_parts(given))}]"


def _lines(given: list[Any]) -> str:
    return "\n".join(_parts(given))


def _named(given: list[Any]) -> str:
    """Names, options or numbers one after the other; lines of an equation."""
    return _lines(given) if any("=" in part for part in _parts(given)) else ", ".join(_parts(given))


def _array(given: list[Any]) -> str:
    """A list's entries; a list around one text is that text."""
    return given[0] if len(given) == 1 and isinstance(given[0], str) and "[" in given[0] else _entries(given)


def _formula(given: list[Any]) -> str:
    """A formula in a list of its own, lines of an equation, or the entries of an array."""
    if any("=" in part for part in _parts(given)):
        return _lines(given)
    return given[0] if len(given) == 1 and isinstance(given[0], str) else _entries(given)


_TYPED: dict[str, Callable[[list[Any]], str]] = {
    "array": _array,
    "formula": _formula,
    "derivation": _lines,
    "essay": _lines,
}
"""Kind of question → how a list is meant; the others take names."""


def answered(session: Session, handed: Answers, path: str) -> Session:
    """The session with every question answered from a file; questions left out are missing.

    Raises ProblemsError for another lesson's answers and for an answer to no question.
    """
    if handed.lesson != session.loaded.lesson.id:
        raise wrong(path, f"these are answers to {quoted(handed.lesson)}, not to {quoted(session.loaded.lesson.id)}")
    questions = session.questions()
    known = [question.id for _, question in questions]
    for key in handed.answers:
        if key not in known:
            raise wrong(path, f"the lesson has no question {quoted(key)}", did_you_mean(key, known))
    for step, question in questions:
        session = session.answer(handed.to(question), step)
    return session
