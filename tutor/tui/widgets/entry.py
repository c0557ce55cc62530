"""Where the student types: one line with its echo below. It never loses text, and lets keys pass that mean nothing
to an empty line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual import events
from textual.message import Message

from tutor.draw.cells import Row
from tutor.tui.rows.editing import Line, line_row
from tutor.tui.rows.flow import run
from tutor.tui.widgets.cell_pane import CellPane


@dataclass(frozen=True)
class Echo:
    """What is said below a line while it is typed, and which characters cannot be read."""

    row: Row = ()
    error: tuple[int, int] | None = None


class Entry(CellPane):
    """Posts `Sent` on Enter and `Left` on Escape; the text stays until `clear`."""

    DEFAULT_CSS = "Entry { height: 2; width: 1fr; }"

    class Sent(Message):
        """Enter was pressed."""

        def __init__(self, entry: Entry, text: str) -> None:
            super().__init__()
            self.entry = entry
            self.text = text

    class Left(Message):
        """Escape was pressed; the text is kept."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Changed(Message):
        """Another text."""

        def __init__(self, entry: Entry, text: str) -> None:
            super().__init__()
            self.entry = entry
            self.text = text

    def __init__(self, *, id: str | None = None, prompt: str = "› ") -> None:  # noqa: A002
        super().__init__(id=id, focusable=True)
        self.prompt = prompt
        self.line = Line()
        self.echo: Callable[[str], Echo] = lambda text: Echo()

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self.line.text

    def clear(self, text: str = "") -> None:
        """Empties the line, or puts another text in."""
        self.line = Line(text, len(text))
        self.update_line()

    def update_line(self) -> None:
        """Draws the line and what is said about it."""
        said = self.echo(self.line.text) if self.line.text else self.echo("")
        row = line_row(self.line, self.size.width, focused=self.has_focus, prompt=self.prompt, error=said.error)
        self.show((row, said.row))

    def on_focus(self) -> None:
        """Shows the cursor."""
        self.update_line()

    def on_blur(self) -> None:
        """Hides the cursor."""
        self.update_line()

    def on_resize(self) -> None:
        """Draws for the new width."""
        super().on_resize()
        self.update_line()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Printable keys belong to the line."""
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        if self._take(event):
            event.stop()
            event.prevent_default()

    def _take(self, event: events.Key) -> bool:
        """Whether the key was for the line."""
        if event.key == "enter":
            self.post_message(self.Sent(self, self.line.text))
            return True
        if event.key == "escape":
            self.post_message(self.Left(self))
            return True
        if event.is_printable and event.character is not None:
            if not self.line.text and event.character in "? ":
                return False
            self._set(self.line.insert(event.character))
            return True
        change = self._changes().get(event.key)
        if change is None or not self.line.text:
            return False
        self._set(change())
        return True

    def _changes(self) -> dict[str, Callable[[], Line]]:
        line = self.line
        end = len(line.text)
        return {
            "backspace": line.backspace, "ctrl+h": line.backspace,
            "delete": line.delete, "ctrl+d": line.delete,
            "left": partial(line.move, line.at - 1), "right": partial(line.move, line.at + 1),
            "home": partial(line.move, 0), "ctrl+a": partial(line.move, 0),
            "end": partial(line.move, end), "ctrl+e": partial(line.move, end),
            "ctrl+w": line.kill_word, "ctrl+u": line.kill_before, "ctrl+k": line.kill_after,
            "ctrl+left": partial(line.move, line.word_start()),
        }  # fmt: skip

    def _set(self, line: Line) -> None:
        changed = line.text != self.line.text
        self.line = line
        self.update_line()
        if changed:
            self.post_message(self.Changed(self, line.text))

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text, filtered and cut."""
        event.stop()
        self._set(self.line.insert(event.text[:10_000]))


def told(text: str, style: str = "dim") -> Echo:
    """An echo of plain words."""
    return Echo((run(text, style),))
