"""A small screen under the keeper: counts keys, and does harm when told to. `python small_screen.py [stubborn]`"""

import os
import signal
import sys
from typing import ClassVar

from tutor import launch


def run() -> int:
    from tutor.tui import terminal

    terminal.prepare(os.environ)
    from textual.app import App
    from textual.binding import Binding
    from textual.widgets import Static

    class Small(App):
        BINDINGS: ClassVar = [Binding("q", "leave(3)"), Binding("ctrl+z", "suspend_process"), Binding("f", "fault")]
        ENABLE_COMMAND_PALETTE = False

        def compose(self):
            yield Static("keys 0", id="count", markup=False)

        def on_mount(self):
            terminal.watch(self.action_leave, lambda: os._exit(terminal.HANGUP))
            self.count = 0
            self.set_interval(0.1, self.look)
            if "stubborn" in sys.argv:
                import asyncio

                asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)

        def look(self):
            if terminal.lost():
                os._exit(terminal.HANGUP)
            if terminal.orphaned():
                self.action_leave(terminal.TERMINATED)

        def on_key(self, event):
            if event.key == "x":
                self.count += 1
                self.query_one("#count").update(f"keys {self.count}")

        def action_leave(self, status=0):
            self.exit(return_code=status)

        def action_fault(self):
            raise ValueError("\x1b]0;hostile\x07")

    from tutor.tui.driver import TerminalDriver

    app = Small(driver_class=TerminalDriver)
    app.run(mouse=False)
    return app.return_code or 0


if __name__ == "__main__":
    launch.PATIENCE = 0.5
    sys.exit(launch.keep_terminal(run, splash=True))
