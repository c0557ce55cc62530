"""What all screens have in common: one stage, keys for a line that is typed in, a bar, messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from tutor.draw.cells import Run, cell_width
from tutor.tui.keys import Key
from tutor.tui.rows.flow import cut, wrap
from tutor.tui.widgets.panel import Entry, Panel
from tutor.tui.widgets.stage import Stage

if TYPE_CHECKING:
    from textual.timer import Timer

    from tutor.session import Session

LEAST = (60, 20)
"""The smallest window that a screen can be used in."""
MOST_SAID = 3
"""Rows that a message may take."""
NOTED_AFTER = 1.0
"""Seconds after which typed text is kept, so that not every key waits for a disk."""


class StagedScreen(Screen[int | None]):
    """A screen of one stage. A subclass has `fill`, which places its panels and says what stands in them."""

    AUTO_FOCUS = None
    trains: ClassVar[bool] = False
    """Whether one trains here: nothing works ahead meanwhile."""
    PARTS: ClassVar[Sequence[tuple[str, Sequence[Key]]]] = ()
    """The parts of the page that `?` opens."""

    def __init__(self, panels: dict[str, Panel]) -> None:
        super().__init__()
        self.stage = Stage({**panels, "bar": Panel(), "notice": Panel()})
        self.message, self.said_before, self.is_again = "", "", False
        self.noting: Timer | None = None

    @property
    def is_opening(self) -> bool:
        """Whether what this screen is for is still being read: keys wait for it."""
        return False

    def compose(self) -> ComposeResult:
        """The stage."""
        yield self.stage

    def on_mount(self) -> None:
        """The first frame is made before the first layout, so that it is painted once."""
        self.update()

    def on_resize(self, event: events.Resize) -> None:
        """Other places for another size."""
        self.update()

    def on_screen_resume(self) -> None:
        """Back from another screen."""
        self.update()

    # -- painting

    @property
    def is_current(self) -> bool:
        """Whether this screen is on top: Textual says it of the one below as well, which would paint over it."""
        return self.is_running and self.app.screen is self

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of the window, also before the first layout."""
        width, height = self.size
        return (width, height) if width and height else (self.app.size.width, self.app.size.height)

    def update(self) -> None:
        """Fills the panels and paints what changed."""
        width, height = self.extent
        if not width or not height:
            return
        for panel in self.stage.panels.values():
            panel.place = (0, 0, 0, 0)
        if width < LEAST[0] or height < LEAST[1]:
            self.stage["notice"].place = (0, 0, width, 1)
            self.stage["notice"].say(f" Enlarge to {LEAST[0]}×{LEAST[1]}; this is {width}×{height}.", "warn")
        else:
            self.stage["bar"].place = (0, height - 1, width, 1)
            self.fill(width, height)
            if self.message:
                self.show_message(width, height)
        self.stage.draw(width, height)

    def show_message(self, width: int, height: int) -> None:
        """In place of the bar, and on rows above it where it is long; if a line stands there, above that: it has to be
        mended after what is said."""
        style = "bar.key" if self.is_again else "cursor"
        rows = [cut(row, 0, width) for row in wrap([Run(self.message, style)], width - 1, " ")[:MOST_SAID]]
        panel = self.stage["notice"]
        panel.place = (0, height - len(rows) - (not self.stage["bar"].is_shown), width, len(rows))
        panel.show(tuple(tuple(Run(part.text, style) for part in row) for row in rows), 0, 0)

    def fill(self, width: int, height: int) -> None:
        """Places the panels on the rows above the bar, and fills them."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """A message in place of the bar, until the next key. Said once more, it looks otherwise: the key was heard."""
        self.is_again = text == self.said_before and not self.is_again
        self.message = text
        self.update()

    def visited(self, session: Session) -> None:
        """A lesson above this screen was left."""
        self.update()

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(self.PARTS))

    # -- mouse

    def on_click(self, event: events.Click) -> None:
        """To the panel that was clicked at."""
        found = self.stage.at(event.screen_x, event.screen_y)
        if found is None:
            return
        said, self.message = self.message, ""
        name, column, row = found
        if name == "notice" and said:
            self.update()
        elif name == "bar":
            self.run_worker(self.press_in_bar(column))
        else:
            self.clicked(name, column, row)

    async def press_in_bar(self, column: int) -> None:
        """What stands in the bar at a cell is done."""
        bound = {key.key_display: key.action for key in self.BINDINGS if isinstance(key, Binding)}
        actions = bound | {key.in_bar: key.action for _, keys in self.PARTS for key in keys if key.action}
        end, written = 0, ""
        for part in self.stage["bar"].row(0):
            end += cell_width(part.text)
            written = part.text.strip() if part.style == "bar.key" else written
            if column < end:
                break
        await self.run_action(actions.get(written) or ("app.commands" if written == "^P" else ""))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.rolled(event, 2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self.rolled(event, -2)

    def rolled(self, event: events.MouseEvent, rows: int) -> None:
        """Scrolls the panel below the mouse."""
        found = self.stage.at(event.screen_x, event.screen_y)
        if found is not None and self.stage[found[0]].scroll(rows):
            width, height = self.extent
            self.stage.draw(width, height)

    def clicked(self, name: str, column: int, row: int) -> None:
        """A click at a cell of a panel's rows (a row below 0 is one of the fixed ones)."""

    # -- keys

    def on_key(self, event: events.Key) -> None:
        """Keys of the line that is typed in; the rest goes to the bindings."""
        self.said_before, self.message = self.message, ""
        entry = self.stage.typing
        took = entry.take(event.key, event.character) if entry is not None else ""
        if entry is None or not took:
            if self.take_key(event.key, event.character):
                self.stop(event)
            return
        self.stop(event)
        if took == "sent":
            self.sent(entry)
        elif took == "left":
            self.left(entry)
        elif took == "changed":
            self.changed(entry)
        self.update()

    def stop(self, event: events.Key) -> None:
        """The key was used here."""
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text goes where one types."""
        entry = self.stage.typing
        if entry is not None:
            event.stop()
            entry.paste(event.text)
            self.changed(entry)
            self.update()

    def take_key(self, key: str, character: str | None) -> bool:
        """A key that means something special here; whether it was used."""
        return False

    def sent(self, entry: Entry) -> None:
        """Enter in a line."""

    def left(self, entry: Entry) -> None:
        """Escape in a line."""

    def changed(self, entry: Entry) -> None:
        """Another text in a line."""

    def note(self) -> None:
        """Keeps what is typed and not sent."""
        self.noting = None

    def note_soon(self) -> None:
        """The same in a moment."""
        if self.noting is None and self.is_mounted:
            self.noting = self.set_timer(NOTED_AFTER, self.note)

    def on_unmount(self) -> None:
        """What is typed outlives the screen."""
        self.note()
