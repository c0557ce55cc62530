"""The catalogue: where to go on, units and lessons, search as you type, and what the chosen lesson needs and takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from tutor.draw.cells import Row, Run
from tutor.tui.keys import CATALOGUE, SEARCHING, Key, bar_row, bindings
from tutor.tui.recollection import Recollection, recollect
from tutor.tui.rows.catalogue_rows import (
    SIGNS,
    Halt,
    Item,
    Standing,
    about,
    about_slips,
    item_row,
    items,
    start_item,
)
from tutor.tui.rows.flow import heading, run, spread
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Entry, Panel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutor.course import Course
    from tutor.session import Session
    from tutor.tui.desk import Desk

WIDE = 110
ABOUT_WIDTH = 48
ABOUT_HEIGHT = 9
LOOKING: Row = (Run(" Looking for lessons …", "dim"),)
NOTHING: Row = (Run(" No lesson has these words. Esc shows everything.", "warn"),)


class CatalogueScreen(StagedScreen):
    """The first screen: where to start."""

    BINDINGS = bindings(CATALOGUE)
    PARTS = (("Catalogue", CATALOGUE), ("While searching", SEARCHING), ("Signs", SIGNS))

    def __init__(self) -> None:
        search = Entry(" Search: ")
        super().__init__({"title": Panel(), "search": search, "list": Panel(focusable=True), "about": Panel()})
        self.search = search
        self.course: Course | None = None
        self.known = Recollection()
        self.items: tuple[Item, ...] = ()
        self.cursor = 0
        self.halt: Halt | None = None
        self.stage.focused_name = "list"

    def on_mount(self) -> None:
        """Looks for lessons in the background."""
        super().on_mount()
        self.look_for_lessons()

    @work(thread=True)
    def look_for_lessons(self) -> None:
        """Reads the catalogue, then imports what a lesson will need, off the screen's thread."""
        from tutor.course import course

        found = course()
        self.app.call_from_thread(self.show_course, found, recollect(found))
        import tutor.opening
        import tutor.questions
        import tutor.tui.screens.lesson_panes  # noqa: F401

    def show_course(self, course: Course, known: Recollection | None = None) -> None:
        """The catalogue is here, and what is remembered of the learner."""
        self.course = self.desk.course = course
        self.known = known or Recollection()
        self.halt = self.known.halt
        self.choose_items("")

    def choose_items(self, wanted: str) -> None:
        """The lines that a search leaves, the cursor on the first; without a search that is where to go on."""
        self.list_items(wanted)
        self.cursor = next((i for i, item in enumerate(self.items) if item.can_be_chosen), 0)
        self.stage["list"].top = 0
        self.update()

    def list_items(self, wanted: str) -> None:
        """Makes the list anew; the cursor stays on its lesson."""
        if self.course is None:
            return
        before = self.chosen
        start = start_item(self.course, self.standings(), self.halt)
        self.items = items(self.course, wanted, start, self.known.slips)
        if before is not None:
            same = (i for i, item in enumerate(self.items) if (item.kind, item.id) == (before.kind, before.id))
            same_kind = (i for i, item in enumerate(self.items) if item.kind == before.kind)
            self.cursor = next(same, next(same_kind, min(self.cursor, max(0, len(self.items) - 1))))

    @property
    def chosen(self) -> Item | None:
        """The line that the cursor stands on."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    @property
    def desk(self) -> Desk:
        """The app."""
        return self.app  # type: ignore[return-value]

    # -- painting

    def fill(self, width: int, height: int) -> None:
        """Title, search, list and the chosen lesson: side by side on a wide screen."""
        stage, wide = self.stage, width >= WIDE
        stage["title"].place = (0, 0, width, 1)
        self.search.place = (0, 1, width, 1)
        below = 0 if wide else ABOUT_HEIGHT
        stage["list"].place = (0, 2, width - ABOUT_WIDTH if wide else width, height - 3 - below)
        stage["about"].place = (width - ABOUT_WIDTH, 2, ABOUT_WIDTH, height - 3) if wide else (
            0, height - 1 - below, width, below)  # fmt: skip
        stage["title"].show((self.title_row(width),))
        searching = stage.typing is not None
        self.search.draw(searching)
        stage["bar"].show((bar_row(SEARCHING if searching else self.keys_now(), width),))
        self.fill_list(stage["list"])
        self.fill_about(stage["about"])

    def keys_now(self) -> tuple[Key, ...]:
        """The keys of the list; after a search, the way out of it is one of them."""
        found = bool(self.search.text)
        return tuple(replace(key, bar=True) if found and key.action == "everything" else key for key in CATALOGUE)

    def title_row(self, width: int) -> Row:
        """The course, how many lessons it has and how many of these are done."""
        if self.course is None:
            return spread([Run(" Backpropagation", "bar.key")], [Run(" ", "bar")], width)
        standings = self.standings()
        lessons = [entry.id for unit in self.course.units for entry in unit.lessons]
        count, done = len(lessons), sum(standings.get(name, Standing()).done for name in lessons)
        note = f"{count} lesson{'' if count == 1 else 's'}, {done} done "
        return spread([run(f" {self.course.title}", "bar.key", 200)], [Run(note, "bar")], width)

    def fill_list(self, pane: Panel) -> None:
        """The list, scrolled so that the cursor is seen."""
        if self.course is None:
            pane.show((LOOKING,))
            return
        standings = self.standings()
        rows = tuple(
            item_row(item, pane.width, standings.get(item.id, Standing()), chosen=i == self.cursor)
            for i, item in enumerate(self.items)
        )
        top, height = pane.top, pane.room[1]
        if not top <= self.cursor < top + height:
            top = self.cursor - height // 2  # half a page at once: fewer repaints than line by line
        pane.show(rows or (NOTHING,), 0, 0 if self.cursor < height else top)

    def fill_about(self, pane: Panel) -> None:
        """What is known of the chosen line."""
        item, width = self.chosen, pane.width - 2
        rows: Iterable[Row] = ()
        pane.fixed = (heading("Mistakes" if item and item.kind == "slips" else "Lesson", pane.width),)
        if item and item.kind == "slips":
            rows = about_slips(self.known.slips, width)
        elif item and item.entry and self.course:
            rows = about(item.entry, self.course, self.standings(), width)
        pane.show(tuple((Run(" ", ""), *row) for row in rows), 0, 0)

    def standings(self) -> dict[str, Standing]:
        """How far each lesson has come: in earlier sessions, and in this one."""
        before = self.known.standings
        now = {name: standing(one) for name, one in self.desk.sessions.items()}
        again = {name: replace(one, done=True) for name, one in now.items() if name in before and before[name].done}
        return {**before, **now, **again}

    # -- keys

    def action_move(self, by: int) -> None:
        """The cursor to another lesson; units are passed over."""
        lessons = [i for i, item in enumerate(self.items) if item.can_be_chosen]
        if not lessons:
            return
        self.stage.focused_name = "list"
        at = lessons.index(self.cursor) if self.cursor in lessons else 0
        self.cursor = lessons[max(0, min(len(lessons) - 1, at + by))]
        self.update()

    def action_sandbox(self) -> None:
        """Own formulas."""
        from tutor.tui.screens.sandbox_screen import SandboxScreen

        self.app.push_screen(SandboxScreen(), lambda _: self.update())

    def action_search(self) -> None:
        """To the search line."""
        self.stage.focused_name = "search"
        self.update()

    def changed(self, entry: Entry) -> None:
        """Search as you type."""
        self.choose_items(entry.text)

    def sent(self, entry: Entry) -> None:
        """From the search to the list."""
        self.stage.focused_name = "list"

    def left(self, entry: Entry) -> None:
        """Everything again."""
        self.action_everything()

    def action_everything(self) -> None:
        """All lessons again, the cursor on the lesson that was chosen."""
        if not self.search.text and self.stage.typing is None:
            self.say("Everything is shown; q leaves.")
            return
        self.search.clear()
        self.stage.focused_name = "list"
        if self.chosen is None:
            self.choose_items("")
        else:
            self.list_items("")
            self.update()

    def action_open(self) -> None:
        """Opens the chosen lesson; on the first line goes on where the lesson was left."""
        item = self.chosen
        if item is not None and item.kind == "slips":
            self.action_mistakes()
        elif item is not None and item.entry is not None:
            self.desk.visit(item.entry, go_on=item.kind == "start")

    def action_mistakes(self) -> None:
        """The page of recurring mistakes; a question chosen there is opened."""
        from tutor.tui.screens.mistakes_screen import MistakesScreen

        self.app.push_screen(MistakesScreen(self.known.mistakes), self.practise)

    def practise(self, number: int | None) -> None:
        """Opens the question of a mistake."""
        spots = [spot for mistake in self.known.mistakes for spot in mistake.spots]
        if number is not None and self.course is not None:
            spot = spots[number]
            entry = self.course.entries.get(spot.lesson)
            if entry is None:
                self.say("That lesson belongs to another course.")
            else:
                self.desk.visit(entry, question=spot.question)

    def visited(self, session: Session) -> None:
        """The first line leads back to the lesson that was left."""
        self.halt = Halt(session.loaded.lesson.id, session.place, len(session.steps))
        self.list_items(self.search.text)
        self.update()
        self.look_again()

    @work(thread=True, exclusive=True, group="journals")
    def look_again(self) -> None:
        """Reads the journals again: a mistake may have come back."""
        if self.course is not None:
            self.app.call_from_thread(self.show_known, recollect(self.course))

    def show_known(self, known: Recollection) -> None:
        """What the journals say now; the place that was left in this session stays."""
        self.known = known
        self.list_items(self.search.text)
        self.update()

    def clicked(self, name: str, column: int, row: int) -> None:
        """A line is chosen; the chosen one is opened."""
        if name == "search":
            self.action_search()
        elif name == "list" and 0 <= row < len(self.items) and self.items[row].can_be_chosen:
            again, self.cursor = row == self.cursor, row
            self.stage.focused_name = "list"
            self.action_open() if again else self.update()

    def action_leave(self) -> None:
        """Ends the program."""
        self.app.exit(return_code=0)


def standing(session: Session) -> Standing:
    """How far a session has come: its step, or done once its last step was reached and every question tried."""
    tried = all(question.id in session.attempts for _, question in session.questions())
    done = session.place + 1 == len(session.steps) and tried
    return Standing.of(session.points, session.possible_points, done=done)
