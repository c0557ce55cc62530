"""What a learner does, followed from session to session and written to the journal beside the screen."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.compaction import compact
from tutor.journal import Journal, Record
from tutor.messages import log_fault, state_folder
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
        self._error: Exception | None = None
        self._since: float | None = None
        self._before: dict[tuple[str, str | None], Session] = {}
        self._queue: queue.SimpleQueue[tuple[str, Record] | None] = queue.SimpleQueue()
        self._waiting: list[tuple[str, Record]] = []  # what the journal could not take
        self._is_told, self._has_ended = False, False  # to end
        self._thread = threading.Thread(target=self._work, daemon=True, name="journal")
        self._thread.start()

    @property
    def saved(self) -> bool:
        """Whether everything is on disk, or on its way for less than a second."""
        return self._saved and not self.hangs and not self._is_gone

    @property
    def hangs(self) -> bool:
        """Whether the disk has not answered for a second, as a file server that is gone."""
        since = self._since
        return since is not None and time.monotonic() - since > HANGING

    @property
    def _is_gone(self) -> bool:
        """Whether the thread that writes ended before it was told to."""
        return not self._thread.is_alive() and not self._has_ended

    @property
    def trouble(self) -> str:
        """Why something is not on disk yet; "" if everything is."""
        if self.saved:
            return ""
        if self._is_gone:
            return "what saves has ended"
        error = self._error or self.journal.error
        return "the disk does not answer" if self.hangs or error is None else _why(error)

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
        if not self._is_told:
            self._is_told = True
            self._queue.put(None)
        self._thread.join(wait)
        return not self._thread.is_alive() and self._saved and self._queue.empty()

    def _work(self) -> None:
        tidied = False
        while not self._has_ended:
            try:
                item = self._queue.get(timeout=AGAIN if not self._saved else None if tidied else QUIET)
            except queue.Empty:
                if self._saved:
                    tidied = True
                    self._tidy()
                else:
                    self._timed(self._write)
                continue
            if item is None:
                self._timed(self._finish)
                self._has_ended = True
            else:
                self._waiting.append(item)
                self._timed(self._write)

    def _tidy(self) -> None:
        """Everything is on the disk already: what goes wrong here loses nothing."""
        try:
            compact(self.journal.path)
        except Exception:
            log_fault()

    def _write(self) -> bool:
        """Gives the journal what waits for it; one that it cannot take stays, and holds up no other."""
        saved = self._waiting == [] and self.journal.flush()
        self._error = None
        for item in list(self._waiting):
            kind, fields = item
            try:
                saved = self.journal.put(kind, **fields)
            except Exception as error:
                self._error = error
            else:
                self._waiting.remove(item)
        return saved and self._waiting == []

    def _finish(self) -> bool:
        self._write()
        return self.journal.close() and self._waiting == []

    def _timed(self, write: Callable[[], bool]) -> None:
        """Notes whether `write` saved everything; meanwhile `hangs` knows since when it tries."""
        self._since = time.monotonic()
        try:
            saved = write()
        except Exception as error:  # the thread goes on: what comes now is to be saved too
            saved, self._error = False, error
        finally:
            self._since = None
        if saved != self._saved:
            self._saved = saved
            with suppress(Exception):
                _log_saving(None if saved else self._error or self.journal.error)
            with suppress(Exception):  # the screen may have ended meanwhile
                self.turned()


def _which(session: Session) -> tuple[str, str | None]:
    """Lessons are followed each for itself: coming back to one writes nothing of it again."""
    return session.loaded.lesson.id, session.variant


def _why(error: Exception) -> str:
    """What hinders saving; of a fault only its kind, as its message may hold what was typed."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "the memory is full" if isinstance(error, MemoryError) else f"a fault ({type(error).__name__})"


def _log_saving(error: Exception | None) -> None:
    """That saving began to fail, or that it works again."""
    from tutor.log import crash, logger

    folder = state_folder()
    if error is None:
        logger(folder).info("what was done is saved again")
        return
    logger(folder).warning("not saved yet: %s", _why(error))
    if not isinstance(error, OSError):
        crash(folder, error)


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
