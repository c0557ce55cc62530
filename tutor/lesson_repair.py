"""The sound rest of a broken lesson, so that one reading finds every problem and not only the first kind.

What is wrong is taken out or replaced by something harmless, at the same place, so that all positions stay right.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

from tutor.lesson import QUESTION_KINDS, STEP_KINDS
from tutor.lesson_problems import without_names
from tutor.toml_positions import Finding, Path

_HARMLESS: dict[str, Any] = {"format": 1, "id": "lesson", "title": "Lesson", "step": [{"say": ""}]}
_TABLES = frozenset({"graph", "data", "model", "run", "vary"})
_REQUIRED = frozenset({"nodes", "layers", "from"})
_VALUES = frozenset({"given", "weights", "rows"})
_OF_A_RUN = frozenset({"loss", "model", "data", "graph"})
_MEANT = re.compile(r'did you mean "(\w+)"\?')


def repaired(data: dict[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    """A copy of the lesson's data in which nothing is left that a finding is about."""
    unnamed, named = without_names(data)
    sound = copy.deepcopy(dict(named))
    for finding in findings:
        if finding not in unnamed and not _as_meant(sound, finding):
            _mend(sound, finding.path)
    return sound


def _as_meant(data: dict[str, Any], finding: Finding) -> bool:
    """Puts the near word in the place of a misspelt key or option, so that nothing else seems to be missing."""
    meant = _MEANT.fullmatch(finding.cure or "")
    table: Any = data
    for part in finding.path[:-1]:
        inside = part in table if isinstance(table, dict) else isinstance(table, list) and isinstance(part, int)
        table = table[part] if inside else None
    key = finding.path[-1] if finding.path else ""
    if meant is None or not isinstance(table, dict) or key not in table:
        return False
    if isinstance(table[key], str) and not finding.at_key:
        table[key] = meant[1]
    elif finding.at_key and meant[1] not in table:
        items = [(meant[1] if name == key else name, value) for name, value in table.items()]
        table.clear()
        table.update(items)
    else:
        return False
    return True


def _mend(data: dict[str, Any], path: Path) -> None:
    head = path[0] if path else ""
    if head in _TABLES and len(path) > 1 and isinstance(data.get(str(head)), dict):
        _mend_table(data, data[str(head)], path)
    elif head == "step" and len(path) > 1 and isinstance(data.get("step"), list):
        _mend_step(data["step"], path)
    elif head in _HARMLESS:
        data[str(head)] = _HARMLESS[str(head)]
    else:
        data.pop(str(head), None)


def _mend_table(everything: dict[str, Any], tables: dict[str, Any], path: Path) -> None:
    """A table loses the broken field, or goes if it cannot do without; a graph keeps all its names."""
    name, table = path[1], tables.get(str(path[1]))
    if path[0] == "vary" or len(path) < 3 or path[2] in _REQUIRED or not isinstance(table, dict):
        tables.pop(str(name), None)
    elif path[0] == "graph" and path[2] in _VALUES and len(path) > 3:
        _put(table, path[2:], 1.0)
    elif path[0] == "run" and path[2] in _OF_A_RUN and len(path) == 3:
        table[str(path[2])] = _any_of(everything, str(path[2]))
    else:
        table.pop(path[2], None)


def _any_of(everything: dict[str, Any], field: str) -> Any:
    """Something that a run may say there, so that it does not seem to lack it."""
    if field == "loss":
        return "squared_error"
    tables = everything.get("run" if field == "like" else field)
    return next(iter(tables), "") if isinstance(tables, dict) else ""


def _put(data: Any, path: Path, value: Any) -> None:
    """Sets the entry at `path`, or as near above it as there is one; a row of a matrix to its first row."""
    for part in path[:-1]:
        inner = data[part]
        if not isinstance(inner, dict | list):
            data[part] = value
            return
        data = inner
    beside = data[0] if isinstance(data, list) and path[-1] != 0 else None
    data[path[-1]] = copy.deepcopy(beside) if isinstance(beside, list) else value


def _mend_step(steps: list[Any], path: Path) -> None:
    """A step keeps its place; without what it asks or shows it becomes an empty page."""
    i = path[1]
    if not isinstance(i, int):
        return
    essential = len(path) < 3 or path[2] in STEP_KINDS or path[2] in QUESTION_KINDS
    if essential or not isinstance(steps[i], dict):
        steps[i] = {"say": ""}
    else:
        steps[i].pop(path[2], None)
