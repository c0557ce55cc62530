"""The lesson: story, step and graph of one session, which every key replaces by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from tutor.request import Request
from tutor.tui.keys import CHOOSING, EVERYWHERE, LESSON, TYPING, bar_row, bindings
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.flow import heading, run
from tutor.tui.screens.lesson_panes import LessonPanes
from tutor.tui.widgets.cell_pane import CellPane, text_row
from tutor.tui.widgets.entry import Echo, Entry

if TYPE_CHECKING:
    from tutor.session import Session


class LessonScreen(Screen[None]):
    """Opens a request in the background, then shows its session."""

    BINDINGS = bindings(LESSON)
    CSS = """
    LessonScreen #title, LessonScreen #bar, LessonScreen #jump { height: 1; }
    LessonScreen #body { layout: horizontal; height: 1fr; }
    LessonScreen #words { layout: vertical; width: 46; }
    LessonScreen #pictures { layout: vertical; width: 1fr; }
    LessonScreen #step { height: 10; }
    LessonScreen #entry, LessonScreen #jump, LessonScreen #table { display: none; }
    LessonScreen.narrow #body { layout: vertical; }
    LessonScreen.narrow #words { width: 1fr; }
    """

    def __init__(self, request: Request, session: Session | None = None) -> None:
        super().__init__()
        self.request = request
        self.session = session
        self.drafts: dict[str, Draft] = {}
        self.asked_to_leave = False
        self.panes: LessonPanes | None = None

    def compose(self) -> ComposeResult:
        """Title, words beside pictures, keys."""
        yield CellPane(id="title")
        with Container(id="body"):
            with Container(id="words"):
                yield CellPane(id="story", focusable=True)
                yield Entry(id="entry")
            with Container(id="pictures"):
                yield CellPane(id="step", focusable=True)
                yield CellPane(id="graph", focusable=True)
                yield CellPane(id="table", focusable=True)
        yield Entry(id="jump", prompt=" Node: ")
        yield CellPane(id="bar")

    # -- opening

    def on_mount(self) -> None:
        """Reads the lesson in the background; until then, the frame."""
        self.entry.echo = self.echo
        if self.session is not None:
            self.opened(self.session)
        else:
            self.open_request()

    @work(thread=True, exclusive=True)
    def open_request(self) -> None:
        """Reads the lesson, off the screen's thread: this imports what a lesson needs."""
        from engine.errors import EngineError
        from tutor.errors import ProblemsError

        try:
            from tutor.opening import open_lesson

            session = open_lesson(self.request)
        except ProblemsError as error:
            self.app.call_from_thread(self.failed, [str(problem) for problem in error.problems])
        except (EngineError, OSError) as error:
            self.app.call_from_thread(self.failed, [str(error)])
        else:
            self.app.call_from_thread(self.opened, session)

    def opened(self, session: Session) -> None:
        """The lesson is here."""
        self.panes = LessonPanes(self)
        self.replace(session, focus=True)

    def failed(self, problems: list[str]) -> None:
        """What is wrong with the lesson: on stderr where it was asked for by name, else on the screen."""
        if len(self.app.screen_stack) <= 2:
            self.app.end(2, *problems)  # type: ignore[attr-defined]
            return
        rows = [text_row("This lesson cannot be opened:", "warn"), (), *((run(line),) for line in problems)]
        self.query_one("#story", CellPane).show(tuple(rows))

    # -- the session

    def replace(self, session: Session, *, focus: bool = False) -> None:
        """Another session on the screen."""
        moved = self.session is None or session.place != self.session.place or focus
        self.session = session
        self.asked_to_leave = False
        if self.panes is not None:
            self.panes.fill(moved)

    def move(self, change: Callable[[Session], Session]) -> None:
        """A change of the session, if there is one yet."""
        if self.session is not None:
            self.replace(change(self.session))

    @property
    def entry(self) -> Entry:
        """The line where answers are typed."""
        return self.query_one("#entry", Entry)

    @property
    def question_id(self) -> str | None:
        """The id of the present question."""
        question = self.session.question() if self.session else None
        return question.id if question else None

    @property
    def draft(self) -> Draft:
        """What is typed of the present answer."""
        return self.drafts.get(self.question_id or "", Draft())

    def keep(self, draft: Draft) -> None:
        """Another draft of the present answer."""
        if self.question_id is not None:
            self.drafts[self.question_id] = draft

    # -- drawing

    def on_resize(self, event: events.Resize) -> None:
        """Another size: other places for the panes."""
        self.asked_to_leave = False
        if self.panes is not None:
            self.panes.fill(True, focus=False)
        else:
            self.skeleton()

    def skeleton(self) -> None:
        """The frame, before the lesson is read."""
        width = self.size.width
        self.query_one("#title", CellPane).show((heading(f"Opening {self.request.lesson}", width),))
        self.query_one("#bar", CellPane).show((bar_row(EVERYWHERE, width),))

    def on_descendant_focus(self) -> None:
        """The heading of the focused pane and the bar follow."""
        if self.panes is not None:
            self.panes.fill(False)

    def echo(self, text: str) -> Echo:
        """How the line is read, while it is typed."""
        if self.session is None or self.panes is None:
            return Echo()
        return self.panes.echo(self.session, self.draft, text)

    # -- keys: moving

    def action_next(self) -> None:
        """One step on; in a choice that is open, Enter is the answer."""
        self.move(lambda session: session.next())

    def action_back(self) -> None:
        """One step back."""
        self.move(lambda session: session.back())

    def action_first(self) -> None:
        """To the start of the walk, or of the lesson."""
        self.move(lambda s: s.go_in_walk(0) if s.step.walk and s.cursor else s.go(0 if not s.step.walk else s.place))

    def action_last(self) -> None:
        """To the end of the walk, or of the lesson."""
        self.move(lambda s: s.go_in_walk(len(s.walk_steps())) if s.step.walk else s.go(len(s.steps) - 1))

    def action_skip(self, by: int) -> None:
        """To another step of the lesson."""
        self.move(lambda session: session.go(session.place + by))

    def action_row(self) -> None:
        """The next data row."""
        self.move(lambda session: session.choose_row(session.row + 1))

    def action_hint(self) -> None:
        """One more hint."""
        before = self.session
        self.move(lambda session: session.hint())
        if before is not None and before is self.session:
            self.say("There is no further hint." if self.question_id else "Hints belong to questions.")

    def action_roll(self, rows: int) -> None:
        """Up and down, in whatever has the focus."""
        if self.panes is not None:
            self.panes.roll(rows)

    def action_pane(self, by: int) -> None:
        """The focus to another pane."""
        if self.panes is not None:
            self.panes.focus_next(by)

    def action_table(self) -> None:
        """Table or picture."""
        if self.panes is not None:
            self.panes.switch_table()

    def action_type(self) -> None:
        """To the line where answers are typed."""
        if self.entry.display:
            self.entry.focus()

    def action_jump(self) -> None:
        """Asks for a node."""
        if self.panes is not None:
            self.panes.ask_node()

    # -- keys: answers

    def on_key(self, event: events.Key) -> None:
        """Arrow keys move a focused picture; letters and numbers choose an option; Enter answers with it."""
        if self.panes is not None and self.panes.take_key(event.key, event.character):
            event.stop()
            event.prevent_default()

    def on_entry_changed(self, event: Entry.Changed) -> None:
        """Keeps what is typed."""
        if event.entry is self.entry and self.panes is not None:
            self.panes.typed(event.text)

    def on_entry_sent(self, event: Entry.Sent) -> None:
        """An answer, or the name of a node."""
        if self.panes is not None:
            self.panes.sent(event.entry, event.text)

    def on_entry_left(self, event: Entry.Left) -> None:
        """Out of the line; its text stays."""
        if self.panes is not None:
            self.panes.left_entry(event.entry)

    def answer(self, text: str) -> None:
        """Marks an answer and shows what was made of it."""
        self.move(lambda session: session.answer(text))

    # -- leaving

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        self.app.push_screen(
            HelpScreen([("Lesson", LESSON), ("In a choice", CHOOSING), ("While typing an answer", TYPING)])
        )

    def action_leave(self) -> None:
        """To the catalogue or the shell; once more if something typed would be lost."""
        unsent = any(not draft.is_empty for draft in self.drafts.values())
        if unsent and not self.asked_to_leave:
            self.asked_to_leave = True
            self.say("An answer is not sent yet. Press the same key again to leave, any other to stay.")
            return
        if len(self.app.screen_stack) > 2:
            self.dismiss()
        else:
            self.app.end(0)  # type: ignore[attr-defined]

    def say(self, text: str) -> None:
        """A message in place of the bar, until the next key."""
        self.query_one("#bar", CellPane).show((text_row(f" {text}".ljust(self.size.width), "cursor"),))
