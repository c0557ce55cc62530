"""The commands of plain mode: which one a line means, however it is spelled, unless it can be an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from string import ascii_lowercase
from typing import TYPE_CHECKING

from engine.names import normalise
from engine.numbers import counted

if TYPE_CHECKING:
    from tutor.questions import Question
    from tutor.session import Session

HELP = (
    "Enter: next step. back: one step back. hint: a hint. skip: leave a question open.",
    "values: all formulas, values and gradients so far. set NAME=NUMBER: change a value; undo takes it back.",
    "row: the next row of data, where there are several. row N: row N.",
    "where: the place in the lesson. score: points so far. quit: leave. Anything else answers a question.",
)
COMMANDS = ("next", "back", "skip", "hint", "help", "values", "where", "score", "undo", "row", "quit")
SHORT = {"": "next", "?": "help"}
LEAST = 3
"""Letters below which a word is like too many others."""
NEAR = 0.74
"""How like a command a word must be to be asked about: about one letter of it is wrong, missing or too many."""


def command_of(line: str, session: Session) -> str | None:
    """The command that a line is, also in the plural or with a sign at its end; None where it is none."""
    typed = line.lower()
    if typed in COMMANDS or typed in SHORT:
        return SHORT.get(typed, typed)
    word = _word(line, session)
    return next((name for name in (word, word.removesuffix("s")) if name in COMMANDS), None)


def near_command(line: str, session: Session) -> str | None:
    """The command that was probably meant; None where the line may be an answer."""
    question, word = session.question(), _word(line, session)
    if question is None or question.kind == "essay" or len(word) < LEAST:
        return None
    return next(iter(get_close_matches(word, COMMANDS, 1, NEAR)), None)


def _word(line: str, session: Session) -> str:
    """The line as one word; "" where it is none, or one that the lesson knows."""
    word = line.strip().lower().rstrip(".!?:")
    if not re.fullmatch("[a-z]+", word):
        return ""
    question, shown = session.question(), session.graph
    options = question.options if question is not None else ()
    names = set(shown.graph.names) if shown is not None else set()
    letters = {*names, *ascii_lowercase[: len(options)]}  # of a product such as wx, of several options such as ac
    is_known = normalise(word) in {*names, *map(normalise, options)} or set(word) <= letters
    return "" if is_known else word


def place(session: Session) -> list[str]:
    """Where the learner is."""
    inside = f", {session.cursor} of {len(session.walk_steps())} in this walk" if session.step.walk else ""
    return [f"Step {session.place + 1} of {len(session.steps)}{inside}."]


def score(session: Session) -> list[str]:
    """The points so far."""
    return [f"{session.points:g} of {session.possible_points:g} points"]


TOLD: Mapping[str, Callable[[Session], list[str]]] = {"help": lambda _: list(HELP), "where": place, "score": score}
"""Commands that only say something."""


def answer_wanted(question: Question) -> str:
    """Asks for an answer, and says whether there are hints."""
    asked = "Your answer?" if question.kind != "derivation" else "Your answer, line by line?"
    return f"{asked} {counted(len(question.hints), 'hint')}: type hint." if question.hints else asked
