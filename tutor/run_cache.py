"""A lesson's runs, each trained once in a process: for pictures, and for answers that a run decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.values import to_plain
from tutor.lesson import resolved
from tutor.lesson_part import as_table
from tutor.lesson_run import train
from tutor.run_results import Trained

if TYPE_CHECKING:
    from tutor.lesson_file import LoadedLesson
    from tutor.lesson_graph import LessonGraph
    from tutor.run_files import Progress

MOST_KEPT = 64
_kept: dict[tuple[str, ...], Trained] = {}


def trained_once(
    loaded: LoadedLesson,
    graphs: Mapping[str, LessonGraph],
    name: str,
    progress: Progress = lambda epoch, epochs, loss: None,
) -> Trained:
    """The run to its end; the same file, settings and numbers are not trained again. Raises EngineError."""
    if name not in loaded.lesson.run:
        raise EngineError(f"there is no run {name}")
    key = _key(loaded, graphs, name)
    if key not in _kept:
        while len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = train(loaded.lesson, name, graphs, loaded.path.parent, progress=progress)
    return _kept[key]


def _key(loaded: LoadedLesson, graphs: Mapping[str, LessonGraph], name: str) -> tuple[str, ...]:
    """Everything that a run depends on: its file, its settings, and for a graph's run the graph's numbers."""
    spec = resolved(loaded.lesson, name)
    numbers = ""
    if spec.graph is not None:
        shown = graphs[spec.graph]
        numbers = json.dumps([dict(shown.values), [dict(row) for row in shown.rows]], default=to_plain)
    return str(loaded.path), loaded.sha256, name, json.dumps(as_table(spec), default=str), numbers
