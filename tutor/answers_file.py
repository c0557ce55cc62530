"""The answers file: a lesson's id, a label, and one text for each question."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.errors import did_you_mean, wrong
from tutor.files import read_text_file
from tutor.session import Session
from tutor.text import quoted
from tutor.toml_limits import parse

LIMIT = 256 * 1024
MOST = 2000


@dataclass(frozen=True)
class Answers:
    """What a student handed in."""

    lesson: str
    answers: dict[str, str]
    student: str | None = None
    variant: str | None = None


def read_answers(path: str) -> Answers:
    """Reads and checks an answers file. Raises ProblemsError that names what is wrong."""
    return answers_of(parse(read_text_file(Path(path), LIMIT), path), path)


def answers_of(data: dict[str, Any], path: str) -> Answers:
    """The answers in a parsed file. Raises ProblemsError for what is not one."""
    for key in data:
        if key not in ("lesson", "student", "variant", "answers"):
            keys = ("lesson", "student", "variant", "answers")
            raise wrong(path, f"unknown key {quoted(key)}", did_you_mean(key, keys))
    for key in ("lesson", "student", "variant"):
        if key in data and not isinstance(data[key], str):
            raise wrong(path, f"{key} is a text in quotes")
    if "lesson" not in data:
        raise wrong(path, "it does not say which lesson it answers", 'lesson = "…" is wanted')
    answers = data.get("answers", {})
    if not isinstance(answers, dict) or len(answers) > MOST:
        raise wrong(path, "[answers] is a table of texts")
    return Answers(data["lesson"], _texts(path, answers), data.get("student"), data.get("variant"))


def _texts(path: str, answers: dict[str, object]) -> dict[str, str]:
    """Each answer as a text; bare numbers are taken as they are written, lists as lines or names."""
    found: dict[str, str] = {}
    for key, value in answers.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float | list):
            raise wrong(path, f"the answer to {key} is a text in quotes")
        if isinstance(value, list):
            joint = "\n" if any("=" in str(v) for v in value) else ", "
            found[key] = joint.join(str(v)[:2000] for v in value[:200])
        else:
            found[key] = value if isinstance(value, str) else str(value)[:400]
    return found


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
        session = session.answer(handed.answers.get(question.id, ""), step)
    return session
