"""The lesson: story, step and graph of one session, which every key replaces by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, work

from tutor.draw.cells import Run
from tutor.request import Request
from tutor.text import safe
from tutor.tui.keys import CHOOSING, EVERYWHERE, LESSON, TYPING, bar_row, bindings
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.flow import run
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Entry, Panel

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.lesson_panes import LessonPanes

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAN = 8


class LessonScreen(StagedScreen):
    """Opens a request in the background, then shows its session."""

    BINDINGS = bindings(LESSON)

    def __init__(self, request: Request, session: Session | None = None) -> None:
        self.entry, self.prompt = Entry(), Entry(" Node: ")
        names = ("story", "step", "graph", "table")
        panes = {name: Panel(focusable=True) for name in names}
        order = {"title": Panel(), "story": panes["story"], "entry": self.entry, **panes, "jump": self.prompt}
        super().__init__(order)
        self.request = request
        self.session: Session | None = None
        self.start = session
        self.drafts: dict[str, Draft] = {}
        self.asked_to_leave = False
        self.problems: tuple[str, ...] = ()
        self.panes: LessonPanes | None = None

    # -- opening

    def on_mount(self) -> None:
        """Reads the lesson in the background; until then, the frame."""
        if self.start is not None:
            self.opened(self.start)
        else:
            super().on_mount()
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
            self.app.call_from_thread(self.failed, tuple(str(problem) for problem in error.problems))
        except (EngineError, OSError) as error:
            self.app.call_from_thread(self.failed, (str(error),))
        else:
            self.app.call_from_thread(self.opened, session)

    def opened(self, session: Session) -> None:
        """The lesson is here."""
        from tutor.tui.screens.lesson_panes import LessonPanes

        self.panes = LessonPanes(self.stage, ascii_only=bool(getattr(self.app, "ascii_only", False)))
        self.replace(session)

    def failed(self, problems: tuple[str, ...]) -> None:
        """What is wrong with the lesson: on stderr where it was asked for by name, else on the screen."""
        if len(self.app.screen_stack) <= 1:
            self.app.end(2, *problems)  # type: ignore[attr-defined]
            return
        self.problems = problems
        self.update()

    # -- the session

    def replace(self, session: Session) -> None:
        """Another session on the screen."""
        arrived = self.session is None or session.place != self.session.place
        self.session = session
        if self.panes is not None:
            self.panes.follow = True
            if arrived:
                self.entry.clear(self.draft.text)
                self.panes.arrive(session)
        self.update()

    def move(self, change: Callable[[Session], Session]) -> None:
        """A change of the session, if there is one yet."""
        if self.session is not None:
            self.replace(change(self.session))

    @property
    def question_id(self) -> str:
        """The id of the present question, or nothing."""
        question = self.session.question() if self.session else None
        return question.id if question else ""

    @property
    def draft(self) -> Draft:
        """What is typed of the present answer."""
        return self.drafts.get(self.question_id, Draft())

    def keep(self, draft: Draft) -> None:
        """Another draft of the present answer."""
        self.drafts[self.question_id] = draft
        if self.entry.text != draft.text:
            self.entry.clear(draft.text)

    # -- painting

    def fill(self, width: int, height: int) -> None:
        """The panes; before the lesson is read, the frame; if it cannot be, why."""
        if self.panes is not None and self.session is not None:
            self.panes.fill(self.session, self.draft, width, height)
            if self.panes.asking_node:
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
        """One step on."""
        self.move(lambda session: session.next())

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
        before = self.session
        self.move(lambda session: session.choose_row(session.row + 1))
        if before is not None and self.session is not None and before.row == self.session.row:
            self.say("This graph has one row of data only.")

    def action_hint(self) -> None:
        """One more hint."""
        before = self.session
        self.move(lambda session: session.hint())
        if before is not None and before is self.session:
            self.say("There is no further hint." if self.question_id else "Hints belong to questions.")

    def action_roll(self, rows: int) -> None:
        """Up and down, in whatever has the focus."""
        if self.panes is None or self.session is None:
            return
        question, name = self.session.question(), self.stage.focused_name
        pane = self.stage.focused_panel
        if name == "table":
            self.panes.move_in_table(self.session, rows)
        elif question is not None and question.choices and name == "story" and abs(rows) == 1:
            self.keep(replace(self.draft, cursor=(self.draft.cursor + rows) % len(question.choices)))
        elif pane is not None:
            self.panes.follow = False
            pane.scroll(rows)
        self.update()

    def action_pane(self, by: int) -> None:
        """The focus to another pane."""
        self.stage.focus_next(by)
        self.update()

    def action_table(self) -> None:
        """Table or picture."""
        if self.panes is not None:
            self.panes.switch_table()
            self.update()

    def action_type(self) -> None:
        """To the line where answers are typed."""
        if self.entry.is_shown:
            self.stage.focused_name = "entry"
            self.update()

    # -- keys: answers

    def take_key(self, key: str, character: str | None) -> bool:
        """Arrows pan a focused picture; letters, numbers and Enter answer a choice."""
        if self.session is None:
            return False
        if self.stage.focused_name == "graph" and key in {"left", "right"}:
            self.stage["graph"].scroll(0, -PAN if key == "left" else PAN)
            self.update()
            return True
        question = self.session.question()
        best = self.session.best(question.id) if question else None
        if question is None or not question.choices or (best is not None and best.mark.verdict == "right"):
            return False
        if key == "enter":
            self.answer(self.draft.answer("choice"))
            return True
        number = option(character, len(question.choices))
        if number is None:
            return False
        several = sum(choice.right for choice in question.choices) > 1
        self.keep(self.draft.toggle(number) if several else self.draft.pick(number))
        self.update()
        return True

    def changed(self, entry: Entry) -> None:
        """Keeps what is typed."""
        if entry is self.entry:
            self.keep(replace(self.draft, text=entry.text))

    def sent(self, entry: Entry) -> None:
        """An answer, or the name of a node."""
        if entry is self.prompt:
            self.close_prompt()
            self.jump_to(entry.text)
            return
        question = self.session.question() if self.session else None
        if question is None:
            return
        draft = self.draft
        if question.kind == "derivation" and draft.text.strip():
            self.keep(Draft(lines=(*draft.lines, draft.text)))
        elif draft.is_empty:
            self.action_next()
        else:
            self.answer(draft.answer(question.kind))

    def answer(self, text: str) -> None:
        """Marks an answer and shows what was made of it; a right one empties the line and frees the keys."""
        self.move(lambda session: session.answer(text))
        best = self.session.best(self.question_id) if self.session else None
        if best is not None and best.mark.verdict in {"right", "unscored"}:
            self.keep(Draft(cursor=self.draft.cursor, picked=self.draft.picked))
            self.stage.focused_name = "story"
            self.update()

    def left(self, entry: Entry) -> None:
        """Escape in a line: its text stays."""
        if entry is self.prompt:
            self.close_prompt()
        else:
            self.stage.focused_name = "story"

    # -- keys: nodes

    def action_jump(self) -> None:
        """Asks for a node, in place of the bar."""
        if self.panes is not None and self.session is not None and self.session.graph is not None:
            self.panes.asking_node = True
            self.prompt.clear()
            self.stage.focused_name = "jump"
            self.update()

    def close_prompt(self) -> None:
        """The bar again."""
        if self.panes is not None and self.session is not None:
            self.panes.asking_node = False
            self.stage.focused_name = "step" if self.session.step.walk else "graph"

    def jump_to(self, text: str) -> None:
        """To the step of a walk that is about a node, and to its place in picture and table."""
        from engine.names import normalise

        if self.session is None or self.session.graph is None or self.panes is None or not text.strip():
            return
        key = normalise(text)
        if key not in self.session.graph.graph.names:
            self.message = f"There is no node {safe(text, 40)} here."
            return
        steps = self.session.walk_steps()
        found = next((i for i, step in enumerate(steps) if step.key == key), None)
        if found is not None:
            self.move(lambda session: session.go_in_walk(found + 1))
        self.panes.show_node(self.session, key)
        self.panes.follow = found is not None

    # -- leaving

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        parts = [("Lesson", LESSON), ("In a choice", CHOOSING), ("While typing an answer", TYPING)]
        self.app.push_screen(HelpScreen(parts))

    def action_leave(self) -> None:
        """To the catalogue or the shell; asks once if something typed would be lost."""
        unsent = any(not draft.is_empty for draft in self.drafts.values())
        if unsent and not self.asked_to_leave:
            self.asked_to_leave = True
            self.say("An answer is not sent yet. q again leaves, any other key stays.")
        elif len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.app.exit(return_code=0)

    def on_key(self, event: events.Key) -> None:
        """Any other key is a wish to stay."""
        if event.key not in {"q", "ctrl+c", "ctrl+q"}:
            self.asked_to_leave = False
        super().on_key(event)


def option(character: str | None, count: int) -> int | None:
    """Which option a letter or a digit means."""
    if character is not None and character in LETTERS[:count]:
        return LETTERS.index(character)
    if character is not None and character in "123456789" and int(character) <= count:
        return int(character) - 1
    return None
