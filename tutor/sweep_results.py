"""What points of earlier sweeps came to, kept in the state folder and found again by everything they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.atomic import make_private
from engine.errors import EngineError
from tutor.files import write_atomic
from tutor.lesson import Lesson
from tutor.lesson_run import load_data, start_digest
from tutor.messages import state_folder
from tutor.versions import program_version

Settings = tuple[tuple[str, str], ...]
Result = dict[str, Any]
"""Each run's name → its settings, history, best epoch and end, as plain data."""


@dataclass(frozen=True)
class KeptResults:
    """The results of one lesson's points; `about` is what all of them depend on besides their settings."""

    about: str

    def get(self, settings: Settings) -> Result | None:
        """What was kept of a point; None where there is nothing, or nothing whole."""
        try:
            found = json.loads(self._path(settings).read_text(encoding="ascii"))
        except (OSError, ValueError, RecursionError):
            return None
        return found if _is_result(found) else None

    def put(self, settings: Settings, result: Result) -> None:
        """Keeps a point's result; a full disk costs the resuming, not the sweep."""
        try:
            path = self._path(settings)
            make_private(path.parent)
            write_atomic(path, json.dumps(result).encode())
        except OSError:
            return

    def _path(self, settings: Settings) -> Path:
        key = hashlib.sha256(json.dumps([self.about, settings]).encode()).hexdigest()[:40]
        return state_folder() / "sweeps" / f"{key}.json"


def kept_results(lesson: Lesson, sha256: str, folder: Path, settings: Iterable[str]) -> KeptResults:
    """The results of a lesson with this text, these data and weights beside it, and this version of the program."""
    starts = {str(run.start) for run in lesson.run.values() if run.start}
    starts |= {str(model.init) for model in lesson.model.values() if str(model.init).endswith(".npz")}
    starts |= {text.strip("\"' ") for text in settings if text.strip("\"' ").endswith(".npz")}
    read = [(name, _digest(lambda name=name: load_data(lesson, name, folder).digest)) for name in sorted(lesson.data)]
    read += [(path, _digest(lambda path=path: start_digest(folder, path))) for path in sorted(starts)]
    return KeptResults(json.dumps([program_version(), sha256, read]))


def _digest(read: Any) -> str:
    """What cannot be read is told by the run that needs it."""
    try:
        return str(read())
    except EngineError as error:
        return error.message


def _is_result(found: Any) -> bool:
    return isinstance(found, dict) and all(
        isinstance(run, dict)
        and isinstance(run.get("history"), dict)
        and isinstance(run["history"].get("epoch", []), list)
        and isinstance(run.get("final"), dict)
        and isinstance(run.get("diverged"), bool)
        and isinstance(run.get("best"), dict | None)
        for run in found.values()
    )
