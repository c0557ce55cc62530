"""The process that marks: reads one request a line on stdin, replies on stdout, ends with its input or when idle.

Started by `marking.client` as `python -P -m tutor.tui.marking.marker`. It marks through the very session that every
other face marks through, and makes the pictures that need NumPy, so that keys wait for neither.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tutor.run_cost import bound_process
from tutor.tui.serving import SURVIVED, fault_words

if TYPE_CHECKING:
    from tutor.session import Session

IDLE = 60
"""Seconds without a request after which it ends; it is started again when it is needed."""
MOST_SESSIONS = 3


class StaleError(Exception):
    """The lesson's file is not what the screen has opened."""


def main() -> int:
    """Serves one app."""
    with suppress(OSError, ValueError):
        bound_process()
    out = os.dup(1)
    os.dup2(2, 1)  # a stray print must not be taken for a reply
    sessions: dict[str, Session] = {}
    while line := awaited():
        reply = replied(json.loads(line), sessions)
        data = json.dumps(reply, separators=(",", ":")).encode() + b"\n"
        try:
            while data:
                data = data[os.write(out, data) :]
        except BrokenPipeError:
            break
    return 0


def awaited() -> bytes:
    """The next line; b"" at the end of the input. The alarm, which nobody catches, ends a process that waits long."""
    signal.alarm(IDLE)
    line = sys.stdin.buffer.readline()
    signal.alarm(0)
    return line


def replied(request: Mapping[str, Any], sessions: dict[str, Session]) -> dict[str, Any]:
    """The reply to one request, with its number; `fault` says what went wrong. Raises nothing of its own."""
    number = {"n": request.get("n")}
    try:
        return {**number, **DOES[str(request["do"])](session_of(request, sessions), request)}
    except (StaleError, *SURVIVED) as error:
        return {**number, "fault": fault_words(error)}


def session_of(request: Mapping[str, Any], sessions: dict[str, Session]) -> Session:
    """The session that a request is about, opened once, with the numbers that were changed.

    Raises StaleError if the lesson's file is another by now, and as `open_lesson`.
    """
    from tutor.opening import open_lesson
    from tutor.request import Request
    from tutor.tui.marking.verdicts import with_numbers

    about = request["about"]
    key = json.dumps(about, sort_keys=True)
    session = sessions.pop(key, None)
    if session is None:
        session = open_lesson(Request.opening(about))
        if session.loaded.sha256 != about["sha256"]:
            raise StaleError("the file of this lesson has changed since it was opened")
    sessions[key] = session
    for old in list(sessions)[:-MOST_SESSIONS]:
        del sessions[old]
    return with_numbers(session, request.get("numbers", {}))


# -- what it does


def get_ready(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """Imports what marks, with the lesson open."""
    import tutor.questions.kinds  # noqa: F401

    return {}


def mark(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """An answer to the question of a step."""
    from tutor.tui.marking.verdicts import decided, said_of

    step = session.steps[int(request["place"])]
    question = session.question(step)
    if question is None:
        raise ValueError("there is no question at this step")
    if request.get("decided"):
        known = {question.id: decided(question, request["decided"])}
        session = replace(session, decided=known)
    return {"mark": said_of(session.marked(str(request["text"]), question, step))}


def predict(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction of a result in a walk."""
    from tutor.predictions import predicted
    from tutor.tui.marking.verdicts import said_of

    at = replace(session.go(int(request["place"])), row=int(request["row"]), cursor=int(request["cursor"]))
    return {"mark": said_of(predicted(at, str(request["text"])))}


def draw(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """A picture of a graph."""
    from tutor.figures.figure import to_dict
    from tutor.figures.kinds import figure_or_reason

    at = replace(session.go(int(request["place"])), row=int(request["row"]))
    return {"figure": to_dict(figure_or_reason(at, at.step))}


def bug(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """The question of a bug step."""
    from tutor.tui.marking.verdicts import said_of_question

    question = session.question(session.steps[int(request["place"])])
    if question is None:
        raise ValueError("there is no question at this step")
    return {"question": said_of_question(question)}


DOES: Mapping[str, Callable[[Session, Mapping[str, Any]], dict[str, Any]]] = {
    "open": get_ready, "mark": mark, "predict": predict, "draw": draw, "bug": bug,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
