"""The catalogue: units and lessons, search as you type, and what the chosen lesson needs and takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from tutor.draw.cells import Row, Run
from tutor.request import Request
from tutor.tui.keys import CATALOGUE, Key, bar_row, bindings
from tutor.tui.rows.flow import heading, run, spread
from tutor.tui.widgets.cell_pane import CellPane, text_row
from tutor.tui.widgets.entry import Echo, Entry

if TYPE_CHECKING:
    from tutor.course import Course
    from tutor.session import Session
    from tutor.tui.rows.catalogue_rows import Item, Standing

WIDE = 110
SEARCHING = (
    Key("enter", "", "⏎", "to the list"),
    Key("escape", "", "Esc", "everything again"),
    Key("f1", "help", "F1", "keys"),
)


class CatalogueScreen(Screen[None]):
    """The first screen: where to start."""

    BINDINGS = bindings(CATALOGUE)
    CSS = """
    CatalogueScreen #title, CatalogueScreen #bar, CatalogueScreen #search { height: 1; }
    CatalogueScreen #body { layout: horizontal; height: 1fr; }
    CatalogueScreen #about { width: 48; }
    CatalogueScreen.narrow #body { layout: vertical; }
    CatalogueScreen.narrow #about { width: 1fr; height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.course: Course | None = None
        self.items: tuple[Item, ...] = ()
        self.cursor = 0
        self.opened_screens: dict[str, Session] = {}

    def compose(self) -> ComposeResult:
        """Title, search line, list, the chosen lesson, keys."""
        yield CellPane(id="title")
        yield Entry(id="search", prompt=" Search: ")
        with Container(id="body"):
            yield CellPane(id="list", focusable=True)
            yield CellPane(id="about")
        yield CellPane(id="bar")

    # -- opening

    def on_mount(self) -> None:
        """Looks for lessons in the background."""
        self.query_one("#search", Entry).echo = lambda text: Echo()
        self.query_one("#list", CellPane).focus()
        self.look_for_lessons()

    @work(thread=True)
    def look_for_lessons(self) -> None:
        """Reads the catalogue, then imports what a lesson will need, off the screen's thread."""
        from tutor.course import course

        found = course()
        self.app.call_from_thread(self.show_course, found)
        import tutor.opening
        import tutor.tui.screens.lesson_screen  # noqa: F401

    def show_course(self, course: Course) -> None:
        """The catalogue is here."""
        self.course = course
        self.choose_items("")

    # -- the list

    @property
    def list(self) -> CellPane:
        """The pane of the list."""
        return self.query_one("#list", CellPane)

    def choose_items(self, wanted: str) -> None:
        """The lessons that a search leaves; the cursor on the first."""
        from tutor.tui.rows.catalogue_rows import items

        if self.course is None:
            return
        self.items = items(self.course, wanted)
        self.cursor = next((i for i, item in enumerate(self.items) if item.entry), 0)
        self.list.top = 0
        self.fill()

    def on_resize(self, event: events.Resize) -> None:
        """Places for another size."""
        self.set_class(self.size.width < WIDE, "narrow")
        self.fill()

    def fill(self) -> None:
        """Every pane."""
        width = self.size.width
        title = self.course.title if self.course else "Backpropagation"
        count = sum(len(unit.lessons) for unit in self.course.units) if self.course else 0
        lessons = f"{count} lesson{'' if count == 1 else 's'} " if self.course else ""
        head = spread([run(f" {title}", "bar.key", 200)], [Run(lessons, "bar")], width)
        self.query_one("#title", CellPane).show((head,))
        searching = self.query_one("#search", Entry).has_focus
        self.query_one("#bar", CellPane).show((bar_row(SEARCHING if searching else CATALOGUE, width),))
        self.fill_list()
        self.fill_about()

    def fill_list(self) -> None:
        """The list, scrolled so that the cursor is seen."""
        from tutor.tui.rows.catalogue_rows import Standing, item_row

        pane = self.list
        width = self.size.width if self.has_class("narrow") else self.size.width - 48
        if self.course is None:
            pane.show((text_row(" Looking for lessons …", "dim"),))
            return
        standings = self.standings()
        rows: tuple[Row, ...] = tuple(
            item_row(item, width, standings.get(item.id, Standing()), chosen=i == self.cursor)
            for i, item in enumerate(self.items)
        )
        height = max(1, pane.size.height)
        top = pane.top
        if not top <= self.cursor < top + height:
            top = self.cursor - height // 2
        if self.cursor <= 1:
            top = 0
        pane.show(rows or (text_row(" No lesson has these words. Esc shows everything.", "warn"),), 0, top)

    def fill_about(self) -> None:
        """What is known of the chosen lesson."""
        from tutor.tui.rows.catalogue_rows import about

        pane = self.query_one("#about", CellPane)
        width = self.size.width if self.has_class("narrow") else 48
        entry = self.items[self.cursor].entry if self.cursor < len(self.items) else None
        pane.fixed = (heading("Lesson", width),)
        rows = about(entry, self.course, self.standings(), width - 2) if entry and self.course else ()
        pane.show(tuple((Run(" ", ""), *row) for row in rows), 0, 0)

    def standings(self) -> dict[str, Standing]:
        """How far each lesson that was opened has come."""
        from tutor.tui.rows.catalogue_rows import Standing

        found: dict[str, Standing] = {}
        for name, session in self.opened_screens.items():
            done = session.place + 1 == len(session.steps)
            found[name] = Standing(f"{session.place + 1}/{len(session.steps)}", done)
        return found

    # -- keys

    def action_move(self, by: int) -> None:
        """The cursor to another lesson; units are passed over."""
        lessons = [i for i, item in enumerate(self.items) if item.entry]
        if not lessons:
            return
        at = lessons.index(self.cursor) if self.cursor in lessons else 0
        self.cursor = lessons[max(0, min(len(lessons) - 1, at + by))]
        self.fill_list()
        self.fill_about()

    def action_search(self) -> None:
        """To the search line."""
        self.query_one("#search", Entry).focus()

    def on_descendant_focus(self) -> None:
        """The bar follows the focus."""
        self.fill()

    def on_entry_changed(self, event: Entry.Changed) -> None:
        """Search as you type."""
        self.choose_items(event.text)

    def on_entry_sent(self, event: Entry.Sent) -> None:
        """To the list; a search with one find opens it."""
        self.list.focus()

    def on_entry_left(self, event: Entry.Left) -> None:
        """Everything again."""
        event.entry.clear()
        self.choose_items("")
        self.list.focus()

    def action_open(self) -> None:
        """Opens the chosen lesson, where it was left."""
        from tutor.tui.screens.lesson_screen import LessonScreen

        entry = self.items[self.cursor].entry if self.cursor < len(self.items) else None
        if entry is None:
            return
        screen = LessonScreen(Request(str(entry.path)), self.opened_screens.get(entry.id))

        def came_back(_: None) -> None:
            if screen.session is not None:
                self.opened_screens[entry.id] = screen.session
            self.fill()

        self.app.push_screen(screen, came_back)

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen([("Catalogue", CATALOGUE), ("While searching", SEARCHING)]))

    def action_leave(self) -> None:
        """Ends the program."""
        self.app.end(0)  # type: ignore[attr-defined]
