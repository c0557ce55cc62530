"""The command palette: a few letters of what one wants, then Enter."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work

from tutor.course import Course
from tutor.tui.commands import Command, lesson_commands, matching
from tutor.tui.keys import COMMANDS, bar_row, bindings
from tutor.tui.rows.command_rows import command_rows
from tutor.tui.rows.flow import heading
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Entry, Panel

MOVES = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}


class CommandScreen(StagedScreen):
    """Dismissed with the place of the chosen command in `found`, or None."""

    BINDINGS = bindings(COMMANDS)
    PARTS = (("Commands", COMMANDS),)

    def __init__(self, offered: Sequence[Command], course: Course | None = None) -> None:
        self.entry = Entry(" › ")
        super().__init__({"title": Panel(), "entry": self.entry, "list": Panel()})
        self.stage.focused_name = "entry"
        self.course = course
        self.offered = (*offered, *lesson_commands(course))
        self.found = self.offered
        self.cursor = 0

    def on_mount(self) -> None:
        """The lessons, if nobody has looked for them yet."""
        super().on_mount()
        if self.course is None:
            self.look_for_lessons()

    @work(thread=True)
    def look_for_lessons(self) -> None:
        """Reads the catalogue off the screen's thread."""
        from tutor.course import course

        self.app.call_from_thread(self.add_lessons, course())

    def add_lessons(self, course: Course) -> None:
        """The lessons are here; what is chosen stays chosen."""
        self.course = course
        self.offered = (*self.offered, *lesson_commands(course))
        self.found = matching(self.offered, self.entry.text)
        self.update()

    def fill(self, width: int, height: int) -> None:
        """The line, and the list below it."""
        self.stage["title"].place = (0, 0, width, 1)
        self.stage["title"].show((heading("▸ Commands", width, f"{len(self.found)}", "focus"),), 0, 0)
        self.entry.place = (0, 1, width, 1)
        self.entry.draw(True)
        pane = self.stage["list"]
        pane.place = (0, 2, width, height - 3)
        room = pane.room[1]
        top = pane.top if pane.top <= self.cursor < pane.top + room else self.cursor - room // 2
        pane.show(tuple(command_rows(self.found, self.cursor, width)), 0, 0 if self.cursor < room else top)
        self.stage["bar"].show((bar_row(COMMANDS, width),))

    def take_key(self, key: str, character: str | None) -> bool:
        """Arrows choose."""
        if key not in MOVES:
            return False
        self.choose(self.cursor + MOVES[key])
        return True

    def choose(self, number: int) -> None:
        """The cursor to a command."""
        self.cursor = max(0, min(len(self.found) - 1, number))
        self.update()

    def changed(self, entry: Entry) -> None:
        """Search as you type."""
        self.found = matching(self.offered, entry.text)
        self.cursor = 0

    def sent(self, entry: Entry) -> None:
        """The chosen command."""
        if self.found:
            self.dismiss(self.cursor)

    def left(self, entry: Entry) -> None:
        """Back."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
