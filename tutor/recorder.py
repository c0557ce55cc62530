"""What a learner does, followed from session to session and written to the journal beside the screen."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.compaction import compact
from tutor.journal import Journal, Record
from tutor.messages import state_folder
from tutor.unsent import SANDBOX, Unsent

if TYPE_CHECKING:
    from tutor.session import Session

AGAIN = 1.0
"""Seconds after which what could not be written is tried again."""
HANGING = 1.0
"""Seconds after which a disk that does not answer is said to hang."""
QUIET = 20.0
"""Seconds without anything to write after which old journals are put together."""


class Recorder:
    """Writes what changes from session to session, on a thread of its own, so that no disk ever holds up a key.

    `turned` is called on that thread when saving begins to fail, and when it works again.
    """

    def __init__(self, path: Path, clock: Callable[[], float], turned: Callable[[], object] = lambda: None) -> None:
        self.journal = Journal(path)
        self.clock = clock
        self.turned = turned
        self._saved = True
        self._since: float | None = None
        self._before: dict[tuple[str, str | None], Session] = {}
        self._queue: queue.SimpleQueue[tuple[str, Record] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True, name="journal")
        self._thread.start()

    @property
    def saved(self) -> bool:
        """Whether everything is on disk, or on its way for less than a second."""
        return self._saved and not self.hangs

    @property
    def hangs(self) -> bool:
        """Whether the disk has not answered for a second, as a file server that is gone."""
        since = self._since
        return since is not None and time.monotonic() - since > HANGING

    @property
    def trouble(self) -> str:
        """Why something is not on disk yet; "" if everything is."""
        if self.saved:
            return ""
        error = self.journal.error
        return "the disk does not answer" if self.hangs or error is None else error.strerror or str(error)

    def follow(self, session: Session) -> None:
        """Records the answers, hints and the place that are new in `session`."""
        for kind, fields in changes(self._before.get(_which(session)), session):
            self._put(kind, session, fields)
        self._before[_which(session)] = session

    def note(self, session: Session, question: str, unsent: Unsent) -> None:
        """Records what there is of an answer that is not sent, or not marked yet."""
        self._put("draft", session, {"question": question, **unsent.record()})

    def note_sandbox(self, unsent: Unsent) -> None:
        """Records what is typed in the sandbox."""
        self._queue.put(("draft", {"question": SANDBOX, **unsent.record(), "time": self.clock()}))

    def _put(self, kind: str, session: Session, fields: Record) -> None:
        lesson = session.loaded.lesson
        about = {"lesson": lesson.id, "sha256": session.loaded.sha256, "variant": session.variant}
        self._queue.put((kind, {**about, **fields, "time": self.clock()}))

    def adopt(self, session: Session) -> None:
        """Goes on from a session that the journals hold already: nothing of it is written again."""
        self._before[_which(session)] = session

    def close(self, wait: float = 2.0) -> bool:
        """Writes what is left; whether everything is on disk."""
        self._queue.put(None)
        self._thread.join(wait)
        return not self._thread.is_alive() and self._saved

    def _work(self) -> None:
        tidied = False
        while True:
            try:
                item = self._queue.get(timeout=AGAIN if not self._saved else None if tidied else QUIET)
            except queue.Empty:
                if self._saved:
                    tidied = True
                    compact(self.journal.path)
                else:
                    self._saved = self._timed(self.journal.flush)
                continue
            if item is None:
                self._saved = self._timed(self.journal.close)
                return
            kind, fields = item
            self._saved = self._timed(partial(self.journal.put, kind, **fields))

    def _timed(self, write: Callable[[], bool]) -> bool:
        """Whether `write` saved everything; meanwhile `hangs` knows since when it tries."""
        self._since = time.monotonic()
        try:
            saved = write()
        finally:
            self._since = None
        if saved != self._saved:
            self._saved = saved
            _log_saving(self.journal.error)
            self.turned()
        return saved


def _which(session: Session) -> tuple[str, str | None]:
    """Lessons are followed each for itself: coming back to one writes nothing of it again."""
    return session.loaded.lesson.id, session.variant


def _log_saving(error: OSError | None) -> None:
    """That saving began to fail, or that it works again."""
    from tutor.log import logger

    log = logger(state_folder())
    if error is None:
        log.info("what was done is saved again")
    else:
        log.warning("not saved yet: %s", error.strerror or error)


def changes(before: Session | None, after: Session) -> Iterator[tuple[str, Record]]:
    """What happened between two states of a lesson, as records."""
    if before is None or before.loaded.lesson.id != after.loaded.lesson.id:
        yield "start", {}
        before = None
    for question, tried in after.attempts.items():
        known = len(before.attempts.get(question, ())) if before is not None else 0
        for attempt in tried[known:]:
            mark = attempt.mark
            fault = mark.diagnosis.fault if mark.diagnosis is not None else None
            yield (
                "answer",
                {
                    "question": question,
                    "text": attempt.answer[:4000],
                    "verdict": mark.verdict,
                    "points": mark.points,
                    "of": mark.of,
                    "fault": fault,
                    "hints": after.hints.get(question, 0),
                },
            )
    for question, shown in after.hints.items():
        if before is None or before.hints.get(question, 0) != shown:
            yield "hint", {"question": question, "shown": shown}
    at = (0, 0) if before is None else (before.place, before.cursor)
    if (after.place, after.cursor) != at:  # a lesson that is only opened keeps the place of the time before
        last = after.place + 1 == len(after.steps)
        yield "place", {"place": after.place, "cursor": after.cursor, "last": last, "of": after.possible_points}
