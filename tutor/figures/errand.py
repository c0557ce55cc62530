"""A process of its own for pictures and answers that take training: one request on stdin, one reply on stdout.

Started by the screen as `python -P -m tutor.figures.errand`, so that nothing heavy is loaded where keys are waited for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from engine.priority import lower_priority

NICE = 10


def main() -> int:
    """One request, one reply; what goes wrong is told in it."""
    lower_priority(NICE)
    reply = replied(json.loads(sys.stdin.readline()))
    sys.stdout.write(json.dumps(reply) + "\n")
    return 0


def replied(request: Mapping[str, Any]) -> dict[str, Any]:
    """The picture of a step, and what its runs decide; `fault` says what went wrong.

    A request has lesson, settings, seed, variant and place (the step, from 0). Raises nothing of its own.
    """
    from engine.errors import EngineError
    from tutor.errors import ProblemsError

    try:
        return _reply(request)
    except (EngineError, ProblemsError, ValueError, KeyError, IndexError, OSError, MemoryError) as error:
        return {"fault": str(error)[:2000]}


def _reply(request: Mapping[str, Any]) -> dict[str, Any]:
    from tutor.figures.figure import to_dict
    from tutor.figures.kinds import figure_or_reason
    from tutor.opening import open_lesson
    from tutor.request import Request
    from tutor.run_questions import is_open

    session = open_lesson(Request.opening(request))
    step = session.steps[int(request["place"])]
    reply: dict[str, Any] = {}
    if step.picture is not None:
        reply["figure"] = to_dict(figure_or_reason(session, step))
    question = session.question(step)
    if question is not None and is_open(step):
        found = session.settled(question, step)
        rights = [choice.right for choice in found.choices]
        reply["settled"] = {"target": found.target, "others": found.others, "rights": rights}
    return reply


if __name__ == "__main__":
    sys.exit(main())
