"""The engine's own answer to a question, and answers that must be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tutor.lesson import Step
from tutor.questions import Question
from tutor.session import Session

WRONG = "123456.789"
"""A number, and a formula, that no lesson asks for."""


def own_answer(session: Session, step: Step, question: Question) -> str | None:
    """What the engine would answer; None where only a person can. Runs that decide it are trained."""
    question = session.settled(question, step)
    if question.kind == "result":
        return repr(float(question.target))
    if question.kind == "choice":
        return ", ".join(str(i + 1) for i, choice in enumerate(question.choices) if choice.right)
    shown = session.graph_of(step)
    if question.kind == "bug":
        return question.target
    if question.kind == "order" and shown is not None:
        names = [node.spelling for node in shown.graph.nodes.values()]
        return ", ".join(reversed(names) if question.target == "backward" else names)
    if question.kind not in ("number", "array") or shown is None:
        return None
    target = session.context(step).to_numbers().target(question.target)
    found = target.value_at(target.home)
    return _written(found.value[0, 0].reshape(found.shape).tolist())


def _written(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_written(entry) for entry in value) + "]"
    return repr(float(value))  # type: ignore[arg-type]


def wrong_answers(question: Question, own: str | None) -> Iterator[str]:
    """Answers that are clearly wrong, whatever the lesson's numbers are."""
    found = _WRONG.get(question.kind)
    if found is not None:
        yield from found(question, own or "")


def _other_options(question: Question, own: str) -> Iterator[str]:
    """Each wrong option, and every option together."""
    yield from (str(i + 1) for i, option in enumerate(question.choices) if not option.right)
    if not all(option.right for option in question.choices):
        yield ", ".join(str(i + 1) for i in range(len(question.choices)))


def _other_way(question: Question, own: str) -> Iterator[str]:
    """The order the other way round, where there is more than one node."""
    names = own.split(", ")
    if len(names) > 1:
        yield ", ".join(reversed(names))


def _number(question: Question, own: str) -> Iterator[str]:
    yield WRONG


_WRONG: dict[str, Callable[[Question, str], Iterator[str]]] = {
    "choice": _other_options,
    "order": _other_way,
    "number": _number,
    "result": _number,
    "formula": _number,
    "array": _number,
    "derivation": _number,
}
"""Kind → answers that are wrong."""
