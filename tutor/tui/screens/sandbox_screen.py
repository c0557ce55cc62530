"""The sandbox: type formulas and numbers, then see, check, plot, walk and keep what they make."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import work

from engine.atomic import make_private
from engine.errors import EngineError
from engine.printing import show
from tutor.draw.cells import Row, Run
from tutor.files import write_atomic
from tutor.lesson_values import is_slug
from tutor.lesson_writer import lesson_text
from tutor.messages import state_folder
from tutor.request import Request
from tutor.text import safe
from tutor.tui.keys import READY, SANDBOX, bar_row, bindings
from tutor.tui.rows.echo import LONG, LONGEST
from tutor.tui.rows.flow import heading, run, wrap
from tutor.tui.rows.sandbox import Sandbox, asks, result_rows, sandbox_rows, setting, shown
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Echo, Entry, Panel
from tutor.unsent import Unsent


class SandboxScreen(StagedScreen):
    """Formulas first, then a number for each free name, then the result and what can be done with it."""

    BINDINGS = bindings((*SANDBOX, *READY))
    PARTS = (("While typing", SANDBOX), ("With a result", READY))

    def __init__(self) -> None:
        self.entry, self.prompt = Entry(), Entry(" File: ")
        super().__init__({"story": Panel(focusable=True), "entry": self.entry, "prompt": self.prompt})
        self.stage.focused_name = "entry"
        self.box = Sandbox()
        self.refused: EngineError | None = None
        self.result: tuple[Row, ...] = ()
        self.naming = False
        self.noted: Unsent | None = None

    # -- what was typed is kept

    def on_mount(self) -> None:
        """An empty sandbox at once; what was typed last comes when it is read."""
        super().on_mount()
        self.bring_back()

    @work
    async def bring_back(self) -> None:
        """What was typed last, read off the screen's thread; nothing is kept before that."""
        memory = getattr(self.app, "memory", None)
        if memory is None:
            return
        unsent = await asyncio.to_thread(memory.sandbox)
        box = await asyncio.to_thread(Sandbox.brought_back, unsent.lines)
        self.noted = unsent
        if unsent.is_empty or self.box.typed or self.entry.text:
            return
        self.box = box
        self.entry.clear(unsent.text)
        self.settle()
        self.say("What you typed last is here again. ^N begins anew.")

    def note(self) -> None:
        """Into the journal what is typed, so that a connection that drops loses none of it."""
        super().note()
        memory, unsent = getattr(self.app, "memory", None), Unsent(self.entry.text, self.box.kept)
        if memory is not None and self.noted is not None and unsent != self.noted:
            memory.note_sandbox(unsent)
            self.noted = unsent

    # -- painting

    def fill(self, width: int, height: int) -> None:
        """What has been typed, and the line below it; with a result, that."""
        ready = self.box.is_ready
        story = (*sandbox_rows(self.box, width - 2), *(self.results(width - 2) if ready else ()))
        pane = self.stage["story"]
        used = height - 1 if ready else min(height - 3, len(story) + 2)
        pane.place = (0, 0, width, used)
        pane.fixed = (heading("▸ Sandbox", width, style="focus"),)
        pane.show(story, 0, pane.top if ready else 10_000)
        self.stage["bar"].show((bar_row(READY if ready else SANDBOX, width),))
        if self.naming:
            self.prompt.place, self.stage["bar"].place = self.stage["bar"].place, (0, 0, 0, 0)
            self.prompt.draw(True)
        elif not ready:
            self.entry.place = (0, used, width, 3)
            self.entry.prompt = f" {safe(self.box.missing[0], 30)} = " if self.box.complete else " › "
            self.draw_entry(self.echo(), width)

    def draw_entry(self, echo: Echo, width: int) -> None:
        """The line, and below it up to two rows of what is said about it."""
        self.entry.draw(True, echo)
        told = wrap(echo.row, width, rest="    ")
        self.entry.show((self.entry.rows[0], *told[:2]), 0, 0)

    def results(self, width: int) -> tuple[Row, ...]:
        """Values, gradients, check; worked out once."""
        if not self.result:
            try:
                self.result = tuple(result_rows(self.box, width))
            except EngineError as error:
                self.result = ((), *wrap([Run(" ✗ ", "wrong"), run(error.message, limit=600)], width, rest="   "))
        return self.result

    def echo(self) -> Echo:
        """How the line is read, or why it cannot be and where."""
        text = self.entry.text
        if self.refused is not None:
            return told(self.refused, text, "✗ ", "wrong")
        if not text.strip():
            return Echo((Run(f"  {asks(self.box)}", "dim"),))
        if len(text) > LONGEST:
            return Echo(LONG)
        try:
            if self.box.complete:
                number = self.box.with_number(text).numbers[self.box.missing[0]]
                return Echo((Run("  reads ", "dim"), run(shown(number), "number")))
            given = setting(text)
            if given is not None:
                return Echo((Run("  takes ", "dim"), run(f"{given[0]} = {shown(given[1])}", "number")))
            graph = self.box.graph(text)
        except EngineError as error:
            return told(error, text, "… ", "warn")
        last = list(graph.nodes.values())[-1]
        return Echo((Run("  reads ", "dim"), run(f"{last.spelling} = {show(last.expr, graph.names)}", "number")))

    # -- typing

    def changed(self, entry: Entry) -> None:
        """Another text has not been refused."""
        self.refused = None
        self.note_soon()

    def sent(self, entry: Entry) -> None:
        """A formula, the end of the formulas, a number, or the name of a file."""
        if entry is self.prompt:
            self.keep_as(entry.text.strip())
            return
        text = entry.text
        self.refused = None
        try:
            if self.box.complete:
                self.box = self.box.with_number(text)
            elif text.strip():
                self.box = self.box.with_line(text)
            elif self.box.lines:
                self.box = self.box.completed()
        except EngineError as error:
            self.refused = error
            return
        entry.clear()
        self.settle()
        self.note()

    def settle(self) -> None:
        """Other formulas or numbers have another result."""
        self.result = ()
        self.naming = False
        self.stage["story"].top = 0
        self.stage.focused_name = "story" if self.box.is_ready else "entry"

    def left(self, entry: Entry) -> None:
        """Escape: back to the catalogue once nothing would be lost."""
        if entry is self.prompt:
            self.settle()
        elif not entry.text and not self.box.typed:
            self.dismiss()
        else:
            self.message = "Control-C leaves the sandbox."

    def take_key(self, key: str, character: str | None) -> bool:
        """Backspace on an empty line brings back what was typed last."""
        if key == "backspace" and self.stage.typing is self.entry:
            self.action_back()
            return True
        return False

    # -- keys with a result

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What needs a result waits for one."""
        return self.box.is_ready and not self.naming if action in {"walk", "plot", "file"} else True

    def action_back(self) -> None:
        """To what was typed last, in the line again."""
        if self.naming:
            return
        self.box, text = self.box.without_last()
        self.refused = None
        self.entry.clear(text)
        self.settle()
        self.note_soon()
        self.update()

    def action_afresh(self) -> None:
        """Nothing typed yet."""
        self.box, self.refused = Sandbox(), None
        self.entry.clear()
        self.settle()
        self.note_soon()
        self.say("Begun anew.")

    def action_walk(self) -> None:
        """Keeps the lesson and opens it."""
        from tutor.tui.screens.lesson_screen import LessonScreen

        path = state_folder() / "sandbox" / "lesson.toml"
        try:
            make_private(path.parent)
            write_atomic(path, self.box.lesson().encode())
        except OSError as error:
            self.say(f"The lesson could not be kept: {safe(error.strerror or str(error), 100)}")
            return
        self.app.push_screen(LessonScreen(Request(str(path))), lambda _: self.update())

    def action_plot(self) -> None:
        """The output over its numbers."""
        from tutor.tui.rows.surface_rows import scalars
        from tutor.tui.screens.surface_screen import SurfaceScreen

        graph, values = self.box.graph(), self.box.values
        if not scalars(values):
            self.say("There is no single number here to plot over.")
        elif graph.slots[graph.slot_of[graph.output]].shape:
            self.say(f"{safe(graph.names[graph.output], 40)} is an array; one number can be plotted.")
        else:
            self.app.push_screen(SurfaceScreen(graph, values))

    def action_file(self) -> None:
        """Asks for the name of a lesson file."""
        self.naming = True
        self.prompt.clear("my-formulas")
        self.stage.focused_name = "prompt"
        self.update()

    def keep_as(self, name: str) -> None:
        """A lesson file in the present folder, never over another; a name that cannot be used stays in the line."""
        slug = name.removesuffix(".toml")
        if not is_slug(slug):
            self.message = "A name has small letters, digits and hyphens, such as my-formulas."
            return
        path = Path(f"{slug}.toml")
        if path.exists():
            self.message = f"{path} is there already; another name?"
            return
        self.settle()
        text = lesson_text(slug, slug.replace("-", " ").capitalize(), self.box.lines, self.box.values)
        try:
            write_atomic(path, text.encode(), mode=0o644)
        except OSError as error:
            self.message = f"It could not be kept: {safe(error.strerror or str(error), 100)}"
        else:
            self.message = f"Kept as {path}: tutor run {path}"

    def action_leave(self) -> None:
        """To the catalogue."""
        self.dismiss()


def told(error: EngineError, text: str, sign: str, style: str) -> Echo:
    """Why a line cannot be read, and which of its letters."""
    inner = getattr(error, "errors", (error,))[0]
    place = None
    start = len(text) - len(text.lstrip())
    if inner.at is not None and inner.text is not None and inner.text.strip() == text.strip():
        place = (inner.at + start, max(inner.end or 0, inner.at + 1) + start)
    return Echo((Run(f"  {sign}", style), run(inner.message, "text", 300)), place)
