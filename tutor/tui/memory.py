"""What the app remembers of the learner: the journal it writes, and what earlier sessions left in theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.recorder import Recorder
    from tutor.session import Session
    from tutor.tui.rows.draft import Draft
    from tutor.unsent import Unsent


class Memory:
    """Writes every change of a session on a thread of its own; reads only when asked, off the screen's thread."""

    def __init__(self, turned: Callable[[], object] = lambda: None) -> None:
        self._recorder: Recorder | None = None
        self._sandbox: Unsent | None = None
        self._turned = turned  # called on a thread of its own when saving begins to fail, and when it works again

    def follow(self, session: Session) -> None:
        """Keeps what is new in this session."""
        self._writer().follow(session)

    def adopt(self, session: Session) -> None:
        """Goes on from an earlier session, of which everything is kept already."""
        self._writer().adopt(session)

    def note(self, session: Session, question: str, draft: Draft) -> None:
        """Keeps what is typed or picked of an answer and not sent, or not marked yet."""
        self._writer().note(session, question, draft.unsent)

    def note_sandbox(self, unsent: Unsent) -> None:
        """Keeps what is typed in the sandbox."""
        self._sandbox = unsent
        self._writer().note_sandbox(unsent)

    def sandbox(self) -> Unsent:
        """What was typed in the sandbox last, by this session or an earlier one."""
        if self._sandbox is None:
            from tutor.journal import folder, read_records
            from tutor.unsent import sandbox_draft

            return sandbox_draft(read_records(folder()))
        return self._sandbox

    def _writer(self) -> Recorder:
        if self._recorder is None:
            from tutor.journal import folder
            from tutor.recorder import Recorder

            self._recorder = Recorder(folder(), time.time, self._turned)
        return self._recorder

    @property
    def trouble(self) -> str:
        """Why the latest change is not on disk yet; "" if it is."""
        trouble = "" if self._recorder is None else self._recorder.trouble
        return f"not saved yet: {trouble}" if trouble else ""

    def close(self, wait: float = 2.0) -> bool:
        """Whether everything is on disk, after at most so many seconds."""
        return self._recorder is None or self._recorder.close(wait)

    @staticmethod
    def earlier(session: Session) -> Session | None:
        """The same lesson where an earlier session left it; None if there is nothing to go on with."""
        from tutor.journal import folder, read_records
        from tutor.progress import resumed

        found = resumed(session, read_records(folder()), mark=False)
        return found if (found.place, found.cursor) > (0, 0) or found.attempts else None

    @staticmethod
    def unsent(session: Session) -> dict[str, Draft]:
        """What earlier sessions typed or picked of the lesson's answers, and what was not marked yet, by question."""
        from tutor.journal import folder, read_records
        from tutor.progress import about
        from tutor.tui.rows.draft import Draft
        from tutor.unsent import drafts

        options = {question.id: len(question.choices) for _, question in session.questions()}
        left = drafts(about(session, read_records(folder())))
        return {question: Draft.of(unsent, options.get(question, 0)) for question, unsent in left.items()}
