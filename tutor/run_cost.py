"""What a run costs, worked out before anything of it is begun: a lesson takes no more than this without consent."""

from __future__ import annotations

import os

from engine.errors import EngineError

CONSENT = "TUTOR_LARGE"
MOST_BYTES = 1 << 30
MOST_WORK = 3e13
"""Multiplications and additions: about ten minutes to a few hours of one core."""
MOST_CPU_SECONDS = 4 * 3600
MOST_DATA = 4 << 30
"""Bytes that a training process may hold, whatever was worked out before."""

BYTES_OF_A_PARAMETER = 64
"""The weight, its gradient, two moments of the optimizer, the best so far, and copies on the way."""
BYTES_OF_AN_EPOCH = 160
WORK_OF_A_PARAMETER = 6
"""Forward, backward and update, for one row."""


def consented() -> bool:
    """Whether the learner allowed what is large."""
    return os.environ.get(CONSENT, "") not in ("", "0")


def refuse_large(name: str, parameters: int, rows: int, width: int, epochs: int) -> None:
    """Raises EngineError for a run that needs more memory or time than a lesson may take unasked.

    `rows` of `width` numbers each are learned from; nothing is allocated here.
    """
    size = parameters * BYTES_OF_A_PARAMETER + 2 * rows * width * 8 + epochs * BYTES_OF_AN_EPOCH
    work = WORK_OF_A_PARAMETER * float(parameters) * rows * epochs
    if consented() or (size <= MOST_BYTES and work <= MOST_WORK):
        return
    if size > MOST_BYTES:
        needs = f"about {size / (1 << 30):.1f} GB of memory (a lesson may take {MOST_BYTES >> 30})"
    else:
        needs = f"about {work:.0e} operations (a lesson may take {MOST_WORK:.0e}), which is hours"
    raise EngineError(f"run {name} needs {needs}; to allow it: {CONSENT}=1 tutor …")


def bound_process() -> None:
    """Limits of the operating system for a process that trains, as what was worked out might be wrong."""
    import resource

    if consented():
        return
    for what, limit in ((resource.RLIMIT_DATA, MOST_DATA), (resource.RLIMIT_CPU, MOST_CPU_SECONDS)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
