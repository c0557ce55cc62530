"""Points of a sweep whose small runs go side by side, one in each lane of a vector, inside one kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from tutor.lesson import resolved
from tutor.lesson_run import start_run, trained_names
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.run_results import finished

AT_ONCE = 64


def side_by_side(requests: Sequence[Request]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The results by number of all requests whose every run fits into a lane beside another request's.

    A result maps the names of runs to `Trained`. Raises EngineError or ProblemsError for a request that does not fit.
    """
    for first in range(0, len(requests), AT_ONCE):
        yield from _together(first, requests[first : first + AT_ONCE])


def _together(first: int, requests: Sequence[Request]) -> Iterator[tuple[int, dict[str, Any]]]:
    from engine.training import Run
    from engine.training_together import run_together, share_lanes

    shared: dict[str, Any] = {}
    sessions = [open_lesson(request) for request in requests]
    names = trained_names(sessions[0].loaded.lesson)
    runs: list[dict[str, Any]] = []
    for session in sessions:
        loaded = session.loaded
        runs.append(
            {name: start_run(loaded.lesson, name, session.graphs, loaded.path.parent, shared=shared) for name in names}
        )
    every = [run for found in runs for run in found.values()]
    if not every or not all(isinstance(run, Run) for run in every):
        return
    if any(len(group) < 2 for group in share_lanes(every)):
        return
    started = time.perf_counter()
    run_together(every)
    seconds = (time.perf_counter() - started) / len(requests)
    for i, (session, found) in enumerate(zip(sessions, runs, strict=True)):
        lesson = session.loaded.lesson
        yield first + i, {name: finished(resolved(lesson, name), name, run, seconds) for name, run in found.items()}
