"""The sandbox: type formulas and numbers, then walk and play with them like any lesson."""

from __future__ import annotations

from pathlib import Path

from engine.errors import EngineError
from engine.printing import show
from tutor.draw.cells import Run
from tutor.files import write_atomic
from tutor.messages import state_folder
from tutor.request import Request
from tutor.text import safe
from tutor.tui.keys import SANDBOX, bar_row, bindings
from tutor.tui.rows.flow import heading, run
from tutor.tui.rows.sandbox import Sandbox, asks, sandbox_rows
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Echo, Entry, Panel


class SandboxScreen(StagedScreen):
    """Formulas first, then a number for each free name; the lesson that they make is kept in a file."""

    BINDINGS = bindings(SANDBOX)

    def __init__(self) -> None:
        self.entry = Entry()
        super().__init__({"story": Panel(), "entry": self.entry})
        self.stage.focused_name = "entry"
        self.box = Sandbox()
        self.refused: EngineError | None = None

    def fill(self, width: int, height: int) -> None:
        """What has been typed, and the line below it."""
        rows = tuple(sandbox_rows(self.box, width - 2))
        used = min(height - 3, len(rows) + 2)
        self.stage["story"].place = (0, 0, width, used)
        self.stage["story"].fixed = (heading("▸ Sandbox", width, style="focus"),)
        self.stage["story"].show(rows, 0, 10_000)
        self.entry.place = (0, used, width, 2)
        missing = self.box.missing if self.box.complete else ()
        self.entry.prompt = f" {safe(missing[0], 30)} = " if missing else " › "
        self.entry.draw(True, self.echo())
        self.stage["bar"].show((bar_row(SANDBOX, width),))

    def echo(self) -> Echo:
        """How the line is read, or why it cannot be."""
        if self.refused is not None:
            return Echo((run(f"  {self.refused.message}", "warn", 300),))
        text = self.entry.text
        if not text.strip() or self.box.complete:
            return Echo((Run(f"  {asks(self.box)}", "dim"),))
        try:
            graph = self.box.graph(text)
        except EngineError as error:
            return Echo((Run("  … ", "warn"), run(error.message, "dim", 300)))
        last = list(graph.nodes.values())[-1]
        return Echo((Run("  reads ", "dim"), run(f"{last.spelling} = {show(last.expr, graph.names)}", "number")))

    # -- keys

    def changed(self, entry: Entry) -> None:
        """Another text has not been refused."""
        self.refused = None

    def sent(self, entry: Entry) -> None:
        """A formula, the end of the formulas, or a number."""
        text = entry.text
        self.refused = None
        try:
            if self.box.complete:
                self.box = self.box.with_number(text)
            elif text.strip():
                self.box = self.box.with_line(text)
            elif self.box.lines:
                self.box = Sandbox(self.box.lines, complete=True)
        except EngineError as error:
            self.refused = error
            return
        entry.clear()
        if self.box.complete and not self.box.missing:
            self.open()

    def left(self, entry: Entry) -> None:
        """Escape: back to the catalogue once nothing would be lost."""
        if not entry.text and not self.box.lines:
            self.dismiss()
        else:
            self.message = "Control-C leaves the sandbox."

    def take_key(self, key: str, character: str | None) -> bool:
        """Backspace on an empty line goes back."""
        if key == "backspace":
            self.box = self.box.without_last()
            self.update()
            return True
        return False

    def open(self) -> None:
        """Keeps the lesson and opens it."""
        from tutor.tui.screens.lesson_screen import LessonScreen

        path = state_folder() / "sandbox" / "lesson.toml"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(path, self.box.lesson().encode())
        except OSError as error:
            self.message = f"The lesson could not be kept: {safe(error.strerror or str(error), 100)}"
            return
        self.app.push_screen(LessonScreen(Request(str(path))), lambda _: self.came_back(path))

    def came_back(self, path: Path) -> None:
        """From the lesson: the formulas can be changed, and the file is named."""
        self.box = Sandbox(self.box.lines)
        self.say(f"Kept as {safe(str(path), 200)}")

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen([("Sandbox", SANDBOX)]))

    def action_leave(self) -> None:
        """To the catalogue."""
        self.dismiss()
