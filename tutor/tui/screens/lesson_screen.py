"""The lesson: story, step and graph of one session, which every key replaces by another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual import events, work

from tutor.draw.cells import Run
from tutor.request import Request
from tutor.text import safe
from tutor.tui.keys import CHOOSING, EVERYWHERE, LESSON, PLAY_KEYS, TABLE_KEYS, TYPING, bar_row, bindings
from tutor.tui.memory import Memory
from tutor.tui.rows.flow import run
from tutor.tui.screens.going_on import GoingOnScreen

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.rows.draft import Draft

NOTHING: Mapping[str, Draft] = MappingProxyType({})
AT_ONCE = 0.25
"""Seconds in which a lesson is opened without saying that it is being opened."""


class LessonScreen(GoingOnScreen):
    """Opens a request in the background, then shows its session."""

    BINDINGS = bindings((*LESSON, *TABLE_KEYS))
    PARTS = (
        ("Lesson", LESSON), ("In the table", TABLE_KEYS), ("In play", PLAY_KEYS), ("In a choice", CHOOSING),
        ("While typing", TYPING),
    )  # fmt: skip

    def __init__(
        self, request: Request, session: Session | None = None, *, go_on: bool = False, question: str = ""
    ) -> None:
        """Shows `session`, or opens the request; `go_on`: where it was left; `question`: at the question of that id."""
        super().__init__()
        self.request = request
        self.start = session
        self.go_on = go_on
        self.wanted = question
        self.asked_to_leave = False
        self.unsent: Mapping[str, Draft] = {}
        self.problems: tuple[str, ...] = ()
        self.is_late = False

    # -- opening

    @property
    def is_opening(self) -> bool:
        """Whether the lesson is not there yet, and not known to be unreadable either."""
        return self.session is None and not self.problems

    def on_mount(self) -> None:
        """Reads the lesson in the background; most are there before a frame that says so would be painted."""
        if self.start is not None:
            self.opened(self.start, self.unsent)
        else:
            self.open_request()

    @work(exclusive=True)
    async def open_request(self) -> None:
        """Reads the lesson, off the screen's thread: this imports what a lesson needs."""
        from engine.errors import EngineError
        from tutor.errors import ProblemsError

        reading = asyncio.ensure_future(asyncio.to_thread(self.read))
        _, late = await asyncio.wait((reading,), timeout=AT_ONCE)
        if late:
            self.is_late = True
            self.update()
        try:
            session, unsent = await reading
        except ProblemsError as error:
            self.failed(tuple(str(problem) for problem in error.problems))
        except (EngineError, OSError) as error:
            self.failed((str(error),))
        else:
            self.opened(session, unsent)

    def read(self) -> tuple[Session, Mapping[str, Draft]]:
        """The session that is asked for, and what was typed and not sent. Raises as `open_lesson`."""
        import tutor.tui.screens.lesson_panes  # noqa: F401 - off the screen's thread
        from tutor.opening import open_lesson
        from tutor.tui.marking.bugs import with_bugs_hidden

        session = with_bugs_hidden(open_lesson(self.request))
        self.earlier = Memory.earlier(session)
        return session, Memory.unsent(session)

    def update(self) -> None:
        """Paints, once there is something to say."""
        if self.session is not None or self.problems or self.is_late:
            super().update()

    def opened(self, session: Session, unsent: Mapping[str, Draft] = NOTHING) -> None:
        """The lesson is here, with what was typed of its answers and not sent."""
        from tutor.tui.screens.lesson_panes import LessonPanes

        self.panes = LessonPanes(self.stage, ascii_only=bool(getattr(self.app, "ascii_only", False)))
        self.unsent, self.drafts, self.noted = unsent, dict(unsent), dict(unsent)
        self.replace(self.begun(session))
        self.call_after_refresh(self.get_ready)  # not before the lesson is painted
        if self.earlier is not None:
            self.say(f"Last time you came to step {self.earlier.place + 1}. Press o to go on there.")

    @work(thread=True)
    def get_ready(self) -> None:
        """Imports what marks an answer and what draws formulas: the first of them must not wait for it."""
        import texicode.pipeline  # noqa: F401

        import tutor.questions  # noqa: F401

    def failed(self, problems: tuple[str, ...]) -> None:
        """What is wrong with the lesson: on stderr where it was asked for by name, else on the screen."""
        if len(self.app.screen_stack) <= 1:
            self.app.end(2, *problems)  # type: ignore[attr-defined]
            return
        self.problems = problems
        self.update()

    # -- painting

    def fill(self, width: int, height: int) -> None:
        """The panes; before the lesson is read, the frame; if it cannot be, why."""
        if self.panes is not None and self.session is not None:
            self.panes.stopped_at = self.earlier.place if self.earlier is not None else None
            self.panes.fill(self.session, self.draft, width, height)
            if self.panes.prompt_for:
                self.prompt.draw(True)
            return
        name = f" Opening {safe(self.request.lesson, 60)} …" if not self.problems else " This lesson cannot be opened"
        self.stage["title"].place = (0, 0, width, 1)
        self.stage["title"].say(name, "bar.key")
        self.stage["story"].place = (0, 2, width, height - 3)
        self.stage["story"].show(tuple((Run("  ", ""), run(line)) for line in self.problems))
        self.stage["bar"].show((bar_row(EVERYWHERE, width),))

    # -- keys: moving

    def action_next(self) -> None:
        """One step on; that there is none is said, with what is still open."""
        before = self.session
        super().action_next()
        if before is not None and before is self.session:
            self.say(self.ended(before))

    def action_back(self) -> None:
        """One step back."""
        self.move(lambda session: session.back())

    def action_first(self) -> None:
        """To the start of the walk, or of the lesson."""
        self.move(lambda s: s.go_in_walk(0) if s.step.walk and s.cursor else s.go(0))

    def action_last(self) -> None:
        """To the end of the walk, or of the lesson."""
        self.move(lambda s: s.go_in_walk(len(s.walk_steps())) if s.step.walk else s.go(len(s.steps) - 1))

    def action_skip(self, by: int) -> None:
        """To another step of the lesson."""
        self.move(lambda session: session.go(session.place + by))

    def action_row(self) -> None:
        """The next data row."""
        if not self.has_graph:
            return
        before = self.session
        self.move(lambda session: session.choose_row(session.row + 1))
        if before is not None and self.session is not None and before.row == self.session.row:
            self.say("This graph has one row of data only.")

    def action_hint(self) -> None:
        """One more hint."""
        before = self.session
        self.move(lambda session: session.hint())
        if before is not None and before is self.session:
            self.say("There is no further hint." if before.question() else "Hints belong to questions.")

    def action_roll(self, rows: int) -> None:
        """Up and down, in whatever has the focus."""
        if self.panes is None or self.session is None:
            return
        question, name = self.session.question(), self.stage.focused_name
        pane = self.stage.focused_panel
        if name == "table":
            self.panes.table.move(self.panes.view(self.session, self.draft), rows)
        elif question is not None and question.choices and name == "story" and abs(rows) == 1:
            self.keep(replace(self.draft, cursor=(self.draft.cursor + rows) % len(question.choices)))
        elif pane is not None:
            self.panes.follow = False
            pane.scroll(rows)
        self.update()

    def action_pane(self, by: int) -> None:
        """The focus to another pane."""
        before = self.stage.focused_name
        self.stage.focus_next(by)
        if self.stage.focused_name == before:
            self.message = "There is no other pane."
        self.update()

    def action_type(self) -> None:
        """To the line where answers are typed."""
        if self.entry.is_shown:
            self.stage.focused_name = "entry"
            self.update()

    def clicked(self, name: str, column: int, row: int) -> None:
        """Options, nodes, panes."""
        if name == "entry":
            self.action_type()
        elif self.panes is not None:
            from tutor.tui.screens.clicking import clicked

            clicked(self, name, column, row)

    # -- training

    def replace(self, session: Session) -> None:
        """A training step has a screen of its own."""
        arrived = self.session is None or session.place != self.session.place
        super().replace(session)
        if arrived and session.step.train is not None:
            self.call_after_refresh(self.open_training)

    def open_training(self) -> None:
        """The runs of the present step; coming back moves on in the lesson."""
        session = self.session
        if session is None or session.step.train is None or not self.is_current:
            return
        from tutor.tui.screens.training_screen import TrainingScreen

        opening = {
            "do": "open", "lesson": str(session.loaded.path), "runs": list(session.step.train),
            "settings": list(self.request.settings), "seed": self.request.seed, "variant": self.request.variant,
        }  # fmt: skip
        screen = TrainingScreen(session, opening, session.step.plot or ())
        self.app.push_screen(screen, self.trained)

    def trained(self, by: int | None) -> None:
        """Back from training: on or back in the lesson, or out of it."""
        if by:
            before = self.session
            self.move(lambda session: session.next() if by > 0 else session.back())
            if before is not None and self.session is before:
                self.say(self.ended(before))
        else:
            self.action_leave()

    # -- leaving

    def action_leave(self) -> None:
        """To the catalogue or the shell; asks once if something typed would be lost."""
        if not self.may_leave():
            return
        if len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.app.exit(return_code=0)

    def may_leave(self) -> bool:
        """Whether nothing typed would be lost, or it was asked before; the question is asked here."""
        unsent = any(not draft.is_empty and draft != self.unsent.get(name) for name, draft in self.drafts.items())
        if self.asked_to_leave or not (unsent or self.being_marked):
            return True
        self.asked_to_leave = True
        how = "still being marked" if self.being_marked else "not sent yet"
        self.say(f"An answer is {how}. The same key again leaves, any other stays.")
        return False

    def on_key(self, event: events.Key) -> None:
        """Any other key is a wish to stay."""
        if event.key not in {"q", "l", "ctrl+c", "ctrl+q"}:
            self.asked_to_leave = False
        super().on_key(event)
